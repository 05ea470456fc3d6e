"""Makes the frozen dumps of a release, once: `python tests/frozen/make.py 2.0.0`.

Each Python that records writes some of the crashes in crashes.py, the oldest and the newest all of them; what they show
(facts.py) is written beside them. Dumps of a release are never made again: whatever opens dumps has to open these.
"""

from __future__ import annotations

import gzip
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import interpreters  # noqa: E402 (it is found here)

SOME = ("values", "packed", "group")
FACTS = "facts.json.gz"


def main(release: str) -> None:
    missing = [version for version in interpreters.RECORDING if version in interpreters.missing()]
    if missing:
        raise SystemExit(f"cannot make dumps: no CPython {', '.join(missing)} here; name it in KEEPTRACE_PYTHONS")
    folder = HERE / release
    folder.mkdir()  # a release's dumps are never made again
    for version in interpreters.RECORDING:
        is_complete = version in (interpreters.RECORDING[0], interpreters.RECORDING[-1])
        make(version, folder, () if is_complete else SOME)


def make(version: str, folder: pathlib.Path, names: tuple[str, ...]) -> None:
    """Write one Python's dumps; the program that crashed is gone when they are opened for the first time."""
    python = interpreters.found()[version]
    with tempfile.TemporaryDirectory() as place:
        program = shutil.copy(HERE / "crashes.py", place)
        interpreters.run([python, program, place, *names], cwd=place, **interpreters.keeptrace_importable())
        pathlib.Path(program).unlink()
        dumps = sorted(map(str, pathlib.Path(place).glob("*.pkl*")))
        facts = pathlib.Path(place, "facts.json")
        interpreters.run([python, "-I", "-S", str(copied(place)), "describe", str(facts), *dumps], cwd=place)
        target = folder / version
        target.mkdir()
        for dump in dumps:
            shutil.copy(dump, target)
        (target / FACTS).write_bytes(gzip.compress(facts.read_bytes(), mtime=0))


def copied(place: str) -> pathlib.Path:
    """Copy what describes dumps to where every interpreter sees it, and return its path."""
    shutil.copy(HERE.parent / "grid_facts.py", place)
    return pathlib.Path(shutil.copy(HERE / "facts.py", place))


if __name__ == "__main__":
    main(sys.argv[1])
