"""hook() and unhook(): programs that crash as users' programs do, in processes of their own."""

from __future__ import annotations

import gzip
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

import interpreters
import pytest
from programs import FAIL, HOOK, innermost, run, without_keeptrace

import keeptrace
from keeptrace.files.counting import counts

if TYPE_CHECKING:
    import pathlib

# -- what is caught ---------------------------------------------------------------------------------------------------

EVERYWHERE = f"""\
{FAIL}
import _thread, asyncio, gc, threading, time
thread = threading.Thread(target=fail, args=("thread",), name="buyer")
thread.start()
thread.join()
def bare(name):
    running.append(name)
    fail(name)
running = []
_thread.start_new_thread(bare, ("bare thread",))
while not running or _thread._count(): time.sleep(0.01)

async def task():
    fail("task")

async def main():
    asyncio.get_running_loop().call_soon(fail, "callback")
    running = asyncio.create_task(task())
    await asyncio.sleep(0.01)
    del running
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: print("handled", context["exception"]))
    asyncio.get_running_loop().call_soon(fail, "handled callback")
    await asyncio.sleep(0.01)

asyncio.run(main())
fail("main thread")
"""


def test_what_nobody_catches_is_dumped(tmp_path: pathlib.Path, recorder: str) -> None:
    """In every thread, task and callback, by every Python; all that is printed otherwise is printed, to the byte."""
    ended = run(tmp_path, EVERYWHERE, recorder)
    found = [innermost(error)["name"] for error in ended.dumps]
    assert found == ["thread", "bare thread", "callback", "task", "handled callback", "main thread"]
    assert (ended.status, ended.printed) == (1, "handled division by zero\n")
    assert ended.facts == without_keeptrace(tmp_path, EVERYWHERE, recorder)


def test_stock_pickle_opens_it_elsewhere(tmp_path: pathlib.Path, python: str) -> None:
    """With nothing installed, by every Python."""
    (path,) = run(tmp_path, FAIL + "fail('pen')").paths
    plain = tmp_path / "plain.pkl"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    show = "t = restored.__traceback__.tb_next; print(repr(restored), t.tb_frame.f_locals['basket'])"
    assert interpreters.load(python, plain, show) == "ZeroDivisionError('division by zero') {'pens': 'pen'}\n"


def test_hooking_before_and_after_the_imports_is_the_same(tmp_path: pathlib.Path) -> None:
    """What hook() finds there is hooked as what is imported later; it imports neither."""
    program = "print('threading' in sys.modules, 'asyncio' in sys.modules)\n" + EVERYWHERE.partition("async def")[0]
    program = f"import sys\n{program}\nfail('main')"
    before = run(tmp_path, program)
    assert before.printed == "False False\n"
    after = run(tmp_path, program, first=f"import threading, asyncio; {HOOK}")
    assert [len(ended.said) for ended in (before, after)] == [3, 3]


def test_hooking_costs_no_heavy_import(tmp_path: pathlib.Path) -> None:
    """Until something crashes, hook() has loaded a few modules of keeptrace's own."""
    program = "import sys; print(*sorted(set(sys.modules) - before))"
    ended = run(tmp_path, program, first=f"import sys, functools; before = set(sys.modules); {HOOK}")
    ours = {"capturing", "hooking", "patching", "processes", "reporting", "signaling"}
    loaded = set(ended.printed.split())
    assert {f"keeptrace.hooks.{name}" for name in ours} <= loaded
    heavy = {"asyncio", "keeptrace.files.dumping", "keeptrace.files.folder", "keeptrace.record"}
    assert loaded.isdisjoint(heavy | {"logging", "signal", "threading", "typing"})


def test_a_module_imported_later_is_what_it_would_be(tmp_path: pathlib.Path) -> None:
    """Its loader and spec are the real ones, also after it is loaded again."""
    program = """\
import importlib.util
print("def" in importlib.util.find_spec("threading").loader.get_source("threading"))
import threading
def facts(): return type(threading.__loader__).__name__, threading.__spec__.loader is threading.__loader__
print(facts())
importlib.reload(threading)
print(facts())
"""
    assert run(tmp_path, program).printed == "True\n" + "('SourceFileLoader', True)\n" * 2


