"""Real tables, as the recorder writes them: of the crashes in tests/samples, taken from their pickles unopened."""

from __future__ import annotations

import io
import operator
import pathlib
import pickle
import subprocess
import sys
import tempfile
from typing import Any

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "samples"
RECORD_EXCEPTIONS = """
import pickle, sys
import keeptrace, exceptions
crashes = [crash for name, crash in vars(exceptions).items() if type(crash) is type(lambda: 0)]
kept = []
for crash in crashes:
    try:
        crash()
    except BaseException as error:
        kept.append(error)
keeptrace.init()  # with the classes that were defined meanwhile
with open(sys.argv[1], "wb") as file:
    pickle.dump(kept, file)
"""


def table_in(data: bytes) -> list[dict[str, Any]]:
    """Return the tables in a pickle of keeptrace's, without running anything that it holds."""
    tables: list[dict[str, Any]] = []

    class Anything(list[Any]):
        def __getitem__(self, index: Any) -> Any:
            return None

    def restorer(table: dict[str, Any]) -> Any:
        tables.append(table)
        return Anything()

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == ("_operator", "getitem"):
                return operator.getitem
            return (lambda *_: restorer) if name == "eval" else (lambda *_: None)

    Reader(io.BytesIO(data)).load()
    return tables


def recorded(folder: pathlib.Path) -> list[dict[str, Any]]:
    """Return the tables of real crashes; they are kept in a file of the folder for the next time."""
    kept = folder / "tables.pickle"
    if not kept.exists():
        programs = [[str(SAMPLES / "zoo.py")], [str(SAMPLES / "zoo.py"), "{'depth': -1}"], ["-c", RECORD_EXCEPTIONS]]
        tables = [table for program in programs for table in table_in(recorded_by(program))]
        kept.write_bytes(pickle.dumps(tables))
    tables = pickle.loads(kept.read_bytes())
    return sorted(tables, key=lambda table: len(table["records"]))


def recorded_by(program: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as temporary:
        path = pathlib.Path(temporary, "crash.pkl")
        script, *options = program if program[0] == "-c" else [program[0], *program[1:]]
        command = [sys.executable, script, *([options[0], str(path)] if script == "-c" else [str(path), *options])]
        subprocess.run(command, check=True, cwd=SAMPLES)
        return path.read_bytes()
