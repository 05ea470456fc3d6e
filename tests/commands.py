"""Runs the command `keeptrace` as a user does, in a process of its own; and dumps for it to read."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import interpreters

if TYPE_CHECKING:
    import pathlib

CHECKOUT = str(interpreters.CHECKOUT)
WITHOUT_RICH = "import sys; sys.modules['rich'] = None; from keeptrace.tools.cli import main; sys.exit(main())"
"""The command where rich is not installed."""

SHOP = """\
import sys
class Order:
    def __init__(self, items):
        self.items = items
rates = {"pens": 2.5}
def price(order):
    return sum(rates[item] * count for item, count in order.items.items())
def checkout(order):
    try:
        return price(order)
    except KeyError as error:
        raise ValueError("cannot price the order") from error
checkout(Order({"pencils": 3}))
"""


def environment(**more: str) -> dict[str, str]:
    """Return the variables for a process that imports this checkout, without those that change what is printed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("KEEPTRACE_DIR", "NO_COLOR", "COLUMNS")}
    return {
        **kept,
        **interpreters.keeptrace_importable(),
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm-256color",
        **more,
    }


def run(
    command: list[str], cwd: pathlib.Path, stdin: bytes | str = b"", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of any kind; its output is text."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        command, cwd=cwd, input=given, env=environment(**more), capture_output=True, timeout=60, check=False
    )
    out, err = (text.decode("utf-8", "backslashreplace").replace("\r\n", "\n") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def python(*arguments: str, cwd: pathlib.Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, *arguments], cwd, **more)


def keeptrace(*arguments: str, cwd: pathlib.Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "keeptrace", *arguments], cwd, **more)


def dumped(folder: pathlib.Path, program: str = SHOP) -> pathlib.Path:
    """Run a program that crashes, and return the path of its dump."""
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(program, encoding="utf-8")
    before = set(folder.glob("*.pkl.gz"))
    keeptrace("run", "-d", ".", "app.py", cwd=folder)
    (path,) = set(folder.glob("*.pkl.gz")) - before
    return path