UVLOOP = f"""\
{FAIL}
import uvloop
uvloop.new_event_loop().call_exception_handler({{"message": "m"}})
try:
    fail("callback")
except ZeroDivisionError as error:
    uvloop.new_event_loop().call_exception_handler({{"exception": error}})
"""


def test_uvloop_s_loops_are_hooked(tmp_path: pathlib.Path) -> None:
    """They are none of asyncio's own; here stands one that is made as they are."""
    loop = "class Compiled:\n    def call_exception_handler(self, context): print('logged', *context)\n"
    (tmp_path / "uvloop.py").write_text(f"{loop}class Loop(Compiled): pass\ndef new_event_loop(): return Loop()\n")
    ended = run(tmp_path, UVLOOP)
    assert [innermost(error)["name"] for error in ended.dumps] == ["callback"]
    assert ended.printed == "logged message\nlogged exception\n"


UNRAISABLE = f"""\
{FAIL}
class Pen:
    def __del__(self):
        fail("__del__")
Pen()
"""


def test_unraisable_ones_on_request(tmp_path: pathlib.Path) -> None:
    """Python's message stays; the dump is made where it was asked for."""
    assert run(tmp_path, UNRAISABLE).said == []
    ended = run(tmp_path, UNRAISABLE, first=HOOK.replace(")", ", unraisable=True)"))
    assert [innermost(error)["name"] for error in ended.dumps] == ["__del__"]
    assert ended.facts == without_keeptrace(tmp_path, UNRAISABLE)


EXITS = {
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "SystemExit": "raise SystemExit(3)",
    "SystemExit in a thread": "import threading; t = threading.Thread(target=sys.exit); t.start(); t.join()",
}


@pytest.mark.parametrize("program", EXITS.values(), ids=EXITS)
def test_exits_are_left_alone(tmp_path: pathlib.Path, program: str) -> None:
    """Nothing is dumped or said, and the status is what it would be."""
    ended = run(tmp_path, f"import sys\n{program}")
    assert (ended.said, list(tmp_path.glob("crashes/*"))) == ([], [])
    assert ended.facts == without_keeptrace(tmp_path, f"import sys\n{program}")


ASKED = "import sys\ntry: raise KeyboardInterrupt\nexcept KeyboardInterrupt: sys.excepthook(*sys.exc_info())"


def test_who_goes_on_after_an_interrupt_ends_as_always(tmp_path: pathlib.Path) -> None:
    """What ends by the signal is a program that Python ends."""
    ended = run(tmp_path, ASKED, first=HOOK.replace(")", ", exits=True)"))
    assert (len(ended.dumps), ended.facts) == (1, without_keeptrace(tmp_path, ASKED))


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "SystemExit in a thread"])
def test_exits_on_request(tmp_path: pathlib.Path, name: str) -> None:
    """exits=True dumps them, where Python asks a hook about them."""
    ended = run(tmp_path, f"import sys\n{EXITS[name]}", first=HOOK.replace(")", ", exits=True)"))
    assert ended.facts == without_keeptrace(tmp_path, f"import sys\n{EXITS[name]}")
    assert [type(error).__name__ for error in ended.dumps] == [name.partition(" ")[0]]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_a_group_is_dumped_for_its_failures(tmp_path: pathlib.Path) -> None:
    """One that holds nothing but exits is an exit."""
    groups = "raise BaseExceptionGroup('g', [BaseExceptionGroup('h', [KeyboardInterrupt(), {}])])"
    assert run(tmp_path, groups.format("SystemExit()")).said == []
    assert len(run(tmp_path, groups.format("ValueError()")).dumps) == 1


# -- where ------------------------------------------------------------------------------------------------------------


