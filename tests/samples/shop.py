"""An application to be crashed: importable, so that what a pickler took can come back as the real thing."""

import time


class Item:
    def __init__(self, name, inner=None):
        self.name, self.inner = name, inner

    def __repr__(self):
        return f"Item {self.name}, by its own code"


class BadBefore:
    """Cannot be pickled; what it holds can."""

    def __init__(self):
        self.item = Item("inside")

    def __reduce__(self):
        raise RuntimeError("cannot be pickled")


class BadAfter:
    """Cannot be unpickled."""

    def __init__(self):
        self.number = 2

    def __reduce__(self):
        return explode, ()


class Sleeper:
    """Takes for ever to be pickled or shown."""

    def __init__(self):
        self.number = 3

    def __reduce__(self):
        time.sleep(60)

    def __repr__(self):
        time.sleep(60)


class Huge:
    """Pickles to more than a blob may have."""

    def __init__(self):
        self.data = bytearray(2**20)


def explode():
    raise KeyError("cannot be unpickled")


def crash():
    sleeper, huge = Sleeper(), Huge()
    item, before, after = Item("pen", Item("cap", Item("spring", Item("coil")))), BadBefore(), BadAfter()
    function, anonymous = explode, lambda: 42
    both = [item, before]
    nested = {"one": {"two": {"three": {"four": item}}}}
    number, text = 1, "plain"
    raise LookupError("no such item", item)
