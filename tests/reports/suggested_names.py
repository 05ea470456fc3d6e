"""What Python suggests for a wrong name was lost, where the name it suggests was of something that is not recorded."""

import contextlib
import io
import json
import re
import sqlite3
import sys
import types

from checking import caught, check


class Slots:
    __slots__ = ("count", "total")


class Base:
    def __init__(self):
        self._kept = None

    def build(self):
        raise NotImplementedError


class Derived(Base):
    limit = 1


def steps():
    yield


shop = types.ModuleType("shop")
shop.helper = shop.within = None
large = types.ModuleType("large")
large.__dict__.update({f"name_{number}": None for number in range(1000)})  # too many: Python suggests none
lacking = [
    (shop, "helpr"), (large, "name_"), (json, "lods"), (Slots(), "cont"), (Slots(), "totl"), (Derived(), "biuld"),
    (Derived(), "_kep"), (Derived(), "limt"), (Derived, "buld"), (steps(), "snd"), (io.StringIO(), "redlines"),
    (re.match("", ""), "grop"), (sqlite3.connect(":memory:"), "exceute"), (type, "mr"), ([], "apend"),
]  # fmt: skip


def main():
    last = None
    for obj, name in lacking:
        error = caught(lambda obj=obj, name=name: getattr(obj, name))
        error.__traceback__ = None
        error.__context__, last = last, error
    error = caught(lambda: exec("from os import getcw"))
    error.__traceback__ = None
    error.__context__, last = last, error
    raise KeyError from last


with contextlib.redirect_stderr(io.StringIO()) as printed:
    error = caught(main)
    error.__traceback__ = None
    sys.excepthook(type(error), error, None)
assert printed.getvalue().count("Did you mean") == len(lacking) - 1 + (sys.version_info >= (3, 12)), printed.getvalue()

check(
    main,
    f"""
import contextlib
assert printed() == text, printed() + text
error.__traceback__ = None
with contextlib.redirect_stderr(io.StringIO()) as output:
    sys.excepthook(type(error), error, None)
assert output.getvalue() == {printed.getvalue()!r}, output.getvalue()
""",
)
