"""The call (init and uninit), every pickler around our reducers, and what stays as it is without them."""

from __future__ import annotations

import ast
import builtins
import copy
import copyreg
import functools
import gc
import gzip
import io
import itertools
import pickle
import pickletools
import sys
import threading
import traceback
import types
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import cloudpickle
import dill
import interpreters
import pytest
from samples import crashes
from samples.crashes import Broken, Order, chained, crash, exc_info, fail
from samples.crashes import in_thread as caught

import keeptrace
from keeptrace import reducers, restore, restorer_text
from keeptrace.record.foreign import IN_FOREIGN_CALL

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.live_stack

GROUP: Any = getattr(builtins, "ExceptionGroup", None)
GROUPS = pytest.mark.skipif(GROUP is None, reason="Python has exception groups since 3.11")
PROTOCOLS = range(6)


# ---------------------------------------------------------------------------------------------------------------------
# Picklers, and what is in a pickle
# ---------------------------------------------------------------------------------------------------------------------


def with_pickler(pickler: Any) -> Callable[[Any, int], bytes]:
    def dumps(obj: Any, protocol: int) -> bytes:
        file = io.BytesIO()
        pickler(file, protocol).dump(obj)
        return file.getvalue()

    return dumps


def dump_to_file(obj: Any, protocol: int) -> bytes:
    file = io.BytesIO()
    pickle.dump(obj, file, protocol)
    return file.getvalue()


class OwnPickler(pickle._Pickler):
    """An application's pickler, with frames of its own between each object and the next."""

    def save(self, obj: Any, *arguments: Any, **options: Any) -> Any:
        return super().save(obj, *arguments, **options)  # type: ignore[misc]


OUTER: dict[str, Callable[[Any, int], bytes]] = {
    "pickle.dumps": pickle.dumps,
    "pickle.dump": dump_to_file,
    "pickle.Pickler": with_pickler(pickle.Pickler),
    "pickle._Pickler": with_pickler(pickle._Pickler),
    "a subclass of pickle._Pickler": with_pickler(OwnPickler),
    "cloudpickle.dumps": cloudpickle.dumps,
    "cloudpickle.Pickler": with_pickler(cloudpickle.Pickler),
    "dill.dumps": dill.dumps,
}

outer_picklers = pytest.mark.parametrize("dumps", OUTER.values(), ids=OUTER)
protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


class Opened(pickle.Unpickler):
    """A pickle opened without restoring: the tables that are in it, and every global that it names."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.tables: list[dict[str, Any]] = []
        self.sources: list[str] = []
        self.globals: set[str] = set()
        self.load()

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("__builtin__", "builtins")  # as protocols 0 to 2 write it
        self.globals.add(f"{module}.{name}")
        return self.evaluate if (module, name) == ("builtins", "eval") else super().find_class(module, name)

    def evaluate(self, bootstrap: str, names: dict[str, Any]) -> Any:
        self.sources.append(names["source"])
        return self.restore

    def restore(self, table: dict[str, Any]) -> list[Any]:
        self.tables.append(table)
        return restore.restore(table)


def tables(data: bytes) -> list[dict[str, Any]]:
    return Opened(data).tables


def is_recorded(exc: BaseException) -> bool:
    """Tell whether pickling an exception records it."""
    return len(tables(pickle.dumps(exc))) == 1


# ---------------------------------------------------------------------------------------------------------------------
# The call
# ---------------------------------------------------------------------------------------------------------------------

PICKLERS_ACCEPTED = "None, a module or object with dumps(), or a callable returning bytes is expected"
DEPTHS_ACCEPTED = "an integer is expected, -1 for no limit"

WRONG_ARGUMENTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"pickler": "pickle"}, TypeError, f"init(pickler='pickle'): {PICKLERS_ACCEPTED}"),
    ({"pickler": 4}, TypeError, f"init(pickler=4): {PICKLERS_ACCEPTED}"),
    ({"pickler": False}, TypeError, f"init(pickler=False): {PICKLERS_ACCEPTED}"),
    ({"depth": "3"}, TypeError, f"init(depth='3'): {DEPTHS_ACCEPTED}"),
    ({"depth": 3.0}, TypeError, f"init(depth=3.0): {DEPTHS_ACCEPTED}"),
    ({"depth": None}, TypeError, f"init(depth=None): {DEPTHS_ACCEPTED}"),
    ({"depth": True}, TypeError, f"init(depth=True): {DEPTHS_ACCEPTED}"),
    ({"depth": -2}, ValueError, "init(depth=-2): 0 or more is expected, or -1 for no limit"),
    ({"include_source": 1}, TypeError, "init(include_source=1): True or False is expected"),
    ({"include_source": None}, TypeError, "init(include_source=None): True or False is expected"),
    ({"exceptions": [Broken]}, TypeError, f"init(exceptions=[{Broken!r}]): True or False is expected"),
    ({"reprs": "yes"}, TypeError, "init(reprs='yes'): True or False is expected"),
    ({"limits": {"seconds": 1}}, TypeError, "init(limits={'seconds': 1}): a keeptrace.Limits or None is expected"),
    ({"limits": 5}, TypeError, "init(limits=5): a keeptrace.Limits or None is expected"),
    ({"redact": "no"}, TypeError, "init(redact='no'): True, False or a keeptrace.Redactor is expected"),
    ({"redact": None}, TypeError, "init(redact=None): True, False or a keeptrace.Redactor is expected"),
    ({"limits": "x" * 999}, TypeError, f"init(limits='{'x' * 199}): a keeptrace.Limits or None is expected"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG_ARGUMENTS, ids=range(len(WRONG_ARGUMENTS)))
def test_a_wrong_argument_is_named_with_what_is_accepted(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    """The message says what was given and what is accepted."""
    with pytest.raises(error) as raised:
        keeptrace.init(**arguments)
    assert str(raised.value) == message


@pytest.mark.parametrize("arguments", [{"unknown": 1}, {"picklers": pickle}])
def test_an_unknown_argument_is_a_type_error(arguments: dict[str, Any]) -> None:
    """A misspelled argument is not ignored."""
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        keeptrace.init(**arguments)


def test_options_are_keyword_only() -> None:
    """Only the first three arguments have a position."""
    with pytest.raises(TypeError, match="positional argument"):
        keeptrace.init(None, 3, True, False)  # type: ignore[call-arg]


def test_a_wrong_argument_changes_nothing() -> None:
    """A call that fails leaves the settings of the call before."""
    keeptrace.init(depth=0)
    with pytest.raises(ValueError, match="depth=-5"):
        keeptrace.init(depth=-5)
    assert reducers._settings == keeptrace.record.Settings(depth=0, redactor=keeptrace.record.default_redactor())


RIGHT_ARGUMENTS: list[dict[str, Any]] = [
    {"pickler": pickle},
    {"pickler": cloudpickle},
    {"pickler": dill},
    {"pickler": pickle.dumps},
    {"pickler": type("Own", (), {"dumps": staticmethod(pickle.dumps)})()},
    {"depth": -1},
    {"depth": 0},
    {"depth": 10**9},
    {"limits": keeptrace.Limits(seconds=1)},
    {"exceptions": False},
    {"reprs": True},
]


@pytest.mark.parametrize("arguments", RIGHT_ARGUMENTS, ids=range(len(RIGHT_ARGUMENTS)))
def test_a_right_argument_is_taken(arguments: dict[str, Any]) -> None:
    """What is accepted records a traceback."""
    keeptrace.init(**arguments)
    restored = pickle.loads(pickle.dumps(crash().__traceback__))
    assert type(restored) is types.TracebackType


def test_init_registers_the_stack_and_every_exception_class() -> None:
    """Tracebacks, frames, code objects, and all the exception classes that exist."""
    keeptrace.init()
    expected = {*reducers.STACK_TYPES, *reducers.exception_classes()}
    assert set(reducers.registered()) == expected


@pytest.mark.parametrize("cls", [BaseException, Exception, KeyboardInterrupt, UnicodeDecodeError, Broken])
def test_exception_classes_are_found_wherever_they_stand(cls: type) -> None:
    """From BaseException down to the application's own."""
    assert reducers.exception_classes().count(cls) == 1


