"""The example of docs/fleets.md, on a cluster of two processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from advisory.catalogue import BUNDLED, Catalogue
from advisory.fleet import Tally
from advisory.formats.fleet import render_fleet_text
from advisory.hosts import Host, Judge
from advisory.report import Question

pytest.importorskip("dask.bag")
pytest.importorskip("distributed")

ROOT = Path(__file__).parent.parent
SAMPLES = sorted((ROOT / "tests" / "data" / "vv").glob("2.*[0-9].txt"))


def example() -> str:
    text = (ROOT / "docs" / "fleets.md").read_text(encoding="utf-8")
    return text.split("<!-- dask -->\n```python\n")[1].split("```\n<!-- /dask -->")[0]


def test_the_documented_example_gives_what_one_process_gives(tmp_path: Path) -> None:
    hosts = [
        Host(f"lb{number}", path.read_text(encoding="utf-8"))
        for number, path in enumerate(SAMPLES * 3)
    ]
    for part in range(3):
        lines = [json.dumps({"target": name, "vv": text}) for name, text, *_ in hosts[part::3]]
        (tmp_path / f"hosts-{part}.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    (tmp_path / "estate.py").write_text(example(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "estate.py", "hosts-*.jsonl"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    first, _, rest = done.stdout.partition("\n")

    assert done.returncode == 0, done.stderr
    assert first == f"{{'affected': {len(hosts)}, 'unread': 3}}"
    assert "Traceback" not in done.stderr

    catalogue = Catalogue(BUNDLED)
    judge = Judge(catalogue.history, catalogue.provenance, Question(today="2026-06-26"))
    tally = Tally()
    for host in hosts:
        for target, report in judge.judge(host):
            tally.add(target, report)
    expected = tally.summary()
    text = render_fleet_text(expected, unread=0, top=10, kinds=["memory-leak"], width=100)

    assert expected.hosts == len(hosts)
    assert [line for line in rest.splitlines() if "fixed in" in line] == [
        line for line in text.splitlines() if "fixed in" in line
    ]
