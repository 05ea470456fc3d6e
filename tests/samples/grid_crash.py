"""A crash with a bit of everything, for the grid: each interpreter records it, each interpreter loads it."""

import collections
import dataclasses
import datetime
import decimal
import enum
import pathlib
import sys

CURRENCY = "EUR"
RATES = {"EUR": decimal.Decimal("1.00"), "CHF": decimal.Decimal("0.94")}
OPENED = datetime.date(2024, 2, 29)
LEDGER = pathlib.PurePosixPath("/srv/ledger")

Point = collections.namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Access(enum.IntFlag):
    READ = 4
    WRITE = 2


@dataclasses.dataclass
class Line:
    name: str
    price: float
    count: int = 1


@dataclasses.dataclass
class Order:
    number: int
    lines: list
    colour: Colour
    parent: object = None

    def total(self, *, discount=0):
        """The price of everything ordered."""
        return sum(line.price * line.count for line in self.lines) - discount


class Slotted:
    __slots__ = ("first", "second", "never_set")

    def __init__(self, first, second):
        self.first = first
        self.second = second


class Register(dict):
    """A dict with attributes of its own."""

    def __init__(self, *args, owner, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = owner


class Stack(list):
    pass


class Name(str):
    pass


class Unhelpful:
    """Its own code would raise if recording ran it."""

    def __init__(self):
        self.value = 42

    def __repr__(self):
        raise RuntimeError("repr was run")

    def __getattr__(self, name):
        raise RuntimeError("getattr was run")

    def __eq__(self, other):
        raise RuntimeError("eq was run")

    def __hash__(self):
        raise RuntimeError("hash was run")


class StockError(LookupError):
    def __init__(self, item, left):
        super().__init__(item, left)
        self.item = item
        self.left = left

    def __str__(self):
        return f"{self.item} ran out, {self.left} left"


class OrderError(ValueError):
    """Raised for an order that cannot be filled."""


def every_parameter(a, b=2, /, c=3, *rest, d, e=Colour.RED, **options):
    unset = 1
    del unset
    total = a + b + c + sum(rest)
    numbers = {"d": d, "total": total, "bytes": b"\x00\xff", "complex": 1 + 2j, "none": None, "big": 10**30}
    return closure(total, numbers)


def closure(base, numbers):
    seen = [base]
    label = "free variable"

    def add(amount):
        seen.append(amount)
        return class_body(label, seen)

    return add(numbers["d"])


def class_body(label, seen):
    class Local:
        inside = len(seen)
        text = label
        broken = recurse(3, Order(7, [Line("pen", 1.5), Line("ink", 9.0, 2)], Colour.GREEN))

    return Local


def recurse(depth, order):
    if depth:
        return recurse(depth - 1, order)
    return (lambda given: comprehend(given))(order)


def comprehend(order):
    return [next(generate(order, line)) for line in order.lines]


def generate(order, line):
    yield drive(wait(order, line))


async def wait(order, line):
    return Till(order).pay(line)


def drive(coroutine):
    try:
        return coroutine.send(None)
    finally:
        coroutine.close()


class Till:
    def __init__(self, order):
        self.order = order
        self.itself = self

    def pay(self, line):
        point = Point(1, [2, 3])
        slotted = Slotted("one", {"two": 2})
        register = Register(a=1, b=[2], owner="ada")
        stack = Stack(["x", "y"])
        name = Name("grace")
        flags = Access.READ | Access.WRITE
        unhelpful = Unhelpful()
        order = self.order
        cycle = [order]
        cycle.append(cycle)
        shared = another = {"same": True}
        numbers = {1, 2, 3}, frozenset("ab"), range(3), datetime.timedelta(days=1)
        function, kind, method = recurse, Order, order.total
        fill(order, line)


def fill(order, line):
    try:
        take(line)
    except StockError as error:
        raise OrderError("order %d cannot be filled" % order.number) from error


def take(line):
    try:
        {}[line.name]
    except KeyError as error:
        note(error, "looked for a pen\nin an empty shop")
        raise StockError(line.name, 0)


def note(error, text):
    if sys.version_info >= (3, 11):
        error.add_note(text)


def deep(depth):
    if depth:
        return deep(depth - 1)
    raise RecursionError("that is deep enough")


def caught(function, *args):
    try:
        function(*args)
    except Exception as error:
        return error


def group():
    """An exception group with a group inside; before 3.11, its first member alone."""
    members = [caught(compile, "x = = 1", "<given>", "exec"), caught(deep, 20), caught(open, "/no/such/file")]
    if sys.version_info < (3, 11):
        raise members[1]
    inner = caught(raise_, ExceptionGroup("inner", members[1:]))
    raise ExceptionGroup("several things failed", [members[0], inner])


def raise_(error):
    raise error


def crash():
    try:
        every_parameter(1, 2, 3, 4, 5, d=6, extra=[7])
    except OrderError:
        group()
