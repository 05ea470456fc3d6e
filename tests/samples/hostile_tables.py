"""Tables that the recorder never writes: what is refused, and crashes to be made hostile. Any Python from 3.8."""

GLOBALS = ("globals", {"__name__": "app"})
CODE = ("code", "f", "f", "/srv/app.py", 1, (0, 0, 0, 3), ("a",), None)
MODULE_CODE = ("code", "<module>", "<module>", "/srv/app.py", 1, (0, 0, 0, 0), (), None)
FRAME = ("frame", (1,), (0,), None, (1, None, None, None), {"a": 1})
TRACEBACK = ("traceback", (2,), None, (1, None, None, None))
STACK = (GLOBALS, CODE, FRAME, TRACEBACK)
ERROR = ("global", "builtins", "ValueError", ())
NO_ARGUMENTS = ("plain", ())


def table(*records, **more):
    return {"format": 1, "python": (3, 11, 7), "sources": {}, "records": list(records), **more}


def exception(cls=(0,), **facts):
    return ("exception", cls, {"args": (1,), "text": "", **facts})


def mock(*bases, **facts):
    return ("class", "Mock", "Mock", "app", bases, {}, facts)


def builtin(name):
    return ("global", "builtins", name, ())


def frames(count, kind="function"):
    """Return a table of nested frames, each with its traceback: of functions, modules or class bodies."""
    records = [GLOBALS, CODE if kind == "function" else MODULE_CODE]
    outer = None
    at = []
    for _ in range(count):
        variables = {"a": 1} if kind == "function" else None
        if kind == "body":
            records.append(("dict", {"a": 1}))
            variables = (len(records) - 1,)
        records.append(("frame", (1,), (0,), outer, (1, None, None, None), variables))
        outer = (len(records) - 1,)
        at.append(outer)
    inner = None
    for frame in reversed(at):
        records.append(("traceback", frame, inner, (1, None, None, None)))
        inner = (len(records) - 1,)
    return table(*records)


def replaced(record, at, value):
    return (*record[:at], value, *record[at + 1 :])


WRONG_FORMATS = [
    (None, "cannot restore a crash of table format None: this is no table of keeptrace's"),
    ("1", "cannot restore a crash of table format '1': this is no table of keeptrace's"),
    (True, "cannot restore a crash of table format True: this is no table of keeptrace's"),
    (0, "cannot restore a crash of table format 0: this is no table of keeptrace's"),
    (10**30, "cannot restore a crash of table format %d: this restorer knows formats up to 1; load it with a newer "
             "keeptrace" % 10**30),
]  # fmt: skip


class Broken:
    """A class of somebody's."""


def packed(*form, places=0, count=2):
    """Return a table with packed records, whose places are the first ones."""
    return table(*[()] * count, packed=[(places, form[0] if len(form) == 1 else form)])


def alike(*columns, **more):
    return packed("tuples", list(columns), **more)


UNPACKED = "cannot restore packed records 0 of the table: "
DICTS = ("same", 2, "dict")


def methods(*columns, places=1, owner=0, cls=("class", "C", "C", "m", (), {}, {}), names="first\0second"):
    """Return a table with a class and two packed functions that are its attributes."""
    code = ("code", "f.py", 1, (0, 0, 0, 3), ())
    facts = ("function", None, "C.f", "m", code, None, None, {}, (), {}, {})
    functions = [("same", 2, fact) for fact in facts]
    functions[1] = names
    return table(cls, (), (), packed=[(places, ("tuples", list(columns) or functions), owner)])


NO_CLASS = UNPACKED + "the first place of functions and the place of their class are expected"
NO_METHODS = UNPACKED + "functions of a class are expected"

