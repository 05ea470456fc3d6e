"""The restorer by itself: tables that nobody vouches for, and what it does imported and as it travels in a pickle."""

from __future__ import annotations

import builtins
import copy
import json
import linecache
import marshal
import os
import pathlib
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import types
from typing import TYPE_CHECKING, Any

import interpreters
import pytest
from samples import hostile_tables
from samples.hostile_tables import ERROR, FRAME, NO_ARGUMENTS, STACK, builtin, exception, mock, replaced, table

from keeptrace import restorer_text
from keeptrace.restore import NotRecorded, restore
from keeptrace.vetting import crashes, sizes
from keeptrace.vetting.records import Earlier, vetted

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = pathlib.Path(__file__).parent / "samples"
HOSTILE = SAMPLES / "hostile_tables.py"
SECONDS = 20  # that anything here may take, on a busy machine
GROUPS = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has exception groups since 3.11")


def opened(*records: Any, **more: Any) -> list[Any]:
    """Restore a table that nobody vouches for."""
    return restore(vetted(table(*records, **more)))


def formatted(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


# ---------------------------------------------------------------------------------------------------------------------
# As it travels: what is stripped of comments and docstrings does the same, on every Python that loads
# ---------------------------------------------------------------------------------------------------------------------

TRAVELLING = """
import json, sys, time
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), globals())
exec(compile(sys.stdin.read(), "<checks>", "exec"), globals())
"""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write the text that travels and the hostile tables to files where every interpreter sees them."""
    folder = tmp_path_factory.mktemp("restorer")
    restorer = folder / "restorer.py"
    restorer.write_text(restorer_text.TEXT, encoding="utf-8")
    return [str(restorer), str(shutil.copy(HOSTILE, folder))]


@pytest.fixture
def travelling(python: str, texts: list[str], tmp_path: pathlib.Path) -> Callable[[str], Any]:
    """`travelling(code)`: run code with the names of the text and of hostile_tables; return what it printed."""

    def travelling(code: str) -> Any:
        command = [interpreters.found()[python], "-I", "-S", "-W", "error", "-c", TRAVELLING, *texts]
        return json.loads(interpreters.run(command, cwd=tmp_path, stdin=code))

    return travelling


def test_a_format_that_is_not_known_is_refused(travelling: Callable[[str], Any]) -> None:
    """One that is missing, is no number, or is too new, with what to do."""
    code = """
found = []
for number, _ in WRONG_FORMATS:
    try:
        restore(dict(table(), format=number))
    except ValueError as error:
        found.append(str(error))
print(json.dumps(found))
"""
    assert travelling(code) == [message for _, message in hostile_tables.WRONG_FORMATS]


@pytest.mark.parametrize("function", [restore, vetted])
def test_what_is_no_table_is_refused(function: Callable[[Any], Any]) -> None:
    """Whatever it is."""
    wrong: list[Any] = [None, [], "table", {}, {"records": []}]
    for given in wrong:
        with pytest.raises(ValueError, match="cannot restore a crash of table format None: this is no table"):
            function(given)


@pytest.mark.parametrize(("kind", "count"), [("function", 10_000), ("module", 1_200), ("body", 10_000)])
def test_deeply_nested_frames_are_restored(travelling: Callable[[str], Any], kind: str, count: int) -> None:
    """Of functions, modules (imports of imports) and class bodies, or exec'd code with variables of its own."""
    code = f"""
objects = restore(frames({count}, {kind!r}))
traceback, found = objects[-1], 0
frame = objects[2 if {kind!r} != "body" else 3]
while traceback:
    found, traceback, last = found + 1, traceback.tb_next, traceback
outer, backs = last.tb_frame, 0
while outer:
    outer, backs = outer.f_back, backs + 1
print(json.dumps([found, backs, last.tb_lineno, sorted(last.tb_frame.f_locals)[-1:], frame.f_globals["__name__"]]))
"""
    name = {"function": "a", "module": "__name__", "body": "a"}[kind]
    assert travelling(code) == [count, count, 1, [name], "app"]


@pytest.mark.parametrize("start", ["usual", "wrapped", "lost", "refused"])
def test_frames_that_cannot_run_are_not_waited_for(travelling: Callable[[str], Any], start: str) -> None:
    """Where what the thread calls raises; with threads as they are, wrapped, never begun, or refused."""
    code = f"""
def call():
    called.append(_thread.get_ident() == _thread.get_ident.main)
    raise KeyError("a")
def wrapped(function, arguments):
    def run():
        kept.append(sys._getframe())
        return function(*arguments)
    return usual(run, ())
class Threads(types.ModuleType):
    pass
def refused(function, arguments):
    raise RuntimeError
called, kept, usual, real = [], [], _thread.start_new_thread, _thread
lost = lambda function, arguments: -1
_thread = Threads("_thread")
_thread.__dict__.update(vars(real), start_new_thread={start}, start_new={start})
_thread.get_ident = lambda: real.get_ident()
_thread.get_ident.main = real.get_ident()
sys.unraisablehook = lambda unraisable: None
found = attempt(run_as_outermost, lambda: call, 1)
print(json.dumps([called, repr(found), len(kept)]))
"""
    in_place = start in ("lost", "refused")
    raised = "(False, KeyError('a'))" if in_place else "(True, None)"
    assert travelling(code) == [[in_place], raised, int(start == "wrapped")]


def test_a_representation_takes_no_longer_than_it_shows(travelling: Callable[[str], Any]) -> None:
    """Mocks and containers that hold each other many times are cut where that is enough."""
    code = """
records = [mock(repr="fields")]
for index in range(60):
    held = (index * 2,) if index else 1
    records += [("list", [held] * 30), ("object", (0,), None, {"a%d" % n: (index * 2 + 1,) for n in range(30)}, None)]
started = time.time()
shown = repr(restore(table(*records))[-1])
print(json.dumps([len(shown) < 100000, shown[:16], time.time() - started < 20]))
"""
    assert travelling(code) == [True, "Mock(a0=[Mock(a0", True]


def test_methods_of_a_mocks_class_are_not_called(travelling: Callable[[str], Any]) -> None:
    """Neither extend, append, add nor update of a container's subclass, when its mock is filled."""
    code = """
def subclass(base):
    return ("class", "Mock", "Mock", "app", (base,), {name: (4,) for name in ("extend", "append", "add", "update")}, {})

function = ("function", "f", "f", "app", ("f", "a.py", 1, (0, 0, 0, 3), ()), None, None, {}, (), {}, {})
classes = [subclass((1,)), subclass((2,)), subclass((3,))]
records = [("list", []), builtin("list"), builtin("set"), builtin("dict"), function, *classes]
records += [("object", (5,), [1], {}, None), ("object", (6,), [2], {}, None), ("object", (7,), {3: 4}, {}, None)]
objects = restore(table(*records))
print(json.dumps([list(objects[-3]), list(objects[-2]), dict(objects[-1]) == {3: 4}]))
"""
    assert travelling(code) == [[1], [2], True]


def test_what_cannot_be_made_is_a_marker(travelling: Callable[[str], Any]) -> None:
    """It says which record, its kind, and the error; the rest is restored, what refers to it too."""
    code = """
method, instance = ("method", 1, (0,)), ("object", (1,), None, {}, None)
print(json.dumps(list(map(repr, restore(table(("list", [(2,), 3]), method, instance))))))
"""
    first, second, third = travelling(code)
    assert second.startswith("<not restored: record 1 of the table, 'method': TypeError: ")
    assert third.startswith("<not restored: record 2 of the table, 'object': TypeError: ")
    assert first == f"[{third}, 3]"


def test_a_stack_that_cannot_be_made_is_an_error(travelling: Callable[[str], Any]) -> None:
    """It says which record, its kind, and the error."""
    code = """
try:
    restore(table(("list", []), ("exception", (0,), 5)))
except ValueError as error:
    print(json.dumps(str(error)))
"""
    assert travelling(code).startswith("cannot restore record 1 of the table, 'exception': AttributeError: ")


LINKED = """
def linked(count):
    state = lambda index: {"number": index, "previous": (index - 1,), "next": (min(index + 1, count),)}
    return [mock(), *[("object", (0,), None, state(index), index) for index in range(1, count + 1)]]
"""


def test_many_instances_are_restored_without_a_call_for_each(travelling: Callable[[str], Any]) -> None:
    """Instances of one class that have attributes only, and dicts whose keys are atoms."""
    code = """
calls = []
records = [*linked(1000), *[("dict", {1: (index,)}) for index in range(1, 1001)]]
sys.setprofile(lambda frame, event, _: calls.append(event) if event == "call" else None)
objects = restore(table(*records))
sys.setprofile(None)
walked = objects[1]
while walked.next is not walked:
    walked = walked.next
held = [objects[1000 + index][1] is objects[index] for index in range(1, 1001)]
print(json.dumps([len(calls) < 100, walked.number, walked is objects[1000], all(held), repr(objects[7])]))
"""
    assert travelling(LINKED + code) == [True, 1000, True, True, "<app.Mock object at 0x7>"]


def test_one_of_many_that_cannot_be_filled_is_left_as_far_as_it_came(travelling: Callable[[str], Any]) -> None:
    """The others are filled."""
    code = """
records = linked(10)
records[4] = ("object", (0,), None, {"a": 1, "b": (99,), "c": 3}, None)
objects = restore(table(*records))
print(json.dumps([vars(objects[4]), objects[3].next is objects[4], [mock.number for mock in objects[5:]]]))
"""
    assert travelling(LINKED + code) == [{"a": 1}, True, [5, 6, 7, 8, 9, 10]]


def test_among_many_of_a_class_each_has_its_own_way(travelling: Callable[[str], Any]) -> None:
    """One with an attribute that is named by no atom, one that opens by itself, one that is compared by its fields."""
    code = """
import pickle
records = linked(5)
records[3] = ("object", (0,), None, [("a", 1), ((6,), 2)], None)
records += [("tuple", (1, 2)), mock(compare=("a",), frozen=True), ("frozenset", [(9,), (10,)])]
records += [("object", (7,), None, {"a": (6,)}, None)] * 2
objects = restore(table(*records, blobs={4: pickle.dumps("opened")}))
print(json.dumps([str(vars(objects[3])), objects[4], objects[5].number, len(objects[8])]))
"""
    assert travelling(LINKED + code) == ["{'a': 1, (1, 2): 2}", "opened", 5, 1]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(travelling: Callable[[str], Any], enabled: bool) -> None:
    """Whether a table can be restored or not."""
    code = f"""
import gc
if not {enabled}:
    gc.disable()
restore(table(("list", [])))
found = [gc.isenabled()]
try:
    restore(table(("exception", (0,), 5)))
except ValueError:
    found.append(gc.isenabled())
print(json.dumps(found))
"""
    assert travelling(code) == [enabled, enabled]


def test_the_text_that_travels_is_fit_to(texts: list[str]) -> None:
    """It stays short, since every pickle has it and every load compiles it."""
    assert len(pathlib.Path(texts[0]).read_text(encoding="utf-8")) < 42_000


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile_tables.REFUSED)
def test_a_table_that_no_recorder_writes_is_refused(name: str) -> None:
    """With a message that says which record, and what is wrong with it."""
    given, message = hostile_tables.REFUSED[name]
    with pytest.raises(ValueError, match=f"^cannot restore .*{re.escape(message.removeprefix('cannot restore '))}"):
        restore(vetted(given))


