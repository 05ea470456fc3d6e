"""Crashes among hostile objects: each function marked @situation returns what stands beside well-behaved variables.

Run as a program, `hostile.py OUT.pkl [quick] [NAME...]` dumps each crash at several depths and protocols. It writes,
by the situation's name, the dumps, the errors, the text that the exception has, the seconds that a dump took at most,
and which forbidden code ran (none should).
"""

import _thread
import array
import asyncio
import collections
import contextvars
import ctypes
import dataclasses
import decimal
import enum
import fractions
import functools
import gc
import hashlib
import importlib.util
import io
import itertools
import linecache
import mmap
import os
import pathlib
import pickle
import queue
import random
import re
import select
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
import typing
import unittest.mock
import uuid
import weakref
import xml.etree.ElementTree
import zlib

SITUATIONS = {}
RAN = []


def situation(function=None, **options):
    """Mark a function that makes hostile objects, or raises.

    text: what str() of the exception is, None for anything; depths: at which it is dumped; init: arguments of init();
    seconds: of time limit, where it takes all of it; runs: code of its own may run, by request or to tell str();
    heavy: takes long; endless: Python itself shows it for ever.
    """
    if function is None:
        return functools.partial(situation, **options)
    SITUATIONS[function.__name__] = function, options
    return function


class Ran(BaseException):
    """Raised by code that recording must not run; nothing catches it."""


def forbidden(*_, **__):
    RAN.append(traceback.format_stack(limit=6))
    raise Ran


FORBIDDEN = property(forbidden)

SPECIAL = """
getattr getattribute repr str bytes len iter next bool eq ne lt le gt ge getitem contains missing dir format reduce
reduce_ex sizeof copy deepcopy getstate index int float complex call get enter exit await aiter anext add radd reversed
length_hint fspath round trunc hash del_ getnewargs getnewargs_ex instancecheck subclasscheck prepare mro_entries buffer
"""
SPECIAL = {f"__{name.rstrip('_')}__": forbidden for name in SPECIAL.split() if name != "del_"}


def class_of(name="Hostile", bases=(), **namespace):
    return type(name, bases, {**SPECIAL, **namespace})


# ---------------------------------------------------------------------------------------------------------------------
# Special methods
# ---------------------------------------------------------------------------------------------------------------------


@situation
def every_special_method():
    hostile = class_of(__class__=FORBIDDEN)()
    object.__setattr__(hostile, "kept", [1, 2])
    return hostile, [hostile], {"key": hostile}, (hostile,)


@situation
def an_attribute_behind_dict():
    class Hostile:
        __dict__ = FORBIDDEN

    hostile = Hostile()
    hostile.kept = 1
    return hostile


@situation
def a_dict_with_methods_of_its_own():
    class Hostile: ...

    hostile = Hostile()
    hostile.__dict__ = class_of(bases=(dict,))(kept=1)
    return hostile


@situation
def a_dict_that_is_another_descriptor():
    class Hostile:
        __dict__ = types.FunctionType.__dict__["__code__"]

    class Slotted:
        __slots__ = ("kept",)

    class Other:
        alias = Slotted.kept

    hostile = Other()
    hostile.kept = 1
    return Hostile(), hostile


class StrangeName(str):
    """Text that is no plain str."""

    __slots__ = ()
    __eq__ = __ne__ = __str__ = __repr__ = __len__ = __iter__ = forbidden

    def __hash__(self):
        if COUNTING:
            forbidden()
        return str.__hash__(self)


COUNTING = []


@situation
def attributes_with_strange_names():
    class Hostile: ...

    hostile = Hostile()
    hostile.__dict__.update({5: "five", (1, 2): "pair", None: "none", StrangeName("kept"): 1})
    return hostile


@situation
def classes_with_strange_names():
    cls = type(StrangeName("Hostile"), (), {StrangeName("attribute"): 1, "__module__": StrangeName("module")})
    named = type("Named", (), {"__module__": 5, "__doc__": 6})
    named.__qualname__ = StrangeName("Else")
    space = {}
    exec("nameless = type('Nameless', (), {})", space)
    nameless = space["nameless"]
    return cls, cls(), named, named(), nameless, nameless()


@situation
def functions_with_strange_facts():
    def function(a: int, *, b: str = "b"): ...

    function.__name__ = function.__qualname__ = StrangeName("strange")
    function.__module__ = StrangeName("module")
    function.__doc__ = StrangeName("documented")
    function.__kwdefaults__ = class_of(bases=(dict,))(b=1)
    function.__defaults__ = class_of(bases=(tuple,))((1,))
    function.__annotations__ = class_of(bases=(dict,))(a=class_of()())
    function.__dict__ = class_of(bases=(dict,))(more=1)
    return function, [function], types.MethodType(class_of()(), class_of()())


