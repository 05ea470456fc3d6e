"""What is dumped: an exception, a traceback, sys.exc_info(), or a live stack as a traceback; and the other threads."""

from __future__ import annotations

import sys
import types

from keeptrace.files.telling import write
from keeptrace.prompt import is_prompt, latest_shown
from keeptrace.record.frames import outward

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

RECORDING = ("keeptrace.files", "keeptrace.record", "keeptrace.reducers")
"""Modules in which a thread is when it writes a dump."""

ACCEPTED = "an exception, a traceback, a frame, sys.exc_info() or None"


class Subject:
    """What is dumped: the exception and the traceback, either of which may be missing, and whether as a triple."""

    __slots__ = ("exception", "is_triple", "traceback")

    def __init__(
        self, exception: BaseException | None, traceback: types.TracebackType | None, *, is_triple: bool = False
    ) -> None:
        self.exception, self.traceback, self.is_triple = exception, traceback, is_triple

    def parts(self) -> list[Any]:
        """Return what is to be recorded: the traceback by itself where it is not the exception's."""
        if self.exception is None:
            return [self.traceback]
        is_own = self.traceback in (None, traceback_of(self.exception))
        return [self.exception] if is_own else [self.exception, self.traceback]


def subject_of(caller: str, what: Any, frame: types.FrameType) -> Subject:
    """Return what is to be dumped.

    what: as dump() was given it.
    frame: of the code that called dump(): its live stack where there is nothing else.

    Raises TypeError for anything else.
    """
    if what is None:
        what = unnamed(caller, frame)
    if issubclass(type(what), BaseException):
        return Subject(what, traceback_of(what))
    if type(what) is types.TracebackType:
        return Subject(None, what)
    if type(what) is types.FrameType:
        return Subject(None, live_traceback(what))
    if type(what) is tuple and len(what) == 3 and issubclass(type(what[1]), BaseException):
        if what[2] is None or type(what[2]) is types.TracebackType:
            return Subject(what[1], what[2], is_triple=True)
    elif type(what) is tuple and len(what) == 3 and all(part is None for part in what):
        raise TypeError(f"{caller}(what=(None, None, None)): no exception is being handled; {ACCEPTED} is expected")
    hint = "; the file's path is the second argument" if caller == "dump" and type(what) is str else ""
    raise TypeError(f"{caller}(what={shown(what)}): {ACCEPTED} is expected{hint}")


def unnamed(caller: str, frame: types.FrameType) -> BaseException | types.FrameType:
    """Return what is dumped where nothing is named: what is handled; at a prompt what it has shown; else the stack."""
    handled = sys.exc_info()[1]
    if handled is not None:
        return handled
    found = latest_shown() if is_prompt(frame) else None
    if found is None:
        return frame
    name = type.__dict__["__qualname__"].__get__(type(found))
    write(f"keeptrace: no exception is being handled; {caller}() takes the latest that was shown, {name}")
    return found


def shown(what: Any) -> str:
    """Return a short text about a wrong argument, which may be an application's object: no repr() of its own."""
    return f"{what!r:.200}" if type(what) in (bool, bytes, float, int, str) else f"<{type(what).__name__}>"


def traceback_of(exception: BaseException) -> types.TracebackType | None:
    """Return an exception's traceback, whatever its class makes of this name."""
    found: types.TracebackType | None = vars(BaseException)["__traceback__"].__get__(exception)
    return found


def live_traceback(frame: types.FrameType) -> types.TracebackType:
    """Return a traceback that leads from the outermost frame to one that is running: debuggers open only these."""
    found = None
    for outer in outward(frame):
        line = outer.f_lineno or outer.f_code.co_firstlineno
        found = types.TracebackType(found, outer, outer.f_lasti, line)
    assert found is not None
    return found


def other_threads(current: int) -> dict[str, types.TracebackType]:
    """Return the live stack of every thread but one, by the thread's name; names that occur twice get a number."""
    stacks: dict[str, types.TracebackType] = {}
    for ident, innermost in sys._current_frames().items():
        frame = application_frame(innermost)
        if ident != current and frame is not None:
            name = base = thread_name(ident) or f"thread {ident}"
            count = 1
            while name in stacks:
                count += 1
                name = f"{base} #{count}"
            stacks[name] = live_traceback(frame)
    return stacks


def application_frame(innermost: types.FrameType) -> types.FrameType | None:
    """Return the innermost frame of a thread, without those of a dump that it writes itself: they hold a crash too."""
    found: types.FrameType | None = innermost
    for frame in outward(innermost):
        name = dict.get(frame.f_globals, "__name__")
        if type(name) is str and name.startswith(RECORDING):
            found = frame.f_back
    return found


def thread_name(ident: int) -> str:
    """Return the name of a thread if the threading module knows one, without loading it or running its code."""
    threads: dict[int, Any] = getattr(sys.modules.get("threading"), "_active", {})
    thread = threads.get(ident)
    name = None if thread is None else object.__getattribute__(thread, "__dict__").get("_name")
    return str.__str__(name) if issubclass(type(name), str) else ""