REFUSED = {
    "packed records that are no list": (table(packed=()), "cannot restore a table whose packed records are a tuple"),
    "packed records without a form": (table((), packed=[(0,)]), UNPACKED + "their places and a form are expected"),
    "packed records of nothing": (packed(None), UNPACKED + "a form is expected"),
    "packed records without columns": (alike(), UNPACKED + "columns of one length are expected"),
    "packed records of columns that differ": (alike(DICTS, [1]), UNPACKED + "columns of one length are expected"),
    "packed records in no places": (alike(DICTS, [{}, {}], places=None), UNPACKED + "2 places are expected"),
    "packed records in too few places": (alike(DICTS, [{}, {}], places=[0]), UNPACKED + "2 places are expected"),
    "packed records beyond the others": (alike(DICTS, [{}, {}], places=1), UNPACKED + "2 places are expected"),
    "packed records before the others": (alike(DICTS, [{}, {}], places=-1), UNPACKED + "2 places are expected"),
    "packed records in a place beyond": (alike(DICTS, [{}, {}], places=[0, 2]), UNPACKED + "2 places are expected"),
    "a form that is not known": (alike(DICTS, ("eval", "1")), UNPACKED + "a form is expected"),
    "a form whose name is no text": (alike(DICTS, (["same"], 2, 1)), UNPACKED + "a form is expected"),
    "a form of half an address": (alike(DICTS, b"123456789"), UNPACKED + "a form is expected"),
    "integers of no size": (alike(DICTS, ("integers", "P", b"12")), UNPACKED + "the bytes of whole integers are expected"),
    "integers of a format": (alike(DICTS, ("integers", "9i", b"12")), UNPACKED + "the bytes of whole integers are exp"),
    "half an integer": (alike(DICTS, ("integers", "H", b"123")), UNPACKED + "the bytes of whole integers are expected"),
    "integers in a text": (alike(DICTS, ("integers", "B", "12")), UNPACKED + "'integers' has other facts"),
    "more integers than records": (alike(DICTS, ("integers", "B", b"123")), UNPACKED + "columns of one length are exp"),
    "integers for records": (packed("integers", "B", b"12"), "record 0 of the table, a int: a tuple that starts with"),
    "references to nothing": (alike(DICTS, ("at", None)), UNPACKED + "a form is expected"),
    "references in references": (packed("at", ("at", [0, 1])), "record 0 of the table, (0,): a tuple that starts"),
    "packed references beyond the records": (
        alike(DICTS, ("dicts", ("a",), [("at", ("integers", "B", b"\0\2"))])),
        "record 1 of the table, 'dict': a reference to one of 2 records is expected, not 2",
    ),
    "packed references to a text": (
        alike(DICTS, ("dicts", ("a",), [("at", "0\0001")])), "record 0 of the table, 'dict': a reference is expected",
    ),
    "a form that lacks a fact": (alike(DICTS, ("same", 2)), UNPACKED + "'same' has other facts"),
    "a form of less than nothing": (alike(("same", -1, "dict")), UNPACKED + "no number of values is expected to be"),
    "a form of a thousand million": (alike(("same", 10**9, "dict")), UNPACKED + "too much is packed in them"),
    "forms in each other": (
        packed("tuples", [("lists", [2] * 10**6, ("same", 2 * 10**6, 1))] * 20), UNPACKED + "too much is packed in them",
    ),
    "references beyond the records": (alike(DICTS, ("references", 1, 3)), UNPACKED + "references to 2 records are exp"),
    "references backwards": (alike(DICTS, ("references", 1, 0)), UNPACKED + "references to 2 records are expected"),
    "dicts with a name too many": (alike(DICTS, ("dicts", ("a", "b"), [[1, 2]])), UNPACKED + "a name for each column"),
    "dicts with a name that is no text": (alike(DICTS, ("dicts", ([],), [[1, 2]])), UNPACKED + "a name for each colu"),
    "lists with fewer items": (alike(DICTS, ("lists", [1, 2], [1, 2])), UNPACKED + "as many items as all lengths tog"),
    "lists with negative lengths": (alike(DICTS, ("lists", [3, -1], [1, 2])), UNPACKED + "as many items as all lengt"),
    "items with fewer values": (alike(DICTS, ("items", [1, 1], ["a", "b"], [1])), UNPACKED + "as many items as all le"),
    "items with keys that are references": (
        alike(DICTS, ("items", [1, 1], ["a", (0,)], [1, 2])), UNPACKED + "keys are expected to be plain values",
    ),
    "items with keys that are lists": (
        alike(DICTS, ("items", [1, 1], ["a", []], [1, 2])), UNPACKED + "keys are expected to be plain values",
    ),
    "items with keys of one hash": (
        alike(("same", 1, "dict"), ("items", [999], [n * (2**61 - 1) for n in range(999)], [1] * 999), count=1),
        UNPACKED + "keys of different hashes are expected",
    ),
    "methods of nothing": (methods(owner=None), NO_CLASS),
    "methods of a class by its name": (methods(owner="C"), NO_CLASS),
    "methods of a class beyond the records": (methods(owner=3), NO_CLASS),
    "methods of a class before the records": (methods(owner=-1), NO_CLASS),
    "methods in several places": (methods(places=[1, 2]), NO_CLASS),
    "methods of what is no class": (methods(cls=("plain", ())), NO_METHODS),
    "methods of a class that lacks facts": (methods(cls=("class", "C", "C", "m", (), {})), NO_METHODS),
    "methods of a class whose attributes are a list": (methods(cls=("class", "C", "C", "m", (), [], {})), NO_METHODS),
    "methods of themselves": (methods(owner=1), NO_METHODS),
    "methods that are dicts": (methods(DICTS, [{}, {}]), NO_METHODS),
    "methods without names": (methods(names=("same", 2, None)), NO_METHODS),
    "methods whose names are lists": (methods(names=[[], []]), NO_METHODS),
    "packed records that are none": (packed([1, 2]), "record 0 of the table, a int: a tuple that starts with its kind"),
    "packed records that lack one": (
        alike(("same", 1, "dict"), [{}]), "record 1 of the table, a tuple: a tuple that starts with its kind",
    ),
    "packed references that lead nowhere": (
        alike(DICTS, ("dicts", ("a",), [[(7,), 2]])), "record 0 of the table, 'dict': a reference to one of 2 records",
    ),

    "records that are no tuples": (table({"a": 1}, 7), "record 0 of the table, a dict: a tuple that starts with its kind"),
    "records that are no list": ({"format": 1, "records": ()}, "cannot restore a table whose records are a tuple"),
    "sources that are no dict": (table(sources=[]), "cannot restore a table whose sources are a list, not a dict"),
    "sources of bytes": (table(sources={"a": b""}), "cannot restore a table whose sources are not text"),
    "a record that is a list": (table(["list", []]), "record 0 of the table, a list: a tuple that starts"),
    "a record without a kind": (table(()), "record 0 of the table, a tuple: a tuple that starts"),
    "an unknown kind": (table(("spell", 1)), "'spell': this kind of record is not known, not 'spell'"),
    "too few fields": (table(("list",)), "'list': 1 fields are expected, not 0"),
    "too many fields": (table(("list", [], [])), "'list': 1 fields are expected, not 2"),
    "a list that is text": (table(("list", "abc")), "a tuple or list is expected, not 'abc'"),
    "a value that is a set": (table(("list", [{1}])), "a value or a reference is expected, not a set"),
    "a negative index": (table(("list", [(-1,)])), "a reference to one of 1 records is expected, not -1"),
    "an index out of range": (table(("list", [(1,)])), "a reference to one of 1 records is expected, not 1"),
    "an index that is text": (table(("list", [("0",)])), "a reference is expected, not a tuple of 1"),
    "an index that is True": (table(("list", [(True,)])), "a reference is expected, not a tuple of 1"),
    "a pair that is none": (table(("dict", [(1,)])), "a pair is expected, not a tuple of 1"),
    "a key that is a list": (table(("dict", {(1, 2): 3})), "a value or a reference is expected, not a tuple of 2"),
    "plain values that refer": (table(("plain", [(0,)])), "a container of plain values is expected, not a tuple of 1"),
    "a name that is a number": (table(("shown", 1, "x", "y", "z")), "a str is expected, not 1"),
    "a frame of a list": (
        table(GLOBALS, ("list", []), FRAME),
        "record 2 of the table, 'frame': a reference to a record of code is expected, not 'list'",
    ),
    "a frame in itself": (
        table(GLOBALS, CODE, replaced(FRAME, 3, (2,))),
        "record 2 of the table, 'frame': a chain that ends is expected",
    ),
    "frames in each other": (
        table(GLOBALS, CODE, replaced(FRAME, 3, (3,)), replaced(FRAME, 3, (2,))),
        "record 2 of the table, 'frame': a chain that ends is expected",
    ),
    "a function's frame without variables": (
        table(GLOBALS, CODE, replaced(FRAME, 5, None)),
        "'frame': a dict is expected for the variables, not None",
    ),
    "a module's frame with variables": (
        table(GLOBALS, MODULE_CODE, FRAME),
        "'frame': None or a reference is expected for the variables, not a dict of 1",
    ),
    "a position of text": (table(GLOBALS, CODE, replaced(FRAME, 4, "1")), "a position is expected, not '1'"),
    "a line beyond all": (
        table(GLOBALS, CODE, replaced(FRAME, 4, (2**31, None, None, None))),
        "a number from 0 to 2147483647 is expected, not 2147483648",
    ),
    "a position of a billion lines": (
        table(GLOBALS, CODE, replaced(FRAME, 4, (1, 10**9, 0, 0))),
        "a number from 1 to 10000000 is expected, not 1000000000",
    ),
    "a traceback in itself": (table(*STACK[:3], replaced(TRACEBACK, 2, (3,))), "a chain that ends is expected"),
    "a traceback of an exception": (
        table(ERROR, NO_ARGUMENTS, exception(traceback=(0,))),
        "a traceback is expected for traceback, not 0",
    ),
    "more parameters than names": (
        table(GLOBALS, replaced(CODE, 5, (0, 300, 0, 3))),
        "300 names of parameters are expected, not 'a'",
    ),
    "a negative count": (table(replaced(CODE, 5, (0, -1, 0, 3))), "a number from 0 to 50000 is expected, not -1"),
    "a parameter named None": (
        table(replaced(replaced(CODE, 5, (0, 1, 0, 3)), 6, ("None",))),
        "1 names of parameters are expected, not 'None'",
    ),
    "parameters of one name": (
        table(replaced(replaced(CODE, 5, (0, 2, 0, 3)), 6, ("a", "a"))),
        "2 names of parameters are expected, not 'a, a'",
    ),
    "a variable named as our helpers": (
        table(replaced(CODE, 6, (".next",))),
        "a variable's name is expected, not '.next'",
    ),
    "an instance of a list": (table(("list", []), ("object", (0,), None, {}, None)), "a reference to a class"),
    "an instance of an exception": (
        table(ERROR, ("object", (0,), None, {}, None)),
        "an exception is expected to be recorded as one",
    ),
    "an instance of bytes made of a number": (
        table(builtin("bytes"), ("object", (0,), 10**12, {}, None)),
        "a content of bytes is expected, not int",
    ),
    "an instance of a bytearray made of a number": (
        table(builtin("bytearray"), mock((0,)), ("object", (1,), 10**12, {}, None)),
        "a content of bytes is expected, not int",
    ),
    "an instance of a list made of pairs": (
        table(builtin("list"), ("object", (0,), [(-1, 0)], {}, None)),
        "pairs are expected in an instance of a dict only",
    ),
    "a mock that says it is a tuple, made of pairs": (
        table(mock(content="tuple"), ("object", (0,), [("a", 0)], {}, None)),
        "pairs are expected in an instance of a dict only",
    ),
    "an instance of range": (
        table(builtin("range"), ("object", (0,), None, {}, None)),
        "no instance of range is expected",
    ),
    "a class of two contents": (
        table(builtin("list"), builtin("dict"), mock((0,), (1,))),
        "a class has the content of one builtin type at most",
    ),
    "a class that is its own base": (table(mock((0,))), "at most 1,000 classes are expected above one another"),
    "a class that is an exception by half": (table(ERROR, mock((0,))), "a class derived from exceptions is one itself"),
    "a base that is a list": (table(("list", []), mock((0,))), "a reference to a class is expected, not to a record of"),
    "a class above two thousand": (
        table(*(mock((number,)) for number in range(1, 2000)), mock()),
        "at most 1,000 classes are expected above one another",
    ),
    "an exception of a mock": (table(mock(), NO_ARGUMENTS, exception()), "a reference to an exception's class"),
    "an exception without arguments": (
        table(ERROR, ("exception", (0,), {"text": "no"})),
        "a value is expected, not 'no args'",
    ),
    "a cause that is a list": (
        table(ERROR, NO_ARGUMENTS, exception(cause=(1,))),
        "a reference to a record of exception or element is expected, not 'plain'",
    ),
    "a function that was restored nowhere": (table(("element", print)), "something restored is expected, not 'a buil"),
    "a method that was restored nowhere": (table(("element", [].append)), "something restored is expected, not 'a bu"),
    "a class that was restored nowhere": (table(("element", Broken)), "something restored is expected, not 'a type'"),
}
