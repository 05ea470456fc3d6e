"""A list of 1,000 instances of a dataclass made keeptrace.load replace every variable of its frame by a marker."""

import dataclasses

import keeptrace


@dataclasses.dataclass
class Point:
    """An application's own."""

    x: int
    y: int
    name: str


def fail():
    threshold = 0
    points = [Point(index, index, str(index)) for index in range(1000)]
    grid = [[0] * 1000] * 1000
    raise ValueError(threshold, points, grid)


try:
    fail()
except ValueError as error:
    data = keeptrace.dumps(error)
found = keeptrace.load(data).__traceback__.tb_next.tb_frame.f_locals
assert found["threshold"] == 0
assert found["grid"] == [[0] * 1000] * 1000
assert repr(found["points"]) == repr([Point(index, index, str(index)) for index in range(1000)])
print("ok")
