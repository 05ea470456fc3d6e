"""dump() and dumps(): a crash as a file, with a header. Nothing global changes: no reducer is registered.

The pickle is that of an exception, a traceback, or the triple of sys.exc_info(), as stock pickle with init() would make
it; with the stacks of other threads it is `{"crash": ..., "threads": {name: traceback}}`.
"""

from __future__ import annotations

import _thread
import functools
import re
import sys
from pickle import dumps as pickle_dumps  # bound here: tests replace it

from keeptrace import places, reducers
from keeptrace.files import folder, header, memory, packing, writing
from keeptrace.files.fingerprint import fingerprint_of, frames
from keeptrace.files.folder import Folder
from keeptrace.files.header import Header, shortened
from keeptrace.files.subject import other_threads, shown, subject_of, thread_name
from keeptrace.files.telling import tell, write
from keeptrace.light import overload, uncollected
from keeptrace.record import redaction
from keeptrace.reducers import Element, Pickling, Snapshot, checked_settings
from keeptrace.restorer_text import TEXT
from keeptrace.system import make_folders, os, time
from keeptrace.version import __version__

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from keeptrace.files.subject import Subject
    from keeptrace.record import Settings

PROTOCOL = 4
LONGEST_NAME = 60  # characters of an exception's name in a file's
OPTIONS = tuple(checked_settings.__kwdefaults__ or ())


class Request:
    """What one call of dump() or dumps() is to do, and when it was called."""

    __slots__ = ("context", "note", "settings", "subject", "threads", "time")

    def __init__(
        self, subject: Subject, settings: Settings, note: str, context: Mapping[str, Any], *, threads: bool
    ) -> None:
        self.subject, self.settings, self.threads = subject, settings, threads
        self.note, self.context = note, context
        self.time = time.time()


@overload
def dump(
    what: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    directory: str | os.PathLike[str] | None = None,
    note: str | None = None,
    context: dict[str, Any] | None = None,
    threads: bool = False,
    **options: Any,
) -> Path: ...
@overload
def dump(  # noqa: F811 (overloaded, see above)
    what: Any = None,
    path: None = None,
    *,
    directory: Folder,
    note: str | None = None,
    context: dict[str, Any] | None = None,
    threads: bool = False,
    **options: Any,
) -> Path | None: ...
def dump(  # noqa: F811
    what: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    directory: str | os.PathLike[str] | Folder | None = None,
    note: str | None = None,
    context: dict[str, Any] | None = None,
    threads: bool = False,
    **options: Any,
) -> Path | None:
    """Write a crash into a new file, and return its path.

    The file is gzip around a pickle, whatever its name: keeptrace.load(path) opens it safely,
    pickle.load(gzip.open(path)) opens it where nothing is installed. It is there as a whole or not at all, and only
    the user can read it. It does not matter whether init() was called.

    what: an exception, a traceback, sys.exc_info(), or a frame (its live stack, as a traceback); None for the exception
        that is being handled; where none is, typed at a prompt, for the latest that was shown (sys.last_exc), of which
        a line on standard error tells; else for the caller's live stack.
    path: of the file; where it is taken, a number is added, and a line on standard error says so. None for a name made
        of the exception's, the fingerprint, the time (UTC) and the process id.
    directory: where the file goes; it has to be there. None for the folder of hook(), else the one that the
        environment variable KEEPTRACE_DIR names, which are made where they are missing, else the current one. A
        keeptrace.Folder has a policy: the crash is counted, and None returned where it is not stored.
    note: a text for the header.
    context: facts for the header, by their names: which order, which job. Text, numbers, True, False and None; of
        anything else the name of its type. Secrets are hidden, and 8 KiB of it are kept.
    threads: dump the stacks of all other threads as well; see above for what is loaded then.
    options: pickler, depth, include_source, reprs, limits and redact, as for init(); what is not given is as init() was
        called, else its default.

    Raises OSError, with the path and without leaving anything, where the file cannot be written; TypeError or
    ValueError for a wrong argument.

    >>> import keeptrace
    >>> try:
    ...     int("seven")
    ... except ValueError:
    ...     path = keeptrace.dump(note="order 7", context={"job": "nightly"})
    >>> keeptrace.peek(path).message
    "invalid literal for int() with base 10: 'seven'"
    >>> keeptrace.load(path)
    ValueError("invalid literal for int() with base 10: 'seven'")
    """
    from pathlib import Path  # heavy: hooks do without

    given = {"note": note, "context": context, "threads": threads}
    request = requested("dump", subject_of("dump", what, sys._getframe(1)), **given, **options)
    if path is not None and directory is not None:
        raise TypeError("dump(path=..., directory=...): one of the two is expected, a path names its folder itself")
    written = written_to(request, path, directory)
    if written is None:
        return None
    remember(request.subject.exception, os.path.abspath(written))
    return Path(written)


