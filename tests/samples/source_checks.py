"""How the source of each crash of sources.py is shown where it is loaded: by traceback, inspect and pdb."""

import inspect
import io
import json
import os
import pdb
import pickle
import shutil
import traceback


def debug(error, *commands):
    """Return what pdb prints for each command where an exception was raised."""
    output = io.StringIO()
    stdin = io.StringIO("\n".join([*commands, "q", ""]))
    debugger = pdb.Pdb(stdin=stdin, stdout=output, nosigint=True, readrc=False)
    debugger.reset()
    debugger.interaction(None, error.__traceback__)
    return output.getvalue().split("(Pdb) ")[1:-1]


def source_of(frame):
    try:
        return inspect.getsource(frame)
    except OSError as error:
        return str(error)


def shown(error):
    frames = [each for each, _ in traceback.walk_tb(error.__traceback__)]
    (listed,) = debug(error, "ll")
    return {
        "names": [frame.f_code.co_name for frame in frames],
        "file": frames[-1].f_code.co_filename,
        "lines": [each.line for each in traceback.extract_tb(error.__traceback__)],
        "source": source_of(frames[-1]),
        "ll": [line.split("\t")[-1] for line in listed.splitlines()],
    }


def shown_beside_another_file(dump):
    """Show a crash where another file goes by the name of its own."""
    path = shown(pickle.loads(dump))["file"]
    os.mkdir(os.path.dirname(path))
    try:
        with open(path, "w") as file:
            file.write("another = 'file'\n" * 9)
        return shown(pickle.loads(dump))
    finally:
        shutil.rmtree(os.path.dirname(path))


answers = {name: dump and shown(pickle.loads(dump)) for name, dump in restored.items()}
answers["changed"] = shown_beside_another_file(restored["changed"])
print(json.dumps(answers))
