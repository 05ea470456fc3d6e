"""Puts functions of ours in front of those of other modules, and takes them back; also in modules imported later."""

from __future__ import annotations

import functools
import sys

from keeptrace.hooks.reporting import Report, guarded, say

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
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


# ---------------------------------------------------------------------------------------------------------------------
# Modules that are imported later
# ---------------------------------------------------------------------------------------------------------------------


class Watch:
    """A finder of modules that finds what the others do, and has a function called with each module once it is there.

    attached: the functions by the names of the modules; for those that are there already they are called at once.
    """

    def __init__(self, attached: dict[str, Callable[[ModuleType], None]]) -> None:
        self.attached = attached

    def start(self) -> None:
        for name in self.attached:
            module = sys.modules.get(name)
            if module is not None:
                self.attach(module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def attach(self, module: ModuleType) -> None:
        """Call the function for a module; the program gets its module whatever comes of it."""
        name = module.__name__
        failed = guarded(f"hook {name!r}", self.attached[name], module)
        say(failed.line if failed else "")

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self.attached:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find else None
            if spec is not None:
                if spec.loader is not None:  # else it is a folder of that name
                    spec.loader = Loader(spec.loader, self.attach)  # type: ignore[assignment]
                return spec
        return None


class Loader:
    """Loads a module as another loader does, and says when it is there."""

    def __init__(self, loader: Any, loaded: Callable[[ModuleType], None]) -> None:
        self.loader, self.loaded = loader, loaded

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)  # for who looks for the module's source, say

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self.loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        self.loaded(module)
