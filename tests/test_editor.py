"""A crash in an editor that speaks the Debug Adapter Protocol, by debugpy: dap.py asks what VS Code asks."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sys
import textwrap
from typing import TYPE_CHECKING

import commands
import dap
import interpreters
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEBUGPY = importlib.util.find_spec("debugpy")
pytestmark = pytest.mark.skipif(DEBUGPY is None, reason="debugpy is not installed")

SHOP = """\
import sys, threading, keeptrace
rate = 3
class Item:
    kind = "thing"
    def __init__(self, name):
        self.name, self._hidden = name, None
    @property
    def price(self):
        return 5
def weigh(items):
    total = 0
    for item in items[1:]:
        total += item.name * item._hidden
    return total
def order():
    names = {"pens": 1, ("a", 2): [1, 2]}
    items = [Item(str(number)) for number in range(2500)]
    try:
        return weigh(items)
    except TypeError as error:
        raise ValueError("no total") from error
leave = threading.Event()
def waiting(number):
    doubled = number * 2
    leave.wait()
thread = threading.Thread(target=waiting, args=(7,), name="worker-7")
thread.start()
try:
    order()
except ValueError as error:
    keeptrace.dump(error, sys.argv[1], threads=True)
leave.set()
"""


def recorded(folder: pathlib.Path, text: str, name: str = "app.py", python: str = sys.executable) -> pathlib.Path:
    """Run a program in a folder, with the path of the dump that it writes there; return the program's path."""
    program = folder / name
    program.write_text(text, encoding="utf-8")
    command = [interpreters.found().get(python, python), str(program), str(folder / "crash.pkl.gz")]
    interpreters.run(command, cwd=folder, **interpreters.keeptrace_importable())
    return program


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what is to be PYTHONPATH for any version of Python to import debugpy: without what is compiled for one."""
    folder = tmp_path_factory.mktemp("debugpy")
    assert DEBUGPY is not None
    found = pathlib.Path(str(DEBUGPY.origin)).parent
    shutil.copytree(found, folder / "debugpy", ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "__pycache__"))
    return os.pathsep.join([str(interpreters.copied()), str(folder)])


def test_the_crash_is_there_on_every_python(recorder: str, anywhere: str, tmp_path: pathlib.Path) -> None:
    """The chain of exceptions, the threads, variables, the source; the loader's own frames are not."""
    text = recorded(tmp_path, SHOP, python=recorder).read_text("utf-8")
    python = interpreters.found()[recorder]
    with dap.attached(tmp_path, python=python, PYTHONPATH=anywhere) as (client, process):
        stop = client.stopped()
        assert stop.info["description"] == "no total"
        assert stop.info["exceptionId"].startswith("ValueError")
        assert "The above exception was the direct cause" in stop.info["details"]["stackTrace"]
        names = [re.sub(r"\[Chained Exc: .*\] | \(Current frame\)", "", each["name"]) for each in stop.frames]
        assert names == ["order", "<module>", "order", "weigh"]
        assert [each["line"] for each in stop.frames] == [21, 29, 19, 13]
        assert "can't multiply sequence" in stop.frames[-1]["name"]
        if recorder != "3.10":  # before 3.11 no columns are known
            assert (stop.frames[-1]["column"], stop.frames[-1]["endColumn"]) == (28, 29)
        assert [stop.source(number)[1] for number in range(4)] == [text] * 4
        assert (stop.evaluate("total", 3), stop.evaluate("item.name", 3)) == ("0", "'1'")

        threads = stop.threads()
        assert set(threads) == {"MainThread", "worker-7"}
        stack = stop.stack(threads["worker-7"])
        waiting = next(each for each in stack if each["name"] == "waiting")
        assert waiting["line"] == 25
        assert (
            client.ask("evaluate", expression="doubled + rate", frameId=waiting["id"], context="repl")["result"] == "17"
        )
        client.go_on(stop)
        client.next("terminated")
        assert process.wait(dap.TIMEOUT) == 0


def test_a_crash_of_another_python_is_there(recorder: str, tmp_path: pathlib.Path) -> None:
    """Opened by the one that runs this, whichever recorded it."""
    recorded(tmp_path, SHOP, python=recorder)
    with dap.attached(tmp_path) as (client, _):
        stop = client.stopped()
        assert [each["line"] for each in stop.frames] == [21, 29, 19, 13]
        assert (stop.evaluate("item.name", 3), stop.source()[1]) == ("'1'", SHOP)
        assert "worker-7" in stop.threads()


