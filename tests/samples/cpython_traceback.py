"""Runs CPython's own tests of traceback, each exception that they print swapped for its restored one.

    python cpython_traceback.py pickle|keeptrace [names]

pickle: restored by stock pickle after keeptrace.init(). keeptrace: by keeptrace.load() of what keeptrace.dump() wrote.
names: of classes and tests in test.test_traceback, as unittest has them; else all. Ends with status 0 where they pass.
"""

import contextlib
import functools
import gzip
import linecache
import os
import pickle
import sys
import tempfile
import threading
import traceback
import types
import unittest

import _testcapi
from test import test_traceback

import keeptrace

EXCLUDED = {
    "test_exception_with_invalid_notes": "prints notes that are no text by their own code, which recording does not run",
    "test_from_exception": "compares the variables of two restored tracebacks, which show different addresses",
    "test_smoke_user_exception": "compares a class that a function made, which is not there where it is opened",
}
if sys.version_info[:2] == (3, 12):
    EXCLUDED["test_getattr_suggestions_invalid_args"] = (
        "the interpreter suggests for AttributeError itself alone; one whose str() failed needs a class of its own"
    )
NO_IMPORT = "a module is imported to suggest what it has, which keeptrace.load leaves out"
EXCLUDED_BY_LOAD = {
    "test_import_from_suggestions": NO_IMPORT,
    "test_import_from_suggestions_underscored": NO_IMPORT,
}
HOW = {}
COUNTED = []
swapping = threading.local()


def pickled(value, tb):
    keeptrace.init()  # the tests make classes
    try:
        return pickle.loads(pickle.dumps((value, tb)))
    except (AttributeError, RecursionError, pickle.PicklingError):  # out of Python's own pickling
        return pickle.loads(gzip.decompress(keeptrace.dumps((type(value), value, tb))))[1:]


def dumped(value, tb):
    with tempfile.TemporaryDirectory() as folder:
        return keeptrace.load(keeptrace.dump((type(value), value, tb), os.path.join(folder, "crash.pkl.gz")))[1:]


def restored(value, tb):
    """Return an exception and a traceback, or either where the other is None, as they come back."""
    COUNTED.append(None)
    return HOW[sys.argv[1]](value, tb) if value is not None else (None, pickle.loads(pickle.dumps(tb)))


@contextlib.contextmanager
def once():
    """Swap nothing that is printed meanwhile: it is restored already."""
    before, swapping.over = is_over(), True
    try:
        yield
    finally:
        swapping.over = before


def is_over():
    return getattr(swapping, "over", False)


def is_swapped(*objects):
    kinds = (BaseException, types.TracebackType, type(None))
    return not is_over() and all(isinstance(each, kinds) for each in objects)


def swapped_value(function):
    @functools.wraps(function)
    def call(value, *arguments, **keywords):
        if isinstance(value, BaseException) and is_swapped(value):
            value = restored(value, value.__traceback__)[0]
        with once():
            return function(value, *arguments, **keywords)

    return call


def swapped_traceback(function):
    @functools.wraps(function)
    def call(tb, *arguments, **keywords):
        if tb is not None and is_swapped(tb):
            tb = restored(None, tb)[1]
        return function(tb, *arguments, **keywords)

    return call


def swapped_triple(function):
    @functools.wraps(function)
    def call(self, cls, value, tb, **keywords):
        if value is not None and is_swapped(value, tb):
            value, tb = restored(value, tb)
            cls = type(value)
        with once():
            function(self, cls, value, tb, **keywords)

    return call


def run_alone(run):
    """Return how a test runs: on a stack of its own, which is recorded each time, and with its own files in linecache."""

    @functools.wraps(run)
    def call(test, result=None):
        reason = EXCLUDED.get(test._testMethodName)
        if reason is not None:
            result.addSkip(test, reason)
            return
        before = dict(linecache.cache)
        thread = threading.Thread(target=run, args=(test, result))
        thread.start()
        thread.join()
        linecache.cache.clear()
        linecache.cache.update(before)

    return call


def main():
    HOW.update(pickle=pickled, keeptrace=dumped)
    if sys.argv[1] == "keeptrace":
        EXCLUDED.update(EXCLUDED_BY_LOAD)
    keeptrace.init()
    unittest.TestCase.run = run_alone(unittest.TestCase.run)
    traceback.TracebackException.__init__ = swapped_triple(traceback.TracebackException.__init__)
    for name in ("extract_tb", "format_tb", "print_tb"):
        setattr(traceback, name, swapped_traceback(getattr(traceback, name)))
    _testcapi.traceback_print = swapped_traceback(_testcapi.traceback_print)
    _testcapi.exception_print = swapped_value(_testcapi.exception_print)
    program = unittest.main(test_traceback, argv=[sys.argv[0], *sys.argv[2:]], exit=False)
    print(program.result.testsRun, len(COUNTED))
    sys.exit(not program.result.wasSuccessful())


if __name__ == "__main__":
    main()
