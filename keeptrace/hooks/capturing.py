"""capture(): dumps what leaves a block, a function of any kind, or a class's functions, and lets it go on."""

from __future__ import annotations

import functools
import sys
import types

from keeptrace.hooks.reporting import Plan, leaves, plan_of, report, say
from keeptrace.light import overload

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
    from pathlib import Path
    from types import TracebackType
    from typing import Any, TypeVar

    from typing_extensions import Self

    from keeptrace.files.folder import Folder
    from keeptrace.files.telling import OnDump

    Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def capture(function: Function, /) -> Function: ...
@overload
def capture(  # noqa: F811 (overloaded, see above)
    *,
    directory: str | os.PathLike[str] | Folder | None = None,
    note: str | None = None,
    threads: bool | None = None,
    exits: bool = False,
    context: dict[str, Any] | None = None,
    on_dump: OnDump | None = None,
    **options: Any,
) -> Capture: ...
def capture(  # noqa: F811
    function: Any = None,
    /,
    *,
    directory: str | os.PathLike[str] | Folder | None = None,
    note: str | None = None,
    threads: bool | None = None,
    exits: bool = False,
    context: dict[str, Any] | None = None,
    on_dump: OnDump | None = None,
    **options: Any,
) -> Any:
    """Dump the exception that leaves a block, a function or a class's functions; it goes on as if nothing had happened.

    `with keeptrace.capture(directory="crashes") as captured:` has the path in `captured.path` afterwards, None where
    nothing was dumped, or only counted. `@keeptrace.capture(...)`, or just `@keeptrace.capture`, is for functions,
    coroutine functions, generators and asynchronous generators, which stay what they are. One capture can be used many
    times, within itself and in several threads; its path is that of the latest dump.

    Decorating a class decorates functions of it, and returns it. Of a unittest.TestCase these are its tests, inherited
    ones too, but not those marked as expected failures; a subtest that fails does not leave its test, and is not dumped
    (keeptrace.integrations.unittest.hook() does that). Of other classes these are the functions, static methods and
    class methods that the class itself defines: not properties, nor what Python calls, `__repr__` say, but `__init__`
    and `__call__`. unittest.SkipTest is no failure.

    An exception that was dumped on its way, by another capture, say, is not dumped again. A line on standard error says
    so where it cannot be dumped.

    What is not given is as for hook(), where that was called.

    directory: the folder, made where it is missing, or a keeptrace.Folder; a path means Folder(path). None for that
        of hook(), else the one that the environment variable KEEPTRACE_DIR names, else the current one.
    note: a text for the header.
    threads: dump the stacks of all other threads as well.
    exits: also dump what is no Exception: KeyboardInterrupt, SystemExit, GeneratorExit, CancelledError.
    context: facts for the header, by their names, as for dump().
    on_dump: called with the path and the keeptrace.Header of each dump that is written, as for hook().
    options: pickler, depth, include_source, reprs, limits and redact, as for dump().

    Raises TypeError or ValueError for a wrong argument.
    """
    given = {"note": note, "threads": threads, "exits": exits, "context": context, "on_dump": on_dump}
    captured = Capture(plan_of("capture", directory, options, **given))
    return captured if function is None else captured(function)


class Capture:
    """What capture() returns: a context manager and a decorator.

    path: of the latest dump; None where there was none, or it was only counted.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._path: str | None = None

    @property
    def path(self) -> Path | None:
        if self._path is None:
            return None
        from pathlib import Path  # heavy, and few ask for it

        return Path(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, cls: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if exception is not None and not is_of_unittest(exception) and (self._plan.exits or is_failure(exception)):
                found = report(exception, self._plan)
                self._path = found.path
                say(found.line if found.failed else "")
        except RecursionError:  # the stack is full to the last call: this is part of a recursion, and its outer calls
            return  # capture it where there is room

    def __call__(self, function: Function) -> Function:
        """Return a function that does what another does, and dumps what leaves it; or a class with such functions."""
        given: Any = function
        if isinstance(given, type):
            self.decorate(given)
            return function
        if not callable(given) or isinstance(given, staticmethod):
            raise TypeError(
                f"capture({given!r:.200}): a function or a class is expected; decorate methods below their decorators"
            )
        decorated: Function = self.around(given)
        return decorated

    def decorate(self, cls: type) -> None:
        is_tests = is_test_case(cls)
        functions = tests_of(cls) if is_tests else methods_of(cls)
        if not functions and not is_tests:
            raise TypeError(f"capture({cls!r:.200}): the class defines no function that could be captured")
        for name, found in functions.items():
            setattr(cls, name, rewrapped(found, self.around))

    def around(self, function: Any) -> Any:
        import inspect  # heavy, and needed by decorators only

        kinds: dict[Callable[[Any], bool], Any] = {
            inspect.iscoroutinefunction: coroutine_function,
            inspect.isgeneratorfunction: generator_function,
            inspect.isasyncgenfunction: async_generator_function,
        }
        make = next((make for is_kind, make in kinds.items() if is_kind(function)), plain_function)
        passing = Passing(self)
        passing.function = functools.wraps(function)(make(passing, function))
        return passing.function


def is_of_unittest(exception: BaseException) -> bool:
    """Tell whether an exception is unittest's way to leave a test that does not fail, or has failed already."""
    module = sys.modules.get("unittest.case")  # it is there where there is such an exception
    classes = (getattr(module, name, None) for name in ("SkipTest", "_ShouldStop"))
    return any(isinstance(cls, type) and issubclass(type(exception), cls) for cls in classes)


