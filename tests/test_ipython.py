"""The extension for IPython: on a terminal, in a notebook's kernel, and in notebooks that run without anybody."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import commands
import interpreters
import pytest

import keeptrace

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("IPython")
pexpect = pytest.importorskip("pexpect")

EXTENSION = "keeptrace.integrations.ipython"
LINE = 'c.InteractiveShellApp.extensions = ["keeptrace.integrations.ipython"]\n'
PROMPT, PDB = r"In \[\d+\]: ", r"ipdb> "
SMALL = 40_000  # bytes of the dump of a cell that does next to nothing
SCRIPT = "def packed(box):\n    raise RuntimeError(box)\npacked('full')\n"
EXECUTE = "from nbclient.cli import main; main()"  # jupyter execute
STOCK = """\
import gzip, pickle, sys
with gzip.open(sys.argv[1]) as file:
    error = pickle.load(file)
entry = error.__traceback__
while entry.tb_next is not None:
    entry = entry.tb_next
print(type(error).__name__, entry.tb_frame.f_locals["wanted"], entry.tb_frame.f_globals["rates"])
"""


def without_colors(text: str) -> str:
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", text)


def dumps_in(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the dumps of a folder, the oldest first."""
    return sorted(folder.glob("*.pkl.gz"), key=lambda path: keeptrace.peek(path).time)


def about(path: pathlib.Path) -> tuple[str, dict[str, Any]]:
    header = keeptrace.peek(path)
    return header.exception, header.context


def functions(path: pathlib.Path) -> list[str]:
    """Return the names of the functions of a dump's traceback, and of the frames outside its first."""
    entry = keeptrace.load(path).__traceback__
    outer = entry.tb_frame.f_back
    found: list[str] = []
    while outer is not None:
        found, outer = [outer.f_code.co_name, *found], outer.f_back
    while entry is not None:
        found.append(entry.tb_frame.f_code.co_name)
        entry = entry.tb_next
    return found


# ---------------------------------------------------------------------------------------------------------------------
# On a terminal
# ---------------------------------------------------------------------------------------------------------------------


class Terminal:
    """IPython on a terminal: what is said there, and what it answers."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        variables = {"IPYTHONDIR": str(folder / "ipython"), "NO_COLOR": "1", "IPY_TEST_SIMPLE_PROMPT": "1"}
        self.child = pexpect.spawn(
            sys.executable, ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor"], cwd=str(folder),
            encoding="utf-8", timeout=60, env=commands.environment(**variables), dimensions=(50, 400),
        )  # fmt: skip
        self.child.expect(PROMPT)

    def say(self, line: str, prompt: str = PROMPT) -> str:
        """Return what is printed for a line that is typed."""
        self.child.sendline(line)
        self.child.expect("\r\n")
        self.child.expect(prompt)
        text = without_colors(self.child.before)
        return text.replace("\r", "").strip("\n")

    def crash(self, line: str) -> pathlib.Path:
        """Return the dump that is left of what is typed, and that a line tells of."""
        said = self.say(line)
        told = re.findall(r"^keeptrace: the crash is in (.*); to open it: %keeptrace debug (.*)$", said, re.MULTILINE)
        ((path, near),) = told
        assert pathlib.Path(path) == self.folder / near
        return pathlib.Path(path)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """IPython without the extension; a test that loads it takes it back."""
    terminal = Terminal(tmp_path_factory.mktemp("terminal"))
    yield terminal
    terminal.child.sendline("exit")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()


@pytest.fixture
def terminal(bare: Terminal) -> Iterator[Terminal]:
    assert bare.say(f"%load_ext {EXTENSION}") == ""
    yield bare
    assert bare.say(f"%unload_ext {EXTENSION}") == ""


def test_a_cell_that_fails_is_dumped_and_opened(terminal: Terminal) -> None:
    """The function's variables, the session's globals and the source are there; nothing of IPython's frames is."""
    terminal.say("rates = {'pens': 2.5}")
    terminal.say("def price(wanted): return rates[wanted]")
    path = terminal.crash("price('paper')")
    error, context = about(path)
    assert (error, context["kind"], sorted(context)) == ("KeyError", "cell", ["cell", "kind"])
    assert functions(path) == ["<module>", "price"]
    assert path.stat().st_size < SMALL
    shown = commands.keeptrace("show", str(path), cwd=terminal.folder).stdout
    for expected in (
        "price('paper')",
        "return rates[wanted]",
        "wanted = 'paper'",
        f"kind=cell, cell={context['cell']}",
    ):
        assert expected in shown, expected
    assert "KeyError: 'paper'" in terminal.say("%keeptrace debug", prompt=PDB)
    assert terminal.say("p wanted, rates", prompt=PDB) == "('paper', {'pens': 2.5})"
    assert "----> 1 price('paper')" in terminal.say("up", prompt=PDB)
    assert terminal.say("q") == ""
    assert "KeyError: 'paper'" in terminal.say(f"%keeptrace debug '{path.name}'", prompt=PDB)
    terminal.say("q")


