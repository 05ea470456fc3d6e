"""Counts the calls that recording takes: of small crashes, and of each object more. Prints them as JSON."""

import json
import sys

from crashes import Order, in_thread

import keeptrace
from keeptrace.record import record
from keeptrace.record.settings import Settings
from keeptrace.record.redactor import default_redactor

SETTINGS = Settings(depth=-1, redactor=default_redactor())


def calls(function, *arguments):
    """Return how many functions, those in C included, are called by one, the third time."""
    count = 0

    def look(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    for _ in range(2):
        function(*arguments)
    sys.setprofile(look)
    function(*arguments)
    sys.setprofile(None)
    return count


def recorded(held):
    error = ValueError("the message")
    error.held = held
    record(error, SETTINGS, None)


def init(self):
    self.number, self.name, self.parts = 1, "one", [1, 2]


def different_classes(count):
    return [type(f"Class{number}", (), {"__init__": init, "use": lambda self: None})() for number in range(count)]


def nested(count):
    held = None
    for number in range(count):
        held, inner = Order(number), held
        held.inner = inner
    return held


OBJECTS = {
    "an object and its class": different_classes,
    "an object of a class met before": nested,
    "an object among many": lambda count: [Order(number) for number in range(count)],
    "a dict among many": lambda count: [{"a": number, "b": str(number)} for number in range(count)],
    "a list among many": lambda count: [[number, number + 1] for number in range(count)],
    "a number among many": lambda count: list(range(count)),
    "a text among many": lambda count: [f"text {number}" for number in range(count)],
}


def crash(frames):
    """Return an error of a module that has nothing else."""
    module = {"__name__": "small"}
    exec(compile("def fail(n):\n    return fail(n - 1) if n else 1 / n\n", "small.py", "exec"), module)
    return in_thread(module["fail"], frames - 1)


found = {"a crash of 3 frames": calls(keeptrace.dumps, crash(3))}
found["a frame of a recursion"] = (calls(keeptrace.dumps, crash(700)) - calls(keeptrace.dumps, crash(200))) / 500
for name, make in OBJECTS.items():
    found[name] = (calls(recorded, make(1100)) - calls(recorded, make(100))) / 1000
print(json.dumps(found))
