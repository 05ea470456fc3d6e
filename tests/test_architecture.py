"""docs/ARCHITECTURE.md names what is there."""

from __future__ import annotations

import re

import interpreters

from keeptrace import restore
from keeptrace.record import standard
from keeptrace.vetting import standard_values

PAGE = (interpreters.CHECKOUT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PACKAGE = interpreters.CHECKOUT / "keeptrace"


def test_the_files_it_names_are_there() -> None:
    there = {path.name for path in interpreters.CHECKOUT.rglob("*.py")}
    assert [name for name in re.findall(r"\b\w+\.py\b", PAGE) if name not in there] == []


def test_the_functions_it_names_are_there() -> None:
    """Those that it calls `module.function`."""
    texts: dict[str, str] = {}
    for path in PACKAGE.rglob("*.py"):
        texts[path.stem] = texts.get(path.stem, "") + path.read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)\.(\w+)`", PAGE)
    missing = [name for name in named if name[0] in texts and name[1] != "py" and name[1] not in texts[name[0]]]
    assert (missing, len(named) > 10) == ([], True)


def test_every_module_of_record_is_named_here_and_there() -> None:
    modules = {path.stem for path in (PACKAGE / "record").glob("*.py")} - {"__init__"}
    settings = (interpreters.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    layers = settings[settings.index('containers = ["keeptrace.record"]') :].partition("]\n\n")[0]
    assert sorted(name for name in modules if not re.search(rf'[" ]{name}[" ]', layers)) == []
    assert sorted(name for name in modules if f"{name}.py`" not in PAGE) == []


def test_the_tables_of_standard_values_agree() -> None:
    """What is recorded by its constructor's arguments is made by it, and its arguments are checked."""
    for module, name in standard.ARGUMENTS:
        constructor = "compile" if name == "Pattern" else name
        assert constructor in restore.CONSTRUCTORS[module], name
        assert {(module, constructor), (module, "")} & set(standard_values.CHECKS) or module == "re", name