def test_what_is_shown_is_dumped_however_it_came(terminal: Terminal) -> None:
    """Syntax errors, asynchronous cells, scripts, exceptions of tasks; an exception that comes again, once."""
    (terminal.folder / "script.py").write_text(SCRIPT)
    assert about(terminal.crash("a b"))[0] == "SyntaxError"
    script = terminal.crash("%run script.py")
    assert (about(script)[0], functions(script)) == ("RuntimeError", ["<module>", "packed"])
    terminal.say("import asyncio")
    terminal.say("async def later(number): await asyncio.sleep(0); return 1 / number")
    assert functions(terminal.crash("await later(0)")) == ["<module>", "later"]
    grouped = terminal.crash("await asyncio.gather(later(0), later(1))")
    assert (about(grouped)[0], functions(grouped)) == ("ZeroDivisionError", ["<module>", "later"])
    terminal.say("kept = ZeroDivisionError()")
    assert terminal.crash("raise kept") == terminal.crash("raise kept")


def test_what_is_no_failure_is_not_dumped(terminal: Terminal) -> None:
    """Interrupts, exits, the wrong words of a magic, debuggers that are left."""
    before = dumps_in(terminal.folder)
    for line in ("raise KeyboardInterrupt", "raise SystemExit(1)", "%nosuch", "import bdb; raise bdb.BdbQuit"):
        assert "keeptrace" not in terminal.say(line), line
    assert dumps_in(terminal.folder) == before


def test_the_magic_turns_dumps_on_and_off(terminal: Terminal) -> None:
    """Into another folder too; what is shown while it is off can be dumped afterwards, wrong words or not."""
    folder = terminal.folder
    assert terminal.say("%keeptrace off") == "keeptrace: cells that fail are not dumped"
    assert "keeptrace:" not in terminal.say("[][7]")
    assert terminal.say("%keeptrace on other") == f"keeptrace: cells that fail are dumped into {folder / 'other'}"
    assert not (folder / "other").exists()
    for words in ("", "nosuch", "off now"):
        said = terminal.say(f"%keeptrace {words}")
        assert said == "UsageError: %keeptrace on [DIR], off, dump, or debug [FILE] is expected"
    path = terminal.say("%keeptrace dump")
    assert terminal.say("%keeptrace dump") == path
    assert dumps_in(folder / "other") == [pathlib.Path(path)]
    assert about(pathlib.Path(path)) == ("IndexError", {"kind": "cell"})
    assert terminal.crash("{}[7]").parent == folder / "other"


def test_without_a_dump_of_the_session_the_newest_is_opened(terminal: Terminal) -> None:
    """As `keeptrace debug` finds it."""
    commands.dumped(terminal.folder)
    said = terminal.say("%keeptrace debug", prompt=PDB)
    assert "ValueError: cannot price the order" in said
    assert terminal.say("p order.items", prompt=PDB) == "{'pencils': 3}"
    terminal.say("q")


def test_what_cannot_be_opened_is_said(terminal: Terminal) -> None:
    (terminal.folder / "none.pkl.gz").write_bytes(b"none")
    for name, said in (("nosuch.pkl.gz", "UsageError: cannot use 'nosuch.pkl.gz': "), ("none.pkl.gz", "UsageError: ")):
        answer = terminal.say(f"%keeptrace debug {name}")
        assert (answer[: len(said)], answer.count("\n")) == (said, 0)


def test_a_failing_dump_is_one_line(terminal: Terminal) -> None:
    """The cell's own outcome is as without."""
    (terminal.folder / "file").write_text("")
    terminal.say("%keeptrace on file")
    said = terminal.say("1 / 0")
    assert said.count("ZeroDivisionError: division by zero") == 1
    assert re.search(r"^keeptrace: cannot dump the crash: .*Error", said.splitlines()[-1])


