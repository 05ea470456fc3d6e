"""Tells where two loaded crashes differ: what stock loading and safe loading make of one dump."""

import reprlib
import types

from keeptrace.restore import count_shown

TOO_LARGE = "<left out: its representation would be too large>"
LARGE = 20_000  # objects that a representation shows, each as often as it is held


def differences(stock, safe):
    """Yield where one differs from the other, and how; a marker may stand in what is too large indeed."""
    met, waiting = {}, [("", stock, safe, None)]
    while waiting:
        where, one, other, holder = waiting.pop()
        if (id(one), id(other)) in met:
            continue
        met[id(one), id(other)] = one, other  # both stay, so that no other has these ids
        if type(other).__name__ == "Marker" and repr(other) == TOO_LARGE and count_shown(holder, LARGE) == LARGE:
            continue
        if type(one).__qualname__ != type(other).__qualname__:
            yield f"{where}: {type(one).__qualname__} is {brief(other)}"
            continue
        found = [(f"{where[-200:]}{name}", *both) for name, *both in parts(one, other)]
        for name, first, second in found:
            if first is LACKING or second is LACKING:
                yield f"{name}: {brief(first)} is {brief(second)}"
            else:
                waiting.append((name, first, second, one))


def brief(value):
    """Return a representation that is short to make, too: that of a nest of containers may have no end."""
    return reprlib.repr(value) if count_shown(value, LARGE) < LARGE else f"a large {type(value).__name__}"


LACKING = object()
LINKS = ("args", "__cause__", "__context__", "__suppress_context__", "__traceback__", "exceptions", "__dict__")
ATOMS = (type(None), bool, int, float, complex, str, bytes, bytearray, range)


def parts(one, other):
    """Yield the parts of two things of one type, by name; LACKING stands where one has none."""
    if isinstance(one, types.TracebackType):
        yield "", one.tb_frame, other.tb_frame
        yield " line ", one.tb_lineno, other.tb_lineno
        yield " ", one.tb_next, other.tb_next
    elif isinstance(one, types.FrameType):
        yield f"{one.f_code.co_name} ", dict(one.f_locals), dict(other.f_locals)
        yield f"{one.f_code.co_name} in {one.f_code.co_filename} ", one.f_back, other.f_back
    elif isinstance(one, BaseException):
        yield ".str()", str(one), str(other)
        for name in LINKS:
            yield f".{name}", getattr(one, name, None), getattr(other, name, None)
    elif isinstance(one, dict):
        yield from both(list(one), list(other), " key ")
        yield from both(list(one.values()), list(other.values()), " value ")
    elif isinstance(one, (list, tuple)):
        yield from both(one, other, "")
    elif isinstance(one, (set, frozenset)):
        yield from both(sorted(map(repr, one)), sorted(map(repr, other)), " element ")
    elif type(type(one)).__module__ == "keeptrace.restore":
        yield ".", vars(one), vars(other)
    elif isinstance(one, ATOMS) and repr(one) != repr(other):
        yield f" {brief(one)} is {brief(other)}", LACKING, other


def both(one, other, name):
    yield f"len() {len(one)} {len(other)}", len(one), len(other)
    for index, (first, second) in enumerate(zip(one, other)):
        yield f"{name}[{index}]", first, second
