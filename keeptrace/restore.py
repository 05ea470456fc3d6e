"""Turns a table back into a crash: a real exception with real tracebacks, frames and code objects.

The text of this module travels inside every pickle, without comments, docstrings and annotations. It therefore imports
the standard library only, nothing of the package, and is valid Python 3.8. It records nothing and reads no file.

A table holds plain data only: `{"format": 1, "python": (3, 11, 7), "sources": {filename: text}, "paths": {filename:
absolute path}, "bare": [filename, ...], "blobs": {index: bytes}, "records": [record, ...]}`. "paths" has the files
whose names are relative, "bare" the sources whose lines have no ends in linecache. A record is a tuple that starts with
its kind. A value inside a record is a plain atom (None, bool, int, float, complex, str, bytes) or a reference to a
record, the 1-tuple `(index,)`.

Records that are alike are packed: the table's "packed" lists `(places, form)`, the places a list or the first of some
that follow one another; the records hold the empty tuple there. A form stands for several values: a list for those in
it, a text for texts that null characters join, bytes for addresses, eight bytes each, the lowest first; or a tuple:
`("same", count, value)`, `("integers", code, bytes)` (of the module struct, the lowest byte first), `("references",
first, after)`, `("at", form of the references' indexes)`, `("tuples", [form of the first items, ...])`, `("dicts",
names, [form of the first name's values, ...])`, and with the lengths of all of them `("lists", lengths, form of all
items)`, `("rows", ...)` (tuples), `("items", lengths, form of all keys, form of all values)` (dicts). A third item is
the place of a class: the records are functions, attributes of the class by their names.

Frames come first (nothing else is needed to make them), then everything else as empty shells, then the contents:
so values may refer to each other, and to the frames, in any cycle. Nothing here recurses over the table.
"""

from __future__ import annotations

import _ast as ast
import _thread
import builtins
import collections
import functools
import gc
import itertools
import linecache
import marshal
import operator
import os
import pickle
import struct
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1
LINES_ONLY = sys.version_info < (3, 11)
OPTIMIZED, VARARGS, VARKEYWORDS = 1, 4, 8
PATIENCE = 1  # seconds between two looks at whether a thread still runs
MOST_BODIES = 100  # of exec'd code in each other, a class's say; Python allows little more, the rest lack their globals
UNBOUND = frozenset(["None", "True", "False", "__debug__"])
NEVER_IMPORTED = frozenset(["antigravity", "idlelib", "test", "this", "turtledemo"])
OF_EXCEPTIONS = frozenset(["add_note", "args", "with_traceback"])  # what tracebacks, except* and raise read or call
OF_SYNTAX_ERRORS = frozenset(
    ["end_lineno", "end_offset", "filename", "lineno", "msg", "offset", "print_file_and_line", "text"]
)  # what tracebacks read of each
OF_GROUPS = frozenset(["derive", "exceptions", "message", "split", "subgroup"])
CONSTRUCTORS = {
    "array": ["array"],
    "builtins": ["bytearray", "range", "slice"],
    "datetime": ["date", "datetime", "time", "timedelta", "timezone"],
    "decimal": ["Decimal"],
    "fractions": ["Fraction"],
    "ipaddress": ["IPv4Address", "IPv4Interface", "IPv4Network", "IPv6Address", "IPv6Interface", "IPv6Network"],
    "pathlib": ["PosixPath", "PurePosixPath", "PureWindowsPath", "WindowsPath"],
    "re": ["compile"],
    "types": ["MappingProxyType"],
    "uuid": ["UUID"],
    "zoneinfo": ["ZoneInfo"],
}


class NotRecorded(AttributeError):
    """What a mock was asked to do, or to compute, is not in the dump."""

    __module__ = "keeptrace"


def restore(table: dict[str, Any]) -> list[Any]:
    """Return the restored objects, one for each record of the table, in the same order.

    A table from elsewhere is checked before by the installed package (vetting/): then it cannot make anything run.

    Raises ValueError where the table is not one, or of a format newer than this restorer; the message says where.
    """
    check_format(table)
    collecting = gc.isenabled()
    gc.disable()  # all that is made here stays: nothing is gained by looking through it again and again
    try:
        table = {**table, "records": with_packed(table)}
        register_sources(table["sources"], table.get("paths", {}), table.get("bare", ()))
        restoration = Restoration(table)
        objects = restoration.run()
        return Restoration(table).run() if restoration.again else objects
    finally:
        if collecting:
            gc.enable()


def check_format(table: Any) -> None:
    number = table.get("format") if type(table) is dict else None
    if type(number) is not int or number < 1:
        raise ValueError("cannot restore a crash of table format %.100r: this is no table of keeptrace's" % (number,))
    if number > FORMAT:
        raise ValueError(
            "cannot restore a crash of table format %d: this restorer knows formats up to %d; "
            "load it with a newer keeptrace" % (number, FORMAT)
        )


# ---------------------------------------------------------------------------------------------------------------------
# Source: shown by every tool that asks linecache
# ---------------------------------------------------------------------------------------------------------------------


def register_sources(sources: dict[str, str], paths: dict[str, str], bare: Any) -> None:
    """Give linecache each text, under the recorded name and under the names pdb and inspect make from it.

    Where that name is relative, so are they: to the folder of now. Its entry has the path that the file had.
    """
    for filename, text in sources.items():
        end = "" if filename in bare else "\n"
        lines = [line + end for line in text.split("\n")]
        if text.endswith("\n") or not text:
            lines.pop()
        path = paths.get(filename, filename)
        for name in {*source_names(filename), *source_names(path)}:
            linecache.cache[name] = (len(text), None, lines, path if name == filename else name)


def source_names(filename: str) -> list[str]:
    if filename.startswith("<") and filename.endswith(">"):
        return [filename]
    in_folder, path = attempt(os.path.abspath, filename)
    if not in_folder:  # the current folder is gone
        return [filename]
    names = {filename, path, os.path.normcase(path)}
    is_path, real = attempt(os.path.realpath, path)
    if is_path:
        names.add(real)
    if filename[1:2] == ":" or filename.startswith("\\\\"):  # as Windows has them, where pdb looks for it
        names.add(filename.replace("/", "\\").lower())
    return sorted(names)


# ---------------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------------