def test_what_is_there_is_looked_at_and_changed(tmp_path: pathlib.Path) -> None:
    """Variables, the trees of objects, large lists by pages, expressions of all kinds, completions."""
    recorded(tmp_path, SHOP)
    with dap.attached(tmp_path) as (client, _):
        stop = client.stopped()
        variables = stop.variables("Locals")
        assert [name for name in variables if "special" not in name] == ["items", "names"]
        assert stop.variables("Globals")["rate"]["value"] == "3"

        items = stop.children(variables["items"])
        assert len(items) < 110
        assert stop.children(stop.children(items["more"])["[2100:2500]"])["2499"]["type"] == "Item"
        item = stop.children(items["0000"])
        assert list(item)[-3:] == ["kind", "name", "_hidden"]
        assert item["name"]["value"] == "'0'"
        assert stop.children(variables["names"])["('a', 2)"]["value"] == "[1, 2]"

        for context in ("repl", "watch", "hover"):
            assert stop.evaluate("sum(len(item.name) for item in items[:20]) + rate", context=context) == "33"
        assert stop.evaluate("[item.name for item in items][5:7]") == "['5', '6']"
        for what, why in (("items[0].price", "is a property"), ("order()", "order() was not recorded")):
            with pytest.raises(AssertionError, match=re.escape(why)):
                stop.evaluate(what)

        stop.evaluate("new = rate + 1")
        client.ask("setVariable", variablesReference=reference(stop), name="items", value="[new]")
        assert stop.evaluate("items") == "[4]"
        found = client.ask("completions", frameId=stop.frames[0]["id"], text="names.ke", column=9)
        assert [each["label"] for each in found["targets"]] == ["keys"]


def reference(stop: dap.Stop) -> int:
    scopes = stop.client.ask("scopes", frameId=stop.frames[0]["id"])["scopes"]
    found: int = scopes[0]["variablesReference"]
    return found


GROUP = """\
import asyncio, sys, keeptrace
async def fetch(name):
    await asyncio.sleep(0)
    raise ValueError(name)
async def main():
    async with asyncio.TaskGroup() as group:
        for name in ("one", "two"):
            group.create_task(fetch(name))
try:
    asyncio.run(main())
except BaseException as error:
    keeptrace.dump(error, sys.argv[1])
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python has no groups")
def test_going_on_leads_through_a_group(tmp_path: pathlib.Path) -> None:
    """To each member, where it was raised."""
    recorded(tmp_path, GROUP)
    seen = []
    with dap.attached(tmp_path) as (client, process):
        for _ in range(3):
            stop = client.stopped()
            seen.append((stop.info["description"], stop.frames[0]["name"].partition(" ")[0]))
            client.go_on(stop)
        assert process.wait(dap.TIMEOUT) == 0
    assert seen[0][0] == "unhandled errors in a TaskGroup (2 sub-exceptions)"
    assert seen[0][1] in ("__aexit__", "_aexit")  # since 3.14
    assert seen[1:] == [("one", "fetch"), ("two", "fetch")]


SEVERAL = """\
import keeptrace, pickle, sys
keeptrace.init()
found = []
def divide(number):
    return number / 0
for number in range(3):
    try:
        divide(number)
    except ZeroDivisionError as error:
        found.append(error)
open(sys.argv[1], "wb").write(pickle.dumps(found))
"""


def test_going_on_leads_through_a_file_of_crashes(tmp_path: pathlib.Path) -> None:
    """As stock pickle wrote them; --exception takes one of them alone."""
    recorded(tmp_path, SEVERAL)
    for arguments, expected in ((), "012"), (("--exception", "2"), "1"):
        seen = ""
        with dap.attached(tmp_path, "crash.pkl.gz", *arguments) as (client, process):
            for _ in expected:
                stop = client.stopped()
                seen += stop.evaluate("number")
                client.go_on(stop)
            assert process.wait(dap.TIMEOUT) == 0
        assert seen == expected


def test_the_recorded_source_is_shown(tmp_path: pathlib.Path) -> None:
    """In the file itself where it is the same, else in a copy, as long as the crash is open."""
    program = recorded(tmp_path, SHOP)
    with dap.attached(tmp_path) as (client, _):
        assert client.stopped().source() == (str(program), SHOP)
    for changed in ("# another\n", None):
        program.unlink() if changed is None else program.write_text(changed)
        with dap.attached(tmp_path) as (client, process):
            stop = client.stopped()
            path, text = stop.source()
            assert (os.path.basename(path), text) == ("app.py", SHOP)
            assert path != str(program)
            client.go_on(stop)
            process.wait(dap.TIMEOUT)
        assert not os.path.exists(path)


def test_a_relative_name_is_found_where_it_was(tmp_path: pathlib.Path) -> None:
    """The file is opened where the program has it, not in the folder that the crash is opened in."""
    program = tmp_path / "there" / "app.py"
    program.parent.mkdir()
    program.write_text(SHOP, encoding="utf-8")
    command = [sys.executable, "app.py", str(tmp_path / "crash.pkl.gz")]
    interpreters.run(command, cwd=program.parent, **interpreters.keeptrace_importable())
    (tmp_path / "app.py").write_text("# another\n", encoding="utf-8")
    with dap.attached(tmp_path) as (client, _):
        assert client.stopped().source() == (str(program), SHOP)


def test_source_that_is_no_file_is_shown(tmp_path: pathlib.Path) -> None:
    """As debugpy shows it: without a file."""
    text = "def f():\n    return 1 / 0\n"
    recorded(
        tmp_path,
        f"""\
