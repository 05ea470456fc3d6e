"""Checks each record of a table by its kind: types, references, counts; and cleans what it shows.

A field's check takes the vetting and what the record has there, and returns what goes into the vetted record. What a
record of the recorder's can never hold is refused, with a message that says which record and why.
"""

from __future__ import annotations

import os
import sys
import types
from typing import TYPE_CHECKING, Any, NoReturn

from keeptrace import schema
from keeptrace.restore import OPTIMIZED, UNBOUND, VARARGS, VARKEYWORDS, MockType, attempt, check_format
from keeptrace.vetting import crashes, packed, sizes, standard, standard_values
from keeptrace.vetting.classes import Classes, are_pairs
from keeptrace.vetting.named import RECORDS, marker
from keeptrace.vetting.packed import ATOMS
from keeptrace.vetting.text import clean_name, clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[["Vetting", Any], Any]

LARGEST = 512 * 2**20  # characters, and 16 for each item: of all records together
LAST_LINE, LAST_COLUMN = 2**31 - 1, 10**7
MOST_LINES = 10**7  # of one position
MOST_NAMES = 50_000  # of one code object
ITEM = 16
FLAGS = 3  # of a code object's counts
HELPERS = frozenset([".cells", ".next", ".stands"])
NOT_IN_NAMESPACES = frozenset(["__builtins__", "__cached__", "__loader__", "__spec__"])
READ_BY_TRACEBACKS = frozenset(
    ["end_lineno", "end_offset", "filename", "lineno", "msg", "name_from", "offset", "print_file_and_line", "text"]
)  # of a SyntaxError and an ImportError: a class's attribute would stand before the checked one
RUN_BY_OTHERS = frozenset(["__dir__", "__getattr__"])  # of a module
KEPT_SPECIAL = frozenset(["__call__", "__init__"])
STYLES = ("address", "content", "cut", "data", "fields", "maps", "member")
CODE_SUFFIXES = (".py", ".pyw", ".pyx", ".pyi", ".ipynb")


class Refused(ValueError):
    """What a record holds that it cannot hold."""


class Earlier:
    """What was found out about the tables of one file that were checked already.

    most: characters, and 16 for each item, that the records and sources of all tables may hold together.
    spent: how many they hold so far.
    sizes: how large the restored objects are, by their ids.
    sources: by file name, as they were given.
    """

    def __init__(self, most: int = LARGEST) -> None:
        self.most, self.spent = most, 0
        self.sizes: dict[int, sizes.Size] = {}
        self.sources: dict[str, str] = {}


