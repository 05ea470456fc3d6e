"""Stacks, frames and code objects to look at one by one: dumps a dict of them to the path it is given."""

import os
import pickle
import sys
import threading
import types

import keeptrace

COUNT = 3


def fail(given):
    inside = [given]
    raise KeyError(given)


def pair(given):
    try:
        fail(given)
    except KeyError as first:
        try:
            fail(given)
        except KeyError as second:
            return first, second


def moved_on():
    try:
        fail(1)
    except KeyError as error:
        kept = error

    later = 1
    return pickle.dumps((kept, sys._getframe())), later


def chained(outer):
    local = outer
    try:
        fail(local)
    except KeyError as error:
        raise ValueError("chained") from error


def caught(function, *args):
    try:
        function(*args)
    except Exception:
        return sys.exc_info()


def live(first, *rest):
    local = first
    return [sys._getframe(), sys._getframe(1)]


def calls_live():
    return live("a", "b")


def waiting(ready, leave):
    in_thread = "seen"
    ready.set()
    leave.wait()


def frame_of_another_thread():
    ready, leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=waiting, args=(ready, leave))
    thread.start()
    ready.wait()
    try:
        return pickle.dumps(sys._current_frames()[thread.ident])
    finally:
        leave.set()
        thread.join()


def generate(first):
    second = first + 1
    yield second
    third = 3
    yield third


SUSPENDED = [generate(1), generate(2)]


def suspended():
    next(SUSPENDED[0])
    return [each.gi_frame for each in SUSPENDED]


def endless(number):
    return endless(number + 1)


def recursed(depth):
    if depth:
        return recursed(depth - 1)
    raise ValueError("deep")


def in_two_modules():
    text = "value = [1]\ndef call(then):\n    local = value\n    return then()\n"
    modules = [types.ModuleType(name, "about " + name) for name in ("one", "two")]
    for module in modules:
        module.__file__, module.__package__ = "/srv/%s.py" % module.__name__, ""
        exec(compile(text, module.__file__, "exec"), module.__dict__)
    one, two = modules
    one.call(lambda: two.call(lambda: one.call(lambda: fail("modules"))))


def documented(a, /, b: int = 2, *args, c, **kwargs):
    """Documented."""
    local = a
    return lambda: (local, a + b)


def relative():
    for filename in (os.path.relpath(__file__), "not_there.py"):
        code = compile("def f(then):\n    then()\n", filename, "exec")
        exec(code, globals())
        yield f


def calls_relative():
    first, second = relative()
    first(lambda: second(fail))


def main(path):
    keeptrace.init(limits=keeptrace.Limits(frames=20_000))
    sys.setrecursionlimit(1000)
    too_deep = pickle.dumps(caught(endless, 0)[1])
    sys.setrecursionlimit(12000)
    objects = {
        "pair": pair("x"),
        "exc_info": caught(chained, "y"),
        "live": calls_live(),
        "suspended": suspended(),
        "modules": caught(in_two_modules)[1],
        "relative": caught(calls_relative)[1],
        "code": [documented.__code__, fail.__code__, compile("x = 1 + 1", "<made>", "exec")],
    }
    dumps = {name: pickle.dumps(each) for name, each in objects.items()}
    dumps["moved_on"] = moved_on()[0]
    dumps["thread"] = frame_of_another_thread()
    dumps["too_deep"] = too_deep
    dumps["very_deep"] = pickle.dumps(caught(recursed, 10_000)[1])
    with open(path, "wb") as file:
        pickle.dump(dumps, file)


if __name__ == "__main__":
    main(sys.argv[1])
