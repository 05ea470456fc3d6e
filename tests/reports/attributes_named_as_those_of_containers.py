"""An instance's attributes lost: those named maxlen and default_factory were taken for those of containers."""

import collections

from checking import check


class Field:
    def __init__(self):
        self.maxlen, self.default_factory = 80, "empty"


class Buffer(collections.deque):
    def __init__(self):
        super().__init__([1, 2, 3], 2)
        self.default_factory = 7


class Counts(collections.defaultdict):
    def __init__(self):
        super().__init__(int, a=1)
        self.maxlen = 7


def crash():
    field, buffer, counts = Field(), Buffer(), Counts()
    return field.maxlen + buffer.default_factory + counts.maxlen + None


check(
    crash,
    """
field, buffer, counts = map(frame.f_locals.get, ("field", "buffer", "counts"))
assert (field.maxlen, field.default_factory) == (80, "empty")
assert (list(buffer), buffer.maxlen, buffer.default_factory) == ([2, 3], 2, 7)
assert (dict(counts), counts.default_factory, counts.maxlen) == ({"a": 1}, int, 7)
""",
)
