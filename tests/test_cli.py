"""The command `keeptrace` as a whole: help, errors, what is loaded; and files from strangers, of which nothing runs."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import commands
import pytest

import keeptrace
from keeptrace.files import header
from keeptrace.tools import parser
from keeptrace.tools.cli import main

if TYPE_CHECKING:
    import pathlib

COMMANDS = ("run", "list", "info", "show", "debug", "export", "parse", "shrink", "clean", "completion")


def helped(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)


def test_help_names_every_command_and_status(capsys: pytest.CaptureFixture[str]) -> None:
    text = helped(capsys=capsys)
    assert [name for name in COMMANDS if not re.search(rf"^ +{name}\b", text, re.MULTILINE)] == []
    assert "exit status:\n    0  done\n" in text
    assert "KEEPTRACE_DIR" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command's examples are ones that it takes."""
    text = helped(command, capsys=capsys)
    examples = re.findall(rf"^  .*?keeptrace ({command}\b.*?)(?:  |>| \||$)", text, re.MULTILINE)
    assert len(examples) >= 2
    for example in examples:
        if command != "run":
            parser.make().parse_args(shlex.split(example))


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"keeptrace {keeptrace.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[], ["sing"], ["show", "--frames", "-1"], ["clean", "--bytes", "many"], ["shrink", "--depth", "x"]]
)
def test_wrong_arguments_are_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert (ended.value.code, "usage: keeptrace" in capsys.readouterr().err) == (2, True)


READING = (["show"], ["info"], ["debug"], ["export", "-o", "-"], ["shrink", "--depth", "0", "-o", "new", "--force"])


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot use 'x': No such file or directory; check the path"),
        (b"", "cannot load 'x': it is cut short: it is empty"),
        (b"hello", "cannot load 'x': this is no dump: neither gzip nor pickle"),
        (gzip.compress(b"hello"), "cannot load 'x': this is no dump: there is no pickle in the gzip"),
        (pickle.dumps([1]), "cannot load 'x': it is a pickle, but there is no crash in it"),
    ],
    ids=["missing", "empty", "text", "gzip", "pickle"],
)
def test_what_cannot_be_read_is_said_in_a_line(
    command: list[str], content: bytes | None, message: str, tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """With status 1, and no traceback."""
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "x").write_bytes(content)
    assert main([command[0], "x", *command[1:]]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"keeptrace: {message}")


def test_an_empty_folder_has_no_newest(tmp_path: pathlib.Path) -> None:
    """The message says which folder was looked into, and why that one."""
    done = commands.keeptrace("show", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1, f"keeptrace: cannot find a dump in the current folder, {str(tmp_path.resolve())!r}: there is none; name a \
FILE, or set KEEPTRACE_DIR\n",
    )  # fmt: skip


