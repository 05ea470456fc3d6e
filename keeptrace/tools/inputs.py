"""Which dump a command is about: a path, standard input, or the newest one in the folder; and reading it."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.files.errors import DumpError
from keeptrace.files.folder import newest
from keeptrace.files.header import Header, read_header
from keeptrace.files.reading import LIMIT, load
from keeptrace.tools.errors import ToolError

if TYPE_CHECKING:
    import argparse

STDIN = "-"


class Input(NamedTuple):
    """A dump file: its path, None where it came by standard input; and its bytes."""

    path: str | None
    data: bytes

    @property
    def name(self) -> str:
        return "standard input" if self.path is None else self.path

    def header(self) -> Header | None:
        """Return the header, None where there is none: of a pickle by stock pickle, or where it cannot be read."""
        try:
            return read_header(io.BytesIO(self.data), self.name)
        except DumpError:
            return None

    def load(self, *, trust: bool) -> Any:
        """Open the dump; errors are those of keeptrace.load(), with the name."""
        file = io.BytesIO(self.data)
        file.name = self.name
        return load(file, trust=trust)


def chosen(options: argparse.Namespace) -> Input:
    """Read the file that the command line names.

    Raises OSError where that is not possible, ToolError where there is none.
    """
    if options.file == STDIN:
        return Input(None, from_stdin())
    path = options.file or newest_here()
    with open(path, "rb") as file:
        return Input(path, file.read(LIMIT + 1))


def from_stdin() -> bytes:
    if sys.stdin.isatty():
        raise ToolError("cannot read a dump from standard input: it is a terminal; pipe the file in, or name it")
    return sys.stdin.buffer.read(LIMIT + 1)


def here() -> str:
    """Return the folder that is meant where none is named."""
    return os.environ.get("KEEPTRACE_DIR") or os.curdir


def newest_here() -> str:
    """Return the path of the newest dump in the folder that is meant where none is named."""
    folder = here()
    found = newest(folder)
    if found is None:
        where = "KEEPTRACE_DIR" if os.environ.get("KEEPTRACE_DIR") else "the current folder"
        path = os.path.abspath(folder)
        raise ToolError(f"cannot find a dump in {where}, {path!r}: there is none; name a FILE, or set KEEPTRACE_DIR")
    return found
