"""picklers: exceptions whose class came after init() are recorded too, and pickling is otherwise as it was."""

from __future__ import annotations

import collections
import copy
import copyreg
import importlib
import inspect
import io
import pickle
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

import cloudpickle
import dill
import interpreters
import pytest

import keeptrace
from keeptrace import picklers

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES: dict[str, Any] = {"pickle": pickle, "cloudpickle": cloudpickle, "dill": dill}
ORIGINAL = {name: (module.dump, module.dumps) for name, module in MODULES.items()}
CRASH = """\
    local = 7
    raise Later("no pens")
"""


def later(**namespace: Any) -> Exception:
    """Return a caught exception of a class made just now."""
    error = type("Later", (ValueError,), {"__module__": __name__, **namespace})("no pens")
    globals()["Later"] = type(error)  # where Python itself, and dill, look for it
    try:
        raise error
    except ValueError as caught:
        return caught


def dumps(module: Any, name: str, obj: Any) -> bytes:
    if name == "dumps":
        written: bytes = module.dumps(obj)
        return written
    file = io.BytesIO()
    module.dump(obj, file)
    return file.getvalue()


Pair = collections.namedtuple("Pair", ["first", "second"])  # noqa: PYI024 (the kind is meant)
HOLDERS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "alone": (lambda error: error, lambda found: found),
    "exc_info": (lambda error: (ValueError, error, error.__traceback__), lambda found: found[1]),
    "a list": (lambda error: [1, error], lambda found: found[1]),
    "the hundredth of a list": (lambda error: [*range(99), error, *range(1_000)], lambda found: found[99]),
    "a tuple": (lambda error: ("a", error), lambda found: found[1]),
    "a dict": (lambda error: {"name": "a", "error": error}, lambda found: found["error"]),
    "an OrderedDict": (lambda error: collections.OrderedDict(error=error), lambda found: found["error"]),
    "a namedtuple": (lambda error: Pair(1, error), lambda found: found.second),
    "deeper, beside one": (lambda error: [error, {"all": [[later()]]}], lambda found: found[1]["all"][0][0]),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("name", ["dump", "dumps"])
@pytest.mark.parametrize("module", MODULES)
def test_a_class_that_came_after_init_is_recorded(module: str, name: str, holder: str) -> None:
    """Whichever function writes it, alone or in a container."""
    hold, take = HOLDERS[holder]
    keeptrace.init(depth=2, include_source=False)  # of all that this module has
    found = take(pickle.loads(dumps(MODULES[module], name, hold(later()))))
    assert type(found).__name__ == "Later"
    assert found.__traceback__.tb_frame.f_locals["namespace"] == {}


def test_every_function_is_looked_at_where_its_module_comes_later(recorder: str, tmp_path: Any) -> None:
    """In fresh processes: init() first, then the picklers and the application."""
    program = """\
import sys
import keeptrace
keeptrace.init()
assert "pickle" not in sys.modules
import pickle
from pickle import dumps
import app_errors
try:
    app_errors.fail()
except app_errors.Later as error:
    assert b"keeptrace" in dumps(error)
    assert pickle.loads(dumps([error]))[0].__traceback__.tb_next.tb_frame.f_locals == {"local": 7}
assert "keeptrace" not in type(pickle.__loader__).__module__ + type(pickle.__spec__.loader).__module__
"""
    (tmp_path / "app_errors.py").write_text(f"class Later(ValueError):\n    pass\n\n\ndef fail():\n{CRASH}")
    (tmp_path / "app.py").write_text(program)
    command = [interpreters.found()[recorder], "-S", "-W", "error", "app.py"]
    interpreters.run(command, cwd=tmp_path, **interpreters.keeptrace_importable())


@pytest.mark.parametrize("module", ["cloudpickle", "dill"])
def test_a_pickler_that_is_imported_after_init(module: str, tmp_path: Any) -> None:
    """And its own functions are there again after uninit()."""
    program = f"""\
import keeptrace
keeptrace.init()
import {module}
class Later(ValueError):
    pass
def fail():
{CRASH}
try:
    fail()
except Later as error:
    assert b"keeptrace" in {module}.dumps(error)
keeptrace.uninit()
assert {module}.dumps.__module__ == {module}.dumps.__globals__["__name__"], {module}.dumps
"""
    (tmp_path / "app.py").write_text(program)
    interpreters.run([sys.executable, "app.py"], cwd=tmp_path, **interpreters.keeptrace_importable())


@pytest.mark.parametrize("name", ["dump", "dumps"])
@pytest.mark.parametrize("module", MODULES)
def test_signature_and_documentation_stay(module: str, name: str) -> None:
    before = getattr(MODULES[module], name)
    keeptrace.init()
    now = getattr(MODULES[module], name)
    assert now is not before
    assert inspect.signature(now) == inspect.signature(before)
    assert (now.__name__, now.__doc__) == (before.__name__, before.__doc__)


@pytest.mark.parametrize("name", ["dump", "dumps"])
@pytest.mark.parametrize("module", MODULES)
def test_the_functions_are_pickled_by_name_as_before(module: str, name: str) -> None:
    """Pools are given pickle.dumps as a task."""
    keeptrace.init()
    function = getattr(MODULES[module], name)
    assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda function: cloudpickle.loads(cloudpickle.dumps(function))]
)
def test_the_functions_are_copied_as_before(copied: Callable[[Any], Any]) -> None:
    keeptrace.init()
    assert copied(pickle.dumps) is pickle.dumps
    assert copied({"dump": pickle.dump})["dump"] is pickle.dump


