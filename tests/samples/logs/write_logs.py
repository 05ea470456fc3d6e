"""Writes python3.N.log, what this Python prints about some exceptions, and python3.N.json, what they were.

    python tests/samples/logs/write_logs.py

Runs on Python 3.8 and later. The logs of every version are kept: each Python must read those of all the others.
"""

import json
import linecache
import pathlib
import sys
import traceback

FILENAME = "/srv/shop/orders.py"
SOURCE = '''\
class Refused(Exception):
    pass


def total(prices, count):
    return sum(prices) / count + 1


def average():
    return total(
        [price * 2 for price in (1, 2, 3)],
        len(
            []
        ),
    )


def greet():
    names = {"世界": "é"}
    return "é" + names["世界"] + names["nobody"] + "!"


def charge():
    try:
        average()
    except ZeroDivisionError as error:
        raise Refused("card:\\n  number 7\\n  is empty") from error


def refund():
    try:
        charge()
    except Refused:
        [].clear().again()


def count_down(number):
    return count_down(number - 1) if number else greet()


def local():
    class Lost(Refused):
        pass

    raise Lost


def read():
    exec("total(1)\\nx = = 1")


def decode():
    return b"\\xff".decode()


def late():
    raise Refused("late") from ValueError("never raised")


def interrupt():
    raise KeyboardInterrupt


def note():
    error = Refused("declined")
    error.__notes__ = ["by the bank", "on Monday"]
    raise error


def gather():
    errors = []
    for function in refund, note, late, many:
        try:
            function()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("several", errors) from KeyError(("a", 1))


def many():
    raise ExceptionGroup("many", [ValueError(number) for number in range(17)])
'''
NAMES = ["average", "greet", "charge", "refund", "local", "read", "decode", "late", "interrupt"]


def stamped(lines, name):
    for number, line in enumerate(lines):
        yield "2024-01-01 12:00:0%d,%03d ERROR [shop:%d] %s" % (number % 10, number, number, line)


STYLES = {
    "plain": lambda lines, name: ["2024-01-01 12:00:00,000 ERROR shop: %s failed" % name, *lines],
    "comment": lambda lines, name: ["# " + line for line in lines],
    "stamped": stamped,
    "stripped": lambda lines, name: [line.lstrip() for line in lines],
    "indented": lambda lines, name: ["Details:", *["    " + line for line in lines]],
}
# A message of several lines ends where the stamp changes.
LOSSY = {"charge": ["stamped"], "refund": ["stamped"], "note": ["stamped"]}


def facts(error):
    """Return what a parser must find: names as printed, frames, the exceptions before it and in it."""
    module, name = type(error).__module__, type(error).__qualname__
    context = None if error.__suppress_context__ else error.__context__
    return {
        "type": name if module in ("builtins", "__main__") else module + "." + name,
        "message": message(error),
        "frames": [[frame.f_code.co_filename, line, frame.f_code.co_name] for frame, line in walk(error)],
        "cause": error.__cause__ and facts(error.__cause__),
        "context": context and facts(context),
        "members": [facts(member) for member in getattr(error, "exceptions", ())][:15],
    }


def message(error):
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return "\n".join([text, *getattr(error, "__notes__", ())])


def walk(error):
    return traceback.walk_tb(error.__traceback__)


def caught(function):
    try:
        function()
    except BaseException as error:
        error.__traceback__ = error.__traceback__.tb_next
        return error


def main():
    linecache.cache[FILENAME] = len(SOURCE), None, SOURCE.splitlines(True), FILENAME
    shop = {"__name__": "shop.orders"}
    exec(compile(SOURCE, FILENAME, "exec"), shop)
    names = NAMES + (["note", "gather", "many"] if sys.version_info >= (3, 11) else [])
    functions = {name: shop[name] for name in names}
    functions["count_down"] = lambda: shop["count_down"](40)
    log, expected = [], []
    for name, function in functions.items():
        error = caught(function)
        if name == "count_down":
            error.__traceback__ = error.__traceback__.tb_next
        lines = "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
        styles = [style for style in STYLES if style not in LOSSY.get(name, ())]
        for style in styles:
            log += [*STYLES[style](lines, name), "2024-01-01 12:01:00,000 INFO shop: next"]
        expected.append({"name": name, "styles": styles, **facts(error)})
    path = pathlib.Path(__file__).with_name("python%d.%d.log" % sys.version_info[:2])
    path.write_text("\n".join(log) + "\n", encoding="utf-8")
    text = json.dumps(expected, ensure_ascii=False, separators=(",", ":")).replace('{"name"', '\n{"name"')
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
