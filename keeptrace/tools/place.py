"""What a debugger is to open of a crash, and where in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import types


class Place(NamedTuple):
    """What is opened, and where.

    exception: None for the stack of a thread.
    name: the thread's.
    frame: its index in the traceback, outermost first; None for the innermost.
    commands: what the debugger runs before it leaves; without any it asks for them.
    more: what else there is to be stopped at afterwards, each with a traceback: members of a group, other crashes.
    stacks: of the other threads, by their names.
    background: how many seconds a process that nobody sees waits for an editor; None for one that somebody does.
    """

    exception: BaseException | None
    traceback: types.TracebackType
    name: str = ""
    frame: int | None = None
    commands: tuple[str, ...] = ()
    more: tuple[BaseException, ...] = ()
    stacks: dict[str, types.TracebackType] = {}  # noqa: RUF012 (nobody changes it)
    background: float | None = None

    def raised(self) -> BaseException:
        """Return the exception, or one that stands for it where a debugger has to have one."""
        return StackOf(self.name).with_traceback(self.traceback) if self.exception is None else self.exception


class StackOf(Exception):
    """Stands where a debugger shows what was raised: nothing was, in the thread that it names."""
