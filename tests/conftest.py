"""What every test shares: keeptrace is taken back after each, and the interpreters are named in the report."""

from __future__ import annotations

import copyreg
import itertools
import pickle
import types
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import interpreters
import pytest

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Iterator

CRASH_TYPES = (BaseException, types.TracebackType, types.FrameType, types.CodeType)
PICKLERS = (pickle.dump, pickle.dumps)


def pytest_configure() -> None:
    interpreters.copied()  # before the workers start: they share it


def pytest_report_header() -> list[str]:
    return interpreters.report()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in interpreters.report():
        terminalreporter.write_line(line)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test of which the live stack is recorded in a thread of its own: pytest's stack takes seconds."""
    if pyfuncitem.get_closest_marker("live_stack") is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pyfuncitem.obj, **arguments).result()
    return True


@pytest.fixture(autouse=True)
def keeptrace_taken_back() -> Iterator[None]:
    """Take `keeptrace.init()` back after each test, and hold `uninit()` to leaving nothing behind.

    What other modules registered when they were imported meanwhile (numpy's ufuncs, say) stays.
    """
    import keeptrace

    before = dict(copyreg.dispatch_table)
    yield
    keeptrace.uninit()
    left = [type_ for type_ in copyreg.dispatch_table if type_ not in before and issubclass(type_, CRASH_TYPES)]
    for type_ in left:
        del copyreg.dispatch_table[type_]
    copyreg.dispatch_table.update(before)
    assert left == []
    assert (pickle.dump, pickle.dumps) == PICKLERS


@pytest.fixture
def load() -> Callable[..., str]:
    """`load(python, path, code)`: see `interpreters.load`."""
    return interpreters.load


@pytest.fixture
def record(tmp_path: pathlib.Path) -> Callable[..., pathlib.Path]:
    """`record(program, python=...)`: run a program that dumps to `sys.argv[1]`; return the path of its pickle."""
    numbers = itertools.count()

    def record(program: str, **options: str) -> pathlib.Path:
        path = tmp_path / f"crash{next(numbers)}.pkl"
        interpreters.record(program, path, **options)
        return path

    return record


@pytest.fixture(params=interpreters.in_turn(interpreters.LOADING))
def python(request: pytest.FixtureRequest) -> str:
    """Each version in turn, "3.8" to "3.15"; the test is skipped where its interpreter is not on this machine."""
    return present(request.param)


@pytest.fixture(params=interpreters.in_turn(interpreters.RECORDING))
def recorder(request: pytest.FixtureRequest) -> str:
    """Each version that records, in turn; the test is skipped where its interpreter is not on this machine."""
    return present(request.param)


def present(version: str) -> str:
    if version in interpreters.missing():
        pytest.skip(f"no CPython {version} on this machine")
    return version
