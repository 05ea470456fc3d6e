"""A RecursionError that was recorded with few frames of the stack left came back as a plain Exception."""

import pickle
import subprocess
import sys

import keeptrace

LIMIT = 400


def pickled_at(left):
    """Return the pickle of a RecursionError made with so many frames left; None where pickling itself has too few."""
    found = []

    def endless():
        endless()

    def descend(depth):
        if depth:
            return descend(depth - 1)
        try:
            endless()
        except RecursionError as error:
            found.append(pickle.dumps(error))

    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    try:
        descend(LIMIT - depth - left)
    except RecursionError:
        return None
    return found[0]


CHECK = """
import pickle, sys
for name, dump in pickle.load(sys.stdin.buffer).items():
    error = pickle.loads(dump)
    assert type(error) is RecursionError and not hasattr(error, "__notes__"), (name, type(error))
    tb = error.__traceback__
    while tb.tb_next:
        tb = tb.tb_next
    shown = repr([tb.tb_frame.f_locals, *vars(error).values()])
    assert "not recorded" not in shown and "endless" in tb.tb_frame.f_globals["HERE"], (name, shown)
"""
HERE = "endless"
keeptrace.init()
sys.setrecursionlimit(LIMIT)
dumps = {left: pickled_at(left) for left in range(5, 80)}
sys.setrecursionlimit(1000)
made = {left: dump for left, dump in dumps.items() if dump is not None}
assert len(made) > 50, sorted(made)
subprocess.run([sys.executable, "-I", "-S", "-c", CHECK], input=pickle.dumps(made), check=True)
print("ok")
