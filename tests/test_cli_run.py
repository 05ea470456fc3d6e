"""`keeptrace run`: the program notices nothing, and what ends it is dumped."""

from __future__ import annotations

import os
import py_compile
import signal
import socket
import subprocess
import sys
import traceback
import zipfile
from typing import TYPE_CHECKING, Any

import commands
import interpreters
import pytest

import keeptrace

if TYPE_CHECKING:
    import pathlib

ABOUT_ITSELF = """\
import os, sys
import __main__
known = {name: type(value).__name__ for name, value in sorted(vars(__main__).items())}
print(sys.argv, sys.path[:1], __name__, globals().get("__file__"), known, vars(__main__) is globals())
print(sys.stdin.read() if sys.argv[0] != "-" else "")
if "crash" in sys.argv:
    def fail(value):
        return 1 / value
    fail(0)
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a folder with one program in all forms that Python runs."""
    (tmp_path / "app.py").write_text(ABOUT_ITSELF)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(ABOUT_ITSELF)
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "part.py").write_text(ABOUT_ITSELF)
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", ABOUT_ITSELF)
    (tmp_path / "elsewhere").mkdir()
    if os.name != "nt":
        (tmp_path / "elsewhere" / "link.py").symlink_to(tmp_path / "app.py")
    py_compile.compile(str(tmp_path / "app.py"), str(tmp_path / "compiled.pyc"))
    return tmp_path


def both(
    folder: pathlib.Path, *arguments: str, python: str = sys.executable, **more: Any
) -> tuple[subprocess.CompletedProcess[str], subprocess.CompletedProcess[str]]:
    """Run a program by Python and by keeptrace, whose last line on stderr is taken off if it is keeptrace's."""
    plain = commands.run([python, *arguments], folder, **more)
    ours = commands.run([python, "-m", "keeptrace", "run", "-d", "dumps", *arguments], folder, **more)
    lines = ours.stderr.splitlines(keepends=True)
    if lines and lines[-1].startswith("keeptrace: "):
        ours.stderr = "".join(lines[:-1])
    return plain, ours


def assert_same(plain: subprocess.CompletedProcess[str], ours: subprocess.CompletedProcess[str]) -> None:
    assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, plain.returncode)


