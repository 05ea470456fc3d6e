"""Limits: what one recording may take, whatever the objects do; what does not fit says so."""

from __future__ import annotations

import math
import os
import pathlib
import sys
from typing import Any, Protocol

import interpreters
import pytest
from test_values import evaluate

PROGRAM = """
import pickle, resource, sys, time, keeptrace

class Instance:
    def __init__(self, number):
        self.number, self.name = number, str(number)

class Sleeper:
    def __reduce__(self):
        time.sleep(60)
    def __repr__(self):
        time.sleep(60)

class SleepingText(ValueError):
    def __str__(self):
        time.sleep(60)

def crash():
    %s
    raise ValueError("the message")

def peak():
    try:
        with open("/proc/self/status") as status:  # what getrusage() says on Linux begins with the parent's peak
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

keeptrace.init(%s)
try:
    crash()
except ValueError as error:
    before, begun = peak(), time.monotonic()
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
    with open(sys.argv[1] + ".cost", "w") as file:
        grown = peak() - before
        print(time.monotonic() - begun, grown * 1024, file=file)
"""


class Crashed(Protocol):
    """What the fixture gives: a function that records a crash and returns the path of its pickle."""

    def __call__(self, variables: str, settings: str = "") -> pathlib.Path: ...


@pytest.fixture
def crashed(tmp_path: pathlib.Path) -> Crashed:
    """`crashed(variables, settings)`: record a crash among these variables; return the path of its pickle."""

    def crashed(variables: str, settings: str = "") -> pathlib.Path:
        path = tmp_path / "crash.pkl"
        interpreters.record(PROGRAM % (variables, settings), path)
        return path

    return crashed


def cost(path: pathlib.Path) -> tuple[float, int]:
    """Return the seconds that recording took, and the bytes by which the process grew."""
    seconds, grown = pathlib.Path(f"{path}.cost").read_text(encoding="ascii").split()
    return float(seconds), int(grown)


LARGE = {
    "text = 'x' * 100_000": ("text", "cut: the first 65,536 of 100,000 characters>", 65_536),
    "data = b'x' * 100_000": ("data", "cut: the first 65,536 of 100,000 bytes>", 65_536),
    "data = bytearray(100_000)": ("data", "cut: the first 65,536 of 100,000 bytes>", 65_536),
}


@pytest.mark.parametrize("variable", LARGE)
def test_a_long_text_is_cut_and_says_how_long_it_was(crashed: Crashed, variable: str) -> None:
    """The first part of a str, bytes or bytearray comes back in a mock."""
    name, ending, length = LARGE[variable]
    path = crashed(variable)
    shown, kept, is_text = evaluate(path, name, f"len({name})", f"isinstance({name}, (str, bytes, bytearray))")
    assert (shown[-len(ending) :], kept, is_text) == (ending, str(length), "True")


def test_long_texts_are_cut_wherever_they_are(crashed: Crashed) -> None:
    """In containers, as keys, as attributes and as arguments."""
    path = crashed("keys, items, pairs = {'k' * 70_000: 1}, ['v' * 70_000, 1], {'a': b'v' * 70_000}")
    lengths = "len(next(iter(keys))), len(items[0]), items[1], len(pairs['a'])"
    assert evaluate(path, lengths) == ["(65536, 65536, 1, 65536)"]


def test_a_long_message_is_cut_and_says_how_long_it_was(crashed: Crashed) -> None:
    """The text of an exception keeps to the limit too."""
    path = crashed("raise ValueError('m' * 100_000)")
    text = interpreters.load(sys.executable, path, "print(str(restored)[65_530:])")
    assert text == "mmmmmm... (the first 65,536 of 100,000 characters)\n"


