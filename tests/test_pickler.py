"""Blobs: what the pickler of init() makes of single values, beside their mocks."""

from __future__ import annotations

import json
import os
import pathlib
import pickle
import subprocess
import sys
from typing import Any

import interpreters
import pytest
from test_values import evaluate

SAMPLES = pathlib.Path(__file__).parent / "samples"
PICKLERS = ("pickle", "cloudpickle", "dill", "pickle.dumps", "cloudpickle.dumps", "Dumper()")

RECORD = f"""
import pickle, sys
sys.path.insert(0, {str(SAMPLES)!r})
import cloudpickle, dill, keeptrace, shop

class Dumper:
    def dumps(self, value):
        return pickle.dumps(value)

keeptrace.init(%s, limits=keeptrace.Limits(seconds=2, bytes=2**19))
try:
    shop.crash()
except LookupError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""


def record(path: pathlib.Path, *arguments: str) -> pathlib.Path:
    interpreters.record(RECORD % ", ".join(arguments), path)
    return path


def evaluate_with_application(path: pathlib.Path, *expressions: str) -> list[str]:
    """Evaluate expressions in the crashed frame, in a fresh process where the application can be imported."""
    code = f"import json, pickle, sys\nrestored = pickle.load(open({str(path)!r}, 'rb'))\n{EVALUATE}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(expressions),
        env={**os.environ, "PYTHONPATH": str(SAMPLES)},
        capture_output=True,
        text=True,
        check=True,
        timeout=interpreters.TIMEOUT,
    )
    results: list[str] = json.loads(done.stdout)
    return results


EVALUATE = """
frame = restored.__traceback__.tb_next.tb_frame
print(json.dumps([repr(eval(each, frame.f_globals, frame.f_locals)) for each in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module", params=PICKLERS)
def dump(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Record the shop's crash with each pickler."""
    pytest.importorskip(request.param.partition(".")[0]) if request.param != "Dumper()" else None
    return record(tmp_path_factory.mktemp("dump") / "shop.pkl", request.param)


def test_what_the_pickler_took_is_real_where_its_environment_is(dump: pathlib.Path) -> None:
    """Values, and the elements of a container that holds one the pickler refused, are the real objects."""
    actual = evaluate_with_application(dump, "item", "both[0] is item", "type(item).__module__", "function")
    assert actual[:3] == ["Item pen, by its own code", "True", "'shop'"]
    assert evaluate_with_application(dump, "__import__('shop').explode is function") == ["True"]


def test_what_the_pickler_took_is_its_mock_elsewhere(dump: pathlib.Path) -> None:
    """The table alone is complete."""
    actual = evaluate(dump, "item.name, item.inner.name", "both[0] is item, type(item).__name__", "function()")
    assert actual[:2] == ["('pen', 'cap')", "(True, 'Item')"]
    assert actual[2] == "NotRecorded: explode() was not recorded: a dump keeps values, not behaviour"


def test_a_value_that_cannot_be_pickled_is_a_mock_with_real_children(dump: pathlib.Path) -> None:
    """What the pickler refuses is a mock; what it holds is probed in turn."""
    actual = evaluate_with_application(dump, "type(before.item) is __import__('shop').Item", "type(before).__name__")
    assert actual == ["True", "'BadBefore'"]
    assert evaluate_with_application(dump, "type(before) is __import__('shop').BadBefore") == ["False"]


def test_a_value_that_cannot_be_loaded_is_a_mock(dump: pathlib.Path) -> None:
    """An error in one blob costs no other."""
    assert evaluate_with_application(dump, "after.number", "text") == ["2", "'plain'"]


def test_a_value_that_takes_too_long_is_a_mock(dump: pathlib.Path) -> None:
    """A pickler that sleeps is given up, and the values after it still have their time."""
    assert evaluate_with_application(dump, "sleeper.number", "item") == ["3", "Item pen, by its own code"]


def test_a_value_that_is_too_large_is_a_mock(dump: pathlib.Path) -> None:
    """Blobs keep to the limit of bytes."""
    assert evaluate_with_application(dump, "len(huge.data)", "type(huge) is __import__('shop').Huge") == [
        "65536",
        "False",
    ]
    assert os.path.getsize(dump) < 2**21


def test_a_value_whose_own_hash_fails_is_a_marker_among_keys(tmp_path: pathlib.Path) -> None:
    """A real object as a key runs its own code where it is loaded; that it fails costs nothing else."""
    program = """
import pickle, sys, keeptrace
class Angry:
    def __init__(self): self.x = 1
    def __hash__(self): return hash(self.x)
    def __setstate__(self, state): pass
def crash():
    angry = Angry()
    elements, keys, constant = {angry, 2}, {angry: 1}, frozenset([angry])
    raise ValueError("angry")
keeptrace.init(pickle)
try:
    crash()
except ValueError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""
    path = tmp_path / "angry.pkl"
    interpreters.record(program, path)
    (tmp_path / "__main__.py").write_text(program.partition("def crash")[0])
    code = f"""
import sys
exec(open({str(tmp_path / "__main__.py")!r}).read())
restored = pickle.load(open({str(path)!r}, "rb"))
names = restored.__traceback__.tb_next.tb_frame.f_locals
print(sorted(map(repr, names["elements"])), names["keys"], len(names["constant"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(interpreters.CHECKOUT)},
        timeout=interpreters.TIMEOUT,
    )
    marker = "<Angry: no key here, AttributeError: 'Angry' object has no attribute 'x'>"
    assert done.stdout == f"['2', {marker!r}] {{{marker}: 1}} 1\n".replace(repr(marker), f'"{marker}"')


def test_functions_by_value_are_real_with_cloudpickle(tmp_path: pathlib.Path) -> None:
    """What only cloudpickle can take comes back where cloudpickle is."""
    path = record(tmp_path / "shop.pkl", "cloudpickle")
    assert evaluate_with_application(path, "anonymous()") == ["42"]


def test_a_failing_pickler_costs_nothing(tmp_path: pathlib.Path) -> None:
    """A pickler that always fails leaves the dump as if there were none."""
    path = record(tmp_path / "shop.pkl", "lambda value: 1 / 0")
    assert evaluate_with_application(path, "item.name", "both[0] is item") == ["'pen'", "True"]


def test_representations_are_the_applications_own_on_request(tmp_path: pathlib.Path) -> None:
    """reprs=True asks the application's __repr__, under the time limit."""
    path = record(tmp_path / "shop.pkl", "reprs=True")
    assert evaluate(path, "item", "item.inner", "sleeper.number", "sleeper") == [
        "Item pen, by its own code",
        "Item cap, by its own code",
        "3",
        "<Sleeper: its __repr__ failed, TimeoutError>",
    ]


DEPTHS = {
    0: ["{}", "True"],
    1: ["{'one': <dict>}", "False", "Item(name='pen', inner=<Item>)", "False"],
    2: ["{'one': {'two': <dict>}}", "True", "Item(name='cap', inner=<Item>)", "False"],
    3: [
        "{'one': {'two': {'three': <dict>}}}",
        "True",
        "Item(name='cap', inner=Item(name='spring', inner=<Item>))",
        "False",
    ],
    -1: ["{'one': {'two': {'three': {'four': Item(name='pen'", "True", "coil", "True"],
}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_depth_says_how_many_levels_are_opened(tmp_path: pathlib.Path, depth: int) -> None:
    """1: variables as representations; n: n-1 levels beyond the variable; containers count as a level."""
    path = record(tmp_path / "shop.pkl", f"depth={depth}")
    shown, is_open, item, _ = DEPTHS[depth]
    actual = evaluate(path, "nested", "isinstance(nested, dict)", "item.inner" if depth > 1 else "item", "number, text")
    assert actual == [shown, is_open, item, "(1, 'plain')"]


def test_depth_zero_is_the_stack_alone(tmp_path: pathlib.Path) -> None:
    """Files, lines, names and source; no variables."""
    path = record(tmp_path / "shop.pkl", "depth=0")
    actual = evaluate(path, "locals()", "sorted(set(globals()) - {'__builtins__'})", "item")
    assert actual == [
        "{}",
        "['__doc__', '__file__', '__name__', '__package__']",
        "NameError: name 'item' is not defined",
    ]


def test_depth_minus_one_has_no_limit(tmp_path: pathlib.Path) -> None:
    """Everything that can be reached is opened."""
    path = record(tmp_path / "shop.pkl", "depth=-1")
    assert evaluate(path, "nested['one']['two']['three']['four'] is item", "item.inner.inner.inner.name") == [
        "True",
        "'coil'",
    ]


def test_a_linked_list_of_any_length_is_recorded_whole(tmp_path: pathlib.Path) -> None:
    """Nothing recurses over values: not recording, not pickling, not loading."""
    program = """
import pickle, sys, keeptrace
class Node: pass
def crash():
    first = node = Node()
    for node.number in range(20_000):
        node.next = Node()
        node = node.next
    raise ValueError
keeptrace.init(depth=-1, limits=keeptrace.Limits(seconds=10**6))
try:
    crash()
except ValueError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""
    path = tmp_path / "list.pkl"
    interpreters.record(program, path)
    count = "(lambda node: [node := node.next for _ in range(20_000)])(first)[19_998].number"
    assert evaluate(path, count) == ["19999"]


def test_a_registered_function_says_how_a_type_is_recorded(tmp_path: pathlib.Path) -> None:
    """Its dict is the mock's attributes, its str the representation; subclasses follow; None takes it back."""
    program = """
import pickle, sys, keeptrace
class Money:
    def __init__(self, cents): self.cents = cents
class Euro(Money): pass
class Secret(Money): pass
class Failing(Money): pass
class Plain(Money): pass
def crash():
    money, euro, secret, failing, plain = Money(1), Euro(2), Secret(3), Failing(4), Plain(5)
    raise ValueError
keeptrace.init()
keeptrace.register(Money, lambda money: {"amount": money.cents / 100})
keeptrace.register(Secret, lambda secret: "hidden money")
keeptrace.register(Failing, lambda failing: 1 / 0)
keeptrace.register(Plain, lambda plain: "x")
keeptrace.register(Plain, None)
try:
    crash()
except ValueError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""
    path = tmp_path / "money.pkl"
    interpreters.record(program, path)
    expressions = (
        "money.amount, hasattr(money, 'cents')",
        "euro.amount, type(euro).__name__",
        "secret",
        "failing",
        "plain.amount",
    )
    assert evaluate(path, *expressions) == [
        "(0.01, False)",
        "(0.02, 'Euro')",
        "hidden money",
        "<Failing: its registered function failed, ZeroDivisionError: division by zero>",
        "0.05",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("text", len), "cannot register 'text': a class is expected"),
        ((int, 5), "cannot register 5 for int: a callable is expected, or None"),
    ],
)
def test_register_says_what_it_expects(arguments: tuple[Any, Any], message: str) -> None:
    """Wrong arguments are a TypeError that names them."""
    import keeptrace

    with pytest.raises(TypeError) as raised:
        keeptrace.register(*arguments)
    assert str(raised.value) == message


def test_mocks_are_told_from_real_objects(tmp_path: pathlib.Path) -> None:
    """is_mock() knows mocks of instances, classes and functions, and nothing else."""
    import keeptrace

    path = record(tmp_path / "shop.pkl", "None")
    with open(path, "rb") as file:
        error = pickle.load(file)
    names = error.__traceback__.tb_next.tb_frame.f_locals
    mocks = [names["item"], type(names["item"]), names["function"], names["before"]]
    assert [keeptrace.is_mock(each) for each in mocks] == [True] * 4
    others = [names["both"], names["text"], 1, None, str, len, self_made(), keeptrace.is_mock]
    assert [keeptrace.is_mock(each) for each in others] == [False] * 8


def self_made() -> object:
    return type("Item", (), {})()
