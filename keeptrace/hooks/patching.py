"""Puts functions of ours in front of those of other modules, and takes them back."""

from __future__ import annotations

import functools

from keeptrace.hooks.reporting import Report, guarded, say

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_patches: dict[tuple[Any, str], tuple[Any, Any]] = {}
"""The function of ours that stands somewhere, and the one in front of which it stands."""


def put_before(owner: Any, name: str, told: Callable[..., str]) -> None:
    """Have a function of ours called before another.

    owner, name: the module or class, and the name that the other function has there.
    told: called with the other's arguments; returns a line for standard error, written when the other has returned.
    """
    place, previous = (owner, name), getattr(owner, name)
    if place in _patches and previous is _patches[place][0]:
        return

    @functools.wraps(previous)
    def hook(*arguments: Any, **keywords: Any) -> Any:
        is_current = _patches.get(place, (None,))[0] is hook  # else somebody calls it though it was taken back
        found = guarded("dump the crash", told, *arguments) if is_current else ""
        try:
            return previous(*arguments, **keywords)
        finally:
            say(found.line if isinstance(found, Report) else found)

    _patches[place] = (hook, previous)
    setattr(owner, name, hook)


def take_back_all() -> None:
    """Put the other functions back; where somebody has put one in front of ours, ours does nothing from now on."""
    while _patches:
        (owner, name), (ours, previous) = _patches.popitem()
        if getattr(owner, name, None) is ours:
            setattr(owner, name, previous)


def attach(function: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Call a function for a module that a program has imported; the program gets its module whatever comes of it."""
    failed = guarded(f"hook {module.__name__!r}", function, module)
    say(failed.line if failed else "")
