"""`keeptrace debug`: a debugger where the program crashed, on a terminal as a person uses it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import socket
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import commands
import interpreters
import pytest

import keeptrace
from keeptrace.tools import debuggers

if TYPE_CHECKING:
    import pathlib

pexpect = pytest.importorskip("pexpect")

PROMPTS = {"pdb": r"\(Pdb\) ", "ipdb": "ipdb> "}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder with one dump, of a crash with a cause."""
    folder = tmp_path_factory.mktemp("dumps")
    commands.dumped(folder)
    (folder / "app.py").unlink()
    return folder


def spawned(folder: pathlib.Path, *arguments: str, **variables: str) -> Any:
    """Start a command on a terminal."""
    return pexpect.spawn(
        sys.executable, ["-m", "keeptrace", *arguments], cwd=str(folder), encoding="utf-8", timeout=60,
        env=commands.environment(NO_COLOR="1", IPY_TEST_SIMPLE_PROMPT="1", **variables), dimensions=(50, 200),
    )  # fmt: skip


def answer(child: Any, command: str, prompt: str) -> str:
    """Return what a debugger prints for a command."""
    child.expect(prompt)
    child.sendline(command)
    child.expect("\r\n")
    child.expect([f"(?={prompt})", pexpect.EOF])
    text: str = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", child.before)
    return text.replace("\r", "")


@pytest.mark.parametrize("debugger", PROMPTS)
def test_the_newest_crash_opens_where_it_crashed(folder: pathlib.Path, debugger: str) -> None:
    """Variables are printed, frames gone up, source listed, though the program is gone."""
    if importlib.util.find_spec(debugger) is None:
        pytest.skip(f"{debugger} is not installed")
    prompt = PROMPTS[debugger]
    child = spawned(folder, "debug", "--debugger", debugger)
    assert "{'pencils': 3}" in answer(child, "p order.items", prompt)
    assert "checkout(Order(" in answer(child, "up", prompt)
    assert "{'pens': 2.5}" in answer(child, "p rates", prompt)
    assert "def price(order):" in answer(child, "l 1,12", prompt)
    answer(child, "q", prompt)
    child.wait()
    assert child.exitstatus == 0


def test_a_dump_may_come_by_standard_input(folder: pathlib.Path) -> None:
    """Commands are read from the terminal then."""
    child = pexpect.spawn(
        "/bin/sh", ["-c", f"cat *.pkl.gz | {sys.executable} -m keeptrace debug -"], cwd=str(folder), encoding="utf-8",
        env=commands.environment(), timeout=60,
    )  # fmt: skip
    assert "{'pencils': 3}" in answer(child, "p order.items", PROMPTS["pdb"])
    answer(child, "q", PROMPTS["pdb"])


def test_without_a_terminal_standard_input_is_refused(folder: pathlib.Path) -> None:
    """Where there is nothing to read commands from, the message says what to do."""
    (path,) = folder.glob("*.pkl.gz")
    program = "import os, sys; os.setsid(); from keeptrace.tools.cli import main; sys.exit(main())"
    done = commands.python("-c", program, "debug", "-", cwd=folder, stdin=path.read_bytes())
    assert (done.returncode, done.stderr) == (1, "keeptrace: cannot debug what came by standard input: there is no \
terminal to read commands from; save it in a file, and name that\n")  # fmt: skip


def test_commands_may_be_piped(folder: pathlib.Path) -> None:
    done = commands.keeptrace("debug", cwd=folder, stdin="p order.items\nq\n")
    assert "(Pdb) {'pencils': 3}\n" in done.stdout


@pytest.mark.parametrize(("number", "function"), [("1", "<genexpr>"), ("2", "checkout")])
def test_another_exception_of_the_chain_is_opened(folder: pathlib.Path, number: str, function: str) -> None:
    """Counted as they are printed: the cause is the first."""
    done = commands.keeptrace("debug", "--exception", number, cwd=folder, stdin="q\n")
    assert f"){function}()" in done.stdout


OPENER = """\
import traceback
def opened(tb):
    print("opened", [frame.name for frame in traceback.extract_tb(tb)])
not_callable = 1
"""


