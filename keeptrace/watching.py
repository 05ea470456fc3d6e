"""Waits for modules that may be imported later, and has a function called with each of them once it is there."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


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
                self.attached[name](module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

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
                    spec.loader = Loader(spec.loader, self.attached[name])  # type: ignore[assignment]
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