def test_every_python_refuses_the_same(recorder: str) -> None:
    """None of them crashes, whatever it would make of such a table."""
    program = """
import json, sys, hostile_tables
from keeptrace.restore import restore
from keeptrace.vetting.records import vetted

found = {}
for name, (given, _) in hostile_tables.REFUSED.items():
    try:
        found[name] = len(restore(vetted(given)))
    except ValueError as error:
        found[name] = str(error)
print(json.dumps(found))
"""
    path = {**interpreters.keeptrace_importable()}
    path["PYTHONPATH"] = os.pathsep.join([path["PYTHONPATH"], str(SAMPLES)])
    printed = interpreters.run([interpreters.found()[recorder], "-c", program], cwd=interpreters.CHECKOUT, **path)
    expected = {name: message for name, (_, message) in hostile_tables.REFUSED.items()}
    missing = {name: said for name, said in json.loads(printed).items() if expected[name] not in str(said)}
    assert missing == {}


# ---------------------------------------------------------------------------------------------------------------------
# Nothing runs
# ---------------------------------------------------------------------------------------------------------------------


class Opened:
    """What a blob must not do."""

    def __reduce__(self) -> Any:
        return (print, ("opened",))


def test_blobs_stay_closed(capsys: pytest.CaptureFixture[str]) -> None:
    """The mock is there in their place."""
    (found,) = opened(("list", [1]), blobs={0: pickle.dumps(Opened())})
    assert (found, capsys.readouterr().out) == ([1], "")


