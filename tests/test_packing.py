"""Packed values: they come back as they were, of the same types, and take less than by themselves."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import interpreters
import pytest
from test_columns import recorded, restored

from keeptrace.record import packing, raw, redaction
from keeptrace.restore import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

INTEGERS = {
    "of one byte": (list(range(256)), "B"),
    "of two bytes": (list(range(300)), "H"),
    "of two bytes at most": ([65_535] * 50, "H"),
    "below zero": ([-1] * 50, "i"),
    "of four bytes": ([-(2**31), 2**31 - 1] * 50, "i"),
    "of six bytes": ([2**40] * 50, "q"),
    "of eight bytes": ([-(2**63), 2**63 - 1] * 50, "q"),
    "more than are packed at once": (list(range(70_000, 70_000 + 3 * packing.AT_ONCE)), "i"),
}

PROGRAM = """
import pickle, sys, keeptrace

class Node:
    def __init__(self, number, other):
        self.number, self.other, self.nothing = -number, other, None

def crash():
    lists = [list(range(start, start + 100)) for start in (0, 60_000, -50, 2**31, -2**63, 2**63 - 50)]
    others = [tuple(range(100)), {number: -number for number in range(100)}, [number % 2 == 0 for number in range(100)]]
    nodes = [Node(number, None) for number in range(100)]
    for number, node in enumerate(nodes):
        node.other = nodes[number // 2]
    raise ValueError

keeptrace.init(depth=-1)
try:
    crash()
except ValueError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file, {protocol})
"""

CHECK = """
found = restored.__traceback__.tb_next.tb_frame.f_locals
starts = 0, 60_000, -50, 2**31, -2**63, 2**63 - 50
assert found["lists"] == [list(range(start, start + 100)) for start in starts], found["lists"]
expected = [tuple(range(100)), {number: -number for number in range(100)}, [number % 2 == 0 for number in range(100)]]
assert repr(found["others"]) == repr(expected), found["others"]
assert [node.number for node in found["nodes"]] == [-number for number in range(100)]
assert all(node.other is found["nodes"][number // 2] for number, node in enumerate(found["nodes"]))
print("all of it")
"""


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_what_is_packed_is_the_same_in_every_python(protocol: int, tmp_path: Any) -> None:
    interpreters.record(PROGRAM.replace("{protocol}", str(protocol)), tmp_path / "crash.pkl")
    for version in interpreters.found():
        assert interpreters.load(version, tmp_path / "crash.pkl", CHECK) == "all of it\n"


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_take_as_many_bytes_as_the_largest_needs(name: str) -> None:
    numbers, code = INTEGERS[name]
    form = packing.integers(numbers)
    assert form[:2] == ("integers", code)
    assert list(unpacked(form)) == numbers


def test_a_few_large_integers_among_many_small_ones_make_nothing_larger() -> None:
    numbers = [1] * 999 + [2**40]
    assert packing.integers(numbers) == numbers


def test_integers_over_64_bits_are_kept_as_they_are() -> None:
    numbers = [*range(100), 2**63]
    assert packing.integers(numbers) is None
    assert restored([numbers]) == [numbers]


def test_lists_of_many_integers_take_fewer_bytes_than_by_themselves() -> None:
    numbers = list(range(100_000, 200_000))
    assert len(pickle.dumps(recorded(numbers))) < len(pickle.dumps(numbers))


HOLDERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": lambda values: values,
    "tuple": tuple,
    "keys": dict.fromkeys,
    "values": lambda values: dict(enumerate(values)),
    "rows": lambda values: [{"value": value} for value in values],
    "lists": lambda values: [[value] for value in values],
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("other", [True, 0.0, None, 2**64, "text", b"bytes"])
def test_what_is_among_integers_keeps_its_type(holder: str, other: Any) -> None:
    held = HOLDERS[holder]([*range(2, 100), other])
    assert repr(restored(held)) == repr(held)


@pytest.mark.parametrize(
    ("held", "times"), [(list(range(5000)), 1), (dict.fromkeys(map(str, range(5000)), 1.5), 3), ([[1]] * 5000, 3)]
)
def test_the_types_of_bulk_data_are_asked_for_few_times(held: Any, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dict's keys are looked at before it is copied, and in the copy; its values once."""
    kinds_of, asked = raw.kinds_of, []

    def counting(objects: Any) -> set[type]:
        asked.append(len(objects))
        return kinds_of(objects)

    for module in (raw, redaction):
        monkeypatch.setattr(module, "kinds_of", counting)
    recorded(held)
    assert sum(asked) < (times + 0.5) * 5000


@pytest.mark.parametrize("version", interpreters.in_turn(interpreters.RECORDING))
def test_no_metaclass_of_the_standard_library_makes_it_slow_to_ask_for_types(version: str, tmp_path: Any) -> None:
    if version not in interpreters.found():
        pytest.skip(f"no CPython {version} on this machine")
    look = "raw.look_at_metaclasses(); print(raw.METACLASSES)"
    program = f"import typing, ctypes, enum; from keeptrace.record import raw; {look}"
    command = [interpreters.found()[version], "-c", program]
    assert interpreters.run(command, cwd=tmp_path, **interpreters.keeptrace_importable()) == "set()\n"


def test_no_metaclass_of_typing_extensions_makes_it_slow_to_ask_for_types() -> None:
    """It is in every program that uses pydantic."""
    typing_extensions = pytest.importorskip("typing_extensions")
    raw.look_at_metaclasses()
    assert id(type(typing_extensions.Protocol)) not in raw.METACLASSES


def test_no_code_of_the_application_makes_integers() -> None:
    """Neither an integer's of a class of its own, nor what only stands for one."""
    calls = []

    class Number(int):
        def __index__(self) -> int:
            calls.append("Number")
            return 0

    class Index:
        __index__ = __int__ = Number.__index__

    for other in (Number(5), Index()):
        found = restored([*range(100), other])
        assert found[:100] == list(range(100))
        assert type(found[100]).__name__ == type(other).__name__
    assert calls == []
