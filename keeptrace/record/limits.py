"""How much a recording may take: plain numbers, and the budget that keeps one recording to them."""

from __future__ import annotations

import array
import itertools
import math
import time

from keeptrace.light import Frozen
from keeptrace.record import raw
from keeptrace.record.raw import TEXTS, is_text

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from keeptrace.record.packing import Values

SOME = 65_536  # integers looked at together
ITEM = 9
"""Bytes of pickle that one element of a container takes at most, but for texts and integers over 64 bits."""


class Limits(Frozen):
    """What one recording may take at most; what does not fit is a marker that says so, or is cut.

    seconds: of time, code that is not ours (pickler, reprs, registered functions, str() of exceptions) included.
    objects: records in the table, the stack itself not counted.
    bytes: of the pickle, as estimated while recording (protocol 2 and later), source not counted.
    text: characters of one str, bytes or representation.
    frames: frames of one stack, counted from the crash outward.
    source: characters of source text.

    Recording also keeps to 30 MiB of memory beside what the pickle has, unless objects are unlimited: enough for
    200,000 objects that are alike, for 100,000 of which each is recorded by itself, or for 50,000 exceptions.

    >>> import keeptrace
    >>> keeptrace.Limits(seconds=1, objects=50_000).objects
    50000
    >>> keeptrace.init(limits=keeptrace.Limits.unlimited())
    >>> keeptrace.uninit()
    """

    seconds: float
    objects: float
    bytes: float
    text: float
    frames: float
    source: float

    def __init__(
        self,
        seconds: float = 5.0,
        objects: float = 200_000,
        bytes: float = 64 * 2**20,  # noqa: A002 (what is limited)
        text: float = 64 * 2**10,
        frames: float = 10_000,
        source: float = 8 * 2**20,
    ) -> None:
        given = {
            "seconds": seconds, "objects": objects, "bytes": bytes, "text": text, "frames": frames, "source": source,
        }  # fmt: skip
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"Limits({name}={value!r:.200}): a number is expected")
            if not value >= 0:
                raise ValueError(f"Limits({name}={value!r:.200}): 0 or more is expected")
        self.__dict__.update(given)

    @classmethod
    def unlimited(cls) -> Limits:
        """Return limits that stop nothing."""
        return cls(**dict.fromkeys(vars(cls()), math.inf))


def are_small(numbers: Sequence[int]) -> bool:
    """Tell whether numbers are integers of 64 bits at most."""
    try:
        for start in range(0, len(numbers), SOME):
            array.array("q", numbers[start : start + SOME])
    except (OverflowError, TypeError):
        return False
    return True


def texts_size(texts: Collection[Any], kinds: AbstractSet[type]) -> int:
    """Return how many bytes texts take at most, beside an item each; kinds: their types and maybe others."""
    strings = [text for text in texts if type(text) is str] if bytes in kinds else texts
    return sum(map(len, texts)) + 3 * sum(map(len, itertools.filterfalse(str.isascii, strings)))


def integers_size(items: Collection[Any]) -> int:
    """Return how many bytes integers over 64 bits among items take, beside an item each."""
    numbers = [item for item in items if type(item) is int]
    return 0 if are_small(numbers) else sum(number.bit_length() >> 3 for number in numbers)


class Budget:
    """What one recording may still take."""

    LOOK_AT_CLOCK = 64
    """Objects between two looks at the clock."""

    MEMORY = 30 * 2**20
    """Bytes that recording may keep beside what the pickle has."""

    RECORD = 128
    """Bytes that a record takes beside its values."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bytes = limits.bytes
        self.memory = self.MEMORY if limits.objects < math.inf else math.inf
        self.deadline = time.monotonic() + limits.seconds
        self.until_look = self.LOOK_AT_CLOCK

    def over(self) -> str | None:
        """Return which limit ends the recording of variables now, None while there is room."""
        self.bytes -= self.RECORD
        if self.bytes <= 0:
            return f"over the limit of {self.limits.bytes:,} bytes"
        if self.memory <= 0:
            return f"over {self.MEMORY // 2**20:,} MiB of memory"
        self.until_look -= 1
        if self.until_look <= 0:
            if time.monotonic() > self.deadline:
                return f"over the limit of {self.limits.seconds:,} seconds"
            self.until_look = self.LOOK_AT_CLOCK
        return None

    def room(self) -> int | None:
        """Return how many elements of a container there is room for at most, None for any number."""
        return None if self.bytes == math.inf else max(int(self.share()) // ITEM, 0)

    def share(self) -> float:
        """Return how many bytes one value may take: half of what is left, so that none leaves nothing to the others."""
        return self.bytes / 2

    def size(self, items: Collection[Any], kinds: AbstractSet[type]) -> float:
        """Return how many bytes values take at most; objects that are recorded by themselves are not counted.

        kinds: the types of the items.
        """
        total = ITEM * len(items)
        if not kinds.isdisjoint(TEXTS):
            total += texts_size(raw.texts_of(items, kinds), kinds)
        return total + integers_size(items) if int in kinds else total

    def size_of(self, held: Values) -> float:
        """Return size() of values that were looked at."""
        total = ITEM * len(held.values)
        if held.texts:
            total += texts_size(held.texts, held.kinds)
        return total + integers_size(held.values) if int in held.kinds and held.integers is None else total

    def item_size(self, item: Any) -> float:
        """Return how many bytes one value takes at most, as size() has them; a text over the limit is to be cut."""
        if is_text(item):
            return ITEM + self.text_size(item)
        return ITEM + (item.bit_length() >> 3 if type(item) is int and not are_small([item]) else 0)

    def text_size(self, text: Any) -> float:
        length = min(len(text), self.limits.text)
        return length if type(text) is bytes or text.isascii() else 4 * length

    def spend(self, cost: float) -> bool:
        """Take what plain values cost; return False, and take nothing, where they do not fit."""
        fits = cost <= self.share()
        if fits:
            self.bytes -= cost
        return fits

    def leading(self, items: Collection[Any], kinds: AbstractSet[type]) -> int:
        """Return how many of the leading items there is room for."""
        share = self.share()
        if self.size(items, kinds) <= share:
            return len(items)
        sizes = itertools.accumulate(map(self.item_size, items))
        return sum(1 for _ in itertools.takewhile(lambda total: total <= share, sizes))