def test_instructions_of_code_objects_are_left_out() -> None:
    """A code object knows its facts, and refuses to run; damaged bytes are not even looked at."""
    data = (b"\0\0\0\0", b"\xe3" * 100)
    import importlib.util

    data = (importlib.util.MAGIC_NUMBER, marshal.dumps(compile("ran = True", "x", "exec"))[:-9])
    (code,) = opened(replaced(hostile_tables.CODE, 7, data))
    with pytest.raises(NotRecorded):
        types.FunctionType(code, {})()


@pytest.mark.parametrize(
    ("module", "qualname", "shown"),
    [
        ("os", "system", "<built-in function system>"),
        ("builtins", "eval", "<built-in function eval>"),
        ("os.path", "join", "<function join at 0x"),
        ("subprocess", "Popen", "<class 'subprocess.Popen'>"),
        ("subprocess", "Popen.wait", "<function Popen.wait at 0x"),
        ("threading", "Thread", "<class 'threading.Thread'>"),
        ("os", "environ", "<os.environ>"),
        ("sys", "modules", "<sys.modules>"),
        ("os", "sys.modules", "<os.sys.modules>"),
        ("os", "sys", "<os.sys>"),
        ("sys", "modules.os.system", "<class 'sys.modules.os.system'>"),
    ],
)
def test_what_the_standard_library_can_do_is_shown_only(module: str, qualname: str, shown: str) -> None:
    """It is named the same, and does nothing."""
    (found,) = opened(("global", module, qualname, ()))
    assert repr(found).startswith(shown)
    with pytest.raises((NotRecorded, TypeError)):
        found()


@pytest.mark.parametrize(
    ("module", "qualname", "expected"),
    [
        ("builtins", "ValueError", ValueError),
        ("builtins", "dict", dict),
        ("builtins", "Ellipsis", ...),
        ("re", "RegexFlag.ASCII", re.ASCII),
        ("subprocess", "CalledProcessError", subprocess.CalledProcessError),
        ("pickle", "PicklingError", pickle.PicklingError),
    ],
)
def test_what_has_no_effect_is_the_standard_librarys_own(module: str, qualname: str, expected: Any) -> None:
    """Exceptions, the types of plain values, members of enums."""
    assert opened(("global", module, qualname, ())) == [expected]


NOT_IMPORTED = ["this", "antigravity", "json.__main__", "ensurepip", "turtle", "wave", "idlelib.idle", "not_standard"]