def test_the_environment_names_the_folder(tmp_path: pathlib.Path) -> None:
    """KEEPTRACE_DIR where hook() is given none; it is made where it is missing."""
    ended = run(tmp_path, FAIL + "fail('pen')", first="import keeptrace; keeptrace.hook()", KEEPTRACE_DIR="a/b")
    assert [path.parent for path in ended.paths] == [tmp_path / "a" / "b"]


@pytest.mark.parametrize("first", ["keeptrace.hook()", "keeptrace.hook(keeptrace.Folder('.', each=1))"])
def test_a_program_that_changes_its_folder(tmp_path: pathlib.Path, first: str) -> None:
    """The folder is the one that was meant when hook() was called."""
    environment = {"KEEPTRACE_DIR": ""}
    ended = run(tmp_path, FAIL + "import os; os.chdir('/'); fail(1)", first=f"import keeptrace; {first}", **environment)
    assert [path.parent for path in ended.paths] == [tmp_path]


def test_a_crash_loop_does_not_fill_the_disk(tmp_path: pathlib.Path) -> None:
    """A path means a Folder with its limits; a policy of one's own counts; the line says so."""
    program = f"{FAIL}\nimport threading\nfor n in range(8):\n    t = threading.Thread(target=fail, args=(n,))\n"
    program += "    t.start(); t.join()"
    default = run(tmp_path, program)
    assert (len(default.said), len(list(tmp_path.glob("crashes/*.gz")))) == (8, 5)
    ended = run(tmp_path, program, first="import keeptrace; keeptrace.hook(keeptrace.Folder('few', each=1))")
    counted = f"keeptrace: the crash was counted, not stored: the limits of {tmp_path / 'few'} are reached"
    assert ended.said[1:] == [counted] * 7
    assert [count.crashes for count in counts(tmp_path / "few").values()] == [8]


def test_options_are_those_of_dump(tmp_path: pathlib.Path) -> None:
    """And the note, and the other threads."""
    first = "import keeptrace; keeptrace.hook('crashes', depth=0, note='shop 7', threads=True)"
    (path,) = run(tmp_path, FAIL + "fail('pen')", first=first).paths
    loaded = keeptrace.load(path)
    assert (set(loaded), innermost(loaded["crash"]), keeptrace.peek(path).note) == ({"crash", "threads"}, {}, "shop 7")


# -- dumps that fail --------------------------------------------------------------------------------------------------


FAILING = {
    "no folder can be made": ("keeptrace.hook('app.py/crashes')", "", "NotADirectoryError: [Errno 20] "),
    "the system refuses": ("keeptrace.hook('/proc/crashes')", "", "FileNotFoundError: [Errno 2] "),
    "the disk is full": (
        "import os; keeptrace.hook('crashes')",
        "def write(*a): raise OSError(28, 'No space left on device')\nos.write = write\n",
        "OSError: [Errno 28] ",
    ),
    "recording has a bug": (
        "import keeptrace.files.dumping as d; keeptrace.hook('crashes')",
        "def made(order): raise KeyError('a\\nb')\nd.made = made\n",
        "KeyError: 'a\\nb'",
    ),
    "memory runs out": (
        "import keeptrace.files.dumping as d; keeptrace.hook('crashes')",
        "def made(order): raise MemoryError\nd.made = made\n",
        "MemoryError",
    ),
    "keeptrace was uninstalled": (
        "keeptrace.hook()",
        "sys.modules['keeptrace.files'] = None\n",
        "ModuleNotFoundError: ",
    ),
}


@pytest.mark.parametrize(("first", "more", "cause"), FAILING.values(), ids=FAILING)
def test_a_failing_dump_does_not_hide_the_crash(tmp_path: pathlib.Path, first: str, more: str, cause: str) -> None:
    """One line says why; the traceback is there as ever; no file is."""
    program = f"{FAIL}{more}fail('pen')"
    ended = run(tmp_path, program, first=f"import keeptrace; {first}")
    (line,) = ended.said
    assert line.startswith(f"keeptrace: cannot dump the crash: {cause}")
    assert "ZeroDivisionError: division by zero" in ended.errors
    assert (ended.status, list(tmp_path.rglob("*.gz"))) == (1, [])


