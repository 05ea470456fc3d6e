"""Tracebacks out of log text: what was printed becomes exceptions with real tracebacks again.

For logs of programs that had no keeptrace. What the text does not tell (variables, the real classes of an application
that is not imported here) is not guessed at; text that only looks like a traceback is passed over.

Read top-down: the reader of lines, the parser of one traceback, then the maker of the table that `restore` opens.
"""

from __future__ import annotations

import builtins
import linecache
import os
import re
import sys
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.restore import restore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

LONGEST_TRACEBACK = 1_000_000  # characters
LONGEST_LINE = 5_000  # characters of one that is not source or message
LONGEST_PREFIX = 500  # characters before the traceback on each line of a log
LINES_BELOW = 60  # of source below one frame
LINES_BEFORE = 20  # of a message that was printed without a traceback
LAST_LINE = 1_000_000  # the largest line number taken for one of a source file
MOST_FRAMES = 20_000  # "Previous line repeated" included
MOST_MEMBERS = 1_000  # of one exception group
DEEPEST_GROUP = 100
LARGEST_SOURCE = 10_000_000  # bytes of a file that the text printed in the log is compared with

TITLE = "Traceback (most recent call last):"
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
QUOTES = '"""'  # around a traceback that was sent from another process
NOT_IN_LOG = "not in the log"

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SURROGATE = re.compile("[\ud800-\udfff\0]")
HEADER = re.compile(r"(?P<box>(?: {2})?\+ )?(?:Exception Group )?Traceback \(most recent call last\):\s*$")
BOXED = re.compile(r"(?P<indent> *)[|+](?: (?P<content>.*))?", re.DOTALL)
FENCE = re.compile(r"(?P<indent> *(?:\+-)?)\+-{16,36}(?: (?P<title>\d{1,9}|\.\.\.) -{16})?\s*")
FRAME = re.compile(r'[ \t]*File "(?P<file>.+)", line (?P<line>\d{1,9})(?:, in (?P<name>.+?))?\s*')
FIRST_FRAME = re.compile(r'(?:(?: {2})?\| )?[ \t]*File ".+", line \d')
PLACE = re.compile(r'(?: {2})?File ".+", line \d+(?:, in .+)?\s*$')
FIRST_FENCE = re.compile(r"(?: {2})?\+-\+-{16} 1 -{16}\s*$")
EDGE_OR_NONE = re.compile(r"^(?: {2})?\|(?: |$)")
EDGE = re.compile(r"(?: {2})?\| $")
REPEATED = re.compile(r"\s*\[Previous line repeated (?P<count>\d{1,9}) more times?\]\s*")
RAISED = re.compile(r"(?P<name>(?:[\w<>-]+\.)*[^\W\d]\w*)(?:(?P<colon>:)(?: (?P<text>.*))?|\s*)", re.DOTALL)
CARETS = re.compile(r"(?P<start>\s*)(?P<marks>[~^]+)\s*")
ELIDED = re.compile(r"\.\.\.<(?P<count>\d{1,4}) lines>\.\.\.")
TOO_DEEP = re.compile(r"\.\.\. \(max_group_depth is \d+\)")
COUNTED = re.compile(r"(?P<message>.*) \((?P<count>\d{1,9}) sub-exceptions?\)", re.DOTALL)
STATEMENT = re.compile(r"\s*(?:return |[^\W\d]\w* = )?")
KEY = re.compile(r"'(?P<text>[^'\\]*)'|(?P<number>0|-?[1-9]\d{0,17})")
NEW_RECORD = re.compile(
    r"\W{0,3}(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d:\d\d|\d{1,2}[/ -][A-Z][a-z]{2}[/ -]|[A-Z][a-z]{2} [ \d]\d \d\d:|"
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL|NOTICE)\b)|"
    r"Exception (?:in|ignored) |Error in sys\.|Original exception was:|(?:Task|Future) exception was never |>>> "
)
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")
USUAL_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Exit", "Group", "Timeout", "Failure", "Traceback")
GROUPS = {"ExceptionGroup": "Exception", "BaseExceptionGroup": "BaseException"}


