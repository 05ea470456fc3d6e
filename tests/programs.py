"""Programs that crash as users' programs do, in processes of their own: what they print, say and leave behind."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import traceback
from typing import Any

import interpreters

import keeptrace

HOOK = "import keeptrace; keeptrace.hook('crashes')"
SAID = "keeptrace: the crash is in "


class Ended:
    """A program that has ended."""

    def __init__(self, folder: pathlib.Path, done: subprocess.CompletedProcess[str]) -> None:
        self.folder, self.status, self.printed = folder, done.returncode, done.stdout
        lines = done.stderr.splitlines(keepends=True)
        self.said = [line.rstrip("\n") for line in lines if line.startswith("keeptrace: ")]
        self.errors = re.sub("0x[0-9a-f]+", "0x", "".join(line for line in lines if not line.startswith("keeptrace: ")))

    @property
    def paths(self) -> list[pathlib.Path]:
        """Return what was said where the dumps are, which is where they are."""
        paths = [pathlib.Path(line.removeprefix(SAID)) for line in self.said]
        assert sorted(set(paths)) == sorted(self.folder.rglob("*.pkl.gz")), (self.said, self.errors)
        return paths

    @property
    def facts(self) -> tuple[str, str, int]:
        """Return what was printed, but for what keeptrace says, and the status."""
        return self.errors, self.printed, self.status

    @property
    def dumps(self) -> list[Any]:
        return [keeptrace.load(path) for path in self.paths]


def run(
    folder: pathlib.Path, program: str, python: str = sys.executable, first: str = HOOK, **environment: str
) -> Ended:
    """Run a program whose first line is another one; it is told whether that hooks it."""
    script = folder / "app.py"
    script.write_text(f"{first}\n{program}")
    done = subprocess.run(
        [interpreters.found().get(python, python), str(script)],
        cwd=folder,
        env={**os.environ, **interpreters.keeptrace_importable(), **environment},
        capture_output=True,
        text=True,
        timeout=interpreters.TIMEOUT,
        check=False,
    )
    return Ended(folder, done)


def without_keeptrace(folder: pathlib.Path, program: str, python: str = sys.executable) -> tuple[str, str, int]:
    """Return what a program prints, and how it ends, when its first line hooks nothing."""
    return run(folder, program, python, first="pass").facts


def innermost(error: BaseException) -> dict[str, Any]:
    """Return the variables of the frame that crashed."""
    return list(traceback.walk_tb(error.__traceback__))[-1][0].f_locals


FAIL = """\
import sys
def fail(name):
    basket = {"pens": name}
    return 1 / 0
"""
