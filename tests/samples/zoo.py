"""A crash among values of every kind. The application's own special methods must not run: they raise Ran."""

import abc
import array
import asyncio
import collections
import contextvars
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import http
import ipaddress
import itertools
import os
import pathlib
import pickle
import re
import signal
import sys
import threading
import types
import typing
import uuid
import weakref

import keeptrace
import keeptrace.record.foreign


class Ran(BaseException):
    """Raised by code that recording must not run; nothing catches it."""


def forbidden(*_, **__):
    raise Ran


class Forbidding:
    """Every special method that recording might be tempted to call."""

    __getattr__ = __getattribute__ = __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = forbidden
    __getitem__ = __contains__ = __dir__ = __format__ = __reduce__ = __reduce_ex__ = __sizeof__ = forbidden
    __copy__ = __deepcopy__ = __getstate__ = __index__ = __int__ = __float__ = __call__ = __get__ = forbidden
    __class__ = property(forbidden)
    __hash__ = None

    def __init__(self):
        object.__setattr__(self, "kept", [1, 2])


class Hidden:
    """Attributes behind properties."""

    def __init__(self):
        self.shown = 1

    @property
    def computed(self):
        """Computes."""
        raise Ran

    @functools.cached_property
    def cached(self):
        raise Ran


class Base(abc.ABC):
    """A base class."""

    kind = "base"

    def method(self, number: int, /, *rest, key="k", **options) -> str:
        """Does what methods do."""

    @staticmethod
    def static(x):
        """Is static."""

    @classmethod
    def build(cls):
        """Builds one."""


class Child(Base):
    def __init__(self):
        self.number = 1
        self.itself = self
        self.siblings = [self]


class Slotted:
    __slots__ = ("__weakref__", "first", "never")

    def __init__(self):
        self.first = "one"


class SlottedChild(Slotted):
    __slots__ = ("second",)

    def __init__(self):
        super().__init__()
        self.second = 2


class Described:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __repr__(self):
        return f"described by its own code: {self.a}"


