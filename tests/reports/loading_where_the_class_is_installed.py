"""pickle.load failed on the developer's machine, where an exception's class can be imported: ValueError, "not safe"."""

import dataclasses
import pickle
import sys
import traceback

import keeptrace


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    code: str


class ReadOnly(Exception):
    def __setattr__(self, name, value):
        raise AttributeError("read-only")


class OwnArguments(Exception):
    @property
    def args(self):
        return ("computed",)


class OwnLinks(Exception):
    __cause__ = __context__ = __traceback__ = __dict__ = property(lambda self: None, lambda self, value: 1 / 0)


class OtherClass(Exception):
    @property
    def __class__(self):
        raise RuntimeError("who asks?")


class Ending(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.condition = [text]

    def __del__(self):
        self.condition.clear()


class NoAttributes(Exception):
    def __getattribute__(self, name):
        raise RuntimeError(f"who asks for {name}?")


class Wanting(Exception):
    def __init_subclass__(cls, *, code):
        """Want an argument that nobody gives."""

    def __str__(self):
        return f"at {id(self)}"


class Meta(type):
    def __new__(cls, name, bases, namespace, *, code):
        return super().__new__(cls, name, bases, namespace, **({"code": code} if Wanting in bases else {}))


class WithMeta(Exception, metaclass=Meta, code=1):
    def __str__(self):
        return f"at {id(self)}"


class Wanted(WithMeta, Wanting, code=2):
    pass


class Made(Exception):
    def __new__(cls, first, second):
        return super().__new__(cls, first)

    def __init__(self, first, second):
        self.second = second


def failures():
    """Yield what raises the exceptions of libraries, those made in C among them, as far as they are installed."""
    for error in (
        Frozen("a"),
        ReadOnly("b"),
        OwnArguments("c"),
        OwnLinks("d"),
        OtherClass("e"),
        Wanted("f"),
        Made(1, 2),
    ):
        yield lambda error=error: raised(error)
    yield lambda: raised(NoAttributes("i"))
    yield lambda: raised(Ending("j"))
    yield lambda: raised(Wanting("g"))
    yield lambda: raised(WithMeta("h"))
    for library in ("attrs", "lxml", "numpy", "psycopg2", "pydantic"):
        try:
            yield globals()[f"{library}_failure"]()
        except ImportError:
            print(f"{library} is not installed")


def attrs_failure():
    import attrs

    class FrozenAttrs(Exception):
        code: int

    globals()["FrozenAttrs"] = found = attrs.frozen(FrozenAttrs)
    found.__qualname__ = "FrozenAttrs"
    return lambda: raised(found(7))


def lxml_failure():
    from lxml import etree

    return lambda: etree.fromstring("<a>")


def numpy_failure():
    import numpy as np

    return lambda: np.linalg.inv(np.zeros((2, 2)))


def psycopg2_failure():
    import psycopg2

    return lambda: psycopg2.connect("host=127.0.0.1 port=1 connect_timeout=1")


def pydantic_failure():
    import pydantic

    return lambda: pydantic.TypeAdapter(int).validate_python("a")


def raised(error):
    raise error


def held(error):
    """Return a crash that has an exception among its variables."""
    try:
        1 / 0
    except ZeroDivisionError as crash:
        return crash


def text(error):
    return "".join(traceback.format_exception(type(error), error, vars(BaseException)["__traceback__"].__get__(error)))


MADE_IN_C = ("ValidationError", "OperationalError")
STAND_INS = (*MADE_IN_C, "Ending")
failed, crashes = [], []
sys.unraisablehook = failed.append
keeptrace.init()
for failure in failures():
    try:
        failure()
    except Exception as error:
        crashes.append(error)
for error in crashes:
    name = type(error).__name__
    try:
        again, holder = pickle.loads(pickle.dumps([error, held(error)]))
        found = holder.__traceback__.tb_frame.f_locals["error"]
        assert type(found).__name__ == type(again).__name__ == name
        assert vars(BaseException)["args"].__get__(again) == vars(BaseException)["args"].__get__(error)
        assert issubclass(type(again), type(error)) or name in STAND_INS
        assert issubclass(type(again), ValueError) == issubclass(type(error), ValueError)
        if name not in ("NoAttributes", "OtherClass", "OwnLinks"):  # which cannot be printed
            assert text(again) == text(error), text(again) + text(error)
        assert issubclass(type(keeptrace.load(keeptrace.dumps(error))), Exception)
    except Exception as problem:
        failed.append(f"{name}: {problem!r}")
print("\n".join(map(str, failed)) or "ok")
sys.exit(bool(failed))
