"""Limits are values: they do not change, are compared, shown and pickled, and can be made from each other."""

from __future__ import annotations

import pickle
import shutil
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest

import keeptrace
from keeptrace.reducers import restorer_text

if TYPE_CHECKING:
    import pathlib

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


def test_init_takes_finders_of_any_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Python 3.12 there may be some in sys.meta_path that know no find_spec."""
    monkeypatch.setattr(sys, "meta_path", [object(), *sys.meta_path])
    assert restorer_text().startswith('"""')


def test_init_reads_the_restorer_from_a_zip(tmp_path: pathlib.Path) -> None:
    """A package may be imported from an archive."""
    archive = shutil.make_archive(str(tmp_path / "app"), "zip", interpreters.copied(), "keeptrace")
    program = (
        "import keeptrace, pickle\nkeeptrace.init()\ntry: 1 / 0\nexcept Exception as e: print(len(pickle.dumps(e)))"
    )
    printed = interpreters.run([sys.executable, "-c", program], cwd=tmp_path, PYTHONPATH=archive)
    assert int(printed) > 30_000