def test_any_callable_is_a_debugger(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """MODULE:CALLABLE is called with the traceback."""
    (tmp_path / "own_debugger.py").write_text(OPENER)
    path = f"{commands.CHECKOUT}{':' if sys.platform != 'win32' else ';'}{tmp_path}"
    done = commands.keeptrace("debug", "--debugger", "own_debugger:opened", cwd=folder, PYTHONPATH=path)
    assert done.stdout == "ValueError: cannot price the order\nopened ['<module>', 'checkout']\n"
    done = commands.keeptrace("debug", "--debugger", "own_debugger:not_callable", cwd=folder, PYTHONPATH=path)
    assert (done.returncode, "has no function 'not_callable'" in done.stderr) == (1, True)


THREADS = """\
import keeptrace, threading
go_on = threading.Event()
def waiting():
    paper = "A4"
    go_on.wait()
thread = threading.Thread(target=waiting, name="printer")
thread.start()
try:
    1 / 0
except ZeroDivisionError:
    keeptrace.dump(path="threads.pkl.gz", threads=True)
go_on.set()
"""


def test_another_thread_is_opened(tmp_path: pathlib.Path) -> None:
    """By its name; a name that is not there is a message with those that are."""
    commands.python("-c", THREADS, cwd=tmp_path)
    done = commands.keeptrace("debug", "--thread", "printer", cwd=tmp_path, stdin="up\nup\np paper\nq\n")
    assert "'A4'" in done.stdout
    done = commands.keeptrace("debug", "--thread", "nobody", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1, "keeptrace: cannot find the thread 'nobody'; there are: 'printer'\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--exception", "7"], "cannot find the exception 7; there are 2, from 1 on"),
        (["--frame", "9"], "cannot find the frame 9; there are 2, from 1, the outermost, or from -1 back"),
        (["--frame", "0"], "cannot find the frame 0; there are 2"),
        (["--debugger", "remote", "-c", "p 1"], "cannot use --command with remote; pdb, ipdb, pdbpp, ipython take it"),
        (["--debugger", "web", "-c", "p 1"], "cannot use --command with web; pdb, ipdb, pdbpp, ipython take it"),
        (["--debugger", "pudb"], "cannot open pudb: it needs a terminal; pdb and ipdb do not"),
        (["--debugger", "remote:x"], "cannot open the debugger 'remote:x': remote:x names no port"),
    ],
)
def test_what_cannot_be_opened_is_said(folder: pathlib.Path, arguments: list[str], message: str) -> None:
    done = commands.keeptrace("debug", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"keeptrace: {message}")


NOT_THERE = f"No module named 'not_there'; install it, or name one of {', '.join(debuggers.DEBUGGERS)}"
BROKEN = "raise AttributeError('no itertools')"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("not_there", NOT_THERE),
        ("not_there:opened", NOT_THERE),
        ("pdbpp", "AttributeError: no itertools"),
        ("web", "AttributeError: no itertools"),
    ],
)
def test_instead_of_what_cannot_be_imported_pdb_opens(
    folder: pathlib.Path, tmp_path: pathlib.Path, name: str, why: str
) -> None:
    """A line says so: a crash is not to be lost for a debugger that is not here, or does not work on this Python."""
    for broken in ("pdbpp", "web_pdb"):
        (tmp_path / f"{broken}.py").write_text(BROKEN)
    path = os.pathsep.join([commands.CHECKOUT, str(tmp_path)])
    done = commands.keeptrace("debug", "--debugger", name, "-c", "p order.items", cwd=folder, PYTHONPATH=path)
    assert "{'pencils': 3}\n" in done.stdout
    assert done.stderr == f"keeptrace: cannot open the debugger {name!r}: {why}. pdb opens instead\n"


def test_pdb_opens_where_another_stands_in_its_place(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """As pdbpp puts its own before Python's, which fails on Python 3.13."""
    (tmp_path / "pdb.py").write_text(BROKEN)
    path = os.pathsep.join([str(tmp_path), commands.CHECKOUT])
    done = commands.keeptrace("debug", "-c", "p order.items", cwd=folder, PYTHONPATH=path)
    assert ("{'pencils': 3}\n" in done.stdout, done.stderr) == (True, "")


def test_what_a_callable_cannot_be_told(folder: pathlib.Path) -> None:
    for option in ("--command", "--frame"):
        done = commands.keeptrace("debug", "--debugger", "traceback:print_tb", option, "1", cwd=folder)
        assert (done.returncode, f"cannot use {option} with traceback:print_tb" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, "pdb"),
        ({"PYTHONBREAKPOINT": "pudb.set_trace"}, "pudb"),
        ({"PYTHONBREAKPOINT": "web_pdb.set_trace"}, "web"),
        ({"PYTHONBREAKPOINT": "ipdb.set_trace", "KEEPTRACE_DEBUGGER": "pdbpp"}, "pdbpp"),
        ({"PYTHONBREAKPOINT": "0"}, "pdb"),
        ({"PYTHONBREAKPOINT": "mytools.stop"}, "pdb"),
    ],
)
def test_what_opens_where_none_is_named(variables: dict[str, str], wanted: str) -> None:
    assert debuggers.default(variables) == wanted


def test_the_variable_names_the_debugger(folder: pathlib.Path) -> None:
    done = commands.keeptrace("debug", cwd=folder, KEEPTRACE_DEBUGGER="traceback:print_tb")
    assert "in checkout\n" in done.stderr