def written_to(request: Request, path: Any, directory: Any) -> str | None:
    """Write what is requested where dump() was told to; return the path, None where a folder's policy forbids it."""
    if isinstance(directory, Folder):
        stored = store(request, directory)
        return None if stored is None else stored[0]
    data, found = made(request)
    if path is None:
        return writing.write(os.path.join(directory or made_directory(), default_name(found)), data)
    target = os.fspath(path)
    written = writing.write(target, data)
    if written != target:
        write(f"keeptrace: {target!r} is there already, and stays; the dump is in {written!r}")
    return written


def remember(exception: BaseException | None, path: str) -> None:
    """Note that an exception was dumped: hooks that meet it later say where it is."""
    if exception is not None:
        memory.remember(exception, memory.Report(f"keeptrace: the crash is in {memory.as_line(path)}", path))


def made_directory() -> str:
    """Return the folder where crashes go when none is named; it is made where it is missing."""
    found = places.directory()
    make_folders(found)
    return found


def store(request: Request, directory: Folder) -> tuple[str, Header] | None:
    """Count a crash, and store it where the folder's policy allows that; return the path and the header."""
    exception = request.subject.exception
    name = "" if exception is None else class_name(type(exception))
    fingerprint = fingerprint_of(request.subject)
    if not folder.count(directory, fingerprint, shortened(name, header.NAME), request.time):
        return None
    data, found = made(request)
    path = folder.keep(directory, default_name(found), fingerprint, data)
    if path is None:
        return None
    tell(directory.on_dump, path, found)
    return path, found


def dumps(
    what: Any = None,
    *,
    note: str | None = None,
    context: dict[str, Any] | None = None,
    threads: bool = False,
    **options: Any,
) -> bytes:
    """Return what dump() would write into a file; arguments and errors are its own."""
    given = {"note": note, "context": context, "threads": threads}
    request = requested("dumps", subject_of("dumps", what, sys._getframe(1)), **given, **options)
    return made(request)[0]


def requested(
    caller: str,
    subject: Subject,
    /,
    *,
    note: Any = None,
    context: Any = None,
    threads: Any = False,
    outside: Any = frozenset(),
    **options: Any,
) -> Request:
    """Return what is to be done, its arguments checked.

    outside: modules and packages that run what crashed, whose frames and all outside them are left out.
    """
    if note is not None and not isinstance(note, str):
        raise TypeError(f"{caller}(note={shown(note)}): a text or None is expected")
    reducers.check_context(caller, context)
    reducers.check_flags(caller, threads=threads)
    settings = settings_for(caller, options)
    if outside:
        settings = settings.__replace__(outside=settings.outside | outside)
    return Request(subject, settings, note or "", context or {}, threads=threads)


def settings_for(caller: str, options: dict[str, Any]) -> Settings:
    """Return how to record: as asked for here, else as init() was called, else as init() would be by default."""
    if not options:
        return default_settings() if reducers._settings is None else reducers._settings
    for name in options:
        if name not in OPTIONS:
            raise TypeError(f"{caller}({name}=...): there is no such option; there are {', '.join(OPTIONS)}")
    asked = checked_settings(caller, **options)
    if reducers._settings is None:
        return asked
    names = ["redactor" if name == "redact" else name for name in options]
    return reducers._settings.__replace__(**{name: getattr(asked, name) for name in names})


@functools.cache
def default_settings() -> Settings:
    return checked_settings("dump")


# ---------------------------------------------------------------------------------------------------------------------
# Recording
# ---------------------------------------------------------------------------------------------------------------------


def made(request: Request) -> tuple[bytes, Header]:
    """Return the content of a dump file, and its header; what is made meanwhile is gone when the collector goes on."""
    return uncollected(content_of, request)


def content_of(request: Request) -> tuple[bytes, Header]:
    """Record what is requested, pickle and compress it."""
    recording = Recording(request.settings)
    crash = recording.crash(request.subject)
    ident = _thread.get_ident()
    stacks = other_threads(ident) if request.threads else {}
    try:
        threads = recording.threads(stacks)
        pickled = pickle_dumps({"crash": crash, "threads": threads} if request.threads else crash, PROTOCOL)
    finally:
        stacks.clear()  # frames of threads that go on; of this one's, our own
    found = header_of(request, recording, pickled, ident, 1 + len(threads))
    return packing.packed(pickled, recording.texts(), header.encoded(found)), found