class Restoration:
    """One table being restored: its records, and the object made for each so far."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.records: list[Any] = table["records"]
        self.blobs: dict[int, bytes] = table.get("blobs", {})
        self.objects: list[Any] = [None] * len(self.records)
        self.made = bytearray(len(self.records))
        self.unfilled: list[int] = []
        self.modules: dict[int, types.ModuleType] = {}
        self.reprs: dict[int, str | int] = {}
        self.plain: dict[Any, Any] = {}
        self.shown_types: dict[tuple[str, str], Any] = {}
        self.again = False
        self.to_show = 1000000 + 10 * len(self.records)
        self.codes: dict[int, Code] = {}
        self.cells: dict[int, Any] = {}

    def run(self) -> list[Any]:
        make_frames(self)
        for index, blob in self.blobs.items():
            opened, value = attempt(pickle.loads, blob)
            if opened and not self.made[index]:
                self.objects[index], self.made[index] = value, True
        named = self.make_all()
        while not attempt(self.fill_named, named)[0]:
            continue  # with the next: what fails is left as far as it came
        for phase in (FILL, FILL_LAST):
            for index in self.unfilled:
                kind, *facts = self.records[index]
                if kind in phase:
                    self.located(phase[kind], index, self, index, *facts)
        return self.objects

    def make_all(self) -> Any:
        """Make all objects; return those that only hold values by name, with these, for fill_named().

        There may be very many of them: no function is called for each.
        """
        objects, made, named = self.objects, self.made, []
        for index, record in enumerate(self.records):
            kind = record[0]
            if made[index]:
                continue
            if kind == "object" and record[1] in self.plain and type(record[3]) is dict:
                mock = objects[index] = object.__new__(self.plain[record[1]])
                self.reprs[id(mock)] = record[4]
                named.append((mock.__dict__, record[3]))
            elif kind == "dict" and type(record[1]) is dict:
                objects[index] = {}
                named.append((objects[index], record[1]))
            else:
                (self.make_with_needs if kind in NEEDS else self.make)(index)
            made[index] = True
        return iter(named)

    def fill_named(self, named: Any) -> None:
        objects = self.objects
        for mapping, entries in named:
            for name, value in entries.items():
                mapping[name] = objects[value[0]] if type(value) is tuple else value

    def located(self, function: Any, index: int, *arguments: Any) -> Any:
        """Call what makes or fills an object; where that fails, a marker says so: without the stack, an error."""
        try:
            return function(*arguments)
        except Exception as error:
            kind = self.records[index][0]
            which = "record %d of the table, %r: %s: %s" % (index, kind, type(error).__name__, error)
            if kind in STACK_KINDS:
                raise ValueError("cannot restore " + which) from error
            return Marker("not restored: " + which)

    def value(self, value: Any) -> Any:
        """Return what one value of a record stands for."""
        return self.objects[value[0]] if type(value) is tuple else value

    def values(self, values: Any) -> list[Any]:
        objects = self.objects
        return [objects[value[0]] if type(value) is tuple else value for value in values]

    def pairs(self, entries: Any) -> Any:
        """Return the items of a recorded dict: a dict where all its keys are atoms, else a list of pairs."""
        if type(entries) is dict:
            return zip(entries, self.values(entries.values()))
        return zip(*map(self.values, zip(*entries)))

    def place(self, index: int, made: Any) -> None:
        self.objects[index] = made
        self.made[index] = True
        if type(made) is not Marker:
            self.unfilled.append(index)

    def make_with_needs(self, index: int) -> None:
        """Make an object, and before it those it cannot be made without; a loop of such needs is cut."""
        waiting, started = [index], set()
        while waiting:
            index, missing = waiting[-1], []
            if index not in started:
                started.add(index)
                missing = [need for need in self.needs(index) if not self.made[need] and need not in started]
                waiting += missing
            if not missing:
                waiting.pop()
                if not self.made[index]:
                    self.make(index)

    def needs(self, index: int) -> Any:
        kind, *facts = self.records[index]
        needs = self.located(NEEDS[kind], index, self, *facts) if kind in NEEDS else ()
        return () if type(needs) is Marker else needs

    def make(self, index: int) -> None:
        kind, *facts = self.records[index]
        self.place(index, self.located(MAKE[kind], index, self, *facts))


def with_packed(table: dict[str, Any]) -> list[Any]:
    """Return the records, the packed ones among them."""
    records = list(table["records"])
    owned = []
    for first, form, *owner in table.get("packed", ()):
        found = unpacked(form)
        places = range(first, first + len(found)) if type(first) is int else first
        for index, record in zip(places, found):
            records[index] = records[index] or record  # the stack may have needed it
        owned += [(index, places) for index in owner]
    for index, places in owned:
        add_methods(records, index, places)
    return records


def add_methods(records: list[Any], index: int, places: Any) -> None:
    """Make functions attributes of a class."""
    *title, attributes, facts = records[index]
    methods = {records[place][1]: (place,) for place in places}
    records[index] = (*title, {**methods, **attributes}, facts)


def unpacked(form: Any) -> Any:
    """Return the values that a packed form stands for."""
    if type(form) is str:
        return form.split("\0")
    if type(form) is bytes:
        return integers("Q", form)
    return UNPACK[form[0]](*form[1:]) if type(form) is tuple else form


def integers(code: str, data: bytes) -> Any:
    return struct.unpack("<%d%s" % (len(data) // struct.calcsize("<" + code), code), data)


def parts(lengths: Any, form: Any) -> list[Any]:
    items = iter(unpacked(form))
    return [list(itertools.islice(items, length)) for length in lengths]


UNPACK: dict[str, Any] = {
    "same": lambda count, value: [value] * count,
    "integers": integers,
    "at": lambda places: list(zip(unpacked(places))),
    "references": lambda first, after: list(zip(range(first, after))),
    "tuples": lambda columns: list(zip(*map(unpacked, columns))),
    "dicts": lambda names, columns: [dict(zip(names, row)) for row in zip(*map(unpacked, columns))],
    "lists": parts,
    "rows": lambda lengths, items: list(map(tuple, parts(lengths, items))),
    "items": lambda lengths, *both: [dict(zip(*pair)) for pair in zip(*[parts(lengths, form) for form in both])],
}


def attempt(function: Any, *arguments: Any) -> tuple[bool, Any]:
    """Call what may fail for reasons of its own (a blob, a constructor); return whether it went well, and its value."""
    try:
        return True, function(*arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the one guard: whatever it is, the rest of the dump is restored)
        return False, error


def references(values: Any) -> list[int]:
    """Return the indices that values refer to."""
    return [value[0] for value in values if type(value) is tuple]


# ---------------------------------------------------------------------------------------------------------------------
# Frames: run nested, once, then filled
# ---------------------------------------------------------------------------------------------------------------------


class Code:
    """A code object that frames ran: where each of them stands (stops), and where tracebacks point (marks)."""

    def __init__(self, record: Any) -> None:
        _, self.name, self.qualname, self.filename, self.first_line, self.counts, names, _ = record
        self.names = tuple(name for name in dict.fromkeys(names) if name not in UNBOUND)
        self.is_function = self.counts[3] & OPTIMIZED
        self.stops: dict[Any, None] = {}
        self.marks: dict[Any, None] = {}
        self.compiled: Any = None
        self.offsets: dict[Any, int] = {}

    def compile(self) -> Any:
        """Return the code object, compiled once for all the places where its frames stand."""
        if self.compiled is None:
            code = function_code(self) if self.is_function else body_code(self)
            self.compiled = named(code, self)
            self.offsets = instruction_offsets(self.compiled)
        return self.compiled


def named(code: types.CodeType, spec: Code) -> types.CodeType:
    facts: dict[str, Any] = {"co_name": spec.name, "co_filename": spec.filename}  # either may be no name to compile by
    if sys.version_info >= (3, 11):
        facts["co_qualname"] = spec.qualname
    return code.replace(**facts)


def at(node: Any, position: Any) -> Any:
    """Give a node and all that is in it one position, (line, end line, column, end column)."""
    line, end_line, column, end_column = position
    if column is None:
        end_line, column, end_column = line, -1, -1
    place = {"lineno": line, "end_lineno": end_line or line, "col_offset": column, "end_col_offset": end_column}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        part.__dict__.update(place)
        for name in part._fields if type(part) is not ast.Name else ():  # of which there are many, with nothing inside
            inner = getattr(part, name, None)
            waiting += [each for each in (inner if type(inner) is list else [inner]) if isinstance(each, ast.AST)]
    return node


def load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def call(function: ast.expr, *arguments: ast.expr) -> ast.expr:
    return ast.Call(function, list(arguments), [])


def walking(spec: Code) -> list[Any]:
    """Return the statements every frame ends with: run the inner frames in turn, then stand at its position."""
    more = ast.Compare(call(call(load(".next"))), [ast.Is()], [ast.Constant(None)])
    start = (spec.first_line, None, None, None)
    body = [at(ast.While(more, [ast.Pass()], []), start)]
    body += [at(ast.Expr(load(".next")), mark) for mark in spec.marks if mark not in spec.stops]
    *earlier, last = spec.stops
    for stop in earlier:
        leave = ast.If(call(load(".stands"), ast.Tuple([ast.Constant(part) for part in stop], ast.Load())), [], [])
        leave.body = [ast.Expr(load(".next")), ast.Return(ast.Constant(None))]
        body.append(at(leave, stop))
    body.append(at(ast.Expr(load(".next")), last))
    return body


def function_code(spec: Code) -> types.CodeType:
    """Return code that binds each local as a cell, hands the cells over, and runs the inner frames.

    Cells are sorted by their names: it is compiled with other names, which sort as the variables were ordered.
    """
    names = ["%08d" % index for index in range(len(spec.names))]
    arguments, bound = parameters(spec.counts, names)
    start = (spec.first_line, None, None, None)
    unset = [ast.Name(name, ast.Store()) for name in names if name not in bound]
    closure = ast.Lambda(no_parameters(), ast.Tuple([load(name) for name in names], ast.Load()))
    body = [at(ast.Assign([*unset], ast.Constant(None)), start)] if unset else []
    body.append(at(ast.Expr(call(load(".cells"), closure)), start))
    definition = ast.FunctionDef("f", at(arguments, start), body + walking(spec), [])
    code = inner_code(definition, spec.first_line)
    return code.replace(co_nlocals=len(names), co_varnames=spec.names, co_cellvars=spec.names)


def body_code(spec: Code) -> types.CodeType:
    """Return code of a module's, a class's or an exec'd text's frame."""
    start = (spec.first_line, None, None, None)
    body = [at(ast.Expr(call(load(".cells"), ast.Constant(None))), start), *walking(spec)]
    if spec.name == "<module>":
        return compile(ast.Module(body, []), "<keeptrace>", "exec")
    return inner_code(ast.ClassDef("C", [], [], body, []), spec.first_line)


def inner_code(definition: Any, first_line: int) -> types.CodeType:
    """Return the code object of a definition's body."""
    definition.lineno = definition.end_lineno = first_line
    definition.col_offset = definition.end_col_offset = 0
    if sys.version_info >= (3, 12):
        definition.type_params = []
    constants = compile(ast.Module([definition], []), "<keeptrace>", "exec").co_consts
    return next(constant for constant in constants if type(constant) is types.CodeType)