@situation
def a_method_of_an_instance_whose_class_computes_its_name():
    class Meta(type):
        __getattribute__ = forbidden

    cls = type.__call__(Meta, "Hostile", (list,), {})
    instance = list.__new__(cls)
    return instance.append, instance.__len__, [cls], types.GenericAlias(list, (cls,)), weakref.ref(instance)


@situation
def descriptors():
    class Descriptor:
        __get__ = __set__ = __delete__ = forbidden

        def __set_name__(self, owner, name): ...

    class Hostile:
        kept = __wrapped__ = Descriptor()
        __qualname__, __doc__ = "Hostile", "documented"

    Hostile._fields = Hostile.__match_args__ = Hostile.__repr__ = Hostile.__str__ = Descriptor()
    hostile = Hostile()
    hostile.__dict__["kept"] = 1
    return hostile


class MetaWithAll(type):
    """A metaclass of which everything is forbidden that a class can be asked."""

    __getattribute__ = __call__ = __repr__ = __eq__ = __ne__ = __instancecheck__ = __subclasscheck__ = forbidden
    __len__ = __iter__ = __contains__ = __getitem__ = __bool__ = __dir__ = __subclasses__ = forbidden
    __name__ = __module__ = __doc__ = __mro__ = __bases__ = FORBIDDEN

    def __hash__(cls):
        if COUNTING:
            forbidden()
        return type.__hash__(cls)

    @classmethod
    def __prepare__(mcls, name, bases):
        return {"prepared": 1}


@situation
def a_metaclass_of_its_own():
    cls = type.__new__(MetaWithAll, "Hostile", (), {})
    hostile = object.__new__(cls)
    object.__setattr__(hostile, "kept", 1)
    return hostile, cls, [hostile], {"key": hostile}, (cls,)


@situation
def a_metaclass_without_hash():
    class Meta(type):
        def __eq__(cls, other):
            return forbidden() if COUNTING else cls is other

    class Hostile(metaclass=Meta): ...

    return Hostile(), Hostile, [Hostile()], {1: Hostile}


@situation
def a_metaclass_that_orders_the_bases_itself():
    class Odd: ...

    class Meta(type):
        def mro(cls):
            return [cls, Odd, object]

    class Hostile(metaclass=Meta): ...

    return Hostile, Hostile()


@situation
def a_class_before_it_is_whole():
    halves = []

    class Meta(type):
        def mro(cls):
            crash(lambda: cls)

    try:
        Meta("Half", (), {})
    except ValueError as error:
        halves.append(error)
    raise halves.pop()


@situation
def a_class_prepared_in_a_mapping_of_its_own():
    class Space(dict):
        __iter__ = keys = items = values = __len__ = forbidden

        def __getitem__(self, name):
            return dict.__getitem__(self, name)

    class Meta(type):
        @classmethod
        def __prepare__(mcls, name, bases):
            return Space()

    class Hostile(metaclass=Meta):
        kept = 1
        raise ValueError("the message")


@situation
def slots_named_as_properties():
    class Base:
        __slots__ = ("kept", "unset")

    class Hostile(Base):
        __slots__ = ()
        kept = unset = FORBIDDEN

    hostile = Hostile()
    Base.kept.__set__(hostile, 1)
    return hostile


@situation
def an_instance_whose_class_was_changed():
    class First:
        def __init__(self):
            self.kept = 1

    hostile = First()
    hostile.__class__ = class_of()
    return hostile


@situation
def containers_with_methods_of_their_own():
    return [made(class_of(bases=(base,)), base, *content) for base, *content in CONTENTS]


CONTENTS = [
    (dict, {"a": 1}), (list, [1]), (tuple, (1,)), (set, {1}), (frozenset, {1}), (str, "text"), (int, 5), (float, 1.5),
    (complex, 1j), (bytes, b"raw"), (bytearray, b"raw"), (collections.deque, [1]), (collections.OrderedDict, {"a": 1}),
    (collections.Counter, {"a": 1}), (collections.defaultdict, None, {"a": 1}), (collections.UserDict,), (fractions.Fraction,),
]  # fmt: skip


def made(cls, base, *content):
    """Make an instance without its class's own methods."""
    new, initialize = base.__new__, dict.__init__ if base is collections.Counter else base.__init__
    instance = new(cls, *content) if new is not object.__new__ and base is not fractions.Fraction else object.__new__(cls)
    if initialize is not object.__init__ and content:
        initialize(instance, *content)
    return instance


