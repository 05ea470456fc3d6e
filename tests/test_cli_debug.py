"""`keeptrace debug`: a debugger where the program crashed, on a terminal as a person uses it."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import TYPE_CHECKING, Any

import commands
import pytest

import keeptrace

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
        (["--debugger", "not_there"], "cannot open the debugger 'not_there': No module named 'not_there'; install it"),
        (["--exception", "7"], "cannot find the exception 7; there are 2, from 1 on"),
    ],
)
def test_what_cannot_be_opened_is_said(folder: pathlib.Path, arguments: list[str], message: str) -> None:
    done = commands.keeptrace("debug", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"keeptrace: {message}")


def test_an_exception_without_traceback_is_not_debugged(tmp_path: pathlib.Path) -> None:
    keeptrace.dump(ValueError("x"), tmp_path / "crash.pkl.gz")
    done = commands.keeptrace("debug", cwd=tmp_path)
    assert (done.returncode, "has no traceback" in done.stderr) == (1, True)


def test_every_python_opens_pdb(recorder: str, folder: pathlib.Path) -> None:
    """From 3.13 on its `exceptions` command knows the chain."""
    import interpreters

    command = [interpreters.found()[recorder], "-m", "keeptrace", "debug"]
    done = commands.run(command, folder, stdin="exceptions\np order.items\nq\n")
    assert "{'pencils': 3}\n" in done.stdout
    newer = tuple(map(int, recorder.split("."))) >= (3, 13)
    assert ("KeyError('pencils')" in done.stdout) is newer
