"""The pages in a browser, driven as a person would.

Runs where playwright and Chromium are installed. HAPADVISE_AXE names axe.min.js of the npm package
axe-core for the check of accessibility; HAPADVISE_PICTURES a folder for the pictures of docs.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("datasette")
pytest.importorskip("playwright.sync_api")

from playwright.sync_api import sync_playwright

from advisory.serving import application
from tests.test_serving import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
THREAD = Path(__file__).parent / "data" / "reports" / "forum-2.2.4.txt"
CULPRIT = "5a7ca29061db"
VIEWS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1000, "height": 760}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1000, "height": 760}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning"),
]


@pytest.fixture(scope="module")
def address(catalogue_path: Path) -> Iterator[str]:
    import uvicorn

    port = free_port()
    app = application(str(catalogue_path))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def look(page: Any, name: str) -> None:
    """Check a page as it is shown: no sideways scrolling, no violation; and take its picture."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    axe = os.environ.get("HAPADVISE_AXE")
    if axe:
        page.evaluate(Path(axe).read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document)")["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    pictures = os.environ.get("HAPADVISE_PICTURES")
    if pictures:
        page.screenshot(path=Path(pictures) / f"{name}.png")


@pytest.mark.parametrize("view", VIEWS)
def test_a_person_finds_the_culprit_and_plans_the_upgrade(
    address: str, browser: Any, view: str
) -> None:
    page = browser.new_page(**VIEWS[view])
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))

    page.goto(f"{address}/")
    look(page, f"home-{view}")
    page.get_by_role("link", name="Report on a build").click()
    look(page, f"form-{view}")
    page.get_by_label("Text").fill(THREAD.read_text(encoding="utf-8"))
    page.get_by_role("button", name="Report").click()
    assert page.get_by_role("heading", name="Diagnosis: known bug").is_visible()
    look(page, f"report-{view}")

    page.get_by_role("heading", name="Upgrade").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('r1-upgrade').scrollIntoView()")
    look(page, f"upgrade-{view}")
    recommended = page.locator("dt:text('Recommended') + dd a").first.inner_text()
    page.get_by_role("link", name=f"What the move to {recommended} cures").click()
    page.get_by_role("link", name=CULPRIT).first.wait_for()
    page.go_back()

    page.locator("a.culprit").click()
    assert page.get_by_role("heading", level=1).inner_text() == f"Bug {CULPRIT}"
    look(page, f"bug-{view}")
    page.get_by_role("link", name="2.2.5", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "HAProxy 2.2.5"
    look(page, f"release-{view}")
    page.get_by_role("link", name="List bugs of every kind").click()
    look(page, f"release-all-{view}")
    assert trouble == []
    page.close()


def test_it_works_without_scripts_and_by_keyboard(address: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{address}/advise")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.get_by_label("Text").focus()
    page.keyboard.insert_text("2.2.4")
    for _ in range(3):  # files, kinds, button
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/advise")
    page.get_by_role("heading", name="HAProxy 2.2.4").wait_for()
    assert context.cookies() == []
    context.close()


def test_files_are_dropped_on_the_form(address: str, browser: Any) -> None:
    page = browser.new_page()

    page.goto(f"{address}/advise")
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.items.add(new File([text], "thread.txt"));
          const form = document.getElementById("advise");
          for (const type of ["dragenter", "dragover", "drop"])
            form.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true,
              cancelable: true}));
        }""",
        THREAD.read_text(encoding="utf-8"),
    )
    page.get_by_role("button", name="Report").click()

    assert page.locator("a.culprit").inner_text() == f"bug {CULPRIT}"
    page.close()


def test_a_pasted_script_does_not_run(address: str, browser: Any) -> None:
    page = browser.new_page()
    alerts: list[str] = []

    def dismiss(dialog: Any) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    hostile = "</textarea><script>alert(1)</script><img src=x onerror=alert(2)>"

    page.goto(f"{address}/advise")
    page.get_by_label("Text").fill(hostile)
    page.get_by_role("button", name="Report").click()

    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("Text").input_value() == hostile
    assert alerts == []
    page.close()


def test_an_error_page_passes_the_check(address: str, browser: Any) -> None:
    page = browser.new_page()

    page.goto(f"{address}/bug/ffffffffffff")

    look(page, "not-found")
    page.close()
