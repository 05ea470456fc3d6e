"""Properties that hold for any input: graphs of objects round-trip, and log text is parsed without an error."""

from __future__ import annotations

import collections
import pickle
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

import keeptrace
from keeptrace.record import packing
from keeptrace.utils import parse_tracebacks

CASES = hypothesis.settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


class List(list[Any]):
    """A list of the application's."""


class Dict(dict[Any, Any]):
    """A dict of the application's."""


class Set(set[Any]):
    """A set of the application's."""


class Deque(collections.deque[Any]):
    """A deque of the application's."""


class Tuple(tuple[Any, ...]):
    """A tuple of the application's."""

    __slots__ = ()


class Text(str):
    """A str of the application's."""

    __slots__ = ()


class Number(int):
    """An int with attributes."""


class Plain:
    """Has attributes."""


class Slotted:
    """Has slots."""

    __slots__ = ("left", "right")


class Key:
    """Is found by identity."""


ATOMS = strategies.one_of(
    strategies.none(),
    strategies.booleans(),
    strategies.integers(),
    strategies.integers(-(10**400), 10**400),
    strategies.floats(),
    strategies.complex_numbers(),
    strategies.text(strategies.characters(), max_size=20),
    strategies.binary(max_size=20),
)
LISTS = (list, List, collections.deque, Deque)
DICTS = (dict, Dict, collections.OrderedDict)
HASHABLE = (tuple, frozenset, Tuple, Text, Number, Key)
KINDS = (*LISTS, *DICTS, set, Set, *HASHABLE, Plain, Slotted)


@strategies.composite
def graphs(draw: Any) -> Any:
    """Draw objects of all kinds that refer to each other in any way: shared, nested and in cycles."""
    made: list[Any] = [
        made_of(draw, kind) for kind in draw(strategies.lists(strategies.sampled_from(KINDS), max_size=12))
    ]
    keys = [each for each in made if isinstance(each, HASHABLE)]
    values = strategies.one_of(ATOMS, strategies.sampled_from(made)) if made else ATOMS
    hashable = strategies.one_of(ATOMS, strategies.sampled_from(keys)) if keys else ATOMS
    for each in made:
        fill(draw, each, values, hashable)
    return [*made, draw(values)]


def made_of(draw: Any, kind: Any) -> Any:
    if kind in (tuple, frozenset, Tuple):
        return kind(draw(strategies.lists(ATOMS, max_size=3)))
    if kind in (Text, Number):
        return kind(draw(strategies.integers()))
    return kind()


def fill(draw: Any, obj: Any, values: Any, keys: Any) -> None:
    """Give an object its content, once all the others are there."""
    if isinstance(obj, LISTS):
        obj.extend(draw(strategies.lists(values, max_size=4)))
    elif isinstance(obj, DICTS):
        for key in draw(strategies.lists(keys, max_size=4)):
            obj[key] = draw(values)
    elif isinstance(obj, set):
        obj.update(draw(strategies.lists(keys, max_size=4)))
    elif isinstance(obj, Slotted):
        obj.left = draw(values)  # type: ignore[attr-defined]
    elif isinstance(obj, (Plain, List, Number)):
        obj.__dict__.update(draw(strategies.dictionaries(strategies.sampled_from("abc"), values, max_size=3)))


def outline(root: Any) -> list[Any]:
    """Return what a graph is made of: each object once, by its type's name and its content; objects by number."""
    numbers: dict[int, int] = {}
    found: list[Any] = []
    waiting = [root]

    def number(obj: Any) -> Any:
        if type(obj) in (type(None), bool, int, float, complex, str, bytes):
            return type(obj).__name__, repr(obj) if type(obj) is not int else hex(obj)
        if id(obj) not in numbers:
            numbers[id(obj)] = len(numbers)
            waiting.append(obj)
        return numbers[id(obj)]

    while waiting:
        obj = waiting.pop()
        number(obj)
        found.append((numbers[id(obj)], type(obj).__name__, *content(obj, number)))
    return found


def content(obj: Any, number: Any) -> Any:
    """Yield what an object holds; a set's elements in no order, by what they are as far as that has one."""
    if isinstance(obj, dict):
        yield [(number(key), number(value)) for key, value in dict.items(obj)]
    elif isinstance(obj, (set, frozenset)):
        yield sorted(type(each).__name__ + repr(each) * isinstance(each, (int, float, str, bytes)) for each in obj)
    elif isinstance(obj, (list, tuple, collections.deque)):
        yield [number(each) for each in obj]
    elif isinstance(obj, (str, int)):
        yield str(obj)
    state = {name: getattr(obj, name) for name in ("left", "right") if hasattr(obj, name)}
    state.update(vars(obj) if hasattr(obj, "__dict__") else {})
    yield [(name, number(value)) for name, value in state.items()]


def restored(graph: Any, depth: int, protocol: int, together: bool) -> Any:
    """Return a graph that went with a crash into a pickle and out again.

    together: record few objects of one class as columns, and pack few values, as is done with many.
    """
    error: Any = ValueError()
    error.graph = graph
    error.__cause__ = KeyError()  # an exception without traceback and chain is left to pickle
    keeptrace.init(depth=depth)
    with pytest.MonkeyPatch.context() as patch:
        if together:
            patch.setattr(packing, "SOME", 1)
            patch.setattr(packing, "MANY", 0)
        dump = pickle.dumps(error, protocol)
    return pickle.loads(dump).graph


@CASES
@hypothesis.given(graphs(), strategies.integers(0, 5), strategies.booleans())
def test_graphs_come_back_with_the_same_types_sharing_and_content(graph: Any, protocol: int, together: bool) -> None:
    """Without a limit of depth, whatever refers to whatever."""
    assert outline(restored(graph, -1, protocol, together)) == outline(graph)


@CASES
@hypothesis.given(graphs(), strategies.integers(1, 6), strategies.booleans())
def test_graphs_come_back_to_their_depth(graph: Any, depth: int, together: bool) -> None:
    """The outermost elements are of the same types in the same order, and what is shown of them can be shown."""
    found = restored(graph, depth, pickle.HIGHEST_PROTOCOL, together)
    if depth == 1:
        assert "list" in type(found).__name__
    else:
        assert [type(each).__name__ for each in found] == [type(each).__name__ for each in graph]
    repr(found)


LINES = strategies.one_of(
    strategies.text(max_size=60),
    strategies.sampled_from(
        [
            "Traceback (most recent call last):",
            '  File "a.py", line 1, in f',
            '  File "a.py", line 99999999999999999999, in <module>',
            "    x = 1",
            "    ^^^^^",
            "ValueError: text",
            "  + Exception Group Traceback (most recent call last):",
            "  | ExceptionGroup: two (2 sub-exceptions)",
            "  +-+---------------- 1 ----------------",
            "  +------------------------------------",
            "During handling of the above exception, another exception occurred:",
            "The above exception was the direct cause of the following exception:",
            "  [Previous line repeated 3 more times]",
            "2020-01-01 ERROR Traceback (most recent call last):",
            "SyntaxError: invalid syntax",
            "",
        ]
    ),
)


@CASES
@hypothesis.given(strategies.lists(LINES, max_size=30), strategies.sampled_from(["", "\n", "\r\n"]))
def test_no_text_makes_the_parser_of_logs_raise(lines: list[str], ending: str) -> None:
    """What is no traceback is passed over, what is one but broken too."""
    for found in parse_tracebacks(line + ending for line in lines):
        assert len(found) == 3
