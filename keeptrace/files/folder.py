"""A folder of dumps that looks after itself: how much it may hold, and what is left out of it.

Any number of processes may write into it at once: what is stored and deleted is decided under one lock, so that the
limits hold at every moment. Only files that have the names dump() gives are counted, and deleted.
"""

from __future__ import annotations

import _thread
import contextlib
import operator
import re

from keeptrace.files import counting, writing
from keeptrace.files.locking import locked
from keeptrace.files.telling import checked
from keeptrace.light import Frozen
from keeptrace.system import make_folders, os, time

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keeptrace.files.counting import Count
    from keeptrace.files.telling import OnDump

MINUTE = 60.0
STALE = 3_600.0  # seconds after which a temporary file is nobody's
PICKLES = (".pkl", ".pkl.gz", ".pickle", ".pickle.gz")
TIME = "%Y%m%dT%H%M%S"
NAME = r".+-([0-9a-f]{16})-(\d{8}T\d{6}\.\d{6}Z)-\d+(?:-\d+)?\.pkl\.gz"


class Folder(Frozen):
    """A folder for dumps with a policy: `keeptrace.dump(directory=keeptrace.Folder("crashes", each=3))`.

    Every crash is counted by its fingerprint; what goes beyond these limits is counted only, and dump() returns None.

    path: of the folder, made where it is missing.
    each: dumps of one fingerprint: the first, which is kept, and the latest, for which older ones are deleted.
    dumps: of all fingerprints. For a new one, dumps are deleted that are not the first of theirs, the oldest first;
        where all are, it is not stored.
    bytes: of all dumps; makes room in the same way.
    free: bytes of the disk that are to stay free.
    per_minute: dumps that one process stores in any 60 seconds.
    on_dump: called with the path and the keeptrace.Header of each dump that is stored, in the thread that wrote it; of
        what it raises a line on standard error tells.

    Raises TypeError or ValueError for numbers that are none, or below 0.

    >>> import keeptrace
    >>> folder = keeptrace.Folder("crashes", each=2)
    >>> for order in range(10):
    ...     try:
    ...         1 / 0
    ...     except ZeroDivisionError:
    ...         path = keeptrace.dump(directory=folder)
    >>> [count.crashes for count in folder.counts().values()]
    [10]
    """

    path: str | os.PathLike[str]
    each: float
    dumps: float
    bytes: float
    free: float
    per_minute: float
    on_dump: OnDump | None

    def __init__(
        self,
        path: str | os.PathLike[str],
        each: float = 5,
        dumps: float = 1_000,
        bytes: float = 2**30,  # noqa: A002 (what is limited)
        free: float = 2**28,
        per_minute: float = 60,
        on_dump: OnDump | None = None,
    ) -> None:
        os.fspath(path)
        given = {"each": each, "dumps": dumps, "bytes": bytes, "free": free, "per_minute": per_minute}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"Folder({name}={value!r:.200}): a number is expected")
            if not value >= 0:
                raise ValueError(f"Folder({name}={value!r:.200}): 0 or more is expected")
        self.__dict__.update(path=path, **given, on_dump=checked("Folder", on_dump))

    def counts(self) -> dict[str, Count]:
        """Return how often each crash was met, stored or not, by fingerprint."""
        return counting.counts(self.path)

    def clean(self, *, dry_run: bool = False) -> list[str]:
        """Apply the policy now; return the paths of the files that were deleted.

        Where dumps, bytes and free ask for it the oldest go, first ones too. Counts stay.

        dry_run: delete nothing, only return what would be.
        """
        prepare(self)
        with locked(lock_of(self)):
            paths = [os.path.join(self.path, entry.name) for entry in beyond(self)] + list(abandoned(self))
            if not dry_run:
                delete(paths)
        return paths


class Entry:
    """A dump in the folder, as its name and size tell."""

    __slots__ = ("fingerprint", "name", "size", "time")

    def __init__(self, time: str, name: str, fingerprint: str, size: int) -> None:
        self.time, self.name, self.fingerprint, self.size = time, name, fingerprint, size


by_age = operator.attrgetter("time", "name")


def prepare(folder: Folder) -> None:
    """Make the folder, and in it that of the counts."""
    make_folders(os.path.join(folder.path, counting.FOLDER))


def lock_of(folder: Folder) -> str:
    return os.path.join(folder.path, counting.FOLDER, counting.LOCK)


def count(folder: Folder, fingerprint: str, exception: str, now: float) -> bool:
    """Count a crash; tell whether it may be stored as far as can be known before it is recorded."""
    try:
        prepare(folder)
        counting.add(os.fspath(folder.path), fingerprint, exception, now)
        return has_room(folder, 0, 0) and is_slow_enough(folder)
    except OSError as error:
        writing.refuse(error.filename or os.fspath(folder.path), error)


def keep(folder: Folder, name: str, fingerprint: str, data: bytes) -> str | None:
    """Store a dump, and delete those for which that leaves no room; None where there is none for it."""
    with locked(lock_of(folder)):
        stored = list(entries(folder))
        own = [entry for entry in stored if entry.fingerprint == fingerprint]
        doomed = surplus(own, folder.each, 1)
        if folder.each < 1 or (own and len(own) - len(doomed) + 1 > folder.each):
            return None
        rest = [entry for entry in stored if entry not in doomed]
        more = room(folder, rest, redundant(rest), 1, len(data))
        if more is None:
            return None
        doomed += more
        if not has_room(folder, len(data), sum(entry.size for entry in doomed)):
            return None
        delete(os.path.join(folder.path, entry.name) for entry in doomed)
        return writing.write(os.path.join(folder.path, name), data)


