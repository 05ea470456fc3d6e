"""The dumps in tests/frozen, written by earlier releases, show what they showed when they were written.

They are opened by every Python with what travels in them, by keeptrace.load, and at the command line.
"""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import interpreters
import pytest
from frozen import make

import keeptrace
from keeptrace import restore, schema
from keeptrace.files import reading
from keeptrace.tools import cli
from keeptrace.vetting.packed import FORMS
from keeptrace.vetting.records import vetted

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = sorted(pathlib.Path(make.__file__).parent.glob("*/3.*"))
COMPLETE = max(len(list(folder.glob("*.pkl*"))) for folder in FOLDERS)
MOST = 2 * 2**20  # bytes of all dumps of a release


def folders() -> list[Any]:
    """Return the folders as a test's parameters; slow those of the Pythons that wrote some of the dumps only."""
    return [
        pytest.param(
            folder,
            id=f"{folder.parent.name}-{folder.name}",
            marks=[] if len(list(folder.glob("*.pkl*"))) == COMPLETE else pytest.mark.slow,
        )
        for folder in FOLDERS
    ]


def check(python: list[str], folder: pathlib.Path, place: pathlib.Path, *options: str, **environment: str) -> None:
    """Have a Python compare what it finds in the dumps of a folder with what was found when they were made."""
    program = make.copied(str(place))
    facts = place / "facts.json"
    facts.write_bytes(gzip.decompress((folder / make.FACTS).read_bytes()))
    dumps = [str(path) for path in copies(folder, place)]
    interpreters.run([*python, str(program), *options, "check", str(facts), *dumps], cwd=place, **environment)


def copies(folder: pathlib.Path, place: pathlib.Path) -> Iterator[pathlib.Path]:
    """Copy dumps to where an interpreter in a container sees them."""
    for path in sorted(folder.glob("*.pkl*")):
        copy = place / path.name
        copy.write_bytes(path.read_bytes())
        yield copy


@pytest.mark.parametrize("folder", folders())
def test_stock_pickle_opens_them(python: str, folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """With nothing installed, on every Python."""
    check([interpreters.found()[python], "-I", "-S"], folder, tmp_path)


@pytest.mark.parametrize("folder", folders())
def test_load_opens_them(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    check([sys.executable], folder, tmp_path, "--load", **interpreters.keeptrace_importable())


@pytest.mark.parametrize("folder", folders())
def test_the_command_line_shows_them(folder: pathlib.Path) -> None:
    """The crash, its frames and its variables."""
    facts = json.loads(gzip.decompress((folder / make.FACTS).read_bytes()))
    for path in sorted(folder.glob("*.pkl*")):
        out = io.StringIO()
        with redirect_stdout(out):
            status = cli.main(["show", str(path), "--json"])
        shown = json.loads(out.getvalue())
        stacks = [*shown["exceptions"], *shown["threads"]]
        assert (status, any(each["frames"] for each in stacks)) == (0, True), path
        fact = facts[path.name]["crash"] if "threads" in path.name else facts[path.name]
        if isinstance(fact, list) and isinstance(fact[0], dict):
            assert fact[0]["text"].splitlines()[0] in str(shown), path


def test_each_kind_of_record_and_each_packed_form_is_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[dict[str, Any]] = []

    def noted(table: dict[str, Any], *more: Any) -> Any:
        tables.append(table)
        return vetted(table, *more)

    monkeypatch.setattr(reading, "vetted", noted)
    for path in [path for folder in FOLDERS for path in folder.glob("*.pkl*")]:
        keeptrace.load(path, trust=path.name.startswith("pickler"))
    kinds = {record[0] for table in tables for record in restore.with_packed(table) if record}
    forms = {form for table in tables for entry in table.get("packed", ()) for form in forms_of(entry[1])}
    assert set(schema.KINDS) - kinds == set()
    assert set(FORMS) - forms == set()


def forms_of(form: Any) -> set[str]:
    """Return the names of a packed form and of those in it."""
    found = {form[0]} if isinstance(form, tuple) and form and form[0] in FORMS else set()
    inner = form if isinstance(form, (list, tuple)) else ()
    return found.union(*(forms_of(each) for each in inner if isinstance(each, (list, tuple))))


def test_they_are_small() -> None:
    for release in {folder.parent for folder in FOLDERS}:
        assert sum(path.stat().st_size for path in release.rglob("*.pkl*")) < MOST
