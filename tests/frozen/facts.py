"""What the frozen dumps show: `python -I -S facts.py describe|check FACTS.json DUMP ...`.

`describe` writes the facts of dumps, by their names, as JSON; `check` prints a line for each fact that another Python,
or a later keeptrace, finds otherwise, and ends with 1 if there was one. With `--load` before the role keeptrace.load
opens the files, else stock pickle does. Valid Python 3.8, standard library only.
"""

import datetime
import fractions
import gzip
import json
import linecache
import os
import pickle
import sys
import types
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import grid_facts

CRASHES = "crashes.py"
LONGEST = 60
FIRST = 3
APPLICATION = ("__main__", "types")
CONTAINERS = {
    dict: lambda value: [item for pair in dict.items(value) for item in pair],
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
}
EXACT = (
    *grid_facts.EXACT,
    datetime.datetime,
    fractions.Fraction,
    uuid.UUID,
)


def main(arguments):
    load = opened
    if arguments[0] == "--load":
        import keeptrace

        def load(path):
            return keeptrace.load(path, trust=os.path.basename(path).startswith("pickler"))

        arguments = arguments[1:]
    role, facts, *paths = arguments
    found = {os.path.basename(path): describe(load(path)) for path in paths}
    if role == "describe":
        with open(facts, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=0, sort_keys=True)
        return 0
    with open(facts, encoding="utf-8") as file:
        expected = json.load(file)
    count = 0
    for name, actual in json.loads(json.dumps(found)).items():
        for line in grid_facts.compare(expected[name], actual, name):
            print(line, flush=True)
            count += 1
    return count


def opened(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        return pickle.load(file)


def describe(loaded):
    """Describe what a dump is: an exception, a traceback, the triple of sys.exc_info(), or a crash among threads."""
    if type(loaded) is dict:
        return {
            "crash": describe(loaded["crash"]),
            "threads": {name: describe(stack) for name, stack in loaded["threads"].items()},
        }
    if type(loaded) is tuple:
        return [grid_facts.type_name(loaded[0]), describe(loaded[1]), describe(loaded[2])]
    if type(loaded) is types.TracebackType:
        return describe_stack(loaded)
    return [describe_exception(each) for each in grid_facts.chain(loaded)]


def describe_exception(error):
    return {
        "type": grid_facts.type_name(type(error)),
        "bases": [base.__name__ for base in type(error).__mro__],
        "text": str(error),
        "args": describe_value(list(error.args), 2),
        "notes": getattr(error, "__notes__", []),
        "suppress": error.__suppress_context__,
        "attributes": {name: describe_value(value, 2) for name, value in sorted(vars(error).items())},
        "stack": describe_stack(error.__traceback__),
    }


def describe_stack(tb):
    """Describe the frames of a traceback, and those outside the first of them."""
    entries = list(grid_facts.walk(tb))
    outer, frame = [], entries[0].tb_frame.f_back if entries else None
    while frame is not None:
        outer.append(place(frame, frame.f_lineno))
        frame = frame.f_back
    return {"outer": outer, "frames": [describe_frame(entry) for entry in entries]}


def describe_frame(entry):
    frame = entry.tb_frame
    described = {"place": place(frame, entry.tb_lineno)}
    if os.path.basename(frame.f_code.co_filename) == CRASHES:
        described["source"] = linecache.getline(frame.f_code.co_filename, entry.tb_lineno).strip()
        described["variables"] = {name: describe_variable(value) for name, value in sorted(frame.f_locals.items())}
        names = ("RATES", "LIMITS", "password", "Order", "price", "os", "__name__")
        described["globals"] = {name: describe_variable(frame.f_globals.get(name)) for name in names}
    return described


def describe_variable(value):
    return describe_value(value, 2)


def describe_value(value, levels):
    """Describe a value down to some levels: of long ones how long they are, and what comes first."""
    kind = type(value)
    name = grid_facts.type_name(kind)
    if kind in grid_facts.ATOMS or kind in EXACT:
        text = repr(value)
        return text if len(text) <= LONGEST else [len(text), text[:LONGEST]]
    if issubclass(kind, type):
        return "class " + grid_facts.type_name(value)
    if kind in grid_facts.FUNCTIONS:
        return grid_facts.describe_function(value)
    if issubclass(kind, BaseException):
        return f"{name}: {value}"
    if issubclass(kind, types.ModuleType):
        return "module " + value.__name__
    if not levels:
        return name
    content = content_of(value, levels - 1)
    if kind.__module__ in APPLICATION:
        return [name, content, {key: describe_value(each, levels - 1) for key, each in attributes(value)}]
    return [name, content]


def content_of(value, levels):
    """Describe how much a container holds, and its first items; of sets all, in an order."""
    for base, walk in CONTAINERS.items():
        if isinstance(value, base):
            items = [describe_value(each, levels) for each in walk(value)]
            items = sorted(items, key=repr) if issubclass(base, (set, frozenset)) else items[:FIRST]
            return [base.__len__(value), items]
    return grid_facts.describe_content(value, levels)


def attributes(value):
    """Yield what an application's object has in its `__dict__` and in slots, running none of its code."""
    names = set()
    for kind in type(value).__mro__:
        names.update(vars(kind).get("__slots__", ()))
    names.update(*grid_facts.attribute(value, "__dict__"))
    for name in sorted(names):
        for each in grid_facts.attribute(value, name):
            if not grid_facts.is_dunder(name):
                yield name, each


def place(frame, line):
    code = frame.f_code
    return [os.path.basename(code.co_filename), code.co_name, code.co_firstlineno, line]


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
