"""Runs code that is not ours: str() of exceptions, and by request picklers, representations, registered functions.

This is the one place where recording may run an application's code, and the one place that catches whatever it
raises. A call runs in a thread of its own (with a copy of the current context variables), and is given up when the
time is over, whether it sleeps, waits for a lock or loops: the thread then ends by itself, or with the process. What
cannot be given up is C code that keeps the interpreter lock, and a call made where no thread can be started.
"""

from __future__ import annotations

import _thread
import contextvars
import functools
import sys
import time
import weakref

from keeptrace.record import raw

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Outcome = tuple[Any, BaseException | None]
    """What became of a call: its value, and the error it ended with instead. A plain tuple: each object makes some."""

IN_FOREIGN_CALL: set[int] = set()
"""Identifiers of the threads that run a foreign call: there, reducers leave pickling as it was."""

EXHAUSTED: set[int] = set()
"""Identifiers of the threads in which our own code came to the end of the stack since somebody looked here."""

RERAISE = False
"""Set by tests: let what foreign or failing code raised out instead of recording it."""


class Foreign:
    """Calls foreign code for one recording, within a part of its seconds: the rest is for what needs no such code.

    No call gets more than its share of the time that is left, so that a slow one does not cost all others theirs.
    """

    PART = 0.6
    SHARE = 0.25

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds * self.PART

    def call(self, function: Callable[..., Any], *arguments: Any) -> Outcome:
        """Call function(*arguments) within the time that is left; never raises what it raised."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            return None, TimeoutError("the time for foreign code was over")
        outcomes: list[Outcome] = []
        target: Any = functools.partial(contextvars.copy_context().run, _run, function, arguments, outcomes)
        done = _thread.allocate_lock()
        done.acquire()
        ended = weakref.ref(target, lambda _: done.release())  # the thread has let go of everything by then
        try:
            _start(target)
        except RuntimeError:  # no more threads: here, without a time limit, is better than not at all
            target()
        del target
        done.acquire(timeout=min(remaining * self.SHARE, _thread.TIMEOUT_MAX))
        del ended
        return outcomes[0] if outcomes else (None, TimeoutError("it took longer than the time limit"))


def _start(target: Callable[[], None]) -> None:
    if sys.is_finalizing():
        raise RuntimeError("a thread that is started now never runs")
    _thread.start_new_thread(target, ())


def caught(function: Callable[..., Any], *arguments: Any) -> Outcome:
    """Call our own or the standard library's code, in place, on objects that may break any rule."""
    try:
        return function(*arguments), None
    except Exception as error:
        if RERAISE:
            raise
        if isinstance(error, RecursionError):
            EXHAUSTED.add(_thread.get_ident())
        return None, BaseException.with_traceback(error, None)


def _run(function: Callable[..., Any], arguments: tuple[Any, ...], outcomes: list[Outcome]) -> None:
    thread = _thread.get_ident()
    IN_FOREIGN_CALL.add(thread)
    try:
        outcomes.append((function(*arguments), None))
    except BaseException as error:  # noqa: BLE001 (whatever foreign code raises is its outcome)
        outcomes.append((None, _retold(error)))
    finally:
        IN_FOREIGN_CALL.discard(thread)


def _retold(error: BaseException) -> BaseException:
    """Return an exception of the same name and text, which holds no frame and whose str() is nobody's code."""
    cls = type(error)
    try:
        text = str.__str__(str(error))
    except BaseException:  # noqa: BLE001 (see _run)
        text = "<exception str() failed>"
    return _error_class(raw.class_name(cls), raw.class_module(cls))(text)


@functools.lru_cache(maxsize=100)
def _error_class(name: str, module: str) -> type[Exception]:
    return type(name, (Exception,), {"__module__": module})
