"""Counts the crashes of each fingerprint, in one small file each: `.counts/FINGERPRINT`, a line of text.

A process that is killed loses at most the crash that it is just counting: the line is overwritten by a single write.
"""

from __future__ import annotations

from keeptrace.files.locking import locked
from keeptrace.light import Frozen
from keeptrace.system import os

FOLDER = ".counts"
LOCK = "lock"
NUMBERS = "{:20d} {:20.6f} {:20.6f}"
LENGTH = len(NUMBERS.format(0, 0, 0))
LONGEST = 4_096
FINGERPRINT = 16  # digits


class Count(Frozen):
    """How many crashes there were of one fingerprint, stored or not; the first and last (seconds since 1970)."""

    crashes: int
    first: float
    last: float
    exception: str

    def __init__(self, crashes: int, first: float, last: float, exception: str) -> None:
        self.__dict__.update(crashes=crashes, first=first, last=last, exception=exception)


def counts(directory: str | os.PathLike[str]) -> dict[str, Count]:
    """Return how often each crash was met in a folder with a policy, by fingerprint.

    Raises OSError where the folder cannot be read; one without counts has none.
    """
    folder = os.path.join(directory, FOLDER)
    if not os.path.isdir(folder):
        os.stat(directory)
        return {}
    found = {}
    for name in sorted(os.listdir(folder)):
        if len(name) == FINGERPRINT:
            with open(os.path.join(folder, name), "rb") as file:
                count = parsed(file.read(LONGEST))
            if count is not None:
                found[name] = count
    return found


def add(directory: str, fingerprint: str, exception: str, now: float) -> None:
    """Count one crash."""
    with locked(os.path.join(directory, FOLDER, fingerprint)) as descriptor:
        os.lseek(descriptor, 0, os.SEEK_SET)
        before = parsed(os.read(descriptor, LONGEST))
        os.lseek(descriptor, 0, os.SEEK_SET)
        if before is None:
            line = f"{NUMBERS.format(1, now, now)} {' '.join(exception.split())}\n"
        else:
            line = NUMBERS.format(before.crashes + 1, min(before.first, now), max(before.last, now))
        os.write(descriptor, line.encode("utf-8", "backslashreplace")[: LONGEST - 1])


def parsed(line: bytes) -> Count | None:
    """Return what a count's line says; None where there is none yet, or what is there is no count."""
    numbers, exception = line[:LENGTH].split(), line[LENGTH:].decode("utf-8", "replace").strip()
    try:
        count, first, last = int(numbers[0]), float(numbers[1]), float(numbers[2])
    except (ValueError, IndexError):
        return None
    return Count(count, first, last, exception)
