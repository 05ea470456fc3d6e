"""It always loads: crashes among hostile objects, in hostile situations, with recording itself failing.

samples/hostile.py has the objects; hostile_libraries.py those of real libraries; hostile_moments.py the situations.
"""

from __future__ import annotations

import functools
import io
import json
import pathlib
import pickle
import sys
import tempfile
from typing import Any

import interpreters
import pytest
from samples import hostile, hostile_libraries, hostile_moments

SAMPLES = pathlib.Path(__file__).parent / "samples"
HERE = "{}.{}".format(*sys.version_info)
LOADERS = {"3.10": "3.15", "3.11": "3.8", "3.12": "3.9", "3.13": "3.14", "3.14": "3.10", "3.15": "3.11"}
SLOW = [name for name, (_, options) in hostile.SITUATIONS.items() if "seconds" in options]
HEAVY = [name for name, (_, options) in hostile.SITUATIONS.items() if "heavy" in options]
QUICK = [name for name, (_, options) in hostile.SITUATIONS.items() if not {"seconds", "heavy"} & set(options)]
SECONDS = 6

# What a dump names: the restorer, an element, complex numbers, and what protocols 0 and 1 write bytes and int with.
NAMED = {"eval", "getitem", "encode", "int", "long", "complex"}


LOOK = """
import builtins, functools, json, traceback
builtins.compile = functools.lru_cache(None)(compile)  # the restorer is the same text each time

def problems(dump, depth, text, partial, endless):
    exc = pickle.loads(dump)
    tb, frames = exc.__traceback__, {}
    while tb:
        frames.setdefault(tb.tb_frame.f_code.co_name, tb.tb_frame)
        tb = tb.tb_next
    names = frames["crash"].f_locals
    if not partial and depth and ("fine" not in names or depth in (3, -1) and names["fine"] != [1, {"a": 2}]):
        yield "fine is " + repr(names.get("fine"))
    if text is not None and str(exc) not in (text, "<unprintable %s object>" % type(exc).__name__):
        yield "the text is " + str(exc)
    for name in () if endless else names:
        try:
            repr(names[name])
        except (RecursionError, ValueError) as error:  # as repr() of deep lists and of huge integers
            if "recursion" not in str(error) and "Exceeds" not in str(error):
                raise
    "".join(traceback.format_exception(type(exc), exc, exc.__traceback__))

def looked_at(dump, *facts):
    try:
        return list(problems(dump, *facts))
    except Exception:
        return [traceback.format_exc()]

found = {}
for name, result in restored.items():
    if result:
        facts = result["text"], "partial" in result, result.get("endless")
        looks = {key: looked_at(dump, key[0], *facts) for key, dump in result["dumps"].items()}
        found[name] = ["%s: %s" % (key, problem) for key, look in looks.items() for problem in look]
print(json.dumps(found))
"""


@functools.cache
def recorded(version: str, program: str, *arguments: str) -> dict[str, Any]:
    """Return what a sample says about its dumps, run by a version of Python."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "hostile.pkl")
        command = [interpreters.found()[version], "-W", "error", str(SAMPLES / program), str(path), *arguments]
        interpreters.run(command, cwd=interpreters.CHECKOUT, **interpreters.keeptrace_importable())
        found: dict[str, Any] = pickle.loads(path.read_bytes())
        return found


@functools.cache
def problems(version: str, program: str, *arguments: str) -> dict[str, list[str]]:
    """Return what is wrong with the dumps of a sample where another version of Python loads them."""
    loader = LOADERS[version] if LOADERS[version] in interpreters.found() else version
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "hostile.pkl")
        path.write_bytes(pickle.dumps(recorded(version, program, *arguments)))
        found: dict[str, list[str]] = json.loads(interpreters.load(loader, path, LOOK))
        return found


class Named(pickle.Unpickler):
    """Finds the names that a pickle asks for when it is loaded; nothing is made of them."""

    def __init__(self, dump: bytes) -> None:
        super().__init__(io.BytesIO(dump))
        self.names: set[str] = set()
        self.load()

    def find_class(self, module: str, name: str) -> Any:
        self.names.add(name)
        return nothing


def nothing(*arguments: Any) -> Any:
    return nothing


def check(version: str, program: str, name: str, *arguments: str) -> None:
    result = recorded(version, program, *arguments)[name]
    if result is None:
        pytest.skip("the library is not installed")
    assert result["errors"] == {}
    assert result["ran"] == []
    assert result["seconds"] < SECONDS
    assert set().union(*(Named(dump).names for dump in result["dumps"].values())) <= NAMED
    assert problems(version, program, *arguments)[name] == []


@pytest.mark.parametrize("name", QUICK)
def test_a_crash_among_hostile_objects_is_recorded_and_loads_elsewhere(name: str) -> None:
    """Stack, message and well-behaved variables are there, and none of the application's special methods has run."""
    check(HERE, "hostile.py", name, *QUICK)


@pytest.mark.parametrize("name", HEAVY)
def test_a_crash_among_many_and_changing_objects_is_recorded(name: str) -> None:
    """Long lists, trees, all modules, all objects there are, and containers that other threads change."""
    check(HERE, "hostile.py", name, *HEAVY)


@pytest.mark.parametrize("recorder", interpreters.in_turn(interpreters.RECORDING, edges=False), indirect=True)
def test_a_crash_among_hostile_objects_is_recorded_by_every_version(recorder: str) -> None:
    """As here, at one depth."""
    if recorder == HERE:
        pytest.skip("this version is asked in full")
    found = recorded(recorder, "hostile.py", "quick")
    wrong = problems(recorder, "hostile.py", "quick")
    failed = {name for name, result in found.items() if result and (result["errors"] or result["ran"] or wrong[name])}
    assert failed == set()


@pytest.mark.parametrize("name", SLOW)
def test_code_that_runs_by_request_is_cut_off(name: str) -> None:
    """Picklers, representations, registered functions and str(): they sleep, loop, wait, raise and return nonsense."""
    check(HERE, "hostile.py", name, *SLOW)
    assert recorded(HERE, "hostile.py", *SLOW)[name]["seconds"] < 2


@pytest.mark.parametrize("name", hostile_libraries.SITUATIONS)
def test_lazy_values_of_real_libraries_are_not_evaluated(name: str) -> None:
    """Queries are not sent, proxies not asked, expired and deferred attributes not loaded."""
    check(HERE, "hostile_libraries.py", name)


@pytest.mark.parametrize("name", hostile_moments.MOMENTS)
def test_a_crash_is_recorded_at_any_moment(name: str) -> None:
    """In signal handlers and deleters, without threads, near the recursion limit."""
    check(HERE, "hostile_moments.py", name)


def test_a_crash_is_recorded_while_the_interpreter_ends(recorder: str) -> None:
    """Threads no longer start then."""
    check(recorder, "hostile_moments.py", "at_exit", "exit")