def test_the_functions_become_no_methods() -> None:
    """A class that holds pickle.dumps gets what it held before: C code does not bind itself to instances."""
    keeptrace.init()
    serializer = type("Serializer", (), {"dump": pickle.dump, "dumps": pickle.dumps})()
    file = io.BytesIO()
    serializer.dump(7, file)
    assert file.getvalue() == serializer.dumps(7) == ORIGINAL["pickle"][1](7)


def test_every_argument_is_handed_on() -> None:
    """By position and by keyword."""
    data = bytearray(b"abc")
    given = pickle.PickleBuffer(data)
    keeptrace.init()
    buffers: list[Any] = []
    assert pickle.dumps(given, 5, buffer_callback=buffers.append) == ORIGINAL["pickle"][1](
        given, protocol=5, buffer_callback=[].append
    )
    assert [bytes(buffer) for buffer in buffers] == [b"abc"]
    assert pickle.dumps(obj=5, protocol=2, fix_imports=False) == ORIGINAL["pickle"][1](5, 2)
    assert pickle.dumps(range, 2, fix_imports=False) != pickle.dumps(range, 2)
    file = io.BytesIO()
    pickle.dump(5, file=file, protocol=0)
    assert file.getvalue() == ORIGINAL["pickle"][1](5, 0)


@pytest.mark.parametrize(
    "value", [5, [1] * 200, {"a": [1]}, (1, None), {1}, types.SimpleNamespace(a=1), [[]], range(9)]
)
def test_anything_else_gives_the_same_bytes(value: Any) -> None:
    keeptrace.init()
    assert pickle.dumps(value) == ORIGINAL["pickle"][1](value)


def test_uninit_puts_the_functions_back() -> None:
    keeptrace.init()
    keeptrace.init(depth=1)
    keeptrace.uninit()
    assert {name: (module.dump, module.dumps) for name, module in MODULES.items()} == ORIGINAL
    assert [finder for finder in sys.meta_path if type(finder).__module__.startswith("keeptrace")] == []


def test_without_exceptions_the_functions_stay() -> None:
    keeptrace.init()
    keeptrace.init(exceptions=False)
    assert {name: (module.dump, module.dumps) for name, module in MODULES.items()} == ORIGINAL


def test_a_patch_of_others_over_ours_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on calling ours, which does nothing after uninit(); init() again stands before it."""
    keeptrace.init()
    ours, calls = pickle.dumps, []

    def patch(obj: Any) -> bytes:
        calls.append(obj)
        return ours(obj)

    monkeypatch.setattr(pickle, "dumps", patch)
    keeptrace.uninit()
    error = later()
    assert pickle.dumps is patch
    assert b"keeptrace" not in pickle.dumps(error)
    keeptrace.init()
    assert b"keeptrace" in pickle.dumps(error)
    keeptrace.uninit()
    assert pickle.dumps is patch
    assert calls == [error, error]


def test_a_module_that_is_reloaded_is_looked_at_again() -> None:
    keeptrace.init()
    module = importlib.reload(importlib.import_module("dill._dill"))
    try:
        assert picklers.before_which(module.dumps) is not None
    finally:
        keeptrace.uninit()
        importlib.reload(module)
        importlib.reload(dill)


def test_a_class_with_a_failing_hash_fails_as_before() -> None:
    """Python's own pickler hashes it too."""
    meta = type("Meta", (type,), {"__hash__": None})
    error = meta("Unhashable", (Exception,), {})("a")
    for _ in range(2):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(error)
        assert "unhashable" in str(caught.value)
        keeptrace.init()


def test_a_recursion_near_its_end_is_recorded() -> None:
    """What stands between takes one call more, also where the class came later."""
    keeptrace.init(limits=keeptrace.Limits(seconds=60))  # pytest's own stack is recorded too
    cls = type(later())

    def deeper() -> bytes:
        try:
            return deeper()
        except RecursionError as error:
            try:
                raise cls("no paper") from error  # noqa: TRY301 (caught where it is raised, as near the end as can be)
            except cls as caught:
                try:
                    return pickle.dumps(caught)
                except RecursionError:  # there was no room for pickling itself: further out there is
                    raise error from None

    error = pickle.loads(deeper())
    assert (str(error), type(error.__cause__)) == ("no paper", RecursionError)
    assert error.__traceback__ is not None


def test_init_again_leaves_the_functions_in_place() -> None:
    """Another thread may be pickling meanwhile."""
    keeptrace.init()
    ours = pickle.dumps, pickle.dump, cloudpickle.dumps, dill.dumps
    keeptrace.init(depth=1)
    assert (pickle.dumps, pickle.dump, cloudpickle.dumps, dill.dumps) == ours


def test_threads_may_call_init_and_uninit_at_once() -> None:
    """As libraries that call it when they are imported: none of them fails, and all is as it was at the end."""
    failed: list[BaseException] = []

    def cycle() -> None:
        try:
            for _ in range(100):
                keeptrace.init()
                keeptrace.uninit()
        except Exception as error:
            failed.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=cycle) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    keeptrace.uninit()
    assert failed == []


def test_stand_ins_for_modules_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs put anything into sys.modules so that an import of what they do without succeeds."""
    for stand_in in (None, types.SimpleNamespace(dumps=repr), "dill"):
        monkeypatch.setitem(sys.modules, "dill", stand_in)
        keeptrace.init()
        keeptrace.uninit()


def test_classes_of_loaded_crashes_are_not_registered_for_ever() -> None:
    """Each load makes new ones."""
    keeptrace.init(depth=0, include_source=False)
    data = pickle.dumps(later())
    del globals()["Later"]
    loaded = [pickle.loads(data) for _ in range(10)]
    pickle.dumps(later())
    assert [type(error) for error in loaded if type(error) in copyreg.dispatch_table] == []
    pickle.dumps(loaded[0])
    assert [type(error) for error in loaded if type(error) in copyreg.dispatch_table] == [type(loaded[0])]
