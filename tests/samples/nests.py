"""Crashes with what is nested deep, or of which each level is held twice: writes their pickles by their names."""

import collections
import dataclasses
import os
import pickle
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import keeptrace


@dataclasses.dataclass
class Held:
    it: object


class Node:
    def __init__(self, inner):
        self.inner = inner


class Own(list):
    pass


DEEP = {
    "list": lambda inner: [inner],
    "tuple": lambda inner: (inner,),
    "dict": lambda inner: {"it": inner},
    "node": Node,
    "held": Held,
    "held in lists": lambda inner: Held([inner]),
    "namespaces": lambda inner: types.SimpleNamespace(it=inner),
}
TWICE = {
    "list": lambda inner: [inner, inner],
    "tuple": lambda inner: (inner, inner),
    "dict": lambda inner: {"a": inner, "b": inner},
    "own": lambda inner: Own([inner, inner]),
    "deque": lambda inner: collections.deque([inner, inner]),
    "ordered": lambda inner: collections.OrderedDict(a=inner, b=inner),
    "default": lambda inner: collections.defaultdict(int, a=inner, b=inner),
    "counter": lambda inner: collections.Counter({"a": inner, "b": inner} if inner is not None else "a"),
    "proxy": lambda inner: types.MappingProxyType({"a": inner, "b": inner}),
    "values": lambda inner: {1: inner, 2: inner}.values(),
    "items": lambda inner: {1: inner, 2: inner}.items(),
    "slice": lambda inner: slice(inner, inner),
    "namespace": lambda inner: types.SimpleNamespace(a=inner, b=inner),
    "exception": lambda inner: ValueError(inner, inner),
    "node": lambda inner: Node([inner, inner]),
    "held": lambda inner: Held((inner, {"a": inner})),
    "mixed": lambda inner: [Held(types.SimpleNamespace(a=inner)), collections.deque([inner])],
}


def nested(around, levels):
    nest = None
    for _ in range(levels):
        nest = around(nest)
    return nest


def crash(nest, is_told):
    held = Held(nest)
    raise ValueError(nest) if is_told else ValueError("told nothing")


def dumped(around, levels, is_told=False):
    """Return the pickle of a crash in a thread of its own, so that the stack ends there."""
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(crash, nested(around, levels), is_told).exception()
    return pickle.dumps(error)


def main(path):
    keeptrace.init(depth=-1, limits=keeptrace.Limits(seconds=600, objects=10**6))
    dumps = {f"deep {name}": dumped(around, 20_000) for name, around in DEEP.items()}
    dumps["deep list of 100,000"] = dumped(DEEP["list"], 100_000)
    for name, around in TWICE.items():
        dumps[f"{name} twice"] = dumped(around, 1_000)
        dumps[f"{name} twice, told"] = dumped(around, 1_000, is_told=True)
    with open(path, "wb") as file:
        pickle.dump(dumps, file)
    os._exit(0)  # what is nested so deep may overflow the stack of C when it goes


if __name__ == "__main__":
    main(sys.argv[1])
