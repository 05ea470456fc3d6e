"""endless: what Python would show for ever is told from what is only large, in time that follows its size."""

from __future__ import annotations

import collections
import types
from typing import TYPE_CHECKING, Any

import pytest

from keeptrace import restore
from keeptrace.record import endless

if TYPE_CHECKING:
    from collections.abc import Callable


def nest(levels: int) -> list[Any]:
    """Return lists, each of which holds the one before it twice."""
    found: list[Any] = [["x"]]
    for _ in range(levels):
        found.append([found[-1], found[-1]])
    return found


def ring() -> list[Any]:
    found: list[Any] = [1]
    found += [found, found]
    return found


ENDLESS: dict[str, Callable[[], Any]] = {
    "held from its end": lambda: nest(30)[-1],
    "all held, from its begin": lambda: nest(30),
    "all held, from its end": lambda: nest(30)[::-1],
    "in others": lambda: collections.deque([{"a": types.SimpleNamespace(b=(nest(30)[-1],))}]),
    "in an exception": lambda: ValueError(nest(30)[-1]),
    "too many": lambda: [[1] for _ in range(3_000)] * 1_000,
    "much plain data": lambda: [[1] * 1_000_000] * 100,
    "too many, each once": lambda: [(index,) for index in range(2_000_000)],
}
LARGE: dict[str, Callable[[], Any]] = {
    "a small nest": lambda: nest(10)[-1],
    "many": lambda: [[index] for index in range(100_000)],
    "one, often": lambda: [[1]] * 100_000,
    "a ring": ring,
    "in objects of their own representation": lambda: [types.SimpleNamespace, object(), "a", 1],
    "plain": lambda: [1] * 10_000_000,
}


@pytest.mark.parametrize("case", ENDLESS)
def test_what_is_endless(case: str) -> None:
    values = [ENDLESS[case]()]
    is_endless = endless.is_endless(values, {})
    assert is_endless  # without what it was given: showing that has no end


@pytest.mark.parametrize("case", LARGE)
def test_what_is_only_large(case: str) -> None:
    values = [LARGE[case]()]
    is_endless = endless.is_endless(values, {})
    assert not is_endless


def test_each_object_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is shared; where some are, once more in this recording."""
    looked, inside = [], endless.shown_inside

    def counted(value: Any) -> Any:
        looked.append(value)
        return inside(value)

    monkeypatch.setattr(endless, "shown_inside", counted)
    counts: dict[int, int] = {}
    assert not endless.is_endless([[[index] for index in range(1_000)]], counts)
    assert len(looked) == 1_001
    shared = nest(3)
    looked.clear()
    for _ in range(100):
        assert not endless.is_endless(shared, counts)
    assert len(looked) < 100 * 20


def test_recording_and_loading_agree_on_what_python_shows() -> None:
    assert set(endless.OF_REPRS) == set(map(id, restore.SHOWN_BY_PYTHON))