def test_nothing_is_imported(tmp_path: pathlib.Path) -> None:
    """Not even from the standard library, but the modules of a few plain values, and these from nowhere else."""
    (tmp_path / "fractions.py").write_text("print('imported')")
    program = f"""
import sys, traceback
sys.path.insert(0, {str(SAMPLES)!r})
from hostile_tables import *
from keeptrace.restore import restore
sys.path.insert(0, "")
from keeptrace.vetting.records import vetted
before = set(sys.modules)
names = {NOT_IMPORTED!r}
records = [("global", name, "x", ()) for name in names] + [("module", name, None) for name in names]
records += [("value", "fractions", "Fraction", (1, 2), "Fraction(1, 2)"), ("value", "decimal", "Decimal", ("1",), "")]
objects = restore(vetted(table(*records)))
for found in objects:
    repr(found), dir(found), hasattr(found, "open")
print(sorted(name for name in set(sys.modules) - before if name in names or name == "fractions"), objects[-2:])
"""
    printed = interpreters.run([sys.executable, "-c", program], cwd=tmp_path, **interpreters.keeptrace_importable())
    assert printed == "[] [Fraction(1, 2), Decimal('1')]\n"


def test_a_method_is_bound_to_what_does_nothing() -> None:
    """Binding what can run would give whoever calls it its argument."""
    assert repr(opened(("global", "os", "system", ()), ("method", (0,), "true"))[1]) == (
        "<method: its function was not recorded>"
    )


@pytest.mark.parametrize(
    "name", ["__repr__", "__eq__", "__hash__", "__del__", "__getattribute__", "__class__", "__reduce__"]
)
def test_special_attributes_of_a_class_are_left_out(name: str) -> None:
    """Python calls them by itself; only __init__ and __call__ stay, where they are functions."""
    attributes = {name: (0,), "__init__": (0,), "kept": 1}
    cls = opened(("global", "os", "system", ()), ("class", "Mock", "Mock", "app", (), attributes, {}))[1]
    assert cls.__dict__.get(name) is not cls.__dict__["kept"]
    assert "system" not in repr([value for key, value in vars(cls).items() if key != "__keeptrace__"])


def test_special_methods_of_a_class_are_left_out() -> None:
    given = hostile_tables.methods(names="__del__\0kept")
    cls = restore(vetted(given))[0]
    assert ("__del__" in vars(cls), cls.kept.__name__) == (False, "kept")


def test_a_class_of_the_standard_library_is_no_real_base(tmp_path: pathlib.Path) -> None:
    """Its methods would run on what the table says: this one deletes a file when its instance goes."""
    path = tmp_path / "kept.txt"
    path.touch()
    state = {"name": str(path), "delete": True, "close_called": False, "file": None, "unlink": os.unlink}
    records = [("global", "tempfile", "_TemporaryFileCloser", ()), mock((0,))]
    state.pop("unlink")
    objects = opened(*records, ("object", (1,), None, state, None), ("object", (0,), None, state, None))
    assert [found.name for found in objects[2:]] == [str(path)] * 2
    objects.clear()
    assert path.exists()
    assert tempfile.gettempdir()


def test_the_class_of_an_exception_is_not_the_applications() -> None:
    """Its __str__ would run on what the table says; what is not of the standard library is a stand-in."""
    cls: tuple[Any, ...] = ("class", "NotRecorded", "NotRecorded", "keeptrace.restore", (), {}, {"exception": True})
    records = (cls, NO_ARGUMENTS, exception())
    assert restore(table(*records))[0] is NotRecorded
    assert opened(*records)[0] is not NotRecorded


def test_what_another_table_of_the_dump_was_restored_to_is_taken() -> None:
    """Classes, functions, methods, mocks that can be called: it was checked there."""
    code = ("f", "a.py", 1, (0, 0, 0, 3), ())
    function: tuple[Any, ...] = ("function", "f", "f", "app", code, None, None, {}, (), {}, {})
    cls: tuple[Any, ...] = ("class", "Mock", "Mock", "app", (), {"__call__": (0,)}, {})
    found = opened(function, cls, ("object", (1,), None, {}, None), ("method", (0,), 1), builtin("dict"), ("list", []))
    again = opened(*(("element", one) for one in found), ("object", (1,), None, {}, None))
    assert again[:-1] == found
    assert type(again[-1]) is found[1]


@pytest.mark.parametrize("name", ["name_from", "end_offset", "msg", "text"])
def test_a_class_does_not_hide_the_checked_fields_of_its_exceptions(name: str) -> None:
    """Printing reads these of the exception: by name_from it imports a module."""
    cls = ("class", "E", "E", "app", ((1,),), {name: 10**12, "kept": 1}, {"exception": True})
    found = opened(cls, builtin("ImportError"))[0]
    assert (found.kept, name in vars(found)) == (1, False)


@pytest.mark.parametrize(
    ("module", "name", "args", "text"),
    [
        ("builtins", "ValueError", ("plain", ("no", 5)), "('no', 5)"),
        ("builtins", "ValueError", ("tuple", ((1,),)), ""),
        ("zipfile", "BadZipFile", ("plain", ("no",)), ""),
    ],
)
def test_an_exception_without_text_shows_plain_arguments(module: str, name: str, args: Any, text: str) -> None:
    """As recording leaves it where all else failed: no other code, and nothing of any size, makes its text."""
    found = opened(("global", module, name, ()), args, ("exception", (0,), {"args": (1,)}))[2]
    assert (type(found).__name__, str(found)) == (name, text)


def test_an_exception_that_shows_its_text_raw_is_a_stand_in() -> None:
    """A configparser.Error is shown by its message."""
    import configparser

    found = opened(("global", "configparser", "Error", ((1,),)), builtin("Exception"))[0]
    assert (found is configparser.Error, found.__mro__[1], found.__name__) == (False, Exception, "Error")


