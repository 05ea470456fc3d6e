"""`keeptrace list`: what crashed, by fingerprint. Nothing is opened; of each bug one header is read.

dump() puts the fingerprint and the time into the name, so that most files of a full folder need not be read at all.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import re
import time
import zlib
from typing import TYPE_CHECKING, Any

from keeptrace.files.counting import counts
from keeptrace.files.dumping import written_time
from keeptrace.files.errors import DumpError
from keeptrace.files.folder import NAME, PICKLES
from keeptrace.files.header import read_header
from keeptrace.tools import inputs, terminal
from keeptrace.tools.errors import ToolError
from keeptrace.tools.progress import tracked
from keeptrace.tools.terminal import Column
from keeptrace.vetting.text import clean_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from keeptrace.files.header import Header

DUMP, PICKLE, COUNT = "dump", "pickle without header", "count only"
ABOUT = Column("ABOUT", "quiet", is_long=True)  # what the context says, where one has any
COLUMNS = (
    Column("LAST SEEN (UTC)"), Column("FIRST SEEN (UTC)", "quiet"), Column("CRASHES", "title", is_number=True),
    Column("DUMPS", is_number=True), Column("FINGERPRINT", "quiet"), Column("EXCEPTION", "error", is_long=True), ABOUT,
    Column("NEWEST", "file", is_long=True),
)  # fmt: skip
MINUTES = 16  # characters of a time
MOST_NAMED = 20  # files that cannot be listed
SHOWN = 70  # characters of a message
SNIFFED = 16  # bytes
BEGINNINGS = (b"\x80", b"c", b"(", b"]", b"}")  # of a pickle


@dataclasses.dataclass
class Row:
    """What is known of one bug, or of one pickle without header. Times are as in a header."""

    fingerprint: str
    kind: str = DUMP
    exception: str = ""
    message: str = ""
    crashes: int = 0
    dumps: int = 0
    first: str = ""
    last: str = ""
    newest: str = ""
    context: dict[str, Any] = dataclasses.field(default_factory=dict)  # the newest's

    def saw(self, moment: str) -> None:
        self.first = min(self.first or moment, moment)
        self.last = max(self.last, moment)


@dataclasses.dataclass(order=True, frozen=True)
class File:
    """A file that may be a dump; time and fingerprint are empty where its name does not tell."""

    time: str
    path: str
    fingerprint: str


def command(options: argparse.Namespace) -> None:
    paths = options.paths or inputs.here()
    rows, unread = rows_of(paths, [condition(text) for text in options.where or ()])
    if options.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    elif rows:
        has_contexts = any(row.context for row in rows)
        columns = [column for column in COLUMNS if column is not ABOUT or has_contexts]
        terminal.print_table(columns, [cells(row, has_contexts=has_contexts) for row in rows], options)
    else:
        of = f" with {' and '.join(map(clean_name, options.where))}" if options.where else ""
        print(f"no dumps{of} in {', '.join(map(clean_name, paths))}")
    for path, cause in unread[:MOST_NAMED]:
        terminal.warn(f"cannot list {path!r}: {cause}")
    if len(unread) > MOST_NAMED:
        terminal.warn(f"cannot list {len(unread) - MOST_NAMED:,} more; name one to see why")


def cells(row: Row, *, has_contexts: bool) -> tuple[str, ...]:
    message = row.message if len(row.message) <= SHOWN else f"{row.message[: SHOWN - 3]}..."
    what = ": ".join(filter(None, [row.exception or (row.kind if row.kind != DUMP else "stack"), message]))
    return (
        row.last[:MINUTES].replace("T", " "), row.first[:MINUTES].replace("T", " "), f"{row.crashes}", f"{row.dumps}",
        row.fingerprint or "-", clean_name(what), *([terminal.printed(row.context)] if has_contexts else []),
        clean_name(row.newest),
    )  # fmt: skip


def condition(text: str) -> tuple[str, str]:
    """Return the name of a fact and the text that it is to have in it, in lower case; raise ToolError where none is."""
    name, equals, wanted = text.partition("=")
    if not equals or not name:
        raise ToolError(f"cannot list what has {text!r}: --where KEY=TEXT is expected, as in --where test=checkout")
    return name, wanted.lower()


def has(path: str, where: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a dump's context has all that is wanted; what has no header has no context."""
    header, _ = header_of(path)
    context = {} if header is None else header.context
    return all(wanted in str(context[name]).lower() if name in context else False for name, wanted in where)