class Mapping(dict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = "ada"

    __getitem__ = __len__ = __iter__ = items = keys = values = forbidden


class Sequence(list):
    __iter__ = __len__ = __getitem__ = forbidden


class Tuple(tuple):
    __slots__ = ()


class Text(str):
    unit = "EUR"


class Number(int): ...


class Ratio(float): ...


class Raw(bytes): ...


class Growing(bytearray): ...


class Bag(set): ...


class Frozen(frozenset): ...


class Queue(collections.deque): ...


class Ordered(collections.OrderedDict): ...


class Keyed(list):
    def __hash__(self):
        return 7

    def __eq__(self, other):
        return self is other


Point = collections.namedtuple("Point", "x y")


class Typed(typing.NamedTuple):
    a: int
    b: str = "q"


@dataclasses.dataclass
class Order:
    number: int
    lines: list = dataclasses.field(default_factory=list)
    secret: int = dataclasses.field(default=0, repr=False, compare=False)

    def total(self):
        """Adds up."""


@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    version: int = 1


@dataclasses.dataclass
class SlotsData:
    __slots__ = ("x",)
    x: int


class Colour(enum.Enum):
    RED = 1
    GREEN = "g"
    CRIMSON = 1


class Level(enum.IntEnum):
    LOW = 1


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


class Meta(type):
    __getattribute__ = forbidden


class Outer:
    class Inner:
        pass


class Documented:
    """A class
    with a docstring."""


def counting():
    state = "suspended"
    yield state
    yield 2


async def waiting(seconds):
    await asyncio.sleep(seconds)


async def flowing():
    yield 1


def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@logged
def decorated(a, b=1):
    """Is decorated."""


def with_defaults(first, /, second=[1], *, third=Colour.RED):
    """Has defaults."""


def crash():
    forbidding, hidden, child, slotted = Forbidding(), Hidden(), Child(), SlottedChild()
    described = Described(1, [2])
    mapping, sequence, tuple_, text, number = Mapping(a=1, b=[2]), Sequence([1, child]), Tuple((1, 2)), Text("hey"), Number(5)
    ratio, raw, growing, bag, frozen = Ratio(2.5), Raw(b"xy"), Growing(b"xyz"), Bag({1, 2}), Frozen({3})
    queue, ordered, keyed = Queue([1, 2]), Ordered(z=1, a=2), Keyed([4])
    by_keyed = {keyed: "found"}
    text.unit = "USD"
    point, typed, order, key, slots_data = Point(1, child), Typed(3), Order(1, [child]), Key("k"), SlotsData(4)
    same_order = Order(1, [child], secret=5)
    keys = {key: 1, child: 2, (1, key): 3}
    members = {key, child}
    constant = frozenset([key, "x"])
    red, low, both = Colour.RED, Level.LOW, Mode.READ | Mode.WRITE
    meta = types.new_class("FromMeta", (), {"metaclass": Meta})
    status, signal_, flags = http.HTTPStatus.NOT_FOUND, signal.SIGINT, re.I | re.M
    inner, cls, kind, error_class = Outer.Inner(), Child, int, ValueError
    generator, coroutine, stream = counting(), waiting(3), flowing()
    next(generator)
    partial, bound, builtin_bound = functools.partial(crash, 1), child.method, [].append
    anonymous = lambda q, *, r=2: q  # noqa: E731
    standard_function, builtin = os.path.join, len
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
    zone = datetime.timezone(datetime.timedelta(hours=1), "X")
    aware, day, clock = datetime.datetime(2020, 1, 1, tzinfo=zone), datetime.date(2000, 2, 29), datetime.time(1, 2)
    duration, amount, half = datetime.timedelta(1, 2), decimal.Decimal("1.50"), fractions.Fraction(1, 2)
    identity, path, posix = uuid.UUID(int=5), pathlib.Path("/tmp/x"), pathlib.PurePosixPath("a/b")
    pattern, found = re.compile("a(b)", re.I), re.match("a(b)", "ab")
    numbers, span, part = array.array("i", [1, 2]), range(0, 10, 2), slice(1, 2)
    proxy, namespace = types.MappingProxyType({"a": 1}), types.SimpleNamespace(a=1, b=child)
    address, network = ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8")
    counter, default = collections.Counter("aab"), collections.defaultdict(list, {"a": [1]})
    recent, odd = collections.deque([1, child], maxlen=5), collections.OrderedDict(z=1, a=child)
    lock, event, reference = threading.Lock(), threading.Event(), weakref.ref(child)
    iterator, counted, variable = iter([1, 2]), itertools.count(3), contextvars.ContextVar("v")
    dots, not_implemented = ..., NotImplemented
    editable, view, imaginary, big, nan = bytearray(b"q"), memoryview(b"abc"), 1 + 2j, 10**50, float("nan")
    dict_keys, dict_values, dict_items = {"a": 1}.keys(), {"a": 1}.values(), {"a": 1}.items()
    status_result = os.stat_result(range(10))
    module, package, myself = os, collections.abc, sys.modules[__name__]
    cycle, circular, knot = [], {}, ([],)
    cycle.append(cycle)
    circular["me"] = circular
    knot[0].append(knot)
    here = sys._getframe()
    error = KeyError("inner")
    deep = {"one": {"two": {"three": {"four": 1}}}}
    chained = None
    for _ in range(5):
        chained = types.SimpleNamespace(next=chained)
    many = list(range(1000))
    long_text = "x" * 100_000
    coroutine.close()
    raise RuntimeError("boom")


def main():
    keeptrace.record.foreign.RERAISE = True
    keeptrace.init(**eval(sys.argv[2]) if len(sys.argv) > 2 else {})
    try:
        crash()
    except RuntimeError as error:
        with open(sys.argv[1], "wb") as file:
            pickle.dump(error, file)


main()