def test_an_exception_with_methods_of_another_class_is_a_stand_in() -> None:
    """An HTTPError is an open file too."""
    cls = opened(("global", "urllib.error", "HTTPError", ((1,),)), builtin("OSError"))[0]
    assert (cls.__mro__[1], cls.__module__, cls.__name__) == (OSError, "urllib.error", "HTTPError")


def test_printing_an_import_error_imports_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To suggest another name, Python would import the module."""
    (tmp_path / "evil_module.py").write_text("import sys; sys.evil = True")
    monkeypatch.syspath_prepend(tmp_path)
    fields = {"name": "evil_module", "name_from": "x", "msg": "no"}
    records = (builtin("ImportError"), NO_ARGUMENTS, exception(fields=fields, text="no", traceback=(5,)))
    shifted = (GLOBALS_AT_3, hostile_tables.MODULE_CODE, FRAME_OF_4)
    found = opened(*records, *shifted, *FRAME_AND_TRACEBACK)[2]
    assert "ImportError: no" in formatted(found)
    assert not hasattr(sys, "evil")


@pytest.mark.parametrize(
    ("cls", "fields", "name_from"),
    [
        (builtin("ImportError"), {"name": "json"}, "lods"),
        (builtin("ImportError"), {"name": "json.never_imported"}, None),
        (builtin("ImportError"), {"name": "evil_module"}, None),
        (builtin("ImportError"), {"name": 5}, None),
        (builtin("ImportError"), {}, None),
        (("class", "E", "E", "app", ((2,),), {"name": "evil_module"}, {"exception": True}), {"name": "json"}, None),
    ],
)
def test_a_name_is_looked_for_in_an_imported_module_only(cls: Any, fields: Any, name_from: str | None) -> None:
    """Of the standard library: there, Python finds the names that it suggests without any file."""
    fields = {**fields, "name_from": "lods"}
    found = opened(cls, NO_ARGUMENTS, builtin("ImportError"), exception(fields=fields))[-1]
    assert getattr(found, "name_from", None) == name_from


def test_suggested_names_are_of_stand_ins_only() -> None:
    """None that Python itself asks for, and nothing that is really there changes."""
    cls: tuple[Any, ...] = ("class", "Mock", "Mock", "app", (), {"total": 5}, {})
    records: list[Any] = [builtin("AttributeError"), NO_ARGUMENTS, cls, ("object", (2,), None, {}, None)]
    records += [("module", "shop", {}), ("module", "json", None), ("marker", "left out"), builtin("int")]
    near = ("count", "__len__", "__getattr__", "total", "loads")
    records += [exception(fields={"obj": (index,)}, near=near) for index in range(2, 8)] + [exception(near=near)]
    found = opened(*records)
    assert [repr(found[2].count), found[3].total, repr(found[4].total)] == [
        "<count: not recorded>",
        5,
        "<total: not recorded>",
    ]
    assert not any(hasattr(each, "__len__") or "__getattr__" in dir(each) for each in found[2:5])
    assert (found[5], found[5].loads) == (json, json.loads)
    renamed = types.ModuleType("another")
    sys.modules["renamed"] = renamed
    opened(records[0], NO_ARGUMENTS, ("element", renamed), exception(fields={"obj": (2,)}, near=near))
    del sys.modules["renamed"]
    assert not hasattr(renamed, "count")
    assert not any("count" in dir(each) for each in found[5:8])


GLOBALS_AT_3 = hostile_tables.GLOBALS
FRAME_OF_4 = ("traceback", (6,), None, (1, None, None, None))
FRAME_AND_TRACEBACK = (("frame", (4,), (3,), None, (1, None, None, None), None),)


@pytest.mark.parametrize("filename", ["/dev/zero", "/dev/stdin", "/etc/hosts", "//host/share/x.py", "\\\\host\\x.py"])
def test_no_file_is_opened_that_is_no_source(filename: str) -> None:
    """Tools read the lines of any file that a traceback names: a device has no end."""
    code = replaced(hostile_tables.CODE, 3, filename)
    *_, chain = opened(STACK[0], code, *STACK[2:])
    assert traceback.format_tb(chain) == [f'  File "{filename}", line 1, in f\n']
    assert linecache.getlines(filename) == []


def test_sources_of_files_that_are_there_stay_readable(tmp_path: pathlib.Path) -> None:
    """Where a dump has no source, the file here is shown."""
    path = tmp_path / "app.py"
    path.write_text("first = 1\n")
    *_, chain = opened(STACK[0], replaced(hostile_tables.CODE, 3, str(path)), *STACK[2:])
    assert traceback.format_tb(chain) == [f'  File "{path}", line 1, in f\n    first = 1\n']


@pytest.mark.parametrize("name", ["__builtins__", "__loader__", "__spec__", "__getattr__"])
def test_names_that_python_looks_up_in_a_module_are_left_out(name: str) -> None:
    """The line cache asks __loader__ for source, and every lookup goes to __builtins__."""
    found = opened(("globals", {"__name__": "app", name: (1,)}), ("list", []), ("module", "app", (0,)))
    assert found[0].get(name, builtins) is builtins
    assert repr(found[2]) == "<module 'app'>"


# ---------------------------------------------------------------------------------------------------------------------
# Values are bounded
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "arguments"),
    [
        ("builtins", "bytearray", (10**12,)),
        ("builtins", "slice", ((0,), None, None)),
        ("array", "array", ("b", (0,))),
        ("decimal", "Decimal", ("9" * 10**6,)),
        ("fractions", "Fraction", ("1e999999999",)),
        ("fractions", "Fraction", (10**10_000, 3)),
        ("re", "compile", ("(?:" * 5_000 + ")" * 5_000, 0)),
        ("re", "compile", ("[a-z]" * 1_000, int(re.IGNORECASE))),
        ("re", "compile", ("a", 128)),  # DEBUG prints
        ("zoneinfo", "ZoneInfo", ("../../etc/passwd",)),
        ("zoneinfo", "ZoneInfo", ("no_such/zone",)),
        ("types", "MappingProxyType", ((1,),)),
        ("uuid", "UUID", (None,)),
        ("datetime", "timezone", ()),
        ("uuid", "UUID", ()),
        ("ipaddress", "no_such_name", ()),
        ("subprocess", "run", ("true",)),
        ("sys", "exit", ()),
    ],
)
def test_a_value_that_would_take_too_much_is_shown_only(module: str, name: str, arguments: Any) -> None:
    """By the text that was recorded for it."""
    started = time.monotonic()
    found = opened(
        ("value", "builtins", "range", (0, 10**12, 1), "r"), ("list", []), ("value", module, name, arguments, "text")
    )
    assert repr(found[2]) == "text"
    assert time.monotonic() - started < SECONDS


def test_numbers_too_long_to_show_are_not_shown() -> None:
    """Python refuses to print them, or takes minutes."""
    found = opened(mock(repr="fields"), ("object", (0,), None, {"a": 10**5000}, None))[1]
    is_refused = hasattr(sys, "set_int_max_str_digits")  # in 3.10 since 3.10.7
    expected = "Mock(a=<int>)" if is_refused else f"Mock(a={'1' + '0' * 296}...)"
    assert repr(found) == expected


@pytest.mark.parametrize("kind", ["list", "tuple", "dict", "set", "frozenset"])
def test_containers_that_hold_each_other_many_times_are_cut(kind: str) -> None:
    """Their representation, and the hash of a tuple, would take for ever."""
    records: list[Any] = [("tuple", ("a", "b"))]
    for index in range(100):
        held = [(index,)] * 10
        if kind in ("set", "frozenset"):
            records.append(("tuple", tuple(held)))
        else:
            records.append((kind, list(enumerate(held)) if kind == "dict" else held))
    records.append((kind, [((100,), (99,))] if kind == "dict" else [(100,), (99,)]))
    started = time.monotonic()
    shown = [repr(found) for found in opened(*records)]
    assert max(map(len, shown)) < 8 * 2**20
    assert "left out" in shown[-1]
    assert time.monotonic() - started < SECONDS


def test_lists_that_all_hold_each_other_are_cut() -> None:
    """Each way through them would be shown."""
    everyone = [(index,) for index in range(40)]
    started = time.monotonic()
    shown = [repr(found) for found in opened(*(("list", everyone) for _ in everyone))]
    assert max(map(len, shown)) < sizes.LARGER
    assert time.monotonic() - started < SECONDS


def test_rings_and_trees_of_containers_are_kept() -> None:
    """As a dict with its parent, and a list that is its own element."""
    tree = [
        ("dict", {"children": (1,)}),
        ("list", [(2,), (3,)]),
        ("dict", {"n": 1}),
        ("dict", {"n": 2}),
        ("list", [(4,)]),
    ]
    found = opened(*tree)
    assert repr(found[0]) == "{'children': [{'n': 1}, {'n': 2}]}"
    assert found[4][0] is found[4]


def test_a_deeply_nested_key_is_left_out() -> None:
    """Hashing it would overflow the stack of C."""
    depth = 100_000
    records: list[Any] = [("tuple", (1,)), *(("tuple", ((index,),)) for index in range(depth))]
    found = opened(*records, ("set", [(depth,), 1]), ("frozenset", [(depth,)]), ("dict", [((depth,), 2)]))
    shown = [repr(keys) for keys in found[depth + 2 : depth + 4]]
    assert shown == ["frozenset({<left out: too large for a key>})", NO_KEY]


NO_KEY = "{<left out: too large for a key>: 2}"


def test_a_mock_that_was_not_cut_shows_itself() -> None:
    """Fuzzed: the style of what is cut, where there is no content and no word of what is missing."""
    found = opened(mock(repr="cut"), ("object", (0,), None, {}, None), ("object", (0,), None, {"cut": "\x1b"}, None))
    assert [ADDRESS.sub("0x", re.sub(r"\d{5,}", "1", repr(one))) for one in found[1:]] == [
        "<1 cut: on>",
        r"<1 cut: \x1b>",
    ]


def test_a_member_of_an_enum_shows_its_name_without_control_characters() -> None:
    """Whatever stands in its place."""
    found = opened(mock(repr="member", members={}), ("object", (0,), None, {"_name_": NASTY, "_value_": NASTY}, None))
    assert repr(found[1]) == f"<Mock.{SHOWN}: '{SHOWN}'>"


def test_what_is_large_by_itself_is_kept() -> None:
    """Many small lists, a long line of dicts, a dict subclass with keys of its own: nothing is shared."""
    small = [("plain", [1, 2]) for _ in range(20_000)]
    line = [("dict", {"next": (20_002 + index,)}) for index in range(20_000)]
    found = opened(*small, ("list", [(index,) for index in range(20_000)]), *line, ("plain", []))
    assert len(repr(found[20_000])) == 160_000
    assert "left out" not in "".join(str(sorted(found[20_001 + index])) for index in range(20_000))
    keys = opened(
        ("tuple", (1, 2)), builtin("dict"), mock((1,), repr="content"), ("object", (2,), [((0,), 3)], {}, None)
    )
    assert repr(keys[3]) == "{(1, 2): 3}"


def test_packed_records_are_what_they_stand_for() -> None:
    """Forms in any place: addresses for keys, texts for names of nothing, one value for all."""
    items = ("items", [1, 2], b"\7" + bytes(15) + b"\1" + bytes(7), ("same", 3, "x"))
    rows = ("rows", [0, 2], "a\0b")
    packed = [(0, ("tuples", [("same", 2, "dict"), items])), ([3, 2], ("tuples", ["list\0plain", rows]))]
    found = restore(vetted(table((), (), (), (), packed=packed)))
    assert found == [{7: "x"}, {0: "x", 1: "x"}, ("a", "b"), []]


def test_keys_that_all_have_one_hash_are_left_out() -> None:
    """Each would be compared to all before it."""
    started = time.monotonic()
    found = opened(("set", [number * (2**61 - 1) for number in range(200_000)]))[0]
    assert len(found) < 1_000
    assert time.monotonic() - started < SECONDS


def test_one_text_in_many_places_is_cut() -> None:
    """A megabyte that a list holds a million times."""
    text = "x" * 2**20
    found = opened(("plain", [text] * 2_000))[0]
    assert len(repr(found)) < 8 * 2**20
    assert repr(found[-1]) == "<left out: its representation would be too large>"


def test_one_list_in_many_records_is_refused() -> None:
    """Each would be a copy of it."""
    shared = [1] * 100
    with pytest.raises(ValueError, match="the records hold more than 150,000 characters and items together"):
        vetted(table(*[("list", shared)] * 100), Earlier(150_000))
    vetted(table(*[("list", shared)] * 90), Earlier(150_000))


def test_frames_that_nest_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They nest while they are made: no more of them than every Python was seen to bear."""
    monkeypatch.setattr(crashes, "MOST_FRAMES", 20)
    with pytest.raises(ValueError, match=r"'frame': at most 20 in one chain are expected"):
        restore(vetted(hostile_tables.frames(21)))
    assert len(restore(vetted(hostile_tables.frames(20)))) == 2 + 2 * 20


