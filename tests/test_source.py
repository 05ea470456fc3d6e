"""The source of a crash is shown where its files are not: by traceback, inspect and pdb.

samples/sources.py has the crashes, and removes their files; source_checks.py shows them where they are loaded.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import pathlib
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import interpreters
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = pathlib.Path(__file__).parent / "samples"
VERSION = "{}.{}".format(*sys.version_info)
DIVIDE = "    return 1 / 0\n"
CALLED = "def f(a):\n    return a / 0\n"
NO_SOURCE = ("source code not available", "could not get source code")
KEEPS_TEXT_WITHOUT_FILE = (3, 13)


@functools.cache
def dump(recorder: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "crashes.pkl")
        interpreters.record((SAMPLES / "sources.py").read_text("utf-8"), path, python=recorder)
        return path.read_bytes()


@functools.cache
def shown(loader: str, recorder: str = VERSION) -> dict[str, Any]:
    """Return how each crash is shown, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "crashes.pkl")
        path.write_bytes(dump(recorder))
        code = (SAMPLES / "source_checks.py").read_text("utf-8")
        found: dict[str, Any] = json.loads(interpreters.load(loader, path, code))
    return found


def assert_shown(crash: dict[str, Any], source: str) -> None:
    """Hold traceback's line, inspect's source and pdb's listing to a function's text that fails in its last line."""
    lines = source.splitlines()
    assert (crash["source"], crash["lines"][-1], crash["ll"]) == (source, lines[-1].strip(), lines)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("file", "def f():\n    'in a file'\n" + DIVIDE),
        ("latin", "def f():\n    café = 'ÿ'\n    return café + 1\n"),
        ("no_newline", "def f():\n" + DIVIDE),
        ("form_feeds", "def f():\n" + DIVIDE),
        ("changed", "def f():\n    'as it was'\n" + DIVIDE),
        ("zip", "def f():\n    'in a zip'\n" + DIVIDE),
        ("registered", "def f():\n    'registered by the program'\n" + DIVIDE),
        ("lazily", "def f():\n    'from a loader'\n" + DIVIDE),
        ("windows", "def f():\n    'on Windows'\n" + DIVIDE),
        ("doctest", CALLED),
        ("no_depth", "def f():\n    'shallow'\n" + DIVIDE),
    ],
)
def test_the_source_is_shown_as_it_was(python: str, name: str, source: str) -> None:
    """Deleted, changed, zipped or never a file; in another encoding; under a name of another system."""
    assert_shown(shown(python)[name], source)


@pytest.mark.parametrize("name", ["without", "nowhere", "gone", "stdin"])
def test_a_crash_without_source_is_shown_without(python: str, name: str) -> None:
    """Nothing takes the place of what was not recorded, or never known."""
    crash = shown(python)[name]
    assert (crash["names"][-1], crash["lines"][-1]) == ("f", "")
    assert crash["source"] in NO_SOURCE


@pytest.mark.parametrize("name", ["command", "repl"])
def test_what_was_typed_is_shown_where_python_keeps_it(name: str, recorder: str) -> None:
    """From 3.13 on, Python itself knows the text of -c and of the interactive prompt."""
    crash = shown(recorder, recorder)[name]
    if tuple(map(int, recorder.split("."))) >= KEEPS_TEXT_WITHOUT_FILE:
        assert_shown(crash, CALLED)
    else:
        assert (crash["names"][-2:], crash["lines"][-1]) == (["<module>", "f"], "")


def test_no_text_is_shown_for_another_of_the_same_name(recorder: str) -> None:
    """A lambda evaluated in `python -c`: both texts are called "<string>"."""
    if recorder == "3.13":
        pytest.skip("CPython 3.13 itself takes one for the other")
    crash = shown(recorder, recorder)["evaluated_in_command"]
    assert (crash["names"][-2:], crash["lines"][-1], crash["source"] in NO_SOURCE) == (["f", "<lambda>"], "", True)


def test_cells_of_ipython_are_shown(python: str) -> None:
    """Their text is registered with linecache by IPython."""
    if importlib.util.find_spec("IPython") is None:
        pytest.skip("IPython is not installed")
    assert_shown(shown(python)["ipython"], CALLED)


@pytest.fixture(params=interpreters.in_turn(interpreters.RECORDING))
def recorder(request: pytest.FixtureRequest) -> str:
    """Each version that records, in turn; the test is skipped where its interpreter is not on this machine."""
    if request.param in interpreters.missing():
        pytest.skip(f"no CPython {request.param} on this machine")
    version: str = request.param
    return version


def test_a_crash_loads_where_the_current_folder_is_gone(
    tmp_path: pathlib.Path, record: Callable[..., pathlib.Path]
) -> None:
    """Names of files are not made absolute then."""
    program = """
import pickle, sys, keeptrace
keeptrace.init()
try:
    exec(compile("1 / 0", "relative.py", "exec"))
except ZeroDivisionError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""
    path = record(program)
    folder = tmp_path / "gone"
    folder.mkdir()
    code = f"import os, pickle; os.rmdir(os.getcwd()); print(pickle.load(open({str(path)!r}, 'rb')))"
    assert interpreters.run([sys.executable, "-I", "-S", "-c", code], cwd=folder) == "division by zero\n"