class Key:
    """A key whose hash and equality are the application's."""

    def __hash__(self):
        return forbidden() if COUNTING else 7

    def __eq__(self, other):
        return forbidden() if COUNTING else self is other


@situation
def keys_with_methods_of_their_own():
    def keys():
        return {Key(): 1, Key(): 2}

    ordered = collections.OrderedDict(keys())
    return keys(), set(keys()), frozenset(keys()), ordered, collections.Counter(keys()), keys().keys(), [ordered.keys()]


@situation
def a_namespace_with_strange_keys():
    names = {"fine": [1, {"a": 2}], StrangeName("strange"): 1, Key(): 2, 5: 3}
    names["ValueError"] = ValueError
    exec("raise ValueError('the message')", {}, names)


@situation
def globals_with_strange_keys():
    exec("raise ValueError('the message')", {"ValueError": ValueError, StrangeName("strange"): 1, Key(): 2, 5: 3})


@situation
def a_namespace_that_is_no_dict():
    class Space:
        __getattribute__ = __len__ = __iter__ = __repr__ = forbidden

        def __getitem__(self, name):
            raise KeyError(name)

        def __setitem__(self, name, value): ...

    exec("raise ValueError('the message')", {}, Space())


@situation
def a_deleter():
    class Deleter:
        def __del__(self):
            RAN.append("deleted")

    hostile = Deleter()
    KEPT.append(hostile)
    return hostile, weakref.ref(hostile)


KEPT = []


@situation
def recursive_representations():
    class Hostile(list):
        def __repr__(self):
            return repr(self)

    hostile = Hostile()
    hostile.append(hostile)
    hostile.hostile = hostile
    return hostile


@situation
def fields_that_lie():
    lies = {name: class_of()() for name in ("__attrs_attrs__", "__pydantic_fields__", "__dataclass_params__")}
    names = {"_fields": class_of(bases=(tuple,))("ab"), "__match_args__": class_of()()}
    return (
        type("Attrs", (), {**lies})(),
        type("Attrs", (), {"__attrs_attrs__": (class_of()(),)})(),
        type("Data", (), {"__dataclass_fields__": {"a": class_of()(), StrangeName("b"): 1}})(),
        type("Data", (), {"__dataclass_fields__": {}, "__dataclass_params__": class_of()()})(),
        type("Model", (), {"__pydantic_fields__": {"a": 1, Key(): 2}})(),
        type("Tuple", (tuple,), names)((1, 2)),
    )


@situation
def enums_that_lie():
    class Colour(enum.Enum):
        RED = 1
        __str__ = __repr__ = __format__ = forbidden

    class Lying(enum.Enum):
        RED = 1

    Lying.RED.__dict__.clear()
    type.__setattr__(Lying, "_member_map_", class_of()())
    return Colour.RED, Colour, Lying, type.__getattribute__(Lying, "__dict__").get("RED")


@situation
def classes_that_claim_to_be_of_a_library():
    namespace = {name: FORBIDDEN for name in ("shape", "dtype", "columns", "dtypes", "device", "key", "item")}
    names = "numpy.ndarray numpy.float64 pandas.DataFrame torch.Tensor decimal.Decimal datetime.datetime uuid.UUID"
    split = [name.split(".") for name in f"{names} zoneinfo.ZoneInfo pathlib.PosixPath re.Pattern".split()]
    return [class_of(name, __module__=module, **namespace)() for module, name in split]


@situation(heavy=True)
def a_deep_line_of_classes():
    cls = object
    for number in range(300):
        cls = type(f"C{number}", (cls,), {"__slots__": ()})
    return cls(), cls


@situation
def standard_values_half_made():
    kinds = fractions.Fraction, uuid.UUID, pathlib.PurePosixPath, collections.deque, collections.OrderedDict
    more = types.SimpleNamespace, io.StringIO, functools.partial, collections.defaultdict, itertools.count
    return [kind.__new__(kind, *([] if kind is not functools.partial else [len])) for kind in kinds + more]


@situation
def standard_values_of_hostile_parts():
    class Zone(__import__("datetime").tzinfo):
        utcoffset = dst = tzname = forbidden

    namespace = types.SimpleNamespace()
    namespace.__dict__[StrangeName("strange")] = class_of()()
    half = fractions.Fraction(1, 2)
    half._numerator = class_of()()
    return (
        __import__("datetime").datetime(2020, 1, 1, tzinfo=Zone()),
        slice(class_of()(), None),
        types.MappingProxyType({Key(): class_of()()}),
        types.MappingProxyType(collections.UserDict()),
        functools.partial(class_of()(), class_of()()),
        operator_getter(),
        namespace,
        half,
        memoryview(b"ab").cast("H"),
        {1: 2}.items() and {Key(): 1}.keys(),
    )


