"""A loaded crash as plain data to be drawn: exceptions in the order they are printed in, frames, source, variables.

It knows nothing of how it is drawn. Every text in it is clean: no control characters, whatever the dump says.
"""

from __future__ import annotations

import dataclasses
import itertools
import linecache
import os
import re
import sys
import traceback
import types
from typing import TYPE_CHECKING, Any

from keeptrace.record.raw import is_typed
from keeptrace.reducers import links
from keeptrace.restore import attempt, pieces
from keeptrace.tools.errors import ToolError
from keeptrace.vetting.text import clean_name, clean_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from keeptrace.files.header import Header

ALIKE = 3  # calls in a row of one function at one line that are shown: the outermost ones and the innermost
MOST_ATTRIBUTES = 20  # of an object that are shown
CAUSE, CONTEXT = "cause", "context"
OF_SHELL = re.compile(r"In|Out|exit|quit|get_ipython|_exit_code|_+|_(?:i+|ih|oh|dh)|_i?\d+")  # see variables_of
STACK = "stack"  # the name of one that no thread gives a name
LINES_ONLY = sys.version_info < (3, 11)
Position = tuple[int, "int | None", "int | None", "int | None"]


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable of a frame: its name, the beginning of its representation, and the attributes of an object."""

    name: str
    text: str
    attributes: tuple[Variable, ...] = ()


@dataclasses.dataclass(frozen=True)
class SourceLine:
    """A line of source; mark is the part that was running, in characters, None where it was not."""

    number: int
    text: str
    is_current: bool
    mark: tuple[int, int] | None


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame of a stack; left_out counts the frames between it and the next one shown, for which why says why."""

    filename: str
    line: int
    name: str
    source: tuple[SourceLine, ...]
    variables: tuple[Variable, ...]
    left_out: int = 0
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Raised:
    """An exception.

    number: its place in the printed order.
    level: how deep it is in groups; member: which of its group it is, as in "1.2".
    relation: to the exception printed before it, of the same level: "cause" or "context", which that one was, or "".
    text: its last lines, as Python prints them, without notes.
    """

    number: int
    level: int
    member: str
    relation: str
    type: str
    text: str
    notes: tuple[str, ...]
    frames: tuple[Frame, ...]


@dataclasses.dataclass(frozen=True)
class Thread:
    """The stack of another thread, or one that no exception went with."""

    name: str
    frames: tuple[Frame, ...]

    @property
    def title(self) -> str:
        """Return what stands above it; a stack that has no thread's name has a number where there are several."""
        return self.name.capitalize() if self.name.rstrip(" 0123456789") == STACK else f"Thread {self.name!r}"


@dataclasses.dataclass(frozen=True)
class View:
    """All there is to be shown of a dump."""

    name: str
    header: Header | None
    exceptions: tuple[Raised, ...]
    threads: tuple[Thread, ...]

    @property
    def crash(self) -> Raised | None:
        """What the program died of: of what is printed the last that is in no group."""
        return next((exception for exception in reversed(self.exceptions) if exception.level == 0), None)


@dataclasses.dataclass(frozen=True)
class Detail:
    """How much is shown: lines of source around each line, frames of each stack, characters of a value (0: all)."""

    context: int = 2
    frames: int = 50
    length: int = 500
    locals: bool = True

    @classmethod
    def wanted(cls, options: argparse.Namespace) -> Detail:
        return cls(options.context, options.frames, options.length, not options.no_locals)


def view_of(loaded: Any, name: str, header: Header | None, detail: Detail) -> View:
    """Return what is to be shown of what keeptrace.load() returned."""
    crash = Crash.of(loaded, name, header)
    exceptions = tuple(raised(link, number, detail) for number, link in enumerate(crash.links(), 1))
    threads = tuple(Thread(clean_name(name), stack(tb, detail)) for name, tb in crash.stacks.items())
    return View(clean_name(name), header, exceptions, threads)


