"""repr() of a restored object never ended where it holds a nest of OrderedDicts that holds each level twice."""

import collections
import pickle
import subprocess
import sys

import keeptrace

LOAD = """
import os, pickle, sys
error = pickle.load(sys.stdin.buffer)
print(repr(error.__traceback__.tb_frame.f_globals["order"])[:28])
sys.stdout.flush()
os._exit(0)
"""

Order = collections.namedtuple("Order", ["items"])
nest = None
for _ in range(40):
    nest = collections.OrderedDict(a=nest, b=nest)
order = Order(nest)
keeptrace.init(depth=-1)
try:
    int("seven")
except ValueError as error:
    dump = pickle.dumps(error)
done = subprocess.run([sys.executable, "-I", "-S", "-c", LOAD], input=dump, capture_output=True, timeout=60, check=True)
assert done.stdout.startswith(b"Order(items=OrderedDict({'a'"), done.stdout
print("ok")