def operator_getter():
    import operator

    return operator.attrgetter("a"), operator.itemgetter(Key())


# ---------------------------------------------------------------------------------------------------------------------
# Lazies
# ---------------------------------------------------------------------------------------------------------------------


@situation
def proxies_to_live_and_dead_objects():
    class Target:
        __repr__ = __len__ = forbidden

    target, gone = Target(), Target()
    KEPT.append(target)
    return weakref.proxy(target), weakref.proxy(gone), weakref.WeakMethod(Bound().method), weakref.ref(gone)


class Bound:
    """Has a method."""

    def method(self): ...


@situation
def weak_containers():
    bound = Bound()
    KEPT.append(bound)
    return weakref.WeakValueDictionary({1: bound}), weakref.WeakKeyDictionary({bound: 1}), weakref.WeakSet([bound])


@situation
def mocks_of_unittest():
    mock = unittest.mock.MagicMock()
    return mock, unittest.mock.Mock(spec=dict), unittest.mock.AsyncMock(), unittest.mock.sentinel.it, mock.method_calls


@situation
def lazy_modules():
    spec = importlib.util.find_spec("this")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    lazy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lazy)
    asked = types.ModuleType("asked")
    asked.__dict__["__getattr__"] = asked.__dict__["__dir__"] = forbidden
    strange = types.ModuleType("strange")
    strange.__dict__.update({"__name__": StrangeName("strange"), "__file__": class_of()()})
    sys.modules["asked"] = asked
    sys.modules["notamodule"] = class_of()()
    cls = type("Inside", (), {"__module__": "asked"})
    odd = type("Inside", (), {"__module__": "notamodule"})
    return lazy, asked, strange, cls, cls(), odd, odd(), class_of(bases=(types.ModuleType,))("name")


@situation
def properties_that_compute():
    class Hostile:
        computed = functools.cached_property(forbidden)
        made = FORBIDDEN
        once = functools.lru_cache(forbidden)
        by_type = functools.singledispatchmethod(forbidden)
        partly = functools.partialmethod(forbidden)

    return Hostile(), Hostile, functools.lru_cache(forbidden)


# ---------------------------------------------------------------------------------------------------------------------
# What changes, and what is large
# ---------------------------------------------------------------------------------------------------------------------


@situation
def containers_that_change_when_something_is_deleted():
    class Deleter:
        def __init__(self, container):
            self.container = container

        def __del__(self):
            self.container.clear()

    containers = [{}, [], set(), collections.deque(), collections.OrderedDict()]
    for container in containers:
        trash = Deleter(container)
        trash.cycle = trash  # found by the garbage collector only
        fill(container, 1000)
    return containers


def fill(container, count):
    for number in range(count):
        if isinstance(container, dict):
            container[number] = [number, object()]
        elif isinstance(container, set):
            container.add((number, object()))
        else:
            container.append([number])


@situation(heavy=True)
def containers_that_other_threads_change():
    class Set(set): ...

    class Deque(collections.deque): ...

    class Dict(dict): ...

    containers = [{}, [], set(), Set(), collections.deque(), Deque(), collections.OrderedDict(), Dict()]
    ending = time.monotonic() + 1.5
    space = types.SimpleNamespace()

    def change():
        while time.monotonic() < ending:
            for container in containers:
                fill(container, random.randrange(300))
                container.clear()
            for number in range(50):
                setattr(space, f"name{random.randrange(1000)}", number)
                setattr(Set, f"name{random.randrange(1000)}", [number])
            space.__dict__.clear()

    for _ in range(3):
        threading.Thread(target=change, daemon=True).start()
    return containers, space, Set


@situation(depths=[-1], heavy=True)
def a_list_of_50_000_nodes():
    first = node = Bound()
    for node.number in range(50_000):
        node.next = Bound()
        node = node.next
    return first


@situation(depths=[-1], heavy=True)
def a_deep_nest_of_every_container():
    nest = None
    for number in range(2000):
        nest = [{"key": (nest, {number})}, frozenset([number]), types.SimpleNamespace(a=number), Bound]
    return nest


@dataclasses.dataclass
class Held:
    it: object


@situation(depths=[-1], heavy=True)
def a_deep_nest_of_containers_and_objects():
    nest = None
    for number in range(2000):
        nest = Held([Held(nest), {"key": (nest, number)}, Held(types.SimpleNamespace(a=nest))])
    return nest


