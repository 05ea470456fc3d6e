"""What reaches the terminal: plain text, or with colours where rich is installed and somebody looks at them.

Text comes in parts that say what they are (a file name, a value, …); what a dump says is cleaned of control characters
before it gets here.
"""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.vetting.text import clean_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    Line = list[tuple[str, str]]  # parts: what it is, and its text

MOST_DRAWN = 500  # rows of a table; more are printed plainly, which takes less time


class Column(NamedTuple):
    """A column of a table; a long one is what may not fit into a line."""

    name: str
    kind: str = ""
    is_number: bool = False
    is_long: bool = False


STYLES = {
    "error": "bold red",
    "file": "cyan",
    "line": "yellow",
    "mark": "bold red",
    "name": "green",
    "note": "yellow",
    "number": "dim",
    "quiet": "dim",
    "relation": "bold",
    "title": "bold",
    "variable": "magenta",
}


def console(options: argparse.Namespace) -> Any:
    """Return what prints with colours, None where that is not wanted or rich is not installed."""
    is_wanted = {"always": True, "never": False}.get(options.color, is_terminal())
    if not is_wanted:
        return None
    try:
        import rich.console  # an extra, and heavy
    except ImportError:
        return None
    forced: Any = {"force_terminal": True, "no_color": False} if options.color == "always" else {}
    return rich.console.Console(highlight=False, markup=False, emoji=False, soft_wrap=True, **forced)


def is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def print_lines(lines: Iterable[Line], options: argparse.Namespace) -> None:
    """Print lines one by one."""
    out = console(options)
    if out is None:
        for line in lines:
            print(plain(line))
        return
    from rich.text import Text

    highlighted = highlighter()
    for line in lines:
        text = Text()
        for kind, part in line:
            text.append_text(highlighted(part) if kind == "source" else Text(part, STYLES.get(kind, "")))
        out.print(text)


def plain(line: Line) -> str:
    return "".join(part for _, part in line).rstrip()


def highlighter() -> Any:
    """Return what colours a line of Python source."""
    from rich.syntax import Syntax
    from rich.text import Text

    syntax = Syntax("", "python", theme="ansi_dark")

    def highlighted(source: str) -> Text:
        text = syntax.highlight(source)
        text.rstrip()
        return text if text.plain == source.rstrip() else Text(source)

    return highlighted


def printed(value: Any) -> str:
    """Return a fact as text in one line."""
    if isinstance(value, tuple):
        return shlex.join(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={printed(item)}" for name, item in value.items())
    return f"{value:,}" if isinstance(value, int) and value > 99_999 else str(value).replace("\n", " \\n ")


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], options: argparse.Namespace) -> None:
    """Print a table; where the terminal is too narrow for it, with the long columns below the others."""
    import shutil  # heavy, and needed for tables only

    width = shutil.get_terminal_size().columns if is_terminal() else sys.maxsize
    lines = table_lines(columns, rows, width)
    if len(rows) <= MOST_DRAWN:
        print_lines(lines, options)
        return
    for line in lines:
        print(plain(line))


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Iterator[Line]:
    """Yield the lines of a table."""
    names = [column.name for column in columns]
    widths = [max(map(len, texts)) for texts in zip(names, *rows, strict=True)]
    is_wide = sum(widths) + 2 * len(widths) <= width
    for row in (names, *rows):
        parts: Line = []
        below: list[Line] = []
        for column, text, size in zip(columns, row, widths, strict=True):
            kind = "title" if row is names else column.kind
            if column.is_long and not is_wide:
                below += [[("", "    "), (kind, text)]]
            else:
                parts += [(kind, text.rjust(size) if column.is_number else text.ljust(size)), ("", "  ")]
        yield parts
        yield from below if row is not names else ()


def warn(message: str) -> None:
    """Print a line to stderr, in which a dump or a file's name may have a part."""
    print(f"keeptrace: {clean_text(message)}", file=sys.stderr)
