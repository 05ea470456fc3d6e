"""Crashes recorded at hostile moments: each function marked @moment returns dumps by a name of its own.

Run as a program, it writes what hostile.py writes. NAME "exit" dumps while the interpreter ends.
"""

import _thread
import atexit
import inspect
import pathlib
import pickle
import signal
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hostile

import keeptrace

MOMENTS = {}


def moment(function):
    MOMENTS[function.__name__] = function
    return function


def crash(number):
    raise ValueError("the message")


def error():
    """Return a crash among few variables: it is dumped hundreds of times."""
    return hostile.error_of(1, types.FunctionType(crash.__code__, {"ValueError": ValueError, "thing": hostile.Sleeper()}))


@moment
def in_a_signal_handler():
    dumps = []
    before = signal.signal(signal.SIGUSR1, lambda *_: dumps.append(pickle.dumps(error())))
    signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)
    return dumps


@moment
def in_a_deleter():
    dumps = []

    class Deleter:
        def __del__(self):
            dumps.append(pickle.dumps(error()))

    Deleter()
    return dumps


@moment
def while_recording():
    """A representation dumps a crash of its own, as without keeptrace, inside the recording of another."""

    class Dumping:
        def __repr__(self):
            return str(len(pickle.dumps(crashed)))

    crashed = error()
    keeptrace.init(reprs=True)
    return [pickle.dumps(hostile.error_of(lambda: Dumping()))]


@moment
def where_no_thread_can_be_started():
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    crashed, start = hostile.error_of(hostile.an_exception_whose_text_fails), _thread.start_new_thread
    keeptrace.init()
    try:
        _thread.start_new_thread = refuse
        dumps = [pickle.dumps(crashed)]
    finally:
        _thread.start_new_thread = start
    assert isinstance(pickle.loads(dumps[0]), ValueError)
    return []


@moment
def deep_in_a_recursion():
    """It is recorded, or it raises what pickle itself raises."""
    crashed, dumps, outcomes = error(), [], set()

    def deeper(levels):
        if levels:
            return deeper(levels - 1)
        return pickle.dumps(crashed)

    limit = sys.getrecursionlimit()
    for left in range(1, 120):
        try:
            dumps.append(deeper(limit - left - len(inspect.stack(0))))
            outcomes.add("recorded")
        except RecursionError:
            outcomes.add("raised")
    assert outcomes == {"raised", "recorded"}, outcomes
    assert sys.getrecursionlimit() == limit
    return dumps


def result(dumps):
    numbered = {(3, number): dump for number, dump in enumerate(dumps)}
    return {"dumps": numbered, "errors": {}, "ran": [], "seconds": 0.0, "text": "the message", "partial": True}


def main():
    keeptrace.init()
    results = {}
    for name, function in MOMENTS.items():
        results[name] = result(function())
        keeptrace.init()
    with open(sys.argv[1], "wb") as file:
        pickle.dump(results, file)


def dump_at_exit(crashed, path):
    with open(path, "wb") as file:
        file.write(pickle.dumps({"at_exit": result([pickle.dumps(crashed)])}))


if __name__ == "__main__":
    if "exit" in sys.argv:
        keeptrace.init()
        atexit.register(dump_at_exit, hostile.error_of(hostile.Key), sys.argv[1])
    else:
        main()