@situation(depths=[-1], heavy=True, endless=True)
def a_nest_of_which_each_level_is_held_twice():
    nest = None
    for number in range(2000):
        nest = [{"key": (nest, {number})}, frozenset([number]), types.SimpleNamespace(a=nest), Bound]
    return nest


@situation(depths=[-1], heavy=True)
def a_tree_of_50_000_nodes():
    return [[[[Bound() for _ in range(10)] for _ in range(10)] for _ in range(20)] for _ in range(25)]


@situation(depths=[2, 3], heavy=True)
def every_module():
    return sys.modules, list(sys.modules.values())


@situation(depths=[1, 2], heavy=True)
def every_object_of_the_process():
    gc.collect()
    return gc.get_objects()[:50_000]


@situation
def huge_numbers():
    return 10**5000, [10**5000, 1], {10**5000: -(10**5000)}, (1, 10**5000), {10**5000}, class_of(bases=(int,))(10**5000)


@situation
def strange_text():
    return "\ud800", "\0", "\x1b[31m", ["\udcff\0"], {"\ud800": "\0"}, b"\0\xff", "\u202e", "x" * 100_000


@situation
def numbers_that_are_none():
    nan = float("nan")
    return {nan: 1, float("nan"): 2}, {nan}, [nan, float("inf")], decimal.Decimal("sNaN"), {decimal.Decimal("nan"): 1}


@situation
def three_hundred_variables():
    names = "".join(f"    v{number} = {number}\n" for number in range(300))
    arguments = ", ".join(f"a{number}" for number in range(300))
    space = {"__name__": "many"}
    exec(f"def many({arguments}):\n{names}    raise ValueError('the message')", space)
    space["many"](*range(300))


# ---------------------------------------------------------------------------------------------------------------------
# C objects
# ---------------------------------------------------------------------------------------------------------------------


@situation
def files_and_sockets():
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "file")
    left, right = socket.socketpair()
    text, raw = open(path, "w+"), open(path, "rb+", buffering=0)
    closed = open(path, "rb")
    closed.close()
    detached = io.TextIOWrapper(io.BytesIO(b"bytes"))
    detached.detach()
    KEPT.extend([text, raw, left, right])
    descriptors = [select.poll(), os.scandir(folder), *([select.epoll()] if hasattr(select, "epoll") else [])]
    KEPT.extend(descriptors)
    return text, raw, closed, detached, left, right, io.BytesIO(b"abc"), io.StringIO("abc"), sys.stdout, descriptors


@situation
def locks_and_threads():
    condition, local = threading.Condition(), threading.local()
    local.kept = 1
    return (
        threading.Lock(), threading.RLock(), condition, local, threading.current_thread(), threading.Semaphore(),
        queue.Queue(), queue.SimpleQueue(), _thread.allocate_lock(), contextvars.copy_context(), threading.Barrier(2),
        contextvars.ContextVar("name"), contextvars.ContextVar("other").set(1),
    )  # fmt: skip


@situation
def iterators_of_c():
    iterators = [iter([1]), iter({}), iter({1}), iter("a"), zip([1]), map(len, []), filter(None, []), enumerate([])]
    more = [itertools.count(), itertools.cycle("ab"), itertools.tee([1]), reversed([1]), iter(int, 1), range(3)]
    return iterators, more, itertools.groupby("aab"), itertools.chain([1]), iter(Bound.__mro__), map(forbidden, [1])


@situation
def generators_in_every_state():
    def numbers(kept):
        yield 1
        yield from range(kept)

    async def waiting(kept):
        await asyncio.sleep(kept)

    async def streaming():
        yield 1

    unstarted, suspended, delegating, finished = (numbers(5) for _ in range(4))
    next(suspended), next(delegating), next(delegating)
    list(finished)
    coroutine, other = waiting(3), waiting(4)
    other.close()
    KEPT.extend([unstarted, suspended, delegating, coroutine])
    wrapped = (value for value in [1])
    stream = streaming()
    return unstarted, suspended, delegating, finished, coroutine, other, stream, wrapped, stream.asend(None), running()


def running():
    """Return a generator that is running, and the frame of another thread that is."""
    made = []

    def outer():
        made.append(sys._getframe())
        yield made

    generator = outer()
    return generator, next(generator), sys._current_frames()


@situation
def a_generator_that_crashes():
    def numbers():
        mine = generator
        yield mine
        raise ValueError("the message")

    generator = numbers()
    next(generator)
    next(generator)


