"""What recording keeps from one crash to the next: bounded, and no longer than what it is about."""

from __future__ import annotations

import functools
import weakref

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import TypeVar

    K = TypeVar("K")
    V = TypeVar("V")
    T = TypeVar("T")


class Cache(dict["K", "V"]):
    """A dict that is emptied before it has more than so many entries."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def store(self, key: K, value: V) -> V:
        """Keep a value, and return it."""
        if len(self) >= self.most:
            self.clear()
        self[key] = value
        return value

    def reference(self, obj: T) -> weakref.ref[T]:
        """Return a weak reference to an object, with which goes what is kept by its id."""
        return weakref.ref(obj, functools.partial(self.pop, id(obj)))
