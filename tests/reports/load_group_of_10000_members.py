"""keeptrace.load refused a group of 10,000 members, and 101 groups in each other."""

import builtins
import sys

import keeptrace

if sys.version_info >= (3, 11):
    ExceptionGroup = builtins.ExceptionGroup
    many = ExceptionGroup("many", [ValueError(index) for index in range(10_001)])
    nested = ValueError("innermost")
    for _ in range(150):
        nested = ExceptionGroup("one", [nested])
    members = keeptrace.load(keeptrace.dumps(many)).exceptions
    assert [str(member) for member in members] == [str(index) for index in range(10_001)]
    found = keeptrace.load(keeptrace.dumps(nested))
    while isinstance(found, ExceptionGroup):
        (found,) = found.exceptions
    assert str(found) == "innermost"
print("ok")