import keeptrace, linecache, sys
text = {text!r}
linecache.cache["<made>"] = (len(text), None, text.splitlines(True), "<made>")
names = {{}}
exec(compile(text, "<made>", "exec"), names)
try:
    names["f"]()
except ZeroDivisionError as error:
    keeptrace.dump(error, sys.argv[1])
""",
    )
    with dap.attached(tmp_path) as (client, _):
        assert client.stopped().source()[1] == text


def test_a_crash_of_another_system_is_shown(tmp_path: pathlib.Path) -> None:
    """Files with names of Windows, and names that no file can have here."""
    long = "/" + "x" * 300 + "/app.py"
    recorded(tmp_path, textwrap.dedent(f"""\
        import keeptrace, linecache, sys
        def called(filename, *further):
            text = f"def f(call, *names): return call(*names) if names else 1 / 0  # {{filename[:9]}}\\n"
            linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
            names = {{}}
            exec(compile(text, filename, "exec"), names)
            return names["f"](called, *further)
        try:
            called("C:\\\\shop\\\\..\\\\app.py", {long!r}, "/gone/../app.py", "/gone/app.py")
        except ZeroDivisionError as error:
            keeptrace.dump(error, sys.argv[1])
        """))  # fmt: skip
    with dap.attached(tmp_path) as (client, _):
        stop = client.stopped()
        shown = [stop.source(number)[1].strip().rpartition("# ")[2] for number in (0, 2, 4, 6)]
        assert shown == ["/gone/app", "/gone/../", "/xxxxxxxx", "C:\\shop\\."]


def test_a_stack_without_exception_is_shown(tmp_path: pathlib.Path) -> None:
    """Of a program that hangs, or of one thread."""
    recorded(tmp_path, SHOP)
    with dap.attached(tmp_path, "--thread", "worker-7") as (client, _):
        stop = client.stopped()
        assert stop.info["description"] == "worker-7"
        assert "waiting" in [each["name"] for each in stop.frames]
        assert list(stop.threads()) == ["worker-7"]


FLASK = """\
import sys, keeptrace, flask
app = flask.Flask("shop")
app.testing = True
@app.route("/<name>")
def shown(name):
    stock = {"pens": 3}
    return str(stock[name])
try:
    app.test_client().get("/pencils?x=1")
except KeyError as error:
    keeptrace.dump(error, sys.argv[1])
"""


def test_a_crash_of_flask_is_shown(tmp_path: pathlib.Path) -> None:
    """Its frames, and the request of which the crash was; with justMyCode, the application's frames alone."""
    pytest.importorskip("flask")
    recorded(tmp_path, FLASK)
    with dap.attached(tmp_path, more={"justMyCode": True}) as (client, _):
        assert [each["name"].partition(" ")[0] for each in client.stopped().frames] == ["shown", "<module>"]
    with dap.attached(tmp_path) as (client, _):
        stop = client.stopped()
        assert (stop.frames[0]["name"], stop.evaluate("name")) == ("shown", "'pencils'")
        wsgi = next(number for number, each in enumerate(stop.frames) if each["name"] == "wsgi_app")
        assert stop.evaluate("environ['QUERY_STRING']", wsgi) == "'x=1'"


