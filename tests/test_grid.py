"""The row of the grid that the running Python records; tests/grid.py runs them all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import grid
import pytest

if TYPE_CHECKING:
    import pathlib

VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("grid")
    assert grid.record(VERSION, folder) == ""
    return folder


def test_each_interpreter_restores_what_this_one_recorded(recorded: pathlib.Path, python: str) -> None:
    assert grid.check(VERSION, python, recorded) == ""
