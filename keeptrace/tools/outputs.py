"""Files that a command writes: there as a whole or not at all, and replacing nothing unless that was asked for."""

from __future__ import annotations

import contextlib
import os
import sys

from keeptrace.files.writing import CLOSED, PRIVATE, TEMPORARY, link_named, write_all
from keeptrace.tools.errors import ToolError

STDOUT = "-"


def write(path: str, data: bytes, *, replace: bool) -> None:
    """Write a file that only the user can read, or to standard output.

    Raises ToolError where there is one already and it is not to be replaced, OSError where it cannot be written.
    """
    if path == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    check_free(path, replace=replace)
    if is_device(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    temporary = os.path.join(os.path.dirname(path) or os.curdir, f"{TEMPORARY}{os.urandom(6).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED, PRIVATE)
    try:
        with contextlib.closing(open(descriptor, "wb")):
            write_all(descriptor, data)
        give_name(temporary, path, replace=replace)
    finally:
        with contextlib.suppress(FileNotFoundError):  # it has its name now
            os.unlink(temporary)


def check_free(path: str, *, replace: bool) -> None:
    """Raise ToolError where there is such a file, and it is not to be replaced; or no folder for it."""
    folder = os.path.dirname(path) or os.curdir
    if not os.path.isdir(folder):
        raise ToolError(f"cannot write {path!r}: there is no folder {folder!r}; make it first, or name another")
    if os.path.lexists(path) and not replace and not is_device(path):
        raise ToolError(f"cannot write {path!r}: it is there already; --force replaces it, -o OUT writes another")


def is_device(path: str) -> bool:
    """Tell whether what is there takes what is written and is not to be replaced: /dev/null, a pipe."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def give_name(temporary: str, path: str, *, replace: bool) -> None:
    if replace:
        os.replace(temporary, path)
        return
    try:
        link_named(temporary, path)
    except FileExistsError:  # it has come meanwhile
        check_free(path, replace=False)
