"""Stands for what is heavy to import, where a program starts or crashes: frozen dataclasses and typing.overload."""

from __future__ import annotations

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any
    from typing import overload as overload  # noqa: PLC0414 (who imports it from here has typing's)

    from typing_extensions import Self
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
