"""Keeps the text of the files that are in a stack, as linecache has it at this moment."""

from __future__ import annotations

import linecache

from keeptrace.record import raw
from keeptrace.record.code import known
from keeptrace.record.foreign import caught

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import types
    from typing import Any

    from keeptrace.record.recorder import Recorder

JOINED: dict[str, tuple[list[str], str]] = {}
"""The texts of files in earlier recordings, with the lines that they are made of, as linecache has these."""

MOST_JOINED = 2**23
"""Characters of such texts that are kept."""


def keep_source(recorder: Recorder, found: types.CodeType, filename: str, namespace: dict[str, Any] | None) -> None:
    """Keep the text of a code object's file as linecache has it at this moment.

    Several texts may go by one name, such as "<string>": then none of them is kept, since the wrong one misleads.
    """
    sources, limit = recorder.sources, recorder.settings.limits.source
    lines = source_lines(recorder, found, namespace)
    if len(lines) > limit:
        lines = []
    text = joined(str.__str__(found.co_filename), lines)
    if len(lines) > text.count("\n") + 1:  # as splitlines() gives them
        text = "\n".join(lines)
        recorder.bare[filename] = None
    if raw.is_typed(filename) and len(text) <= limit:
        shown = recorder.shown_sources
        if text not in shown:
            shown[text] = recorder.redaction.source(text)
        text = shown[text]
    if filename in sources:
        text = text if text == sources[filename] else ""
    elif recorder.source_size + len(text) > limit:
        text = ""
    recorder.source_size += len(text) - len(sources.get(filename, ""))
    sources[filename] = text


def joined(filename: str, lines: list[str]) -> str:
    """Return the text of lines; the one that an earlier recording has made of them where linecache keeps them."""
    held = JOINED.get(filename)
    if held is not None and held[0] is lines:
        return held[1]
    text = "".join(lines)
    cached = linecache.cache.get(filename, ())
    if len(cached) == 4 and cached[2] is lines and len(text) <= MOST_JOINED:
        if sum(len(each) for _, each in list(JOINED.values())) + len(text) > MOST_JOINED:
            JOINED.clear()
        JOINED[filename] = lines, text
    return text


def source_lines(recorder: Recorder, found: types.CodeType, namespace: dict[str, Any] | None) -> list[str]:
    """Return the lines of a code object's file; where there is none, its module's loader is asked, in limited time."""
    is_lazy = len(linecache.cache.get(found.co_filename, ())) == 1  # what gives the text has not been asked yet
    lines: list[str] = (recorder.foreign.call if is_lazy else caught)(file_lines, found)[0] or []
    if not lines and type(namespace) is dict and "__loader__" in namespace:
        facts = known(found)
        if facts.frozen is not None:
            return facts.frozen
        asked, _ = recorder.foreign.call(loader_lines, found.co_filename, namespace)
        lines = asked or []
        if asked is not None and str.startswith(found.co_filename, "<frozen "):
            facts.frozen = lines
    return lines


def file_lines(found: types.CodeType) -> list[str]:
    linecache.checkcache(found.co_filename)
    from_code = getattr(linecache, "_getlines_from_code", None)  # 3.13: the REPL's and -c's text, by code object
    lines: list[str] = from_code(found) if from_code else []
    return lines or linecache.getlines(found.co_filename)


def loader_lines(filename: str, namespace: dict[str, Any]) -> list[str]:
    lines = [str.__str__(line) for line in linecache.getlines(filename, namespace)]
    if filename.startswith("<frozen "):  # 3.14 finds it, and would print it in tracebacks from now on
        linecache.cache.pop(filename, None)
    return lines