@pytest.mark.parametrize("debugger", ["pdb", "ipdb"])
def test_a_frame_is_opened_and_commands_run(folder: pathlib.Path, debugger: str) -> None:
    """The frame is counted from the outermost, or from the innermost back; others are reached from there."""
    if importlib.util.find_spec(debugger) is None:
        pytest.skip(f"{debugger} is not installed")
    asked = ("debug", "--debugger", debugger, "-c", "p sorted(rates)", "-c", "down", "-c", "p order.items")
    for number in ("1", "-2"):
        done = commands.keeptrace(*asked, "--frame", number, cwd=folder, stdin="p 'never read'\n")
        assert "['pens']\n" in done.stdout
        assert "{'pencils': 3}\n" in done.stdout
        assert (done.returncode, "never read" in done.stdout) == (0, False)


IN_PDB = """\
p __name__
whatis order
source price
display order.items
!order.items["pens"] = 1
p [item for item in order.items]
interact
print(rates, order)
"""


def test_what_pdb_can_do(recorder: str, folder: pathlib.Path) -> None:
    """On every Python, whose frames have their variables each in its way."""
    command = [interpreters.found()[recorder], "-m", "keeptrace", "debug", "--exception", "1", "--frame", "-2"]
    done = commands.run(command, folder, stdin=IN_PDB)
    for expected in (
        "'__main__'", "Order'>", "def price(order):", "display order.items: {'pencils': 3}", "['pencils', 'pens']",
    ):  # fmt: skip
        assert expected in done.stdout, expected
    assert "{'pens': 2.5} <__main__.Order object" in done.stdout


def test_ipythons_shell_has_a_frames_names(folder: pathlib.Path) -> None:
    """Its globals too, in comprehensions as well; magics go to other frames and show the source."""
    pytest.importorskip("IPython")
    asked = [
        "sorted(order.items)", "[(name, rates, order.items) for name in rates]", "%sources", "%up", "'order' in dir()",
        "%down", "%frame 1", "%frame -1", "%debug",
    ]  # fmt: skip
    arguments = [part for each in asked for part in ("-c", each)]
    done = commands.keeptrace("debug", "--debugger", "ipython", *arguments, cwd=folder, stdin="p order.items\nq\n")
    assert "['pencils']\n" in done.stdout
    assert "[('pens', {'pens': 2.5}, {'pencils': 3})]\n" in done.stdout
    assert re.search(r">\s+12\s+raise ValueError", done.stdout)
    assert [*re.findall(r"\[(\d) of 2\]", done.stdout)] == list("21212")
    assert "False\n" in done.stdout
    assert "ipdb> {'pencils': 3}\n" in done.stdout


def test_ipythons_shell_on_a_terminal(folder: pathlib.Path) -> None:
    pytest.importorskip("IPython")
    child = spawned(folder, "debug", "--debugger", "ipython")
    prompt = r"In \[\d+\]: "
    assert "{'pencils': 3}" in answer(child, "order.items", prompt)
    assert "[1 of 2]" in answer(child, "%up", prompt)
    assert "{'pens': 2.5}" in answer(child, "rates", prompt)
    answer(child, "exit", prompt)
    child.wait()
    assert child.exitstatus == 0


