"""Makes the table, which `restore` opens, of exceptions that were found in a log."""

from __future__ import annotations

import builtins
import re
import sys
from typing import Any

from keeptrace.logtext.names import exception_class, split_name
from keeptrace.logtext.printed import NOT_IN_LOG, Entry, Printed, complete
from keeptrace.logtext.source import Sources, characters_before

DEEPEST_MODULE = 300  # frames; a module's code that is nested deeper than exec can go is shown as a function's
MOST_MEMBERS = 1_000  # of one exception group
CARETS = re.compile(r"(?P<start>\s*)(?P<marks>[~^]+)\s*")
COUNTED = re.compile(r"(?P<message>.*) \((?P<count>\d{1,9}) sub-exceptions?\)", re.DOTALL)
KEY = re.compile(r"'(?P<text>[^'\\]*)'|(?P<number>0|-?[1-9]\d{0,17})")
GROUPS = {"ExceptionGroup": "Exception", "BaseExceptionGroup": "BaseException"}


Reference = tuple[int]


def make_table(last: Printed) -> tuple[dict[str, Any], int]:
    """Return the table of a chain's last exception and all that belongs to it, and that exception's index."""
    maker = TableMaker(all_printed(last))
    maker.add_exceptions()
    table = {"format": 1, "python": sys.version_info[:3], "sources": {}, "records": maker.records}
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
        for depth, entry in enumerate(entries):
            is_module = entry.name == "<module>" and depth < DEEPEST_MODULE
            code, namespace = self.add_code(entry, is_module), self.add_globals(entry)
            position = self.sources.position(entry)
            outer = self.add("frame", code, namespace, outer, position, None if is_module else {})
            frames.append((outer, position))
        inner: Reference | None = None
        for frame, position in reversed(frames):
            inner = self.add("traceback", frame, inner, position)
        return inner

    def add_code(self, entry: Entry, is_module: bool) -> Reference:
        """Return a reference to the code of a frame: a module's, or a function's whose parameters are not known."""
        flags, first_line = (0, 1) if is_module else (3, entry.line)
        filename = self.sources.names[entry.filename]
        return self.share("code", entry.name, entry.name, filename, first_line, (0, 0, 0, flags), (), None)

    def add_globals(self, entry: Entry) -> Reference:
        file = {} if entry.filename.startswith("<") else {"__file__": entry.filename}
        return self.share("globals", {"__name__": module_name(entry.filename), **file})


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
    text = entry.below[0] if entry.below else None
    carets = CARETS.fullmatch(entry.below[1]) if len(entry.below) > 1 else None
    start, end = (carets.end("start"), carets.end("marks")) if carets else (None, None)
    if text and start is not None and end is not None:
        start, end = syntax_offset(text, start), syntax_offset(text, end)
    return {
        "filename": entry.filename,
        "lineno": entry.line,
        "offset": start,
        "text": text and f"{text}\n",
        "end_lineno": entry.line if carets else None,
        "end_offset": end,
    }


def syntax_offset(text: str, column: int) -> int:
    """Return the offset that puts a SyntaxError's caret there: Python minds wide characters since 3.15."""
    return 1 + (characters_before(text, column) if sys.version_info >= (3, 15) else column)


def module_name(filename: str) -> str:
    """Guess the name of the module in a file, which the text does not tell."""
    if filename.startswith("<"):
        return "__main__"
    parts = re.split(r"[\\/]", filename.removesuffix(".py"))
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