def parameters(counts: Any, names: Any) -> tuple[ast.arguments, list[str]]:
    """Return the ast of a code object's parameters, and their names."""
    positional_only, positional, keyword_only, flags = counts
    end = positional + keyword_only
    bound = list(names[: end + bool(flags & VARARGS) + bool(flags & VARKEYWORDS)])
    stars = iter([ast.arg(name, None) for name in bound[end:]])
    arguments = ast.arguments(
        posonlyargs=[ast.arg(name, None) for name in bound[:positional_only]],
        args=[ast.arg(name, None) for name in bound[positional_only:positional]],
        vararg=next(stars) if flags & VARARGS else None,
        kwonlyargs=[ast.arg(name, None) for name in bound[positional:end]],
        kw_defaults=[None] * keyword_only,
        kwarg=next(stars) if flags & VARKEYWORDS else None,
        defaults=[],
    )
    return arguments, bound


def no_parameters() -> ast.arguments:
    return parameters((0, 0, 0, 0), ())[0]


def instruction_offsets(code: types.CodeType) -> dict[Any, int]:
    """Return the offset of an instruction for each position; before 3.11 these are lines only."""
    if sys.version_info >= (3, 11):
        return {position: 2 * index for index, position in enumerate(code.co_positions())}
    import dis  # heavy, and later versions do without

    return {(line, line, None, None): offset for offset, line in dis.findlinestarts(code)}


def make_frames(restoration: Restoration) -> None:
    """Make every frame of the table by running it, nested as it was."""
    records = restoration.records
    frames = {index: record for index, record in enumerate(records) if record[0] == "frame"}
    restoration.codes = frame_codes(records, frames)
    for index, record in enumerate(records):
        if record[0] == "globals":
            make_globals(restoration, index, record[1])
    children: dict[int, list[int]] = {}
    roots: list[int] = []
    namespaces: list[dict[str, Any]] = []
    for index, (_, _, _, outer, _, variables) in frames.items():
        (roots if outer is None else children.setdefault(outer[0], [])).append(index)
        if type(variables) is tuple and not restoration.made[variables[0]]:
            namespaces.append({"__builtins__": builtins})
            restoration.place(variables[0], namespaces[-1])
    FrameRunner(restoration, children, namespaces).run(roots)
    for namespace in namespaces:  # a class body sets names by itself
        namespace.clear()


def frame_codes(records: list[Any], frames: dict[int, Any]) -> dict[int, Code]:
    """Return the Code of each frame: the frames of one function share it, any other body has one for each frame."""
    codes: dict[int, Code] = {}
    functions: dict[int, Code] = {}
    for index, (_, code, _, _, position, _) in frames.items():
        spec = codes[index] = functions.get(code[0]) or Code(records[code[0]])
        if spec.is_function:
            functions[code[0]] = spec
        spec.stops[position] = None
    for record in records:
        if record[0] == "traceback":
            codes[record[1][0]].marks[record[3]] = None
    return codes


def make_globals(restoration: Restoration, index: int, names: dict[str, Any]) -> None:
    name = names.get("__name__")
    module = restoration.modules[index] = types.ModuleType(name if type(name) is str else "?")
    namespace = module.__dict__
    namespace.clear()
    namespace["__builtins__"] = builtins
    restoration.place(index, namespace)


