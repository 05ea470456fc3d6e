"""Records a crash whatever happens: where the recording fails as a whole, its stack and text alone.

That table depends on nothing else in record/ and reads nothing but the stack itself, so that whatever broke the
recording (no memory, a bug of ours) is not met again.
"""

from __future__ import annotations

import _thread
import builtins
import contextvars
import sys
import types

from keeptrace.record import loop, redaction
from keeptrace.record.classes import NEWER
from keeptrace.record.foreign import EXHAUSTED, Foreign, caught
from keeptrace.record.loop import Recorded

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Reference
    from keeptrace.record.settings import Settings

DEEPEST = 1000
FUNCTION = 3
AS_SPACES = dict.fromkeys(b".,;'\"()!?-", " ")
_BASE: Any = BaseException.__dict__


def record(root: Any, settings: Settings, element: Callable[[Any], Any] | None) -> Recorded:
    """Record a crash as loop.record_table() does; where that fails, what is left of it.

    It runs in a copy of the context: decimal, for one, sets a variable there when it is first used. Near the end of
    this thread's stack it runs in another thread, which has a stack of its own.
    """
    thread = _thread.get_ident()
    EXHAUSTED.discard(thread)
    recorded: Recorded | None
    recorded, error = caught(contextvars.copy_context().run, loop.record_table, root, settings, element)
    if thread in EXHAUSTED:
        elsewhere, _ = Foreign(settings.limits.seconds / Foreign.PART / Foreign.SHARE).call(
            loop.record_table, root, settings, element
        )
        recorded = elsewhere or recorded
    if recorded is None or None in recorded.table["records"]:  # an object has its place there, but no record
        return Remains(root, error, settings).recorded()
    return recorded


def redacted(settings: Settings, text: str) -> str:
    """Return a text with its secrets hidden; where that fails too, the text only if it is nothing but words."""
    hidden: str | None = caught(lambda: redaction.of(settings.redactor).text(text))[0]
    if hidden is not None:
        return hidden
    return text if is_words(text) else f"<{len(text):,} characters, in which no secrets could be looked for>"


def is_words(text: str) -> bool:
    """Tell whether a text is plain words and short numbers, in which no rule finds a secret, without a regex."""
    return text.isascii() and all(map(is_word, text.translate(AS_SPACES).split()))


def is_word(text: str) -> bool:
    is_cased = text.islower() or text.isupper() or text.istitle()
    return len(text) <= 15 and is_cased if text.isalpha() else len(text) <= 6 and text.isdigit()


class Remains:
    """A small table of an exception, traceback, frame or code object."""

    def __init__(self, root: Any, error: BaseException | None, settings: Settings) -> None:
        self.root, self.error, self.settings = root, error, settings
        self.records: list[Any] = [("globals", {"__name__": "?"})]
        self.indexes: dict[int, int] = {}
        self.kept: list[Any] = []

    def recorded(self) -> Recorded:
        root, cls = self.root, type(self.root)
        is_exception = issubclass(cls, BaseException)
        tracebacks = chain_of(_BASE["__traceback__"].__get__(root) if is_exception else root)
        for frame in outermost_first([tb.tb_frame for tb in tracebacks] or [root]):
            outer = self.indexes.get(id(frame.f_back))
            back = None if outer is None else (outer,)
            position = (frame.f_lineno or 1, None, None, None)
            self.add(("frame", self.add_code(frame.f_code), (0,), back, position, {}), frame)
        inner = None
        for tb in reversed(tracebacks):
            position = (tb.tb_lineno or 1, None, None, None)
            inner = self.add(("traceback", (self.indexes[id(tb.tb_frame)],), inner, position), tb)
        if is_exception:
            self.add_exception(inner)
        elif inner is not None:
            self.indexes[id(root)] = inner[0]  # a very long traceback has lost its outer part
        elif cls is types.CodeType:
            (self.indexes[id(root)],) = self.add_code(root)
        table = {"format": 1, "python": tuple(sys.version_info[:3]), "sources": {}, "records": self.records}
        return Recorded(table, self.indexes, self.kept, set())

    def add(self, record: Any, obj: Any = None) -> Reference:
        """Append the record of an object, or one that no object stands for."""
        self.records.append(record)
        reference = (len(self.records) - 1,)
        if obj is not None:
            self.indexes[id(obj)] = reference[0]
            self.kept.append(obj)
        return reference

    def add_code(self, code: types.CodeType) -> Reference:
        name, filename = str.__str__(code.co_name), str.__str__(code.co_filename)
        return self.add(("code", name, name, filename, code.co_firstlineno, (0, 0, 0, FUNCTION), (), None))

    def add_exception(self, traceback: Reference | None) -> None:
        exc, cls = self.root, type(self.root)
        name, builtin = _name(cls), next(base for base in type.__dict__["__mro__"].__get__(cls) if id(base) in KEPT)
        reference = self.add(("global", "builtins", _name(builtin), ()))
        if cls is not builtin:
            reference = self.add(("class", name, name, "?", (reference,), {}, {"exception": True}))
        kept = [arg for arg in _BASE["args"].__get__(exc) if type(arg) in (str, int)]
        args = tuple(redacted(self.settings, arg) if type(arg) is str else arg for arg in kept)
        why = type.__dict__["__name__"].__get__(type(self.error)) if self.error is not None else "it was incomplete"
        note = f"keeptrace could not record more: {why}"
        facts: dict[str, Any] = {"args": self.add(("plain", args)), "traceback": traceback}
        facts["state"] = {"__notes__": self.add(("plain", [note]))}
        if cls is not builtin:
            facts["text"] = ", ".join(arg for arg in args if type(arg) is str)
        self.add(("exception", reference, facts), exc)


def _name(cls: type) -> str:
    return str.__str__(type.__dict__["__name__"].__get__(cls))


KEPT = frozenset(
    id(cls)
    for name, cls in vars(builtins).items()
    if type(cls) is type and issubclass(cls, BaseException) and name not in NEWER
    if not issubclass(cls, (SyntaxError, UnicodeError))
)
"""The builtin exceptions, by their id, that come back as themselves: those that need no more than their arguments."""


def chain_of(traceback: Any) -> list[types.TracebackType]:
    """Return a chain of tracebacks, outermost first: of a very long one its inner end."""
    found: list[types.TracebackType] = []
    while type(traceback) is types.TracebackType:
        found.append(traceback)
        traceback = traceback.tb_next
    return found[-DEEPEST:]


def outermost_first(innermost: list[Any]) -> list[types.FrameType]:
    """Return these frames and those outside them, each once."""
    found: dict[types.FrameType, None] = {}
    for frame in reversed(innermost):
        outward = frame
        while type(outward) is types.FrameType and outward not in found and len(found) < 2 * DEEPEST:
            found[outward] = None
            outward = outward.f_back
    return list(reversed(found))
