"""A crash among the values of other libraries: of those that are installed here."""

import importlib.util
import pickle
import sys

import keeptrace
import keeptrace.record.foreign

HERE = [name for name in ("attrs", "numpy", "pandas", "polars", "pydantic", "torch") if importlib.util.find_spec(name)]


class Cell:
    """A value in an array of objects, whose own code must not run."""

    def __repr__(self):
        raise SystemExit("the application's code ran")


def attrs_values():
    import attrs

    @attrs.define
    class Point:
        x: int
        y: list = attrs.field(factory=list)
        hidden: int = attrs.field(default=0, repr=False)

    @attrs.frozen
    class Key:
        name: str

    return Point(1, [2]), Point(1, [2]), {Key("k"): "found"}, Key("k")


def pydantic_values():
    import pydantic

    class User(pydantic.BaseModel):
        id: int
        name: str = "ada"
        friends: list["User"] = []

    return User(id=1, friends=[User(id=2)]), User(id=2), User(id=2)


def numpy_values():
    import numpy

    array = numpy.arange(100_000).reshape(100, 1000)
    cells = numpy.array([Cell()], dtype=object)
    return array, numpy.float64(1.5), numpy.int32(7), numpy.datetime64("2020-01-01"), cells, numpy.zeros(2, "i4,f8")


def pandas_values():
    import pandas

    frame = pandas.DataFrame({"shop": ["north", "south"], "sold": [1, 2]})
    return frame, frame["sold"], pandas.DataFrame({"cell": [Cell()]}), pandas.DataFrame({"n": range(100_000)})


def polars_values():
    import polars

    frame = polars.DataFrame({"shop": ["north", "south"], "sold": [1, 2]})
    return frame, frame["sold"]


def torch_values():
    import torch

    return torch.zeros(2, 3), torch.arange(10_000)


def crash():
    values = {name: globals()[f"{name}_values"]() for name in HERE}
    raise RuntimeError(f"{len(values)} libraries")


keeptrace.record.foreign.RERAISE = True
keeptrace.init(depth=6)
try:
    crash()
except RuntimeError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