# ---------------------------------------------------------------------------------------------------------------------
# What was dumped
# ---------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Link:
    """An exception where it stands in the printed order; see Raised."""

    exception: BaseException
    level: int = 0
    member: str = ""
    relation: str = ""


@dataclasses.dataclass(frozen=True)
class Crash:
    """What a dump holds: exceptions, of which the first is what the program died of, and stacks by their names."""

    exceptions: list[BaseException]
    stacks: dict[str, types.TracebackType]

    @classmethod
    def of(cls, loaded: Any, name: str, header: Header | None = None) -> Crash:
        """Find the crash in what was loaded: what dump() writes, or several of these in a list, tuple, set or dict.

        header: names the thread of a stack that stands before those of other threads.
        """
        found = cls([], {})
        first = header.thread if header is not None and header.threads > 1 else ""
        waiting, seen = [(first, loaded)], set()
        while waiting:
            label, item = waiting.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, BaseException):
                found.exceptions.append(item)
            elif isinstance(item, types.TracebackType):
                found.add_stack(label, item)
            elif isinstance(item, types.FrameType):
                found.add_stack(label, types.TracebackType(None, item, item.f_lasti, item.f_lineno))
            elif type(item) in (list, tuple, set, frozenset, dict):
                waiting.extend(reversed(list(items_of(item, label))))
        if not found.exceptions and not found.stacks:
            raise ToolError(f"cannot show {name!r}: there is no exception, traceback or frame in it")
        return found

    def add_stack(self, label: str, tb: types.TracebackType) -> None:
        """Add a stack, but an exception's own, which sys.exc_info() has once more."""
        if not any(tb is links(exception)[0] for exception in self.exceptions):
            number = len(self.stacks) + 1
            self.stacks[label or (STACK if number == 1 else f"{STACK} {number}")] = tb

    def links(self) -> list[Link]:
        """Return all exceptions in the order they are printed in."""
        return list(itertools.chain.from_iterable(map(printed, self.exceptions)))


def items_of(container: Any, label: str) -> Iterator[tuple[str, Any]]:
    """Yield what is in a container, with the name it has there."""
    if type(container) is dict:
        yield from ((key if type(key) is str and key != "crash" else label, value) for key, value in container.items())
    else:
        yield from ((label, value) for value in container)


def printed(exception: BaseException) -> Iterator[Link]:
    """Yield the exceptions of a chain as Python prints them: what came first, first; after a group its members."""
    waiting: list[tuple[bool, Link]] = [(True, Link(exception))]
    seen: set[int] = set()
    while waiting:
        is_last, link = waiting.pop()
        if is_last:
            waiting.extend((False, earlier) for earlier in chain(link, seen))
            continue
        yield link
        members = members_of(link.exception)
        labels = [f"{link.member}.{number}".lstrip(".") for number in range(1, len(members) + 1)]
        pairs = zip(members, labels, strict=True)
        waiting.extend(reversed([(True, Link(found, link.level + 1, label)) for found, label in pairs]))


def chain(last: Link, seen: set[int]) -> Iterator[Link]:
    """Yield an exception and those it is chained to, the last first; each once."""
    exception: BaseException | None = last.exception
    while exception is not None and id(exception) not in seen:
        seen.add(id(exception))
        _, earlier, context = links(exception)
        relation = CAUSE
        if earlier is None:
            earlier, relation = (None if is_suppressed(exception) else context), CONTEXT
        is_first = earlier is None or id(earlier) in seen
        yield Link(exception, last.level, last.member, "" if is_first else relation)
        exception = earlier


def is_suppressed(exception: BaseException) -> bool:
    """Tell whether an exception was raised `from None`, whatever its class makes of this name."""
    return bool(vars(BaseException)["__suppress_context__"].__get__(exception))


