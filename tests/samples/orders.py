"""A crash that has some of everything, and secrets, for recordings that fail."""

import _thread
import threading

PASSWORD, KEY = "correct" + "horse", "AKIA" + "IOSFODNN7EXAMPLE"


class Thing:
    def __init__(self, number):
        self.number, self.password = number, PASSWORD


def fail():
    things = [Thing(number) for number in range(40)]
    rows = [{"number": number, "thing": thing} for number, thing in enumerate(things)]
    text = f"{KEY} and so on, " * 10_000
    try:
        rows[len(text)]
    except IndexError as error:
        raise ValueError(f"no row, {KEY}") from error


def deeper(levels):
    if levels:
        deeper(levels - 1)
    fail()


def crash(levels=3):
    """Return the error, of a stack that has nothing outside: it fails in a thread."""
    errors = []

    def caught():
        try:
            deeper(levels)
        except ValueError as error:
            errors.append(error)

    done = threading.Event()
    _thread.start_new_thread(lambda: (caught(), done.set()), ())
    done.wait()
    return errors[0]
