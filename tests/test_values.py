"""What values become: the crash of samples/zoo.py, loaded where nothing of it exists."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest

if TYPE_CHECKING:
    import os

ZOO = (pathlib.Path(__file__).parent / "samples" / "zoo.py").read_text(encoding="utf-8")

EVALUATE = """
import json
innermost = restored.__traceback__
while innermost.tb_next:
    innermost = innermost.tb_next
frame = innermost.tb_frame
results = []
for expression in json.load(sys.stdin):
    try:
        results.append(repr(eval(expression, frame.f_globals, frame.f_locals)))
    except Exception as error:
        results.append("%s: %s" % (type(error).__name__, error))
print(json.dumps(results))
"""


def evaluate(path: str | os.PathLike[str], *expressions: str, python: str = sys.executable) -> list[str]:
    """Evaluate expressions in the crashed frame, in a fresh process; return the repr of each, or its error."""
    results: list[str] = json.loads(interpreters.load(python, path, EVALUATE, stdin=json.dumps(expressions)))
    return results


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Record the zoo's crash, once."""
    path = tmp_path_factory.mktemp("zoo") / "zoo.pkl"
    interpreters.record(ZOO, path)
    return path


@pytest.fixture(scope="module")
def facts(zoo: pathlib.Path) -> dict[str, str]:
    """Evaluate all expressions in one process; return the results by expression."""
    expressions = [expression for rows in (VALUES, MOCKS, CLASSES, FUNCTIONS) for expression, _ in rows]
    return dict(zip(expressions, evaluate(zoo, *expressions), strict=True))


ANNOTATED = "(number: 'int', /, *rest, key='k', **options) -> 'str'"
BARE = "(number, /, *rest, key='k', **options)"
SIGNATURE = repr(BARE if sys.version_info >= (3, 14) else ANNOTATED)

VALUES = [
    ("moment", "datetime.datetime(2020, 1, 2, 3, 4, 5, 6)"),
    ("aware.tzinfo is zone, aware.isoformat()", "(True, '2020-01-01T00:00:00+01:00')"),
    (
        "day, clock, duration",
        "(datetime.date(2000, 2, 29), datetime.time(1, 2), datetime.timedelta(days=1, seconds=2))",
    ),
    ("amount, half, identity.int", "(Decimal('1.50'), Fraction(1, 2), 5)"),
    ("path, path.name, posix", "(PosixPath('/tmp/x'), 'x', PurePosixPath('a/b'))"),
    (
        "pattern.match('AB').group(1), pattern.flags == pattern.__class__ or pattern",
        "('B', re.compile('a(b)', re.IGNORECASE))",
    ),
    ("numbers, span, part", "(array('i', [1, 2]), range(0, 10, 2), slice(1, 2, None))"),
    ("proxy['a'], namespace.a, namespace.b is child", "(1, 1, True)"),
    ("address, network", "(IPv4Address('10.0.0.1'), IPv4Network('10.0.0.0/8'))"),
    (
        "counter, default, default['new']",
        "(Counter({'a': 2, 'b': 1}), defaultdict(<class 'list'>, {'a': [1], 'new': []}), [])",
    ),
    ("recent.maxlen, recent[1] is child, list(odd), odd['a'] is child", "(5, True, ['z', 'a'], True)"),
    ("dots, not_implemented, imaginary, big == 10**50, nan != nan", "(Ellipsis, NotImplemented, (1+2j), True, True)"),
    ("editable, list(dict_keys), list(dict_values), list(dict_items)", "(bytearray(b'q'), ['a'], [1], [('a', 1)])"),
    (
        "module.path.join('a', 'b'), package.__name__, kind, error_class",
        "('a/b', 'collections.abc', <class 'int'>, <class 'ValueError'>)",
    ),
    ("standard_function('a', 'b'), builtin([1])", "('a/b', 1)"),
    ("status, signal_, flags", "(<HTTPStatus.NOT_FOUND: 404>, <Signals.SIGINT: 2>, re.IGNORECASE|re.MULTILINE)"),
    ("status_result.st_mode, status_result[1]", "(0, 1)"),
    (
        "cycle[0] is cycle, circular['me'] is circular, knot[0][0] is knot, here.f_locals['here'] is here",
        "(True, True, True, True)",
    ),
    ("type(error).__name__, error.args, isinstance(error, LookupError)", "('KeyError', ('inner',), True)"),
    ("many == list(range(1000)), long_text == 'x' * 65_536", "(True, True)"),
    (
        "generator.gi_frame.f_locals, generator.gi_frame.f_lineno > 0, generator.gi_frame.f_back",
        "({'state': 'suspended'}, True, None)",
    ),
    ("coroutine.__class__.__name__, stream.ag_frame.f_code.co_name", "('coroutine', 'flowing')"),
]