class FrameRunner:
    """Runs the frames of a table once, each called directly by the one outside it."""

    def __init__(self, restoration: Restoration, children: dict[int, list[int]], local: list[Any]) -> None:
        self.restoration, self.children, self.locals = restoration, children, local
        self.running: list[Any] = []
        self.finished = -1
        self.bodies = 0

    def run(self, roots: list[int]) -> None:
        helpers = {".cells": self.take_cells, ".next": self.next_frame, ".stands": self.stands}
        namespaces = [self.restoration.objects[index] for index in self.restoration.modules] + self.locals
        for namespace in namespaces:
            namespace.update(helpers)
        try:
            for root in roots:
                run_as_outermost(functools.partial(self.enter, root), self.depth(root))
        finally:
            for namespace in namespaces:
                for name in helpers:
                    del namespace[name]

    def depth(self, root: int) -> int:
        depth, level = 0, [root]
        while level:
            depth += 1
            level = [child for index in level for child in self.children.get(index, ())]
        return depth

    def enter(self, index: int) -> Any:
        """Return the callable whose call runs the frame, with no frame of Python code in between."""
        _, reference, namespace, _, _, variables = self.restoration.records[index]
        spec = self.restoration.codes[index]
        code = spec.compile()
        if spec.is_function and not self.restoration.made[reference[0]]:
            self.restoration.place(reference[0], code)
        self.running.append((index, iter(self.children.get(index, ()))))
        namespace = self.restoration.value(namespace)
        if not spec.is_function and variables is not None:
            self.bodies += 1
            local = self.restoration.value(variables)
            if self.bodies <= MOST_BODIES:
                return functools.partial(exec, code, namespace, local)
            namespace = local
        function = types.FunctionType(code, namespace)  # a module's code has the globals for locals
        function.__defaults__ = (None,) * code.co_argcount
        function.__kwdefaults__ = dict.fromkeys(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount])
        return function

    def take_cells(self, closure: Any) -> None:
        index = self.running[-1][0]
        names = self.restoration.codes[index].names
        self.restoration.place(index, sys._getframe(1))
        self.restoration.cells[index] = dict(zip(names, closure.__closure__ or ())) if closure else None

    def next_frame(self) -> Any:
        child = next(self.running[-1][1], None)
        if child is not None:
            return self.enter(child)
        self.finished = self.running.pop()[0]
        variables = self.restoration.records[self.finished][5]
        self.bodies -= variables is not None and not self.restoration.codes[self.finished].is_function
        return bool

    def stands(self, position: Any) -> bool:
        """Tell whether the frame that has just run its last inner frame stands at this position."""
        return bool(self.restoration.records[self.finished][4] == position)