def rows_of(paths: Iterable[str], where: Iterable[tuple[str, str]] = ()) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return what is in these folders and files, the latest first; and what cannot be read, with the cause.

    where: facts that the context of each is to have; then crashes are counted by their dumps.

    Raises OSError for a path that is not there.
    """
    files = [file for path in paths for file in files_at(path)]
    if where:
        files = [file for file in tracked(files, "reading headers") if has(file.path, where)]
    unread: list[tuple[str, str]] = []
    groups: dict[str, list[File]] = {}
    rows: dict[str, Row] = {}
    for file in files:
        groups.setdefault(file.fingerprint or file.path, []).append(file)
    for group in tracked(groups.values(), "reading headers"):
        add_group(rows, sorted(group, reverse=True), unread)
    for path in () if where else filter(os.path.isdir, paths):
        try:
            add_counts(rows, path)
        except OSError as error:
            unread.append((error.filename or path, error.strerror or "it cannot be read"))
    for row in rows.values():
        row.crashes = max(row.crashes, row.dumps)
    return sorted(rows.values(), key=lambda row: row.last, reverse=True), unread


def files_at(path: str) -> Iterator[File]:
    """Yield a file, or those of a folder that are called as dumps or pickles are."""
    if not os.path.isdir(path):
        os.stat(path)
        yield file_at(path)
        return
    with os.scandir(path) as found:
        yield from (file_at(item.path) for item in found if item.name.endswith(PICKLES) and item.name[0] != ".")


def file_at(path: str) -> File:
    match = re.fullmatch(NAME, os.path.basename(path))
    return File("", path, "") if match is None else File(header_time(match[2]), path, match[1])


def header_time(name: str) -> str:
    """Return a file name's time as a header has it."""
    return f"{name[:4]}-{name[4:6]}-{name[6:11]}:{name[11:13]}:{name[13:]}"


def add_group(rows: dict[str, Row], group: list[File], unread: list[tuple[str, str]]) -> None:
    """Add files of one fingerprint, the latest first: the first whose header can be read speaks for all."""
    for at, file in enumerate(group):
        header, cause = header_of(file.path)
        if header is not None:
            row = rows.setdefault(header.fingerprint, Row(header.fingerprint))
            if header.time >= row.last:
                row.exception, row.message, row.newest = header.exception, header.message, file.path
                row.context = header.context
            row.dumps += len(group) - at
            row.saw(header.time)
            row.saw(group[-1].time or header.time)
            return
        if not cause:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(os.stat(file.path).st_mtime))
            rows[file.path] = Row("", PICKLE, dumps=1, newest=file.path, first=moment, last=moment)
        else:
            unread.append((file.path, cause))


def header_of(path: str) -> tuple[Header | None, str]:
    """Return a dump's header; or None, and why it cannot be read: "" for a pickle without one."""
    try:
        with open(path, "rb") as file:
            return read_header(file, path), ""
    except DumpError as error:
        return None, "" if is_pickle(path) else str(error).rpartition(f"{path!r}: ")[2]
    except OSError as error:
        return None, error.strerror or type(error).__name__


def is_pickle(path: str) -> bool:
    """Tell whether a file without header begins as a pickle does, gzipped or not."""
    for opened in (gzip.open, open):
        try:
            with opened(path, "rb") as file:
                return bytes(file.read(SNIFFED)).startswith(BEGINNINGS)
        except (OSError, EOFError, zlib.error):
            continue
    return False


def add_counts(rows: dict[str, Row], folder: str) -> None:
    """Add how often each bug was met, also where no dump of it is left."""
    for fingerprint, count in counts(folder).items():
        row = rows.setdefault(fingerprint, Row(fingerprint, COUNT, clean_name(count.exception)))
        row.crashes += count.crashes
        for moment in (count.first, count.last):
            row.saw(header_seconds(moment))


def header_seconds(seconds: float) -> str:
    """Return a time as a header has it; what is no time is the earliest."""
    try:
        return written_time(seconds)
    except (OverflowError, ValueError, OSError):
        return "0000-00-00T00:00:00.000000Z"
