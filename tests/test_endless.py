"""endless: what Python would show for ever is told from what is only large, in time that follows its size."""

from __future__ import annotations

import collections
import types
from typing import Any

import pytest

from keeptrace import restore
from keeptrace.record import endless


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


RINGED = ring()
ENDLESS = {
    "held from its end": nest(30)[-1:],
    "all held, from its begin": [nest(30)],
    "all held, from its end": [nest(30)[::-1]],
    "in others": [collections.deque([{"a": types.SimpleNamespace(b=(nest(30)[-1],))}])],
    "in an exception": [ValueError(nest(30)[-1])],
    "too many": [[[1] for _ in range(3_000)] * 1_000],
    "much plain data": [[[1] * 1_000_000] * 100],
    "too many, each once": [[(index,) for index in range(2_000_000)]],
}
LARGE = {
    "a small nest": [nest(10)[-1]],
    "many": [[[index] for index in range(100_000)]],
    "one, often": [[RINGED[:1]] * 100_000],
    "a ring": [RINGED],
    "in an object of its own representation": [types.SimpleNamespace, object(), "a", 1],
    "plain": [[1] * 10_000_000],
}


@pytest.mark.parametrize("case", ENDLESS)
def test_what_is_endless(case: str) -> None:
    assert endless.is_endless(ENDLESS[case], {})


@pytest.mark.parametrize("case", LARGE)
def test_what_is_only_large(case: str) -> None:
    assert not endless.is_endless(LARGE[case], {})


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