def test_the_newest_is_the_latest_dump(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the time in its name; by that of its last change where the name has none."""
    monkeypatch.setenv("KEEPTRACE_DIR", str(tmp_path))
    data = keeptrace.dumps(ValueError("x"), depth=0)
    names = [f"E-{'a' * 16}-2026010{day}T000000.000000Z-1.pkl.gz" for day in (1, 3, 2)]
    for name in (*names, "mine.pkl.gz"):
        (tmp_path / name).write_bytes(data)
    os.utime(tmp_path / "mine.pkl.gz", (0, 0))
    assert main(["info"]) == 0
    os.utime(tmp_path / "mine.pkl.gz", (2e9, 2e9))
    assert main(["info"]) == 0
    assert re.findall(r"^file +.*[/\\](.*)$", capsys.readouterr().out, re.MULTILINE) == [names[1], "mine.pkl.gz"]


# -- files from strangers ---------------------------------------------------------------------------------------------


class Evil:
    """What runs code where it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def evil_files(marker: pathlib.Path) -> dict[str, bytes]:
    """Return files that make a marker where they run anything."""
    code = f"open({str(marker)!r}, 'w').close()"
    system = Evil(os.system, f"echo > {marker}")
    with_header = header.encoded(header.Header(exception="ValueError", fingerprint="f" * 16))
    pickled = pickle.dumps(system)
    compressed = gzip.compress(pickled)[10:]
    error = ValueError("x")
    error.args = (marker,)
    blobs = keeptrace.dumps(error, pickler=lambda _: pickle.dumps(Evil(exec, code)))
    return {
        "system": pickled,
        "exec": pickle.dumps({"crash": Evil(exec, code), "threads": {}}),
        "nested": pickle.dumps([ValueError(Evil(eval, code))]),
        "header": with_header + compressed,
        "gzip": gzip.compress(pickle.dumps((ValueError, Evil(os.system, f"echo > {marker}"), None))),
        "blobs": blobs,
    }


@pytest.mark.parametrize("command", [*READING, ["list"]])
def test_no_command_runs_what_is_in_a_file(
    command: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not its pickle, not its blobs; what is refused has a status of its own, and is named."""
    marker = tmp_path / "marker"
    statuses = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"q\n")))
    for name, data in evil_files(marker).items():
        (tmp_path / f"{name}.pkl.gz").write_bytes(data)
        if name == "blobs" and command == ["debug"]:
            continue  # it opens, and waits for what is typed
        statuses[name] = main([command[0], str(tmp_path / f"{name}.pkl.gz"), *command[1:]])
    assert not marker.exists()
    if command == ["list"]:
        assert set(statuses.values()) == {0}
        return
    refused = {name for name, status in statuses.items() if status == 3}
    expected = {"system", "exec", "nested", "header", "gzip"} - ({"header"} if command == ["info"] else set())
    assert refused == expected
    assert re.search(r"it names (posix|nt)\.system", capsys.readouterr().err)


def test_trust_says_what_it_means_and_opens_blobs(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The one way to run what is in a file."""
    marker = tmp_path / "marker"
    path = tmp_path / "blobs.pkl.gz"
    path.write_bytes(evil_files(marker)["blobs"])
    assert main(["show", str(path)]) == 0
    assert not marker.exists()
    capsys.readouterr()
    assert main(["show", str(path), "--trust"]) == 0
    assert marker.exists()
    assert capsys.readouterr().err == f"keeptrace: opening what {str(path)!r} holds: this runs code from it (--trust)\n"


# -- completion, and what is loaded -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_shells_complete_its_words(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The script names every command and their options."""
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert [word for word in (*COMMANDS, "debugger", "no-globals") if word not in script] == []


COMPLETED = """\
source keeptrace.bash
complete -p keeptrace
COMP_WORDS=(keeptrace {words}); COMP_CWORD={place}; COMP_LINE="keeptrace {words}"; COMP_POINT=${{#COMP_LINE}}
_shtab_keeptrace; printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(os.name == "nt", reason="bash")
@pytest.mark.parametrize(
    ("words", "place", "expected"),
    [("sh", 1, ["show", "shrink"]), ("debug --deb", 2, ["--debugger"]), ("export --format j", 3, ["json"])],
)
def test_bash_completes(words: str, place: int, expected: list[str], tmp_path: pathlib.Path) -> None:
    pytest.importorskip("shtab")
    script = commands.keeptrace("completion", "bash", cwd=tmp_path).stdout
    (tmp_path / "keeptrace.bash").write_text(script)
    done = commands.run(["bash", "-c", COMPLETED.format(words=words, place=place)], tmp_path)
    assert sorted(set(done.stdout.split("\n")[1:-1])) == expected, done.stderr


def test_without_shtab_completion_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "pip install 'keeptrace[tools]'" in capsys.readouterr().err


LOADED = "import sys; from keeptrace.tools.cli import main; main(sys.argv[1:]); print(*sorted(sys.modules))"


@pytest.mark.parametrize("arguments", [["list", "."], ["clean", "."], ["info", "x.pkl.gz"], ["show", "x.pkl.gz"]])
def test_a_command_loads_what_it_needs(arguments: list[str], tmp_path: pathlib.Path) -> None:
    """No debugger, no page, and no rich where nobody looks."""
    (tmp_path / "x.pkl.gz").write_bytes(keeptrace.dumps(ValueError("x")))
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=tmp_path, env=commands.environment(), capture_output=True,
        text=True, check=True, timeout=60,
    )  # fmt: skip
    loaded = done.stdout.splitlines()[-1].split()
    heavy = {"asyncio", "html", "multiprocessing", "pdb", "rich", "shtab", "keeptrace.tools.page", "keeptrace.hooks"}
    assert sorted(heavy.intersection(loaded)) == []


def test_running_a_program_loads_no_tools(tmp_path: pathlib.Path) -> None:
    """What a program finds loaded is little more than what Python loads by itself."""
    program = "import sys; print(*sorted(name for name in sys.modules if name.startswith('keeptrace.tools')))"
    done = commands.keeptrace("run", "-c", program, cwd=tmp_path)
    assert done.stdout.split() == [
        "keeptrace.tools", "keeptrace.tools.cli", "keeptrace.tools.errors", "keeptrace.tools.parser",
        "keeptrace.tools.running",
    ]  # fmt: skip
