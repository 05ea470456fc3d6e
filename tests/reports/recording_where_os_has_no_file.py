"""In a program that cx_Freeze made on Python 3.13, os has no __file__, and init() and load() raised AttributeError."""

import os

del os.__file__

import keeptrace

keeptrace.init()
try:
    {}["pen"]
except KeyError as error:
    restored = keeptrace.load(keeptrace.dumps(error))
assert repr(restored) == "KeyError('pen')", restored
print("ok")
