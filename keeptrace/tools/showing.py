"""`keeptrace show`: a crash on the terminal, as lines whose parts say what they are."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from typing import TYPE_CHECKING, Any

from keeptrace.tools import facts, inputs, terminal
from keeptrace.tools.view import CAUSE, CONTEXT, Detail, view_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from keeptrace.tools.terminal import Line
    from keeptrace.tools.view import Frame, Raised, SourceLine, View

RELATIONS = {
    CAUSE: "The above exception was the direct cause of the following exception:",
    CONTEXT: "During handling of the above exception, another exception occurred:",
}
DEEPEST = 20  # groups in each other that are set in
HEAD = "Traceback (most recent call last):"


def command(options: argparse.Namespace) -> None:
    view = loaded_view(options)
    if options.json:
        print(as_json(view))
    else:
        terminal.print_lines(lines(view), options)


def loaded_view(options: argparse.Namespace) -> View:
    """Load the dump that the command line names, and return what is to be shown of it."""
    given = inputs.chosen(options)
    if options.trust:
        terminal.warn(f"opening what {given.name!r} holds: this runs code from it (--trust)")
    return view_of(given.load(trust=options.trust), given.name, given.header(), Detail.wanted(options))


def as_json(view: View) -> str:
    """Return a view as JSON; the header is None where there is none."""
    return json.dumps(dataclasses.asdict(view), indent=2, default=vars)


# ---------------------------------------------------------------------------------------------------------------------
# Lines
# ---------------------------------------------------------------------------------------------------------------------


def lines(view: View) -> Iterator[Line]:
    """Yield all that is shown of a dump."""
    for name, text in facts.summary(view):
        yield [("quiet", f"{name:>9}  "), ("title", text)]
    for exception in view.exceptions:
        yield []
        yield from exception_lines(exception)
    for thread in view.threads:
        yield []
        yield [("relation", f"{thread.title} (most recent call last):")]
        yield from stack_lines(thread.frames)


def exception_lines(exception: Raised) -> Iterator[Line]:
    """Yield an exception; the members of groups are set in by a bar."""
    level = min(exception.level, DEEPEST)
    bar: Line = [("quiet", "  | " * level)]
    if exception.relation:
        yield [*bar, ("relation", RELATIONS[exception.relation])]
        yield bar
    elif exception.member:
        yield [("quiet", "  | " * (level - 1) + f"  +-- {exception.member} " + "-" * 32)]
    if exception.frames:
        yield [*bar, ("relation", HEAD), ("quiet", f"  [{exception.number}]")]
    for line in stack_lines(exception.frames):
        yield [*bar, *line]
    for text in exception.text.split("\n"):
        yield [*bar, ("error", text)]
    for note in exception.notes:
        for text in note.split("\n"):
            yield [*bar, ("note", text)]


def stack_lines(frames: tuple[Frame, ...]) -> Iterator[Line]:
    for frame in frames:
        yield from frame_lines(frame)
        if frame.left_out:
            yield [("quiet", f"  ... {frame.left_out:,} {frame.why}")]


def frame_lines(frame: Frame) -> Iterator[Line]:
    """Yield a frame: where it is, its source with carets below what was running, its variables."""
    yield [
        ("", "  File "), ("file", f'"{frame.filename}"'), ("", ", line "), ("line", str(frame.line)),
        ("", ", in "), ("name", frame.name),
    ]  # fmt: skip
    width = len(str(frame.source[-1].number)) if frame.source else 0
    for line in frame.source:
        arrow: Any = ("mark", "  > ") if line.is_current else ("", "    ")
        yield [arrow, ("number", f"{line.number:>{width}} "), ("source", line.text)]
        if line.mark is not None and is_part(line):
            yield [("mark", " " * (5 + width) + carets(line.text, *line.mark))]
    widest = max((len(variable.name) for variable in frame.variables), default=0)
    for variable in frame.variables:
        yield [("variable", f"      {variable.name:<{min(widest, 20)}}"), ("", " = "), ("value", variable.text)]
        for inner in variable.attributes:
            yield [("variable", f"        .{inner.name}"), ("", " = "), ("value", inner.text)]


def is_part(line: SourceLine) -> bool:
    """Tell whether a mark says more than that the line is the one."""
    start, end = line.mark or (0, 0)
    return bool(line.text[:start].strip() or line.text[end:].strip()) and end > start


def carets(text: str, start: int, end: int) -> str:
    return " " * columns(text[:start]) + "^" * max(columns(text[start:end]), 1)


def columns(text: str) -> int:
    """Return how wide a text is on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