def members_of(exception: BaseException) -> list[BaseException]:
    """Return the members of a group, or on Python 3.10 of what stands for one."""
    is_group = any(cls.__name__ == "BaseExceptionGroup" for cls in type(exception).__mro__)
    found = getattr(exception, "exceptions", ()) if is_group else ()
    return [member for member in found if isinstance(member, BaseException)] if type(found) is tuple else []


# ---------------------------------------------------------------------------------------------------------------------
# Exceptions and frames
# ---------------------------------------------------------------------------------------------------------------------


def raised(link: Link, number: int, detail: Detail) -> Raised:
    exception = link.exception
    cls = type(exception)
    notes = getattr(exception, "__notes__", ())
    texts = tuple(clean_text(note if type(note) is str else shown(note, 0)) for note in listed(notes))
    module = "" if cls.__module__ in ("builtins", "__main__") else f"{cls.__module__}."
    name = clean_name(f"{module}{cls.__qualname__}")
    frames = stack(links(exception)[0], detail)
    return Raised(number, link.level, link.member, link.relation, name, last_lines(exception), texts, frames)


def listed(notes: Any) -> list[Any]:
    return list(notes) if isinstance(notes, (list, tuple)) else [notes]


def last_lines(exception: BaseException) -> str:
    """Return what Python prints below the frames, without notes, which it prints from 3.11 on."""
    printer: Any = traceback.TracebackException(type(exception), exception, None, compact=True)
    printer.__notes__ = None
    return clean_text("".join(printer.format_exception_only())).rstrip("\n")


def stack(tb: types.TracebackType | None, detail: Detail) -> tuple[Frame, ...]:
    """Return the frames of a traceback: those that repeat, and the middle of a long one, are counted only."""
    entries = entries_of(tb)
    kept = [(found, left, "more calls like this") for found, left in once(entries)]
    if 0 < detail.frames < len(kept):
        outer = detail.frames // 5
        left = sum(1 + more for _, more, _ in kept[outer : len(kept) - detail.frames + outer])
        inner = kept[len(kept) - detail.frames + outer :]
        start = [(entries[0], -1, "")] if not outer else kept[:outer]
        kept = [*start[:-1], (start[-1][0], start[-1][1] + left, "frames, --frames 0 shows all"), *inner]
    return tuple(frame(found, left, why if left else "", detail) for found, left, why in kept)


def entries_of(tb: types.TracebackType | None) -> list[types.TracebackType]:
    """Return a traceback and all that follow it, outermost first."""
    found = []
    while tb is not None:
        found.append(tb)
        tb = tb.tb_next
    return found


def once(entries: list[types.TracebackType]) -> Iterator[tuple[types.TracebackType, int]]:
    """Yield a stack's entries, of many alike in a row only the first few; with how many are left out after each."""
    for _, group in itertools.groupby(entries, lambda tb: (tb.tb_frame.f_code, tb.tb_lineno)):
        alike = list(group)
        outer, inner = (alike, []) if len(alike) <= ALIKE else (alike[: ALIKE - 1], alike[-1:])
        for found in outer:
            yield found, len(alike) - ALIKE if inner and found is outer[-1] else 0
        yield from ((found, 0) for found in inner)


def frame(tb: types.TracebackType, left: int, why: str, detail: Detail) -> Frame:
    found = tb.tb_frame
    code = found.f_code
    name = getattr(code, "co_qualname", code.co_name)
    variables = variables_of(found, detail.length) if detail.locals else ()
    lines = source(code.co_filename, position(tb), detail.context)
    return Frame(clean_name(code.co_filename), tb.tb_lineno or 0, clean_name(name), lines, variables, left, why)


