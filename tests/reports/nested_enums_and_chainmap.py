"""Enums in classes, flags without a name, ChainMap and what derives from collections showed something else."""

import collections
import enum
import sys
import types
import typing

from checking import check


class Shop:
    class Color(enum.Enum):
        RED = 1
        PAIR = (1, "b")

    class Rights(enum.Flag):
        READ = 4
        WRITE = 2

    class Number(enum.IntEnum):
        ONE = 1

    class Bits(enum.IntFlag):
        LOW = 1
        HIGH = 2

    class Text(str, enum.Enum):
        A = "a"

    class Pair(collections.namedtuple("Pair", "first second")):
        pass

    class Named(typing.NamedTuple):
        first: int

    class Chain(collections.ChainMap):
        pass

    class Latest(collections.deque):
        pass

    class Space(types.SimpleNamespace):
        pass

    class Words(collections.UserList):
        pass


def values():
    yield from Shop.Color
    yield from (Shop.Color, Shop.Rights, Shop.Number.ONE, Shop.Text.A)
    yield from (Shop.Rights(number) for number in range(8) if number in (0, 2, 4, 6))
    yield from (Shop.Bits(number) for number in (0, 1, 3, 9))
    if sys.version_info >= (3, 11):
        yield enum.StrEnum("Word", "ONE").ONE
    yield from (Shop.Pair(1, Shop.Color.RED), Shop.Named(2))
    yield from (collections.ChainMap(), collections.ChainMap({"a": 1}, {"b": Shop.Color.RED}), Shop.Chain({"a": 1}))
    yield from (collections.ChainMap({"a": 1}).keys(), collections.UserDict(a=1).items())
    yield from (collections.UserDict(a=1), collections.UserList([1]), collections.UserString("a'b"), Shop.Words("ab"))
    ordered = collections.OrderedDict(a=1)
    yield from (ordered.keys(), ordered.values(), ordered.items(), {"a": 1}.items())
    yield from (Shop.Latest([1, 2], 3), Shop.Space(a=1), types.SimpleNamespace(a=Shop.Color.RED))
    yield from (collections.deque([Shop.Color.RED], 1), collections.defaultdict(list, a=[Shop.Rights.READ]))


def main():
    expected = "\n".join(repr(value) for value in values())
    found = list(values())
    found[-3].added = 1
    raise ValueError(expected)


check(
    main,
    """
expected = frame.f_locals["expected"].split("\\n")
actual = [repr(value) for value in frame.f_locals["found"]]
differing = [pair for pair in zip(expected, actual) if pair[0] != pair[1] and "added=1" not in pair[1]]
assert len(actual) == len(expected) and not differing, differing
""",
    depth=6,
)
