"""`keeptrace vscode`: configurations in launch.json, beside what people wrote there by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import commands
import pytest

from keeptrace.tools import launching

if TYPE_CHECKING:
    import pathlib

NAMES = ["keeptrace: this dump", "keeptrace: newest dump", "keeptrace: attach"]
WRITTEN = """\
// Use IntelliSense: "configurations": [ {
{
    /* "configurations": [] */
    "inputs": [{"configurations": []}],
    "configurations": [
        // mine, "quoted
        {"name": "mine", "type": "debugpy", "url": "http://x/y \\" // {", },
    ], // the end
}
"""


def launch(folder: pathlib.Path, text: str | None = None) -> pathlib.Path:
    path = folder / ".vscode" / "launch.json"
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return path


def names_in(text: str) -> list[str]:
    return [each["name"] for each in json.loads(launching.plain(text))["configurations"]]


def test_a_folder_gets_configurations(tmp_path: pathlib.Path) -> None:
    """As plain JSON, which other tools read too."""
    done = commands.keeptrace("vscode", str(tmp_path), cwd=tmp_path)
    path = launch(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{path}: {name!r} added" for name in NAMES]
    held = json.loads(path.read_text("utf-8"))
    assert (held["version"], [each["name"] for each in held["configurations"]]) == ("0.2.0", NAMES)


def test_what_is_there_stays(tmp_path: pathlib.Path) -> None:
    """To the letter, comments included; and a second time nothing is added."""
    path = launch(tmp_path, WRITTEN)
    for told in ("added", "is there already"):
        done = commands.keeptrace("vscode", cwd=tmp_path)
        assert [line.partition("' ")[2] for line in done.stdout.splitlines()] == [told] * 3
        text = path.read_text("utf-8")
        before, _, after = text.partition('"configurations": [\n        {\n            "name": "keeptrace')
        start, _, rest = WRITTEN.rpartition('"configurations": [\n')
        assert (before, text.endswith(f"}},\n{rest}"), after != "") == (start, True, True)
        assert names_in(text) == [*NAMES, "mine"]


def test_a_configuration_that_was_changed_stays(tmp_path: pathlib.Path) -> None:
    """It is known by its name."""
    path = launch(tmp_path, '{"configurations": [{"name": "keeptrace: this dump", "python": "/mine"}]}')
    commands.keeptrace("vscode", cwd=tmp_path)
    assert names_in(path.read_text("utf-8")) == [*NAMES[1:], NAMES[0]]
    assert '"python": "/mine"' in path.read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    ["", "\n", "{}", "{\n}\n", '{"version": "0.2.0"}', '{"version": "0.2.0",}', '{"configurations": []}',
     '{"configurations": [ /* none */ ], }', '{"configurations": [{"name": 1}, 5, ] // x\n}', '\ufeff{"version": "1"}',
     "\ufeff",
     '{"a": "\\\\", "configurations":\n[\n]}'],
)  # fmt: skip
def test_every_file_that_vs_code_reads_can_be_added_to(text: str, tmp_path: pathlib.Path) -> None:
    path = launch(tmp_path, text)
    assert commands.keeptrace("vscode", cwd=tmp_path).returncode == 0
    changed = path.read_text("utf-8")
    held = json.loads(launching.plain(changed))["configurations"]
    assert [each["name"] for each in held[:3]] == NAMES
    assert not text.strip("\ufeff\n") or changed[0] == text[0]


def test_line_ends_stay(tmp_path: pathlib.Path) -> None:
    path = launch(tmp_path, WRITTEN.replace("\n", "\r\n"))
    commands.keeptrace("vscode", cwd=tmp_path)
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") > 30


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "an object with a list of `configurations` is expected"),
        ('{"configurations": 5}', "an object with a list of `configurations` is expected"),
        ('{\n  "version": x\n}', "Expecting value: line 2 column 14"),
        ('{"configurations": [}', "Expecting value: line 1 column 21"),
        ("// nothing", "Expecting value"),
        ('{"a": "b}', "Unterminated string"),
        ("{/* ", "Expecting property name"),
        ("[" * 100_000, ""),
        ('{"a":' + '"\\' * 100_000, ""),
        ("/* " * 100_000, ""),
        ('{"configurations": [], "configurations": [{}]}', "`configurations` is there twice"),
        ('{"config\\u0075rations": [{}]}', "`configurations` is there twice, or not spelled in"),
    ],
)
def test_a_file_that_is_not_understood_stays(text: str, why: str, tmp_path: pathlib.Path) -> None:
    """What is to be put there by hand is printed."""
    path = launch(tmp_path, text)
    done = commands.keeptrace("vscode", cwd=tmp_path)
    assert (done.returncode, path.read_text("utf-8")) == (1, text)
    assert done.stderr.startswith(f"keeptrace: cannot add to './.vscode/launch.json': {why}")
    assert '"${file}"' in done.stderr


def test_a_file_of_another_encoding_stays(tmp_path: pathlib.Path) -> None:
    path = launch(tmp_path, "{}")
    path.write_bytes(b'{"name": "caf\xe9"}')
    done = commands.keeptrace("vscode", cwd=tmp_path)
    assert (done.returncode, path.read_bytes()) == (1, b'{"name": "caf\xe9"}')
    assert done.stderr.startswith("keeptrace: cannot add to './.vscode/launch.json': 'utf-8' codec can't decode")


@pytest.mark.parametrize("names", ["[]", "{}", "5", "null"])
def test_names_of_any_kind_are_left_alone(names: str, tmp_path: pathlib.Path) -> None:
    path = launch(tmp_path, f'{{"configurations": [{{"name": {names}}}, {names}]}}')
    assert commands.keeptrace("vscode", cwd=tmp_path).returncode == 0
    assert names_in(path.read_text("utf-8").replace(f", {names}]", "]"))[:3] == NAMES


def test_a_link_stays_one(tmp_path: pathlib.Path) -> None:
    """The file that it leads to is changed."""
    kept = tmp_path / "kept.json"
    kept.write_text("{}")
    path = launch(tmp_path)
    path.parent.mkdir()
    path.symlink_to(kept)
    commands.keeptrace("vscode", cwd=tmp_path)
    assert (path.is_symlink(), names_in(kept.read_text("utf-8"))) == (True, NAMES)
    assert [each.name for each in tmp_path.glob("*.tmp")] == []