class Recording:
    """What goes into one pickle: the snapshots of a crash and of the threads' stacks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.redaction = redaction.of(settings.redactor)
        self.pickling = Pickling()
        self.snapshots: list[Snapshot] = []
        self.sources: dict[str, str] = {}

    def element(self, obj: Any, settings: Settings) -> Element:
        """Return what stands for an object in the pickle; it is recorded where that has not happened yet."""
        snapshot = self.pickling.owner(obj)
        if snapshot is None:
            snapshot = Snapshot(obj, settings, self.pickling)
            self.snapshots.append(snapshot)
            self.share_sources(snapshot.table["sources"])
        return Element(snapshot, snapshot.indexes[id(obj)])

    def share_sources(self, sources: dict[str, str]) -> None:
        """Make a text that an earlier table has the same object here: the pickler writes it once."""
        for name, text in sources.items():
            if self.sources.setdefault(name, text) == text:
                sources[name] = self.sources[name]

    def crash(self, subject: Subject) -> Any:
        """Return what the crash itself is in the pickle."""
        elements = [self.element(part, self.settings) for part in subject.parts()]
        if not subject.is_triple:
            return elements[0]
        exception, traceback = subject.exception, subject.traceback
        index = elements[0].snapshot.indexes.get(id(type(exception)))
        cls: Any = type(exception) if index is None else Element(elements[0].snapshot, index)
        return cls, elements[0], None if traceback is None else self.element(traceback, self.settings)

    def threads(self, stacks: dict[str, Any]) -> dict[str, Any]:
        """Return what the stacks of threads are in the pickle: together they may take as much as the crash."""
        if not stacks:
            return {}
        limits = self.settings.limits
        share = {name: getattr(limits, name) / len(stacks) for name in ("seconds", "objects", "bytes")}
        settings = self.settings.__replace__(limits=limits.__replace__(**share))
        return {self.redaction.text(name): self.element(stack, settings) for name, stack in stacks.items()}

    def texts(self) -> list[str]:
        """Return the long texts of the pickle in their order."""
        shared = dict.fromkeys(text for each in self.snapshots for text in each.table["sources"].values())
        return [TEXT, *shared]


def header_of(request: Request, recording: Recording, pickled: bytes, ident: int, threads: int) -> Header:
    """Return the facts about a dump."""
    subject, text = request.subject, recording.redaction.text
    exception = subject.exception
    return Header(
        keeptrace=__version__,
        exception="" if exception is None else shortened(class_name(type(exception)), header.NAME),
        message=shortened(message(recording.snapshots[0], exception), header.TEXT),
        fingerprint=fingerprint_of(subject),
        note=shortened(text(request.note), header.TEXT),
        context=header.context_facts(request.context, recording.redaction) if request.context else {},
        time=written_time(request.time),
        thread=shortened(text(thread_name(ident)), header.NAME),
        threads=threads,
        frames=sum(1 for _ in frames(subject.traceback)),
        objects=sum(len(snapshot.table["records"]) for snapshot in recording.snapshots),
        pickle_bytes=len(pickled),
        **header.process_facts(recording.redaction),
    )


def class_name(cls: type) -> str:
    """Return the name of an exception's class as tracebacks print it."""
    module, name = type.__dict__["__module__"].__get__(cls), type.__dict__["__qualname__"].__get__(cls)
    return name if module in ("builtins", "__main__") or type(module) is not str else f"{module}.{name}"


def message(snapshot: Snapshot, exception: BaseException | None) -> str:
    """Return the text of an exception as it was recorded: bounded, secrets hidden, its code run once."""
    if exception is None:
        return ""
    record = snapshot.table["records"][snapshot.indexes[id(exception)]]
    text = record[2].get("text", "") if record[0] == "exception" else ""
    return text if type(text) is str else ""


def written_time(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1_000_000):06}Z"


def default_name(found: Header) -> str:
    """Return a file name that many processes can use in one folder: what crashed, which bug, when, where."""
    name = re.sub(r"\W", "_", found.exception.rpartition(".")[2], flags=re.ASCII)[:LONGEST_NAME] or "stack"
    moment = re.sub(r"[-:]", "", found.time)
    return f"{name}-{found.fingerprint}-{moment}-{found.pid}{writing.SUFFIX}"
