"""Crashes at, and beyond, what reading once took at most: all of it was recorded within the limits of recording.

`edges.py NAME...` dumps each of these crashes and prints, by its name, where safe loading differs from stock loading.
"""

import dataclasses
import functools
import gzip
import json
import pickle
import sys
import threading

import alike

import keeptrace

CRASHES = {}
OPTIONS = {}


def crash(function=None, **options):
    """Mark a function that raises what is dumped with these options."""
    if function is None:
        return lambda marked: crash(marked, **options)
    name = options.pop("name", None) or function.__name__
    CRASHES[name], OPTIONS[name] = function, options
    return function


@dataclasses.dataclass
class Point:
    x: object
    y: object
    name: object


def atoms_of_one_kind(make, count):
    several = make(count)
    raise ValueError


for count in (999, 1000, 1001, 2000, 2001):
    for kind, make in {
        "floats": lambda count: tuple(index * 1.5 for index in range(count)),
        "nones": lambda count: (None,) * count,
        "atoms": lambda count: [[None, True, 1.5, 2**40, index, b"bytes"][index % 6] for index in range(count)],
    }.items():
        arguments = make, count
        crash(functools.partial(atoms_of_one_kind, *arguments), name=f"{count}_{kind}")


@crash
def modules_with_thousands_of_globals():
    for first in ({}, {"format": 1}, {"format": 1, "records": 2}):  # names that are in the pickle already
        names = {**first, **{f"name_{index}": index % 300 for index in range(3000)}}
        exec("def fail():\n 1 / 0", names)
        try:
            names["fail"]()
        except ZeroDivisionError as error:
            last = ValueError(last, error) if first else error
    raise last


@crash(threads=True)
def ten_threads_that_wait():
    go_on = threading.Event()
    threads = [threading.Thread(target=go_on.wait) for _ in range(10)]
    for thread in threads:
        thread.start()
    STARTED.append((go_on, threads))
    raise ValueError


STARTED = []


@crash
def a_thousand_instances():
    threshold = 0
    points = [Point(index, index, str(index)) for index in range(1000)]
    by_name = {point.name: point for point in points}
    raise ValueError(threshold)


@crash
def instances_that_share():
    shared = Point([Point(1, 2, "x" * 1000)] * 50, {"a": (1,) * 100}, "x" * 1000)
    points = [Point(shared, shared, shared) for index in range(5000)]
    again = [points, points, points]
    raise ValueError


@crash
def a_grid_of_one_row():
    grid = [[0] * 1000] * 1000
    raise ValueError


@crash
def lists_that_hold_each_other():
    one, other, third = [], [], []
    one += [other, other, third]
    other += [one, third]
    third += [one, {"other": other}]
    raise ValueError


@crash
def a_group_of_many():
    if sys.version_info >= (3, 11):
        raise ExceptionGroup("many", [ValueError(index) for index in range(10_001)])
    raise ValueError


@crash
def groups_in_each_other():
    error = ValueError(1)
    if sys.version_info >= (3, 11):
        for _ in range(300):
            error = ExceptionGroup("one", [error, TypeError(2)])
    raise error


@crash
def a_chain_of_many():
    last = None
    for index in range(1001):
        try:
            raise ValueError(index) from last
        except ValueError as error:
            last = error
    raise last


@crash
def integers_of_one_hash():
    powers = [2**index for index in range(10_000)]
    by_power = {2**index: index for index in range(10_000)}
    set_of_them = set(powers)
    raise ValueError


@crash
def a_statement_of_many_lines():
    def fail(*arguments):
        raise ValueError

    exec(compile("fail(\n" + "0,\n" * 3000 + ")", "<long>", "exec"), {"fail": fail})


@crash
def a_line_of_many_columns():
    def fail():
        raise ValueError

    exec(compile("(" + "0," * 100_000 + "); 5 + fail()", "<long>", "exec"), {"fail": fail})


@crash
def a_function_of_many_variables():
    exec("def f():\n" + "".join(f" x{index} = {index}\n" for index in range(6000)) + " raise ValueError\nf()", {})


@crash
def an_error_from_each_of_many_lines():
    def fail(index):
        raise ValueError(index)

    tries = "".join(f" try: fail({index})\n except ValueError as e: errors.append(e)\n" for index in range(600))
    exec(f"def f():\n errors = []\n{tries} raise KeyError(errors)\nf()", {"fail": fail})


@crash
def classes_of_many_bases():
    wide = type("Wide", tuple(type(f"Base{index}", (), {}) for index in range(150)), {})()
    deep = object
    for index in range(150):
        deep = type(f"Deep{index}", (deep,), {})
    deep = deep()
    raise ValueError


@crash
def large_keys():
    by_numbers = {tuple(range(20_000)): 1, (1, (2, (3, "x"))): 2}
    sets = {frozenset(map(str, range(20_000))), frozenset([1])}
    pairs = {(x, y): x for x in range(150) for y in range(150)}
    raise ValueError


@crash(limits=keeptrace.Limits(frames=30_000))
def a_deep_recursion():
    sys.setrecursionlimit(30_000 if sys.version_info >= (3, 11) else 5_000)

    def recurse(left):
        if not left:
            raise ValueError
        recurse(left - 1)

    recurse(21_000 if sys.version_info >= (3, 11) else 2_000)


def loaded_twice(name):
    """Return what stock loading and safe loading make of the dump of a crash."""
    try:
        CRASHES[name]()
    except Exception as error:
        data = keeptrace.dumps(error, **OPTIONS[name])
    while STARTED:
        go_on, threads = STARTED.pop()
        go_on.set()
        for thread in threads:
            thread.join()
    return pickle.loads(gzip.decompress(data)), keeptrace.load(data)


if __name__ == "__main__":
    print(json.dumps({name: list(alike.differences(*loaded_twice(name)))[:3] for name in sys.argv[1:] or CRASHES}))
