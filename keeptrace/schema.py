"""The kinds of records in a table: what each stands for, and the name and the type of each of its fields.

One description for all who read records: vetting/ checks and measures them by it, docs/FORMAT.md is made of it. The
recorder writes, and restore.py (which travels alone) unpacks, a record's fields in the order in which they stand here.
"""

from __future__ import annotations

KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "class": (
        "a class that is made again, empty of code: instances are made by it",
        {
            "name": "name", "qualname": "name", "module": "name", "bases": "tuple of values",
            "attributes": "class attributes", "facts": "class facts",
        },
    ),
    "code": (
        "a code object, without instructions",
        {
            "name": "name", "qualname": "name", "filename": "filename", "first_line": "line", "counts": "counts",
            "names": "names", "marshaled": "marshaled",
        },
    ),
    "descriptor": ("a property, classmethod or staticmethod", {"which": "descriptor's kind", "function": "value"}),
    "dict": ("a dict", {"entries": "entries"}),
    "element": ("what another table of the same pickle holds", {"element": "element"}),
    "exception": ("an exception", {"cls": "reference", "facts": "exception facts"}),
    "frame": (
        "a frame; its variables are the dict of a function, None where they are the globals, else another dict",
        {
            "code": "code reference", "globals": "globals reference", "back": "frame reference or None",
            "position": "position", "variables": "local variables",
        },
    ),
    "frozenset": ("a frozenset", {"values": "list of values"}),
    "function": (
        "a function that says it was not recorded when it is called",
        {
            "name": "name", "qualname": "name", "module": "name or None", "signature": "signature",
            "globals": "globals reference or None", "doc": "text or None", "annotations": "annotations",
            "defaults": "tuple of values", "keyword_defaults": "namespace", "state": "namespace",
        },
    ),
    "global": (
        "what is there by its name; bases are an exception's, for where it is missing (left out where there are none)",
        {"module": "name", "qualname": "name", "bases": "tuple of values"},
    ),
    "globals": ("the variables of a module that a frame ran in", {"names": "module namespace"}),
    "list": ("a list", {"values": "list of values"}),
    "marker": ("what was not recorded, and shows itself as this text in angle brackets", {"text": "text"}),
    "method": ("a method, bound", {"function": "value", "owner": "value"}),
    "module": ("a module", {"name": "name", "about": "module facts"}),
    "object": (
        "an instance of a class: its content, where that is a container's or a number's, its attributes, its text",
        {"cls": "reference", "content": "content", "state": "namespace", "shown": "shown"},
    ),
    "plain": ("a list, tuple or dict of nothing but atoms", {"container": "plain container"}),
    "set": ("a set", {"values": "list of values"}),
    "shown": (
        "an instance of which only the representation is known",
        {"name": "name", "qualname": "name", "module": "name", "text": "text"},
    ),
    "traceback": (
        "a traceback; the next is the one further in",
        {"frame": "frame reference", "next": "traceback reference or None", "position": "position"},
    ),
    "tuple": ("a tuple", {"values": "tuple of values"}),
    "value": (
        "a value of the standard library that its constructor makes; shown where that is not possible",
        {"module": "name", "constructor": "name", "arguments": "tuple of values", "text": "text"},
    ),
    "view": ("a view of a dict", {"which": "view's kind", "of": "value"}),
}  # fmt: skip
"""The fields of each kind of record, in their order, behind the kind itself."""

CLASS_FACTS = {
    "compare": "names or None",
    "content": "name",
    "doc": "text or None",
    "exception": "flag",
    "fields": "names or None",
    "frozen": "flag",
    "hash": "flag",
    "members": "entries",
    "repr": "style",
}
"""What may be known of a class: the fields of a dataclass, those it compares, the builtin type of its content, ..."""

