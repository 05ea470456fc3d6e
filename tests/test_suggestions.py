"""The names that Python may suggest of an object: which are recorded, and what is not looked at."""

from __future__ import annotations

import collections
import sys
import traceback
import types
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from keeptrace.record import suggestions

NAMES = strategies.text("abcdAB_1", min_size=1, max_size=12)


def module(**names: Any) -> types.ModuleType:
    found = types.ModuleType("shop")
    found.__dict__.update(names)
    return found


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there Python looks for them in C")
@hypothesis.given(NAMES, NAMES)
def test_no_name_that_python_suggests_is_missing(name: str, missing: str) -> None:
    """Its own distance is within what it allows."""
    most = (len(name) + len(missing) + 3) * 2 // 6
    distance = traceback._levenshtein_distance(missing, name, most)  # type: ignore[attr-defined]
    letters = collections.Counter(missing.lower())
    assert distance > most or suggestions.is_near(name, len(missing), letters)


def test_names_of_all_kinds_are_found() -> None:
    """Of an instance, its slots and classes, of a class, of a module: as dir() does, but for special names."""

    class Base:
        __slots__ = ("__dict__", "total")

    class Derived(Base):
        totals = 1

    derived: Any = Derived()
    derived.totally = None
    assert set(suggestions.near(derived, "totale")) == {"total", "totals", "totally"}
    assert set(suggestions.near(Derived, "totale")) == {"total", "totals"}
    assert suggestions.near(module(helper=1, another=2), "helpr") == ("helper",)
    assert suggestions.near(derived, "__slot__") == ()
    assert suggestions.near(module(helper=1, __dir__=list), "helpr") == ()


def test_what_python_does_not_look_at_is_not_looked_at() -> None:
    """Too many names, and too long ones; and what has a text of any length cannot make it slow."""
    many = {f"name{number}": None for number in range(751)}
    assert suggestions.near(module(**dict.fromkeys(list(many)[:700])), "name_1") != ()
    assert suggestions.near(module(**many), "name_1") == ()
    assert suggestions.near(types.SimpleNamespace(**many), "name_1") == ()
    assert suggestions.near(module(**{"x" * 41: None}), "x" * 40) == ()
    assert suggestions.near(module(**{"x" * 40: None}), "x" * 41) == ()
    assert suggestions.near(5, "rel") == suggestions.near(module(helper=1), 5) == ()


def test_no_code_of_the_object_runs() -> None:
    """Neither of it, nor of its class or what holds its attributes, nor of a name."""
    ran = []

    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            ran.append(name)
            return super().__getattribute__(name)

    class Names(dict[Any, Any]):
        def keys(self) -> Any:
            ran.append("keys")
            return super().keys()

        def __iter__(self) -> Any:
            ran.append("iter")
            return super().__iter__()

        def __len__(self) -> int:
            ran.append("len")
            return super().__len__()

    class Name(str):
        __slots__ = ()

        def lower(self) -> str:
            ran.append("lower")
            return super().lower()

        def __hash__(self) -> int:
            return super().__hash__()

        def __eq__(self, other: object) -> bool:
            ran.append("eq")
            return super().__eq__(other)

    class Odd(metaclass=Meta):
        def __getattribute__(self, name: str) -> Any:
            ran.append(name)
            return super().__getattribute__(name)

        def __dir__(self) -> Any:
            ran.append("dir")
            return []

    odd = Odd()
    object.__getattribute__(odd, "__class__")
    object.__setattr__(odd, "__dict__", Names({"total": 1, Name("totaly"): 2, 3: 4}))
    ran.clear()
    assert suggestions.near(odd, "totl") == ("total",)
    assert ran == []
