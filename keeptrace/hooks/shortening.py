"""Takes what is not of the application out of the tracebacks of a crash, while that is dumped.

What runs an application (a test runner, a shell) stands at the beginning of each of its tracebacks; what the
application's assertions call stands at the end.
"""

from __future__ import annotations

import contextlib
import types

from keeptrace import reducers
from keeptrace.record.frames import is_of
from keeptrace.record.raw import is_standard_file

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Entries = list[types.TracebackType]
    Shown = Callable[[BaseException, Entries], Entries]


@contextlib.contextmanager
def shortened(exception: BaseException, shown: Shown) -> Iterator[None]:
    """Have an exception, all that it is chained to and the members of groups a shorter traceback, for a while.

    shown: returns, of the entries of an exception's traceback, those that are to stay; where none is, the last stays.
    """
    changed = []
    try:
        for found in linked(exception):
            traceback = reducers.links(found)[0]
            entries = list(chain(traceback))
            kept = shown(found, entries) or entries[-1:]
            if len(kept) < len(entries):
                changed.append((found, traceback))
                BaseException.with_traceback(found, chained(kept))
        yield
    finally:
        for found, traceback in changed:
            BaseException.with_traceback(found, traceback)
        changed.clear()  # else a frame of ours would keep what it is in alive


def after_runners(entries: Entries, runners: frozenset[str]) -> Entries:
    """Return a traceback's entries from the application's first on.

    runners: modules and packages that run applications; they may do so by way of the standard library.
    """
    for at, entry in enumerate(entries):
        frame = entry.tb_frame
        if not is_of(frame, runners) and not is_standard_file(frame.f_code.co_filename):
            return entries[at:]
    return []


def linked(exception: BaseException) -> list[BaseException]:
    """Return an exception, its chain, and the members of groups, each once."""
    found: dict[int, BaseException] = {}
    waiting = [exception]
    while waiting:
        each = waiting.pop()
        if id(each) not in found:
            found[id(each)] = each
            waiting.extend(other for other in reducers.links(each)[1:] if other is not None)
            waiting.extend(reducers.members(each))
    return list(found.values())


def chain(traceback: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def chained(entries: Entries) -> types.TracebackType | None:
    """Return a traceback of entries of another."""
    made = None
    for entry in reversed(entries):
        frame = entry.tb_frame
        made = types.TracebackType(made, frame, entry.tb_lasti, entry.tb_lineno or frame.f_code.co_firstlineno)
    return made