def parse_tracebacks(
    lines: Iterable[str | bytes],
) -> Iterator[tuple[type[BaseException], BaseException, TracebackType | None]]:
    """Yield (type, value, traceback) for each traceback in log text, as soon as the line that ends it was read.

    `lines` may be any iterable of lines, with or without line ends: an open file, a list, an endless stream. Bytes
    are taken for UTF-8. `traceback.format_exception(*triple)` gives the text that stood in the log, without prefixes,
    if the Python that wrote the log prints as this one does. Never raises because of the text.

    Prefixes (timestamps, logger names, `# `, colours) may stand on each line or on the first only. In a message, and
    in the notes, which read like more of it, these end the traceback: a blank line (outside a group's box), a line
    without the prefix or with another timestamp in it, what looks like a new log record, and the next traceback.

    A chain is one triple, its last exception. A SyntaxError that was printed without a traceback has None for one.
    An exception's class is the one imported here under the printed name, else a stand-in derived from Exception.
    Source comes from the file where the file still has the printed lines, else from the log.

    Not the same: blank lines that end a message, carets in text whose indentation was stripped, lines of variables
    (`capture_locals`), chains that meet in one frame (each exception gets frames of its own), members of groups
    that were not printed (stand-ins that say so), and what exceeds the limits above.
    """
    candidate: Candidate | None = None
    before: deque[str] = deque(maxlen=LINES_BEFORE)
    for line in split_lines(lines):
        if candidate is not None and candidate.take(line):
            continue
        if candidate is not None:
            yield from restored(candidate)
            before.clear()
        candidate = begin(line, before)
        before.append(line)
    if candidate is not None:
        yield from restored(candidate)


def restored(candidate: Candidate) -> Iterator[tuple[type[BaseException], BaseException, TracebackType | None]]:
    """Yield the triple of what a candidate has read, if that is a traceback."""
    exception = complete(candidate.root)
    if exception is not None and (exception.entries or exception.members or exception.earlier):
        table, index = make_table(exception)
        value = restore(table)[index]  # type: ignore[no-untyped-call]
        yield type(value), value, value.__traceback__


def split_lines(lines: Iterable[str | bytes]) -> Iterator[str]:
    """Yield each line without its end; an item may hold several, as traceback.format_exception() gives them."""
    for item in lines:
        text = item.decode("utf-8", "backslashreplace") if isinstance(item, bytes) else item
        text = text.removesuffix("\n")
        if "\n" in text:
            yield from (line.rstrip("\r") for line in text.split("\n"))
        else:
            yield text.rstrip("\r")


# ---------------------------------------------------------------------------------------------------------------------
# What was printed
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Entry:
    """One `File "...", line N, in name` and the lines below it. Without a name it is where a SyntaxError stands."""

    filename: str
    line: int
    name: str | None
    below: list[str] = field(default_factory=list)


@dataclass
class Printed:
    """One exception as it was printed; `name` is empty until its last line was read."""

    has_header: bool = False
    entries: list[Entry] = field(default_factory=list)
    name: str = ""
    lines: list[str] = field(default_factory=list)
    earlier: Printed | None = None
    is_caused: bool = False
    members: list[Printed] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def complete(printed: Printed | None) -> Printed | None:
    """Return the last exception of a chain that was printed to its end."""
    while printed is not None and not printed.name:
        printed = printed.earlier
    return printed


# ---------------------------------------------------------------------------------------------------------------------
# Parsing one traceback, a line at a time
# ---------------------------------------------------------------------------------------------------------------------


def begin(line: str, before: Sequence[str]) -> Candidate | None:
    """Return a candidate if a traceback, or a chain of exceptions, is known by this line to have begun."""
    if len(line) > LONGEST_LINE:
        return None
    plain = ESCAPE.sub("", line) if "\x1b" in line else line
    if TITLE in plain:
        return begin_with_header(plain, before)
    if 'File "' in plain:
        return begin_syntax_error(line, plain)
    if CAUSE in plain or CONTEXT in plain:
        return begin_without_header(plain, max(plain.find(CAUSE), plain.find(CONTEXT)), before)
    fence = FIRST_FENCE.search(plain) if "+-+-" in plain else None
    return begin_without_header(plain, fence.start(), before) if fence else None


