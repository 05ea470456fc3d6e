"""Exceptions that were dumped, and may be met again: on their way out, in the log, in the hook."""

from __future__ import annotations

import collections
import os
import weakref

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

REMEMBERED = 100  # exceptions that may be met again


class Report:
    """What became of a crash: one line about it; where it is, if it was stored; whether the dump failed."""

    def __init__(self, line: str, path: str | None = None, *, failed: bool = False) -> None:
        self.line, self.path, self.failed = line, path, failed


_memory: collections.deque[tuple[Any, Report]] = collections.deque(maxlen=REMEMBERED)
_namespace = vars(BaseException)["__dict__"].__get__


def remember(exception: BaseException, found: Report) -> None:
    """Remember what became of an exception, without keeping it alive or changing it."""
    _memory.append((mark_of(exception), found))


def forget(exception: BaseException) -> None:
    """Have an exception dumped again when it is met again."""
    others = [entry for entry in list(_memory) if not is_mark_of(entry[0], exception)]
    _memory.clear()
    _memory.extend(others)


def remembered(exception: BaseException) -> Report | None:
    """Return what became of an exception that was dumped before."""
    return next((found for mark, found in list(_memory) if is_mark_of(mark, exception)), None)


def mark_of(exception: BaseException) -> Any:
    """Return what no other exception has: a weak reference, or where its class has none, its (empty) namespace.

    As long as that is kept no new exception can have it, not even one that is put where this one was.
    """
    try:
        return weakref.ref(exception)
    except TypeError:  # a builtin class
        return _namespace(exception)


def is_mark_of(mark: Any, exception: BaseException) -> bool:
    return mark() is exception if type(mark) is weakref.ref else mark is _namespace(exception)


def as_line(path: str | os.PathLike[str]) -> str:
    """Return a path as it can be copied, or where it would not be one line, its representation."""
    text = os.fspath(path)
    return text if text.isprintable() else ascii(text)
