"""Exception groups in each other took time that grew with the square of their depth, or could not be pickled at all."""

import builtins
import pickle
import subprocess
import sys

import keeptrace

DEPTH = 1500
CHECK = f"""
import pickle, sys
error, depth = pickle.load(sys.stdin.buffer), 0
while hasattr(error, "exceptions"):
    error, depth = error.exceptions[0], depth + 1
assert (depth, str(error)) == ({DEPTH}, "bottom"), depth
"""
if sys.version_info >= (3, 11):
    error = ValueError("bottom")
    for _ in range(DEPTH):
        error = builtins.ExceptionGroup("deep", [error])
    keeptrace.init()
    asked = []
    sys.setprofile(lambda frame, event, argument: asked.append(None) if event == "call" else None)
    dump = pickle.dumps(error)
    sys.setprofile(None)
    assert len(asked) < 200 * DEPTH, len(asked)
    subprocess.run([sys.executable, "-I", "-S", "-c", CHECK], input=dump, check=True)
print("ok")