def test_frames_at_many_positions_of_one_function_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each asks at which of all it stands."""
    monkeypatch.setattr(crashes, "MOST_STEPS", 99)
    frames = [replaced(FRAME, 4, (line, None, None, None)) for line in range(1, 11)]
    with pytest.raises(ValueError, match="too many frames of one code object stand at too many positions"):
        opened(*STACK[:2], *frames)
    assert [frame.f_lineno for frame in opened(*STACK[:2], *frames[:9])[2:]] == list(range(1, 10))


def test_a_position_of_many_lines_counts_for_many_frames() -> None:
    """Since 3.13 Python looks at each of them to print it."""
    wide = ("traceback", (2,), None, (1, 10**7, 0, 0))
    error = (ERROR, NO_ARGUMENTS)
    shared = [("exception", (4,), {"args": (5,), "text": "", "traceback": (3,)})] * 6
    with pytest.raises(ValueError, match="at most 500,000 frames are expected in all exceptions together"):
        opened(*STACK[:3], wide, *error, *shared)


@GROUPS
def test_a_group_that_holds_itself_is_refused() -> None:
    """Printing it would not end."""
    records = [builtin("ExceptionGroup"), NO_ARGUMENTS, ERROR, exception((2,))]
    ring = [exception(message="one", members=[(3,), (5,)]), exception(message="two", members=[(4,)])]
    with pytest.raises(ValueError, match="'exception': a group that does not hold itself is expected"):
        opened(*records, *ring)


@GROUPS
def test_groups_that_hold_each_other_many_times_are_refused() -> None:
    """Printing one would print all of them, each as often as it is held."""
    records = [builtin("ExceptionGroup"), NO_ARGUMENTS, ERROR, exception((2,))]
    records += [exception(message="two", members=[(3 + index,)] * 2) for index in range(40)]
    with pytest.raises(ValueError, match=r"record 1\d of the table, 'exception': at most 10,000 members of groups"):
        opened(*records)


def test_facts_of_a_unicode_error_that_do_not_fit_are_left_out() -> None:
    """Some Pythons read memory by them (gh-123378)."""
    fields = {"encoding": "ascii", "object": b"ab", "start": 10**6, "end": 2 * 10**6, "reason": "r"}
    found = opened(builtin("UnicodeDecodeError"), NO_ARGUMENTS, exception(text="text", fields=fields))[2]
    assert str(found) == "text"


def test_carets_of_a_syntax_error_are_bounded() -> None:
    """Python would print as many as it is told."""
    fields = {"msg": "no", "filename": "a.py", "lineno": 1, "offset": 1, "text": "abc", "end_lineno": 1}
    fields["end_offset"] = 10**12
    found = opened(builtin("SyntaxError"), NO_ARGUMENTS, exception(text="no", fields=fields))[2]
    assert len(formatted(found)) < 1_000


# ---------------------------------------------------------------------------------------------------------------------
# Control characters
# ---------------------------------------------------------------------------------------------------------------------

NASTY = "a\x1b]0;title\x07\x9b31m\u202eb\x7f\ud800"
SHOWN = r"a\x1b]0;title\x07\x9b31m\u202eb\x7f\ud800"


def test_names_are_shown_without_control_characters() -> None:
    """Of classes, modules, functions, variables, files, attributes; and the text of markers and representations."""
    code = ("code", NASTY, NASTY, NASTY, 1, (0, 0, 0, 3), (NASTY,), None)
    function: tuple[Any, ...] = (
        "function",
        NASTY,
        NASTY,
        NASTY,
        (NASTY, NASTY, 1, (0, 1, 0, 3), (NASTY,)),
        None,
        NASTY,
        {NASTY: NASTY},
        (),
        {},
        {},
    )
    frame = ("frame", (1,), (0,), None, (1, None, None, None), {NASTY: 1})
    records: list[Any] = [("globals", {"__name__": NASTY, NASTY: 1}), code, frame, STACK[3], function]
    records += [("marker", NASTY), ("shown", NASTY, NASTY, NASTY, NASTY), ("module", NASTY, {"__file__": NASTY})]
    records += [("class", NASTY, NASTY, NASTY, (), {NASTY: 1}, {"repr": "fields", "doc": NASTY})]
    records += [("object", (8,), None, {NASTY: 1}, None), ("object", (8,), None, {}, 1), ("global", "os", NASTY, ())]
    found = opened(*records, sources={NASTY: NASTY})
    shown = [repr(thing) for thing in found] + traceback.format_tb(found[3])
    shown += [repr(found[2].f_locals), repr(found[2].f_globals), str(found[4].__doc__), *found[1].co_varnames]
    assert "".join(re.findall("[^\x20-\x7e\n]", "".join(shown))) == ""
    assert repr(found[9]) == f"{SHOWN}({SHOWN}=1)"
    assert shown[len(found)] == f'  File "{SHOWN}", line 1, in {SHOWN}\n    {SHOWN}\n'


def test_printable_unicode_stays_as_it_is() -> None:
    """And so do the lines of a representation of several."""
    found = opened(("shown", "Größe", "Größe", "π", "┌─┐\n│é│\t日本\n└─┘"))[0]
    assert (repr(found), type(found).__qualname__) == ("┌─┐\n│é│\t日本\n└─┘", "Größe")


@pytest.mark.parametrize("cls", [ERROR, builtin("KeyError"), builtin("OSError"), mock(exception=True)])
def test_messages_are_printed_without_control_characters(cls: Any) -> None:
    """Nor notes; a message of a crash that is trusted stays to the letter."""
    text = "red: \x1b[31m\nnext line"
    facts = {"text": text, "state": {"__notes__": (3,)}}
    records = (cls, ("plain", (text,)), exception(**facts), ("plain", ["note \x9b"]))
    printed = formatted(opened(*records)[2])
    assert "\x1b" not in printed
    assert "\x9b" not in printed
    assert str(opened(*records)[2]) == "red: \\x1b[31m\nnext line"
    assert str(restore(table(*records))[2]) == text


# ---------------------------------------------------------------------------------------------------------------------
# What the recorder writes
# ---------------------------------------------------------------------------------------------------------------------

ADDRESS = re.compile("0x[0-9a-f]+")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the table of the zoo's crash."""
    path = tmp_path_factory.mktemp("zoo") / "zoo.pkl"
    interpreters.record((SAMPLES / "zoo.py").read_text(encoding="utf-8"), path)
    recorded: dict[str, Any] = table_in(path)
    return recorded


