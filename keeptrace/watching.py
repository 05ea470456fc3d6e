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
        self.asking: set[str] = set()  # modules for which the other finders are asked: one of them may ask this one

    def start(self) -> None:
        for name in self.attached:
            module = sys.modules.get(name)
            if isinstance(module, type(sys)):  # a stand-in of the application's, or None, is none of those meant
                self.attached[name](module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self.attached or name in self.asking:
            return None
        self.asking.add(name)
        try:
            spec = self.spec_of_others(name, path, target)
        finally:
            self.asking.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):  # else it is a folder, or loaded in an older way
            spec.loader = Loader(spec.loader, self.attached[name])  # type: ignore[assignment]
        return spec

    def spec_of_others(self, *asked: Any) -> ModuleSpec | None:
        finds = (getattr(finder, "find_spec", None) for finder in sys.meta_path if finder is not self)
        specs = (find(*asked) for find in finds if find)
        return next((spec for spec in specs if spec is not None), None)


class Loader:
    """Loads a module as another loader does, and says when it is there."""

    def __init__(self, loader: Any, loaded: Callable[[ModuleType], None]) -> None:
        self.loader, self.loaded = loader, loaded

    def __getattr__(self, name: str) -> Any:
        if "loader" not in vars(self):  # while it is copied
            raise AttributeError(name)
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
