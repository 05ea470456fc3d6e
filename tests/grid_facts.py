"""One pair of the grid: `record` a crash and what is to be known about it, `check` the loaded crash against that.

    python grid_facts.py record CRASH.pkl FACTS.json      (any recording interpreter; keeptrace importable)
    python -I -S grid_facts.py check CRASH.pkl FACTS.json (any loading interpreter; nothing importable)

Both roles describe the exception with the same functions of this file, the one before and the other after pickling.
Checking prints a line for each difference and ends with 1 if there was one. Valid Python 3.8, standard library only.
"""

import collections
import datetime
import decimal
import difflib
import inspect
import io
import json
import pathlib
import pdb
import pickle
import sys
import traceback
import types
from functools import partial

ATOMS = (type(None), bool, int, float, complex, str, bytes)
EXACT = (datetime.date, datetime.timedelta, decimal.Decimal, pathlib.PurePosixPath, range)
SETS = (set, frozenset)
SEQUENCES = (list, tuple)
SCALARS = (str, bytes, int, float)
FUNCTIONS = (types.FunctionType, types.MethodType)
LEVELS = 2  # what depth=3 records beyond a variable

# What is typed into pdb where OrderError was raised, and what it must print.
SESSION = [
    ("w", "-> raise OrderError("),
    ("a", "line = "),
    ("p line.name, line.price", "('pen', 1.5)"),
    ("whatis line", "grid_crash.Line"),
    ("u", "pay()"),
    ("ll", "register = Register("),
    ("l 1, 5", "a bit of everything"),
    ("p point.x, point.y, point[0]", "(1, [2, 3], 1)"),
    ("p register['a'], register.owner, len(register)", "(1, 'ada', 2)"),
    ("p list(stack), stack[1], 'x' in stack", "(['x', 'y'], 'y', True)"),
    ("p name + ' hopper'", "'grace hopper'"),
    ("p slotted.first, unhelpful.value", "('one', 42)"),
    ("p self.itself is self, cycle[1] is cycle, shared is another", "(True, True, True)"),
    ("p CURRENCY, str(OPENED), RATES['CHF']", "('EUR', '2024-02-29', Decimal('0.94'))"),
    ("p __name__, Colour.__name__, kind is Order", "('grid_crash', 'Colour', True)"),
    ("whatis function", "Function recurse"),
    ("source recurse", "return recurse(depth - 1, order)"),
    ("pp numbers", "frozenset("),
    ("display point.x", "display point.x: 1"),
    ("!given = point.x + 41", ""),
    ("p given", "42"),
    ("d", "fill()"),
]


def main(role, crash, facts):
    return {"record": record, "check": check}[role](crash, facts)


def record(crash_path, facts_path):
    """Dump the crash of samples/grid_crash.py, and write its facts as JSON."""
    import grid_crash

    import keeptrace

    keeptrace.init()
    try:
        grid_crash.crash()
    except Exception as error:
        with open(crash_path, "wb") as file:
            pickle.dump(error, file)
        with open(facts_path, "w", encoding="utf-8") as file:
            json.dump(describe(error), file)


def check(crash_path, facts_path):
    """Print how the crash that was loaded differs from its facts; return how many differences there are."""
    with open(crash_path, "rb") as file:
        error = pickle.load(file)
    with open(facts_path, encoding="utf-8") as file:
        expected = json.load(file)
    count = 0
    for check_one in (partial(differences, expected), inexact_types, session_failures, raise_failures):
        for line in check_one(error):
            print(line, flush=True)
            count += 1
    return count


def differences(expected, error):
    """Yield a line for each fact that does not hold; the text only where it was written by the same Python."""
    actual = json.loads(json.dumps(describe(error)))
    expected_text, actual_text = expected.pop("text"), actual.pop("text")
    if expected.pop("python") == actual.pop("python"):
        lines = [text.splitlines() for text in (expected_text, actual_text)]
        yield from difflib.unified_diff(*lines, "text recorded", "text restored", n=1, lineterm="")
    yield from compare(expected, actual, "")


def compare(expected, actual, where):
    """Yield a line for each leaf in which two structures of JSON differ; a mock may have more attributes."""
    if where.endswith(".attributes"):
        actual = {name: actual[name] for name in expected if name in actual}
    if type(expected) is type(actual) is dict and expected.keys() == actual.keys():
        for key in expected:
            yield from compare(expected[key], actual[key], f"{where}.{key}")
    elif type(expected) is type(actual) is list and len(expected) == len(actual):
        for index, pair in enumerate(zip(expected, actual)):
            yield from compare(*pair, f"{where}[{index}]")
    elif expected != actual:
        yield f"{where}: recorded {expected!r}\n    but restored {actual!r}"


def describe(error):
    """Return all that is compared about an exception and its whole chain, as JSON can hold it."""
    return {
        "python": sys.version_info[:2],
        "text": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "exceptions": [describe_exception(each) for each in chain(error)],
    }


def chain(error):
    """Return an exception and every exception reachable from it, breadth first, each once."""
    queue = collections.deque([error])
    seen = []
    while queue:
        error = queue.popleft()
        if error is not None and not any(error is each for each in seen):
            seen.append(error)
            queue += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
    return seen