FORMS = {
    "script": ["app.py"],
    "script in another folder": ["./package/../app.py"],
    "symbolic link": ["elsewhere/link.py"],
    "compiled": ["compiled.pyc"],
    "module": ["-m", "package.part"],
    "module, joined": ["-mpackage.part"],
    "package": ["-m", "package"],
    "folder": ["package"],
    "zip": ["app.zip"],
    "code": ["-c", ABOUT_ITSELF],
    "code, indented": ["-c", "".join(f"  {line}\n" for line in ABOUT_ITSELF.splitlines())],
    "standard input": ["-"],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_program_runs_as_by_python(folder: pathlib.Path, form: str) -> None:
    """It sees the same arguments, __main__, path and input, and its crash prints the same traceback."""
    stdin = ABOUT_ITSELF if form == "standard input" else "some input"
    assert_same(*both(folder, *FORMS[form], "-x", "--directory", "y", "crash", stdin=stdin))


@pytest.mark.parametrize("form", ["script", "code", "package", "zip"])
def test_every_python_runs_programs_as_by_itself(recorder: str, folder: pathlib.Path, form: str) -> None:
    """The traceback of a crash is the same to the byte."""
    python = interpreters.found()[recorder]
    assert_same(*both(folder, *FORMS[form], "crash", python=python))


ENDS = {
    "well": "pass",
    "status": "import sys; sys.exit(7)",
    "text": "import sys; sys.exit('that is all')",
    "nothing": "raise SystemExit",
    "interrupted": "raise KeyboardInterrupt",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "at once": "import os; os._exit(5)",
    "at the end": "import atexit; atexit.register(print, 'over'); 1 / 0",
    "in a hook": "import sys\ndef hook(*_): raise TypeError('hook')\nsys.excepthook = hook\n1 / 0",
    "own hook": "import sys\nsys.excepthook = lambda cls, exc, tb: print(exc, tb.tb_frame.f_code.co_name)\n1 / 0",
    "in a thread": "import threading; t = threading.Thread(target=int, args=['x']); t.start(); t.join()",
    "syntax": "x = = 1",
    "chain": "try:\n  1 / 0\nexcept ZeroDivisionError as e:\n  raise OSError(2, 'no') from e",
}


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("end", ENDS)
def test_it_ends_as_by_python(tmp_path: pathlib.Path, end: str) -> None:
    """Exit status, signals and the last words are the program's own."""
    (tmp_path / "app.py").write_text(ENDS[end])
    plain, ours = both(tmp_path, "app.py")
    if end == "in a hook":  # Python prints the frames that called the hook, of which one is ours
        assert (ours.stderr.splitlines()[-1], ours.returncode) == (plain.stderr.splitlines()[-1], plain.returncode)
    elif end == "in a thread":
        assert (ours.stdout, ours.returncode) == (plain.stdout, plain.returncode)
    else:
        assert_same(plain, ours)


@pytest.mark.parametrize(("end", "is_dumped"), [("own hook", True), ("status", False), ("interrupted", False)])
def test_what_is_a_crash_is_dumped(tmp_path: pathlib.Path, end: str, is_dumped: bool) -> None:
    """A crash is, whatever hooks the program sets; leaving is not."""
    (tmp_path / "app.py").write_text(ENDS[end])
    done = commands.keeptrace("run", "-d", "dumps", "app.py", cwd=tmp_path)
    found = list((tmp_path / "dumps").glob("*.pkl.gz"))
    assert (len(found), "keeptrace: " in done.stderr) == (is_dumped, is_dumped)
    assert not found or str(found[0]) in done.stderr


@pytest.mark.parametrize("form", ["script", "module", "zip", "code"])
def test_the_dump_is_the_program_s_own(folder: pathlib.Path, form: str) -> None:
    """No frame of keeptrace's is in it, neither in the traceback nor outside it."""
    commands.keeptrace("run", "-d", "dumps", *FORMS[form], "crash", cwd=folder)
    (path,) = (folder / "dumps").glob("*.pkl.gz")
    found = keeptrace.load(path).__traceback__
    files = [
        frame.f_code.co_filename for frame, _ in (*traceback.walk_tb(found), *traceback.walk_stack(found.tb_frame))
    ]
    assert [name for name in files if "keeptrace" in name or (name.endswith("__main__.py") and form == "script")] == []
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(found)]
    assert names[-2:] == ["<module>", "fail"]


def test_a_live_stack_dumped_by_the_program_is_its_own(tmp_path: pathlib.Path) -> None:
    """What the program dumps itself ends at its first frame."""
    (tmp_path / "app.py").write_text("import keeptrace\nprint(keeptrace.dump(path='stack.pkl.gz'))")
    commands.keeptrace("run", "app.py", cwd=tmp_path)
    found = keeptrace.load(tmp_path / "stack.pkl.gz")
    assert [frame.f_code.co_name for frame, _ in traceback.walk_tb(found)] == ["<module>"]


SPAWNING = """\
import multiprocessing, pickle, sys
class Order:
    def __init__(self, count): self.count = count
def double(order):
    return Order(2 * order.count)
if __name__ == "__main__":
    print(pickle.loads(pickle.dumps(Order(1))).count, Order.__module__)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print([order.count for order in pool.map(double, [Order(3)])])
"""


