"""Tells mocks from real objects. (What mocks are made of is in restore.py, which travels without this package.)"""

from __future__ import annotations

import types


def is_mock(obj: object) -> bool:
    """Tell whether an object is a restored stand-in: an instance's, a class's or a function's mock, or a marker."""
    if isinstance(obj, types.FunctionType):
        return "__keeptrace__" in obj.__dict__
    if isinstance(obj, types.MethodType):
        return is_mock(obj.__func__)
    cls = obj if isinstance(obj, type) else type(obj)
    return any("__keeptrace__" in base.__dict__ for base in cls.__mro__)