def describe_exception(error):
    tracebacks = list(walk(error.__traceback__))
    return {
        "type": type_name(type(error)),
        "text": str(error),
        "notes": getattr(error, "__notes__", []),
        "suppress": error.__suppress_context__,
        "frames": [place(each.tb_frame, each.tb_lineno) for each in tracebacks],
        "stack": [place(frame) for each in tracebacks[-1:] for frame, _ in traceback.walk_stack(each.tb_frame)],
        "variables": [describe_variables(each.tb_frame) for each in tracebacks if in_crash(each.tb_frame)],
    }


def walk(traceback):
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def place(frame, line=None):
    code = frame.f_code
    return [code.co_filename, code.co_name, code.co_firstlineno, frame.f_globals["__name__"], line]


def in_crash(frame):
    return frame.f_code.co_filename.endswith("grid_crash.py")


def describe_variables(frame):
    """Describe a frame's variables but its class body's `__dunders__`, which differ between versions."""
    return {name: describe_value(value, LEVELS) for name, value in frame.f_locals.items() if not is_dunder(name)}


def is_dunder(name):
    return name.startswith("__")


def describe_value(value, levels):
    """Describe a value down to some levels below it; plain values are described at every level."""
    kind = type(value)
    if kind in ATOMS:
        return repr(value)
    if not levels:
        return "beyond the depth"
    if kind in EXACT:
        return repr(value)
    if issubclass(kind, type):
        return "class " + type_name(value)
    if issubclass(kind, BaseException):
        return f"{type_name(kind)}: {value}"
    if kind in FUNCTIONS:
        return describe_function(value)
    return {
        "type": type_name(kind),
        "content": describe_content(value, levels - 1),
        "attributes": describe_attributes(value, levels - 1),
    }


def type_name(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def describe_function(function):
    parameters = inspect.signature(function).parameters.values()
    return [type(function).__name__, function.__qualname__, [(each.name, each.kind.name) for each in parameters]]


def describe_content(value, levels):
    """Describe what a container holds, or the plain value in an object of a class derived from one."""
    kind = type(value)
    if issubclass(kind, dict):
        items = [[describe_value(key, levels), describe_value(each, levels)] for key, each in dict.items(value)]
        return sorted(items, key=repr)
    if issubclass(kind, SETS):
        return sorted((describe_value(each, levels) for each in value), key=repr)
    if issubclass(kind, SEQUENCES):
        return [describe_value(each, levels) for each in value]
    return [repr(scalar(value)) for scalar in SCALARS if issubclass(kind, scalar)]


def describe_attributes(value, levels):
    """Describe the attributes in the `__dict__` and the slots of an object, running none of its code."""
    names = set()
    for kind in type(value).__mro__:
        names.update(vars(kind).get("__slots__", ()))
    names.update(*attribute(value, "__dict__"))
    return {
        name: describe_value(each, levels)
        for name in sorted(names)
        for each in attribute(value, name)
        if not is_dunder(name)
    }


def attribute(value, name):
    """Return the attribute in a list, which is empty where it is not set."""
    try:
        return [object.__getattribute__(value, name)]
    except AttributeError:
        return []


def inexact_types(error):
    """Yield a line for each traceback, frame and code object that is not exactly of the interpreter's own type."""
    for traceback_ in (each for one in chain(error) for each in walk(one.__traceback__)):
        frame = traceback_.tb_frame
        for value, kind in (
            (traceback_, types.TracebackType),
            (frame, types.FrameType),
            (frame.f_code, types.CodeType),
        ):
            if type(value) is not kind:
                yield f"{value!r} is of type {type(value)}, not {kind}"


def session_failures(error):
    """Yield a line for each pdb command that fails or does not print what it should."""
    (crash,) = (each for each in chain(error) if type(each).__name__ == "OrderError")
    for (command, wanted), printed in zip(SESSION, debug(crash.__traceback__, [command for command, _ in SESSION])):
        if wanted not in printed or "*** " in printed:
            yield f"(Pdb) {command}\n    printed {printed!r}\n    but was to print {wanted!r}"
    if hasattr(pdb.Pdb, "do_exceptions"):
        (printed,) = debug(error, ["exceptions"])
        if "OrderError" not in printed:
            yield f"(Pdb) exceptions\n    printed {printed!r}"


def debug(subject, commands):
    """Return what pdb prints for each command of a post-mortem session."""
    output = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO("\n".join([*commands, "q", ""])), stdout=output, nosigint=True, readrc=False)
    debugger.reset()
    debugger.interaction(None, subject)
    printed = output.getvalue().split("(Pdb) ")[1:-1]
    assert len(printed) == len(commands), output.getvalue()
    return printed


def raise_failures(error):
    """Yield a line where a restored exception cannot be raised and caught as itself, by its own base class."""
    bases = {"OrderError": ValueError, "StockError": LookupError}
    for each in chain(error):
        base = bases.get(type(each).__name__, Exception)
        try:
            raise each
        except base as caught:
            if caught is not each:
                yield f"raising {each!r} gave {caught!r}"


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:])))
