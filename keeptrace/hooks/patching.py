"""Puts functions of ours in front of those of other modules, and takes them back."""

from __future__ import annotations

import functools

from keeptrace.files.memory import Report
from keeptrace.hooks.reporting import guarded, say

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    Function = Callable[..., Any]


class Patches:
    """Functions of ours that stand in the places of others, and are taken back together."""

    def __init__(self) -> None:
        self._placed: dict[tuple[Any, str], tuple[Any, Any]] = {}  # ours and the one that was there

    def put(self, owner: Any, name: str, make: Callable[[Function, Callable[[], bool]], Function]) -> None:
        """Have a function of ours called instead of another, unless it is already.

        owner, name: the module or class, and the name that the other function has there.
        make: returns ours; it is given the other, and a function that tells whether ours is still wanted: somebody may
            call it though it was taken back.
        """
        place, previous = (owner, name), getattr(owner, name)
        if previous is self._ours(place):
            return
        ours = functools.wraps(previous)(make(previous, lambda: self._ours(place) is ours))
        self._placed[place] = (ours, previous)
        setattr(owner, name, ours)

    def _ours(self, place: tuple[Any, str]) -> Any:
        return self._placed.get(place, (self,))[0]  # self is no function

    def put_before(self, owner: Any, name: str, told: Callable[..., str]) -> None:
        """Have a function of ours called before another.

        owner, name: see put().
        told: called with the other's arguments; returns a line for standard error, written when the other has returned.
        """

        def make(previous: Function, is_wanted: Callable[[], bool]) -> Function:
            def hook(*arguments: Any, **keywords: Any) -> Any:
                found = guarded("dump the crash", told, *arguments) if is_wanted() else ""
                try:
                    return previous(*arguments, **keywords)
                finally:
                    say(found.line if isinstance(found, Report) else found)

            return hook

        self.put(owner, name, make)

    def take_back_all(self) -> None:
        """Put the other functions back; where somebody has put one in front of ours, ours does nothing from now on."""
        while self._placed:
            (owner, name), (ours, previous) = self._placed.popitem()
            if getattr(owner, name, None) is ours:
                setattr(owner, name, previous)


def attach(function: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Call a function for a module that a program has imported; the program gets its module whatever comes of it."""
    failed = guarded(f"hook {module.__name__!r}", function, module)
    say(failed.line if failed else "")