def test_without_exceptions_only_the_stack_is_registered() -> None:
    """`exceptions=False` leaves exceptions to Python."""
    keeptrace.init(exceptions=False)
    assert set(reducers.registered()) == set(reducers.STACK_TYPES)


def test_calling_again_without_exceptions_takes_them_back() -> None:
    """The last call decides."""
    keeptrace.init()
    keeptrace.init(exceptions=False)
    assert set(reducers.registered()) == set(reducers.STACK_TYPES)


def test_calling_again_replaces_the_settings() -> None:
    """Nothing of the first call's settings is left."""
    keeptrace.init(depth=0, include_source=False)
    keeptrace.init()
    assert reducers._settings == keeptrace.record.Settings(redactor=keeptrace.record.default_redactor())


def test_calling_again_picks_up_exception_classes_defined_since() -> None:
    """Where a pickler is used that is not looked at: it is native until init() is called again."""
    keeptrace.init()
    later = type("Later", (Exception,), {"__module__": __name__})
    globals()["Later"] = later
    try:
        exc = caught(lambda: (_ for _ in ()).throw(later("x")))
        file = io.BytesIO()
        pickle.Pickler(file).dump(exc)
        keeptrace.init()
        again = io.BytesIO()
        pickle.Pickler(again).dump(exc)
    finally:
        del globals()["Later"]
    assert (b"keeptrace" in file.getvalue(), b"keeptrace" in again.getvalue()) == (False, True)


def test_a_class_whose_hash_fails_does_not_stop_init() -> None:
    """No table has a place for such a class; in a chain it is recorded all the same."""
    unhashable = type("Meta", (type,), {"__eq__": lambda cls, other: True, "__hash__": None})
    cls = unhashable("Unhashable", (Exception,), {})
    keeptrace.init()
    assert [known for known in reducers.registered() if known is cls] == []


def test_uninit_leaves_copyreg_as_it_was() -> None:
    """The dispatch table has the same entries as before init()."""
    before = dict(copyreg.dispatch_table)
    keeptrace.init()
    keeptrace.init(depth=1)
    keeptrace.uninit()
    assert copyreg.dispatch_table == before


def test_uninit_without_init_does_nothing() -> None:
    """Uninit is idempotent."""
    before = dict(copyreg.dispatch_table)
    keeptrace.uninit()
    keeptrace.uninit()
    assert copyreg.dispatch_table == before


def test_uninit_keeps_no_exception_class_alive() -> None:
    """A class that nobody else holds is freed."""
    cls = type("Short", (Exception,), {})
    keeptrace.init()
    keeptrace.uninit()
    freed = weakref.ref(cls)
    del cls
    gc.collect()
    assert freed() is None


@pytest.fixture
def others() -> Iterator[None]:
    """Let a test register reducers that are not ours; they are taken back afterwards."""
    before = dict(copyreg.dispatch_table)
    yield
    keeptrace.uninit()
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(before)


with_others = pytest.mark.usefixtures("others")


def theirs(exc: BaseException) -> tuple[Any, ...]:
    """Reduce as somebody else's reducer might."""
    return Broken, ("reduced by theirs",)


@with_others
def test_uninit_puts_back_what_others_had_registered() -> None:
    """A reducer that was there before init() is there after uninit()."""
    copyreg.pickle(Broken, theirs)
    keeptrace.init()
    keeptrace.init()
    keeptrace.uninit()
    assert copyreg.dispatch_table[Broken] is theirs


