"""Exceptions of every kind come back as themselves and are printed as they were (samples/exceptions.py has them)."""

from __future__ import annotations

import functools
import json
import pathlib
import pickle
import sys
import tempfile
from typing import Any

import interpreters
import pytest

from keeptrace.record import classes

SAMPLE = pathlib.Path(__file__).parent / "samples" / "exceptions.py"
VERSION = "{}.{}".format(*sys.version_info)

# Compiling the restorer anew for each of the crashes would take most of the time. What 3.15 adds where a module is
# missing and there is no site-packages is about the loading process.
FACTS = """
import builtins, functools, io, json, logging, traceback
builtins.compile = functools.lru_cache(None)(compile)
HINT = (
    ". Site initialization is disabled, did you forget to add the site-packages directory to sys.path"
    " or to enable your virtual environment?"
)

def printed(error):
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).replace(HINT, "")

def walk(error):
    tracebacks = traceback.walk_tb(error.__traceback__)
    return [[frame.f_code.co_filename, line, frame.f_code.co_name] for frame, line in tracebacks]

def chain(error):
    seen, waiting = [], [error]
    while waiting:
        error = waiting.pop()
        if error is not None and not any(error is other for other in seen):
            seen.append(error)
            waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
    return seen

def describe(error):
    return [[type(each).__module__, type(each).__qualname__, str(each), walk(each)] for each in chain(error)]

def raised(error):
    before = error.__traceback__
    try:
        raise error.with_traceback(before)
    except type(error).__bases__[0] as caught:
        return caught is error and caught.__traceback__.tb_next is before

def logged(error):
    stream = io.StringIO()
    logger = logging.Logger("crash")
    logger.addHandler(logging.StreamHandler(stream))
    logger.error("failed", exc_info=(type(error), error, error.__traceback__))
    return stream.getvalue().replace(HINT, "").rstrip("\\n") == "failed\\n" + printed(error).rstrip("\\n")

def facts(error):
    return {"text": printed(error), "described": describe(error), "logged": logged(error), "raised": raised(error)}

errors = {name: pickle.loads(dump) for name, (dump, _) in restored.items()}
print(json.dumps({name: facts(error) for name, error in errors.items()}))
"""
OTHERWISE_ELSEWHERE = {"re_error": "its class has another name since 3.13"}


@functools.cache
def dumped(version: str) -> dict[str, tuple[bytes, str]]:
    """Return the pickle and the printed text of each sample's exception, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "crashes.pkl")
        interpreters.record(SAMPLE.read_text("utf-8"), path, python=version)
        dumps: dict[str, tuple[bytes, str]] = pickle.loads(path.read_bytes())
    return dumps


@functools.cache
def loaded(recorder: str, loader: str) -> dict[str, Any]:
    """Load the samples' exceptions that one interpreter dumped with another; return the facts of each."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "crashes.pkl")
        path.write_bytes(pickle.dumps(dumped(recorder)))
        facts: dict[str, Any] = json.loads(interpreters.load(loader, path, FACTS))
    return facts


def test_the_text_printed_is_the_same_to_the_letter(recorder: str) -> None:
    """Carets, notes, groups, chains, suggestions: nothing differs where the Python version is the same."""
    actual = {name: facts["text"] for name, facts in loaded(recorder, recorder).items()}
    expected = {name: text for name, (_, text) in dumped(recorder).items()}
    assert {name: text for name, text in actual.items() if text != expected[name]} == {}


def test_types_messages_and_places_are_the_same_on_every_version(python: str) -> None:
    """Another Python may lay out the text in its own way: what it is about is the same."""
    expected, actual = loaded(VERSION, VERSION), loaded(VERSION, python)
    differing = [name for name in expected if actual[name]["described"] != expected[name]["described"]]
    assert [name for name in differing if name not in OTHERWISE_ELSEWHERE] == []


def test_each_can_be_raised_and_caught_by_its_base(python: str) -> None:
    """`raise restored.with_traceback(...)` adds to its traceback, as with any exception."""
    assert [name for name, facts in loaded(VERSION, python).items() if not facts["raised"]] == []


def test_each_can_be_logged(python: str) -> None:
    """Logging it prints what `traceback` prints."""
    assert [name for name, facts in loaded(VERSION, python).items() if not facts["logged"]] == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with 3.11")
def test_groups_can_be_split() -> None:
    """A group of a class that is not there splits as a group does, with its traceback."""
    code = """
group = pickle.loads(restored["group_of_our_own"][0])
matched, rest = group.split(KeyError)
print(type(group).__qualname__, matched.exceptions, rest.exceptions, rest.__traceback__ is group.__traceback__)
"""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "crashes.pkl")
        path.write_bytes(pickle.dumps(dumped(VERSION)))
        printed = interpreters.load(VERSION, path, code)
    assert printed == ("OurGroup (KeyError(1),) (ValueError(\"invalid literal for int() with base 10: 'x'\"),) True\n")


def test_the_class_itself_is_taken_where_it_is_imported() -> None:
    """Where the application runs, `except` with its own class catches what was dumped."""
    code = """
import sys, types
module = sys.modules["__main__"]
class Local(ValueError): __qualname__ = "TwoRequired"
module.TwoRequired = Local
error = pickle.loads(restored["required_arguments"][0])
print(isinstance(error, Local), error.args, error.second, error.third, str(error))
"""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "crashes.pkl")
        path.write_bytes(pickle.dumps(dumped(VERSION)))
        printed = interpreters.load(VERSION, path, code)
    assert printed == "True ('one',) two 3 one and two\n"


BUILTIN = """
import builtins
print(*[name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)])
"""


def test_builtin_exceptions_are_taken_for_granted_only_where_every_python_has_them(tmp_path: pathlib.Path) -> None:
    """Those that a Python lacks there have their bases in the dump."""
    of = {
        version: interpreters.run([path, "-c", BUILTIN], cwd=tmp_path).split()
        for version, path in interpreters.found().items()
    }
    oldest = set(of[min(of, key=lambda version: int(version.partition(".")[2]))])
    assert {name for names in of.values() for name in names} - oldest <= classes.NEWER
