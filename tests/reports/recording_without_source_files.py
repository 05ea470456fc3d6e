"""Where keeptrace was installed as .pyc files alone, init() succeeded and the crash said TypeError: expected string."""

import compileall
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import keeptrace

RECORD = """
import pickle, sys
import keeptrace

keeptrace.init()
try:
    numbers = []
    sum(numbers) / len(numbers)
except ZeroDivisionError as error:
    with open("crash.pkl", "wb") as file:
        pickle.dump(error, file)
assert not keeptrace.__file__.endswith(".py")
"""
LOAD = """
import pickle

with open("crash.pkl", "rb") as file:
    error = pickle.load(file)
assert error.__traceback__.tb_frame.f_globals["numbers"] == [], error.__traceback__.tb_frame.f_globals
"""
folder = pathlib.Path(tempfile.mkdtemp())
package = folder / "installed" / "keeptrace"
shutil.copytree(os.path.dirname(keeptrace.__file__), package, ignore=shutil.ignore_patterns("__pycache__"))
compileall.compile_dir(package, quiet=1, legacy=True)
for source in package.rglob("*.py"):
    source.unlink()
environment = {**os.environ, "PYTHONPATH": str(package.parent)}
subprocess.run([sys.executable, "-c", RECORD], cwd=folder, env=environment, check=True)
subprocess.run([sys.executable, "-I", "-S", "-c", LOAD], cwd=folder, check=True)
print("ok")