# ---------------------------------------------------------------------------------------------------------------------
# Who waits for whom
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("console", ["internalConsole", "integratedTerminal"])
def test_an_editor_opens_the_dump_itself(console: str, tmp_path: pathlib.Path) -> None:
    """With what `keeptrace vscode` writes: F5 on a dump stops in it."""
    recorded(tmp_path, SHOP)
    commands.keeptrace("vscode", cwd=tmp_path)
    configurations = json.loads((tmp_path / ".vscode" / "launch.json").read_text("utf-8"))["configurations"]
    this = json.loads(json.dumps(configurations[0]).replace("${file}", str(tmp_path / "crash.pkl.gz")))
    with dap.launched(tmp_path, {**this, "console": console}) as client:
        stop = client.stopped()
        assert [each["line"] for each in stop.frames] == [21, 29, 19, 13]
        assert set(stop.threads()) == {"MainThread", "worker-7"}
        client.go_on(stop)
        client.next("terminated")


@pytest.fixture
def in_background(tmp_path: pathlib.Path) -> Iterator[Callable[[], dap.Client]]:
    """`in_background()` opens the dump with --no-wait, and attaches; what is left of it in the end is killed."""
    clients: list[dap.Client] = []

    def opened() -> dap.Client:
        path = str(tmp_path / "crash.pkl.gz")
        done = commands.keeptrace("debug", path, "--debugger", "vscode", "--port", "0", "--no-wait", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        configuration = json.loads(done.stdout.splitlines()[-1])
        clients.append(dap.connected(**configuration["connect"]))
        clients[0].begin(configuration)
        return clients[0]

    yield opened
    for client in clients:
        client.close()
    if os.path.isdir("/proc"):
        for process in filter(str.isdecimal, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                command = pathlib.Path("/proc", process, "cmdline").read_bytes()
                if f"{tmp_path}/crash.pkl.gz".encode() in command:
                    os.kill(int(process), signal.SIGKILL)


def test_it_waits_in_the_background(in_background: Callable[[], dap.Client], tmp_path: pathlib.Path) -> None:
    """The command ends at once; a process of its own waits for the editor, and ends with it."""
    recorded(tmp_path, SEVERAL)
    client = in_background()
    seen = ""
    for _ in range(3):
        stop = client.stopped()
        seen += stop.evaluate("number")
        client.go_on(stop)
    client.next("terminated")
    assert seen == "012"


def test_what_it_prints_first_is_the_exception(in_background: Callable[[], dap.Client], tmp_path: pathlib.Path) -> None:
    """Whatever the message looks like."""
    recorded(tmp_path, SHOP.replace('"no total"', "'no:\\n{\"total\": 0}'"))
    assert in_background().stopped().info["description"] == 'no:\n{"total": 0}'


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--frame", "1"), "cannot use --frame with vscode:0; pdb, ipdb, pdbpp, pudb, ipython, remote, web take it"),
        (("-c", "p 1"), "cannot use --command with vscode:0; pdb, ipdb, pdbpp, ipython take it"),
        (("--exception", "7"), "cannot find the exception 7"),
    ],
)
def test_what_is_wrong_in_the_background_is_said(arguments: tuple[str, ...], why: str, tmp_path: pathlib.Path) -> None:
    recorded(tmp_path, SHOP)
    done = commands.keeptrace("debug", "--debugger", "vscode", "--port", "0", "--no-wait", *arguments, cwd=tmp_path)
    assert (done.returncode, why in done.stderr) == (1, True), done.stderr


def test_a_background_that_nobody_attaches_to_ends(tmp_path: pathlib.Path) -> None:
    recorded(tmp_path, SHOP)
    done = commands.keeptrace("debug", "--debugger", "vscode", "--port", "0", "--background", "0.1", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout[:7]) == (1, "", "waiting")


def test_an_editor_that_leaves_ends_it(tmp_path: pathlib.Path) -> None:
    """Whatever else there would be to be stopped at."""
    recorded(tmp_path, SEVERAL)
    with dap.attached(tmp_path, "crash.pkl.gz", "--wait") as (client, process):
        client.stopped()
        client.ask("disconnect", restart=False, terminateDebuggee=False)
        assert process.wait(dap.TIMEOUT) == 0


