"""How much a recording may take: plain numbers, checked by the recorder."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one recording may take at most.

    seconds: for code that is not ours and runs by request (pickler, reprs, registered functions, str() of exceptions).
    objects: records in the table.
    bytes: of all blobs together.
    text: characters of one representation.
    source: characters of source text.
    """

    seconds: float = 5.0
    objects: int = 200_000
    bytes: int = 64 * 2**20
    text: int = 64 * 2**10
    source: int = 8 * 2**20

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"Limits({field.name}=...) must be a number, not {value!r}")
            if value < 0:
                raise ValueError(f"Limits({field.name}=...) must not be negative: {value!r}")