MOCKS = [
    (
        "mapping['a'], mapping['b'], len(mapping), list(mapping), 'a' in mapping, mapping.owner",
        "(1, [2], 2, ['a', 'b'], True, 'ada')",
    ),
    ("mapping == {'a': 1, 'b': [2]}, isinstance(mapping, dict), type(mapping).__name__", "(True, True, 'Mapping')"),
    ("sequence[0], sequence[1] is child, len(sequence), 1 in sequence", "(1, True, 2, True)"),
    ("tuple_, tuple_[1], tuple_ == (1, 2), type(tuple_).__name__", "((1, 2), 2, True, 'Tuple')"),
    ("text, text.unit, type(text).unit, text.upper(), text == 'hey'", "('hey', 'USD', 'EUR', 'HEY', True)"),
    (
        "number + 1, ratio * 2, raw + b'z', growing + b'!', type(number).__name__",
        "(6, 5.0, b'xyz', bytearray(b'xyz!'), 'Number')",
    ),
    (
        "bag == {1, 2}, frozen == {3}, 3 in frozen, list(queue), list(ordered.items())",
        "(True, True, True, [1, 2], [('z', 1), ('a', 2)])",
    ),
    ("by_keyed[keyed], keyed[0]", "('found', 4)"),
    ("point.x, point.y is child, point[0], len(point), type(point)._fields", "(1, True, 1, 2, ('x', 'y'))"),
    ("typed", "Typed(a=3, b='q')"),
    (
        "order.number, order.lines[0] is child, order.secret, order == same_order, order == key",
        "(1, True, 0, True, False)",
    ),
    (
        "key, keys[key], keys[child], keys[1, key], key in members, child in members",
        "(Key(name='k', version=1), 1, 2, 3, True, True)",
    ),
    ("key in constant, 'x' in constant, slots_data", "(True, True, SlotsData(x=4))"),
    ("hidden.shown, hasattr(hidden, 'computed'), hasattr(hidden, 'nothing')", "(1, False, False)"),
    ("hidden.computed", "NotRecorded: Hidden.computed was not recorded: it is a property"),
    (
        "slotted.first, slotted.second, hasattr(slotted, 'never'), type(slotted).__mro__[1].__name__",
        "('one', 2, False, 'Slotted')",
    ),
    ("child.itself is child, child.siblings[0] is child, child.kind", "(True, True, 'base')"),
    ("described, described.b", "(Described(a=1, b=[2]), [2])"),
    ("forbidding.kept", "[1, 2]"),
    ("forbidding", "Forbidding(kept=[1, 2])"),
    ("lock", "<unlocked _thread.lock object at ..."),
    ("event.__class__.__name__, reference", "('Event', <weakref at 0x..."),
    ("str(reference).endswith(f\"to 'Child' at {hex(0)[:2]}{repr(child).rpartition('0x')[2]}\")", "True"),
    ("found, view", "(<re.Match object; span=(0, 2), match='ab'>, <memory at 0x..."),
    (
        "red, red.name, red.value, red is Colour.RED, red is Colour['RED'], list(Colour)",
        "(<Colour.RED: 1>, 'RED', 1, True, True, [<Colour.RED: 1>, <Colour.GREEN: 'g'>])",
    ),
    ("Colour.CRIMSON is red, [*Colour.__members__]", "(True, ['RED', 'GREEN', 'CRIMSON'])"),
    ("len(Colour), red in Colour, low == 1, low + 1, both.value", "(2, True, True, 2, 3)"),
    ("child", "<__main__.Child object at 0x..."),
]