def begin_with_header(line: str, before: Sequence[str]) -> Candidate | None:
    header = HEADER.search(line)
    if header is None:
        return None
    is_quoted = before and before[-1].endswith(QUOTES)
    quoting = begin_without_header(line, header.start(), before) if is_quoted else None
    return quoting or Candidate(line[: header.start()], header["box"])


def begin_syntax_error(line: str, plain: str) -> Candidate | None:
    """Return a candidate for a SyntaxError without a traceback if a line is where that stands."""
    found = PLACE.search(plain)
    place = FRAME.fullmatch(plain, found.start()) if found else None
    if place is None or place["name"]:
        return None
    candidate = Candidate(plain[: place.start()], has_header=False)
    candidate.is_syntax_error = True
    return candidate if candidate.take(line) else None


def begin_without_header(line: str, start: int, before: Sequence[str]) -> Candidate | None:
    """Return a candidate that begins in the lines before this one, with an exception that has no traceback."""
    candidate = Candidate(line[:start], has_header=False)
    candidate.margin, candidate.is_coloured, candidate.step = shape(line[:start]), True, candidate.take_first
    first = None
    is_blank = True
    for at in range(len(before) - 1, -1, -1):
        earlier = ESCAPE.sub("", before[at])
        found = candidate.margin.match(earlier)
        rest = EDGE_OR_NONE.sub("", earlier[found.end() :], count=1) if found else ""
        if not rest.strip() and not (found and is_blank):
            break
        is_blank = is_blank and not rest.strip()
        raised = RAISED.fullmatch(rest)
        first = at if raised and is_known_or_likely(raised["name"]) else first
    is_taken = first is not None and all(map(candidate.take, [*list(before)[first:], line]))
    return candidate if is_taken else None


def shape(prefix: str) -> re.Pattern[str]:
    """Return a pattern for a prefix whose numbers differ from line to line."""
    if len(prefix) > LONGEST_PREFIX:
        prefix = ""
    body = prefix.rstrip()
    parts = re.split("([0-9]+)", body)
    pattern = "".join("[0-9]+" if part.isdigit() and part.isascii() else re.escape(part) for part in parts)
    return re.compile(rf"{pattern}(?:{re.escape(prefix[len(body) :])}|\s*$)")


