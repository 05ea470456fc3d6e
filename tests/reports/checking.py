"""What the programs here share: record a crash, open it in fresh processes, and look at it there. No program itself."""

import os
import pickle
import subprocess
import sys
import tempfile
import traceback

import keeptrace

BARE = "import pickle, sys; error = pickle.load(open(sys.argv[1], 'rb'))\n"
SAFE = "import keeptrace, sys; error = keeptrace.load(sys.argv[1])\n"
SHARED = r'''
import io, pdb, traceback
text = open(sys.argv[2], encoding="utf-8").read()

def printed():
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))

def debugged(*commands):
    """Return what pdb prints for commands where the exception was raised."""
    output = io.StringIO()
    stdin = io.StringIO("\n".join([*commands, "q", ""]))
    debugger = pdb.Pdb(stdin=stdin, stdout=output, nosigint=True, readrc=False)
    debugger.reset()
    debugger.interaction(None, error.__traceback__)
    return output.getvalue()

frame = None
for frame, _ in traceback.walk_tb(error.__traceback__):
    pass
'''


def caught(crash):
    try:
        crash()
    except BaseException as error:
        return error
    raise AssertionError("it did not crash")


def check(crash, checks, **options):
    """Run checks on what a function raises, after stock pickle in a bare process and after keeptrace.load in another.

    options: of init(). The checks have `error`, `text` as it was printed, printed(), the innermost `frame`, and
        debugged(*commands).
    """
    keeptrace.init(**options)
    error = caught(crash)
    keeptrace.init(**options)
    with tempfile.TemporaryDirectory() as folder:
        names = ("crash.pkl", "crash.pkl.gz", "text", "elsewhere")
        pickled, dumped, text, elsewhere = (os.path.join(folder, name) for name in names)
        os.mkdir(elsewhere)
        with open(text, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        with open(pickled, "wb") as file:
            pickle.dump(error, file)
        keeptrace.dump(error, dumped)
        package = os.path.dirname(os.path.dirname(os.path.abspath(keeptrace.__file__)))
        environment = {**os.environ, "PYTHONPATH": package}
        run([sys.executable, "-I", "-S", "-c", BARE + SHARED + checks, pickled, text], cwd=elsewhere)
        run([sys.executable, "-c", SAFE + SHARED + checks, dumped, text], cwd=elsewhere, env=environment)
    print("ok")


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}")
