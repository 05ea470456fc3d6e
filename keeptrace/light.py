"""What keeps keeptrace light: frozen values without dataclasses, overload without typing, a collector that rests."""

from __future__ import annotations

import gc

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar
    from typing import overload as overload  # noqa: PLC0414 (who imports it from here has typing's)

    from typing_extensions import Self

    Result = TypeVar("Result")
else:

    def overload(function: Any) -> Any:
        """Leave a function as it is: this is typing's at run time."""
        return function


class Frozen:
    """Named values that do not change: a frozen dataclass, without the 10 ms that importing dataclasses can take."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot set {name!r}: {type(self).__name__} does not change; make another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name!r}: {type(self).__name__} does not change; make another")

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __replace__(self, **changes: Any) -> Self:
        """Return such values with some of them changed: copy.replace(), since Python 3.13."""
        return type(self)(**{**vars(self), **changes})


def uncollected(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function while the garbage collector rests, which would look again and again at all that it makes."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return function(*arguments)
    finally:
        if collecting:
            gc.enable()
