"""Printing a loaded ImportError imported the module that its attributes named: Python 3.12 looks for like names."""

import os
import pickle
import subprocess
import sys
import tempfile

PICKLE = b"\x80\x04cbuiltins\nImportError\nX\x01\0\0\0x\x85R"
PICKLE += b"}(X\x04\0\0\0nameX\x04\0\0\0evilX\x09\0\0\0name_fromX\x01\0\0\0yub."
PROGRAM = """
import sys, traceback
sys.path.insert(0, sys.argv[1])
import keeptrace
loaded = keeptrace.load(sys.argv[2])
traceback.print_exception(type(loaded), loaded, loaded.__traceback__)
print(loaded.name)
"""
assert type(pickle.loads(PICKLE)) is ImportError
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "crash.pkl")
    with open(path, "wb") as file:
        file.write(PICKLE)
    with open(os.path.join(folder, "evil.py"), "w") as file:
        file.write("print('evil ran')")
    done = subprocess.run([sys.executable, "-c", PROGRAM, folder, path], check=True, capture_output=True, text=True)
    shown = subprocess.run(
        [sys.executable, "-m", "keeptrace", "show", path],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])},
    )
assert done.stdout == "evil\n", done.stdout
assert done.stderr == "ImportError: x\n", done.stderr
assert "evil ran" not in shown.stdout
print("ok")
