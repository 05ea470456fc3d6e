"""Limits are values: they do not change, are compared, shown and pickled, and can be made from each other."""

from __future__ import annotations

import pickle

import pytest

import keeptrace

LIMITS = keeptrace.Limits(seconds=1, frames=50)


def test_limits_that_are_alike_are_equal() -> None:
    assert keeptrace.Limits(1.0, frames=50) == LIMITS
    assert len({LIMITS, keeptrace.Limits(seconds=1, frames=50), keeptrace.Limits()}) == 2
    assert keeptrace.Limits(seconds=1, frames=50).__eq__(1) is NotImplemented


def test_limits_do_not_change() -> None:
    with pytest.raises(AttributeError, match=r"^cannot set 'seconds': Limits does not change; make another$"):
        LIMITS.seconds = 2
    with pytest.raises(AttributeError, match=r"^cannot delete 'seconds': Limits does not change; make another$"):
        del LIMITS.seconds


def test_limits_show_what_makes_them() -> None:
    assert eval(repr(LIMITS), {"Limits": keeptrace.Limits}) == LIMITS


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_limits_can_be_pickled(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(LIMITS, protocol)) == LIMITS


def test_limits_are_made_from_others() -> None:
    """By copy.replace(), since Python 3.13; what is wrong is refused as ever."""
    assert LIMITS.__replace__(frames=10_000) == keeptrace.Limits(seconds=1)
    with pytest.raises(ValueError, match="0 or more is expected"):
        LIMITS.__replace__(frames=-1)