@pytest.mark.parametrize("break_it", ["sys.stderr = None", "sys.stderr.close()", "import os; os.close(2)"])
def test_no_standard_error(tmp_path: pathlib.Path, break_it: str) -> None:
    """The dump is made, and nobody is told."""
    ended = run(tmp_path, f"{FAIL}{break_it}\nfail('pen')")
    assert (ended.status, ended.said, len(list(tmp_path.rglob("*.gz")))) == (1, [], 1)


def test_an_interrupted_dump(tmp_path: pathlib.Path) -> None:
    """Ctrl-C while the main thread's crash is dumped: the traceback is printed at once."""
    more = "import keeptrace.files.dumping as d\ndef made(order): raise KeyboardInterrupt\nd.made = made\n"
    ended = run(tmp_path, f"{FAIL}{more}fail('pen')")
    assert ended.said == ["keeptrace: the crash was not dumped: interrupted"]
    assert "ZeroDivisionError: division by zero" in ended.errors
    assert (ended.status, "KeyboardInterrupt" in ended.errors) == (1, False)


def test_a_recursion_that_ran_out_in_a_thread_and_in_main(tmp_path: pathlib.Path) -> None:
    """The stack that was full is dumped whole."""
    program = "def go_on(n): go_on(n + 1)\nimport threading\nt = threading.Thread(target=go_on, args=(1,))\n"
    errors = run(tmp_path, f"{program}t.start(); t.join(); go_on(1)").dumps
    assert [type(error) for error in errors] == [RecursionError] * 2
    assert all(len(traceback.extract_tb(error.__traceback__)) > 900 for error in errors)


def test_a_shutdown_makes_no_noise(tmp_path: pathlib.Path, recorder: str) -> None:
    """What crashes while the interpreter goes away is printed as ever, and that is all."""
    program = UNRAISABLE.replace("\nPen()", "\npen = Pen()")
    ended = run(tmp_path, program, recorder, first=HOOK.replace(")", ", unraisable=True)"))
    assert ended.said == []
    assert ended.facts == without_keeptrace(tmp_path, program, recorder)


def test_a_task_that_outlives_its_interpreter(tmp_path: pathlib.Path) -> None:
    """It is reported by asyncio, or by CPython 3.13.0 not, when it is too late to dump it."""
    main = "async def main():\n    global t\n    t = asyncio.create_task(task())\n    await asyncio.sleep(0.01)"
    program = f"{FAIL}import asyncio\nasync def task(): fail('task')\n{main}\nasyncio.run(main())"
    is_told = "ZeroDivisionError" in without_keeptrace(tmp_path, program)[0]
    ended = run(tmp_path, program)
    assert (ended.said, ended.status, "ZeroDivisionError" in ended.errors) == ([], 0, is_told)


def test_a_hook_that_is_told_nonsense(tmp_path: pathlib.Path) -> None:
    """It says so, and the hook that was there before makes of it what it can."""
    hooks = "import sys; sys.unraisablehook = print"
    ended = run(tmp_path, "sys.unraisablehook(1)", first=f"{hooks}\n{HOOK}")
    assert ended.said == ["keeptrace: cannot dump the crash: AttributeError: 'int' object has no attribute 'err_msg'"]
    assert (ended.printed, ended.errors) == ("1\n", "")


def test_nothing_is_kept_alive(tmp_path: pathlib.Path) -> None:
    """When a thread has crashed its variables are gone, as they are without keeptrace."""
    program = """\
import gc, threading, weakref
gc.disable()
class Pen: pass
def fail():
    pen = Pen()
    known.append(weakref.ref(pen))
    1 / 0
known = []
thread = threading.Thread(target=fail)
thread.start(); thread.join()
print(known[0]())
"""
    ended = run(tmp_path, program)
    assert (len(ended.dumps), ended.printed) == (1, "None\n")


# -- other hooks ------------------------------------------------------------------------------------------------------


