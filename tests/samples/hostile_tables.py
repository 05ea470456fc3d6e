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


def rows(where, kind, *entry, count=2):
    """Return a table with an entry of columns, for objects whose places are the first ones."""
    return table(*[()] * count, columns=[(where, kind, *entry)])


NOT_TOGETHER = "cannot restore columns 0 of the table: what is packed in it does not fit together"

REFUSED = {
    "columns that are no list": (table(columns=()), "cannot restore a table whose columns are a tuple, not a list"),
    "columns without a place": (rows(None, "dict", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns that lack their texts": (rows(0, "dict", None, ("a",), [[1, 2]]), NOT_TOGETHER),
    "columns of no kind": (rows(0, "function", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns of dicts that have a class": (rows(0, "dict", (0,), ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns of instances without a class": (rows(0, "object", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns with a text for names": (rows(0, "dict", None, "a", [[1, 2]], None), NOT_TOGETHER),
    "columns beyond the records": (rows(1, "dict", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns before the records": (rows(-1, "dict", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns in places beyond the records": (rows([0, 2], "dict", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns in too few places": (rows([0], "dict", None, ("a",), [[1, 2]], None), NOT_TOGETHER),
    "columns of two lengths": (rows(0, "dict", None, ("a", "b"), [[1, 2], [1]], None), NOT_TOGETHER),
    "columns with a name too many": (rows(0, "dict", None, ("a", "b"), [[1, 2]], None), NOT_TOGETHER),
    "columns with a text too many": (rows(0, "object", (0,), ("a",), [[1, 2]], [1, 2, 3]), NOT_TOGETHER),
    "columns with half an address": (rows(0, "object", (0,), ("a",), [[1, 2]], b"123456789"), NOT_TOGETHER),
    "columns without anything": (rows(0, "dict", None, (), [], None), NOT_TOGETHER),
    "columns of sequences with fewer items": (rows(0, "list", None, [1, 2], [[1, 2]], None), NOT_TOGETHER),
    "columns of sequences with negative lengths": (rows(0, "list", None, [3, -1], [[1, 2]], None), NOT_TOGETHER),
    "columns of sequences with names": (rows(0, "list", None, [1, 1], [["a", "b"], [1, 2]], None), NOT_TOGETHER),
    "columns of references beyond the records": (rows(0, "list", None, [1, 2], [(0, 3)], None), NOT_TOGETHER),
    "columns of texts of no builtin": (rows(0, "shown", None, ("Popen",), [], "a\0b"), NOT_TOGETHER),
    "one column a thousand times": (
        rows(0, "dict", None, ("a",) * 1000, [[1] * 40_000] * 1000, None, count=40_000), "too much is packed in it",
    ),
    "columns of one object only": (
        rows(0, "dict", None, ("a",), [[1]], None), "record 1 of the table, a tuple: a tuple that starts with its kind",
    ),
    "columns of a class that is none": (
        rows(0, "object", (2,), ("a",), [[1, 2]], None, count=3), "record 2 of the table, a tuple: a tuple that starts",
    ),
    "columns of references that lead nowhere": (
        rows(0, "dict", None, ("a",), [[(7,), 2]], None), "record 0 of the table, 'dict': a reference to one of 2 rec",
    ),
    "columns with a number for a text": (
        rows(0, "shown", None, ("dict",), [], [1, 2]), "record 0 of the table, 'shown': a str is expected",
    ),
    "columns of keys that are references": (
        rows(0, "dict", None, [1, 1], [[(0,), ("a", "b")], [1, 2]], None),
        "record 0 of the table, 'dict': a value or a reference is expected, not a tuple of 1",
    ),
    "records that are no tuples": (table({"a": 1}, 7), "record 0 of the table, a dict: a tuple that starts with its kind"),
    "a packed record of no kind": (table(("packed", "object", "a\0b")), "record 0 of the table: what is packed in it"),
    "a packed record of nothing": (table(("packed",)), "record 0 of the table: what is packed in it does not fit"),
    "a packed record beyond the records": (table(("packed", "list", (0, 2))), "what is packed in it does not fit"),
    "a packed dict of two lengths": (table(("packed", "dict", "a\0b", [1])), "what is packed in it does not fit"),
    "packed records of one another": (
        table(*[("packed", "list", (0, 10_000))] * 10_000), "cannot restore record 3355 of the table: too much is packed",
    ),
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
        "a number from 0 to 10000000 is expected, not 2147483648",
    ),
    "a position of a billion lines": (
        table(GLOBALS, CODE, replaced(FRAME, 4, (1, 10**9, 0, 0))),
        "a number from 1 to 1001 is expected, not 1000000000",
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
    "a negative count": (table(replaced(CODE, 5, (0, -1, 0, 3))), "a number from 0 to 5000 is expected, not -1"),
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
    "a class that is its own base": (table(mock((0,))), "at most 100 classes are expected above one another"),
    "a class that is an exception by half": (table(ERROR, mock((0,))), "a class derived from exceptions is one itself"),
    "a base that is a list": (table(("list", []), mock((0,))), "a reference to a class is expected, not to a record of"),
    "a class above a thousand": (
        table(*(mock((number,)) for number in range(1, 1000)), mock()),
        "at most 100 classes are expected above one another",
    ),
    "an exception of a mock": (table(mock(), NO_ARGUMENTS, exception()), "a reference to an exception's class"),
    "an exception without text": (
        table(ERROR, NO_ARGUMENTS, ("exception", (0,), {"args": (1,)})),
        "a value is expected, not 'no text'",
    ),
    "a cause that is a list": (
        table(ERROR, NO_ARGUMENTS, exception(cause=(1,))),
        "a reference to a record of exception or element is expected, not 'plain'",
    ),
    "a function that was restored nowhere": (table(("element", print)), "something restored is expected, not 'a buil"),
    "a method that was restored nowhere": (table(("element", [].append)), "something restored is expected, not 'a bu"),
    "a class that was restored nowhere": (table(("element", Broken)), "something restored is expected, not 'a type'"),
    "too many frames": (frames(20_001), "at most 20,000 in one chain are expected"),
}
