"""Fuzzes the restorer with tables that nobody vouches for: `restore(vetted(table))`.

    python3.11 -m venv fuzzing && fuzzing/bin/pip install atheris
    mkdir corpus; PYTHONPATH=. fuzzing/bin/python tests/fuzz/fuzz_restore.py corpus -max_total_time=3600 -timeout=60

Not part of the test suite: atheris is no dependency of it, and has no wheels for some of the Pythons it runs on. Any
option of libFuzzer may be given. An input is a list of choices: which real table to begin with (tables.py; or none),
which of its records to keep, what to change in them, and which random records to add. What is restored is then shown:
the representation of every object, each traceback formatted, every frame's variables.

A finding is: any error but ValueError while restoring, any error while showing but RecursionError, a control character
in what is shown, an import from outside the standard library, a process started, a file opened for writing, a socket,
or more than findings.SECONDS. They are kept as findings.py says, and each becomes a test in tests/test_restore.py.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import pathlib
import re
import sys
import traceback
import types
from typing import Any

import atheris
import findings
import tables

with atheris.instrument_imports(include=["keeptrace"]):
    from keeptrace import restore as restorer
    from keeptrace import schema
    from keeptrace.vetting import records

LONGEST_SHOWN = 8 * 2**20  # characters of one representation
FORBIDDEN = (
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.kill", "os.remove", "os.rename", "os.mkdir", "os.chmod",
    "subprocess.Popen", "socket.", "ctypes.", "shutil.", "pty.", "marshal.loads", "pickle.find_class", "webbrowser.",
    "signal.", "urllib.", "tempfile.", "pathlib.Path.",
)  # fmt: skip
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ATOMS = [
    None, True, 0, 1, -1, 2, 3, 2**31, 2**63, -(2**63), 2**64, 10**40, 1.5, float("nan"), 1j, "", "a", "x" * 300, b"",
    b"abc", "\x1b[31mred", "a\nb", "\0", "\ud800", "\u202eabc", "self", "args", "__class__", "__init__", "__del__",
    "__repr__", "__builtins__", "__loader__", "__spec__", "os", "os.path", "sys", "system", "builtins", "list", "dict",
    "tuple", "str", "int", "bytes", "float", "bytearray", "set", "frozenset", "complex", "deque", "object", "type",
    "Exception", "ValueError", "BaseExceptionGroup", "ExceptionGroup", "SyntaxError", "UnicodeDecodeError", "OSError",
    "ImportError", "subprocess", "Popen", "tempfile", "_TemporaryFileWrapper", "enum", "Enum", "threading", "Thread",
    "ctypes", "Structure", "http", "HTTPStatus", "HTTPStatus.OK", "modules.os", "__main__", "this", "antigravity",
    "collections", "OrderedDict", "defaultdict", "Counter", "datetime", "timezone", "timedelta", "date", "Decimal",
    "decimal", "1e999999999", "fractions", "Fraction", "re", "compile", "(a+)+$", "uuid", "UUID", "array", "range",
    "slice", "types", "MappingProxyType", "SimpleNamespace", "zoneinfo", "ZoneInfo", "Europe/Paris", "../../etc/passwd",
    "pathlib", "PosixPath", "ipaddress", "IPv4Address", "10.0.0.1", "keys", "values", "items", "pop", "property",
    "staticmethod", "classmethod", "<module>", "<string>", "/dev/zero", "/srv/app.py", "//host/share/a.py", ".next",
    ".cells", ".0", "None", "f", "name", "fields", "address", "member", "content", "cut", "exception", "repr", "doc",
    "frozen", "compare", "hash", "members", "text", "cause", "context", "suppress", "traceback", "state", "message",
    "name_from", "start", "end", "encoding", "reason", "offset", "end_offset", "lineno", "default_factory", "maxlen",
    "__notes__", "_member_map_", "_value_", "_name_", "extend", "append", "add", "update", "__setitem__", "__hash__",
]  # fmt: skip
FACTS = [atom for atom in ATOMS if isinstance(atom, str) and atom.isidentifier()]
ARITY = {kind: len(fields) for kind, (_, fields) in schema.KINDS.items()}
KINDS = [*ARITY, "global", "object", "class", "value", "exception", "tuple", "unknown"]
POSITIONS = [(1, None, None, None), (7, 7, 0, 4), (7, 8, 4, 2), (0, 0, 0, 0), (2**31, None, None, None)]
COUNTS = [(0, 0, 0, 0), (0, 0, 0, 3), (0, 1, 0, 3), (1, 2, 1, 15), (3, 1, 0, 3), (0, 10**6, 0, 3), (0, 0, 0, 4)]
STANDARD = [
    ("builtins", "list"), ("builtins", "dict"), ("builtins", "tuple"), ("builtins", "str"), ("builtins", "int"),
    ("builtins", "frozenset"), ("builtins", "set"), ("builtins", "bytes"), ("builtins", "bytearray"),
    ("builtins", "ValueError"), ("builtins", "ExceptionGroup"), ("builtins", "SyntaxError"), ("os", "system"),
    ("builtins", "ImportError"), ("builtins", "UnicodeEncodeError"), ("builtins", "KeyError"), ("builtins", "OSError"),
    ("builtins", "eval"), ("builtins", "open"), ("collections", "OrderedDict"), ("collections", "defaultdict"),
    ("collections", "Counter"), ("collections", "deque"), ("types", "SimpleNamespace"), ("enum", "Enum"),
    ("threading", "Thread"), ("abc", "ABCMeta"), ("builtins", "type"), ("http", "HTTPStatus.OK"), ("os", "environ"),
    ("subprocess", "CalledProcessError"), ("urllib.error", "HTTPError"), ("os", "path.join"),
    ("builtins", "AttributeError"),
]  # fmt: skip

CLASS_FACTS = [
    ("compare", None), ("compare", ("a", "self")), ("doc", "\x1bdoc"), ("exception", True), ("fields", ("a", "self")),
    ("frozen", True), ("hash", True), ("members", {}), ("repr", "fields"), ("repr", "content"), ("repr", "member"),
    ("repr", "cut"), ("repr", "address"), ("content", "tuple"), ("content", "dict"), ("content", "list"),
]  # fmt: skip

offences: list[str] = []
watching: list[bool] = []


def watch(event: str, arguments: Any) -> None:
    """Note what restoring must never do."""
    if not watching:
        return
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (mode is None and flags & (os.O_WRONLY | os.O_RDWR)):
            offences.append(f"open {path!a} for writing")
    elif event == "import":
        root = str(arguments[0]).partition(".")[0]
        if root not in ALREADY_IMPORTED and root != "keeptrace":
            offences.append(f"import {arguments[0]!a}")
    elif event == "marshal.loads" and sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
        return  # of a standard module
    elif event.startswith(FORBIDDEN):
        offences.append(f"{event} {arguments!a:.200}")
    elif event == "compile" and arguments[1] != "<unknown>" and isinstance(arguments[0], (str, bytes)):
        offences.append(f"compile {arguments[0]!a:.200}")


class Maker:
    """Makes a table of an input's choices."""

    def __init__(self, data: bytes) -> None:
        self.choices = atheris.FuzzedDataProvider(data)
        self.size = 1

    def number(self, most: int) -> int:
        return self.choices.ConsumeIntInRange(0, most)

    def pick(self, items: Any) -> Any:
        return items[self.number(len(items) - 1)]

    def table(self) -> dict[str, Any]:
        base = self.number(2 * len(SEEDS) + 1)
        seed = SEEDS[base] if base < len(SEEDS) else {"records": []}
        records, packed = list(seed["records"]), list(seed.get("packed", ()))
        added = [self.pick(KINDS) for _ in range(self.number(24))]
        self.kinds = [record[0] if record else "packed" for record in records] + added
        self.size = len(self.kinds)
        for _ in range(self.number(6) if records else 0):
            index = self.number(len(records) - 1)
            records[index] = self.changed(records[index], 0)
        records += [self.record(kind) for kind in added]
        if self.number(9) == 0:
            self.share(records)
        sources = {self.pick(ATOMS): self.pick(ATOMS)} if self.number(19) == 0 else {"/srv/app.py": "1\n2\n3\n"}
        packed += [self.packed(records) for _ in range(1 + self.number(2))] if self.number(5) == 0 else []
        for _ in range(self.number(2) if packed else 0):
            index = self.number(len(packed) - 1)
            packed[index] = self.changed(packed[index], 0)
        return {"format": 1, "python": (3, 11, 0), "sources": sources, "records": records, "packed": packed}

    def packed(self, records: list[Any]) -> Any:
        """Return an entry of packed records, nearly always for places at the end, which it adds."""
        count = 1 + self.number(5)
        start = len(records) if self.number(15) else self.number(self.size)
        records += [()] * (count if self.number(15) else self.number(9))
        if self.number(3) == 0:
            return self.methods(records, start, count)
        kind = self.pick(["dict", "list", "object", "plain", "tuple", "shown", "set"])
        content = self.form(count, 0) if self.number(5) else self.forms(count, 3)
        columns: list[Any] = [("same", count, kind), content]
        if kind == "object":
            state = ("dicts", self.pick([(), ("a",)]), []) if self.number(1) else self.form(count, 0)
            columns[1:] = [
                ("same", count, self.to("class", "global")),
                ("same", count, None),
                state,
                self.form(count, 2),
            ]
        entry = (self.pick([start, list(range(start, start + count))]), ("tuples", columns))
        return entry if self.number(15) else self.changed(entry, 0)

    def methods(self, records: list[Any], start: int, count: int) -> Any:
        """Return an entry of packed functions that are attributes of a class, nearly always of a real one."""
        functions, classes = (
            [index for index, record in enumerate(records) if type(record) is tuple and record[:1] == (kind,)]
            for kind in ("function", "class")
        )
        facts = records[self.pick(functions)] if functions and self.number(9) else self.record("function")
        columns: list[Any] = [("same", count, fact) for fact in facts]
        columns[1] = "\0".join(self.name() for _ in range(count)) if self.number(15) else self.form(count, 2)
        entry = (
            start,
            ("tuples", columns),
            self.pick(classes) if classes and self.number(15) else self.number(self.size),
        )
        return entry if self.number(15) else self.changed(entry, 0)

    def form(self, count: int, depth: int) -> Any:
        """Return a form that stands for some values."""
        choice = self.number(9 if depth < 3 else 5)
        if choice == 0:
            return "\0".join(self.pick(["a", "\x1b", ""]) for _ in range(count))
        if choice == 1:
            return self.choices.ConsumeBytes(8 * count)
        if choice == 2:
            first = self.number(self.size)
            return "references", first, first + count
        if choice == 3:
            return "same", count, self.value(4)
        if choice == 4:
            return [self.value(4) for _ in range(count)]
        if choice == 5:
            code, size = self.pick([("B", 1), ("H", 2), ("i", 4), ("q", 8), ("?", 1)])
            integers = "integers", code, self.choices.ConsumeBytes(size * count)
            return integers if self.number(1) else ("at", integers)
        return (
            self.forms(count, choice - 1) if choice < 9 else ("tuples", [self.form(count, depth + 1) for _ in range(3)])
        )

    def forms(self, count: int, choice: int) -> Any:
        lengths = [self.number(3) for _ in range(count)]
        if choice == 5:
            names = tuple(self.name() for _ in range(1 + self.number(3)))
            return "dicts", names, [self.form(count, 2) for _ in names]
        if choice == 6:
            return "items", lengths, self.form(sum(lengths), 3), self.form(sum(lengths), 2)
        return self.pick(["lists", "rows"]), lengths, self.form(sum(lengths), 2)

    def to(self, *kinds: str) -> Any:
        """Return a reference, nearly always to a record of these kinds."""
        fitting = [index for index, kind in enumerate(self.kinds) if kind in kinds]
        return (self.pick(fitting),) if fitting and self.number(30) else self.reference()

    def share(self, records: list[Any]) -> None:
        """Add containers that hold each other several times."""
        kind = self.pick(["list", "tuple", "dict", "set", "frozenset", "object"])
        times, before = 2 + self.number(30), len(records)
        for index in range(before, before + 5 + self.number(90)):
            last = [(index - 1 - self.number(1),)] * times if index > before + 1 else ["a"] * 3
            held: Any = dict(enumerate(last)) if kind == "dict" else last
            records.append(
                (kind, held) if kind != "object" else (kind, (self.number(self.size),), None, {"a": last[0]}, None)
            )
        self.size = len(records)

    def changed(self, value: Any, depth: int) -> Any:
        """Return a part of a record with one thing in it changed."""
        kind = type(value)
        if depth < 5 and kind in (tuple, list) and value and self.number(9) and not (len(value) == 1 and kind is tuple):
            at = self.number(len(value) - 1)
            if self.number(19) == 0:
                return kind([*value[:at], *value[at + self.number(1) :], self.value(depth)])
            return kind([*value[:at], self.changed(value[at], depth + 1), *value[at + 1 :]])
        if depth < 5 and kind is dict and value and self.number(9):
            key = self.pick(list(value))
            other = {**value, key: self.changed(value[key], depth + 1)}
            if self.number(5) == 0:
                other[self.pick(FACTS)] = other.pop(key)
            return other
        return self.value(depth)

    def reference(self) -> Any:
        return (
            (self.number(max(self.size - 1, 0)),)
            if self.number(60)
            else (self.pick([-1, self.size, "0", None, True, 2**70]),)
        )

    def value(self, depth: int = 0) -> Any:
        choice = self.number(9)
        if choice < 5:
            return self.reference()
        if choice < 8 or depth > 3:
            return self.pick(ATOMS)
        if choice == 8:
            return self.pick([self.values(), tuple(self.values()), self.pick(POSITIONS), self.pick(COUNTS)])
        return self.mapping()

    def values(self) -> list[Any]:
        return [self.value(4) for _ in range(self.number(4))]

    def mapping(self) -> Any:
        if self.number(5) == 0:
            return [(self.value(4), self.value(4)) for _ in range(self.number(3))]
        return {self.pick(FACTS): self.value(4) for _ in range(self.number(4))}

    def record(self, kind: str) -> Any:
        make = getattr(self, f"make_{kind}", None)
        if make is not None and self.number(15):
            return (kind, *make())
        return (kind, *(self.value() for _ in range(ARITY.get(kind, 2))))

    def name(self) -> str:
        return self.pick(FACTS)

    def make_global(self) -> Any:
        if self.number(3) == 0:
            return self.name(), self.name(), ()
        return (*self.pick(STANDARD), tuple(self.to("global", "class") for _ in range(self.number(1))))

    def make_class(self) -> Any:
        bases = tuple(self.to("class", "global") for _ in range(self.number(2)))
        facts = dict(self.pick(CLASS_FACTS) for _ in range(self.number(3)))
        return self.name(), self.name(), self.name(), bases, self.mapping(), facts

    def make_object(self) -> Any:
        content = self.pick([None, "text", b"x", 5, 1.5, self.values(), self.mapping()])
        state = {self.pick(FACTS): self.value(4) for _ in range(self.number(4))}
        return self.to("class", "global"), content, state, self.pick([None, None, 1, "<shown>", "\x1b[0m"])

    def make_exception(self) -> Any:
        facts: dict[str, Any] = {"args": self.to("tuple", "plain"), "text": self.pick(["", "text", "a\x1bb"])}
        for _ in range(self.number(4)):
            key = self.pick(["cause", "context", "traceback", "suppress", "message", "members", "state"])
            facts[key] = self.exception_fact(key)
        if self.number(3) == 0:
            facts["fields"] = {self.pick(list(records.FIELDS)): self.value(4) for _ in range(self.number(5))}
        return self.to("global", "class"), facts

    def exception_fact(self, key: str) -> Any:
        if key == "members":
            return [self.to("exception") for _ in range(1 + self.number(3))]
        if key == "state":
            return {self.pick(FACTS): self.value(4) for _ in range(self.number(3))}
        plain = {"suppress": [True, False], "message": ["two", "\x1b[0m"]}
        return self.pick(plain[key]) if key in plain else self.to("traceback" if key == "traceback" else "exception")

    def make_code(self) -> Any:
        names = tuple(dict.fromkeys(self.name() for _ in range(self.number(6))))
        filename = self.pick(["/srv/app.py", "/dev/zero", "<string>"])
        return self.name(), self.name(), filename, self.number(9), self.pick(COUNTS), names, None

    def make_frame(self) -> Any:
        variables = self.pick([None, {}, {"self": self.value(4)}, self.to("dict")])
        outer = self.pick([None, self.to("frame")])
        return self.to("code"), self.to("globals"), outer, self.pick(POSITIONS), variables

    def make_traceback(self) -> Any:
        return self.to("frame"), self.pick([None, self.to("traceback")]), self.pick(POSITIONS)

    def make_method(self) -> Any:
        return self.to("function", "global"), self.value(4)

    def make_view(self) -> Any:
        return self.pick(["keys", "values", "items", "pop"]), self.to("dict", "plain")

    def make_descriptor(self) -> Any:
        return self.pick(["property", "staticmethod", "classmethod"]), self.to("function", "object")

    def make_function(self) -> Any:
        code = ("f", self.pick(["/srv/app.py", "/dev/tty"]), 1, self.pick(COUNTS), tuple(self.name() for _ in range(3)))
        state = {self.name(): self.value(4) for _ in range(self.number(2))}
        return (
            self.name(),
            self.name(),
            self.name(),
            code,
            self.to("globals"),
            None,
            {},
            tuple(self.values()),
            {},
            state,
        )

    def make_plain(self) -> Any:
        return (self.pick([["a"] * 5, ("b",), {"c": 1}, [10**5000], []]),)

    def make_shown(self) -> Any:
        return self.name(), self.name(), self.name(), self.pick(["<x>", "\x1b]0;title\x07", "y" * 5000])

    def make_module(self) -> Any:
        return self.pick(["os", "this", "tests", "json.tool", "a\x1b"]), self.pick(
            [None, {"__file__": "x"}, self.to("globals")]
        )

    def make_marker(self) -> Any:
        return (self.pick(["x", "\x9b31m"]),)

    def make_value(self) -> Any:
        module = self.pick(list(restorer.CONSTRUCTORS))
        arguments = tuple(self.value(4) for _ in range(self.number(3)))
        return module, self.pick(restorer.CONSTRUCTORS[module]), arguments, self.pick(["shown", "\x1bx"])

    def make_tuple(self) -> Any:
        return (tuple(self.values()),)

    make_list = make_set = make_frozenset = lambda self: (self.values(),)
    make_dict = make_globals = lambda self: (self.mapping(),)