@situation
def objects_of_libraries_in_c():
    connection = sqlite3.connect(":memory:")
    KEPT.append(connection)

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("next", ctypes.c_void_p)]

    point = Point(1, 2)
    return (
        connection, connection.cursor(), sqlite3.Row, ssl.create_default_context(), zlib.compressobj(),
        hashlib.sha256(b"x"), struct.Struct("i"), point, ctypes.pointer(point), ctypes.POINTER(ctypes.c_int)(),
        ctypes.c_char_p(b"abc"), ctypes.cast(1, ctypes.py_object) if False else ctypes.c_void_p(1),
        xml.etree.ElementTree.fromstring("<a><b/></a>"), re.compile("a"), re.match("a", "a"), re.finditer("a", "aa"),
        re.compile("a").scanner("a"), random.Random(1), decimal.getcontext(), sys.flags, sys.float_info, os.environ,
        types.CellType(), types.CellType(class_of()()), ctypes.CDLL(None), ctypes.CDLL(None).printf, subprocess.Popen,
        sys.implementation, type.__dict__, object.__dict__["__class__"], type.__call__, (1).__add__, "a".join,
        memoryview(bytearray(3)), asyncio.Lock, typing.Optional[int], typing.TypeVar("T"), list[int], int | None,
        NotImplemented, ..., typing.Union, typing.Generic, property(), classmethod(Bound()), super(Bound, Bound()),
        staticmethod(Bound()), property(Bound()), open, print, sys.stdout, os.stat("."), time.gmtime(0),
        pathlib.Path(), weakref.ref(Bound), types.CodeType, crash.__code__, iter(()),
    )  # fmt: skip


@situation(depths=[1, 3])
def frames_and_tracebacks_of_others():
    tb = None
    try:
        caught_elsewhere()
    except LookupError as error:
        tb = error.__traceback__
    frame = tb.tb_frame
    return (
        tb, frame, types.TracebackType(None, frame, 10**6, 5), types.TracebackType(None, frame, -1, -5),
        types.TracebackType(tb, frame, 0, 0), types.TracebackType(None, frame, 3, 2**31 - 1), [frame, [tb]],
    )  # fmt: skip


def caught_elsewhere():
    raise LookupError(class_of()())


@situation
def code_with_strange_facts():
    names = ("a\0b", "\ud800", "not an identifier", "None", "")
    code = caught_elsewhere.__code__
    return [
        code.replace(co_name="\ud800", co_filename="\ud800\0.py", co_firstlineno=2**31 - 1),
        code.replace(co_varnames=names, co_nlocals=len(names)),
        code.replace(co_firstlineno=0),
    ]


@situation(text=None)
def a_frame_with_strange_facts():
    def odd(name):
        value = name
        raise ValueError("the message")

    code = odd.__code__
    odd.__code__ = code.replace(co_varnames=("a\0b", "not an identifier"), co_filename="\ud800\0.py", co_name="\udc80")
    odd(1)


@situation(text=None)
def a_frame_at_a_strange_line():
    def odd():
        raise ValueError("the message")

    odd.__code__ = odd.__code__.replace(co_firstlineno=2**31 - 100_000)
    odd()


# ---------------------------------------------------------------------------------------------------------------------
# Exceptions
# ---------------------------------------------------------------------------------------------------------------------


@situation
def an_exception_that_lies():
    class Lying(ValueError):
        def __reduce__(self):
            return eval, ("forbidden()",)

        __reduce_ex__ = __getstate__ = __repr__ = __hash__ = __eq__ = __bool__ = __len__ = __iter__ = forbidden
        args = __cause__ = __context__ = __traceback__ = __suppress_context__ = __notes__ = FORBIDDEN
        __class__ = __dict__ = FORBIDDEN
        with_traceback = add_note = __setstate__ = forbidden

    raise Lying("the message")


@situation(text="<exception str() failed>")
def an_exception_whose_text_fails():
    class Failing(ValueError):
        def __str__(self):
            raise self

    raise Failing


@situation(text="<exception str() failed>")
def an_exception_whose_text_is_no_text():
    class Failing(ValueError):
        def __str__(self):
            return 5

    raise Failing


@situation(text="<exception str() failed>")
def an_exception_whose_text_ends_the_program():
    class Failing(ValueError):
        def __str__(self):
            sys.exit(3)

    raise Failing


@situation(text="<exception str() failed>", depths=[3], seconds=1)
def an_exception_whose_text_sleeps():
    class Sleeping(ValueError):
        def __str__(self):
            time.sleep(60)

    raise Sleeping


@situation(text="<exception str() failed>", depths=[3], seconds=1)
def an_exception_whose_text_loops():
    class Looping(ValueError):
        def __str__(self):
            ending = time.monotonic() + 3
            while time.monotonic() < ending:
                pass

    raise Looping


