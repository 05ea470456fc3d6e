"""The CPython interpreters on this machine, and programs run by them in processes of their own.

What is recorded is loaded by every interpreter found here, with `-I -S`, so that nothing installed can help.
Interpreters are looked for in this order, and the first that answers with a wanted version is taken for it:
the Python that is running, which has what the tests want, KEEPTRACE_PYTHONS (paths parted by `os.pathsep`), PATH,
pyenv's and uv's folders. KEEPTRACE_VERSIONS names those that are wanted beside the running one ("3.10 3.15"), for a run
that is to be short; without it all are. Tests that go through the versions are slow on most of them (in_turn).
"""

from __future__ import annotations

import atexit
import configparser
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
LOADING = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
RECORDING = LOADING[2:]
COPY = "KEEPTRACE_TESTS_COPY"
TIMEOUT = 60  # seconds that any one process may take

LOAD = """\
import pickle, sys
with open(sys.argv[1], "rb") as file:
    restored = pickle.load(file)
exec(compile(sys.argv[2], "<checks>", "exec"))
"""


def found() -> dict[str, str]:
    """Return the command of each interpreter that is here, by its version ("3.8")."""
    return {version: python for version, python in _all_found().items() if python}


def in_turn(versions: Sequence[str], *, edges: bool = True) -> list[Any]:
    """Return versions as a test's parameters, slow ones but for the running; and, at the edges, oldest and newest."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    quick = {here, versions[0], versions[-1]} if edges else {here}
    return [version if version in quick else pytest.param(version, marks=pytest.mark.slow) for version in versions]


def missing() -> list[str]:
    """Return the versions of which no interpreter was found."""
    return [version for version, python in _all_found().items() if not python]


def report() -> list[str]:
    """Return lines that say which interpreters tests use and which versions go untested."""
    lines = ["interpreters: " + ", ".join(f"{version} {python}" for version, python in found().items())]
    if missing():
        lines.append(f"interpreters MISSING, nothing is loaded with: {', '.join(missing())} (see KEEPTRACE_PYTHONS)")
    return lines


def run(command: Sequence[str], *, cwd: str | os.PathLike[str], stdin: str = "", **environment: str) -> str:
    """Run a command and return what it printed; an AssertionError with all its output where it fails.

    `environment` is added to this process's own. A process that is not done after TIMEOUT seconds is killed.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        input=stdin,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        message = f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done.stdout


def load(python: str, path: str | os.PathLike[str], code: str, stdin: str = "") -> str:
    """Load a pickle where nothing is installed, run `code` on `restored`, and return what it printed.

    `python` is a version ("3.8") or a command. The process runs with `-I -S` in an empty folder of its own.
    """
    with tempfile.TemporaryDirectory() as empty:
        command = [found().get(python, python), "-I", "-S", "-W", "error", "-c", LOAD, os.path.abspath(path), code]
        return run(command, cwd=empty, stdin=stdin)


def record(program: str, path: str | os.PathLike[str], python: str = sys.executable) -> None:
    """Run a program that imports keeptrace and writes its pickle to the path in `sys.argv[1]`.

    `python` is a version ("3.12") or a command. The program runs as `app.py` in a folder that is gone afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "app.py")
        script.write_text(program, encoding="utf-8")
        command = [found().get(python, python), "-W", "error", str(script), os.path.abspath(path)]
        run(command, cwd=folder, **keeptrace_importable())


def keeptrace_importable() -> dict[str, str]:
    """Return the environment variables with which any interpreter imports keeptrace as it is in this checkout."""
    return {"PYTHONPATH": str(copied()), "PYTHONDONTWRITEBYTECODE": ""}  # else each process compiles all of it


@functools.cache
def copied() -> pathlib.Path:
    """Copy keeptrace to where every interpreter sees it (in a container, say), and return the folder.

    What they compile of it goes to the same place: no process has to do it again, and the checkout stays as it is. The
    processes that this one starts have the same folder.
    """
    if COPY in os.environ:
        return pathlib.Path(os.environ[COPY])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keeptrace-tests-"))
    os.environ[COPY] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(CHECKOUT / "keeptrace", folder / "keeptrace", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "keepTrace.py", folder)
    describe(folder)
    return folder


def describe(folder: pathlib.Path) -> None:
    """Say what an installation says of keeptrace: pytest finds its plugins so."""
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    about = setup["metadata"]
    info = folder / f"{about['name']}-{about['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n")
    points = setup["options.entry_points"].items()
    (info / "entry_points.txt").write_text("".join(f"[{group}]{textwrap.dedent(lines)}\n" for group, lines in points))


@functools.cache
def _all_found() -> dict[str, str | None]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(LOADING, pool.map(_find, LOADING), strict=True))


def _find(version: str) -> str | None:
    return next((python for python in _candidates(version) if _version(python) == version), None)


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    wanted = os.environ.get("KEEPTRACE_VERSIONS", "").split()
    if wanted and version not in wanted:
        return
    yield from filter(None, os.environ.get("KEEPTRACE_PYTHONS", "").split(os.pathsep))
    name = f"python{version}"
    if on_path := shutil.which(name):
        yield on_path
    for folder, pattern in (_pyenv(), f"{version}.*/bin/python"), (_uv(), f"cpython-{version}.*/bin/{name}"):
        yield from map(str, sorted(folder.glob(pattern)))


def _pyenv() -> pathlib.Path:
    return pathlib.Path(os.environ.get("PYENV_ROOT", "~/.pyenv"), "versions").expanduser()


def _uv() -> pathlib.Path:
    return pathlib.Path(os.environ.get("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python")).expanduser()


@functools.cache
def _version(python: str) -> str | None:
    """Ask an interpreter for its version; None where it does not run or is not CPython."""
    question = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-I", "-S", "-c", question], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    implementation, _, version = done.stdout.strip().partition(" ")
    return version if implementation == "cpython" else None
