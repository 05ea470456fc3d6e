"""Finds the text of tracebacks in a log, a line at a time; nothing is made of them here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keeptrace.logtext.names import is_known_or_likely
from keeptrace.logtext.printed import NOT_IN_LOG, Entry, Printed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST_TRACEBACK = 1_000_000  # characters
LONGEST_LINE = 5_000  # characters of one that is not source or message
LONGEST_PREFIX = 500  # characters before the traceback on each line of a log
LINES_BELOW = 60  # of source below one frame
LAST_LINE = 2**31 - 1  # the largest line number that a code object can have
MOST_FRAMES = 20_000  # "Previous line repeated" included
MOST_MEMBERS = 1_000  # of one exception group
DEEPEST_GROUP = 100
TITLE = "Traceback (most recent call last):"
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
QUOTES = '"""'  # around a traceback that was sent from another process
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SURROGATE = re.compile("[\ud800-\udfff\0]")
HEADER = re.compile(r"(?P<box>(?: {2})?\+ )?(?:Exception Group )?Traceback \(most recent call last\):\s*$")
BOXED = re.compile(r"(?P<indent> *)[|+](?: (?P<content>.*))?", re.DOTALL)
FENCE = re.compile(r"(?P<indent> *(?:\+-)?)\+-{16,36}(?: (?P<title>\d{1,9}|\.\.\.) -{16})?\s*")
FRAME = re.compile(r'[ \t]*File "(?P<file>.+)", line (?P<line>\d{1,10})(?:, in (?P<name>.+?))?\s*')
FIRST_FRAME = re.compile(r'(?:(?: {2})?\| )?[ \t]*File ".+", line \d')
PLACE = re.compile(r'(?: {2})?File ".+", line \d+(?:, in .+)?\s*$')
FIRST_FENCE = re.compile(r"(?: {2})?\+-\+-{16} 1 -{16}\s*$")
EDGE_OR_NONE = re.compile(r"^(?: {2})?\|(?: |$)")
EDGE = re.compile(r"(?: {2})?\| $")
REPEATED = re.compile(r"\s*\[Previous line repeated (?P<count>\d{1,9}) more times?\]\s*")
RAISED = re.compile(r"(?P<name>(?:[\w<>-]+\.)*[^\W\d]\w*)(?:(?P<colon>:)(?: (?P<text>.*))?|\s*)", re.DOTALL)
CARETS = re.compile(r"(?P<start>\s*)(?P<marks>[~^]+)\s*")
TOO_DEEP = re.compile(r"\.\.\. \(max_group_depth is \d+\)")
NEW_RECORD = re.compile(
    r"\W{0,3}(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d:\d\d|\d{1,2}[/ -][A-Z][a-z]{2}[/ -]|[A-Z][a-z]{2} [ \d]\d \d\d:|"
    r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL|NOTICE)\b)|"
    r"Exception (?:in|ignored) |Error in sys\.|Original exception was:|(?:Task|Future) exception was never |>>> "
)
SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")


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
        self.stamp = self.started = self.raised = ""
        self.is_coloured = self.is_stripped = self.is_syntax_error = False
        self.is_boxed = box is not None
        self.is_flat = box == "+ "
        self.size = self.blanks = 0
        self.root = self.printed = Printed(has_header)
        self.groups: list[Printed] = []
        self.taken_back: tuple[Printed | None, str, list[str]] = None, "", []
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
        if HEADER.match(line.lstrip()):
            return False
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
        printed.name, printed.lines, self.raised = raised["name"], [raised["text"] or ""], line
        self.blanks, self.step, self.started = 0, self.take_message, self.stamp
        return True

    def take_message(self, line: str) -> bool:
        """Read more of the message, or what leads to the next exception of the chain."""
        if self.is_stripped and self.printed.entries and CARETS.fullmatch(line) and self.may_be_source():
            return self.take_back()
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

    def may_be_source(self) -> bool:
        """Tell whether the line just read as an exception may be the source of the last frame."""
        printed = self.printed
        is_first = len(printed.lines) == 1 and not self.blanks
        return is_first and not (printed.entries[-1].below and is_known_or_likely(printed.name))

    def take_back(self) -> bool:
        """Take what was read as an exception for source: carets follow, and indentation does not tell."""
        printed = self.printed
        self.taken_back = printed, printed.name, printed.lines
        printed.entries[-1].below.append(clean(self.raised))
        printed.name, printed.lines, self.step = "", [], self.take_entry
        return True

    def end(self, line: str | None) -> None:
        """Name the exception of which only the frames were read, if the log ends (None) or another record begins."""
        printed, margin = self.printed, self.margin
        if printed.name:
            return
        taken_back, name, lines = self.taken_back
        if taken_back is printed:  # there was no other
            printed.name, printed.lines = name, lines
            printed.entries[-1].below.pop()
            return
        is_other = line is None or (margin is not None and not margin.match(ESCAPE.sub("", line)))
        is_cut_off = printed.has_header and any(entry.name for entry in printed.entries)
        if is_cut_off and (is_other or self.new_record.match(line or "")):
            printed.name, printed.lines = "Exception", [NOT_IN_LOG]

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


def clean(text: str) -> str:
    """Return text that can be source: what UTF-8 cannot hold is written out."""
    return SURROGATE.sub(lambda found: ascii(found.group())[1:-1], text)