@situation(text="<exception str() failed>", depths=[3], seconds=1)
def an_exception_whose_text_waits_for_a_lock():
    lock = threading.Lock()
    lock.acquire()

    class Waiting(ValueError):
        def __str__(self):
            with lock:
                return ""

    raise Waiting


@situation(text="strange")
def an_exception_whose_text_is_strange():
    class Strange(str):
        __str__ = __repr__ = __reduce__ = __reduce_ex__ = forbidden

    class Telling(ValueError):
        def __str__(self):
            return Strange("strange")

    raise Telling


@situation(text=None)
def an_exception_of_a_metaclass_of_its_own():
    class Meta(type):
        __repr__ = forbidden

        def __instancecheck__(cls, obj):
            return forbidden() if COUNTING else type.__instancecheck__(cls, obj)

        def __subclasscheck__(cls, other):
            return forbidden() if COUNTING else type.__subclasscheck__(cls, other)

        def __getattribute__(cls, name):
            return forbidden() if COUNTING else type.__getattribute__(cls, name)

    cls = type.__new__(Meta, "Hostile", (ValueError,), {})
    raise BaseException.__new__(cls)


@situation(text=None)
def exceptions_of_hostile_arguments():
    class Hostile:
        __class__ = FORBIDDEN
        __getattribute__ = __eq__ = __hash__ = __bool__ = forbidden

        def __str__(self):
            return "hostile"

        __repr__ = __str__

    first = OSError(2, "the message", Hostile())
    second = AttributeError("text", name=Hostile(), obj=Hostile())
    third = ImportError(Hostile(), name=Hostile(), path=Hostile())
    fourth = SyntaxError(Hostile(), (Hostile(), 1, 1, "text"))
    for one, other in ((first, second), (second, third), (third, fourth)):
        one.__context__ = other
    raise first


@situation
def exceptions_in_cycles():
    first, second = ValueError("the message"), KeyError("other")
    second.__cause__, second.__context__ = first, second
    first.__cause__, first.__context__, first.itself = second, second, first
    first.args = ("the message",)
    raise first


@situation
def exceptions_half_made():
    kinds = UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError, SyntaxError, OSError, ImportError, SystemExit
    made = [kind.__new__(kind) for kind in kinds]
    for exc in made:
        try:
            raise exc
        except BaseException:
            pass
    return made


@situation(text=None, runs=True)
def arguments_replaced():
    error = ValueError("the message")
    error.args = class_of()(), class_of(bases=(tuple,))(), 10**5000
    raise error


@situation
def notes_that_are_no_list():
    error = ValueError("the message")
    error.__notes__ = class_of(bases=(list,))(["note"])
    error.more = class_of()()
    error.__dict__[StrangeName("strange")] = Key()
    raise error


@situation
def an_exception_with_a_dict_of_its_own():
    error = ValueError("the message")
    error.__dict__ = class_of(bases=(dict,))(kept=1)
    raise error


@situation(text=None, runs=True)
def groups_of_hostile_exceptions():
    if sys.version_info < (3, 11):
        return None

    class Group(ExceptionGroup):
        exceptions = message = FORBIDDEN
        derive = split = subgroup = forbidden

    first, second = ValueError("a"), TypeError(class_of()())
    group = Group(StrangeName("the message"), [first, ExceptionGroup("b", [second])])
    first.__context__ = second.__cause__ = group
    raise group


@situation
def tracebacks_replaced():
    error, other = LookupError("x"), LookupError("y")
    try:
        raise other
    except LookupError as caught:
        caught.__traceback__ = None
    error.__traceback__ = types.TracebackType(None, sys._getframe(), -1, 10)
    error.__context__ = other
    try:
        raise error
    except LookupError:
        return error, other, types.TracebackType(error.__traceback__, sys._getframe(), 10**8, 1)


@situation(runs=True)
def sources_that_are_gone():
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "gone.py")
    text = "def fail():\n    kept = 1\n    raise ValueError('the message')\n"
    with open(path, "w") as file:
        file.write(text)
    space = {"__name__": "gone", "__file__": path, "__loader__": class_of()(), "__spec__": class_of()()}
    exec(compile(text, path, "exec"), space)
    os.remove(path)
    os.rmdir(folder)
    space["fail"]()


@situation(runs=True)
def sources_that_lie():
    linecache.cache["lie.py"] = (forbidden,)
    exec(compile("raise ValueError('the message')", "lie.py", "exec"), {"__loader__": Loader(), "__name__": "x"})


class Loader:
    """Gives odd source."""

    def get_source(self, name):
        raise KeyError(name)