def test_settings_of_the_session_are_taken(terminal: Terminal) -> None:
    """init()'s, and hook()'s."""
    terminal.say("import keeptrace; keeptrace.init(depth=0); keeptrace.hook('hooked', note='mine')")
    terminal.say("def cost(item): return {}[item]")
    path = terminal.crash("cost('pencils')")
    assert (path.parent.name, keeptrace.peek(path).note) == ("hooked", "mine")
    assert "pencils" not in repr(keeptrace.load(path).__traceback__.tb_next.tb_frame.f_locals)
    terminal.say("keeptrace.uninit(); keeptrace.unhook()")


def test_a_mistyped_magic_hides_no_failure(terminal: Terminal) -> None:
    """The latest that was shown is the latest that failed."""
    terminal.say("%keeptrace off")
    terminal.say("int('wanted')")
    terminal.say("%nosuchmagic")
    terminal.say("%keeptrace nonsense")
    path = terminal.say("%keeptrace dump").splitlines()[-1]
    assert keeptrace.peek(path).message == "invalid literal for int() with base 10: 'wanted'"


def test_what_is_raised_again_is_dumped_again_where_its_dump_is_gone(terminal: Terminal) -> None:
    terminal.say("kept = ValueError('kept')")
    terminal.crash("raise kept").unlink()
    assert terminal.crash("raise kept").exists()


def test_a_cell_that_runs_a_failing_one_has_not_failed(terminal: Terminal) -> None:
    said = terminal.say("get_ipython().run_cell('int(\"n\")'); 1")
    assert said.count("keeptrace: ") == 1


def test_frames_of_libraries_stay_between_those_of_the_session(terminal: Terminal) -> None:
    """Of libraries that run the shell, too."""
    program = "import traitlets\nclass W(traitlets.HasTraits):\n    v = traitlets.Int()\n"
    program += "    @traitlets.observe('v')\n    def seen(self, change):\n        1 / 0\n"
    (terminal.folder / "watching.py").write_text(program)
    terminal.say("import watching")
    found = functions(terminal.crash("watching.W().v = 3"))
    assert (found[0], found[-1], len(found) > 3) == ("<module>", "seen", True)


def test_a_folder_that_is_gone(terminal: Terminal) -> None:
    """The line has the whole path then."""
    terminal.say(f"%keeptrace on {terminal.folder}")
    terminal.say("import os, tempfile; gone = tempfile.mkdtemp(); os.chdir(gone); os.rmdir(gone)")
    said = terminal.say("int('gone')")
    terminal.say(f"os.chdir({str(terminal.folder)!r})")
    assert re.search(r"^keeptrace: the crash is in /.*; to open it: %keeptrace debug /", said, re.MULTILINE)


def test_show_leaves_out_what_the_shell_keeps(terminal: Terminal) -> None:
    path = terminal.crash("basket = ['pen']; basket[3]")
    shown = commands.keeptrace("show", str(path), cwd=terminal.folder).stdout
    assert "basket" in shown
    assert re.findall(r"^ +(In|Out|_|_i\d*|_ih|get_ipython|exit) +=", shown, re.MULTILINE) == []


def test_a_script_that_is_run_dumps_itself(terminal: Terminal) -> None:
    """keeptrace.dump() in it is not typed."""
    (terminal.folder / "live.py").write_text("import keeptrace\nkeeptrace.dump(path='live.pkl.gz')\n")
    terminal.say("int('earlier')")
    assert "latest" not in terminal.say("%run live.py")
    assert keeptrace.peek(terminal.folder / "live.pkl.gz").exception == ""


def test_dump_is_typed_without_the_extension(bare: Terminal) -> None:
    """IPython shows exceptions as any prompt does; unloaded, nothing of the extension is left."""
    assert "keeptrace:" not in bare.say("[].nosuch")
    assert "Line magic function `%keeptrace` not found" in bare.say("%keeptrace dump")
    bare.say("import keeptrace")
    bare.say("{}['typed']")
    said = bare.say("print(keeptrace.dump(path='typed.pkl.gz'))")
    assert said == (
        "keeptrace: no exception is being handled; dump() takes the latest that was shown, KeyError\ntyped.pkl.gz"
    )
    assert about(bare.folder / "typed.pkl.gz")[0] == "KeyError"


# ---------------------------------------------------------------------------------------------------------------------
# In notebooks
# ---------------------------------------------------------------------------------------------------------------------