CLASSES = [
    (
        "cls is type(child), cls.__module__, cls.__qualname__, type(inner).__qualname__",
        "(True, '__main__', 'Child', 'Outer.Inner')",
    ),
    (
        "isinstance(child, Base), issubclass(cls, Base), isinstance(order, Base), cls.__mro__[1] is Base",
        "(True, True, False, True)",
    ),
    ("Base.__doc__, type(hidden).__doc__", "('A base class.', 'Attributes behind properties.')"),
    (
        "sorted(name for name in dir(child) if name[:2] != '__')",
        "['build', 'itself', 'kind', 'method', 'number', 'siblings', 'static']",
    ),
    ("sorted(name for name in dir(hidden) if name[:2] != '__')", "['cached', 'computed', 'shown']"),
    ("meta", "<class 'types.FromMeta'>"),
    ("cls()", "NotRecorded: Child() was not recorded: a dump keeps values, not behaviour"),
    ("myself.__name__, myself.Base is Base, vars(myself) is here.f_globals", "('__main__', True, True)"),
    ("__name__, __file__.endswith('app.py'), __package__, __doc__[:7]", "('__main__', True, None, 'A crash')"),
]

FUNCTIONS = [
    ("child.method(1)", "NotRecorded: Base.method() was not recorded: a dump keeps values, not behaviour"),
    ("child.static(1)", "NotRecorded: Base.static() was not recorded: a dump keeps values, not behaviour"),
    ("child.build()", "NotRecorded: Base.build() was not recorded: a dump keeps values, not behaviour"),
    (
        "child.method.__doc__, child.method.__name__, child.method.__qualname__",
        "('Does what methods do.', 'method', 'Base.method')",
    ),
    ("child.method.__code__.co_filename == __file__, child.method.__code__.co_firstlineno > 0", "(True, True)"),
    ("str(__import__('inspect').signature(child.method))", SIGNATURE),
    ("str(__import__('inspect').signature(with_defaults))", "'(first, /, second=[1], *, third=<Colour.RED: 1>)'"),
    ("str(__import__('inspect').signature(decorated)), decorated.__doc__", "('(a, b=1)', 'Is decorated.')"),
    ("list(__import__('inspect').signature(type(order)).parameters)", "['number', 'lines', 'secret']"),
    ("order.total.__doc__", "'Adds up.'"),
    (
        "anonymous, bound.__self__ is child, bound.__func__ is Base.method",
        "(<function crash.<locals>.<lambda> at 0x...",
    ),
    ("anonymous(1)", "NotRecorded: crash.<locals>.<lambda>() was not recorded: a dump keeps values, not behaviour"),
    ("partial.func is crash, partial.args", "(True, (1,))"),
    ("__import__('inspect').getsource(with_defaults)", "'def with_defaults(first, /, second=[1]..."),
    ("builtin_bound", "<built-in method append of list object>"),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_standard_values_come_back_as_themselves(facts: dict[str, str], expression: str, expected: str) -> None:
    """Ordinary standard-library values mean the same everywhere, so they are no mocks."""
    assert shortened(facts[expression], expected) == expected


@pytest.mark.parametrize(("expression", "expected"), MOCKS)
def test_mocks_keep_content_and_attributes(facts: dict[str, str], expression: str, expected: str) -> None:
    """Application objects keep what they hold, under its own name, and behave as the containers they were."""
    assert shortened(facts[expression], expected) == expected


@pytest.mark.parametrize(("expression", "expected"), CLASSES)
def test_classes_keep_their_names_and_relations(facts: dict[str, str], expression: str, expected: str) -> None:
    """Mocks' classes have the names, bases and documentation of the originals."""
    assert shortened(facts[expression], expected) == expected


@pytest.mark.parametrize(("expression", "expected"), FUNCTIONS)
def test_functions_keep_what_is_known_of_them(facts: dict[str, str], expression: str, expected: str) -> None:
    """Functions and methods have name, signature, documentation, file and line; calling one says what is missing."""
    assert shortened(facts[expression], expected) == expected


def shortened(actual: str, expected: str) -> str:
    """Cut what was evaluated where "..." ends what is expected of it."""
    return f"{actual[: len(expected) - 3]}..." if expected.endswith("...") else actual
