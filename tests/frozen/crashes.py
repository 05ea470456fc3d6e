"""Crashes for the frozen dumps: `python crashes.py FOLDER [CASE ...]` writes a dump of each case, or of those named."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import gzip
import itertools
import os
import pathlib
import pickle
import re
import sys
import threading
import types
import uuid

import keeptrace

RATES = {"EUR": 1.0, "CHF": 0.94}
LIMITS = (1, 2.5, "three", None)
password = "hunter2"


class Colour(enum.Enum):
    RED = 1
    GREEN = "g"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Line:
    name: str
    price: float
    count: int = 1
    tags: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    version: int = 1


class Order:
    """An order of some lines."""

    currency = "EUR"

    def __init__(self, number, lines, parent=None):
        self.number, self.lines, self.parent, self.itself = number, lines, parent, self

    def total(self, *, discount=0):
        """The price of everything."""
        return sum(line.price * line.count for line in self.lines) - discount

    @property
    def first(self):
        return self.lines[0]

    @classmethod
    def empty(cls):
        return cls(0, [])

    @staticmethod
    def is_valid(number):
        return number > 0


class Slotted:
    __slots__ = ("first", "second", "never_set")

    def __init__(self, first, second):
        self.first, self.second = first, second


class Register(dict):
    def __init__(self, *args, owner, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = owner


class Stack(list):
    pass


class Bag(set):
    pass


class Name(str):
    pass


class Number(int):
    pass


class Described:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"described: {self.text}"


Point = collections.namedtuple("Point", "x y")


class OrderError(ValueError):
    """Raised for an order that cannot be filled."""

    def __init__(self, number, reason):
        super().__init__(number, reason)
        self.number, self.reason = number, reason

    def __str__(self):
        return f"order {self.number}: {self.reason}"


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@decorated
def price(line: Line, /, rate: float = 1.0, *rest, digits=2, **options) -> float:
    """The price of a line."""
    return round(line.price * rate, digits)


def counting():
    state = "suspended"
    yield state


async def waiting(seconds):
    return seconds


# ---------------------------------------------------------------------------------------------------------------------
# The crashes
# ---------------------------------------------------------------------------------------------------------------------


def script():
    orders = [Order(7, [Line("pen", 1.5), Line("ink", 9.0, 2)])]
    for order in orders:
        fill(order, Point(1, [2, 3]))


def fill(order, point):
    stock = {"pen": 3}
    return [stock[line.name] for line in order.lines]


def chain():
    try:
        try:
            {}["pen"]
        except KeyError as error:
            note(error, "looked for a pen\nin an empty shop")
            raise OrderError(7, "no pen") from error
    except OrderError:
        try:
            raise LookupError("while reporting")
        except LookupError as reported:
            shown = reported
            raise RuntimeError("cannot report") from None


def note(error, text):
    if sys.version_info >= (3, 11):
        error.add_note(text)


def group():
    """An exception group with a group inside; before 3.11, its first member alone."""
    members = [caught(compile, "x = = 1", "<given>", "exec"), caught(int, "seven"), caught(open, "/no/such/file")]
    if sys.version_info < (3, 11):
        raise members[1]
    raise ExceptionGroup("several", [members[0], caught(raise_, ExceptionGroup("inner", members[1:]))])


def caught(function, *args):
    try:
        function(*args)
    except Exception as error:
        return error


def raise_(error):
    raise error


def values():
    """Values of every kind, each by itself."""
    none, yes, integer, big, real, imaginary = None, True, 5, 10**50, 2.5, 1 + 2j
    text, raw, dots = "text\u20ac\n", b"\x00\xff", ...
    plain_list, plain_tuple, plain_dict = [1, "a"], (1, "a"), {"a": 1}
    order = Order(7, [Line("pen", 1.5)], parent=Order.empty())
    nested_list, nested_tuple, nested_dict = [order], (order, [1]), {"order": order}
    keyed = {Key("k"): 1, (1, Key("q")): 2}
    members, frozen = {1, Key("m")}, frozenset([Key("f"), "x"])
    slotted, register, stack, bag = Slotted("one", {"two": 2}), Register(a=1, owner="ada"), Stack(["x", order]), Bag({1})
    name, number, point, described = Name("grace"), Number(41), Point(1, order), Described("by its own code")
    red, low, both = Colour.RED, Level.LOW, Access.READ | Access.WRITE
    moment, day = datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.date(2024, 2, 29)
    zone = datetime.timezone(datetime.timedelta(hours=1), "X")
    aware, duration = datetime.datetime(2020, 1, 1, tzinfo=zone), datetime.timedelta(1, 2)
    amount, half, identity = decimal.Decimal("1.50"), fractions.Fraction(1, 2), uuid.UUID(int=5)
    path, span = pathlib.PurePosixPath("/srv/x"), range(0, 10, 2)
    counter, default = collections.Counter("aab"), collections.defaultdict(list, {"a": [order]})
    ordered, recent = collections.OrderedDict(z=1, a=order), collections.deque([1, order], maxlen=5)
    namespace = types.SimpleNamespace(a=1, order=order)
    pattern, found = re.compile("a(b)", re.I), re.match("a(b)", "ab")
    cls, standard, error_class = Order, int, OrderError
    function, method, builtin, bound = price, order.total, len, [].append
    anonymous = lambda q, *, r=2: q
    partial = functools.partial(price, rate=2)
    generator, coroutine = counting(), waiting(3)
    next(generator)
    coroutine.close()
    module, standard_module = sys.modules[__name__], os
    keys, held, items = {"a": order}.keys(), {"a": order}.values(), {"a": order}.items()
    proxy = types.MappingProxyType({"a": order})
    lock, counted = threading.Lock(), itertools.count(3)
    error = caught(chain)
    cycle, circular = [], {}
    cycle.append(cycle)
    circular["me"] = circular
    deep = {"one": {"two": {"three": {"four": order}}}}
    long_text, many = "x" * 70_000, list(range(5000))
    api_key, url = "AKIA" + "ABCDEFGHIJKLMNOP", "http://user:hunter2@host/"
    same = another = [order]
    frame = sys._getframe()
    raise RuntimeError("boom")


def packed():
    """Many values that are alike: everything that is packed."""
    lines = [Line(f"line {number}", number / 2, number, [number]) for number in range(100)]
    orders = [Order(number, []) for number in range(50)]
    same = [Line("same", 1.0) for _ in range(50)]
    integers = [list(range(first, first + 40)) for first in (0, 1000, 10**6, 10**12)]
    texts, repeated = [f"text {number}" for number in range(100)], ["one", "two"] * 50
    lists = [[number] * (number % 5) for number in range(60)]
    tuples = [(number, f"t{number}") for number in range(60)]
    rows = [tuple(range(number % 4)) for number in range(60)]
    sets = [{number, -number} for number in range(60)]
    dicts = [{"name": f"d{number}", "value": number} for number in range(60)]
    keyed = [{number: number, f"k{number}": None} for number in range(60)]
    different = [dict.fromkeys(f"abcdef"[: 1 + number % 5], number) for number in range(60)]
    slotted = [Slotted(number, None) for number in range(40)]
    for each in slotted:
        each.never_set = 1
    described = [Described(str(number)) for number in range(40)]
    levels, colours = [Level(1 + number % 2) for number in range(40)], list(Colour) * 20
    mixed = list(itertools.chain.from_iterable(zip(lines, dicts)))
    deep = [[[[Line("deep", number)]]] for number in range(40)]
    errors = [caught(int, f"x{number}") for number in range(40)]
    functions = [price, caught, note, raise_, script, fill, chain, group, values, counting] * 4
    strange = {"null": ["\0"] * 50, "wide": [10**30] * 50}
    holder = types.SimpleNamespace(lines=lines[:5], orders=orders[:5])
    raise RuntimeError("packed")


def shared():
    """Objects that several lists hold, each in another order."""
    lines = [Line(f"line {number}", 1.0) for number in range(100)]
    backwards = [lines[last::-3] for last in (60, 70, 80, 99)]
    raise RuntimeError("shared")


def recursion(depth=0):
    mine = [depth]
    if depth == 60:
        raise RecursionError("deep enough")
    return recursion(depth + 1)


def suggestion():
    order = Order(7, [])
    order.nubmer


def threads(path):
    """A crash beside another thread, with which it shares a value."""
    shared, ready, done = Order(9, []), threading.Event(), threading.Event()

    def work(mine):
        ready.set()
        done.wait()

    other = threading.Thread(target=work, args=(shared,), name="worker")
    other.start()
    ready.wait()
    try:
        script()
    except KeyError as error:
        keep = shared
        keeptrace.dump(error, path, threads=True, note="with threads", context={"job": "nightly", "number": 5})
    done.set()
    other.join()


def live(path):
    inside = "a stack that runs"
    keeptrace.dump(sys._getframe(), path)


def triple(path):
    try:
        script()
    except KeyError:
        keeptrace.dump(sys.exc_info(), path)


# ---------------------------------------------------------------------------------------------------------------------
# How they are written
# ---------------------------------------------------------------------------------------------------------------------


def dumped(crash, **options):
    """Write a dump file."""

    def write(path):
        keeptrace.dump(caught(crash), path, **options)

    return ".pkl.gz", write


def pickled(crash, protocol, **options):
    """Write a pickle, as stock pickle makes it after init()."""

    def write(path):
        keeptrace.init(**options)
        with open(path, "wb") as file:
            pickle.dump(caught(crash), file, protocol)
        keeptrace.uninit()

    return ".pkl", write


def zipped(crash, protocol):
    def write(path):
        keeptrace.init()
        with gzip.open(path, "wb") as file:
            pickle.dump(caught(crash), file, protocol)
        keeptrace.uninit()

    return ".pkl.gz", write


SMALL = keeptrace.Limits(objects=40, text=100, frames=20)
CASES = {
    "script": dumped(script),
    "chain": dumped(chain),
    "group": dumped(group),
    "values": dumped(values),
    "packed": dumped(packed),
    "shared": dumped(shared),
    "recursion": dumped(recursion),
    "suggestion": dumped(suggestion),
    "threads": (".pkl.gz", threads),
    "live": (".pkl.gz", live),
    "triple": (".pkl.gz", triple),
    "protocol2": pickled(chain, 2),
    "protocol5": pickled(group, 5),
    "gzip": zipped(script, 4),
    "depth0": dumped(values, depth=0),
    "depth1": dumped(values, depth=1),
    "depth1-packed": dumped(packed, depth=1),
    "deep": dumped(values, depth=-1),
    "no-source": dumped(script, include_source=False),
    "reprs": dumped(packed, reprs=True),
    "pickler": dumped(values, pickler=pickle),
    "open": dumped(values, redact=False, depth=1),
    "limits": dumped(packed, limits=SMALL),
    "frames": dumped(recursion, limits=SMALL),
}


def main(folder, *names):
    for name in names or CASES:
        suffix, write = CASES[name]
        write(os.path.join(folder, name + suffix))


if __name__ == "__main__":
    main(*sys.argv[1:])
