"""A crash as one HTML page: without scripts, and asking for nothing; every text of the dump is escaped."""

from __future__ import annotations

import html
import itertools
from importlib import resources
from typing import TYPE_CHECKING

from keeptrace.tools import facts
from keeptrace.tools.showing import DEEPEST, HEAD, RELATIONS
from keeptrace.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keeptrace.tools.view import Frame, Raised, SourceLine, Variable, View

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # were there anything else in the page, it would stay still
LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python")


def page(view: View) -> str:
    """Return the page of a crash."""
    return "\n".join(itertools.chain(head(view), body(view))) + "\n"


def escaped(text: str) -> str:
    return html.escape(text)


def title(view: View) -> str:
    """Return what the page is about: the last line of what Python printed."""
    return "A live stack" if view.crash is None else view.crash.text


def head(view: View) -> Iterator[str]:
    style = resources.files(__package__ or "keeptrace.tools").joinpath("page.css").read_text(encoding="utf-8")
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="robots" content="noindex">'
    yield f"<title>{escaped(title(view)[:200])}</title>"
    yield f"<style>\n{style}</style>\n</head>"


def body(view: View) -> Iterator[str]:
    yield f"<body>\n<h1>{escaped(title(view))}</h1>\n<dl>"
    for name, text in facts.summary(view):
        yield f"<dt>{escaped(name)}</dt><dd>{escaped(text)}</dd>"
    yield "</dl>"
    for exception in view.exceptions:
        yield from exception_parts(exception, is_open=exception is view.crash)
    for thread in view.threads:
        yield f"<h2>{escaped(thread.title)}</h2>"
        yield from stack_parts(thread.frames, is_open=not view.exceptions)
    yield f"<footer>made by keeptrace {escaped(__version__)}</footer>\n</body>\n</html>"


def exception_parts(exception: Raised, *, is_open: bool) -> Iterator[str]:
    """Yield an exception; members of groups are set in."""
    level = min(exception.level, DEEPEST)
    yield '<section class="level">' * level
    if exception.relation:
        yield f'<p class="relation">{RELATIONS[exception.relation]}</p>'
    elif exception.member:
        yield f"<h2>{escaped(exception.member)}</h2>"
    if exception.frames:
        yield f'<p class="relation">{HEAD}</p>'
    yield from stack_parts(exception.frames, is_open=is_open)
    yield f'<div class="error">{escaped(exception.text)}</div>'
    for note in exception.notes:
        yield f'<div class="note">{escaped(note)}</div>'
    yield "</section>" * level


def stack_parts(frames: tuple[Frame, ...], *, is_open: bool) -> Iterator[str]:
    """Yield the frames of a stack; the innermost is unfolded, and so is the innermost outside libraries."""
    own = [frame for frame in frames if not any(part in frame.filename for part in LIBRARIES)]
    unfolded = (*frames[-1:], *own[-1:]) if is_open else ()
    for frame in frames:
        yield from frame_parts(frame, is_open=any(frame is shown for shown in unfolded))
        if frame.left_out:
            yield f'<p class="more">… {frame.left_out:,} {escaped(frame.why)}</p>'


def frame_parts(frame: Frame, *, is_open: bool) -> Iterator[str]:
    yield f"<details{' open' if is_open else ''}>"
    yield f"<summary><b>{escaped(frame.name)}</b> <span>{escaped(frame.filename)}:{frame.line}</span></summary>"
    if frame.source:
        yield f"<pre>{''.join(map(source_part, frame.source))}</pre>"
    if frame.variables:
        yield "<table>"
        for variable in frame.variables:
            yield from variable_parts(variable)
        yield "</table>"
    yield "</details>"


def source_part(line: SourceLine) -> str:
    text = escaped(line.text)
    if line.mark is not None:
        start, end = line.mark
        parts = [escaped(part) for part in (line.text[:start], line.text[start:end], line.text[end:])]
        text = f"{parts[0]}<mark>{parts[1]}</mark>{parts[2]}"
    kind = ' class="current"' if line.is_current else ""
    return f"<span{kind}><i>{line.number}</i>{text}</span>"


def variable_parts(variable: Variable) -> Iterator[str]:
    yield f"<tr><td>{escaped(variable.name)}</td><td>{escaped(variable.text)}</td></tr>"
    for inner in variable.attributes:
        yield f'<tr><td class="inner">.{escaped(inner.name)}</td><td>{escaped(inner.text)}</td></tr>'