def is_failure(exception: BaseException) -> bool:
    """Tell whether an exception, or one in a group, is an Exception: others end what was asked to end."""
    return any(issubclass(type(leaf), Exception) for leaf in leaves(exception))


# ---------------------------------------------------------------------------------------------------------------------
# Functions of classes
# ---------------------------------------------------------------------------------------------------------------------


def is_test_case(cls: type) -> bool:
    case = getattr(sys.modules.get("unittest.case"), "TestCase", None)
    return isinstance(case, type) and issubclass(cls, case)


def tests_of(cls: type) -> dict[str, Any]:
    """Return the functions of a test case that are tests, inherited ones too: those that unittest's loader finds."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return {
        name: value
        for name, value in found.items()
        if name.startswith("test") and is_function(value) and not is_expected_to_fail(cls)
    }


def is_expected_to_fail(found: Any) -> bool:
    """Tell whether unittest expects a test, or all of a test case, to fail."""
    return bool(getattr(found, "__unittest_expecting_failure__", False))


def methods_of(cls: type) -> dict[str, Any]:
    """Return the functions that a class itself defines, without those of Python's protocols."""
    return {name: value for name, value in vars(cls).items() if is_function(value) and not is_of_python(name)}


def is_of_python(name: str) -> bool:
    """Tell whether a method has its name from Python, which calls some of them to learn from what they raise."""
    return name[:2] == name[-2:] == "__" and name not in ("__init__", "__call__")


def is_function(found: object) -> bool:
    """Tell whether what stands in a class is a function as `def` makes it, bare or as a static or class method."""
    inner = found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
    return isinstance(inner, types.FunctionType)


def rewrapped(found: Any, around: Callable[[Any], Any]) -> Any:
    """Return what stands in a class with another function in it."""
    return type(found)(around(found.__func__)) if isinstance(found, (staticmethod, classmethod)) else around(found)


# ---------------------------------------------------------------------------------------------------------------------
# Functions of all kinds
# ---------------------------------------------------------------------------------------------------------------------


class Passing:
    """Captures within a decorated function, whose own frame it takes out of the traceback.

    The frame stays out from Python 3.11 on, where the interpreter does not add it again; in 3.10 it is not in the dump.
    """

    def __init__(self, captured: Capture) -> None:
        self.captured = captured
        self.function: Any = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, cls: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if exception is not None and traceback is not None and traceback.tb_next is not None:
                BaseException.with_traceback(exception, traceback.tb_next)
            if not is_expected_to_fail(self.function):  # unittest's mark may stand above ours
                self.captured.__exit__(cls, exception, traceback)
        except RecursionError:  # see Capture
            return


def plain_function(passing: Passing, function: Callable[..., Any]) -> Callable[..., Any]:
    def captured(*arguments: Any, **keywords: Any) -> Any:
        with passing:
            return function(*arguments, **keywords)

    return captured


def coroutine_function(passing: Passing, function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def captured(*arguments: Any, **keywords: Any) -> Any:
        with passing:
            return await function(*arguments, **keywords)

    return captured


def generator_function(passing: Passing, function: Callable[..., Any]) -> Callable[..., Generator[Any, Any, Any]]:
    def captured(*arguments: Any, **keywords: Any) -> Generator[Any, Any, Any]:
        with passing:
            return (yield from function(*arguments, **keywords))

    return captured


def async_generator_function(passing: Passing, function: Callable[..., Any]) -> Callable[..., AsyncGenerator[Any, Any]]:
    """Return a function whose generator passes on what is sent and thrown into it: `yield from` cannot do that here."""

    async def captured(*arguments: Any, **keywords: Any) -> AsyncGenerator[Any, Any]:
        with passing:
            inner = function(*arguments, **keywords)
            try:
                step = inner.asend(None)
                while True:
                    try:
                        item = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = inner.asend((yield item))
                    except GeneratorExit:
                        raise
                    except BaseException as thrown:  # noqa: BLE001 (it is the inner generator's)
                        step = inner.athrow(thrown)
            finally:
                await inner.aclose()

    return captured