class Candidate:
    """A text that may be a traceback: takes lines until one does not belong to it; `root` is what it has read."""

    def __init__(self, prefix: str, box: str | None = None, *, has_header: bool = True) -> None:
        self.prefix = prefix
        self.margin: re.Pattern[str] | None = None
        self.new_record = NEW_RECORD
        self.stamp = self.started = ""
        self.is_coloured = self.is_stripped = self.is_syntax_error = False
        self.is_boxed = box is not None
        self.is_flat = box == "+ "
        self.size = self.blanks = 0
        self.root = self.printed = Printed(has_header)
        self.groups: list[Printed] = []
        self.step: Callable[[str], bool] = self.take_entry

    def take(self, line: str) -> bool:
        """Read one line of the log; False if it does not belong to this traceback."""
        self.size += len(line) + 1
        if self.size > LONGEST_TRACEBACK:
            return False
        if self.margin is None:
            self.is_coloured = "\x1b" in line
            self.margin = self.find_margin(ESCAPE.sub("", line))
        if self.is_coloured:
            line = ESCAPE.sub("", line)
        found = self.margin.match(line)
        if found is None:
            return False
        self.stamp = found.group().rstrip()
        return self.take_unprefixed(line[found.end() :])

    def find_margin(self, line: str) -> re.Pattern[str]:
        """Return a pattern for what stands before the traceback on each line, learnt from its first frame's."""
        pattern = shape(self.prefix)
        found = pattern.match(line)
        if found and FIRST_FRAME.match(line, found.end()):
            return pattern
        if self.prefix.strip():
            self.new_record = re.compile(f"(?:{pattern.pattern})|{NEW_RECORD.pattern}")
        place = PLACE.search(line)
        prefix = line[: place.start()] if place else ""
        return shape(EDGE.sub("", prefix) if self.is_boxed else prefix)

    # Boxes of exception groups

    def take_unprefixed(self, line: str) -> bool:
        fence = FENCE.fullmatch(line) if self.is_boxed else None
        if fence:
            return self.take_fence(fence)
        is_fresh = self.step == self.take_first and not self.groups
        boxed = BOXED.fullmatch(line) if self.is_boxed or is_fresh else None
        if boxed:
            self.is_flat = self.is_flat or (is_fresh and not boxed["indent"])
            self.is_boxed = True
            if not self.is_flat:
                self.leave_groups(len(boxed["indent"]) // 2 - 1)
            return self.step(boxed["content"] or "")
        if self.is_boxed:
            self.is_boxed = False
            self.leave_groups(0)
        return self.step(line)

    def take_fence(self, fence: re.Match[str]) -> bool:
        """Read `+-+---- 1 ----` (a group's first member), `+---- 2 ----` (the next) or `+--------` (the end)."""
        level = len(fence["indent"]) // 2 - 1
        if fence["title"] is None:
            self.leave_groups(len(self.groups) - 1 if self.is_flat else level - 1)
            return True
        if "+-" not in fence["indent"]:
            self.leave_groups(self.level_of(fence["title"]) if self.is_flat else level - 1)
        if not self.printed.name or len(self.groups) >= DEEPEST_GROUP:
            return False
        self.groups.append(self.printed)
        self.printed = Printed()
        if fence["title"].isdigit() and len(self.groups[-1].members) < MOST_MEMBERS:
            self.groups[-1].members.append(self.printed)
        self.step = self.take_first
        return True

    def level_of(self, title: str) -> int:
        """Return how many groups stay open before the member of that number, where indentation does not tell."""
        levels = range(len(self.groups) - 1, -1, -1)
        fitting = [level for level in levels if str(len(self.groups[level].members) + 1) == title]
        return fitting[0] if fitting else len(self.groups) - 1

    def leave_groups(self, level: int) -> None:
        """Close groups until so many are open; what follows belongs to the outermost of the closed ones."""
        while len(self.groups) > max(level, 0):
            self.printed = self.groups.pop()
            self.step, self.blanks = self.take_message, 0

    # One exception

    def take_first(self, line: str) -> bool:
        """Read the first line of an exception that follows another, or of a group's member."""
        if not line.strip():
            return True
        if HEADER.fullmatch(line):
            self.printed.has_header = True
            self.step = self.take_entry
            return True
        if TOO_DEEP.fullmatch(line):
            self.printed.name, self.printed.lines = "ExceptionGroup", [" (1 sub-exception)"]
            self.step = self.take_message
            return True
        return self.take_entry(line)

    def take_entry(self, line: str) -> bool:
        """Read a frame, what stands below it, or the exception itself."""
        entries = self.printed.entries
        frame = FRAME.fullmatch(line) if len(line) < LONGEST_LINE else None
        if frame and int(frame["line"]) <= LAST_LINE and len(entries) < MOST_FRAMES:
            self.is_stripped = not line[:1].isspace()
            entries.append(Entry(clean(frame["file"]), int(frame["line"]), frame["name"] and clean(frame["name"])))
            self.step = self.take_entry
            return True
        repeated = REPEATED.fullmatch(line)
        if repeated and entries:
            entries.extend(entries[-1:] * min(int(repeated["count"]), MOST_FRAMES - len(entries)))
            return True
        if entries and self.is_stripped and CARETS.fullmatch(line):
            return True
        if entries and self.is_source(line) and len(entries[-1].below) < LINES_BELOW:
            entries[-1].below.append(clean(line[4:] if line.startswith("    ") else line.lstrip()))
            return True
        return self.take_raised(line)

    def is_source(self, line: str) -> bool:
        if line[:1].isspace() or not line:
            return bool(line or self.printed.entries[-1].below)
        return self.is_stripped and not self.is_raised(line)

    def is_raised(self, line: str) -> bool:
        """Tell an exception from a line of source, where indentation does not."""
        raised = RAISED.fullmatch(line)
        if raised is None:
            return False
        if is_known_or_likely(raised["name"]):
            return True
        return bool(self.printed.entries[-1].below) and raised["name"].rpartition(".")[2][:1].isupper()

    def take_raised(self, line: str) -> bool:
        """Read the line that names the exception."""
        raised, printed = RAISED.fullmatch(line), self.printed
        if raised is None or (printed.has_header and not printed.entries):
            return False
        if not raised["colon"] and raised["name"].islower() and "." not in raised["name"]:
            return False
        if self.is_syntax_error and not printed.earlier and raised["name"] not in SYNTAX_ERRORS:
            return False
        printed.name, printed.lines = raised["name"], [raised["text"] or ""]
        self.blanks, self.step, self.started = 0, self.take_message, self.stamp
        return True

    def take_message(self, line: str) -> bool:
        """Read more of the message, or what leads to the next exception of the chain."""
        if not line.strip():
            self.blanks += 1
            return True
        if line.strip() in (CAUSE, CONTEXT):
            return self.take_chain(line)
        if self.printed.lines == ["", QUOTES] and line == TITLE:
            self.step = self.take_quoted
            return self.step(line)
        if self.printed.members or HEADER.search(line) or not (self.is_boxed or self.is_message(line)):
            return False
        self.printed.lines += [""] * self.blanks + [line]
        self.blanks = 0
        return True

    def is_message(self, line: str) -> bool:
        return not self.blanks and self.stamp == self.started and not self.new_record.match(line)

    def take_quoted(self, line: str) -> bool:
        """Read the traceback that is the message of an exception which came from another process."""
        self.printed.lines.append(line)
        if line == QUOTES:
            self.step = self.take_message
        return True

    def take_chain(self, line: str) -> bool:
        follower = Printed(earlier=self.printed, is_caused=line.strip() == CAUSE)
        if self.groups:
            self.groups[-1].members[-1:] = [follower]
        else:
            self.root = follower
        self.printed, self.step, self.blanks = follower, self.take_first, 0
        return True


def is_known_or_likely(name: str) -> bool:
    """Tell whether a name is an exception's of Python, or reads like one."""
    last = name.rpartition(".")[2]
    return last.endswith(USUAL_ENDINGS) or builtin_exception(last) is not None


def clean(text: str) -> str:
    """Return text that can be source: what UTF-8 cannot hold is written out."""
    return SURROGATE.sub(lambda found: ascii(found.group())[1:-1], text)


# ---------------------------------------------------------------------------------------------------------------------
# The source lines below a frame
# ---------------------------------------------------------------------------------------------------------------------


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
    """Return how many bytes of UTF-8 are displayed in so many columns; wide characters take two."""
    if line.isascii():
        return width
    end = 0
    while end < len(line) and width > 0:
        width -= 2 if unicodedata.east_asian_width(line[end]) in "WF" else 1
        end += 1
    return len(line[:end].encode()) + max(width, 0)


class Sources:
    """The source that will be shown for each file: the file's own where it agrees with the log, else the log's."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.shown: dict[int, Shown] = {}
        self.files: dict[str, list[str]] = {}
        self.texts: dict[str, str] = {}
        wanted: dict[str, dict[int, str]] = {}
        for entry in entries:
            shown = self.shown[id(entry)] = shown_source(entry.below)
            numbered = wanted.setdefault(entry.filename, {})
            numbered.setdefault(entry.line, "")
            numbered.update((entry.line + distance, line) for distance, line in shown.lines.items())
        for filename, lines in wanted.items():
            self.choose(filename, lines)

    def choose(self, filename: str, wanted: dict[int, str]) -> None:
        current, is_safe, is_registered = current_source(filename)
        self.files[filename] = current
        if is_safe and all(line_of(current, number).strip() == line.strip() for number, line in wanted.items()):
            return
        last = max((number for number, line in wanted.items() if line.strip()), default=0)
        lines = [line.rstrip("\n") for line in current] if is_registered else []
        lines += [""] * (last - len(lines))
        for number, line in wanted.items():
            lines[number - 1 : number] = [line] if number <= len(lines) else []
        self.files[filename] = lines
        self.texts[filename] = "".join(f"{line}\n" for line in lines)

    def position(self, entry: Entry) -> tuple[int, int | None, int | None, int | None]:
        """Return (line, end line, column, end column) of what the carets below a frame mark."""
        shown = self.shown[id(entry)]
        if shown.start is None or shown.end is None:
            return entry.line, entry.line, None, None
        last = max(shown.lines)
        start, end = self.shift(entry, shown, 0) + shown.start, self.shift(entry, shown, last) + shown.end
        return entry.line, entry.line + last, start, max(end, start) if last == 0 else end

    def shift(self, entry: Entry, shown: Shown, distance: int) -> int:
        """Return how many bytes farther right a printed line stands in its file."""
        line = line_of(self.files[entry.filename], entry.line + distance)
        return indentation(line) - indentation(shown.lines[distance])


def current_source(filename: str) -> tuple[list[str], bool, bool]:
    """Return the lines linecache has of a file, whether it is safe to read, and whether they came from elsewhere."""
    cached = linecache.cache.get(filename)
    if cached is not None and len(cached) == 4 and cached[1] is None:
        return linecache.getlines(filename), True, True
    if filename.startswith("<") and filename.endswith(">"):
        return [], True, False
    try:
        if not os.path.isfile(filename) or os.path.getsize(filename) > LARGEST_SOURCE:
            return [], False, False
    except OSError:
        return [], False, False
    linecache.checkcache(filename)
    return linecache.getlines(filename), True, False


def line_of(lines: list[str], number: int) -> str:
    return lines[number - 1] if number <= len(lines) else ""


def indentation(line: str) -> int:
    return len(line[: len(line) - len(line.lstrip())].encode())


# ---------------------------------------------------------------------------------------------------------------------
# Classes by their printed names
# ---------------------------------------------------------------------------------------------------------------------


def builtin_exception(name: str) -> type[BaseException] | None:
    return exception_class("builtins", name)


def exception_class(module: str, qualname: str) -> type[BaseException] | None:
    """Return the exception class of that name in a module that is imported already."""
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def split_name(name: str) -> tuple[str, str]:
    """Return the module and the qualified name of a class that is printed under that name.

    A module that is not imported is taken to end before the first part that starts with a capital letter.
    """
    parts = name.split(".")
    if len(parts) == 1:
        return ("builtins" if builtin_exception(name) or name in GROUPS else "__main__"), name
    if parts[0] == "__main__":
        qualname = ".".join(parts[1:])
        return "__main__", qualname if exception_class("__main__", qualname) else name
    ends = [end for end in range(len(parts) - 1, 0, -1) if ".".join(parts[:end]) in sys.modules]
    end = ends[0] if ends else next((at for at, part in enumerate(parts) if part[0].isupper()), len(parts) - 1)
    if "<locals>" in parts:
        end = min(end, parts.index("<locals>") - 1)
    return ".".join(parts[:end]) or "__main__", ".".join(parts[end:])


# ---------------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------------

Reference = tuple[int]


def make_table(last: Printed) -> tuple[dict[str, Any], int]:
    """Return the table of a chain's last exception and all that belongs to it, and that exception's index."""
    maker = TableMaker(all_printed(last))
    maker.add_exceptions()
    table = {"format": 1, "python": sys.version_info[:3], "sources": maker.sources.texts, "records": maker.records}
    return table, 0


def all_printed(last: Printed) -> list[Printed]:
    """Return an exception, then those before it in its chain and those in its group, and theirs."""
    found = [last]
    for printed in found:
        printed.members = [member for member in map(complete, printed.members) if member]
        found += printed.members
        if printed.earlier:
            found.append(printed.earlier)
    return found


class TableMaker:
    """Makes the records of printed exceptions; those of the exceptions themselves come first, in their order."""

    def __init__(self, exceptions: list[Printed]) -> None:
        self.exceptions = exceptions
        self.references: dict[int, Reference] = {id(printed): (at,) for at, printed in enumerate(exceptions)}
        self.records: list[Any] = [None] * len(exceptions)
        self.sources = Sources(entry for printed in exceptions for entry in printed.entries)
        self.shared: dict[str, Reference] = {}
        self.base_only: set[int] = set()

    def add(self, *record: Any) -> Reference:
        self.records.append(record)
        return (len(self.records) - 1,)

    def share(self, *record: Any) -> Reference:
        """Add a record of plain data, once."""
        key = repr(record)
        if key not in self.shared:
            self.shared[key] = self.add(*record)
        return self.shared[key]

    def add_exceptions(self) -> None:
        for at, printed in reversed(list(enumerate(self.exceptions))):
            class_reference, known = self.add_class(printed)
            if known is not None and not issubclass(known, Exception):
                self.base_only.add(id(printed))
            facts = self.link_facts(printed)
            if printed.members or is_group(known):
                facts.update(self.group_facts(printed))
            elif is_syntax_error(printed, known):
                facts.update(self.syntax_facts(printed))
            else:
                facts.update(text=printed.text, args=self.add("tuple", arguments(printed)))
            self.records[at] = ("exception", class_reference, facts)

    def link_facts(self, printed: Printed) -> dict[str, Any]:
        facts: dict[str, Any] = {"suppress": printed.is_caused, "traceback": self.add_traceback(printed)}
        if printed.earlier:
            facts["cause" if printed.is_caused else "context"] = self.references[id(printed.earlier)]
        return facts

    # Classes

    def add_class(self, printed: Printed) -> tuple[Reference, type[BaseException] | None]:
        """Return a reference to the class of an exception, and that class or its base if either is known here."""
        module, qualname = split_name(printed.name)
        known = exception_class(module, qualname)
        if printed.members or is_group(known):
            return self.add_group_class(printed, module, qualname), known
        if known is None:
            base = "SyntaxError" if is_syntax_error(printed, known) else "Exception"
            return self.add_stand_in(module, qualname, self.share("global", "builtins", base)), None
        is_standard = known.__module__.partition(".")[0] in sys.stdlib_module_names
        found = self.share("global", known.__module__, known.__qualname__) if is_standard else None
        if found and not prints_as(known, printed):
            return self.add_stand_in("__main__", printed.name, found), known
        return found or self.add_stand_in(module, qualname, self.share("global", "builtins", "Exception")), known

    def add_group_class(self, printed: Printed, module: str, qualname: str) -> Reference:
        """Return a reference to the class of a group, one that may hold any exception if a member asks for that."""
        is_any = qualname == "BaseExceptionGroup" or any(id(member) in self.base_only for member in printed.members)
        base = "BaseExceptionGroup" if is_any else "ExceptionGroup"
        if is_any:
            self.base_only.add(id(printed))
        group = self.share("global", "builtins", base, (self.share("global", "builtins", GROUPS[base]),))
        if module == "builtins":
            return group if qualname == base else self.add_stand_in("__main__", qualname, group)
        return self.add_stand_in(*("__main__", printed.name) if is_any else (module, qualname), group)

    def add_stand_in(self, module: str, qualname: str, base: Reference) -> Reference:
        """Return a reference to a class that `restore` makes, unless one of that name is imported already."""
        return self.share("class", qualname.rpartition(".")[2], qualname, module, (base,), {}, {"exception": True})

    # What an exception holds

    def group_facts(self, printed: Printed) -> dict[str, Any]:
        """Return a group's message and members, with stand-ins for the members that were not printed."""
        counted = COUNTED.fullmatch(printed.text)
        message = counted["message"] if counted else printed.text
        count = min(int(counted["count"]), MOST_MEMBERS) if counted else 0
        members = [self.references[id(member)] for member in printed.members]
        members += [self.add_missing() for _ in range(max(count, 1) - len(members))]
        both = self.add("tuple", (message, self.add("list", members)))
        return {"message": message, "members": members, "args": both, "text": printed.text}

    def add_missing(self) -> Reference:
        exception = self.share("global", "builtins", "Exception")
        return self.add("exception", exception, {"args": self.share("tuple", (NOT_IN_LOG,)), "text": NOT_IN_LOG})

    def syntax_facts(self, printed: Printed) -> dict[str, Any]:
        entry = printed.entries[-1] if printed.entries and printed.entries[-1].name is None else None
        if entry is None:
            return {"fields": {"msg": printed.text}, "args": self.add("tuple", (printed.text,))}
        fields = syntax_fields(entry)
        details = self.add("tuple", tuple(fields.values()))
        return {"fields": {"msg": printed.text, **fields}, "args": self.add("tuple", (printed.text, details))}

    # Frames

    def add_traceback(self, printed: Printed) -> Reference | None:
        entries = [entry for entry in printed.entries if entry.name]
        outer: Reference | None = None
        frames = []
        for entry in entries:
            position, variables = self.sources.position(entry), None if entry.name == "<module>" else {}
            outer = self.add(
                "frame", self.add_code(entry), self.add_globals(entry.filename), outer, position, variables
            )
            frames.append((outer, position))
        inner: Reference | None = None
        for frame, position in reversed(frames):
            inner = self.add("traceback", frame, inner, position)
        return inner

    def add_code(self, entry: Entry) -> Reference:
        """Return a reference to the code of a frame: a module's, or a function's whose parameters are not known."""
        flags, first_line = (0, 1) if entry.name == "<module>" else (3, entry.line)
        return self.share("code", entry.name, entry.name, entry.filename, first_line, (0, 0, 0, flags), (), None)

    def add_globals(self, filename: str) -> Reference:
        file = {} if filename.startswith("<") else {"__file__": filename}
        return self.share("globals", {"__name__": module_name(filename), **file})


def is_group(known: type[BaseException] | None) -> bool:
    """Tell whether a class is one of an exception group's, which Python has since 3.11."""
    group = getattr(builtins, "BaseExceptionGroup", None)
    return known is not None and group is not None and issubclass(known, group)


def is_syntax_error(printed: Printed, known: type[BaseException] | None) -> bool:
    if known is not None:
        return issubclass(known, SyntaxError)
    return bool(printed.entries) and printed.entries[-1].name is None


def prints_as(known: type[BaseException], printed: Printed) -> bool:
    """Tell whether a class shows the printed name and message.

    socket.timeout is another name of TimeoutError; what a KeyError or UnicodeError prints is not its only argument.
    """
    if known.__qualname__ != printed.name.removeprefix(f"{known.__module__}."):
        return False
    is_made_up = issubclass(known, KeyError | UnicodeError) and known is not UnicodeError
    return not is_made_up or str(KeyError(*arguments(printed))) == printed.text


def arguments(printed: Printed) -> tuple[Any, ...]:
    """Return an exception's arguments as far as the text tells: its message, or the key that a KeyError shows."""
    text = printed.text
    key = KEY.fullmatch(text) if printed.name == "KeyError" else None
    if key:
        return (int(key["number"]),) if key["number"] else (key["text"],)
    return (text,) if text else ()


def syntax_fields(entry: Entry) -> dict[str, Any]:
    """Return the fields of a SyntaxError that print its line and carets; the offsets count from 1."""
    text = f"{entry.below[0]}\n" if entry.below else None
    carets = CARETS.fullmatch(entry.below[1]) if len(entry.below) > 1 else None
    start, end = (carets.end("start") + 1, carets.end("marks") + 1) if carets else (None, None)
    return {
        "filename": entry.filename,
        "lineno": entry.line,
        "offset": start,
        "text": text,
        "end_lineno": entry.line if carets else None,
        "end_offset": end,
    }


def module_name(filename: str) -> str:
    """Guess the name of the module in a file, which the text does not tell."""
    if filename.startswith("<"):
        return "__main__"
    parts = re.split(r"[\\/]", filename.removesuffix(".py"))
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
