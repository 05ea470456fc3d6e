"""Objects recorded together as columns: they come back as if each had been recorded by itself."""

from __future__ import annotations

import enum
import http
import pickle
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import keeptrace
from keeptrace.record import cutting, loop, packing
from keeptrace.record.redactor import default_redactor
from keeptrace.record.settings import Settings
from keeptrace.restore import restore, with_packed

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.live_stack


class Node:
    """With attributes, one of which holds something."""

    def __init__(self, number: int, **more: Any) -> None:
        self.number, self.name, self.held = number, f"node {number}", [number]
        self.__dict__.update(more)


class Slots:
    """Without a dict."""

    __slots__ = ("number", "other")

    def __init__(self, number: int) -> None:
        self.number, self.other = number, None


class Both(Slots):
    """With slots and a dict."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.more = str(number)


class Shown(Node):
    """With a representation of the application's own."""

    def __repr__(self) -> str:
        return "made by the application"


class Hides(Slots):
    """With an attribute of its own under the name of a slot."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.__dict__["number"] = str(number)


class Fails(Node):
    """With a property that must not be asked."""

    @property
    def number(self) -> int:  # type: ignore[override]
        raise AssertionError

    def __init__(self, number: int) -> None:
        self.__dict__["number"] = number


def members(kind: Any, name: str, values: dict[str, Any], **options: Any) -> list[Any]:
    """Return the members of an enum that is made by a call."""
    return list(kind(name, values, **options))


def ring() -> list[Node]:
    nodes = [Node(number) for number in range(20)]
    for number, node in enumerate(nodes):
        node.__dict__.update(next=nodes[number - 1], all=nodes)
    return nodes


def recorded(values: Any, depth: int = 3, **settings: Any) -> dict[str, Any]:
    """Return the table of an error that has the values as an attribute, and no stack."""
    error: Any = ValueError("the message")
    error.values = values
    given = Settings(depth=depth, redactor=default_redactor(), **settings)
    table: dict[str, Any] = loop.record_table(error, given, None).table
    return table


def restored(values: Any, depth: int = 3, **settings: Any) -> Any:
    """Return the values as they come back."""
    return restore(recorded(values, depth, **settings))[0].values


def described(value: Any, depth: int = 0) -> Any:
    """Return what can be compared of a restored value."""
    if type(value) in (list, tuple):
        return [described(item, depth) for item in value]
    if type(value) is dict:
        return {key: described(item, depth) for key, item in value.items()}
    if depth < 3 and keeptrace.is_mock(value) and not isinstance(value, type):
        return type(value).__qualname__, repr(value), described(vars(value), depth + 1)
    return repr(value)


SAMPLES: dict[str, Callable[[], Any]] = {
    "rows": lambda: [{"id": number, "name": str(number), "big": 2**number} for number in range(100)],
    "rows of rows": lambda: [{"id": {"id": number, "of": [number]}} for number in range(10)],
    "rows of different names": lambda: [{"id": number, f"name {number // 5}": 1} for number in range(10)],
    "rows in another order": lambda: [{"a": 1, "b": 2} if number % 2 else {"b": 2, "a": 1} for number in range(10)],
    "rows with odd names": lambda: [{"100%": number, "%s": 1, "": 2, "{}": 3} for number in range(10)],
    "rows with keys that are no text": lambda: [{1: number, None: 2} for number in range(10)],
    "rows with long text": lambda: [{"a": "x" * number * 20, "b": b"\0" * number} for number in range(10)],
    "many names": lambda: [{f"name {name}": number for name in range(30)} for number in range(10)],
    "empty dicts": lambda: [{} for _ in range(10)],
    "one dict many times": lambda: [{"a": 1}] * 10,
    "instances": lambda: [Node(number) for number in range(10)],
    "instances in a ring": ring,
    "instances with slots": lambda: [Slots(number) for number in range(10)],
    "instances with slots and more": lambda: [Both(number) for number in range(10)],
    "instances with an attribute before a slot": lambda: [Hides(number) for number in range(10)],
    "members of an enum": lambda: members(enum.Enum, "Color", {f"C{number}": [number] for number in range(10)}),
    "members that are numbers": lambda: members(
        enum.IntEnum, "Code", {f"C{number}": 2**number for number in range(100)}
    ),
    "members that are text": lambda: members(
        enum.Enum, "Word", {f"W{number}": "a" * number for number in range(9)}, type=str
    ),
    "members that are flags": lambda: members(enum.Flag, "Flag", {f"F{number}": 2**number for number in range(9)}),
    "members of the standard library": lambda: list(http.HTTPStatus)[:10],
    "instances with their own text": lambda: [Shown(number) for number in range(10)],
    "instances with a property": lambda: [Fails(number) for number in range(10)],
    "instances with special names": lambda: [Node(number, __special__=1) for number in range(10)],
    "two classes in turn": lambda: [Node(number) if number % 2 else Slots(number) for number in range(20)],
    "every number": lambda: [{"a": value} for value in (1, True, None, 1.5, 1j, 2**70, float("inf"), -0.0)],
    "exceptions": lambda: [{"error": ValueError(number)} for number in range(10)],
    "numbers and text": lambda: [{"a": number if number % 3 else "text"} for number in range(10)],
}


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4, -1])
@pytest.mark.parametrize("name", SAMPLES)
def test_they_come_back_as_one_by_one(name: str, depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = SAMPLES[name]()
    together = restored(values, depth=depth)
    monkeypatch.setattr(packing, "SOME", sys.maxsize)
    monkeypatch.setattr(packing, "MANY", sys.maxsize)
    assert described(together) == described(restored(values, depth=depth))


@pytest.mark.parametrize("make", [Node, Slots, Both, lambda number: {"id": number, "name": str(number)}])
def test_many_objects_take_few_entries(make: Callable[[int], Any]) -> None:
    """The work and the pickle grow with the classes and their attributes, less with the objects."""
    table = recorded([make(number) for number in range(5000)])
    lists = 5000 if make is Node else 0
    assert sum(len(record) > 0 for record in table["records"]) < 100 + lists
    assert len(table["packed"]) <= 2 * 5000 // loop.AT_ONCE + 3


def test_what_is_shared_stays_shared() -> None:
    nodes = restored(ring(), depth=-1)
    assert all(node.next is nodes[number - 1] for number, node in enumerate(nodes))
    assert all(node.all is nodes for node in nodes)


def test_secrets_in_columns_are_hidden() -> None:
    rows = [
        {"password": f"hunter{number}", "name": "a", "note": "AKIAIOSFODNN7EXAMPLE" if number == 7 else "b"}
        for number in range(10)
    ]
    for depth in (1, 2, 3):
        found = repr(restored(rows, depth=depth))
        assert "hunter" not in found
        assert "AKIAIOSFODNN7EXAMPLE" not in found
    assert restored(rows)[7]["note"].startswith("<redacted: ")
    assert restored(rows)[8] == {"password": "<redacted: name password, 7 characters>", "name": "a", "note": "b"}


def test_the_limits_hold() -> None:
    table = recorded(
        [{"id": number, "held": [number]} for number in range(10_000)], limits=keeptrace.Limits(objects=500)
    )
    assert len(table["records"]) < 600
    rows = [{"id": number, "text": "x" * 1000} for number in range(10_000)]
    table = recorded(rows, limits=keeptrace.Limits(bytes=1_000_000))
    assert len(pickle.dumps(table)) < 1_000_000
    assert restored(rows, limits=keeptrace.Limits(text=100))[0]["text"] == "x" * 100


def test_a_pickler_and_representations_are_asked_for_each() -> None:
    nodes = [Shown(number) for number in range(10)]
    assert {repr(node) for node in restored(nodes, reprs=True)} == {"made by the application"}
    assert all(type(node) is Shown for node in restored(nodes, pickler=pickle))


def test_registered_classes_are_recorded_by_their_function() -> None:
    keeptrace.register(Node, lambda node: f"node number {node.number}")
    try:
        assert [repr(node) for node in restored(ring())[:2]] == ["node number 0", "node number 1"]
    finally:
        keeptrace.register(Node, None)


def test_a_row_that_turns_out_to_be_a_namespace_is_one() -> None:
    """A dict may be met as a value before the frame that runs with it."""
    spaces: list[dict[str, Any]] = [{"number": number, "error": None} for number in range(10)]
    try:
        exec(compile("1 / 0", "<text>", "exec"), spaces[5])
    except ZeroDivisionError as error:
        spaces[4]["error"] = error
    for space in spaces:
        space.pop("__builtins__", None)
    found = restored(spaces, depth=-1)
    frame = found[4]["error"].__traceback__.tb_next.tb_frame
    assert frame.f_globals is found[5]
    assert [space["number"] for space in found] == list(range(10))


def test_columns_survive_what_other_threads_do() -> None:
    """Rows that change while they are read are recorded one by one."""
    rows = [{"id": number} for number in range(2000)]
    ends = threading.Event()

    def change() -> None:
        while not ends.is_set():
            for row in rows:
                row["more"] = 1
                del row["more"]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(5):
            table = recorded(rows)
            dicts = [record[1] for record in with_packed(table) if record[0] in ("plain", "dict")]
            assert [entries["id"] for entries in dicts if "id" in entries] == list(range(2000))
    finally:
        ends.set()
        thread.join()


def test_what_was_pickled_itself_is_not_packed() -> None:
    """Whoever has the table finds it there."""
    root: Any = ValueError("the message")
    root.others = [ValueError(str(number)) for number in range(2000)]
    table, indexes, *_ = loop.record_table(root, Settings(redactor=default_redactor()), None)
    assert table["records"][indexes[id(root)]][0] == "exception"
    assert len(table["packed"]) > 0
    assert [str(error) for error in restore(table)[0].others] == [str(number) for number in range(2000)]


@pytest.mark.parametrize("held", [[1, 2], list(range(100)), {"a": 1}, dict.fromkeys(map(str, range(100)), 1)])
def test_what_is_looked_at_is_what_is_kept(held: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread that changes a container meanwhile puts nothing into the table that was not looked at."""
    plain_form, count = cutting.plain_form, len(held)

    def interrupted(recorder: Any, items: Any) -> Any:
        found = plain_form(recorder, items)
        if isinstance(held, list):
            held.append(object())
        else:
            held["late"] = object()
        return found

    monkeypatch.setattr(cutting, "plain_form", interrupted)
    assert len(restored(held)) == count