def vetted(table: dict[str, Any], earlier: Earlier | None = None) -> dict[str, Any]:
    """Return a table that is safe to restore and to show, made of one from elsewhere.

    Its "sizes" are how large each record is.

    Raises ValueError where it is none; the message says which record and why.
    """
    check_format(table)
    records, sources = table.get("records"), table.get("sources", {})
    paths, bare = table.get("paths", {}), table.get("bare", [])
    if type(records) is not list:
        raise ValueError(f"cannot restore a table whose records are a {type(records).__name__}, not a list")
    if type(sources) is not dict:
        raise ValueError(f"cannot restore a table whose sources are a {type(sources).__name__}, not a dict")
    if type(paths) is not dict:
        raise ValueError(f"cannot restore a table whose paths are a {type(paths).__name__}, not a dict")
    if type(bare) is not list:
        raise ValueError(f"cannot restore a table whose bare sources are a {type(bare).__name__}, not a list")
    earlier = earlier or Earlier()
    vetting = Vetting(packed.records(table, (earlier.most - earlier.spent) // ITEM), earlier)
    vetting.run()
    found = sizes.cut(vetting.records, vetting.classes, earlier.sizes)
    return {
        "format": table["format"],
        "bare": [name(vetting, each) for each in bare],
        "paths": vetting.paths(paths),
        "sources": vetting.sources(sources),
        "records": vetting.records,
        "sizes": found,
    }


class Vetting:
    """One table being checked: the records given, and those made of them so far."""

    def __init__(self, records: list[Any], earlier: Earlier) -> None:
        self.given, self.earlier = records, earlier
        self.records: list[Any] = list(records)
        self.index = 0
        self.patterns = [0]
        self.plain: set[int] = set()
        self.files: set[str] = set()
        self.classes = Classes(self.records)

    def run(self) -> None:
        for step in (self.check_kind, self.check_fields, self.check_relations):
            for index in range(len(self.given)):
                self.index = index
                try:
                    step(self.records[index])
                except ValueError as error:
                    kind = self.kind(index)
                    raise ValueError(f"cannot restore record {index} of the table, {kind}: {error}") from error
        crashes.check(self.records)

    def kind(self, index: int) -> str:
        record = self.given[index]
        return f"{record[0]!a:.40}" if type(record) is tuple and record else f"a {type(record).__name__}"

    def check_kind(self, record: Any) -> None:
        """Check that it is a record of a known kind, and settle what the standard library's names stand for."""
        if type(record) is not tuple or not record or type(record[0]) is not str:
            refuse("a tuple that starts with its kind is expected", record)
        kind, *fields = record
        checks = CHECKED.get(kind)
        if checks is None:
            refuse("this kind of record is not known", kind)
        if kind == "global" and len(fields) == 2:
            fields.append(())
        if len(fields) != len(checks):
            refuse(f"{len(checks)} fields are expected", len(fields))
        if kind == "global":
            module, qualname, bases = (check(self, field) for check, field in zip(checks, fields, strict=True))
            self.records[self.index] = standard.stand_in(module, qualname, bases)

    def check_fields(self, record: Any) -> None:
        kind, *fields = record
        if kind == "element" and self.given[self.index][0] == "global":
            return
        checked = [check(self, field) for check, field in zip(CHECKED[kind], fields, strict=True)]
        self.records[self.index] = RECORDS[kind](kind, *checked)

    def check_relations(self, record: Any) -> None:
        check = RELATIONS.get(record[0])
        if check is not None:
            check(self, record)

    def at(self, reference: Any) -> Any:
        """Return the record that a reference stands for."""
        return self.records[reference[0]]

    def spend(self, size: int) -> None:
        """Count what is copied: the same text or list may stand in many records."""
        self.earlier.spent += size
        if self.earlier.spent > self.earlier.most:
            raise Refused(f"the records hold more than {self.earlier.most:,} characters and items together")

    def paths(self, paths: dict[str, str]) -> dict[str, str]:
        """Return the absolute paths of the files whose names are relative."""
        if not {str}.issuperset(map(type, [*paths, *paths.values()])):
            raise ValueError("cannot restore a table whose paths are not text by file name")
        return {name(self, relative): name(self, path) for relative, path in paths.items()}

    def sources(self, sources: dict[str, str]) -> dict[str, str]:
        """Return the sources that can be shown, and nothing for files that are not to be opened as source.

        Those of an earlier table are there already.
        """
        kept: dict[str, str] = {}
        for name, text in sources.items():
            if type(name) is not str or type(text) is not str:
                raise ValueError("cannot restore a table whose sources are not text by file name")
            if self.earlier.sources.get(name) is not text:
                self.spend(len(text) + ITEM * text.count("\n"))
                self.earlier.sources[name] = text
                kept[filename(self, name)] = clean_text(text)
        for name in self.files.difference(kept, map(clean_name, self.earlier.sources)):
            if not is_source_file(name):
                kept[name] = ""
        return kept


def refuse(expected: str, given: Any) -> NoReturn:
    raise Refused(f"{expected}, not {given!a:.100}" if type(given) in ATOMS else f"{expected}, not {shape(given)}")


def shape(given: Any) -> str:
    return f"a {type(given).__name__}" + (f" of {len(given)}" if isinstance(given, (tuple, list, dict)) else "")


def is_source_file(name: str) -> bool:
    """Tell whether a file may be opened to show its lines: no device, no pipe, nothing on another machine."""
    is_remote = name.startswith(("\\\\", "//"))
    is_code = name.lower().endswith(CODE_SUFFIXES)
    return is_code and not is_remote and (os.path.isfile(name) or not os.path.exists(name))


# ---------------------------------------------------------------------------------------------------------------------
# Fields
# ---------------------------------------------------------------------------------------------------------------------


def value(vetting: Vetting, given: Any) -> Any:
    return reference(vetting, given) if type(given) is tuple else atom(vetting, given)


def atom(vetting: Vetting, given: Any) -> Any:
    return given if type(given) in ATOMS else refuse("a value or a reference is expected", given)


def reference(vetting: Vetting, given: Any) -> Any:
    if type(given) is not tuple or len(given) != 1 or type(given[0]) is not int:
        refuse("a reference is expected", given)
    if not 0 <= given[0] < len(vetting.given):
        refuse(f"a reference to one of {len(vetting.given)} records is expected", given[0])
    return given


def reference_to(*kinds: str) -> Check:
    def check(vetting: Vetting, given: Any) -> Any:
        if vetting.at(reference(vetting, given))[0] not in kinds:
            refuse(f"a reference to a record of {' or '.join(kinds)} is expected", vetting.given[given[0]][0])
        return given

    return check


def optional(check: Check) -> Check:
    return lambda vetting, given: None if given is None else check(vetting, given)


def instance(*kinds: type) -> Check:
    expected = " or ".join(kind.__name__ for kind in kinds)
    return lambda vetting, given: given if type(given) in kinds else refuse(f"a {expected} is expected", given)


def name(vetting: Vetting, given: Any) -> str:
    instance(str)(vetting, given)
    vetting.spend(len(given))
    return clean_name(given)


def text(vetting: Vetting, given: Any) -> str:
    instance(str)(vetting, given)
    vetting.spend(len(given))
    return clean_text(given)


def filename(vetting: Vetting, given: Any) -> str:
    found = name(vetting, given)
    vetting.files.add(found)
    return found


def values(vetting: Vetting, given: Any) -> Any:
    instance(tuple, list)(vetting, given)
    vetting.spend(ITEM * len(given))
    for item in given:
        value(vetting, item)
    return given


def list_of_values(vetting: Vetting, given: Any) -> Any:
    return list(values(vetting, given))


def tuple_of_values(vetting: Vetting, given: Any) -> Any:
    return tuple(values(vetting, given))


def entries(vetting: Vetting, given: Any) -> Any:
    """Check the items of a dict: a dict whose keys are atoms, or a list of pairs."""
    if type(given) is dict:
        for key in given:
            atom(vetting, key)
        values(vetting, list(given.values()))
        return given
    instance(list, dict)(vetting, given)
    for pair in given:
        if type(pair) is not tuple or len(pair) != 2:
            refuse("a pair is expected", pair)
        values(vetting, pair)
    return list(given)


def namespace(vetting: Vetting, given: Any) -> Any:
    """Check named values: attributes, variables."""
    if type(given) is not dict:
        refuse("a dict is expected", given)
    values(vetting, list(given.values()))
    return {name_of_value(vetting, key): item for key, item in given.items() if key not in NOT_IN_NAMESPACES}


def name_of_value(vetting: Vetting, given: Any) -> Any:
    return name(vetting, given) if type(given) is str else str(atom(vetting, given))


def module_namespace(vetting: Vetting, given: Any) -> Any:
    """Check a module's variables, of which Python calls some."""
    return {
        key: item
        for key, item in namespace(vetting, given).items()
        if key not in RUN_BY_OTHERS or is_kind(vetting, item, "function")
    }


def is_kind(vetting: Vetting, given: Any, *kinds: str) -> bool:
    return type(given) is tuple and vetting.at(given)[0] in kinds


def about_module(vetting: Vetting, given: Any) -> Any:
    if given is None or type(given) is tuple:
        return optional(reference_to("globals"))(vetting, given)
    return {key: atom(vetting, item) for key, item in namespace(vetting, given).items()}


def whole_number(lowest: int, highest: int) -> Check:
    def check(vetting: Vetting, given: Any) -> Any:
        if type(given) is not int or not lowest <= given <= highest:
            refuse(f"a number from {lowest} to {highest} is expected", given)
        return given

    return check


line = whole_number(0, LAST_LINE)
column = whole_number(0, LAST_COLUMN)


def position(vetting: Vetting, given: Any) -> Any:
    if type(given) is not tuple or len(given) != 4:
        refuse("a position is expected", given)
    first, last, start, end = given
    line(vetting, first)
    if (last, start, end) != (None, None, None):
        whole_number(first, min(first + MOST_LINES - 1, LAST_LINE))(vetting, last)
        column(vetting, start)
        whole_number(start if first == last else 0, LAST_COLUMN)(vetting, end)
    return given


def counts(vetting: Vetting, given: Any) -> Any:
    """Check the numbers of parameters: (positional-only, positional, keyword-only, flags)."""
    if type(given) is not tuple or len(given) != 4:
        refuse("four counts are expected", given)
    positional_only, positional, keyword_only, flags = given
    number = whole_number(0, MOST_NAMES)
    for count in (number(vetting, positional), number(vetting, keyword_only)):
        whole_number(0, MOST_NAMES)(vetting, count)
    whole_number(0, positional)(vetting, positional_only)
    whole_number(0, 2**32)(vetting, flags)
    return (positional_only, positional, keyword_only, flags & (OPTIMIZED | VARARGS | VARKEYWORDS))


def names(vetting: Vetting, given: Any) -> tuple[str, ...]:
    if type(given) is not tuple or len(given) > MOST_NAMES:
        refuse(f"a tuple of at most {MOST_NAMES:,} names is expected", given)
    vetting.spend(10 * ITEM * len(given))
    found = tuple(name(vetting, item) for item in given)
    if not HELPERS.isdisjoint(found):
        refuse("a variable's name is expected", next(item for item in found if item in HELPERS))
    return found


def signature(vetting: Vetting, given: Any) -> Any:
    """Check a function's code: name, file, first line, counts, names of the parameters."""
    if type(given) is not tuple or len(given) != 5:
        refuse("a code's facts are expected", given)
    checks = (name, filename, line, counts, names)
    found = tuple(check(vetting, part) for check, part in zip(checks, given, strict=True))
    parameters(found[3], found[4])
    return found


def parameters(given: Any, found: Any) -> list[str]:
    """Return the names of the parameters; they must be there, and be names that parameters can have."""
    total = given[1] + given[2] + bool(given[3] & VARARGS) + bool(given[3] & VARKEYWORDS)
    bound = list(found[:total])
    if len(set(bound)) != total or not UNBOUND.isdisjoint(bound):
        refuse(f"{total} names of parameters are expected", ", ".join(bound))
    return bound


def nothing(vetting: Vetting, given: Any) -> None:
    """Leave out what would have to be trusted: the instructions of a code object."""


def annotation_texts(vetting: Vetting, given: Any) -> dict[str, str]:
    instance(dict)(vetting, given)
    return {name(vetting, key): text(vetting, item) for key, item in given.items()}


def plain(vetting: Vetting, given: Any) -> Any:
    """Check a container of atoms, which comes back as it is."""
    instance(list, tuple, dict)(vetting, given)
    if id(given) not in vetting.plain:
        vetting.spend(ITEM * len(given))
        items = [*given, *given.values()] if type(given) is dict else given
        if not ATOMS.issuperset(map(type, items)):
            refuse("a container of plain values is expected", next(item for item in items if type(item) not in ATOMS))
        vetting.plain.add(id(given))
    return given


def element(vetting: Vetting, given: Any) -> Any:
    """Check an object that another table of the same dump was restored to: it was vetted there."""
    if isinstance(given, type):
        is_restored = isinstance(given, MockType) or issubclass(given, BaseException) or standard.is_real_class(given)
    else:
        inner = given.__func__ if isinstance(given, (types.MethodType, staticmethod)) else given
        is_function = isinstance(inner, types.FunctionType) and "__keeptrace__" in vars(inner)
        is_restored = is_function or isinstance(type(inner), MockType) or not callable(inner)
    return given if is_restored else refuse("something restored is expected", f"a {type(given).__name__}")


def class_attributes(vetting: Vetting, given: Any) -> Any:
    """Check what a mock's class holds: of special names only what never runs by itself."""
    found = namespace(vetting, given)
    return {key: item for key, item in found.items() if not is_special(key) or is_inert_special(vetting, key, item)}


def is_special(key: str) -> bool:
    return key.startswith("__") and key.endswith("__")


def is_inert_special(vetting: Vetting, key: str, given: Any) -> bool:
    return key in KEPT_SPECIAL and is_kind(vetting, given, "function", "descriptor")


def class_facts(vetting: Vetting, given: Any) -> dict[str, Any]:
    instance(dict)(vetting, given)
    return {**facts(vetting, given, schema.CLASS_FACTS), "stand_in": True}  # whatever is imported here under its name


def field_names(vetting: Vetting, given: Any) -> tuple[str, ...]:
    instance(tuple)(vetting, given)
    return tuple(name(vetting, item) for item in given if type(item) is str and not is_special(item))


def style(vetting: Vetting, given: Any) -> Any:
    return given if given in STYLES else refuse(f"one of {', '.join(STYLES)} is expected", given)


def shown(vetting: Vetting, given: Any) -> Any:
    return text(vetting, given) if type(given) is str else optional(whole_number(0, 2**64))(vetting, given)


def content(vetting: Vetting, given: Any) -> Any:
    """Check what an instance holds as a container, str or number; its class is looked at later."""
    if type(given) is dict or are_pairs(given):
        return entries(vetting, given)
    if type(given) in (tuple, list):
        return list_of_values(vetting, given)
    if type(given) in (str, bytes):
        vetting.spend(len(given))
    return atom(vetting, given)


def one_of(*texts: str) -> Check:
    return lambda vetting, given: given if given in texts else refuse(f"one of {', '.join(texts)} is expected", given)


exception_reference = reference_to("exception", "element")


def exception_facts(vetting: Vetting, given: Any) -> dict[str, Any]:
    instance(dict)(vetting, given)
    if "args" not in given:
        refuse("a value is expected", "no args")
    return facts(vetting, given, schema.EXCEPTION_FACTS)


def facts(vetting: Vetting, given: dict[Any, Any], known: dict[str, str]) -> dict[str, Any]:
    """Check the facts that are known; others are left out."""
    return {key: CHECKS[known[key]](vetting, item) for key, item in given.items() if key in known}


def members(vetting: Vetting, given: Any) -> Any:
    instance(list)(vetting, given)
    return [exception_reference(vetting, item) for item in given]


def exception_fields(vetting: Vetting, given: Any) -> dict[str, Any]:
    instance(dict)(vetting, given)
    found = {key: FIELDS[key](vetting, item) for key, item in given.items() if key in FIELDS}
    return {} if found.keys() & UNICODE_FIELDS and not unicode_fields_fit(found) else found


UNICODE_FIELDS = ("encoding", "object", "start", "end", "reason")


def unicode_fields_fit(fields: dict[str, Any]) -> bool:
    """Tell whether the facts of a UnicodeError hold together: CPython reads memory by them (gh-123378)."""
    held, start, end = fields.get("object"), fields.get("start"), fields.get("end")
    texts = [fields.get("encoding", ""), fields.get("reason")]
    if not isinstance(held, (str, bytes)) or not isinstance(end, int) or {str} != set(map(type, texts)):
        return False
    return type(start) is int and 0 <= start < end <= len(held)


def printed_text(vetting: Vetting, given: Any) -> Any:
    """Check what tracebacks print of a SyntaxError or look for of an ImportError: text, or nothing."""
    return text(vetting, given) if type(given) is str else None


def printed_number(most: int) -> Check:
    return lambda vetting, given: given if type(given) is int and -LAST_COLUMN <= given <= most else None


def near_names(vetting: Vetting, given: Any) -> Any:
    """Check names that may be suggested; no special ones, which Python itself looks up."""
    found = [name_of_value(vetting, each) for each in tuple_of_values(vetting, given)]
    return tuple(each for each in found if not each.startswith("__"))


NOT_PRINTED = frozenset(["obj", "object", "value"])
FIELDS: dict[str, Check] = {
    **dict.fromkeys(["name", "code", "errno", "filename", "filename2", "strerror", "msg", "path"], value),
    **dict.fromkeys(["obj", "object", "value", "encoding", "reason", "start", "end"], value),
    **dict.fromkeys(["text", "print_file_and_line", "name_from"], printed_text),
    **dict.fromkeys(["lineno", "end_lineno"], printed_number(LAST_LINE)),
    **dict.fromkeys(["offset", "end_offset"], printed_number(LAST_COLUMN)),
}


def local_variables(vetting: Vetting, given: Any) -> Any:
    if type(given) is dict:
        return namespace(vetting, given)
    return optional(reference_to("dict"))(vetting, given)


CHECKS: dict[str, Check] = {
    "annotations": annotation_texts,
    "class attributes": class_attributes,
    "class facts": class_facts,
    "code reference": reference_to("code"),
    "content": content,
    "counts": counts,
    "descriptor's kind": one_of("classmethod", "property", "staticmethod"),
    "element": element,
    "entries": entries,
    "exception facts": exception_facts,
    "exception fields": exception_fields,
    "exception reference or None": optional(exception_reference),
    "exception references": members,
    "filename": filename,
    "flag": instance(bool),
    "frame reference": reference_to("frame"),
    "frame reference or None": optional(reference_to("frame")),
    "globals reference": reference_to("globals"),
    "globals reference or None": optional(reference_to("globals")),
    "line": line,
    "list of values": list_of_values,
    "local variables": local_variables,
    "marshaled": nothing,
    "module facts": about_module,
    "module namespace": module_namespace,
    "name": name,
    "name or None": optional(name),
    "names": names,
    "names or None": optional(field_names),
    "namespace": namespace,
    "near names": near_names,
    "plain container": plain,
    "position": position,
    "reference": reference,
    "shown": shown,
    "signature": signature,
    "style": style,
    "text": text,
    "text or None": optional(text),
    "traceback reference or None": optional(reference_to("traceback", "element")),
    "tuple of values": tuple_of_values,
    "value": value,
    "view's kind": one_of("items", "keys", "values"),
}
"""What checks each type of field (schema.TYPES)."""

CHECKED = {kind: [CHECKS[each] for each in fields.values()] for kind, (_, fields) in schema.KINDS.items()}


# ---------------------------------------------------------------------------------------------------------------------
# What several records must be together
# ---------------------------------------------------------------------------------------------------------------------


def code_relation(vetting: Vetting, record: Any) -> None:
    parameters(record.counts, record.names)


def frame_relation(vetting: Vetting, record: Any) -> None:
    """Check that only a function's frame has variables of its own."""
    is_function = bool(vetting.at(record.code).counts[FLAGS] & OPTIMIZED)
    if is_function != (type(record.variables) is dict):
        refuse(f"{'a dict' if is_function else 'None or a reference'} is expected for the variables", record.variables)


def class_relation(vetting: Vetting, record: Any) -> None:
    vetting.classes.check(vetting.index)
    if vetting.classes.is_exception(vetting.index):
        for key in READ_BY_TRACEBACKS.intersection(record.attributes):
            del record.attributes[key]


def object_relation(vetting: Vetting, record: Any) -> None:
    vetting.classes.check_content(record.cls[0], record.content)


def exception_relation(vetting: Vetting, record: Any) -> None:
    if not vetting.classes.is_exception(record.cls[0]):
        refuse("a reference to an exception's class is expected", record.cls[0])
    facts, cls = record.facts, vetting.at(record.cls)
    if "text" not in facts:
        facts["text"] = text_of_plain(vetting, cls, facts["args"])
    for key in ("cause", "context", "traceback"):
        found = facts.get(key)
        kind = types.TracebackType if key == "traceback" else BaseException
        if is_kind(vetting, found, "element") and not isinstance(vetting.at(found).element, kind):
            refuse(f"a {kind.__name__} is expected for {key}", found[0])
    fields, state = facts.get("fields", {}), facts.get("state", {})
    if not is_imported(cls, fields.get("name")):
        fields.pop("name_from", None)
    if "obj" not in fields:
        facts.pop("near", None)
    fields.update((name, printed(vetting, item)) for name, item in fields.items() if name not in NOT_PRINTED)
    notes = printed(vetting, state.get("__notes__"))
    state.update({"__notes__": notes} if type(notes) is str else {})
    if is_kind(vetting, notes, "plain", "list", "tuple"):
        kind, held = vetting.at(notes)
        if type(held) is not dict:
            shown = type(held)(printed(vetting, value) for value in held)
            vetting.records[notes[0]] = RECORDS[kind](kind, shown)


def text_of_plain(vetting: Vetting, cls: Any, args: Any) -> str:
    """Return what a builtin exception makes of plain arguments; nothing for others, which run code or may be long."""
    held: Any = vetting.at(args)[1] if is_kind(vetting, args, "plain", "tuple") else None
    is_plain = type(held) is tuple and ATOMS.issuperset(map(type, held))
    if cls.kind != "element" or cls.element.__module__ != "builtins" or not is_plain:
        return ""
    is_made, made = attempt(cls.element, *held)
    return text(vetting, text_of(made)) if is_made else ""


def text_of(exception: BaseException) -> str:
    """Return str() of an exception of plain data, as its own class makes it."""
    fields = {name: getattr(exception, name, "") for name in UNICODE_FIELDS}
    if isinstance(exception, UnicodeError) and "start" in dir(exception) and not unicode_fields_fit(fields):
        return ""
    is_text, found = attempt(str, exception)
    return found if is_text else ""


def is_imported(cls: Any, module: Any) -> bool:
    """Tell whether tracebacks find a module that is imported already: to suggest a name, they import what `name` says.

    A class of the dump's own might have another `name` for them.
    """
    is_builtin = cls.kind == "element" and cls.element in (ImportError, ModuleNotFoundError)
    return is_builtin and type(module) is str and module in sys.modules and standard.imported(module) is not None


def printed(vetting: Vetting, given: Any) -> Any:
    """Return a value that tracebacks print, as text that can be printed where it is text."""
    if is_kind(vetting, given, "object") and type(vetting.at(given).content) is str:
        given = vetting.at(given).content
    return clean_text(given) if type(given) is str else given


def traceback_relation(vetting: Vetting, record: Any) -> None:
    is_element = is_kind(vetting, record.next, "element")
    if is_element and not isinstance(vetting.at(record.next).element, types.TracebackType):
        refuse("a reference to a traceback is expected", record.next[0])


def method_relation(vetting: Vetting, record: Any) -> None:
    """Bind functions only: they do nothing."""
    if not is_kind(vetting, record.function, "function"):
        vetting.records[vetting.index] = marker("method: its function was not recorded")


def module_relation(vetting: Vetting, record: Any) -> None:
    """Leave a standard module that is not imported here an empty one: what looks at attributes would import it."""
    if record.about is None and standard.imported(record.name) is None:
        vetting.records[vetting.index] = record._replace(about={})


def value_relation(vetting: Vetting, record: Any) -> None:
    _, module, constructor, arguments, shows = record
    if not standard_values.is_allowed(module, constructor, arguments, vetting.records, vetting.patterns):
        vetting.records[vetting.index] = RECORDS["shown"]("shown", constructor, constructor, module, shows)
    elif arguments and type(arguments[0]) is bytes:
        vetting.spend(len(arguments[0]))


def view_relation(vetting: Vetting, record: Any) -> None:
    of: Any = vetting.at(record.of) if type(record.of) is tuple else None
    if is_kind(vetting, record.of, "shown", "marker"):
        text = of.text if of.kind == "shown" else f"<{of.text}>"
        vetting.spend(len(text))
        vetting.records[vetting.index] = marker(f"dict_{record.which} of {text}")
    elif of is None or not is_dict(vetting, of):
        vetting.records[vetting.index] = marker(f"dict_{record.which}: its dict was not recorded")


def is_dict(vetting: Vetting, record: Any) -> bool:
    """Tell whether what is restored of a record is a dict."""
    if record.kind == "object":
        return dict in vetting.classes.nature(record.cls[0]).content
    return record.kind in ("dict", "globals") or (record.kind == "plain" and type(record.container) is dict)


RELATIONS: dict[str, Callable[[Vetting, Any], None]] = {
    "class": class_relation,
    "code": code_relation,
    "exception": exception_relation,
    "frame": frame_relation,
    "method": method_relation,
    "module": module_relation,
    "object": object_relation,
    "traceback": traceback_relation,
    "value": value_relation,
    "view": view_relation,
}