EXCEPTION_FACTS = {
    "args": "value",
    "text": "text or None",  # None: as its class makes it of what it holds
    "cause": "exception reference or None",
    "context": "exception reference or None",
    "suppress": "flag",
    "traceback": "traceback reference or None",
    "message": "text",
    "members": "exception references",
    "fields": "exception fields",
    "near": "near names",
    "state": "namespace",
}
"""What may be known of an exception; its arguments always are."""

TYPES = {
    "annotations": "a dict of texts by names",
    "class attributes": "a namespace",
    "class facts": "a dict of the facts about a class that are below",
    "code reference": "a reference to a code",
    "content": "a value; a list of values; or entries",
    "counts": "a tuple of four numbers: positional-only, positional and keyword-only parameters, co_flags",
    "descriptor's kind": "`'classmethod'`, `'property'` or `'staticmethod'`",
    "element": "an object of another table, which the pickle puts here",
    "entries": "a dict of values by atoms, or a list of pairs (tuples) of values",
    "exception facts": "a dict of the facts about an exception that are below",
    "exception fields": "a dict of values by the names of a builtin exception's fields (`errno`, `name`, `obj`, ...)",
    "exception reference or None": "a reference to an exception, or None",
    "exception references": "a list of references to exceptions",
    "filename": "a name",
    "flag": "True or False",
    "frame reference": "a reference to a frame",
    "frame reference or None": "a reference to a frame, or None",
    "globals reference": "a reference to a globals",
    "globals reference or None": "a reference to a globals, or None",
    "line": "a number from 0 on",
    "list of values": "a list of values",
    "local variables": "a namespace, a reference to a dict, or None",
    "marshaled": "None, or a tuple of the magic number of importlib and what `marshal` makes of the code object",
    "module facts": "a reference to a globals, None, or a dict of atoms by names",
    "module namespace": "a namespace",
    "name": "a text",
    "name or None": "a text, or None",
    "names": "a tuple of texts",
    "names or None": "a tuple of texts, or None",
    "namespace": "a dict of values by names",
    "near names": "a tuple of texts: names that Python may suggest",
    "plain container": "a list or tuple of atoms, or a dict of atoms by atoms",
    "position": "a tuple: first line, last line, first column, last column (UTF-8 bytes); the last three may be None",
    "reference": "a tuple of one number: the place of a record in the table",
    "shown": "a text; a number, the address that the default representation shows; or None: made of what it holds",
    "signature": "a tuple: name, filename, first line, counts, names of the parameters",
    "style": "what shows instances: `'address'`, `'content'`, `'cut'`, `'data'`, `'fields'`, `'maps'` or `'member'`",
    "text": "a text",
    "text or None": "a text, or None",
    "traceback reference or None": "a reference to a traceback, or None",
    "tuple of values": "a tuple of values",
    "value": "an atom (None, bool, int, float, complex, str, bytes), or a reference",
    "view's kind": "`'items'`, `'keys'` or `'values'`",
}
"""What the types of fields are, as docs/FORMAT.md says it."""

FORMS = {
    "same": ("count, value", "count times the value"),
    "integers": (
        "code, data",
        "integers as `struct` packs them, little-endian: code is `B`, `H`, `i` or `q`",
    ),
    "at": ("form of places", "references to these places"),
    "references": ("first, after", "references to the places from first to before after"),
    "tuples": ("list of forms", "tuples: the first form holds the first item of each, and so on"),
    "dicts": ("names, list of forms", "dicts that all have these names (a tuple); a form of values for each name"),
    "lists": ("lengths, form", "lists: the form holds the items of all, one list after the other; lengths is a list"),
    "rows": ("lengths, form", "tuples, as lists"),
    "items": ("lengths, form of keys, form of values", "dicts, as lists"),
}
"""The packed forms: their fields, and which values each stands for."""


def place(kind: str, field: str) -> int:
    """Return where a record of a kind has a field: behind the kind, which comes first."""
    return 1 + list(KINDS[kind][1]).index(field)
