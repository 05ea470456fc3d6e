"""How much work each object more is for a recording, counted in calls: time is never the same twice on a busy machine.

The bounds are about a fifth above what was counted when they were last set.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
from typing import TYPE_CHECKING, Any

import pytest
from samples import crashes

from keeptrace.record import record
from keeptrace.record.recorder import Settings
from keeptrace.record.redaction import default_redactor

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="what C code calls is counted too")


def calls(function: Callable[..., Any], *arguments: Any, **options: Any) -> int:
    """Return how many functions, those in C included, are called by one, the third time."""
    for _ in range(2):
        function(*arguments, **options)
    profile = cProfile.Profile()
    profile.runcall(function, *arguments, **options)
    counted: Any = pstats.Stats(profile)
    return int(counted.total_calls)


def recorded(held: Any, **settings: Any) -> None:
    error: Any = ValueError("the message")
    error.held = held
    record(error, Settings(**{"depth": 9, "redactor": default_redactor(), **settings}), None)


def different_classes(count: int) -> list[Any]:
    """Return objects that cannot be recorded together."""

    def init(self: Any) -> None:
        self.number, self.name, self.parts = 1, "one", [1, 2]

    return [type(f"Class{number}", (), {"__init__": init, "use": lambda self: None})() for number in range(count)]


def nested(depth: int) -> Any:
    """Return objects of one class of which each holds the next."""
    held: Any = None
    for number in range(depth):
        held, inner = crashes.Order(number), held
        held.inner = inner
    return held


@pytest.mark.parametrize(
    ("make", "most"),
    [
        pytest.param(different_classes, 450, id="an object and its class"),
        pytest.param(nested, 100, id="an object of a class met before"),
        pytest.param(lambda count: [crashes.Order(number) for number in range(count)], 1.5, id="an object among many"),
        pytest.param(lambda count: [{"a": n, "b": str(n)} for n in range(count)], 3, id="a dict among many"),
        pytest.param(lambda count: [[n, n + 1] for n in range(count)], 1.5, id="a list among many"),
        pytest.param(lambda count: list(range(count)), 0.02, id="a number among many"),
        pytest.param(lambda count: [f"text {n}" for n in range(count)], 0.02, id="a text among many"),
    ],
)
def test_each_object_more(make: Callable[[int], Any], most: float) -> None:
    few, many = make(100), make(1100)
    each = (calls(recorded, many, depth=-1) - calls(recorded, few, depth=-1)) / 1000
    assert each <= most
