"""Dumping and loading an exception told a nest that holds each level twice never ended, on Python 3.13 and later."""

import os
import pickle
import subprocess
import sys

import keeptrace

LOAD = """
import os, pickle, sys
error = pickle.load(sys.stdin.buffer)
print(isinstance(error, ValueError), str(error))
sys.stdout.flush()
os._exit(0)
"""


def crash(nest):
    raise ValueError(nest)


nest = None
for _ in range(2000):
    nest = [nest, nest]
keeptrace.init(depth=-1)
try:
    crash(nest)
except ValueError as error:
    dump = pickle.dumps(error)
done = subprocess.run([sys.executable, "-I", "-S", "-c", LOAD], input=dump, capture_output=True, timeout=60, check=True)
assert done.stdout.startswith(b"True <"), done.stdout
print("ok")
sys.stdout.flush()
os._exit(0)