def entries(folder: Folder) -> Iterator[Entry]:
    """Yield the dumps in a folder; of those that were there before, which do not change, only the names are read."""
    path = os.path.abspath(folder.path)
    before, now = _known.get(path, {}), dict[str, Entry]()
    with os.scandir(folder.path) as found:
        for item in found:
            entry = before.get(item.name)
            if entry is None or not entry.size:  # an empty one is being written, see writing.link_named
                entry = entry_of(item)
            if entry is not None:
                now[item.name] = entry
    _known.clear()  # but of the folder that was looked at last
    _known[path] = now
    yield from now.values()


_known: dict[str, dict[str, Entry]] = {}


def entry_of(item: os.DirEntry[str]) -> Entry | None:
    match = re.fullmatch(NAME, item.name)
    if match is None:
        return None
    try:
        return Entry(match[2], item.name, match[1], item.stat(follow_symlinks=False).st_size)
    except FileNotFoundError:  # somebody else deleted it meanwhile
        return None


def by_fingerprint(stored: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the dumps of each fingerprint, the oldest first."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(stored, key=by_age):
        groups.setdefault(entry.fingerprint, []).append(entry)
    return groups


def surplus(group: Iterable[Entry], most: float, new: int) -> list[Entry]:
    """Return which dumps of one fingerprint go, for so many new ones: neither the first nor the latest."""
    later = sorted(group, key=by_age)[1:]
    allowed = max(most - 1 - new, 0)
    return later[: len(later) - int(allowed)] if len(later) > allowed else []


def redundant(stored: Iterable[Entry]) -> list[Entry]:
    """Return what may go for another crash: none that is the first of its fingerprint; the latest ones go last."""
    groups = by_fingerprint(stored).values()
    middle = sorted((entry for group in groups for entry in group[1:-1]), key=by_age)
    return middle + sorted((group[-1] for group in groups if len(group) > 1), key=by_age)


def beyond(folder: Folder) -> list[Entry]:
    """Return the dumps that go beyond the policy."""
    stored = list(entries(folder))
    doomed = [entry for group in by_fingerprint(stored).values() for entry in surplus(group, folder.each, 0)]
    gone = set(doomed)
    rest = [entry for entry in stored if entry not in gone]
    candidates = dict.fromkeys([*redundant(rest), *sorted(rest, key=by_age)])
    missing = folder.free - free_bytes(folder) - sum(entry.size for entry in doomed)
    allowed = min(folder.bytes, max(sum(entry.size for entry in rest) - missing, 0))
    return doomed + (room(folder.__replace__(bytes=allowed), rest, list(candidates), 0, 0) or [])


def newest(directory: str | os.PathLike[str]) -> str | None:
    """Return the path of the newest dump in a folder, None where there is none.

    Names that dump() gives tell the time; of other files that are called like pickles it is that of their last change.

    Raises OSError where the folder cannot be read.
    """
    with os.scandir(directory) as found:
        dumps = [item.path for item in found if re.fullmatch(NAME, item.name) or is_pickle(item)]
    return max(dumps, key=lambda path: (written(path), path), default=None)


def is_pickle(item: os.DirEntry[str]) -> bool:
    return item.name.endswith(PICKLES) and item.is_file()


def written(path: str) -> str:
    """Return when a dump was written, as its name tells, else when the file was changed."""
    match = re.fullmatch(NAME, os.path.basename(path))
    return match[2] if match is not None else time.strftime(TIME, time.gmtime(os.stat(path).st_mtime))


def room(folder: Folder, stored: list[Entry], candidates: list[Entry], new: int, size: int) -> list[Entry] | None:
    """Return which of the candidates go so that all limits hold; None where they all do not suffice."""
    count, total = len(stored) + new, sum(entry.size for entry in stored) + size
    doomed: list[Entry] = []
    for entry in candidates:
        if count <= folder.dumps and total <= folder.bytes:
            break
        doomed.append(entry)
        count, total = count - 1, total - entry.size
    return doomed if count <= folder.dumps and total <= folder.bytes else None


def has_room(folder: Folder, size: int, freed: int) -> bool:
    """Tell whether the disk has room for a dump."""
    return free_bytes(folder) + freed - size >= folder.free


def free_bytes(folder: Folder) -> int:
    """Return how much of the disk is free."""
    if hasattr(os, "statvfs"):
        disk = os.statvfs(folder.path)
        return disk.f_bavail * disk.f_frsize
    import shutil  # heavy, and needed on Windows only

    return shutil.disk_usage(folder.path).free


def delete(paths: Iterable[str]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # somebody deleted it by hand
            os.unlink(path)


def abandoned(folder: Folder) -> Iterator[str]:
    """Yield temporary files of processes that ended while they wrote."""
    with os.scandir(folder.path) as found:
        for item in found:
            if item.name.startswith(writing.TEMPORARY) and time.time() - item.stat().st_mtime > STALE:
                yield item.path


# ---------------------------------------------------------------------------------------------------------------------
# How many a minute
# ---------------------------------------------------------------------------------------------------------------------


class Rate:
    """When this process stored dumps in one folder, in the last minute."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.times: list[float] = []

    def admits(self, per_minute: float) -> bool:
        if not self.lock.acquire(timeout=1):  # a signal handler interrupted this very function
            return False
        try:
            now = time.monotonic()
            self.times = [then for then in self.times if now - then < MINUTE]
            if len(self.times) >= per_minute:
                return False
            self.times.append(now)
            return True
        finally:
            self.lock.release()


_rates: dict[tuple[int, str], Rate] = {}


def is_slow_enough(folder: Folder) -> bool:
    """Tell whether this process may store another dump now; if so, that counts as one."""
    key = (os.getpid(), os.path.abspath(folder.path))  # a forked process has its own
    return _rates.setdefault(key, Rate()).admits(folder.per_minute)