def test_a_port_that_is_taken_is_named(tmp_path: pathlib.Path) -> None:
    recorded(tmp_path, SHOP)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for arguments in (("--debugger", "vscode", "--port", str(port)), ("--debugger", f"vscode:{port}", "--no-wait")):
            done = commands.keeptrace("debug", *arguments, cwd=tmp_path)
            assert done.returncode == 1
            assert f"cannot listen on 127.0.0.1:{port}: " in done.stderr
            assert done.stderr.endswith("; name another port with --port\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it(name: str, tmp_path: pathlib.Path) -> None:
    """Though the editor is there, and the program stands still; no copy of a source is left."""
    recorded(tmp_path, SHOP).unlink()
    copies = tmp_path / "copies"
    copies.mkdir()
    with dap.attached(tmp_path, TMPDIR=str(copies)) as (client, process):
        client.stopped()
        assert len(os.listdir(copies)) == 1
        process.send_signal(getattr(signal, name))
        assert process.wait(dap.TIMEOUT) == 128 + getattr(signal, name)
    assert os.listdir(copies) == []


def test_what_a_killed_process_left_is_deleted_by_the_next(tmp_path: pathlib.Path) -> None:
    """But nothing of one that runs, nor what only looks like it."""
    recorded(tmp_path, SHOP).unlink()
    copies = tmp_path / "copies"
    for name in (f"keeptrace-{os.getpid()}-a", "keeptrace-tests-a", "keeptrace-1"):
        (copies / name).mkdir(parents=True)
    kept = set(os.listdir(copies))
    for _ in range(2):
        with dap.attached(tmp_path, TMPDIR=str(copies)) as (client, process):
            client.stopped()
            assert len(set(os.listdir(copies)) - kept) == 1
            process.kill()
    assert len(set(os.listdir(copies)) - kept) == 1


@pytest.mark.parametrize("given", [["debug", "app.py"], ["debug"]])
def test_an_editor_is_told_what_cannot_be_opened(given: list[str], tmp_path: pathlib.Path) -> None:
    """It does not stop in the exception with which the command ends."""
    recorded(tmp_path, SHOP)
    (tmp_path / "crash.pkl.gz").unlink()
    configuration = {"type": "debugpy", "request": "launch", "module": "keeptrace", "args": given}
    with dap.launched(tmp_path, {**configuration, "console": "internalConsole"}) as client:
        client.next("terminated")
        events = [each["body"] for each in client.received if each.get("event") in ("output", "stopped")]
    assert "keeptrace: cannot " in "".join(each.get("output", "") for each in events)
    assert "exception" not in [each.get("reason") for each in events]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--port", "1"), "cannot use --port with pdb; remote, web, vscode take it"),
        (("--debugger", "vscode:1", "--port", "1"), "cannot use --port with vscode:1; remote, web, vscode take it"),
        (("--debugger", "vscode:x"), "cannot open the debugger 'vscode:x': vscode:x names no port"),
        (("--debugger", "vscode", "--port", "65536"), "vscode:65536 names no port"),
        (("--no-wait",), "cannot use --no-wait with pdb; vscode takes it"),
        (("-", "--debugger", "vscode", "--no-wait"), "cannot use --no-wait with standard input; save the dump"),
        (("--debugger", "vscode", "--frame", "1"), "cannot use --frame with vscode"),
        (("--debugger", "vscode", "-c", "p 1"), "cannot use --command with vscode"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], why: str, tmp_path: pathlib.Path) -> None:
    recorded(tmp_path, SHOP)
    done = commands.keeptrace("debug", *arguments, cwd=tmp_path)
    assert (done.returncode, why in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise ImportError('not here')", "not here; pip install 'debugpy>=1.8.22'"),
        (
            "__version__ = '1.8.0'\ndef is_client_connected(): return False",
            "debugpy 1.8.0 is too old; pip install 'debugpy>=1.8.22'",
        ),
    ],
)
def test_without_debugpy_pdb_opens(text: str, why: str, tmp_path: pathlib.Path) -> None:
    """Or with one that is too old; but in the background, where nobody could use it."""
    recorded(tmp_path, SHOP)
    package = tmp_path / "path" / "debugpy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(text)
    path = os.pathsep.join([str(interpreters.copied()), str(package.parent)])
    done = commands.keeptrace("debug", "--debugger", "vscode", cwd=tmp_path, stdin="p rate\nq\n", PYTHONPATH=path)
    assert f"cannot open the debugger 'vscode': {why}. pdb opens instead" in done.stderr
    assert "(Pdb) 3" in done.stdout
    arguments = ("--debugger", "vscode", "--no-wait")
    done = commands.keeptrace("debug", *arguments, cwd=tmp_path, PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"keeptrace: cannot open the debugger 'vscode': {why}\n"
