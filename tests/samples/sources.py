"""Crashes whose source is not simply a file: dumps them to the path it is given, and removes every file meanwhile."""

import doctest
import importlib.machinery
import linecache
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import zipfile

import keeptrace

FOLDER = tempfile.mkdtemp()
LATIN = "# -*- coding: latin-1 -*-\ndef f():\n    café = 'ÿ'\n    return café + 1\n"


def dumped(function, *args, **settings):
    """Return the pickle of what a function raises."""
    keeptrace.init(**settings)
    try:
        function(*args)
    except Exception as error:
        return pickle.dumps(error)


def written(name, text, encoding="utf-8"):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding=encoding) as file:
        file.write(text)
    return path


def run_file(name, text, encoding="utf-8"):
    written(name, text, encoding)
    sys.path.insert(0, FOLDER)
    importlib.invalidate_caches()
    importlib.import_module(name[:-3]).f()


def run_zip():
    path = os.path.join(FOLDER, "archive.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("package/__init__.py", "")
        archive.writestr("package/zipped.py", "def f():\n    'in a zip'\n    return 1 / 0\n")
    sys.path.insert(0, path)
    importlib.import_module("package.zipped").f()


def run_registered():
    text = "def f():\n    'registered by the program'\n    return 1 / 0\n"
    linecache.cache["<registered 1>"] = (len(text), None, text.splitlines(True), "<registered 1>")
    run_text(text, "<registered 1>")


def run_text(text, filename):
    namespace = {"__name__": "made"}
    exec(compile(text, filename, "exec"), namespace)
    namespace["f"]()


def run_lazily_registered():
    class Loader:
        def get_source(self, name):
            return "def f():\n    'from a loader'\n    return 1 / 0\n"

    loader = Loader()  # one: for others than its spec's, linecache warns
    namespace = {"__name__": "lazy", "__loader__": loader}
    namespace["__spec__"] = importlib.machinery.ModuleSpec("lazy", loader)
    exec(compile(Loader().get_source(""), "loaded/from_loader.py", "exec"), namespace)
    namespace["f"]()


def run_windows():
    path = "C:\\app\\x.py"
    text = "def f():\n    'on Windows'\n    return 1 / 0\n"
    linecache.cache[path] = (len(text), None, text.splitlines(True), path)
    run_text(text, path)


def run_doctest():
    """Dump while an example runs: doctest lends its text to linecache for that long.

    >>> def f(a):
    ...     return a / 0
    >>> doctested.append(dumped(f, 1))
    """
    doctested = []
    names = {"doctested": doctested, "dumped": dumped}
    test = doctest.DocTestFinder().find(run_doctest, "run_doctest", globs=names)[0]
    doctest.DebugRunner(verbose=False).run(test)
    return doctested[0]


def dumped_by(arguments, stdin=""):
    """Return the pickle written by a program that another interpreter is given."""
    path = os.path.join(FOLDER, "dumped.pkl")
    environment = {**os.environ, "DUMP": path, "PYTHON_HISTORY": os.devnull, "TERM": "dumb"}
    subprocess.run([sys.executable, *arguments], input=stdin.encode(), env=environment, capture_output=True, cwd=FOLDER)
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        dump = file.read()
    os.remove(path)
    return dump


PROGRAM = """\
import keeptrace, os, pickle
keeptrace.init()
def f(a):
    return a / 0

try:
    f(1)
except ZeroDivisionError as error:
    with open(os.environ["DUMP"], "wb") as file: pickle.dump(error, file)

"""
SESSION = """\
import keeptrace, os, pickle, sys
keeptrace.init()
def f(a):
    return a / 0

f(1)
with open(os.environ["DUMP"], "wb") as file: pickle.dump(sys.last_value, file)

"""
CELLS = """\
import os, pickle, sys
import keeptrace
from IPython.core.interactiveshell import InteractiveShell
keeptrace.init()
shell = InteractiveShell.instance(history_length=0)
shell.run_cell("def f(a):\\n    return a / 0")
result = shell.run_cell("f(1)")
with open(os.environ["DUMP"], "wb") as file:
    pickle.dump(result.error_in_exec, file)
"""


def main(path):
    os.chdir(FOLDER)
    dumps = {
        "file": dumped(run_file, "plain.py", "def f():\n    'in a file'\n    return 1 / 0\n"),
        "without": dumped(run_file, "without.py", "def f():\n    return 1 / 0\n", include_source=False),
        "latin": dumped(run_file, "latin.py", LATIN, "latin-1"),
        "no_newline": dumped(run_file, "no_newline.py", "def f():\n    return 1 / 0"),
        "form_feeds": dumped(run_file, "form_feeds.py", "x = '\x0c \x1c \x85 \u2028'\n\x0c\ndef f():\n    return 1 / 0\n"),
        "changed": dumped(run_file, "changed.py", "def f():\n    'as it was'\n    return 1 / 0\n"),
        "zip": dumped(run_zip),
        "registered": dumped(run_registered),
        "lazily": dumped(run_lazily_registered),
        "windows": dumped(run_windows),
        "evaluated_in_command": dumped_by(["-c", PROGRAM.replace("a / 0", "eval('lambda a: a / 0')(a)")]),
        "doctest": run_doctest(),
        "nowhere": dumped(run_text, "def f():\n    return 1 / 0\n", "<nowhere>"),
        "gone": dumped(run_text, "def f():\n    return 1 / 0\n", "/gone/away.py"),
        "no_depth": dumped(run_file, "shallow.py", "def f():\n    'shallow'\n    return 1 / 0\n", depth=0),
        "command": dumped_by(["-c", PROGRAM]),
        "stdin": dumped_by(["-"], PROGRAM),
        "repl": dumped_by(["-i", "-q"], SESSION),
        "ipython": dumped_by(["-c", CELLS]),
    }
    with open(path, "wb") as file:
        pickle.dump(dumps, file)
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main(sys.argv[1])