@pytest.mark.parametrize("arguments", [["app.py"], ["-m", "app"]])
def test_classes_of_the_program_pickle_and_spawned_processes_find_them(
    tmp_path: pathlib.Path, arguments: list[str]
) -> None:
    """`__main__` is a module as any, in the program and in its children."""
    (tmp_path / "app.py").write_text(SPAWNING)
    done = commands.keeptrace("run", *arguments, cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("1 __main__\n[6]\n", "", 0)


def test_the_folder_is_the_one_named_else_the_environment_s_else_the_current_one(tmp_path: pathlib.Path) -> None:
    """--directory comes before KEEPTRACE_DIR; either is made where it is missing."""
    (tmp_path / "app.py").write_text("1 / 0")
    commands.keeptrace("run", "--directory=named/deep", "app.py", cwd=tmp_path, KEEPTRACE_DIR="told")
    commands.keeptrace("run", "app.py", cwd=tmp_path, KEEPTRACE_DIR="told")
    commands.keeptrace("run", "app.py", cwd=tmp_path)
    assert [len(list((tmp_path / name).glob("*.pkl.gz"))) for name in ("named/deep", "told", ".")] == [1, 1, 1]


def test_a_program_that_changes_its_folder_is_dumped_where_it_was_started(tmp_path: pathlib.Path) -> None:
    (tmp_path / "app.py").write_text("import os; os.chdir('/'); 1 / 0")
    commands.keeptrace("run", "-d", "dumps", "app.py", cwd=tmp_path)
    assert len(list((tmp_path / "dumps").glob("*.pkl.gz"))) == 1


def test_depth_is_the_recording_s(tmp_path: pathlib.Path) -> None:
    (tmp_path / "app.py").write_text("secretless = [[[1]]]\n1 / 0")
    commands.keeptrace("run", "--depth", "0", "-d", "dumps", "app.py", cwd=tmp_path)
    (path,) = (tmp_path / "dumps").glob("*.pkl.gz")
    assert "secretless" not in keeptrace.load(path).__traceback__.tb_frame.f_locals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.py"], "cannot run 'missing.py': there is no such file"),
        ([], "cannot run 'nothing': name a SCRIPT, -m MODULE or -c CODE"),
        (["-m"], "cannot run '-m': name a SCRIPT, -m MODULE or -c CODE"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path: pathlib.Path, arguments: list[str], message: str) -> None:
    """In a line, with the exit status of wrong arguments."""
    done = commands.keeptrace("run", *arguments, cwd=tmp_path)
    assert (done.stderr, done.returncode) == (f"keeptrace: {message}\n", 2)


@pytest.mark.skipif(os.name == "nt", reason="a file that cannot be opened")
def test_a_script_that_cannot_be_read_is_no_crash(tmp_path: pathlib.Path) -> None:
    """It ends as by Python, with a message."""
    with socket.socket(socket.AF_UNIX) as unreadable:
        before = os.getcwd()
        os.chdir(tmp_path)  # a socket's name may not be long
        unreadable.bind("app.py")
        os.chdir(before)
        plain, ours = (commands.python(*run, "app.py", cwd=tmp_path) for run in ([], ["-m", "keeptrace", "run"]))
    assert (plain.returncode, ours.returncode, list(tmp_path.glob("*.gz"))) == (2, 2, [])
    assert ours.stderr.startswith(f"keeptrace: cannot run {str(tmp_path / 'app.py')!r}: ")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interrupt_reaches_the_program(tmp_path: pathlib.Path) -> None:
    """It may handle it, and ends as it wants."""
    (tmp_path / "app.py").write_text(
        "import time\ntry:\n    print('ready', flush=True)\n    while True: time.sleep(0.1)\n"
        "except KeyboardInterrupt:\n    raise SystemExit(9)\n"
    )
    command = [sys.executable, "-m", "keeptrace", "run", "app.py"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, env=commands.environment())
    signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 9


def test_with_isolation_nothing_is_put_into_the_path(folder: pathlib.Path) -> None:
    """Python's -I holds for the program as well."""
    program = f"import sys; sys.path.insert(0, {str(interpreters.CHECKOUT)!r}); from keeptrace.tools.cli import main\n"
    program += "sys.argv[1:] = ['run', '-d', 'dumps', 'app.py']; before = list(sys.path); main()"
    (folder / "app.py").write_text("import sys; print(sys.path[0])")
    done = commands.python("-I", "-c", program, cwd=folder)
    assert done.stdout == f"{interpreters.CHECKOUT}\n"
