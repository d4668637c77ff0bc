"""Which module may import which: data flows one way, and each library has one user."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "advisory"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

VALUES = {
    "bug",
    "build",
    "classify",
    "conditions",
    "config",
    "errors",
    "facts",
    "finding",
    "history",
    "identity",
    "info",
    "pools",
    "release",
    "requirements",
    "subject",
}
# What each module may import of the package, at its top or within a function. "formats.*" stands
# for every module of that folder.
PERMITTED = {
    **dict.fromkeys(VALUES, VALUES),
    # pure: values in, values or text out
    "matcher": VALUES,
    "regressions": VALUES,
    "unfixed": VALUES,
    "plan": VALUES | {"regressions"},
    "difference": VALUES,
    "report": VALUES | {"examination", "matcher", "plan", "regressions", "unfixed"},
    "relevance": VALUES | {"config"},
    "evidence": VALUES | {"config", "info", "pools"},
    "intake": VALUES | {"config", "info", "pools"},
    "suspects": VALUES | {"evidence", "pools", "relevance"},
    "diagnosis": VALUES | {"evidence", "pools", "suspects"},
    "examination": VALUES | {"config", "diagnosis", "evidence", "pools", "relevance", "suspects"},
    "symptoms": VALUES | {"evidence", "intake"},
    "ignores": VALUES | {"plan", "report"},
    "baseline": VALUES | {"ignores", "report"},
    "failing": VALUES | {"report"},
    "fleet": VALUES | {"report"},
    "hosts": VALUES | {"examination", "intake", "inputs", "pools", "report", "symptoms", "unfixed"},
    "estate": VALUES | {"console", "hosts", "inputs"},
    "settings": VALUES | {"ignores"},
    "holds": VALUES | {"matcher"},
    "formats.*": VALUES
    | {"difference", "examination", "fleet", "matcher", "plan", "pools", "regressions", "report"}
    | {"status", "suspects", "unfixed", "update"}
    | {module for module in MODULES if module.startswith("formats.")},
    # the edges: each reads or writes something
    "advisories": VALUES,
    "catalogue": VALUES,
    "data": VALUES | {"advisories"},
    "fetch": VALUES,
    "inputs": VALUES,
    "live": VALUES,
    "patches": VALUES,
    "pages": VALUES,
    "update": VALUES | {"pages"},
    "changelog": VALUES | {"pages", "update"},
    "refresh": VALUES | {"fetch", "pages", "update"},
    "schema": set(),
    "store": VALUES | {"catalogue", "data", "schema"},
    "job": VALUES | {"changelog", "fetch", "pages", "refresh", "store"},
    "status": VALUES,
    # joins the edges to the core
    "cli": set(MODULES),
    "console": VALUES | {"catalogue"},
    "maintenance": set(MODULES) - {"cli"},
    "upgrades": set(MODULES) - {"cli"},
    "exporting": set(MODULES) - {"cli"},
    "fleets": set(MODULES) - {"cli"},
    "options": VALUES | {"settings"},
    "serving": {"console", "errors", "service", "service.metadata", "service.plugin"},
    "service": set(),
    "service.*": set(MODULES) - {"cli"},
    "__main__": {"cli"},
    "__init__": set(),
    "formats": set(),
}
# Libraries that one module, or two, stand for.
USERS = {
    "bs4": {"pages"},
    "click": {"cli", "console", "exporting", "fleets", "maintenance", "options", "serving"}
    | {"upgrades"},
    "datasette": {"service.plugin", "service.service", "serving"},
    "click_default_group": {"cli"},
    "fcntl": {"job"},
    "packaging": {"release"},
    "requests": {"fetch"},
    "sqlite3": {"catalogue", "store"},
    "sqlite_utils": {"store"},
    "tomllib": {"advisories", "settings"},
    "urllib3": {"fetch"},
}
# What takes longer to import than a report takes to make.
SLOW = {
    "bs4",
    "dataclasses",
    "hashlib",
    "html",
    "json",
    "packaging",
    "pathlib",
    "requests",
    "sqlite_utils",
    "tomllib",
    "urllib3",
}
SQL = re.compile(
    r"\bselect\s.+\sfrom\s|\binsert\s+(or\s+\w+\s+)?into\s|\bdelete\s+from\s|\bupdate\s+\w+\s+set\s"
    r"|\b(create|drop|alter)\s+(\w+\s+)?(table|view|index|trigger)\s|\bpragma\s",
    re.IGNORECASE | re.DOTALL,
)


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports_of(module: str) -> set[str]:
    """Every module that it imports, wherever in it, by its full name."""
    names = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            for alias in node.names:
                submodule = f"{origin}.{alias.name}".removeprefix("advisory.")
                names.add(f"advisory.{submodule}" if submodule in MODULES else origin)
    return names


def own_imports_of(module: str) -> set[str]:
    """Those of the package, without its name; "__init__" stands for the package itself."""
    return {
        name.removeprefix("advisory.") if name != "advisory" else "__init__"
        for name in imports_of(module)
        if re.match(r"advisory\b|\.", name)
    }


def permitted_to(module: str) -> set[str]:
    if module in PERMITTED:
        return PERMITTED[module]
    return PERMITTED.get(re.sub(r"\.\w+$", ".*", module), set())


def texts_of(module: str) -> Iterator[str]:
    """Every text in a module's code, without docstrings."""
    tree = tree_of(module)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in statements
        ):
            yield node.value


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_the_table_permits(module: str) -> None:
    assert own_imports_of(module) - permitted_to(module) == set()


@pytest.mark.parametrize("module", MODULES)
def test_the_table_names_every_module(module: str) -> None:
    assert module in PERMITTED or re.sub(r"\.\w+$", ".*", module) in PERMITTED


def test_the_table_names_no_module_that_is_gone() -> None:
    assert {module for module in PERMITTED if not module.endswith(".*")} <= set(MODULES)


@pytest.mark.parametrize("library", USERS)
def test_a_library_has_the_users_that_the_table_names(library: str) -> None:
    users = {
        module
        for module in MODULES
        if any(name.split(".")[0] == library for name in imports_of(module))
    }

    assert users - USERS[library] == set()


def test_only_the_catalogue_and_its_maker_speak_sql() -> None:
    speakers = {module for module in MODULES if any(map(SQL.search, texts_of(module)))}

    assert speakers == {"catalogue", "schema", "store"}


def test_the_command_starts_without_what_is_slow_to_import() -> None:
    program = (
        "import sys; before = set(sys.modules); import advisory.cli; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        check=False,
        text=True,
    )
    imported = set(done.stdout.split())

    assert (done.returncode, done.stderr) == (0, "")
    assert "advisory.cli" in imported
    assert imported & SLOW == set()
