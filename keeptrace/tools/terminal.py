"""What reaches the terminal: plain text, or with colours where rich is installed and somebody looks at them.

Text comes in parts that say what they are (a file name, a value, …); what a dump says is cleaned of control characters
before it gets here.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from keeptrace.vetting.text import clean_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    Line = list[tuple[str, str]]  # parts: what it is, and its text

MOST_DRAWN = 500  # rows of a table; more are printed plainly, which takes less time
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


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], options: argparse.Namespace) -> None:
    """Print a table; heads that begin with < are of numbers."""
    out = console(options) if len(rows) <= MOST_DRAWN else None
    names = [head.lstrip("<") for head in heads]
    if out is not None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for head, name in zip(heads, names, strict=True):
            table.add_column(name, justify="right" if head[:1] == "<" else "left", overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        out.print(table, soft_wrap=False)
        return
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in (names, *rows):
        cells = [
            text.rjust(width) if head[:1] == "<" else text.ljust(width)
            for text, width, head in zip(row, widths, heads, strict=True)
        ]
        print("  ".join(cells).rstrip())


def warn(message: str) -> None:
    """Print a line to stderr, in which a dump or a file's name may have a part."""
    print(f"keeptrace: {clean_text(message)}", file=sys.stderr)
