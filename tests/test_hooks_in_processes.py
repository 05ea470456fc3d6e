"""hook() in processes that hang, fork, and start others: they dump as well."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any

import interpreters
import pytest
from programs import FAIL, innermost, run, without_keeptrace

import keeptrace

if TYPE_CHECKING:
    import pathlib

# -- a signal ---------------------------------------------------------------------------------------------------------

HANGING = """\
import threading, time
def wait_for_paper(go_on):
    paper = "A4"
    go_on.wait()
go_on = threading.Event()
thread = threading.Thread(target=wait_for_paper, args=(go_on,), name="printer")
thread.start()
def hang():
    print("ready", flush=True)
    thread.join()
hang()
print("went on")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signal")
def test_a_signal_dumps_every_thread_of_a_hung_process(tmp_path: pathlib.Path, recorder: str) -> None:
    """And lets it go on; the handler that was there before runs too."""
    script = tmp_path / "app.py"
    before = "import signal, keeptrace\nsignal.signal(signal.SIGUSR1, lambda number, frame: go_on.set())\n"
    script.write_text(f"{before}keeptrace.hook('crashes', signal=signal.SIGUSR1)\n{HANGING}")
    environment = {**os.environ, **interpreters.keeptrace_importable()}
    command = [interpreters.found()[recorder], str(script)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        printed, said = process.communicate(timeout=interpreters.TIMEOUT)
    (path,) = (tmp_path / "crashes").glob("stack-*.pkl.gz")
    assert (process.returncode, printed) == (0, "went on\n")
    assert said == f"keeptrace: the stack of every thread is in {path}\n"
    loaded = keeptrace.load(path)
    names = {name: [frame.name for frame in traceback.extract_tb(found)] for name, found in loaded["threads"].items()}
    assert "wait_for_paper" in names["printer"]
    assert "hang" in [frame.name for frame in traceback.extract_tb(loaded["crash"])]
    assert keeptrace.peek(path).note == "SIGUSR1"


# -- processes --------------------------------------------------------------------------------------------------------

FORKING = f"""\
{FAIL}
import os
child = os.fork()
if not child:
    fail("child")
os.waitpid(child, 0)
fail("parent")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_carries_on(tmp_path: pathlib.Path) -> None:
    """Child and parent dump into files of their own."""
    ended = run(tmp_path, FORKING)
    assert [innermost(error)["name"] for error in ended.dumps] == ["child", "parent"]
    assert len({keeptrace.peek(path).pid for path in ended.paths}) == 2
    assert ended.facts == without_keeptrace(tmp_path, FORKING)


CHILDREN = f"""\
{FAIL}
import multiprocessing
if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        process = multiprocessing.get_context(method).Process(target=fail, args=(method,), name=method)
        process.start()
        process.join()
        print(method, process.exitcode)
"""


def test_children_of_multiprocessing_carry_on(tmp_path: pathlib.Path, recorder: str) -> None:
    """However they are started, with the same settings: they print what ends them, and ask no hook."""
    hook = "import keeptrace, pickle, sys\n"
    hook += "if __name__ == '__main__': keeptrace.hook('crashes', pickler=pickle, note='child')"
    ended = run(tmp_path, CHILDREN, recorder, first=hook)
    methods = [line.split()[0] for line in ended.printed.splitlines()]
    assert [innermost(error)["name"] for error in ended.dumps] == methods
    assert {keeptrace.peek(path).note for path in ended.paths} == {"child"}
    assert ended.facts == run(tmp_path, CHILDREN, recorder, first="pass\n").facts


def test_settings_that_cannot_travel(tmp_path: pathlib.Path) -> None:
    """The child runs as ever, and one line says that it is not hooked."""
    program = CHILDREN.replace("multiprocessing.get_all_start_methods()", "['spawn']")
    hook = "import keeptrace\nif __name__ == '__main__': keeptrace.hook('crashes', pickler=lambda value: b'')"
    ended = run(tmp_path, program, first=hook)
    (line,) = ended.said
    assert line.startswith("keeptrace: cannot hook a child process: ")
    assert (ended.printed, "ZeroDivisionError" in ended.errors) == ("spawn 1\n", True)


def test_settings_of_init_travel_too(tmp_path: pathlib.Path) -> None:
    """A child that is a new process hides what its parent hides."""
    program = CHILDREN.replace("multiprocessing.get_all_start_methods()", "['spawn']").replace("(method,)", "('x7',)")
    hook = (
        "import keeptrace\nif __name__ == '__main__':\n    keeptrace.init(redact=keeptrace.Redactor(names=['pens']))\n"
    )
    (error,) = run(tmp_path, program, first=f"{hook}    keeptrace.hook('crashes')").dumps
    assert "x7" not in repr(innermost(error)["basket"])


def test_a_pickle_of_the_carrier_is_nothing_where_nothing_is_hooked() -> None:
    """A process object that was made while there were hooks starts as ever when they are gone."""
    from keeptrace.hooks import hooking

    assert type(pickle.loads(pickle.dumps(hooking.Carrier()))) is hooking.Carrier
    assert sys.excepthook.__module__ != "keeptrace.hooks.patching"