CELLS = [
    "rates = {'pens': 2.5}\ndef price(item):\n    wanted = item\n    return rates[wanted]",
    "import asyncio\nasync def later():\n    await asyncio.sleep(0)\n    return price('ink')\nawait later()",
    "%run script.py",
    "a b",
    "raise KeyboardInterrupt",
    "%keeptrace debug",
    "price('paper')",
]


class Jupyter(NamedTuple):
    """A folder with a kernel of this Python, and IPython's configuration with the one line; nothing in the home."""

    folder: pathlib.Path
    variables: dict[str, str]


@pytest.fixture
def jupyter(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Jupyter:
    pytest.importorskip("ipykernel")
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(LINE)
    spec = tmp_path / "jupyter" / "kernels" / "here"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "here", "language": "python"}))
    (tmp_path / "script.py").write_text(SCRIPT)
    places = {"IPYTHONDIR": "ipython", "JUPYTER_PATH": "jupyter", "JUPYTER_DATA_DIR": "jupyter",
              "JUPYTER_CONFIG_DIR": "jupyter", "JUPYTER_RUNTIME_DIR": "jupyter/runtime"}  # fmt: skip
    variables = {name: str(tmp_path / path) for name, path in places.items()}
    for name, value in commands.environment(**variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("KEEPTRACE_DIR", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return Jupyter(tmp_path, variables)


def notebook(folder: pathlib.Path, cells: list[str]) -> pathlib.Path:
    nbformat = pytest.importorskip("nbformat")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "here", "display_name": "here", "language": "python"}
    path = folder / "orders.ipynb"
    nbformat.write(made, path)
    return path


def printed(path: pathlib.Path) -> list[str]:
    """Return what the cells of a notebook have on standard error, and the names of the exceptions that they show."""
    outputs = [output for cell in json.loads(path.read_text())["cells"] for output in cell.get("outputs", [])]
    return [
        output["ename"] if output["output_type"] == "error" else "".join(output.get("text", [])) for output in outputs
    ]


def test_a_notebook_that_nbclient_runs(jupyter: Jupyter) -> None:
    """Each cell that fails is dumped once; the notebook says where. Its frames are the application's alone."""
    pytest.importorskip("nbclient")
    folder = jupyter.folder
    path = notebook(folder, CELLS)
    done = commands.python("-c", EXECUTE, "--allow-errors", "--inplace", path.name, cwd=folder)
    assert done.returncode == 0, done.stderr
    dumps = dumps_in(folder)
    assert [about(each) for each in dumps] == [
        ("KeyError", {"kind": "cell", "cell": 2}),
        ("RuntimeError", {"kind": "cell", "cell": 3}),
        ("SyntaxError", {"kind": "cell", "cell": 4}),
        ("KeyError", {"kind": "cell", "cell": 7}),
    ]
    assert [functions(each) for each in dumps[:2]] == [["<module>", "later", "price"], ["<module>", "packed"]]
    assert functions(dumps[3]) == ["<module>", "price"]
    assert max(each.stat().st_size for each in dumps) < SMALL
    said = printed(path)
    for each in dumps:
        assert f"keeptrace: the crash is in {each}; to open it: %keeptrace debug {each.name}\n" in said
    assert "UsageError: cannot debug here: nobody can be asked" in "".join(said)


def test_the_crash_of_a_notebook_is_listed_shown_and_opened_bare(jupyter: Jupyter) -> None:
    """By papermill, into the folder that the environment names; the notebook's name is there where it is told."""
    pytest.importorskip("papermill")
    folder = jupyter.folder
    path = notebook(folder, [CELLS[0], CELLS[-1], "print('not reached')"])
    arguments = ["-m", "papermill", path.name, "out.ipynb", "--inject-paths", "--no-progress-bar"]
    done = commands.python(*arguments, cwd=folder, KEEPTRACE_DIR=str(folder / "crashes"))
    assert (done.returncode, "KeyError: 'paper'" in done.stderr) == (1, True)
    (dump,) = dumps_in(folder / "crashes")
    assert about(dump) == ("KeyError", {"kind": "cell", "notebook": "orders.ipynb", "cell": 3})
    assert f"keeptrace: the crash is in {dump}" in "".join(printed(folder / "out.ipynb"))
    listed = commands.keeptrace("list", "--where", "notebook=orders", str(folder / "crashes"), cwd=folder).stdout
    assert re.search(r"KeyError +'paper'|KeyError: 'paper'", listed)
    shown = commands.keeptrace("show", str(dump), cwd=folder).stdout
    for expected in ("kind=cell, notebook=orders.ipynb, cell=3", "wanted = 'paper'", "> 4     return rates[wanted]"):
        assert expected in shown, expected
    for python in interpreters.found().values():
        bare = interpreters.run([python, "-I", "-S", "-c", STOCK, str(dump)], cwd=folder)
        assert bare == "KeyError paper {'pens': 2.5}\n"


class Kernel:
    """A kernel as a notebook's page talks to it, whose user is there to be asked."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, code: str, *answers: str) -> str:
        """Return what a cell prints; answers are typed where it asks."""
        waiting, printed = list(answers), []

        def output(message: Any) -> None:
            printed.append(message["content"].get("text", message["content"].get("evalue", "")))

        def asked(message: Any) -> None:
            self.client.input(waiting.pop(0))

        self.client.execute_interactive(
            code, allow_stdin=True, stop_on_error=False, timeout=60, output_hook=output, stdin_hook=asked
        )
        assert waiting == []
        return without_colors("".join(printed))


@pytest.fixture
def kernel(jupyter: Jupyter) -> Iterator[Kernel]:
    manager = pytest.importorskip("jupyter_client.manager")
    session = str(jupyter.folder / "session.ipynb")
    environment = commands.environment(JPY_SESSION_NAME=session, **jupyter.variables)
    started, client = manager.start_new_kernel(kernel_name="here", cwd=str(jupyter.folder), env=environment)
    yield Kernel(client)
    client.stop_channels()
    started.shutdown_kernel(now=True)
    started.cleanup_resources()


def test_a_notebook_whose_user_debugs(jupyter: Jupyter, kernel: Kernel) -> None:
    """The debugger asks in the notebook; Jupyter's server says which one it is, VS Code in a variable of its own."""
    kernel.run(CELLS[0])
    kernel.run(f"import {EXTENSION} as again; again.load_ipython_extension(get_ipython())")
    assert kernel.run("price('paper')").count("keeptrace: the crash is in") == 1
    said = kernel.run("%keeptrace debug", "p wanted, rates", "up", "q")
    assert ("('paper', {'pens': 2.5})" in said, "----> 1 price('paper')" in said) == (True, True)
    kernel.run("__vsc_ipynb_file__ = '/code/orders.ipynb'")
    kernel.run("price('ink')")
    kernel.run("again.unload_ipython_extension(get_ipython()); again.unload_ipython_extension(get_ipython())")
    assert "keeptrace" not in kernel.run("price('nothing')")
    found = [about(path)[1]["notebook"] for path in dumps_in(jupyter.folder)]
    assert found == [str(jupyter.folder / "session.ipynb"), "/code/orders.ipynb"]


# ---------------------------------------------------------------------------------------------------------------------
# docs/notebooks.md
# ---------------------------------------------------------------------------------------------------------------------

PAGE = (interpreters.CHECKOUT / "docs" / "notebooks.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_session_of_the_page_is_what_happens(tmp_path: pathlib.Path) -> None:
    """Each line that is typed there has the answer that is there, but for the traceback and the path."""
    (session,) = blocks("ipython")
    typed = re.findall(rf"^(?:{PROMPT}|{PDB})(.*)\n((?:(?!In |ipdb).+\n)*)", session, flags=re.MULTILINE)
    assert len(typed) == 6
    terminal = Terminal(tmp_path)
    for line, answer in typed:
        said = terminal.say(line, prompt=f"{PROMPT}|{PDB}")
        for expected in answer.splitlines():
            assert expected.partition(" /home")[0] in said
    terminal.say("exit", prompt=pexpect.EOF)


def test_the_program_of_the_page_leaves_a_dump(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configured and looked at as the page says, with a home of its own."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    (script,), (program,), (looks,) = blocks("sh"), blocks("python"), blocks("console")
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    places = {
        "HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
    }
    (tmp_path / "home").mkdir()
    assert commands.run(["/bin/sh", "-ec", script], tmp_path, **places).returncode == 0
    done = commands.python("-c", program, cwd=tmp_path, **places)
    said = without_colors(done.stdout)
    assert ("KeyError: 'paper'" in said, "keeptrace: the crash is in" in said) == (True, True)
    found = [shlex.split(line)[1:] for line in re.findall(r"^\$ (.*)$", looks, re.MULTILINE)]
    listed, shown, debugged = [commands.keeptrace(*each, cwd=tmp_path).stdout for each in found]
    assert "KeyError" in listed
    assert "item = 'paper'" in shown
    assert "('paper', {'pens': 2.5})" in debugged
