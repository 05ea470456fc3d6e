"""Files that one process at a time works on, on POSIX and Windows; a process that ends lets go of its locks."""

from __future__ import annotations

import contextlib
import errno
import sys

from keeptrace.files.writing import CLOSED, PRIVATE
from keeptrace.system import os, time

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 10.0
"""Seconds; a signal handler that wants what the code it interrupted has locked would wait for ever."""

FIRST_PAUSE, LONGEST_PAUSE = 0.0002, 0.01
BEYOND = 2**30  # the byte that is locked on Windows, where nobody else could read it


@contextlib.contextmanager
def locked(path: str) -> Iterator[int]:
    """Open a file, made where it is not there, and give its descriptor while nobody else has it.

    Raises TimeoutError, an OSError, where others have it all the time.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | CLOSED, PRIVATE)
    try:
        wait_for(descriptor, path)
        yield descriptor
    finally:
        os.close(descriptor)


def wait_for(descriptor: int, path: str) -> None:
    deadline, pause = time.monotonic() + PATIENCE, FIRST_PAUSE
    while not take(descriptor):
        if time.monotonic() > deadline:
            raise OSError(errno.ETIMEDOUT, f"cannot lock the file: others have had it for {PATIENCE:g} seconds", path)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


if sys.platform == "win32":
    import msvcrt

    def take(descriptor: int) -> bool:
        """Take the lock of an open file if nobody has it."""
        os.lseek(descriptor, BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def take(descriptor: int) -> bool:
        """Take the lock of an open file if nobody has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
