"""A UUID in a crash was `not restored: ... ModuleNotFoundError` in a program that was frozen without uuid."""

import os
import pickle
import subprocess
import sys
import tempfile
import uuid

import keeptrace

LOAD = """
import pickle, sys

sys.modules["uuid"] = None  # it cannot be imported
with open(sys.argv[1], "rb") as file:
    error = pickle.load(file)
shown = repr(error.__traceback__.tb_frame.f_locals["number"])
assert shown == "uuid.UUID('00000000-0000-0000-0000-000000000007')", shown
"""
keeptrace.init()
try:
    number = uuid.UUID(int=7)
    number / 0
except TypeError as error:
    path = os.path.join(tempfile.mkdtemp(), "crash.pkl")
    with open(path, "wb") as file:
        pickle.dump(error, file)
subprocess.run([sys.executable, "-I", "-S", "-c", LOAD, path], check=True)
print("ok")
