"""Honest dumps always open: safe loading gives what stock loading gives, whatever was recorded within the limits.

samples/edges.py has crashes at, and beyond, what reading once took at most; the others are made up.
"""

from __future__ import annotations

import _thread
import dataclasses
import gzip
import json
import pathlib
import pickle
import queue
import subprocess
import sys
from typing import Any

import hypothesis
import interpreters
import pytest
from hypothesis import strategies
from samples import alike

import keeptrace

pytestmark = pytest.mark.live_stack

EDGES = pathlib.Path(__file__).parent / "samples" / "edges.py"


@pytest.mark.slow
@pytest.mark.parametrize("recorder", interpreters.RECORDING, indirect=True)
def test_crashes_at_the_edges_of_what_is_read_are_loaded_alike(recorder: str) -> None:
    """By every version: many atoms, globals, threads, instances, members, lines, columns, names, bases, frames."""
    command = [interpreters.found()[recorder], str(EDGES)]
    printed = interpreters.run(command, cwd=interpreters.CHECKOUT, **interpreters.keeptrace_importable())
    found = json.loads(printed)
    assert len(found) > 20
    assert {name: differences for name, differences in found.items() if differences} == {}


def test_a_hundred_thousand_objects_are_loaded_and_shown(tmp_path: pathlib.Path) -> None:
    """With all that is beside them, in the memory that so many take."""
    program = """
import dataclasses, sys, keeptrace

@dataclasses.dataclass
class Point:
    x: int
    y: int
    name: str

def crash():
    threshold = 0
    points = [Point(number, number, str(number)) for number in range(100_000)]
    raise ValueError

try:
    crash()
except ValueError:
    keeptrace.dump(path=sys.argv[1])
"""
    path = tmp_path / "crash.pkl.gz"
    interpreters.record(program, path)
    names = keeptrace.load(path).__traceback__.tb_next.tb_frame.f_locals
    assert (names["threshold"], len(names["points"])) == (0, 100_000)
    assert repr(names["points"]).endswith("Point(x=99999, y=99999, name='99999')]")
    command = [sys.executable, "-m", "keeptrace", "show", str(path)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=interpreters.CHECKOUT).stdout
    assert "threshold = 0" in shown
    assert "points    = [Point(x=0, y=0, name='0'), Point(x=1" in shown


# ---------------------------------------------------------------------------------------------------------------------
# Made up
# ---------------------------------------------------------------------------------------------------------------------


class Plain:
    """An application's object."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


@dataclasses.dataclass
class Record:
    """One that shows its fields."""

    first: Any
    second: Any
    third: Any


@dataclasses.dataclass(frozen=True)
class Key:
    """One that is hashed by its fields."""

    first: Any
    second: Any


class Row(list[Any]):
    """A list with attributes."""


COUNTS = strategies.sampled_from([0, 1, 2, 31, 32, 33, 200, 201, 999, 1000, 1001, 2000, 2001])
ATOMS = strategies.one_of(
    strategies.none(),
    strategies.booleans(),
    strategies.integers(),
    strategies.sampled_from([2**61 - 1, 2**61, 2**200, -(2**63), 10**400]),
    strategies.floats(allow_nan=False),
    strategies.text(strategies.characters(codec="utf-8", exclude_categories=["Cc", "Cf"]), max_size=70),
    strategies.binary(max_size=70),
)
MANY = strategies.builds(lambda atom, count: [atom] * count, ATOMS, COUNTS)
RANGES = strategies.builds(
    lambda count, step: [index * step for index in range(count)], COUNTS, strategies.sampled_from([1, 1.5, 2**70])
)
HASHED = strategies.recursive(
    ATOMS,
    lambda inner: strategies.one_of(
        strategies.lists(inner, max_size=3).map(tuple),
        strategies.frozensets(inner, max_size=3),
        strategies.builds(Key, inner, inner),
    ),
    max_leaves=5,
)
NAMES = strategies.sampled_from(["a", "b", "name", "value", "left", "right"])
CONTENTS = strategies.recursive(
    strategies.one_of(ATOMS, MANY, RANGES, RANGES.map(tuple), HASHED),
    lambda inner: strategies.one_of(
        strategies.lists(inner, max_size=5),
        strategies.lists(inner, max_size=5).map(tuple),
        strategies.lists(inner, max_size=5).map(Row),
        strategies.dictionaries(HASHED, inner, max_size=5),
        strategies.builds(lambda attributes: Plain(**attributes), strategies.dictionaries(NAMES, inner, max_size=4)),
        strategies.builds(Record, inner, inner, inner),
        strategies.builds(lambda item, count: [item] * count, inner, COUNTS),
        strategies.builds(
            lambda item, count: [Record(item, index, str(index)) for index in range(count)], inner, COUNTS
        ),
    ),
    max_leaves=12,
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of an example that is never shown
@hypothesis.settings(
    deadline=None, derandomize=True, max_examples=60, suppress_health_check=list(hypothesis.HealthCheck)
)
@hypothesis.given(
    strategies.dictionaries(NAMES, CONTENTS, max_size=6),
    strategies.lists(CONTENTS, max_size=3),
    strategies.lists(strategies.tuples(NAMES, NAMES), max_size=6),
    strategies.sampled_from([1, 2, 3, 5, -1]),
    strategies.sampled_from([1, 3, 200, 800]),
)
def test_whatever_is_recorded_is_loaded_alike(
    variables: dict[str, Any], arguments: list[Any], links: list[tuple[str, str]], depth: int, frames: int
) -> None:
    """Random variables and arguments that share and hold each other, at any depth, below some frames."""
    for outer, inner in links:  # what is there may hold anything, itself as well
        if type(variables.get(outer)) in (list, Row):
            variables[outer].append(variables.get(inner))
        elif type(variables.get(outer)) is Plain:
            setattr(variables[outer], inner, variables.get(inner))
    crashes: queue.Queue[Exception] = queue.Queue()
    _thread.start_new_thread(lambda: crashes.put(crash(variables, arguments, frames)), ())  # nothing of hypothesis's
    data = keeptrace.dumps(crashes.get(), depth=depth, include_source=False)
    stock, safe = pickle.loads(gzip.decompress(data)), keeptrace.load(data)
    assert list(alike.differences(stock, safe)) == []


def crash(variables: dict[str, Any], arguments: list[Any], frames: int) -> Exception:
    code = compile("def f(left, error, a=None, b=None, name=None, value=None, right=None):\n"
                   " if left: f(left - 1, error)\n raise error", "<made up>", "exec")  # fmt: skip
    namespace: dict[str, Any] = {"variables": variables}
    exec(code, namespace)
    try:
        namespace["f"](frames, KeyError(*arguments), **{k: v for k, v in variables.items() if k != "left"})
    except KeyError as error:
        return error.with_traceback(error.__traceback__.tb_next if error.__traceback__ else None)
    raise AssertionError
