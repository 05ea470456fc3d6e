"""capture(): dumps what leaves a block, or a function of any kind, and lets it go on."""

from __future__ import annotations

import functools

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
    from keeptrace.telling import OnDump

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
    """Dump the exception that leaves a block, or a function; it goes on as if nothing had happened.

    `with keeptrace.capture(directory="crashes") as captured:` has the path in `captured.path` afterwards, None where
    nothing was dumped, or only counted. `@keeptrace.capture(...)`, or just `@keeptrace.capture`, is for functions,
    coroutine functions, generators and asynchronous generators, which stay what they are. One capture can be used many
    times, within itself and in several threads; its path is that of the latest dump.

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
            if exception is not None and (self._plan.exits or is_failure(exception)):
                found = report(exception, self._plan)
                self._path = found.path
                say(found.line if found.failed else "")
        except RecursionError:  # the stack is full to the last call: this is part of a recursion, and its outer calls
            return  # capture it where there is room

    def __call__(self, function: Function) -> Function:
        """Return a function that does what another does, and dumps what leaves it."""
        import inspect  # heavy, and needed by decorators only

        given: Any = function
        if not callable(given) or isinstance(given, (type, staticmethod)):
            raise TypeError(f"capture({given!r:.200}): a function is expected; decorate methods below their decorators")
        kinds: dict[Callable[[Any], bool], Any] = {
            inspect.iscoroutinefunction: coroutine_function,
            inspect.isgeneratorfunction: generator_function,
            inspect.isasyncgenfunction: async_generator_function,
        }
        make = next((make for is_kind, make in kinds.items() if is_kind(given)), plain_function)
        made: Any = functools.wraps(given)(make(Passing(self), given))
        decorated: Function = made
        return decorated


def is_failure(exception: BaseException) -> bool:
    """Tell whether an exception, or one in a group, is an Exception: others end what was asked to end."""
    return any(issubclass(type(leaf), Exception) for leaf in leaves(exception))


# ---------------------------------------------------------------------------------------------------------------------
# Functions of all kinds
# ---------------------------------------------------------------------------------------------------------------------


class Passing:
    """Captures within a decorated function, whose own frame it takes out of the traceback.

    The frame stays out from Python 3.11 on, where the interpreter does not add it again; in 3.10 it is not in the dump.
    """

    def __init__(self, captured: Capture) -> None:
        self.captured = captured

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, cls: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if exception is not None and traceback is not None and traceback.tb_next is not None:
                BaseException.with_traceback(exception, traceback.tb_next)
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
