"""Tracebacks out of log text: what was printed becomes exceptions with real tracebacks again.

For logs of programs that had no keeptrace. What the text does not tell (variables, the real classes of an application
that is not imported here) is not guessed at; text that only looks like a traceback is passed over.

`logtext/` reads the text and makes a table of it, which `restore` opens.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from keeptrace.logtext.candidate import Candidate, begin
from keeptrace.logtext.printed import complete
from keeptrace.logtext.table import make_table
from keeptrace.restore import restore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

LINES_BEFORE = 20  # of a message that was printed without a traceback


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
    Of one that was cut off before its last line (the log ends there, or another record begins) the exception is an
    Exception: "not in the log". Source comes from the file where the file still has the printed lines, else from the
    log; what else this process prints has the lines of a file that is here. Debuggers, which look for the source by a
    file's path, show such a file as it is now.

    Not the same: blank lines that end a message, carets in text whose indentation was stripped, lines of variables
    (`capture_locals`), chains that meet in one frame (each exception gets frames of its own), members of groups
    that were not printed (stand-ins that say so), source above line 10,000,000, and what exceeds the limits above.
    """
    candidate: Candidate | None = None
    before: deque[str] = deque(maxlen=LINES_BEFORE)
    for line in split_lines(lines):
        if candidate is not None and candidate.take(line):
            continue
        if candidate is not None:
            candidate.end(line)
            yield from restored(candidate)
            before.clear()
        candidate = begin(line, before)
        before.append(line)
    if candidate is not None:
        candidate.end(None)
        yield from restored(candidate)


def restored(candidate: Candidate) -> Iterator[tuple[type[BaseException], BaseException, TracebackType | None]]:
    """Yield the triple of what a candidate has read, if that is a traceback."""
    exception = complete(candidate.root)
    if exception is not None and (exception.entries or exception.members or exception.earlier):
        table, index = make_table(exception)
        value = restore(table)[index]
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