def test_previous_hooks_still_run(tmp_path: pathlib.Path) -> None:
    """Those that a program has set before run as they did."""
    hooks = "import sys, threading; sys.excepthook = lambda *e: print('mine', e[1])\n"
    hooks += "threading.excepthook = lambda a: print('thread', a.exc_value)"
    program = f"{FAIL}t = threading.Thread(target=fail, args=(1,)); t.start(); t.join(); fail(2)"
    ended = run(tmp_path, program, first=f"{hooks}\n{HOOK}")
    assert (ended.printed, ended.errors) == ("thread division by zero\nmine division by zero\n", "")
    assert len(ended.dumps) == 2


def test_a_previous_hook_that_fails(tmp_path: pathlib.Path) -> None:
    """Python reports that as ever, and the dump is there."""
    hooks = "import sys; sys.excepthook = lambda *e: e.none\n"
    ended = run(tmp_path, f"{FAIL}fail(2)", first=f"{hooks}\n{HOOK}")
    assert "Error in sys.excepthook:" in ended.errors
    assert "Original exception was:" in ended.errors
    assert len(ended.dumps) == 1


def test_hooking_again_replaces_the_settings(tmp_path: pathlib.Path) -> None:
    """One dump and one line for each crash, also where somebody has put a hook in between."""
    between = "before = sys.excepthook\nsys.excepthook = lambda *e: before(*e)\n"
    program = f"{FAIL}{between}keeptrace.hook('crashes', note='b')\nkeeptrace.hook('crashes', note='c')\nfail(1)"
    ended = run(tmp_path, program)
    assert [keeptrace.peek(path).note for path in ended.paths] == ["c"]


STATE = """\
import asyncio.base_events, multiprocessing, signal, sys, threading, traceback
def state():
    return (sys.excepthook, sys.unraisablehook, threading.excepthook, traceback.print_exc, signal.getsignal(10),
            asyncio.BaseEventLoop.call_exception_handler, list(sys.meta_path))
before = state()
"""


def test_unhooking_leaves_nothing(tmp_path: pathlib.Path) -> None:
    """All is as it was; unhook() twice is unhook()."""
    program = "keeptrace.hook(signal=10)\nassert state() != before\nkeeptrace.unhook()\nassert state() == before\n"
    program += "keeptrace.unhook()\n"
    assert run(tmp_path, f"{STATE}{program}{program}print('done')", first="import keeptrace").printed == "done\n"


def test_unhooked_below_somebody_else_s_hook(tmp_path: pathlib.Path) -> None:
    """A hook of ours that another calls does nothing any more; hooking again dumps once."""
    between = "import sys\nbefore = sys.excepthook\nsys.excepthook = lambda *e: (before(*e), print('theirs'))\n"
    ended = run(tmp_path, f"{FAIL}{between}keeptrace.unhook()\nfail(1)")
    assert (ended.said, ended.printed) == ([], "theirs\n")
    ended = run(tmp_path, f"{FAIL}{between}keeptrace.unhook()\nkeeptrace.hook('crashes')\nfail(1)")
    assert (len(ended.dumps), len(ended.said), ended.printed) == (1, 1, "theirs\n")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"directory": 5}, TypeError, "hook(directory=5): a path, a keeptrace.Folder or None is expected"),
        ({"directory": b"x"}, TypeError, "hook(directory=b'x'): a path, a keeptrace.Folder or None is expected"),
        ({"note": 5}, TypeError, "hook(note=5): a text or None is expected"),
        ({"exits": 1}, TypeError, "hook(exits=1): True or False is expected"),
        ({"threads": 1}, TypeError, "hook(threads=1): True or False is expected"),
        ({"signal": "USR1"}, TypeError, "hook(signal='USR1'): the number of a signal or None is expected"),
        ({"signal": 9}, ValueError, "cannot hook signal 9: [Errno 22] Invalid argument"),
        ({"depth": -2}, ValueError, "hook(depth=-2): 0 or more is expected, or -1 for no limit"),
    ],
)
def test_wrong_arguments_change_nothing(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """They are refused when hook() is called, not when something crashes."""
    before = sys.excepthook
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        keeptrace.hook(**arguments)
    assert sys.excepthook is before