@with_others
def test_uninit_leaves_what_others_registered_over_ours() -> None:
    """A reducer registered after init() stays after uninit()."""
    keeptrace.init()
    copyreg.pickle(Broken, theirs)
    keeptrace.uninit()
    assert copyreg.dispatch_table[Broken] is theirs


@with_others
def test_init_again_comes_before_what_others_registered_over_ours() -> None:
    """Calling init() again records once more, and uninit() gives the others' reducer back."""
    keeptrace.init()
    copyreg.pickle(Broken, theirs)
    keeptrace.init()
    recorded = is_recorded(crash())
    keeptrace.uninit()
    assert (recorded, copyreg.dispatch_table[Broken]) == (True, theirs)


@with_others
def test_our_reducer_held_by_others_steps_aside_after_uninit() -> None:
    """Who wrapped our reducer, or copied the dispatch table, gets Python's own pickling once it is taken back."""
    keeptrace.init()
    wrapped = copyreg.dispatch_table[Broken]
    copyreg.pickle(Broken, functools.partial(wrapped))
    keeptrace.uninit()
    assert pickle.loads(pickle.dumps(crash())).__traceback__ is None


def test_init_while_another_thread_pickles() -> None:
    """Every thread may call init() in its handler: no crash that is pickled meanwhile goes unrecorded."""
    keeptrace.init()
    done = threading.Event()

    def call_init() -> None:
        while not done.is_set():
            keeptrace.init(include_source=False)

    threads = [threading.Thread(target=call_init) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        recorded = [is_recorded(crash()) for _ in range(10)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert recorded == [True] * 10


# ---------------------------------------------------------------------------------------------------------------------
# Outer picklers: what is pickled, and what must hold where it is loaded
# ---------------------------------------------------------------------------------------------------------------------


ROOTS: dict[str, tuple[Callable[[], Any], int, dict[str, str]]] = {
    "exception": (
        crash,
        1,
        {
            "type(restored).__mro__[1].__name__": "Exception",
            "str(restored)": "('no such item', 2)",
            "type(restored.__traceback__).__name__": "traceback",
            "restored.__traceback__.tb_frame.f_locals['items'][1]": "a value",
        },
    ),
    "chained exception": (
        chained,
        1,
        {
            "type(restored).__name__": "ValueError",
            "restored.__cause__ is restored.__context__": "True",
            "restored.__cause__.__traceback__.tb_frame is restored.__traceback__.tb_frame": "True",
            "restored.__cause__.__traceback__.tb_next.tb_frame.f_code.co_name": "fail",
        },
    ),
    "exc_info": (
        exc_info,
        1,
        {
            "restored[1].__traceback__ is restored[2]": "True",
            "type(restored[1]).__name__": "Broken",
            "restored[2].tb_frame.f_locals['order'].number": "7",
        },
    ),
    "traceback": (
        lambda: crash().__traceback__,
        1,
        {"type(restored).__name__": "traceback", "restored.tb_frame.f_code.co_name": "fail"},
    ),
    "frame": (
        crashes.frame,
        1,
        {
            "type(restored).__name__": "frame",
            "restored.f_code.co_name": "call",
            "restored.f_lineno > restored.f_code.co_firstlineno": "True",
        },
    ),
    "crashes that share a value": (
        crashes.sharing,
        2,
        {
            "len(restored)": "2",
            "restored[0] is restored[1]": "False",
            "restored[0].__traceback__.tb_frame is restored[1].__traceback__.tb_frame": "False",
            "restored[0].__traceback__.tb_frame.f_locals['order']"
            " is restored[1].__traceback__.tb_frame.f_locals['order']": "True",
            "type(restored[0]) is type(restored[1])": "True",
        },
    ),
    "dict of crashes": (
        crashes.many,
        2,
        {"[type(exc).__name__ for exc in restored.values()]": "['Broken', 'ValueError']"},
    ),
    "the same exception twice": (
        crashes.twice,
        1,
        {
            "restored[0] is restored[1] is restored[2]['again']": "True",
            "restored[0].__traceback__ is restored[3]": "True",
        },
    ),
    "exception and its frame": (
        crashes.with_frame,
        1,
        {"restored[0].__traceback__.tb_frame is restored[1]": "True"},
    ),
    "exception within a chain": (
        crashes.with_cause,
        1,
        {"restored[0].__cause__ is restored[1]": "True"},
    ),
    "exception within data": (
        crashes.within_data,
        1,
        {"(restored['id'], type(restored['error']).__name__, restored['others'])": "(4, 'Broken', [(1, 2)])"},
    ),
}

CODE: dict[str, str] = {"type(restored).__name__": "code", "restored.co_name": "fail", "restored.co_argcount": "1"}


def holds(restored: Any, expected: dict[str, str]) -> dict[str, str]:
    """Return the value of each expression of `expected`, as text."""
    return {check: str(eval(check, {"restored": restored})) for check in expected}


@outer_picklers
@pytest.mark.parametrize("root", ROOTS)
def test_roots_through_every_pickler(root: str, dumps: Callable[[Any, int], bytes]) -> None:
    """What was one object stays one object, and each crash is recorded once."""
    make, number, expected = ROOTS[root]
    keeptrace.init(include_source=False)
    data = dumps(make(), pickle.DEFAULT_PROTOCOL)
    assert (holds(pickle.loads(data), expected), len(tables(data))) == (expected, number)


@outer_picklers
@protocols
def test_every_protocol_through_every_pickler(dumps: Callable[[Any, int], bytes], protocol: int) -> None:
    """Protocols differ in bytes, not in what comes back."""
    make, number, expected = ROOTS["exc_info"]
    keeptrace.init(include_source=False)
    data = dumps(make(), protocol)
    assert (holds(pickle.loads(data), expected), len(tables(data))) == (expected, number)


@pytest.mark.parametrize("outer", ["pickle.dumps", "pickle.dump", "pickle.Pickler"])
@protocols
def test_code_objects_are_recorded(outer: str, protocol: int) -> None:
    """A code object comes back with its instructions where the Python version is the same."""
    keeptrace.init()
    data = OUTER[outer](fail.__code__, protocol)
    assert (pickle.loads(data), len(tables(data))) == (fail.__code__, 1)


dill_knows_code = pytest.mark.skipif(
    not hasattr(types.CodeType, "co_lnotab"), reason="dill 0.4 asks code objects for what Python 3.15 does not have"
)


@dill_knows_code
@outer_picklers
@protocols
def test_code_objects_through_every_pickler(dumps: Callable[[Any, int], bytes], protocol: int) -> None:
    """Cloudpickle and dill make functions of code objects, and go on pickling them their own way."""
    keeptrace.init()
    restored = pickle.loads(dumps(fail.__code__, protocol))
    assert holds(restored, CODE) == CODE


def test_a_code_object_keeps_its_instructions_next_to_a_crash_in_it() -> None:
    """The frame's code is made for the frame; the code object that is pickled itself is the real one."""
    keeptrace.init()
    _, restored = pickle.loads(pickle.dumps([crash(), fail.__code__]))
    assert restored == fail.__code__


@dill_knows_code
@pytest.mark.parametrize("dumps", [cloudpickle.dumps, dill.dumps], ids=["cloudpickle", "dill"])
def test_functions_are_pickled_by_value_as_before(dumps: Callable[[Any], bytes]) -> None:
    """The code of a function that cloudpickle or dill sends is not recorded."""
    before = dumps(lambda number: number + 1)
    keeptrace.init()
    after = dumps(lambda number: number + 1)
    assert (tables(after), pickle.loads(after)(1), len(after)) == ([], 2, len(before))


LOAD_ALL = """
import builtins, functools
builtins.compile = functools.lru_cache(None)(compile)  # the restorer is the same text each time
restored_all = restored
for name, (data, checks) in restored_all.items():
    restored = pickle.loads(data)
    for check, expected in checks.items():
        if str(eval(check)) != expected:
            print(name, check, eval(check))
print(len(restored_all), sorted(name for name in sys.modules if name.partition(".")[0] in FOREIGN))
"""


@functools.cache
def through_every_pickler() -> dict[str, tuple[bytes, Any]]:
    """Return what each pickler makes of each root, and what is expected of it."""
    keeptrace.init(include_source=False)
    pickles = {}
    for outer, dumps in OUTER.items():
        for root, (make, _, expected) in ROOTS.items():
            if root != "exc_info":  # its class is pickled by name
                pickles[f"{outer} {root}"] = dumps(make(), 4), expected
        for protocol in PROTOCOLS:
            optimized = pickletools.optimize(dumps(crash(), protocol))
            pickles[f"{outer} {protocol} optimized"] = optimized, ROOTS["exception"][2]
    return pickles


def test_roots_through_every_pickler_load_with_nothing_installed(
    load: Callable[..., str], python: str, tmp_path: pathlib.Path
) -> None:
    """No pickler leaves a trace of itself, or of this package, that a bare interpreter would need."""
    pickles = through_every_pickler()
    path = tmp_path / "pickles.pkl"
    path.write_bytes(pickle.dumps(pickles))
    foreign = "FOREIGN = {'keeptrace', 'cloudpickle', 'dill'}\n"
    assert load(python, path, foreign + LOAD_ALL) == f"{len(pickles)} []\n"


@protocols
def test_pickles_survive_optimize_and_gzip(protocol: int) -> None:
    """`pickletools.optimize` and gzip take nothing from a crash."""
    keeptrace.init()
    data = gzip.compress(pickletools.optimize(pickle.dumps(exc_info(), protocol)))
    with gzip.open(io.BytesIO(data)) as file:
        restored = pickle.load(file)
    expected = ROOTS["exc_info"][2]
    assert holds(restored, expected) == expected


# ---------------------------------------------------------------------------------------------------------------------
# What is in a pickle
# ---------------------------------------------------------------------------------------------------------------------

GLOBALS = {"builtins.eval", "_operator.getitem", "builtins.bytes", "builtins.complex", "_codecs.encode"}
DILL = {
    "dill._dill._load_type"
}  # how dill, and pickle._Pickler once dill is imported, write the class of complex numbers


@protocols
@pytest.mark.parametrize("outer", OUTER)
def test_a_pickle_names_few_globals(outer: str, protocol: int) -> None:
    """Nothing of this package or of the application is named outside of the table."""
    keeptrace.init(pickler=pickle, include_source=False)
    named = Opened(OUTER[outer]([crashes.varied(), chained()], protocol)).globals
    assert named - GLOBALS - (DILL if "dill" in outer or "_Pickler" in outer else set()) == set()


def test_the_restorer_can_be_read_in_the_pickle() -> None:
    """`pickletools.dis` shows the text of what will run."""
    keeptrace.init()
    shown = io.StringIO()
    pickletools.dis(pickle.dumps(crash()), shown)
    definitions = [f"\\ndef {name}(" for name in ("restore", "make_frames", "make_traceback", "make_exception")]
    assert [text for text in definitions if text not in shown.getvalue()] == []


class WhatRuns(ast.NodeTransformer):
    """Takes from a syntax tree what does nothing where it runs: docstrings and annotations."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        return self.generic_visit(ast.Assign([node.target], node.value))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "__future__" else node


def test_the_restorer_that_travels_is_restore_py() -> None:
    """Comments, docstrings, annotations, what these need, and blank lines are left out, and nothing else."""
    keeptrace.init()
    (travelling,) = Opened(pickle.dumps(crash())).sources
    with open(restore.__file__, encoding="utf-8") as file:
        written = file.read()
    assert ast.dump(ast.parse(travelling)) == ast.dump(WhatRuns().visit(ast.parse(written)))
    assert [line for line in travelling.splitlines() if not line.strip() or "# " in line] == []


def test_several_crashes_carry_one_restorer() -> None:
    """The text of the restorer is in a pickle once."""
    keeptrace.init()
    opened = Opened(pickle.dumps([crash(), crash(), chained()]))
    assert (len(opened.tables), len(opened.sources)) == (3, 1)


COUNT_COMPILING = """
import builtins, pickle, sys
compiled, real = [], builtins.compile
def counting(source, filename, *rest, **more):
    compiled.append(filename)
    return real(source, filename, *rest, **more)
builtins.compile = counting
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        error = pickle.load(file)
    restorer = sys.modules["<keeptrace restorer>"]
    print(type(error).__name__, compiled.count("<keeptrace restorer>"), getattr(restorer, "LATER", None))
"""


@pytest.mark.parametrize("version", interpreters.found(), ids=str)
def test_the_restorer_is_compiled_once_in_a_process_and_each_pickle_brings_its_own(
    version: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeptrace.init()
    (tmp_path / "first").write_bytes(pickle.dumps(crash()))
    (tmp_path / "second").write_bytes(pickle.dumps(chained()))
    monkeypatch.setattr(restorer_text, "TEXT", restorer_text.TEXT + "LATER = 1\n")
    (tmp_path / "later").write_bytes(pickle.dumps(crash()))
    python = [interpreters.found()[version], "-I", "-S", "-c", COUNT_COMPILING]
    said = interpreters.run([*python, "first", "second", "first", "later", "first"], cwd=tmp_path).split("\n")
    assert [line.split(" ", 1)[1] for line in said if line] == ["1 None", "1 None", "1 None", "2 1", "3 None"]


def test_threads_that_open_crashes_at_once_need_not_wait_for_each_other() -> None:
    keeptrace.init()
    data = pickle.dumps(crash())
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            sys.modules.pop("<keeptrace restorer>", None)
            assert all(error.__traceback__ is not None for error in pool.map(pickle.loads, [data] * 16))


# ---------------------------------------------------------------------------------------------------------------------
# One pickling, one snapshot
# ---------------------------------------------------------------------------------------------------------------------


@outer_picklers
def test_nothing_survives_a_pickling(dumps: Callable[[Any, int], bytes]) -> None:
    """When the pickle is written, neither the variables nor the snapshot are kept."""
    keeptrace.init()
    order = Order(1)
    exc: BaseException | None = crash(order)
    freed = weakref.ref(order)
    dumps([exc, crash(order)], 4)
    del order, exc
    gc.collect()
    assert (freed(), len(reducers._picklings)) == (None, 0)


def test_nothing_survives_a_pickling_without_the_garbage_collector() -> None:
    """A snapshot is freed at once with the C pickler, for the next pickling must not find it."""
    keeptrace.init()
    gc.disable()
    try:
        pickle.dumps(exc_info())
        left = len(reducers._picklings)
    finally:
        gc.enable()
    assert left == 0


def test_nothing_survives_a_pickling_that_fails() -> None:
    """A pickling that ends with an error leaves nothing for the next."""
    keeptrace.init()
    exc = crash()
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps([exc, lambda: None])
    del exc
    gc.collect()
    assert len(reducers._picklings) == 0


def with_note(exc: BaseException, note: str) -> BaseException:
    exc.__notes__ = [*getattr(exc, "__notes__", ()), note]  # type: ignore[attr-defined]
    return exc


@outer_picklers
def test_a_note_added_between_two_picklings_shows_in_the_second(dumps: Callable[[Any, int], bytes]) -> None:
    """Each pickling records the crash as it is then."""
    keeptrace.init()
    exc = crash()
    notes = [pickle.loads(dumps(with_note(exc, note), 4)).__notes__ for note in ("first", "second")]
    assert notes == [["first"], ["first", "second"]]


@outer_picklers
def test_an_exception_raised_again_shows_its_new_traceback(dumps: Callable[[Any, int], bytes]) -> None:
    """The same exception, raised once more from elsewhere, is recorded with the longer stack."""
    keeptrace.init()
    exc = crash()

    def raise_again() -> None:
        raise exc

    first = pickle.loads(dumps(exc, 4))
    caught(raise_again)
    second = pickle.loads(dumps(exc, 4))
    names = [[entry.name for entry in traceback.extract_tb(restored.__traceback__)] for restored in (first, second)]
    assert names == [["fail"], ["raise_again", "fail"]]


@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler, cloudpickle.Pickler])
def test_a_pickler_that_is_used_again(pickler: Any) -> None:
    """A pickler with a memory refers to what it has written; one unpickler reads it all."""
    keeptrace.init()
    file = io.BytesIO()
    reused = pickler(file)
    exc, other = crashes.sharing()
    for obj in (exc, other, exc, exc.__traceback__):
        reused.dump(obj)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    first, second, again, chain = [unpickler.load() for _ in range(4)]
    orders = [restored.__traceback__.tb_frame.f_locals["order"] for restored in (first, second)]
    assert (again is first, chain is first.__traceback__, orders[0] is orders[1]) == (True, True, True)


def test_a_pickler_that_is_used_again_with_its_memory_cleared() -> None:
    """After `clear_memo` the crash is recorded anew."""
    keeptrace.init()
    file = io.BytesIO()
    reused = pickle.Pickler(file)
    exc = crash()
    for note in ("first", "second"):
        reused.dump(with_note(exc, note))
        reused.clear_memo()
    file.seek(0)
    assert [pickle.load(file).__notes__ for _ in range(2)] == [["first"], ["first", "second"]]


def test_another_pickler_while_one_is_kept() -> None:
    """Every pickle is complete in itself, even where another pickler still remembers the crash."""
    keeptrace.init()
    kept = pickle.Pickler(io.BytesIO())
    exc, other = crashes.sharing()
    kept.dump(exc)
    restored = pickle.loads(pickle.dumps([exc, other]))
    orders = [each.__traceback__.tb_frame.f_locals["order"] for each in restored]
    assert orders[0] is orders[1]


class PicklesInside:
    """An object that pickles a crash while it is pickled itself."""

    def __init__(self, exc: BaseException) -> None:
        self.exc = exc

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (pickle.dumps(self.exc),)


@outer_picklers
def test_a_pickling_within_a_pickling(dumps: Callable[[Any, int], bytes]) -> None:
    """Each of them has all of the crash."""
    keeptrace.init()
    exc = crash(5)
    restored = pickle.loads(dumps([exc, PicklesInside(exc), exc.__traceback__], 4))
    found = [each.__traceback__.tb_frame.f_locals["order"] for each in restored[:2]]
    assert (found, restored[0].__traceback__ is restored[2]) == ([5, 5], True)


def test_threads_that_pickle_at_the_same_time() -> None:
    """A snapshot belongs to one pickling in one thread."""
    keeptrace.init(include_source=False)
    shared = crash(0)
    outcomes: list[tuple[int, bool, int]] = []

    def work(number: int) -> None:
        for _ in range(10):
            exc = crash(number)
            data = pickle.dumps([shared, exc, exc.__traceback__])
            first, second, chain = pickle.loads(data)
            found = second.__traceback__.tb_frame.f_locals["order"]
            zero = first.__traceback__.tb_frame.f_locals["order"]
            outcomes.append((found - number + zero, second.__traceback__ is chain, len(tables(data))))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [(0, True, 2)] * 40


def test_many_crashes_in_one_pickle_take_time_in_proportion() -> None:
    """A snapshot is added to those before it without copying them."""
    keeptrace.init(include_source=False, depth=1)
    data = pickle.dumps([crash(number) for number in range(300)])
    assert len(tables(data)) == 300


# ---------------------------------------------------------------------------------------------------------------------
# Objects that do not pickle, or not load
# ---------------------------------------------------------------------------------------------------------------------


class BadBefore:
    """An object that cannot be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        raise NotImplementedError("no pickling")


def fail_to_load() -> None:
    raise NotImplementedError("no loading")


class BadAfter:
    """An object that can be pickled and cannot be loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return fail_to_load, ()


class BadMeanwhile:
    """An object whose state cannot be pickled."""

    def __init__(self) -> None:
        self.state = [threading.Lock(), BadBefore()]


VALUE_PICKLERS = {
    "None": None,
    "pickle": pickle,
    "cloudpickle": cloudpickle,
    "dill": dill,
    "pickle.dumps": pickle.dumps,
}


def bad() -> BaseException:
    def fail(bad_before: Any, bad_after: Any, bad_meanwhile: Any, good: Any) -> None:
        lists = [[bad_before], [bad_after], [good]]
        raise Broken(len(lists), bad_before, bad_after)

    found: BaseException = caught(fail, BadBefore(), BadAfter(), BadMeanwhile(), Order(3))
    return found


@pytest.mark.parametrize("include_source", [True, False])
@pytest.mark.parametrize("depth", range(-1, 5))
@pytest.mark.parametrize("pickler", VALUE_PICKLERS.values(), ids=VALUE_PICKLERS)
def test_round_trips_with_every_combination_of_arguments(pickler: Any, depth: int, include_source: bool) -> None:
    """Whatever the arguments and the values, the traceback is printed to the same text."""
    exc = bad()
    printed = "".join(traceback.format_exception(exc))
    keeptrace.init(pickler, depth, include_source)
    restored = pickle.loads(pickle.dumps(exc))
    assert "".join(traceback.format_exception(restored)) == printed


@pytest.mark.parametrize("depth", [1, 3, -1])
@pytest.mark.parametrize("pickler", VALUE_PICKLERS.values(), ids=VALUE_PICKLERS)
def test_values_that_fail_are_mocks_and_cost_no_other(pickler: Any, depth: int) -> None:
    """A value that a pickler does not take, or that does not load, is its mock; the good one is real."""
    keeptrace.init(pickler, depth)
    variables = pickle.loads(pickle.dumps(bad())).__traceback__.tb_frame.f_locals
    names = ("bad_before", "bad_after", "bad_meanwhile", "good")
    found = [(type(variables[name]).__name__, keeptrace.is_mock(variables[name])) for name in names]
    expected = [("BadBefore", True), ("BadAfter", True), ("BadMeanwhile", True), ("Order", pickler is None)]
    assert found == expected


@pytest.mark.parametrize("pickler", VALUE_PICKLERS.values(), ids=VALUE_PICKLERS)
def test_syntax_errors(pickler: Any) -> None:
    """A SyntaxError keeps its own lines."""
    exc = caught(eval, "1 + + (")
    printed = "".join(traceback.format_exception(exc))
    keeptrace.init(pickler)
    assert "".join(traceback.format_exception(pickle.loads(pickle.dumps(exc)))) == printed


RECURSION = """
import pickle, sys, traceback
import keeptrace
{init}
def recurse(number):
    return recurse(number + 1)
sys.setrecursionlimit(200)
try:
    recurse(0)
except RecursionError as error:
    {handler}
    with open(sys.argv[1], "wb") as file:
        pickle.dump((error, len(traceback.extract_tb(error.__traceback__))), file)
"""


@pytest.mark.parametrize(
    ("init", "handler"), [("keeptrace.init({})", ""), ("", "keeptrace.init({})")], ids=["at start", "in the handler"]
)
@pytest.mark.parametrize("arguments", ["", "pickle, -1", "pickle.dumps"])
def test_recursion_at_a_limit_of_200(
    record: Callable[..., pathlib.Path], load: Callable[..., str], arguments: str, init: str, handler: str
) -> None:
    """Recording a RecursionError needs little of the stack itself."""
    program = RECURSION.format(init=init.format(arguments), handler=handler.format(arguments))
    printed = load(
        sys.executable,
        record(program),
        "import traceback; error, frames = restored\n"
        "print(type(error), len(traceback.extract_tb(error.__traceback__)) == frames, frames > 150)",
    )
    assert printed == "<class 'RecursionError'> True True\n"


# ---------------------------------------------------------------------------------------------------------------------
# Nothing else in the process changes
# ---------------------------------------------------------------------------------------------------------------------


class OwnInit(Exception):
    """An exception that cannot be made from its args."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first)
        self.second = second


class OwnReduce(Exception):
    """An exception that says how it is made again."""

    def __reduce__(self) -> tuple[Any, ...]:
        return OwnReduce, ("made again", *self.args)


class OwnReduceEx(Exception):
    """An exception that is asked with a protocol."""

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return OwnReduceEx, (f"protocol {protocol}",)


class OwnCopy(Exception):
    """An exception that copies itself."""

    def __copy__(self) -> OwnCopy:
        return OwnCopy("copied")

    def __deepcopy__(self, memo: dict[int, Any]) -> OwnCopy:
        return OwnCopy("deeply copied", copy.deepcopy(self.args, memo))


class OwnState(Exception):
    """An exception whose state goes through methods of its own."""

    def __getstate__(self) -> dict[str, Any]:
        return {"state": "got"}

    def __setstate__(self, state: Any) -> None:
        self.state = {"set": state}


class FailsToReduce(Exception):
    """An exception that cannot be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        raise ValueError("not to be pickled")


class Liar(Exception):
    """An exception that says other things about itself than Python does."""

    __traceback__ = __cause__ = __context__ = "lie"  # type: ignore[assignment]

    @property
    def exceptions(self) -> None:
        raise AssertionError("asked")

    def split(self) -> None:
        """Look like a group."""


def with_attributes() -> Any:
    exc = Broken("x", [1, 2])
    exc.attribute = {"a": [Order]}
    return exc


PLAIN: dict[str, Callable[[], BaseException]] = {
    "builtin": lambda: ValueError("text", 1),
    "KeyError": lambda: KeyError("key"),
    "OSError": lambda: OSError(2, "No such file", "name"),
    "SystemExit": lambda: SystemExit(3),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    "SyntaxError": lambda: SyntaxError("bad", ("file.py", 1, 2, "text")),
    "ImportError": lambda: ImportError("bad", name="n", path="p"),
    "attributes": with_attributes,
    "notes": lambda: with_note(Broken("x"), "a note"),
    "own init": lambda: OwnInit(1, 2),
    "own reduce": lambda: OwnReduce("x"),
    "own copy": lambda: OwnCopy("x"),
    "own state": lambda: OwnState("x"),
    "fails": FailsToReduce,
    "liar": lambda: Liar("x"),
    "exception among its arguments": lambda: Broken(ValueError("inner")),
}
if GROUP:
    PLAIN["group"] = lambda: GROUP("message", [ValueError(1), Broken("x"), GROUP("m", [OwnReduce()])])


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a call returns, or the type and text of what it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return type(error), str(error)


def plain_pickles() -> dict[str, Any]:
    """Return the pickle of each plain exception, with each pickler and protocol."""
    return {
        f"{name} {outer} {protocol}": outcome(dumps, make(), protocol)
        for (name, make), (outer, dumps), protocol in itertools.product(PLAIN.items(), OUTER.items(), PROTOCOLS)
    }


def test_plain_exceptions_give_the_same_bytes() -> None:
    """An exception without traceback and chain is pickled by Python itself, with every pickler and protocol."""
    before = plain_pickles()
    keeptrace.init()
    assert plain_pickles() == before


def test_a_plain_exception_is_asked_with_the_default_protocol() -> None:
    """The protocol of the pickler is not known to a reducer; copying asks with 4."""
    before = pickle.dumps(OwnReduceEx()), copy.copy(OwnReduceEx()).args
    keeptrace.init()
    assert (pickle.dumps(OwnReduceEx()), copy.copy(OwnReduceEx()).args) == before


@GROUPS
def test_a_group_with_a_member_that_has_a_traceback_is_recorded() -> None:
    """A group is plain only if all its members are."""
    keeptrace.init()
    group = GROUP("message", [ValueError(1), GROUP("inner", [crash()])])
    assert is_recorded(group)


@GROUPS
def test_a_group_of_one_member_many_times_over_is_looked_through_once() -> None:
    """Every exception of a group is looked at once."""
    group = GROUP("message", [ValueError(1)])
    for _ in range(60):
        group = GROUP("message", [group, group])
    assert reducers.is_plain(group)


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_an_exception_with_a_chain_is_recorded(link: str) -> None:
    """A chain without any traceback is a crash as well."""
    keeptrace.init()
    exc = ValueError("x")
    setattr(exc, link, KeyError("y"))
    restored = pickle.loads(pickle.dumps(exc))
    assert str(getattr(restored, link)) == "'y'"


def with_traceback_attribute() -> Any:
    exc = crash()
    exc.kept = exc.__traceback__
    return exc


COPIED: dict[str, Callable[[], BaseException]] = {
    **PLAIN,
    "own reduce_ex": lambda: OwnReduceEx("x"),
    **{
        f"raised {name}": lambda make=make: caught(lambda: (_ for _ in ()).throw(make()))  # type: ignore[misc]
        for name, make in PLAIN.items()
        if name != "liar"  # Python itself stumbles over it
    },
    "raised from": chained,
    "its own traceback as attribute": with_traceback_attribute,
}


def description(original: BaseException, copied: Any) -> Any:
    """Return what can be told of a copy."""
    if not isinstance(copied, BaseException):
        return copied
    links = [vars(BaseException)[name].__get__(copied) for name in ("__traceback__", "__cause__", "__context__")]
    state = {name: repr(value) for name, value in copied.__dict__.items() if name != "kept"}
    shared = [getattr(copied, "kept", None) is getattr(original, "kept", None)]
    shared += [value is before for value, before in zip(copied.args, original.args, strict=False)]
    return type(copied), repr(copied.args), repr(copied), links, state, shared


def copies() -> dict[str, Any]:
    found = {}
    for (name, make), function in itertools.product(COPIED.items(), (copy.copy, copy.deepcopy)):
        original = make()
        found[f"{function.__name__} {name}"] = description(original, outcome(function, original))
    return found


def test_copies_of_exceptions_are_to_the_letter_as_before() -> None:
    """`copy` asks copyreg too: what it returns or raises for an exception is the same with init() as without."""
    before = copies()
    keeptrace.init()
    assert copies() == before


STACK_OBJECTS: dict[str, Callable[[], Any]] = {
    "traceback": lambda: crash().__traceback__,
    "frame": crashes.frame,
    "list of a traceback": lambda: [crash().__traceback__],
    "code": lambda: fail.__code__,
}


def stack_copies() -> dict[str, Any]:
    functions = (copy.copy, copy.deepcopy)
    found = {}
    for (name, make), function in itertools.product(STACK_OBJECTS.items(), functions):
        copied = outcome(function, make())
        found[f"{function.__name__} {name}"] = copied if isinstance(copied, tuple) else type(copied)
    return found


def test_copies_of_the_stack_fail_as_before() -> None:
    """Tracebacks and frames cannot be copied, and the message is Python's own."""
    before = stack_copies()
    keeptrace.init()
    assert stack_copies() == before


@pytest.mark.parametrize("package", sorted(reducers.TRANSPORTS))
def test_transports_are_told_by_the_module_that_calls_the_pickler(package: str) -> None:
    """A module of such a package gets Python's own pickling, through any pickler."""
    keeptrace.init()
    namespace: dict[str, Any] = {"__name__": f"{package}.inner.module"}
    exec("def send(dumps, obj):\n    return dumps(obj, 4)", namespace)
    picklers = (pickle.dumps, pickle._dumps, cloudpickle.dumps, dill.dumps)  # type: ignore[attr-defined]
    assert [tables(namespace["send"](dumps, crash())) for dumps in picklers] == [[]] * len(picklers)


@pytest.mark.parametrize("name", ["app", "dataset.dask", "copying", "keeptrace.files", "", None, 3, ["dask"]])
def test_any_other_module_records(name: Any) -> None:
    """Whatever a module is called, or calls itself."""
    keeptrace.init()
    namespace: dict[str, Any] = {"__name__": name}
    exec("def send(dumps, obj):\n    return dumps(obj, 4)", namespace)
    assert len(tables(namespace["send"](pickle.dumps, crash()))) == 1


@with_others
def test_a_reducer_of_others_serves_the_transports() -> None:
    """Where others registered a reducer before init(), copies and transports get theirs."""
    copyreg.pickle(Broken, theirs)
    keeptrace.init()
    exc = crash()
    assert (copy.copy(exc).args, is_recorded(exc)) == (("reduced by theirs",), True)


@with_others
def test_a_reducer_of_others_serves_plain_exceptions() -> None:
    """A plain exception is left to the reducer that was there before."""
    copyreg.pickle(Broken, theirs)
    keeptrace.init()
    assert pickle.loads(pickle.dumps(Broken("x"))).args == ("reduced by theirs",)


def test_foreign_code_that_runs_while_recording_pickles_as_before() -> None:
    """The user's pickler meets exceptions among the values: in its thread, nothing is recorded."""
    pickled: list[bytes] = []

    def dumps(obj: Any) -> bytes:
        pickled.append(pickle.dumps(obj))
        return pickled[-1]

    keeptrace.init(pickler=dumps)
    pickle.dumps(crash(Order(crash())))
    orders = [value for value in map(pickle.loads, pickled) if type(value) is Order]
    assert ([type(order.number) for order in orders], [data for data in pickled if tables(data)]) == ([Broken], [])


def test_foreign_threads_are_forgotten() -> None:
    """Once foreign code has run, its thread's identifier stands for no one."""
    keeptrace.init(pickler=pickle)
    pickle.dumps(bad())
    assert not IN_FOREIGN_CALL


# ---------------------------------------------------------------------------------------------------------------------
# Another library's reducers: tblib
# ---------------------------------------------------------------------------------------------------------------------


def received(obj: Any) -> Any:
    """Return what multiprocessing makes of an object that it sends."""
    from multiprocessing.reduction import ForkingPickler

    return pickle.loads(ForkingPickler.dumps(obj))


@with_others
def test_tblib_installed_before_init_goes_on_sending() -> None:
    """What multiprocessing sends is tblib's; what the application pickles is recorded."""
    pytest.importorskip("tblib.pickling_support").install()
    exc = crash()
    printed = "".join(traceback.format_exception(received(exc)))
    keeptrace.init()
    assert ("".join(traceback.format_exception(received(exc))), is_recorded(exc)) == (printed, True)


@with_others
def test_tblib_installed_after_init_is_in_front_until_init_is_called_again() -> None:
    """The last to register is asked first; uninit() leaves tblib's reducers."""
    keeptrace.init()
    pytest.importorskip("tblib.pickling_support").install()
    exc = crash()
    front = is_recorded(exc)
    keeptrace.init()
    again = is_recorded(exc)
    keeptrace.uninit()
    module = copyreg.dispatch_table[Broken].__module__
    assert (front, again, module) == (False, True, "tblib.pickling_support")
