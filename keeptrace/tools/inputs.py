"""Which dump a command is about: a path, a bug's fingerprint, standard input, or the newest; and reading it."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.files.errors import DumpError
from keeptrace.files.folder import NAME, newest, written
from keeptrace.files.header import Header, read_header
from keeptrace.files.reading import LIMIT, load
from keeptrace.tools.errors import ToolError

if TYPE_CHECKING:
    import argparse

STDIN = "-"


class Input(NamedTuple):
    """A dump file: its path, None where it came by standard input; its bytes; and how many it may have, unpacked."""

    path: str | None
    data: bytes
    limit: int

    @property
    def name(self) -> str:
        return "standard input" if self.path is None else self.path

    def header(self) -> Header | None:
        """Return the header, None where there is none: of a pickle by stock pickle, or where it cannot be read."""
        try:
            return read_header(io.BytesIO(self.data), self.name).__replace__(file_bytes=len(self.data))
        except DumpError:
            return None

    def load(self, *, trust: bool) -> Any:
        """Open the dump; errors are those of keeptrace.load(), with the name."""
        file = io.BytesIO(self.data)
        file.name = self.name
        return load(file, trust=trust, limit=self.limit)


def chosen(options: argparse.Namespace) -> Input:
    """Read the file that the command line names.

    Raises OSError where that is not possible, ToolError where there is none.
    """
    limit = LIMIT if options.limit is None else options.limit
    if options.file == STDIN:
        return Input(None, from_stdin(limit), limit)
    path = named(options.file)
    with open(path, "rb") as file:
        return Input(path, file.read(limit + 1), limit)


def from_stdin(limit: int) -> bytes:
    if sys.stdin.isatty():
        raise ToolError("cannot read a dump from standard input: it is a terminal; pipe the file in, or name it")
    return sys.stdin.buffer.read(limit + 1)


def named(name: str | None) -> str:
    """Return the path of what is named: a file; or the newest dump of a folder, of a fingerprint, or of all."""
    if name is None:
        where = "KEEPTRACE_DIR" if os.environ.get("KEEPTRACE_DIR") else "the current folder"
        return newest_in(here(), where, "name a FILE, or set KEEPTRACE_DIR")
    if os.path.isdir(name):
        return newest_in([name], "the folder", "name another, or a FILE")
    if os.path.lexists(name) or not FINGERPRINT.fullmatch(name):
        return name
    return newest_of(name) or name


FINGERPRINT = re.compile("[0-9a-f]{4,16}")  # or the beginning of one
CRASHES = "crashes"  # where the README's programs have their dumps


def here() -> list[str]:
    """Return the folders that are meant where none is named."""
    found = os.environ.get("KEEPTRACE_DIR")
    return [found] if found else [os.curdir, *([CRASHES] if os.path.isdir(CRASHES) else [])]


def newest_in(folders: list[str], where: str, remedy: str) -> str:
    """Return the path of the newest dump in folders."""
    found = [path for path in map(newest, folders) if path is not None]
    if not found:
        paths = " and ".join(repr(os.path.abspath(folder)) for folder in folders)
        raise ToolError(f"cannot find a dump in {where}, {paths}: there is none; {remedy}")
    return max(found, key=lambda path: (written(path), path))


def newest_of(beginning: str) -> str | None:
    """Return the path of the newest dump whose fingerprint begins so; None where there is none."""
    found: dict[str, list[str]] = {}
    for folder in here():
        for item in os.scandir(folder):
            match = re.fullmatch(NAME, item.name)
            if match is not None and match[1].startswith(beginning):
                found.setdefault(match[1], []).append(item.path)
    if len(found) > 1:
        raise ToolError(f"cannot tell which bug {beginning!r} is: there are {', '.join(sorted(found))}")
    return max(next(iter(found.values())), key=written) if found else None
