"""Runs CPython's own tests of traceback with each exception that is printed swapped for its restored one.

    python cpython_traceback.py [--load] [names]        as `python -m unittest test.test_traceback.NAME`

--load: restored by keeptrace.load() from what keeptrace.dump() wrote; else by stock pickle after keeptrace.init().
"""

import contextlib
import functools
import os
import pickle
import sys
import tempfile
import traceback
import types
import unittest
import _testcapi
from test import test_traceback

import keeptrace

swapping = [True]
counted = [0]
left = []


def pickled(subject):
    keeptrace.init()
    return pickle.loads(pickle.dumps(subject))


def dumped(subject):
    with tempfile.TemporaryDirectory() as folder:
        return keeptrace.load(keeptrace.dump(subject, os.path.join(folder, "crash.pkl.gz")))


restored = pickled


def swapped(subject):
    """Return the restored exception, traceback, or pair of both, with nothing printed meanwhile swapped."""
    swapping[0] = False
    try:
        counted[0] += 1
        return restored(subject)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        left.append((type(subject), str(error)))
        return subject
    finally:
        swapping[0] = True


def swapping_first(function, kinds):
    """Return a function that swaps its first argument if it is one of these kinds."""

    @functools.wraps(function)
    def call(first, *arguments, **keywords):
        if not swapping[0] or not isinstance(first, kinds):
            return function(first, *arguments, **keywords)
        first = swapped(first)
        swapping[0] = False
        try:
            return function(first, *arguments, **keywords)
        finally:
            swapping[0] = True

    return call


make = traceback.TracebackException.__init__


@functools.wraps(make)
def swapping_make(self, exc_type, exc_value, exc_traceback, **keywords):
    if not swapping[0] or not isinstance(exc_value, BaseException):
        make(self, exc_type, exc_value, exc_traceback, **keywords)
        return
    exc_value, exc_traceback = swapped((exc_value, exc_traceback))
    swapping[0] = False
    try:
        make(self, type(exc_value), exc_value, exc_traceback, **keywords)
    finally:
        swapping[0] = True


traceback.TracebackException.__init__ = swapping_make
for name in ("print_tb", "format_tb", "extract_tb", "walk_tb"):
    setattr(traceback, name, swapping_first(getattr(traceback, name), types.TracebackType))
_testcapi.exception_print = swapping_first(_testcapi.exception_print, BaseException)
_testcapi.traceback_print = swapping_first(_testcapi.traceback_print, types.TracebackType)

if __name__ == "__main__":
    keeptrace.init()
    if "--load" in sys.argv:
        sys.argv.remove("--load")
        restored = dumped
    program = unittest.main(test_traceback, exit=False)
    print(counted[0], "swapped;", len(left), "left:")
    for each in left: print(*each)
    sys.exit(not program.result.wasSuccessful())
