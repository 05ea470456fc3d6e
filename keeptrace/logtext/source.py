"""The source lines below a frame: told from carets, and compared with the file as it is now."""

from __future__ import annotations

import linecache
import os
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from keeptrace.restore import source_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keeptrace.logtext.printed import Entry

LARGEST_SOURCE = 10_000_000  # bytes of a file that the text printed in the log is compared with
MOST_LINES = 10_000_000  # of a file that is not here: what asks for all of them is given as many
CARETS = re.compile(r"(?P<start>\s*)(?P<marks>[~^]+)\s*")
ELIDED = re.compile(r"\.\.\.<(?P<count>\d{1,4}) lines>\.\.\.")
STATEMENT = re.compile(r"\s*(?:return |[^\W\d]\w* = )?")


class Shown(NamedTuple):
    """Source lines as printed, by their distance from the frame's line; start and end in bytes of first and last."""

    lines: dict[int, str]
    start: int | None = None
    end: int | None = None


def shown_source(below: list[str]) -> Shown:
    """Tell source from carets: Python 3.13 and later print several lines for one frame, with carets below each."""
    lines, marks = numbered_rows(below)
    if 0 not in lines:
        return Shown({})
    if marks:
        first, last = min(marks), max(marks)
        start, end = marks[first].end("start"), marks[last].end("marks")
        lines = {at: line for at, line in lines.items() if at <= last}
        return Shown(lines, bytes_before(lines[first], start), bytes_before(lines[last], end))
    if len(lines) < 2 or not is_open(below[0]):
        return Shown(dict(enumerate(below[:1])))
    statement = STATEMENT.match(below[0])
    return Shown(lines, statement.end() if statement else 0, len(lines[max(lines)].rstrip().encode()))


def numbered_rows(below: list[str]) -> tuple[dict[int, str], dict[int, re.Match[str]]]:
    """Return lines of source and the carets below them, by their distance from the frame's line."""
    lines: dict[int, str] = {}
    marks: dict[int, re.Match[str]] = {}
    has_carets = len(below) > 1 and CARETS.fullmatch(below[1]) is not None
    at, is_source = 0, True
    for row in below:
        elided, carets = ELIDED.fullmatch(row.strip()), CARETS.fullmatch(row)
        if elided:
            at += int(elided["count"])
        elif is_source:
            lines[at] = row
            at += 1
            is_source = not has_carets
        else:
            if carets:
                marks[at - 1] = carets
            elif row.strip():
                break
            is_source = True
    return lines, marks


def is_open(line: str) -> bool:
    """Tell whether a statement goes on below its first line."""
    return line.endswith("\\") or sum(map(line.count, "([{")) > sum(map(line.count, ")]}"))


def bytes_before(line: str, width: int) -> int:
    """Return how many bytes of UTF-8 are displayed in so many columns."""
    characters = characters_before(line, width)
    return characters + len(line[:characters].encode()) - len(line[:characters])


def characters_before(line: str, width: int) -> int:
    """Return how many characters are displayed in so many columns; wide ones take two."""
    if line.isascii():
        return width
    characters = 0
    while characters < len(line) and width > 0:
        width -= 2 if unicodedata.east_asian_width(line[characters]) in "WF" else 1
        characters += 1
    return characters + max(width, 0)


class LoggedName(str):
    """A name under which linecache keeps the log's lines, and by itself what is here: a file that has changed since.

    It is the same text, but has another hash.
    """

    __slots__ = ()

    def __hash__(self) -> int:
        return ~str.__hash__(self)


class Lines(Sequence[str]):
    """The lines of a file of which a log shows a few, however far apart; the others are empty."""

    def __init__(self, known: dict[int, str]) -> None:
        self.known = known
        shown = (number for number, line in known.items() if line.strip() and number <= MOST_LINES)
        self.last = max(shown, default=0)

    def __len__(self) -> int:
        return self.last

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        places = range(self.last)[place]
        if isinstance(places, range):
            return [self.line(index + 1) for index in places]
        return self.line(places + 1)

    def line(self, number: int) -> str:
        return self.known.get(number, "") + "\n"


class Sources:
    """The source that will be shown for each file: the file's own where it agrees with the log, else the log's."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.shown: dict[int, Shown] = {}
        self.files: dict[str, Sequence[str]] = {}
        self.names: dict[str, str] = {}
        wanted: dict[str, dict[int, str]] = {}
        for entry in entries:
            shown = self.shown[id(entry)] = shown_source(entry.below)
            numbered = wanted.setdefault(entry.filename, {})
            numbered.setdefault(entry.line, "")
            numbered.update((entry.line + distance, line) for distance, line in shown.lines.items())
        for filename, lines in wanted.items():
            self.choose(filename, lines)

    def choose(self, filename: str, wanted: dict[int, str]) -> None:
        current, is_safe = current_source(filename)  # of which Lines are those of an earlier traceback
        self.files[filename], self.names[filename] = current, filename
        if is_safe and all(line_of(current, number).strip() == line.strip() for number, line in wanted.items()):
            return
        is_taken = filename.startswith("<") or (bool(current) and type(current) is not Lines)
        name = self.names[filename] = LoggedName(filename) if is_taken else filename
        before: Any = current if name is filename else linecache.getlines(name)
        lines: Any = Lines({**before.known, **wanted} if type(before) is Lines else wanted)
        self.files[filename] = lines
        for each in [name] if is_taken else source_names(filename):
            linecache.cache[each] = (0, None, lines, each)

    def position(self, entry: Entry) -> tuple[int, int | None, int | None, int | None]:
        """Return (line, end line, column, end column) of what the carets below a frame mark."""
        shown = self.shown[id(entry)]
        last = max(shown.lines, default=0)
        start, end = self.column(entry, 0, shown.start), self.column(entry, last, shown.end)
        if start is None or end is None:
            return entry.line, entry.line, None, None
        return entry.line, entry.line + last, start, max(start, end) if last == 0 else end

    def column(self, entry: Entry, distance: int, column: int | None) -> int | None:
        """Return where a column of a printed line is in its file, whose lines are indented farther."""
        line, shown = line_of(self.files[entry.filename], entry.line + distance), self.shown[id(entry)]
        if column is None or line.strip() != shown.lines[distance].strip():
            return None
        return max(0, column + indentation(line) - indentation(shown.lines[distance]))


def current_source(filename: str) -> tuple[Any, bool]:
    """Return the lines linecache has of a file, and whether it is safe to read."""
    cached = linecache.cache.get(filename)
    if cached is not None and len(cached) == 4 and cached[1] is None:
        return linecache.getlines(filename), True
    if filename.startswith("<") and filename.endswith(">"):
        return [], True
    try:
        if not os.path.isfile(filename) or os.path.getsize(filename) > LARGEST_SOURCE:
            return [], False
    except OSError:
        return [], False
    linecache.checkcache(filename)
    return linecache.getlines(filename), True


def line_of(lines: Sequence[str], number: int) -> str:
    return lines[number - 1] if number <= len(lines) else ""


def indentation(line: str) -> int:
    return len(line[: len(line) - len(line.lstrip())].encode())