def run_as_outermost(enter: Any, depth: int) -> None:
    """Call what enter() returns as a thread's outermost frame; in place where no thread takes it (WebAssembly).

    The thread takes its steps from a list, with no frame of Python code around them. Whoever takes the first runs it.
    """
    locked(raise_limit, depth + 1000)
    try:
        done, target = _thread.allocate_lock(), functools.partial(enter())
        steps = [None, functools.partial(done.release), target]
        done.acquire()
        size = (2048 * depth // 65536 + 32) * 65536
        started, thread = attempt(locked, start, size, map(functools.partial.__call__, iter(steps.pop, None)))
        missed = 0  # it is in no frame before it begins, between its steps, and once it has failed
        while started and missed < 2 and not done.acquire(True, PATIENCE):
            missed = 0 if thread in sys._current_frames() else missed + 1
        if attempt(steps.remove, target)[0]:
            target()
    finally:
        locked(lower_limit, depth + 1000)


SHARED: Any = vars(sys.modules.setdefault("<keeptrace restorers>", types.ModuleType("keeptrace.restorers"))).setdefault
"""There may be several restorers in a process: of other releases, or made by threads that opened crashes at once."""
LOCK = SHARED("lock", _thread.allocate_lock())
RUNNING: list[int] = SHARED("running", [])  # the recursion limit as it was, and those that need more


def locked(function: Any, *arguments: Any) -> Any:
    """Call what changes settings of the process, one thread at a time; a fork may have copied the lock while held."""
    held = LOCK.acquire(True, PATIENCE)
    try:
        return function(*arguments)
    finally:
        if held:
            LOCK.release()


def raise_limit(limit: int) -> None:
    RUNNING.extend([limit] if RUNNING else [sys.getrecursionlimit(), limit])
    sys.setrecursionlimit(max(RUNNING))


def lower_limit(limit: int) -> None:
    RUNNING.remove(limit)
    if len(RUNNING) == 1:
        sys.setrecursionlimit(RUNNING.pop())


def start(size: int, steps: Any) -> Any:
    """Start a thread whose stack has a size; where it cannot have that, with the usual one."""
    changed, usual = attempt(_thread.stack_size, size)
    try:
        return own_start()(list, (steps,))
    finally:
        if changed:
            _thread.stack_size(usual)


def own_start() -> Any:
    """Return Python's own function that starts a thread: debuggers put another before it, which runs in a frame."""
    for each in vars(_thread).values():
        if type(each) is types.BuiltinFunctionType and each.__name__ in ("start_new_thread", "start_new"):
            return each
    return _thread.start_new_thread


def fill_frame(restoration: Restoration, index: int, *record: Any) -> None:
    """Put the recorded values in the cells of a function's frame; a variable that was not set is emptied."""
    cells, variables = restoration.cells[index], record[-1]
    if cells is None:
        return
    for name, cell in cells.items():
        if name in variables:
            cell.cell_contents = restoration.value(variables[name])
        else:
            del cell.cell_contents
    more = {name: value for name, value in variables.items() if name not in cells}
    if more:  # what exec() and debuggers add to a function's variables
        restoration.objects[index].f_locals.update(dict(restoration.pairs(more)))


def make_traceback(restoration: Restoration, frame: Any, inner: Any, position: Any) -> types.TracebackType:
    offset = restoration.codes[frame[0]].offsets.get(plain_position(position), -1)
    return types.TracebackType(restoration.value(inner), restoration.value(frame), offset, position[0])


def plain_position(position: Any) -> Any:
    line, end_line, column, end_column = position
    if column is None or LINES_ONLY:
        return (line, line, None, None)
    return (line, end_line or line, column, end_column)


# ---------------------------------------------------------------------------------------------------------------------
# Code objects and functions that no frame runs
# ---------------------------------------------------------------------------------------------------------------------


class Refusal:
    """The constant in a restored function's code: it raises when the function is called."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def call(self) -> Any:
        raise NotRecorded("%s() was not recorded: a dump keeps values, not behaviour" % self.name)


@functools.lru_cache(maxsize=None)
def template() -> types.CodeType:
    """Return the code of a function that does nothing but look up an attribute of a constant."""
    body = ast.Expr(ast.Attribute(ast.Constant("refusal"), "call", ast.Load()))
    return inner_code(ast.FunctionDef("f", no_parameters(), [at(body, (1, None, None, None))], []), 1)


def hollow_code(name: str, qualname: str, filename: str, first_line: int, counts: Any, names: Any) -> types.CodeType:
    """Return a code object that knows the recorded facts, and whose call raises NotRecorded."""
    positional_only, positional, keyword_only, flags = counts
    code, names = template(), tuple(dict.fromkeys(names))
    facts = {
        "co_name": name,
        "co_filename": filename,
        "co_firstlineno": first_line,
        "co_argcount": positional,
        "co_posonlyargcount": positional_only,
        "co_kwonlyargcount": keyword_only,
        "co_varnames": names,
        "co_nlocals": len(names),
        "co_flags": code.co_flags | flags & (VARARGS | VARKEYWORDS),
        "co_consts": tuple(Refusal(qualname) if constant == "refusal" else constant for constant in code.co_consts),
    }
    if sys.version_info >= (3, 11):
        facts["co_qualname"] = qualname
    return code.replace(**facts)


def make_code(restoration: Restoration, name: str, qualname: str, *facts: Any) -> Any:
    """Return the code object itself where this Python can run it, else one that knows the same facts."""
    marshaled = facts[-1]
    if marshaled is not None:
        import importlib.util  # heavy, and a code object is rarely what was pickled

        if marshaled[0] == importlib.util.MAGIC_NUMBER:
            return marshal.loads(marshaled[1])
    return hollow_code(name, qualname, *facts[:-1])


def make_function(
    restoration: Restoration,
    name: str,
    qualname: str,
    module: Any,
    code: Any,
    namespace: Any,
    doc: Any,
    annotations: Any,
    *_: Any,
) -> types.FunctionType:
    """Return a function with the recorded name, signature, documentation, file and line, and no behaviour."""
    namespace = {"__name__": module} if namespace is None else restoration.value(namespace)
    function = types.FunctionType(hollow_code(code[0], qualname, *code[1:]), namespace, name)
    function.__qualname__, function.__module__, function.__doc__ = qualname, module, doc
    function.__annotations__ = annotations
    function.__dict__["__keeptrace__"] = True
    return function


def fill_function(restoration: Restoration, index: int, *facts: Any) -> None:
    function = restoration.objects[index]
    defaults, keywords, state = facts[-3:]
    function.__defaults__ = tuple(restoration.values(defaults)) or None
    function.__kwdefaults__ = dict(restoration.pairs(keywords)) or None
    function.__dict__.update(restoration.pairs(state))


def make_descriptor(restoration: Restoration, kind: str, function: Any) -> Any:
    made: dict[str, Any] = {"property": MockProperty, "staticmethod": staticmethod}
    return made.get(kind, classmethod)(restoration.value(function))


class MockProperty:
    """A property that was not computed; an attribute that was recorded under its name comes before it."""

    def __init__(self, fget: Any) -> None:
        self.fget = fget
        self.__doc__ = getattr(fget, "__doc__", None)

    def __get__(self, mock: Any, cls: Any = None) -> Any:
        if mock is None:
            return self
        raise NotRecorded("%s was not recorded: it is a property" % getattr(self.fget, "__qualname__", "this"))


# ---------------------------------------------------------------------------------------------------------------------
# What the standard library has: fetched, never copied
# ---------------------------------------------------------------------------------------------------------------------


def standard_module(name: str) -> Any:
    """Import a module of the standard library; refuse any other (ImportError)."""
    root = name.partition(".")[0]
    if root in NEVER_IMPORTED or root not in getattr(sys, "stdlib_module_names", [root]):
        raise ImportError("a dump may import modules of the standard library only, not %r" % name)
    __import__(name)
    return sys.modules[name]


def standard_attribute(module: str, qualname: str) -> Any:
    return functools.reduce(getattr, qualname.split("."), standard_module(module))


def make_global(restoration: Restoration, module: str, qualname: str, bases: Any = ()) -> Any:
    """Return a class or function of the standard library; where this Python lacks it, a class of that name."""
    found, value = attempt(standard_attribute, module, qualname)
    if found:
        return value
    name, facts = qualname.rpartition(".")[2], {"exception": bool(bases)}
    return make_class(restoration, name, qualname, module, bases, {}, facts)


class LazyModule(types.ModuleType):
    """A module of the standard library that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":  # which Python itself looks for, to show the module
            raise AttributeError(name)
        return getattr(standard_module(self.__name__), name)

    def __dir__(self) -> Any:
        return dir(standard_module(self.__name__))


def make_module(restoration: Restoration, name: str, facts: Any) -> Any:
    """Return a module: its recorded globals, or its name and file, or (facts is None) the standard library's."""
    if facts is None:
        return sys.modules.get(name) or LazyModule(name)
    if type(facts) is tuple:
        return restoration.modules[facts[0]]
    module = types.ModuleType(name)
    module.__dict__.update(facts)
    return module


def make_value(restoration: Restoration, module: str, name: str, arguments: Any, text: str) -> Any:
    """Make a value from its constructor's arguments; where that is not possible here, show its representation."""
    if name in CONSTRUCTORS[module]:
        arguments = restoration.values(arguments)
        for each in (name, "Pure" + name):  # of another system's paths
            made, value = attempt(constructed, module, each, arguments)
            if made:
                return value
    return make_shown(restoration, name, name, module, text)


def constructed(module: str, name: str, arguments: Any) -> Any:
    return standard_attribute(module, name)(*arguments)


# ---------------------------------------------------------------------------------------------------------------------
# Mocks
# ---------------------------------------------------------------------------------------------------------------------


class MockType(type):
    """The class of mocks' classes."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        raise NotRecorded("%s() was not recorded: a dump keeps values, not behaviour" % cls.__qualname__)

    @property
    def __signature__(cls) -> Any:
        import inspect  # heavy, and only who asks for a signature needs it

        initializer: Any = type.__getattribute__(cls, "__init__")
        parameters = list(inspect.signature(initializer).parameters.values())
        return inspect.Signature(parameters[1:])


class MockEnumType(MockType):
    """The class of enums' mocks: their members are found by name and by iteration, where aliases are not repeated."""

    @property
    def __members__(cls) -> Any:
        return cls.__dict__["_member_map_"]

    def __repr__(cls) -> str:
        is_flag = sys.version_info >= (3, 11) and any(base.__name__ == "Flag" for base in cls.__mro__)
        return "<%s %r>" % ("flag" if is_flag else "enum", cls.__name__)

    def __iter__(cls) -> Any:
        return iter({id(member): member for member in cls.__members__.values()}.values())

    def __len__(cls) -> Any:
        return sum(1 for _ in cls)

    def __getitem__(cls, name: str) -> Any:
        return cls.__members__[name]

    def __contains__(cls, member: Any) -> Any:
        return any(member is known for known in cls)


class Marker:
    """Stands where something could not be recorded, and says why."""

    __keeptrace__ = True

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "<%s>" % self.text


Marker.__module__ = NotRecorded.__module__


def make_class(
    restoration: Restoration, name: str, qualname: str, module: str, bases: Any, attributes: Any, facts: Any
) -> Any:
    """Return the mock of a class, or an exception's class: the real one where it is imported already."""
    bases = tuple(base for base in dict.fromkeys(restoration.values(bases)) if isinstance(base, type))
    namespace = {"__module__": module, "__qualname__": qualname, "__doc__": facts.get("doc")}
    namespace["__keeptrace__"] = restoration.reprs
    if facts.get("exception"):
        real = imported_class(module, qualname) if "stand_in" not in facts else None
        return real or exception_class(name, bases, {**namespace, "__str__": recorded_str})
    namespace.update(special_methods(facts))
    metaclass: type = MockEnumType if "members" in facts else MockType
    created, made = attempt(metaclass, name, bases, dict(namespace))
    return made if created else metaclass(name, bases_that_fit(bases), namespace)


def imported_class(module: str, qualname: str) -> Any:
    """Return an exception's class that is imported here, and that can be used without running its own code."""
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        parts = namespace_of(found)
        found = parts.get(part) if parts else None
    is_class = issubclass(type(found), type) and issubclass(found, BaseException)
    return found if is_class and is_makeable(found) else None


def is_makeable(cls: Any) -> bool:
    """Tell whether an exception can be made, and go, without code of its class; what is C code makes its own."""
    ends_by_itself = not any("__del__" in namespace_of(base) for base in mro_of(cls))
    return ends_by_itself and attempt(bare_exception, cls, "", [Exception()])[0]


def namespace_of(found: Any) -> Any:
    """Return what a module or a class has by itself: what is only looked up may run code, or import something."""
    own = types.ModuleType if issubclass(type(found), types.ModuleType) else type
    return vars(own)["__dict__"].__get__(found) if issubclass(type(found), own) else None


class Quiet:
    """Stands before a class whose __init_subclass__ is not to be called."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        return


def exception_class(name: str, bases: Any, namespace: dict[str, Any]) -> Any:
    """Return a class of exceptions, and run nothing of its bases: neither a metaclass nor __init_subclass__()."""
    bases = bases or (Exception,)
    metaclass = functools.reduce(lambda one, other: other if issubclass(other, one) else one, map(type, bases))
    is_quiet = all("__init_subclass__" not in namespace_of(base) for cls in bases for base in mro_of(cls)[:-1])
    created, made = attempt(type.__new__, metaclass, name, bases if is_quiet else (Quiet, *bases), dict(namespace))
    return made if created else type(name, (builtin_base(bases[0]),), namespace)


BUILTIN = frozenset(map(id, vars(builtins).values()))


def mro_of(cls: Any) -> Any:
    return vars(type)["__mro__"].__get__(cls)


def builtin_base(cls: Any) -> Any:
    return next(base for base in mro_of(cls) if id(base) in BUILTIN)


def bases_that_fit(bases: Any) -> Any:
    """Return the first base that decides how instances are laid out: the others do not fit it on this Python."""
    return tuple(base for base in bases if issubclass(base, (BaseException, *CONTENT)))[:1]


def special_methods(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the few special methods a mock has: representation, and equality and hash by its fields."""
    methods: dict[str, Any] = {"__fields__": facts.get("fields")}
    if facts.get("content") == "tuple":
        methods.update((name, property(operator.itemgetter(i))) for i, name in enumerate(facts.get("fields") or ()))
    style = facts.get("repr", "address")
    if style in REPRESENTATIONS:
        methods["__repr__"] = REPRESENTATIONS[style]
    if facts.get("compare") is not None:
        methods.update(__compared__=facts["compare"], __eq__=same_fields, __hash__=object.__hash__)
        if facts.get("frozen"):
            methods["__hash__"] = hash_of_fields
    elif facts.get("hash"):
        methods["__hash__"] = object.__hash__
    return methods


def compared(mock: Any) -> list[Any]:
    state = mock.__dict__
    return [state.get(name, NotRecorded) for name in (type(mock).__compared__ or state)]


def same_fields(self: Any, other: Any) -> Any:
    return compared(self) == compared(other) if type(self) is type(other) else NotImplemented


def hash_of_fields(self: Any) -> int:
    hashed, value = attempt(hash, tuple(compared(self)))
    return int(value) if hashed else id(self)


def fill_class(restoration: Restoration, index: int, *record: Any) -> None:
    cls, attributes, facts = restoration.objects[index], *record[-2:]
    if "__keeptrace__" not in cls.__dict__:
        return
    if "members" in facts:
        type.__setattr__(cls, "_member_map_", dict(restoration.pairs(facts["members"])))
    own = OF_EXCEPTIONS if issubclass(cls, BaseException) else frozenset()
    if issubclass(cls, SyntaxError):
        own |= OF_SYNTAX_ERRORS
    if any(base.__name__ == "BaseExceptionGroup" for base in cls.__mro__):
        own |= OF_GROUPS
    for attribute, value in restoration.pairs(attributes):
        if attribute not in own:
            type.__setattr__(cls, attribute, value)


def make_object(restoration: Restoration, cls: Any, content: Any, state: Any, shown: Any) -> Any:
    """Return the mock of an instance: content is what it holds as a container, str or number; shown is its repr."""
    reference, cls = cls, restoration.value(cls)
    if issubclass(cls, (tuple, frozenset)):
        mock = cls.__new__(cls, restoration.values(content))
    elif issubclass(cls, IMMUTABLE):
        mock = cls.__new__(cls, content)
    else:
        mock = cls.__new__(cls)
    if shown is not None:
        restoration.reprs[id(mock)] = shown
    if cls.__dict__.get("__hash__") is hash_of_fields:
        mock.__dict__.update(restoration.pairs(state))
    elif cls.__new__ is object.__new__ and type(cls) is MockType:
        restoration.plain[reference] = cls
    return mock


def fill_object(restoration: Restoration, index: int, cls: Any, content: Any, state: Any, shown: Any) -> None:
    mock, own = restoration.objects[index], dict(restoration.pairs(state or {}))
    if isinstance(mock, list):
        list.extend(mock, restoration.values(content))
    elif isinstance(mock, bytearray):
        mock[:] = content
    elif isinstance(mock, collections.deque):
        collections.deque.__init__(mock, restoration.values(content), own.pop("maxlen", None))
    elif isinstance(mock, collections.defaultdict):
        mock.default_factory = own.pop("default_factory", None)
    if own:
        mock.__dict__.update(own)


def fill_object_last(restoration: Restoration, index: int, cls: Any, content: Any, state: Any, shown: Any) -> None:
    """Fill what is found by hash, once everything that decides a hash is there."""
    mock = restoration.objects[index]
    if isinstance(mock, dict):
        fill_hashed(mock.__setitem__, restoration.pairs(content))
    elif isinstance(mock, set):
        fill_hashed(functools.partial(set.add, mock), zip(restoration.values(content)))


def fill_hashed(add: Any, entries: Any) -> None:
    """Add keys with their values, or elements; one whose own code fails to hash or compare it is a marker instead."""
    for key, *value in entries:
        added, error = attempt(add, key, *value)
        if not added:
            add(Marker("%s: no key here, %s: %s" % (type(key).__name__, type(error).__name__, error)), *value)


def fill_dict(restoration: Restoration, index: int, entries: Any) -> None:
    mapping, pairs = restoration.objects[index], restoration.pairs(entries)
    if type(entries) is dict:
        mapping.update(pairs)
    else:
        fill_hashed(mapping.__setitem__, pairs)


def fill_set(restoration: Restoration, index: int, values: Any) -> None:
    fill_hashed(restoration.objects[index].add, zip(restoration.values(values)))


def make_frozenset(restoration: Restoration, values: Any) -> Any:
    elements: set[Any] = set()
    fill_hashed(elements.add, zip(restoration.values(values)))
    return frozenset(elements)


def make_view(restoration: Restoration, name: str, mapping: Any) -> Any:
    """Return a dict's keys, values or items."""
    mapping = restoration.value(mapping)
    base = collections.OrderedDict if isinstance(mapping, collections.OrderedDict) else dict
    return getattr(base, name)(mapping) if isinstance(mapping, dict) else Marker("dict_%s of %r" % (name, mapping))


def make_shown(restoration: Restoration, name: str, qualname: str, module: str, text: str) -> Any:
    """Return a mock that has nothing but its type's name and a representation."""
    cls = restoration.shown_types.get((module, qualname))
    if cls is None:
        cls = make_class(restoration, name, qualname, module, (), {}, {})
        restoration.shown_types[module, qualname] = cls
    return make_object(restoration, cls, None, None, text)


# ---------------------------------------------------------------------------------------------------------------------
# Representations of mocks: as recorded, else made from what was
# ---------------------------------------------------------------------------------------------------------------------

SHOWN_AT_ONCE, SHOWN_DEEP, SHOWN_WIDE, SHOWN_MOCKS = 200, 6, 300, 1000
SHOWN_AS_TEXT = 100000
BRACKETS: dict[Any, Any] = {
    dict: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    list: ("[", "]"),
    set: ("{", "}"),
    tuple: ("(", ")"),
}
SHOWN_BY_PYTHON = frozenset(
    cls.__repr__
    for cls in (
        *BRACKETS, collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque, slice,
        types.MappingProxyType, types.SimpleNamespace, *map(type, ({}.keys(), {}.values(), {}.items())),
    )
)  # fmt: skip
showing: list[Any] = []
shown_since: list[int] = [0]


def recorded_str(self: Any) -> str:
    text = self.__keeptrace__.get(id(self))
    return BaseException.__str__(self) if text is None else str(text)


def recorded_or(make: Any) -> Any:
    """Return a __repr__ that prefers the recorded text, and that no cycle, depth or number of mocks makes endless."""

    def __repr__(self: Any) -> str:
        recorded = self.__keeptrace__.get(id(self))
        if isinstance(recorded, str):
            return recorded
        name = type(self).__qualname__
        shown_since[0] = shown_since[0] + 1 if showing else 0
        if any(self is shown for shown in showing) or len(showing) >= SHOWN_DEEP or shown_since[0] > SHOWN_MOCKS:
            return name + "(...)"
        showing.append(self)
        try:
            return str(make(self, name, recorded))
        finally:
            showing.pop()

    return __repr__


def by_address(self: Any, name: str, recorded: Any) -> str:
    module = type(self).__module__
    return "<%s%s object at 0x%x>" % ("" if module == "builtins" else module + ".", name, recorded or id(self))


def by_fields(self: Any, name: str, recorded: Any) -> str:
    cls, state = type(self), self.__dict__
    names = cls.__fields__
    if isinstance(self, tuple) and names:
        name, items = cls.__name__, list(zip(names, self))
    else:
        names = [name for name in state if name[:2] != "__"] if names is None else names
        items = [(field, state[field]) for field in names if field in state]
    parts = ["%s=%s" % (field, brief(value)) for field, value in items[:SHOWN_AT_ONCE]]
    base: Any = next((base for base in CONTENT if isinstance(self, base)), None)
    if base is not None and not (base is tuple and names):
        parts.insert(0, brief(base(self)))
    if len(items) > SHOWN_AT_ONCE:
        parts.append("...")
    return "%s(%s)" % (name, ", ".join(parts))


def brief(value: Any) -> str:
    """Return the first part of a representation; what is not shown is not made either."""
    if isinstance(value, (list, tuple, dict, set, frozenset, collections.deque)) and len(value) > SHOWN_AT_ONCE:
        return "<%s of %d>" % (type(value).__name__, len(value))
    text: str = ""
    for piece in pieces(value, 0):
        text += piece
        if len(text) > SHOWN_WIDE:
            return text[: SHOWN_WIDE - 3] + "..."
    return text


def pieces(value: Any, depth: int) -> Any:
    """Yield a representation in its parts."""
    opening, closing = BRACKETS.get(type(value), ("", ""))
    if not opening and count_shown(value, SHOWN_WIDE) == SHOWN_WIDE:
        yield type(value).__qualname__ + "("
        yield from pieces(content_of(value), depth)
        yield ")"
        return
    if not opening or not value:
        shown, text = attempt(repr, value)
        if showing and isinstance(text, RecursionError):
            raise text  # Python 3.8 dies where somebody goes on near the end of the stack
        yield text if shown else "<%s>" % type(value).__name__
        return
    yield opening
    for number, item in enumerate(value if depth < SHOWN_DEEP else ()):
        yield ", " if number else ""
        yield from pieces(item, depth + 1)
        if type(value) is dict:
            yield ": "
            yield from pieces(value[item], depth + 1)
    yield "..." if depth == SHOWN_DEEP else "," if type(value) is tuple and len(value) == 1 else ""
    yield closing


def count_shown(value: Any, most: int) -> int:
    """Return how many objects Python's own representation of a value shows, each as often as it is, or most.

    Where containers hold each other twice or more, each way through them is shown: that may have no end.
    """
    waiting, count = [value], 0
    while waiting and count < most:
        each = waiting.pop()
        count += 1
        if isinstance(each, BaseException):
            waiting += BASE["args"].__get__(each)
        elif type(each).__repr__ in SHOWN_BY_PYTHON:
            is_plain = isinstance(each, (list, tuple, set, frozenset, collections.deque))
            waiting += each.values() if isinstance(each, dict) else each if is_plain else gc.get_referents(each)
    return count


def content_of(value: Any) -> Any:
    """Return what is shown of a container, as one whose representation is made in parts."""
    if isinstance(value, BaseException):
        return BASE["args"].__get__(value)
    if isinstance(value, (dict, types.MappingProxyType)):
        return dict(value)
    if hasattr(value, "__len__"):
        return list(value)
    return getattr(value, "__dict__", None) or gc.get_referents(value)


def by_member(self: Any, name: str, recorded: Any) -> str:
    name, state = type(self).__name__, self.__dict__
    return "<%s.%s: %s>" % (name, brief(state.get("_name_"))[1:-1], brief(state.get("_value_")))


def by_maps(self: Any, name: str, recorded: Any) -> str:
    maps = self.__dict__.get("maps", self.__dict__.get("_mapping"))
    return "%s(%s)" % (type(self).__name__, ", ".join(map(brief, maps if isinstance(maps, list) else [maps])))


def by_data(self: Any, name: str, recorded: Any) -> str:
    return brief(self.__dict__.get("data"))


def by_cut(self: Any, name: str, recorded: Any) -> str:
    base: Any = next((base for base in CONTENT if isinstance(self, base)), id)
    return "<%s cut: %s>" % (brief(base(self)), brief(self.__dict__.get("cut"))[1:-1])


REPRESENTATIONS = {
    "cut": recorded_or(by_cut),
    "address": recorded_or(by_address),
    "data": recorded_or(by_data),
    "fields": recorded_or(by_fields),
    "maps": recorded_or(by_maps),
    "member": recorded_or(by_member),
}


# ---------------------------------------------------------------------------------------------------------------------
# Exceptions
# ---------------------------------------------------------------------------------------------------------------------


def make_exception(restoration: Restoration, cls: Any, facts: dict[str, Any]) -> Any:
    """Return an exception made by the builtin class nearest to its own: no code of the application runs."""
    cls = restoration.value(cls)
    cls = cls if isinstance(cls, type) and issubclass(cls, BaseException) else Exception
    if "renamed" in facts:
        cls = same_name(restoration, cls)
    return bare_exception(cls, facts.get("message"), restoration.values(facts.get("members", ())))


def bare_exception(cls: Any, message: Any, members: Any) -> Any:
    """Return an exception, as its builtin class makes it; message and members are those of a group."""
    builtin = builtin_base(cls)
    if hasattr(builtin, "split"):
        return builtin.__new__(cls, message, members)
    exception = builtin.__new__(cls)
    if message is not None:
        namespace = own_dict(exception)
        namespace.update(message=message, exceptions=tuple(members))
    return exception


BASE: Any = vars(BaseException)


def own_dict(exception: Any) -> Any:
    return BASE["__dict__"].__get__(exception)


def fill_exception(restoration: Restoration, index: int, cls: Any, facts: dict[str, Any]) -> None:
    """Fill an exception as Python itself does, whatever its class makes of these names and of setting them."""
    exception = restoration.objects[index]
    if issubclass(type(exception), UnicodeError) and "start" in facts.get("fields", {}):
        unicode_error(restoration, exception, facts["fields"])
    else:
        for name, value in restoration.pairs(facts.get("fields", {})):
            set_field(exception, name, value)
    arguments = restoration.value(facts["args"])
    BASE["args"].__set__(exception, arguments if isinstance(arguments, tuple) else (arguments,))
    own_dict(exception).update(restoration.pairs(facts.get("state", {})))
    for name in ("cause", "context", "traceback"):
        BASE["__%s__" % name].__set__(exception, restoration.value(facts.get(name)))
    BASE["__suppress_context__"].__set__(exception, facts.get("suppress", False))


def set_field(exception: Any, name: str, value: Any) -> None:
    """Set what the builtin class of an exception has for a name, which its own class may have taken for itself."""
    own = [namespace_of(base) for base in mro_of(builtin_base(type(exception)))]
    field = next((namespace[name] for namespace in own if name in namespace), None)
    if field is None:  # this Python has no such field
        own_dict(exception)[name] = value
    else:
        attempt(field.__set__, exception, value)


def unicode_error(restoration: Restoration, exception: UnicodeError, fields: dict[str, Any]) -> None:
    names = ["encoding", "object", "start", "end", "reason"]
    if isinstance(exception, UnicodeTranslateError):
        names.remove("encoding")
    attempt(builtin_base(type(exception)).__init__, exception, *[restoration.value(fields[name]) for name in names])


def give_names(obj: Any, names: Any) -> None:
    """Let the stand-in of what lacked a name have those that Python may suggest when it prints that."""
    own, real = type(obj), map(id, list(sys.modules.values()))
    if isinstance(obj, MockType) or (own is types.ModuleType and id(obj) not in real):
        own = obj
    for name in set(names).difference(dir(obj)) if own is obj or isinstance(own, MockType) else ():
        setattr(own, name, Marker(name + ": not recorded"))


def finish_exception(restoration: Restoration, index: int, cls: Any, facts: dict[str, Any]) -> None:
    """Make what is printed what it was: suggested names, and str(), where the class here gives another text.

    An instance of a builtin class cannot change its class: the table is restored again, with another from the start.
    """
    exception = restoration.objects[index]
    cls, text = type(exception), facts.get("text")
    if "near" in facts:
        give_names(restoration.value(facts["fields"]["obj"]), facts["near"])
    if text is None:
        return
    restoration.reprs[id(exception)] = text
    if "__keeptrace__" in cls.__dict__:
        return
    most = min(SHOWN_AS_TEXT, restoration.to_show)
    count = count_shown(exception, most)
    restoration.to_show -= count
    if count < most and attempt(str, exception) == (True, text):
        return
    if not attempt(vars(object)["__class__"].__set__, exception, same_name(restoration, cls))[0]:
        facts["renamed"] = restoration.again = True


def same_name(restoration: Restoration, cls: Any) -> Any:
    """Return a class derived from an exception class, alike but for str(), which gives the recorded text."""
    namespace = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__str__": recorded_str}
    namespace["__keeptrace__"] = restoration.reprs
    return exception_class(cls.__name__, (cls,), namespace)


# ---------------------------------------------------------------------------------------------------------------------
# The kinds of records: what each needs before it can be made, how it is made, how it is filled
# ---------------------------------------------------------------------------------------------------------------------

CONTENT = (dict, list, set, frozenset, tuple, str, int, float, complex, bytes, bytearray, collections.deque)
IMMUTABLE = (frozenset, tuple, str, int, float, complex, bytes)


def object_needs(restoration: Restoration, cls: Any, content: Any, state: Any, shown: Any) -> Any:
    needs = [cls[0]]
    record = restoration.records[cls[0]]
    if record[0] == "class":
        if record[6].get("content") in ("tuple", "frozenset"):
            needs += references(content)
        if record[6].get("frozen"):
            needs += references(state.values())
    return needs


NEEDS: dict[str, Any] = {
    "traceback": lambda restoration, frame, inner, position: inner or (),
    "tuple": lambda restoration, values: references(values),
    "frozenset": lambda restoration, values: references(values),
    "class": lambda restoration, *facts: references(facts[3]),
    "global": lambda restoration, module, qualname, bases=(): references(bases),
    "object": object_needs,
    "value": lambda restoration, *facts: references(facts[2]),
    "view": lambda restoration, *facts: references(facts),
    "method": lambda restoration, *facts: references(facts),
    "descriptor": lambda restoration, *facts: references(facts),
    "exception": lambda restoration, cls, facts: references([cls, *facts.get("members", ())]),
}
STACK_KINDS = ("code", "exception", "frame", "globals", "traceback")
MAKE: dict[str, Any] = {
    "element": lambda restoration, element: element,
    "traceback": make_traceback,
    "code": make_code,
    "function": make_function,
    "method": lambda restoration, *facts: types.MethodType(*restoration.values(facts)),
    "descriptor": make_descriptor,
    "global": make_global,
    "module": make_module,
    "class": make_class,
    "object": make_object,
    "shown": make_shown,
    "view": make_view,
    "marker": lambda restoration, text: Marker(text),
    "exception": make_exception,
    "value": make_value,
    "plain": lambda restoration, container: container,
    "list": lambda restoration, values: [],
    "dict": lambda restoration, entries: {},
    "set": lambda restoration, values: set(),
    "tuple": lambda restoration, values: tuple(restoration.values(values)),
    "frozenset": make_frozenset,
}
FILL: dict[str, Any] = {
    "globals": lambda restoration, index, names: restoration.objects[index].update(restoration.pairs(names)),
    "function": fill_function,
    "class": fill_class,
    "object": fill_object,
    "exception": fill_exception,
    "list": lambda restoration, index, values: restoration.objects[index].extend(restoration.values(values)),
}
FILL_LAST: dict[str, Any] = {
    "frame": fill_frame,
    "object": fill_object_last,
    "dict": fill_dict,
    "set": fill_set,
    "exception": finish_exception,
}
