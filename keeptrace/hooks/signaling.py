"""A signal that dumps the stacks of all threads, of a process that hangs or of one that works."""

from __future__ import annotations

from keeptrace.hooks import reporting
from keeptrace.hooks.reporting import Plan, guarded, say, stored

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from keeptrace.files.memory import Report


class Handler:
    """What Python calls for a signal; it calls the handler that was there before."""

    def __init__(self, number: int, previous: Any) -> None:
        self.number, self.previous = number, previous

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self is _handler:  # else somebody calls it who came after it, and it was taken back
            found: Report = guarded("dump the threads", dump_threads, number, frame)
            say(found.line)
        if callable(self.previous):
            self.previous(number, frame)


_handler: Handler | None = None


def handle(number: int | None) -> None:
    """Have a signal dump the stacks, and no other signal; None for none.

    Raises TypeError or ValueError where that cannot be; nothing is changed then.
    """
    if number is None:
        take_back()
    elif isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"hook(signal={number!r:.200}): the number of a signal or None is expected")
    else:
        place(number)


def number() -> int | None:
    """Return the number of the signal that dumps the stacks."""
    return None if _handler is None else _handler.number


def place(number: int) -> None:
    global _handler  # noqa: PLW0603 (what hook() sets holds for the process)
    import signal  # heavy, and seldom needed

    import keeptrace.files.dumping  # noqa: F401 (what the signal finds the main thread in may be an import, which holds a lock)

    try:
        previous = signal.getsignal(number)
        if previous is not None and previous is _handler:
            return
        new = Handler(number, previous)
        signal.signal(number, new)
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot hook signal {number}: {error}") from error
    take_back()
    _handler = new


def take_back() -> None:
    """Put the previous handler back; where somebody has put one in front of ours, ours only calls it from now on."""
    global _handler  # noqa: PLW0603 (see place)
    if _handler is None:
        return
    import signal  # heavy: see place

    number, previous = _handler.number, _handler.previous
    if signal.getsignal(number) is _handler and previous is not None:  # None: not Python's, which cannot put it back
        try:
            signal.signal(number, previous)
        except ValueError as error:
            raise ValueError(f"cannot unhook signal {number}: {error}") from error
    _handler = None


def dump_threads(number: int, frame: FrameType | None) -> Report:
    import signal  # heavy: see handle

    plan = reporting.hooked or Plan()
    note = {} if "note" in plan.options else {"note": signal.Signals(number).name}
    return stored("the stack of every thread", frame, plan, threads=True, **note)
