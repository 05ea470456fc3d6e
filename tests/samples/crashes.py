"""Small crashes, each in a thread of its own: so their stacks do not go on into the test runner."""

import _thread
import sys


class Broken(Exception):
    """An application's exception."""


class Order:
    """An application's object."""

    def __init__(self, number):
        self.number = number


def in_thread(function, *arguments):
    """Call a function as the second frame of a new thread; return what it returns, or the exception it raises."""
    outcomes = []
    done = _thread.allocate_lock()
    done.acquire()

    def call():
        try:
            outcomes.append(function(*arguments))
        except BaseException as error:
            outcomes.append(error.with_traceback(error.__traceback__.tb_next))
        finally:
            done.release()

    _thread.start_new_thread(call, ())
    done.acquire()
    return outcomes.pop()


def fail(order):
    items = [order, "a value"]
    raise Broken("no such item", len(items))


def crash(order=None):
    return in_thread(fail, order)


def exc_info():
    exc = crash(Order(7))
    return Broken, exc, exc.__traceback__


def fail_while_handling():
    try:
        fail(1)
    except Broken as error:
        raise ValueError("while handling") from error


def chained():
    return in_thread(fail_while_handling)


def frame():
    return in_thread(sys._getframe)


def sharing():
    order = Order(1)
    return [crash(order), crash(order)]


def twice():
    exc = crash()
    return [exc, exc, {"again": exc}, exc.__traceback__]


def with_frame():
    exc = crash()
    return exc, exc.__traceback__.tb_frame


def with_cause():
    exc = chained()
    return [exc, exc.__cause__]


def many():
    return {"first": crash(), "second": chained()}


def within_data():
    return {"id": 4, "error": crash(), "others": [(1, 2)]}


def varied():
    """Return a crash whose variables are of every kind that a table stores."""

    def fail():
        variables = [1, 2.5, "text", b"\xff", b"", None, True, (1,), [2], {3}, {4: 5}, frozenset([6]), 2**80, -1.0]
        more = [bytearray(b"7"), range(8), Order(9), Order, print, len, sys, Ellipsis, in_thread, 3j]
        raise Broken(len(variables) + len(more))

    return in_thread(fail)
