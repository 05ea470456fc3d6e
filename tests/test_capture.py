"""capture(): blocks and functions of all kinds dump what leaves them, and stay what they are."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import os
import re
import subprocess
import sys
import threading
import traceback
import unittest
import weakref
from typing import TYPE_CHECKING, Any

import interpreters
import pytest

import keeptrace
from keeptrace.files import memory

if TYPE_CHECKING:
    import pathlib
    from collections.abc import AsyncIterator, Callable, Iterator

pytestmark = pytest.mark.live_stack


@pytest.fixture(autouse=True)
def crashes(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """Give the folder where crashes go."""
    monkeypatch.setenv("KEEPTRACE_DIR", str(tmp_path / "crashes"))
    yield tmp_path / "crashes"
    keeptrace.unhook()


def average(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers)


def stored(folder: pathlib.Path) -> list[Any]:
    """Return the crashes in a folder."""
    return [keeptrace.load(path) for path in sorted(folder.glob("*.pkl.gz"))]


def names(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


# -- blocks -----------------------------------------------------------------------------------------------------------


def test_a_block_dumps_and_raises(crashes: pathlib.Path) -> None:
    """The path is known afterwards; the exception is the same one."""
    error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError) as caught, keeptrace.capture(note="shop 7") as captured:
        raise error
    assert caught.value is error
    assert captured.path == next(crashes.glob("*.pkl.gz"))
    assert keeptrace.peek(captured.path).note == "shop 7"
    assert type(keeptrace.load(captured.path)) is ZeroDivisionError


def test_a_block_without_a_crash(crashes: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is made, not even the folder."""
    with keeptrace.capture() as captured:
        assert average([1]) == 1
    assert (captured.path, crashes.exists(), capfd.readouterr().err) == (None, False, "")