CONTAINERS = {
    "list": ("many = list(range(100_000))", "many[:3] == [0, 1, 2]"),
    "tuple": ("many = tuple(range(100_000))", "many[:3] == (0, 1, 2)"),
    "set": ("many = set(range(100_000))", "0 in many"),
    "frozenset": ("many = frozenset(range(100_000))", "0 in many"),
    "dict": ("many = {i: str(i) for i in range(100_000)}", "many[0] == '0'"),
    "texts": ("many = [str(i) * 20 for i in range(100_000)]", "many[0] == '0' * 20"),
    "objects": ("many = [object() for i in range(100_000)]", "type(many[0]) is object or 'object' in repr(many[0])"),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_large_container_is_cut_to_the_bytes_there_are(crashed: Crashed, kind: str) -> None:
    """Its first part comes back, of the same kind, and says how many items there were."""
    variable, begins = CONTAINERS[kind]
    path = crashed(variable, "limits=keeptrace.Limits(bytes=400_000)")
    first, shown, kept = evaluate(path, begins, "repr(many)[-40:]", "0 < len(many) < 100_000")
    assert (first, shown.endswith(" of 100,000 items>'"), kept) == ("True", True, "True")
    assert os.path.getsize(path) < 400_000 + 100_000  # and the restorer, and this program's source


@pytest.mark.parametrize("limit", [50_000, 100_000, 1_000_000])
def test_the_pickle_keeps_to_the_limit_of_bytes(crashed: Crashed, limit: int) -> None:
    """Whatever there is: large, small, nested, and many."""
    variables = """small = {"fine": [1]}
    many = [{"id": i, "name": "x" * (i % 90), "more": [[i]]} for i in range(20_000)]
    deep = many[:]
    for _ in range(2_000):
        deep = [deep, {"é" * 50: 10**100}]"""
    path = crashed(variables, f"depth=-1, limits=keeptrace.Limits(bytes={limit})")
    taken, small = os.path.getsize(path), evaluate(path, "small")
    bare = os.path.getsize(crashed("", "depth=0"))
    assert taken - bare < limit
    assert small == ["{'fine': [1]}"]


def test_one_large_value_leaves_room_for_the_others(crashed: Crashed) -> None:
    """No value takes more than half of what is left."""
    path = crashed("hog = list(range(10**6)); fine = {'a': [1, 2]}", "limits=keeptrace.Limits(bytes=200_000)")
    assert evaluate(path, "fine", "0 < len(hog) < 10**6") == ["{'a': [1, 2]}", "True"]


def test_objects_beyond_the_limit_are_markers(crashed: Crashed) -> None:
    """A marker says what it stands for, how large that was, and which limit stopped it; the nearest come first."""
    variables = "near = [[1], [2]]; far = [[[{'a': i}]] for i in range(1_000)]"
    path = crashed(variables, "depth=-1, limits=keeptrace.Limits(objects=300)")
    assert evaluate(path, "near", "far[0]", "far[999]")[0] == "[[1], [2]]"
    last = "[each for each in far if 'objects' in repr(each)][-1]"
    assert evaluate(path, last) == ["<list of 1: over the limit of 300 objects>"]


def test_exceptions_among_the_variables_are_objects_too(crashed: Crashed) -> None:
    """Only the crash itself and what it is chained to are always there."""
    variables = "errors = [[ValueError(j) for j in range(100)] for i in range(100)]"
    path = crashed(variables, "limits=keeptrace.Limits(objects=300)")
    found = evaluate(
        path, "sum(isinstance(each, ValueError) for some in errors if isinstance(some, list) for each in some)"
    )
    assert 0 < int(found[0]) < 300


def test_frames_beyond_the_limit_are_one_that_says_how_many(crashed: Crashed) -> None:
    """The frames nearest to the crash are kept."""
    variables = """
    def recurse(depth):
        if depth:
            recurse(depth - 1)
        raise ValueError(depth)
    recurse(50)"""
    path = crashed(variables, "limits=keeptrace.Limits(frames=5)")
    code = """
import traceback
names = [frame.f_code.co_name for frame, line in traceback.walk_tb(restored.__traceback__)]
print(names[0], names[1:], restored)
"""
    expected = (
        "(48 frames left out: over the limit of 5 frames) ['recurse', 'recurse', 'recurse', 'recurse', 'recurse'] 0\n"
    )
    assert interpreters.load(sys.executable, path, code) == expected


def test_the_stack_is_there_when_there_is_no_time(crashed: Crashed) -> None:
    """Without a second for anything else: files, lines, functions and the message."""
    path = crashed("near = [1]", "limits=keeptrace.Limits(seconds=0)")
    names = "restored.__traceback__.tb_next.tb_frame.f_code.co_name"
    assert interpreters.load(sys.executable, path, f"print({names}, restored)") == "crash the message\n"


@pytest.mark.parametrize(
    ("variables", "settings"),
    [
        ("sleepers = [Sleeper() for _ in range(100)]", "pickler=pickle"),
        ("sleepers = [Sleeper() for _ in range(100)]", "reprs=True"),
        ("raise SleepingText", ""),
    ],
)
def test_recording_ends_in_time(crashed: Crashed, variables: str, settings: str) -> None:
    """Foreign code that sleeps for a minute costs the limit of seconds and one at most."""
    path = crashed(variables, f"{settings}, limits=keeptrace.Limits(seconds=1)".removeprefix(", "))
    assert cost(path)[0] < 1 + 1


@pytest.mark.parametrize(
    "variables",
    [
        "many = list(range(10**6)); more = {str(i): i for i in range(200_000)}",
        "data = [bytearray(2**20) for _ in range(200)]",
        "rows = [{'id': i, 'name': str(i)} for i in range(100_000)]",
        "rows = [{'id': i, str(i): [i]} for i in range(80_000)]",
        "nested = [[[[i]]] for i in range(100_000)]",
        "instances = [Instance(i) if i % 2 else (i, str(i)) for i in range(90_000)]",
        "names = [str(i) for i in range(2_000_000)]",
        pytest.param("errors = [ValueError(i) for i in range(150_000)]", marks=pytest.mark.slow),
        pytest.param("functions = [lambda i=i: i for i in range(150_000)]", marks=pytest.mark.slow),
        "zeros = bytes(2**30); view = memoryview(zeros)",  # which no memory stands behind until they are read
    ],
)
def test_recording_takes_memory_in_proportion_to_the_pickle(crashed: Crashed, variables: str) -> None:
    """Less than three times the pickle's size, and 32 MiB."""
    path = crashed(variables, "")
    assert cost(path)[1] < 3 * os.path.getsize(path) + 32 * 2**20


def test_unlimited_lifts_all_of_them(crashed: Crashed) -> None:
    """Limits.unlimited() cuts nothing."""
    path = crashed("text, many = 'x' * 10**6, [[i] for i in range(250_000)]", "limits=keeptrace.Limits.unlimited()")
    assert evaluate(path, "len(text)", "many[249_999]") == ["1000000", "[249999]"]


@pytest.mark.parametrize(
    ("limit", "error", "message"),
    [
        ({"seconds": "5"}, TypeError, "Limits(seconds='5'): a number is expected"),
        ({"objects": True}, TypeError, "Limits(objects=True): a number is expected"),
        ({"bytes": -1}, ValueError, "Limits(bytes=-1): 0 or more is expected"),
        ({"text": math.nan}, ValueError, "Limits(text=nan): 0 or more is expected"),
    ],
)
def test_a_limit_must_be_a_number(limit: dict[str, Any], error: type[Exception], message: str) -> None:
    """Anything else is an error that says which."""
    import keeptrace

    with pytest.raises(error) as raised:
        keeptrace.Limits(**limit)
    assert str(raised.value) == message