def table_in(path: pathlib.Path) -> Any:
    """Return the table in a pickle, without running it."""

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            return (lambda *_: lambda given: [given] * 10_000) if name == "eval" else super().find_class(module, name)

    with path.open("rb") as file:
        return Reader(file).load()


def test_what_was_recorded_is_shown_alike(zoo: dict[str, Any]) -> None:
    """Trusted or not: every representation, and every traceback."""
    trusted, checked = restore(copy.deepcopy(zoo)), restore(vetted(zoo))
    shown = [(plain_repr(one), plain_repr(other)) for one, other in zip(trusted, checked, strict=False)]
    assert [(one, other) for one, other in shown if sorted(one) != sorted(other)] == []  # sets have no order


def plain_repr(found: Any) -> str:
    if isinstance(found, BaseException):
        return formatted(found)
    if isinstance(found, dict) and "__builtins__" in found:
        return "globals"
    if isinstance(found, types.ModuleType):  # imported here, or an empty one
        return found.__name__
    return ADDRESS.sub("0x", repr(found))


def test_a_table_is_left_as_it_was(zoo: dict[str, Any]) -> None:
    """What is checked is a copy, where anything has to change."""
    before = pickle.dumps(zoo)
    restore(vetted(zoo))
    assert pickle.loads(before) == pickle.loads(pickle.dumps(zoo)) or "nan" in repr(zoo)