def test_one_capture_many_times(crashes: pathlib.Path) -> None:
    """Again, within itself, and in several threads at once."""
    captured = keeptrace.capture(directory=keeptrace.Folder(crashes, each=100))

    def crash() -> None:
        with pytest.raises(ZeroDivisionError), captured, captured:
            average([])

    threads = [threading.Thread(target=crash) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    crash()
    assert len(stored(crashes)) == 9


def test_only_counted_is_no_path(crashes: pathlib.Path) -> None:
    """Where the folder's limits are reached there is no dump to be named."""
    with pytest.raises(ZeroDivisionError), keeptrace.capture(directory=keeptrace.Folder(crashes, each=0)) as captured:
        average([])
    assert captured.path is None


EXITS = [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError]


@pytest.mark.parametrize("exits", [False, True])
@pytest.mark.parametrize("error", EXITS)
def test_exits_are_left_alone_unless_asked_for(error: type[BaseException], exits: bool) -> None:
    """What ends a program, a generator or a task on purpose is no failure."""
    with pytest.raises(error), keeptrace.capture(exits=exits) as captured:
        raise error
    assert (captured.path is not None) is exits


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
@pytest.mark.parametrize("member", [ValueError(), KeyboardInterrupt()])
def test_a_group_with_a_failure_is_one(member: BaseException) -> None:
    """The others in it may be exits."""
    group = BaseExceptionGroup("g", [BaseExceptionGroup("h", [asyncio.CancelledError(), member])])  # type: ignore[name-defined]  # noqa: F821
    with pytest.raises(BaseException, match="g"), keeptrace.capture() as captured:
        raise group
    assert (captured.path is not None) is isinstance(member, Exception)


def test_a_dump_that_fails(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The exception goes on, and a line says why there is no dump."""
    (tmp_path / "file").touch()
    with pytest.raises(ZeroDivisionError), keeptrace.capture(directory=tmp_path / "file" / "x") as captured:
        average([])
    said = capfd.readouterr().err
    assert said.startswith("keeptrace: cannot dump the crash: NotADirectoryError: [Errno 20] cannot write a dump: ")
    assert (captured.path, said.count("\n")) == (None, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"directory": os}, "capture(directory=<module 'os' "),
        ({"directory": 5}, "capture(directory=5): a path, a keeptrace.Folder or None is expected"),
        ({"note": 5}, "capture(note=5): a text or None is expected"),
        ({"exits": 1}, "capture(exits=1): True or False is expected"),
        ({"deep": 1}, "capture(deep=...): there is no such option; there are pickler, "),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """They are refused where they are written, not when something crashes."""
    with pytest.raises(TypeError, match=re.escape(message)):
        keeptrace.capture(**arguments)


# -- once -------------------------------------------------------------------------------------------------------------


class OrderError(Exception):
    """An application's own exception."""


@pytest.mark.parametrize("cls", [ValueError, OrderError])
def test_one_exception_is_dumped_once(crashes: pathlib.Path, cls: type[Exception]) -> None:
    """On its way through several captures; each knows the path. The exception itself is not changed."""
    error = cls("pens")
    with pytest.raises(cls), keeptrace.capture() as outer, keeptrace.capture() as inner:
        raise error
    assert (outer.path, len(stored(crashes))) == (inner.path, 1)
    assert vars(error) == {}


@pytest.mark.parametrize("cls", [ValueError, OrderError])
def test_exceptions_one_after_the_other_are_different_ones(cls: type[Exception]) -> None:
    """Though most are put into the memory where the one before was."""
    addresses, report = set(), memory.Report("")
    for _ in range(50):
        error = cls("pens")
        addresses.add(id(error))
        assert memory.remembered(error) is None
        memory.remember(error, report)
        assert memory.remembered(error) is report
        del error
    assert len(addresses) < 50


def test_nothing_is_kept_alive() -> None:
    """Neither the exception nor what the variables of its frames hold."""

    class Pen:
        pass

    def crash(cls: type[Exception]) -> weakref.ref[Pen]:
        pen = Pen()
        try:
            with keeptrace.capture():
                raise cls  # noqa: TRY301
        except cls:
            return weakref.ref(pen)

    gc.disable()
    try:
        assert [crash(ValueError)(), crash(OrderError)()] == [None, None]
    finally:
        gc.enable()


def test_what_is_remembered_is_bounded() -> None:
    """A service that captures for ever remembers the latest exceptions only."""
    errors = [ValueError() for _ in range(2 * memory.REMEMBERED)]
    for error in errors:
        memory.remember(error, memory.Report(""))
    known = [error for error in errors if memory.remembered(error) is not None]
    assert known == errors[memory.REMEMBERED :]


# -- functions --------------------------------------------------------------------------------------------------------


def kinds(decorate: Callable[[Any], Any]) -> dict[str, Callable[[], Any]]:
    """Return functions that crash, of each kind, and called as each is."""

    @decorate
    def function(numbers: list[int]) -> float:
        return average(numbers)

    @decorate
    async def coroutine(numbers: list[int]) -> float:
        await asyncio.sleep(0)
        return average(numbers)

    @decorate
    def generator(numbers: list[int]) -> Iterator[float]:
        yield 1
        yield average(numbers)

    @decorate
    async def async_generator(numbers: list[int]) -> AsyncIterator[float]:
        yield 1
        yield average(numbers)

    async def consume() -> None:
        async for _ in async_generator([]):
            pass

    class Shop:
        @decorate
        def method(self, numbers: list[int]) -> float:
            return average(numbers)

        @classmethod
        @decorate
        def class_method(cls, numbers: list[int]) -> float:
            return average(numbers)

    return {
        "function": lambda: function([]),
        "coroutine": lambda: asyncio.run(coroutine([])),
        "generator": lambda: list(generator([])),
        "async_generator": lambda: asyncio.run(consume()),
        "method": lambda: Shop().method([]),
        "class_method": lambda: Shop.class_method([]),
    }


KINDS = list(kinds(lambda function: function))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decorator", [keeptrace.capture, keeptrace.capture(depth=1)])
def test_functions_of_all_kinds(crashes: pathlib.Path, kind: str, decorator: Callable[[Any], Any]) -> None:
    """They dump what leaves them, from their own frame on; the traceback is that of the bare function."""
    with pytest.raises(ZeroDivisionError) as bare:
        kinds(lambda function: function)[kind]()
    with pytest.raises(ZeroDivisionError) as caught:
        kinds(decorator)[kind]()
    (loaded,) = stored(crashes)
    assert names(loaded) == [kind, "average"]
    if sys.version_info >= (3, 11):
        assert names(caught.value) == names(bare.value)
    else:
        assert [name for name in names(caught.value) if name != "captured"] == names(bare.value)


def test_functions_stay_what_they_are() -> None:
    """Name, docstring, signature and kind."""

    @keeptrace.capture
    def function(a: int, *, b: str = "") -> None:
        """Do it."""

    @keeptrace.capture()
    async def coroutine() -> None: ...

    @keeptrace.capture()
    def generator() -> Iterator[int]:
        yield 1

    @keeptrace.capture()
    async def async_generator() -> AsyncIterator[int]:
        yield 1

    assert (function.__name__, function.__doc__) == ("function", "Do it.")
    assert str(inspect.signature(function)) == "(a: 'int', *, b: 'str' = '') -> 'None'"
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)


def test_a_wrong_call_is_a_crash_too(crashes: pathlib.Path) -> None:
    """Arguments that do not fit are the caller's bug: the traceback ends at its call."""

    @keeptrace.capture
    def function(a: int) -> int:
        return a

    with pytest.raises(TypeError):
        function()  # type: ignore[call-arg]
    (loaded,) = stored(crashes)
    assert "missing 1 required positional argument: 'a'" in str(loaded)


def test_generators_pass_everything_on() -> None:
    """What is sent and thrown into them, what they return, and that they are closed."""
    seen = []

    @keeptrace.capture
    def generator() -> Any:
        try:
            seen.append((yield 1))
            try:
                yield 2
            except KeyError as error:
                seen.append(error.args[0])
            yield 3
        finally:
            seen.append("closed")

    running = generator()
    assert (next(running), running.send("sent"), running.throw(KeyError("thrown"))) == (1, 2, 3)
    running.close()
    assert seen == ["sent", "thrown", "closed"]


def test_asynchronous_generators_pass_everything_on(crashes: pathlib.Path) -> None:
    """As generators do; being closed is no crash."""
    seen = []

    @keeptrace.capture
    async def generator() -> Any:
        try:
            seen.append((yield 1))
            try:
                yield 2
            except KeyError as error:
                seen.append(error.args[0])
            yield 3
        finally:
            await asyncio.sleep(0)
            seen.append("closed")

    async def main() -> None:
        running = generator()
        found = (await running.asend(None), await running.asend("sent"), await running.athrow(KeyError("thrown")))
        assert found == (1, 2, 3)
        await running.aclose()
        assert [item async for item in generator()] == [1, 2, 3]

    asyncio.run(main())
    assert seen == ["sent", "thrown", "closed", None, "closed"]
    assert not crashes.exists()


def test_a_cancelled_task_is_no_crash(crashes: pathlib.Path) -> None:
    """Cancelling a decorated coroutine leaves nothing behind."""

    @keeptrace.capture
    async def wait() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not crashes.exists()


def test_a_decorated_recursion_that_runs_out(crashes: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is dumped though the stack is full, once."""

    @keeptrace.capture
    def go_on() -> None:
        go_on()

    limit = sys.getrecursionlimit()
    with pytest.raises(RecursionError):
        go_on()
    assert (len(stored(crashes)), sys.getrecursionlimit(), capfd.readouterr().err) == (1, limit, "")


@pytest.mark.parametrize("wrong", [5, staticmethod(average), classmethod(average)])  # type: ignore[arg-type]
def test_what_is_no_function(wrong: Any) -> None:
    """It says what to do."""
    with pytest.raises(TypeError, match=r"^capture\(.*\): a function or a class is expected; decorate methods below"):
        keeptrace.capture()(wrong)


# -- classes ----------------------------------------------------------------------------------------------------------


class Base:
    """Is not decorated."""

    def inherited(self) -> None:
        raise ValueError("inherited")


@keeptrace.capture(context={"kind": "shop"})
class Shop(Base):
    """Has functions of each kind."""

    def __init__(self, name: str) -> None:
        self.name = name.upper()

    def __call__(self) -> None:
        raise ValueError("called")

    def __getitem__(self, index: int) -> int:
        raise IndexError(index)

    def method(self) -> float:
        return average([])

    @staticmethod
    def static() -> float:
        return average([])

    @classmethod
    def of_class(cls) -> tuple[type, float]:
        return cls, average([])

    async def coroutine(self) -> float:
        return average([])

    @property
    def value(self) -> float:
        return average([])


CALLS: dict[str, Callable[[], Any]] = {
    "__init__": lambda: Shop(5),  # type: ignore[arg-type]
    "__call__": Shop("x"),
    "method": Shop("x").method,
    "static": Shop.static,
    "of_class": Shop.of_class,
    "coroutine": lambda: asyncio.run(Shop("x").coroutine()),
}
NOT_CAUGHT: list[Callable[[], Any]] = [
    lambda: list(Shop("x")),  # type: ignore[call-overload]
    lambda: Shop("x").inherited(),
    lambda: Shop("x").value,
]


@pytest.mark.parametrize("name", CALLS)
def test_a_class_s_functions(crashes: pathlib.Path, name: str) -> None:
    """Each stays what it is, and dumps what leaves it."""
    with pytest.raises((ZeroDivisionError, ValueError, AttributeError)):
        CALLS[name]()
    (loaded,) = stored(crashes)
    assert names(loaded)[0] == name
    assert Shop.method.__qualname__ == "Shop.method"


def test_what_else_is_in_a_class_is_left_alone(crashes: pathlib.Path) -> None:
    """Python's protocols, where an error may be an answer; properties; what is inherited."""
    for call in NOT_CAUGHT:
        with contextlib.suppress(ValueError, ZeroDivisionError):
            call()
    assert not crashes.exists()


@pytest.mark.parametrize("wrong", [int, type("Empty", (Base,), {"__repr__": average})])
def test_a_class_without_functions_is_refused(wrong: type) -> None:
    """Nothing would ever be dumped."""
    with pytest.raises(TypeError, match=r"^capture\(<class .*>\): the class defines no function that could"):
        keeptrace.capture(wrong)


def cases() -> list[type[unittest.TestCase]]:
    """Return test cases whose tests have all fates; pytest does not see them."""

    class Tests(unittest.TestCase):
        def test_inherited(self) -> None:
            assert average([1]) == 2

    @keeptrace.capture
    class ManyTests(Tests):
        def setUp(self) -> None:
            self.numbers: list[int] = []

        def test_error(self) -> None:
            average(self.numbers)

        def test_skips(self) -> None:
            self.skipTest("no numbers")

        @unittest.skip("not today")
        def test_skipped(self) -> None:
            average(self.numbers)

        @unittest.expectedFailure
        def test_expected(self) -> None:
            average(self.numbers)

        def test_subtests(self) -> None:
            for number in range(3):
                with self.subTest(number=number):
                    assert number == 1

    @keeptrace.capture
    class AsyncTests(unittest.IsolatedAsyncioTestCase):
        async def test_error(self) -> None:
            await asyncio.sleep(0)
            average([])

    return [ManyTests, AsyncTests]


def test_a_test_case_s_tests(crashes: pathlib.Path) -> None:
    """Inherited ones and coroutines too; what is skipped, expected to fail or within a subtest leaves no dump."""
    result = unittest.TestResult()
    for case in cases():
        unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    found = [len(each) for each in (result.errors, result.failures, result.skipped, result.expectedFailures)]
    assert found == [2, 3, 2, 1]
    assert sorted(names(loaded)[0] for loaded in stored(crashes)) == ["test_error", "test_error", "test_inherited"]


def test_a_test_that_stops_at_its_first_subtest(crashes: pathlib.Path) -> None:
    """It is left by an exception of unittest's own, which is none."""
    result = unittest.TestResult()
    result.failfast = True
    cases()[0]("test_subtests").run(result)
    assert (len(result.failures), crashes.exists()) == (1, False)


def test_a_base_without_tests_may_be_decorated() -> None:
    """The class is the same one."""

    class Shared(unittest.TestCase):
        pass

    assert keeptrace.capture(Shared) is Shared


def test_a_skip_is_no_failure() -> None:
    """Not even where exits are dumped."""
    with pytest.raises(unittest.SkipTest), keeptrace.capture(exits=True) as captured:
        raise unittest.SkipTest("no numbers")
    assert captured.path is None


# -- where, and hook() ------------------------------------------------------------------------------------------------


def test_what_is_not_given_is_as_for_hook(tmp_path: pathlib.Path) -> None:
    """The folder, the note and the options, also for a capture that was made before."""
    captured = keeptrace.capture(depth=2)
    keeptrace.hook(tmp_path / "hooked", note="shop 7", depth=0)
    with pytest.raises(ZeroDivisionError), captured:
        average([])
    assert captured.path is not None
    assert (captured.path.parent, keeptrace.peek(captured.path).note) == (tmp_path / "hooked", "shop 7")
    frame = keeptrace.load(captured.path).__traceback__.tb_next.tb_frame
    assert frame.f_locals == {"numbers": []}


def test_a_relative_folder_is_meant_where_it_is_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that goes elsewhere dumps where it said."""
    monkeypatch.chdir(tmp_path)
    captured = keeptrace.capture(directory="here")
    monkeypatch.chdir("/")
    with pytest.raises(ZeroDivisionError), captured:
        average([])
    assert captured.path is not None
    assert captured.path.parent == tmp_path / "here"


UNCAUGHT = """\
import sys, keeptrace
keeptrace.hook()
@keeptrace.capture
def fail():
    raise {cls}("pens")
class OrderError(Exception): pass
fail()
"""


@pytest.mark.parametrize("cls", ["ValueError", "OrderError"])
def test_captured_and_then_uncaught_is_one_dump(crashes: pathlib.Path, recorder: str, cls: str) -> None:
    """hook() says where it is."""
    command = [interpreters.found()[recorder], "-c", UNCAUGHT.format(cls=cls)]
    environment = {**os.environ, **interpreters.keeptrace_importable()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    (path,) = crashes.glob("*.pkl.gz")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"keeptrace: the crash is in {path}")


def test_what_dump_has_dumped_is_not_dumped_again(tmp_path: pathlib.Path) -> None:
    """By what the exception meets on its way out; dump() itself writes whenever it is called."""
    captured = keeptrace.capture(directory=tmp_path / "captured")
    error = ZeroDivisionError()
    path = keeptrace.dump(error, directory=tmp_path)
    with pytest.raises(ZeroDivisionError), captured:
        raise error
    assert (captured.path, (tmp_path / "captured").exists()) == (path, False)
    assert keeptrace.dump(error, directory=tmp_path) != path