def variables_of(found: types.FrameType, length: int) -> tuple[Variable, ...]:
    """Return the variables of a frame; of a module's those that are data, not what it imports and defines.

    Not those that pytest adds to a function for the parts of an assertion, whose names begin with @; nor those in which
    IPython keeps what was typed and shown.
    """
    names = {name: value for name, value in dict(found.f_locals).items() if str(name)[:1] != "@"}
    if found.f_code.co_name == "<module>":
        names = {name: value for name, value in names.items() if not is_definition(name, value)}
    if is_typed(found.f_code.co_filename):
        names = {name: value for name, value in names.items() if not OF_SHELL.fullmatch(str(name))}
    return tuple(variable(name, value, length, attributes_of(value)) for name, value in names.items())


def variable(name: Any, value: Any, length: int, attributes: dict[Any, Any]) -> Variable:
    inner = itertools.islice(attributes.items(), MOST_ATTRIBUTES)
    return Variable(clean_name(str(name)), shown(value, length), tuple(variable(*each, length, {}) for each in inner))


def attributes_of(value: Any) -> dict[Any, Any]:
    """Return what an object's representation may not tell: its own attributes, which no code computes."""
    if isinstance(value, (type, types.ModuleType, types.FunctionType, BaseException)):
        return {}
    found = attempt(object.__getattribute__, value, "__dict__")[1]
    return found if type(found) is dict else {}


def is_definition(name: Any, value: Any) -> bool:
    kinds = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
    return str(name)[:2] == "__" or isinstance(value, kinds)


def shown(value: Any, length: int) -> str:
    """Return the beginning of a value's representation, in one line; what is not shown is not made either."""
    text = ""
    for piece in pieces(value, 0):
        text += piece
        if 0 < length < len(text):
            text = f"{text[:length]}..."
            break
    return clean_text(text).replace("\n", "\\n").replace("\t", "\\t")


# ---------------------------------------------------------------------------------------------------------------------
# Source
# ---------------------------------------------------------------------------------------------------------------------


def position(tb: types.TracebackType) -> Position:
    """Return where a traceback points: line, last line, and columns in bytes of UTF-8 (None before Python 3.11)."""
    nowhere: Position = (tb.tb_lineno or 0, None, None, None)
    if LINES_ONLY or tb.tb_lasti < 0:
        return nowhere
    code: Any = tb.tb_frame.f_code
    found = next(itertools.islice(code.co_positions(), tb.tb_lasti // 2, None), None)
    return nowhere if found is None or found[0] != tb.tb_lineno else (tb.tb_lineno, *found[1:])


def source(filename: str, place: Position, context: int) -> tuple[SourceLine, ...]:
    """Return the lines around a place."""
    lines = text_of(filename)
    first, last = place[0], max(place[1] or place[0], place[0])
    last = min(last, first + 2 * context)  # of a long statement the beginning
    numbers = range(max(first - context, 1), min(last + context, len(lines)) + 1)
    while numbers and not lines[numbers[-1] - 1].strip() and numbers[-1] > last:
        numbers = numbers[:-1]
    return tuple(source_line(number, lines[number - 1], place) for number in numbers)


def text_of(filename: str) -> list[str]:
    """Return a file's lines: the dump's, else those of this machine; a dump may name files that are no source."""
    if filename in linecache.cache or filename.endswith((".py", ".pyw")):
        return linecache.getlines(filename)
    return linecache.getlines(os.path.abspath(filename)) if os.path.abspath(filename) in linecache.cache else []


def source_line(number: int, line: str, place: Position) -> SourceLine:
    line = line.rstrip("\r\n")
    first, last, start, end = place
    mark = None
    if start is not None and end is not None and first <= number <= (last or first):
        begins = characters(line, start) if number == first else len(line) - len(line.lstrip())
        ends = characters(line, end) if number == last else len(line.rstrip())
        mark = (spread(line, begins), spread(line, ends))
    return SourceLine(number, clean_text(line.expandtabs()), number == first, mark)


def characters(line: str, column: int) -> int:
    """Return how many characters so many bytes of UTF-8 are."""
    return len(line.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))


def spread(line: str, at: int) -> int:
    """Return where a character stands once tabs are blanks."""
    return len(line[:at].expandtabs())