@situation
def buffers_of_a_gibibyte():
    size = 2**30  # of zeros, which the system lends: whoever reads them all takes as much memory
    zeros, buffer = bytes(size), mmap.mmap(-1, size)
    KEPT.append(buffer)
    part = 2**24
    return zeros, buffer, memoryview(zeros), memoryview(buffer), bytearray(part), array.array("b", zeros[:part])


# ---------------------------------------------------------------------------------------------------------------------
# What runs by request
# ---------------------------------------------------------------------------------------------------------------------


class Sleeper:
    def __init__(self):
        self.kept = 1

    def __getstate__(self):
        time.sleep(60)

    def __repr__(self):
        time.sleep(60)


class Looper(Sleeper):
    def __getstate__(self):
        ending = time.monotonic() + 3
        while time.monotonic() < ending:
            pass

    __repr__ = __getstate__


class Raiser(Sleeper):
    def __getstate__(self):
        raise Ran

    __repr__ = __getstate__


class Waiter(Sleeper):
    lock = threading.Lock()
    lock.acquire()

    def __getstate__(self):
        Waiter.lock.acquire()

    __repr__ = __getstate__


class Nonsense(Sleeper):
    def __getstate__(self):
        return 5

    __repr__ = __reduce__ = __getstate__


class Angry(Exception):
    def __str__(self):
        time.sleep(60)
        raise Ran


class Misbehaving(Sleeper):
    def __getstate__(self):
        raise Angry

    __repr__ = __getstate__


def by_request():
    return Nonsense(), Raiser(), Misbehaving(), Sleeper(), Looper(), Waiter()


@situation(depths=[3], runs=True, seconds=1, init={"reprs": True})
def representations_by_request():
    return by_request()


@situation(depths=[3], runs=True, seconds=1, init={"pickler": pickle})
def blobs_by_request():
    return by_request()


@situation(depths=[3], runs=True, seconds=1, init={"pickler": "cloudpickle"})
def blobs_of_cloudpickle_by_request():
    return by_request()


@situation(depths=[3], runs=True, seconds=1, init={"register": by_request})
def functions_by_request():
    return by_request()


# ---------------------------------------------------------------------------------------------------------------------
# The crash, and its dumps
# ---------------------------------------------------------------------------------------------------------------------


def crash(make):
    fine = [1, {"a": 2}]
    hostile = make()
    raise ValueError("the message")


def error_of(make, crash=crash):
    """Return the exception of a crash in a thread of its own, so that the stack ends there."""
    errors = []

    def call():
        try:
            crash(make)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return errors.pop()


def main(path):
    import keeptrace
    import keeptrace.record.foreign

    keeptrace.record.foreign.RERAISE = "reraise" in sys.argv
    every = list(SITUATIONS)
    chosen = [name for name in sys.argv[2:] if name in SITUATIONS] or every
    if "quick" in sys.argv:
        chosen = [name for name in chosen if not {"heavy", "seconds"} & set(SITUATIONS[name][1])]
    results = {}
    for name in chosen:
        results[name] = dumped(keeptrace, *SITUATIONS[name]) if SITUATIONS[name] else None
    with open(path, "wb") as file:
        pickle.dump(results, file)
    sys.stdout.flush()
    os._exit(0)  # nothing of what is hostile is to run now


def dumped(keeptrace, make, options):
    error = error_of(make)
    result = {"dumps": {}, "errors": {}, "seconds": 0.0, "text": options.get("text", "the message"), "ran": []}
    result["endless"] = options.get("endless", False)
    init = dict(options.get("init", {}))
    if init.get("pickler") == "cloudpickle":
        if importlib.util.find_spec("cloudpickle") is None:
            return None
        init["pickler"] = __import__("cloudpickle")
    if init.pop("register", None):
        for cls in (Sleeper, Looper, Raiser, Waiter, Nonsense, Misbehaving):
            keeptrace.register(cls, cls.__getstate__)
    if "seconds" in options:
        init["limits"] = keeptrace.Limits(seconds=options["seconds"])
    depths = options.get("depths", [0, 1, 3, -1])
    for depth in depths[-2:-1] or depths if "quick" in sys.argv else depths:
        for protocol in (0, 4) if depth == 3 else (pickle.DEFAULT_PROTOCOL,):
            keeptrace.init(depth=depth, **init)
            RAN.clear()
            COUNTING.append(1)
            started = time.monotonic()
            try:
                result["dumps"][depth, protocol] = pickle.dumps(error, protocol)
            except BaseException:
                result["errors"][depth, protocol] = traceback.format_exc(limit=-6)
            result["seconds"] = max(time.monotonic() - started, result["seconds"])
            COUNTING.clear()
            result["ran"] += [] if options.get("runs") else map(str, RAN)
    return result


if __name__ == "__main__":
    main(sys.argv[1])
