"""Puts bytes into a file that is there as a whole or not at all, and that replaces nothing.

Written to a file without a name where the system has these (Linux), else to a temporary one in the same folder; then
linked to its name, which fails where there is one already. Nobody but the user can read it.

What is written survives the process, however that ends; it is not flushed to the disk itself, which takes many times
as long as all the rest: after a power cut the file may be cut short, and keeptrace.load() says so.
"""

from __future__ import annotations

import contextlib

from keeptrace.system import os

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

ATTEMPTS = 10_000  # of as many processes that give one name at once, each has its turn
PRIVATE = 0o600
CLOSED = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0) | getattr(os, "O_BINARY", 0)
UNNAMED = getattr(os, "O_TMPFILE", 0)
TEMPORARY = ".keeptrace-"
SUFFIX = ".pkl.gz"


def write(path: str, data: bytes) -> str:
    """Write a new file and return its path: the one given, or where that is taken, one with a number added.

    Raises OSError, of the class that says why, with the path; nothing is left then.
    """
    try:
        return linked(path, data)
    except OSError as error:
        refuse(path, error)


def refuse(path: str, error: OSError) -> NoReturn:
    """Raise an OSError of the same class that says what was done, and names the path."""
    cause = error.strerror or type(error).__name__
    raise OSError(error.errno, f"cannot write a dump: {cause}", path) from error


def linked(path: str, data: bytes) -> str:
    folder = os.path.dirname(path) or os.curdir
    descriptor = unnamed(folder)
    return linked_by_name(path, folder, data) if descriptor is None else linked_by_descriptor(path, descriptor, data)


def linked_by_descriptor(path: str, descriptor: int, data: bytes) -> str:
    """Write a file that has no name yet, and give it one: the system forgets it where that does not happen."""
    try:
        write_all(descriptor, data)
        return first_free(path, lambda name: link_unnamed(descriptor, name))
    finally:
        os.close(descriptor)


def linked_by_name(path: str, folder: str, data: bytes) -> str:
    """Write a temporary file and give it its name."""
    temporary = os.path.join(folder, f"{TEMPORARY}{os.getpid()}-{os.urandom(6).hex()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED, PRIVATE)
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
        return first_free(path, lambda name: link_named(temporary, name))
    finally:
        with contextlib.suppress(FileNotFoundError):  # it has its name now, or was never made
            os.unlink(temporary)


def unnamed(folder: str) -> int | None:
    """Return a descriptor of a file without a name, None where there is no such thing."""
    if not UNNAMED or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.open(folder, os.O_WRONLY | UNNAMED | CLOSED, PRIVATE)
    except OSError:  # not on this file system; or not at all, which the other way says too
        return None


def write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def link_unnamed(descriptor: int, name: str) -> None:
    """Give a file its name, as open(2) says; os.link() follows the link in /proc only where it is given a folder."""
    os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor, follow_symlinks=True)


def link_named(temporary: str, name: str) -> None:
    """Give a file its name; FileExistsError where that is taken."""
    if os.name == "nt":
        os.rename(temporary, name)  # replaces nothing there
        return
    try:
        os.link(temporary, name)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the name is taken first, by an empty file
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED, PRIVATE))
        os.replace(temporary, name)


def first_free(path: str, give: Callable[[str], None]) -> str:
    """Give a file a name that is not taken, its own or with a number added, and return it."""
    name = path
    for _ in range(ATTEMPTS):
        try:
            give(name)
        except FileExistsError:
            name = free(path)
            continue
        return name
    raise FileExistsError(17, f"others took every name up to {name!r} first")


def free(path: str) -> str:
    """Return a path with a number that is not taken, the one before it is: in few steps where there are many."""
    taken, end = 1, 2
    while os.path.lexists(numbered(path, end)):
        taken, end = end, 2 * end
    while end - taken > 1:
        middle = (taken + end) // 2
        if os.path.lexists(numbered(path, middle)):
            taken = middle
        else:
            end = middle
    return numbered(path, end)


def numbered(path: str, number: int) -> str:
    """Return a path with a number: crash-2.pkl.gz."""
    stem, suffix = (path[: -len(SUFFIX)], SUFFIX) if path.endswith(SUFFIX) else os.path.splitext(path)
    return f"{stem}-{number}{suffix}"