def test_pudb_opens_a_frame_and_the_stack_of_a_thread(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """It insists on an exception, which a thread's stack has not."""
    pytest.importorskip("pudb")
    commands.python("-c", THREADS, cwd=tmp_path)
    for where, arguments, shown in (
        (folder, [], "order"),
        (tmp_path, ["--thread", "printer", "--frame", "-3"], "paper"),
    ):
        child = spawned(where, "debug", "--debugger", "pudb", *arguments, XDG_CONFIG_HOME=str(tmp_path))
        child.expect("Clear ")  # the whole screen is drawn
        drawn = child.before
        for _ in range(20):  # dialogs are closed with Enter
            child.send("\r")
            with contextlib.suppress(pexpect.TIMEOUT):
                drawn += child.read_nonblocking(100_000, timeout=1)
            if f"{shown}: " in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", drawn):
                break
        else:
            pytest.fail(f"{shown} is not shown: {drawn!r:.5000}")
        child.close(force=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_pdb_on_a_port(folder: pathlib.Path) -> None:
    """As `nc` and `telnet` reach it; only from this machine."""
    pytest.importorskip("remote_pdb")
    port = free_port()
    child = spawned(folder, "debug", "--debugger", f"remote:{port}", "--frame", "1")
    child.expect(f"127.0.0.1:{port}, waiting")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"p rates\ndown\np order.items\nq\n")
        said = b""
        while received := connection.recv(4096):
            said += received
    assert b"{'pens': 2.5}" in said
    assert b"{'pencils': 3}" in said
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_a_port_that_is_taken(folder: pathlib.Path) -> None:
    pytest.importorskip("remote_pdb")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = commands.keeptrace("debug", "--debugger", f"remote:{port}", cwd=folder)
    assert (done.returncode, f"cannot listen on 127.0.0.1:{port}: " in done.stderr) == (1, True)


def test_pdb_in_a_browser(folder: pathlib.Path) -> None:
    """Only from this machine."""
    pytest.importorskip("web_pdb")
    port = free_port()
    child = spawned(folder, "debug", "--debugger", f"web:{port}")
    child.expect(f"http://127.0.0.1:{port}")
    for _ in range(100):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/frame-data") as answered:
            told = json.load(answered)
            if told and told.get("locals"):
                break
        time.sleep(0.2)
    assert "order = " in told["locals"]
    child.close(force=True)


def test_an_exception_without_traceback_is_not_debugged(tmp_path: pathlib.Path) -> None:
    keeptrace.dump(ValueError("x"), tmp_path / "crash.pkl.gz")
    done = commands.keeptrace("debug", cwd=tmp_path)
    assert (done.returncode, "has no traceback" in done.stderr) == (1, True)


CLASSES = """\
import dataclasses
rate = 3
@dataclasses.dataclass
class Point:
    x: int = 1
class Outer:
    class Inner:
        pass
    def method(self, points):
        class Local:
            y = 5
        made = Local
        return points[0].x / 0
def another():
    class Point:
        pass
Outer().method([Point(number) for number in range(1000)])
"""
ASKED = {
    "source Point": "@dataclasses.dataclass\nclass Point:\nx: int = 1",
    "source Outer.Inner": "class Inner:\npass",
    "source  made ": "class Local:\ny = 5",
    "source Outer.method": "def method(self, points):\nclass Local:\ny = 5\nmade = Local\nreturn points[0].x / 0",
    "source points": "*** module, class, method, function, traceback, frame, or code object was expected, got list",
    "source nothing": "*** NameError: name 'nothing' is not defined",
    "whatis Point": "Class __main__.Point",
    "whatis  made": "Class __main__.Outer.method.<locals>.Local",
    "whatis points": "<class 'list'>",
    "whatis points.pop()": "<class '__main__.Point'>",
    "p len(points)": "999",
    "made = 5": "",
    "whatis made": "<class 'int'>",
    "p made": "5",
    "whatis self.method": "Method method",
    "display points[:2]": "display points[:2]: [Point(x=0), Point(x=1)]",
    "display": "Currently displaying:\npoints[:2]: [Point(x=0), Point(x=1)]",
    "undisplay": "",
    "p sum(point.x for point in points) + rate": "498504",
}


def test_pdb_knows_the_classes_of_the_crash(recorder: str, tmp_path: pathlib.Path) -> None:
    """Their source, and that they are classes; and its other commands work as in a live program."""
    commands.dumped(tmp_path, CLASSES)
    (tmp_path / "app.py").unlink()
    command = [interpreters.found()[recorder], "-m", "keeptrace", "debug"]
    done = commands.run(command, tmp_path, stdin="\n".join([*ASKED, "q", ""]))
    answers = [
        "\n".join(re.sub(r"^ *\d+ [ >-]*\t *| +$", "", line) for line in answer.strip("\n ").splitlines())
        for answer in done.stdout.split("(Pdb) ")[1:]
    ]
    assert dict(zip(ASKED, answers, strict=False)) == ASKED
    assert "partial" not in commands.run(command, tmp_path, stdin="help whatis\nhelp source\nq\n").stdout


def test_pdb_takes_a_shell_into_the_frame(recorder: str, folder: pathlib.Path) -> None:
    """What is assigned there stays there."""
    command = [interpreters.found()[recorder], "-m", "keeptrace", "debug"]
    given = (
        "interact\nsorted(order.items)\nmore = [*order.items, 1]\nmore[1:]\n[name for name in order.items if rates]\n"
    )
    done = commands.run(command, folder, stdin=given)
    answers = re.findall(r">>> (\[.*)", done.stdout)
    assert answers == ["['pencils']", "[1]", "['pencils']"]


def test_every_python_opens_pdb(recorder: str, folder: pathlib.Path) -> None:
    """From 3.13 on its `exceptions` command knows the chain."""
    command = [interpreters.found()[recorder], "-m", "keeptrace", "debug"]
    done = commands.run(command, folder, stdin="exceptions\np order.items\nq\n")
    assert "{'pencils': 3}\n" in done.stdout
    newer = tuple(map(int, recorder.split("."))) >= (3, 13)
    assert ("KeyError('pencils')" in done.stdout) is newer