def show(found: Any) -> None:
    """Show one restored object in every way that debuggers do."""
    texts: list[str] = []
    try:
        texts.append(repr(found))
    except RecursionError:
        pass
    except ValueError as error:
        if "integer string conversion" not in str(error):  # a number that Python refuses to print
            raise
    if isinstance(found, (BaseException, types.FrameType, types.TracebackType)):
        with contextlib.suppress(RecursionError):
            texts += formatted(found)
    if isinstance(found, types.FrameType):
        assert isinstance(found.f_locals, dict)
        assert found.f_lineno is not None
    for text in texts:
        assert len(text) <= LONGEST_SHOWN, f"{len(text)} characters"
        control = CONTROL.search(text)
        assert control is None, ascii(text[max(control.start() - 100, 0) : control.end() + 20])


def formatted(found: Any) -> list[str]:
    if isinstance(found, BaseException):
        return traceback.format_exception(found)
    is_frame = isinstance(found, types.FrameType)
    return traceback.format_stack(found) if is_frame else traceback.format_tb(found)


def attack(data: bytes) -> bool:
    """Restore a table and show it; return whether it was accepted."""
    linecache.clearcache()
    offences.clear()
    table = Maker(data).table()
    watching.append(True)
    try:
        return restored_and_shown(table)
    finally:
        watching.clear()
        assert not offences, offences[0]


def restored_and_shown(table: dict[str, Any]) -> bool:
    try:
        objects = restorer.restore(records.vetted(table))
    except ValueError as error:
        if not str(error).startswith("cannot restore "):
            raise
        return False
    for found in objects:
        show(found)
    objects.clear()
    return True


if __name__ == "__main__":
    small = [table for table in tables.recorded(pathlib.Path.cwd()) if len(table["records"]) < 2000]
    SEEDS = [*small, *({"records": restorer.with_packed(table)} for table in small)]
    for module in restorer.CONSTRUCTORS:  # else what importing them does is noted
        __import__(module)
    ALREADY_IMPORTED = {name.partition(".")[0] for name in sys.modules} | {"unicodedata", "dis", "inspect", "ast"}
    sys.addaudithook(watch)
    findings.run(attack)
