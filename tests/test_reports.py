"""Each program in reports/ is what went wrong for somebody, as small as it can be: it ends well."""

from __future__ import annotations

import ast
import importlib.util
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest

if TYPE_CHECKING:
    import pathlib

REPORTS = interpreters.CHECKOUT / "tests" / "reports"
PROGRAMS = sorted(program for program in REPORTS.glob("*.py") if program.name != "checking.py")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_what_went_wrong_goes_well(program: pathlib.Path, tmp_path: pathlib.Path) -> None:
    missing = [name for name in imported(program) if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not installed")
    environment = {"KEEPTRACE_PYTHONS": ":".join(interpreters.found().values()), "TMPDIR": str(tmp_path)}
    printed = interpreters.run(
        [sys.executable, str(program)], cwd=tmp_path, **interpreters.keeptrace_importable(), **environment
    )
    assert printed.splitlines()[-1] == "ok"


def imported(program: pathlib.Path) -> list[str]:
    """Return the packages that a program imports at its top, but keeptrace and what is beside it."""
    found = []
    for node in ast.parse(program.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(str(node.module))
    roots = {name.partition(".")[0] for name in found}
    return sorted(name for name in roots - {"keeptrace"} if not (REPORTS / f"{name}.py").exists())


def test_each_says_what_went_wrong() -> None:
    lines = [ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) for program in PROGRAMS]
    assert PROGRAMS
    assert all(lines)
