"""pickle.load never returned where something wraps _thread.start_new_thread: debugpy, PyDev, eventlet, gevent."""

import importlib.util
import os
import pickle
import subprocess
import sys
import tempfile

import keeptrace

WRAPPED = """
import _thread, sys
kept = []
def wrapping(start):
    def start_new_thread(function, arguments=(), keywords={}):
        def run(*arguments):
            kept.append(sys._getframe())
            return function(*arguments, **keywords)
        return start(run, arguments)
    return start_new_thread
_thread.start_new_thread = _thread.start_new = wrapping(_thread.start_new_thread)
"""
NEVER_STARTED = "import _thread; _thread.start_new_thread = _thread.start_new = lambda *arguments: 1"
SITUATIONS = {
    "debugpy": "import debugpy; debugpy.listen(('127.0.0.1', 0))",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
    "gevent": "import gevent.monkey; gevent.monkey.patch_all()",
    "only gevent's threads": "import gevent.monkey; gevent.monkey.patch_thread()",
    "a wrapper that keeps the frame": WRAPPED,
    "threads that never start": NEVER_STARTED,
    "no threads": NEVER_STARTED.replace("1", "1 / 0"),
}
LOAD = """
import pickle, sys, traceback
with open(sys.argv[1], "rb") as file:
    error = pickle.load(file)
frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
assert [frame.f_code.co_name for frame in frames] == ["<module>", "divide", "divide", "divide"], frames
assert [frame.f_back for frame in frames[1:]] == frames[:-1]
assert frames[-1].f_locals == {"times": 0}, frames[-1].f_locals
"""


def divide(times: int) -> float:
    return divide(times - 1) if times else 1 / 0


keeptrace.init()
path = os.path.join(tempfile.mkdtemp(), "crash.pkl")
try:
    divide(2)
except ZeroDivisionError as error:
    with open(path, "wb") as file:
        pickle.dump(error, file)
failed = []
for name, situation in SITUATIONS.items():
    library = situation.split()[1].partition(".")[0].rstrip(",;")
    if importlib.util.find_spec(library) is None:
        print(f"{name}: {library} is not installed")
        continue
    command = [sys.executable, "-c", situation + "\n" + LOAD, path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        failed.append(f"{name}: it hangs")
    else:
        failed += [f"{name}: {done.stderr}"] if done.returncode else []
print("\n".join(failed) or "ok")
sys.exit(bool(failed))
