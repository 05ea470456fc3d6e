"""A client of the Debug Adapter Protocol that asks what VS Code asks, in the order in which it does.

https://microsoft.github.io/debug-adapter-protocol/specification: messages are JSON, each below a header that says how
long it is. Requests have answers; events, and requests of the adapter's own, come at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

import commands

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Iterator

TIMEOUT = 60  # seconds for any one answer
ABILITIES = {
    "clientID": "vscode", "clientName": "Visual Studio Code", "adapterID": "debugpy", "pathFormat": "path",
    "linesStartAt1": True, "columnsStartAt1": True, "supportsVariableType": True, "supportsVariablePaging": True,
    "supportsRunInTerminalRequest": True, "locale": "en", "supportsProgressReporting": True,
    "supportsInvalidatedEvent": True, "supportsMemoryReferences": True, "supportsArgsCanBeInterpretedByShell": True,
    "supportsMemoryEvent": True, "supportsStartDebuggingRequest": True, "supportsANSIStyling": True,
}  # fmt: skip


class Client:
    """A debug session: what was received, and what is asked."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes], connection: socket.socket | None = None) -> None:
        self.reader, self.writer, self.connection = reader, writer, connection
        self.sequence = 0
        self.answers: dict[int, dict[str, Any]] = {}
        self.received: list[dict[str, Any]] = []  # events, and requests of the adapter's
        self.has_ended = False
        self.changed = threading.Condition()
        self.receiver = threading.Thread(target=self.receive, daemon=True)
        self.receiver.start()

    def close(self) -> None:
        """Leave, as an editor that is closed."""
        if self.connection is not None:
            with contextlib.suppress(OSError):  # it is closed
                self.connection.shutdown(socket.SHUT_RDWR)
            self.connection.close()
        self.receiver.join(TIMEOUT)
        for file in (self.reader, self.writer):
            with contextlib.suppress(OSError):
                file.close()

    def receive(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while message := self.message():
                with self.changed:
                    if message["type"] == "response":
                        self.answers[message["request_seq"]] = message
                    else:
                        self.received.append(message)
                    self.changed.notify_all()
        with self.changed:
            self.has_ended = True
            self.changed.notify_all()

    def message(self) -> dict[str, Any]:
        length = 0
        while line := self.reader.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found: dict[str, Any] = json.loads(self.reader.read(length)) if length else {}
        return found

    def send(self, **message: Any) -> int:
        self.sequence += 1
        data = json.dumps({"seq": self.sequence, **message}).encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.writer.flush()
        return self.sequence

    def request(self, command: str, **arguments: Any) -> int:
        return self.send(type="request", command=command, arguments=arguments)

    def wait(self, find: Callable[[], Any]) -> Any:
        """Return what a function finds among the messages, once it finds anything."""
        deadline = time.monotonic() + TIMEOUT
        with self.changed:
            while not (found := find()):
                assert not self.has_ended, self.received[-5:]
                assert time.monotonic() < deadline, self.received[-5:]
                self.changed.wait(1)
            return found

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send a request and return the body of the answer; an AssertionError with its message where it is refused."""
        sequence = self.request(command, **arguments)
        answer = self.wait(lambda: self.answers.get(sequence))
        assert answer["success"], answer["message"]
        return answer.get("body")

    def next(self, name: str) -> dict[str, Any]:
        """Wait for an event or a request of the adapter, and return it; no other call will."""

        def find() -> dict[str, Any] | None:
            found = next((each for each in self.received if name in (each.get("event"), each.get("command"))), None)
            if found is not None:
                self.received.remove(found)
            return found

        found: dict[str, Any] = self.wait(find)
        return found

    # -- what VS Code does ---------------------------------------------------------------------------------------------

    def begin(self, configuration: dict[str, Any], terminal: Callable[[dict[str, Any]], int] | None = None) -> None:
        """Launch or attach, as a configuration says; terminal runs a command in one, and returns the process id."""
        self.ask("initialize", **ABILITIES)
        begun = self.request(configuration["request"], **configuration)
        if terminal is not None:
            wish = self.next("runInTerminal")
            process = terminal(wish["arguments"])
            body = {"processId": process}
            self.send(type="response", request_seq=wish["seq"], success=True, command="runInTerminal", body=body)
        self.next("initialized")
        self.ask("setFunctionBreakpoints", breakpoints=[])
        self.ask("setExceptionBreakpoints", filters=["uncaught"], filterOptions=[])
        self.ask("configurationDone")
        answer = self.wait(lambda: self.answers.get(begun))
        assert answer["success"], answer

    def stopped(self) -> Stop:
        body = self.next("stopped")["body"]
        assert (body["reason"], body["allThreadsStopped"]) == ("exception", True)
        return Stop(self, body["threadId"])

    def go_on(self, stop: Stop) -> None:
        self.request("continue", threadId=stop.thread)


class Stop:
    """Where the program stands still: what an editor shows of it."""

    def __init__(self, client: Client, thread: int) -> None:
        self.client, self.thread = client, thread
        self.info = client.ask("exceptionInfo", threadId=thread)
        self.frames = self.stack(thread)

    def stack(self, thread: int) -> list[dict[str, Any]]:
        """Return the frames of a thread: VS Code asks for the first, and then for the next nineteen at a time."""
        frames = list(self.client.ask("stackTrace", threadId=thread, startFrame=0, levels=1)["stackFrames"])
        while found := self.client.ask("stackTrace", threadId=thread, startFrame=len(frames), levels=19)["stackFrames"]:
            frames += found
        return frames

    def threads(self) -> dict[str, int]:
        return {each["name"]: each["id"] for each in self.client.ask("threads")["threads"]}

    def variables(self, scope: str, frame: int = 0) -> dict[str, dict[str, Any]]:
        """Return the variables of a scope ("Locals", "Globals") of a frame, by their names."""
        scopes = self.client.ask("scopes", frameId=self.frames[frame]["id"])["scopes"]
        return self.children(next(each for each in scopes if each["name"] == scope))

    def children(self, of: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found = self.client.ask("variables", variablesReference=of["variablesReference"])["variables"]
        return {each["name"]: each for each in found}

    def evaluate(self, expression: str, frame: int = 0, context: str = "repl") -> str:
        body = self.client.ask("evaluate", expression=expression, frameId=self.frames[frame]["id"], context=context)
        result: str = body["result"]
        return result

    def source(self, frame: int = 0) -> tuple[str, str]:
        """Return the path that the editor shows for a frame, and the text that it shows."""
        source = self.frames[frame]["source"]
        if source["sourceReference"]:
            body = self.client.ask("source", source=source, sourceReference=source["sourceReference"])
            return source["path"], body["content"]
        with open(source["path"], encoding="utf-8") as file:
            return source["path"], file.read()


def connected(host: str, port: int) -> Client:
    connection = socket.create_connection((host, port), timeout=TIMEOUT)
    connection.settimeout(None)
    writer: Any = connection.makefile("wb", buffering=0)  # for mypy, to which a SocketIO is no IO[bytes]
    return Client(connection.makefile("rb"), writer, connection)


@contextlib.contextmanager
def attached(
    folder: pathlib.Path,
    *arguments: str,
    python: str = sys.executable,
    more: dict[str, Any] | None = None,
    **variables: str,
) -> Iterator[tuple[Client, subprocess.Popen[str]]]:
    """Run `keeptrace debug` and attach as its output says, with more in the configuration; kill it at the end."""
    command = [python, "-m", "keeptrace", "debug", "--debugger", "vscode", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, env=commands.environment(**variables), stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process, contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        client, configuration = attach(process)
        stack.callback(client.close)
        client.begin({**configuration, **(more or {})})
        yield client, process


def attach(process: subprocess.Popen[str]) -> tuple[Client, dict[str, Any]]:
    """Connect to the port that a process prints, and return the client and the configuration that it prints."""
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if line.startswith('{"name": "keeptrace'):
            configuration = json.loads(line)
            return connected(**configuration["connect"]), configuration
    raise AssertionError(process.stderr.read())


@contextlib.contextmanager
def launched(folder: pathlib.Path, configuration: dict[str, Any], python: str = sys.executable) -> Iterator[Client]:
    """Start a debug adapter as VS Code does, and with it what a configuration of launch.json says."""
    environment = commands.environment()
    adapter = subprocess.Popen(
        [python, "-m", "debugpy.adapter"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert adapter.stdin is not None
    assert adapter.stdout is not None
    with adapter, contextlib.ExitStack() as stack:

        def terminal(wish: dict[str, Any]) -> int:
            more = {name: value for name, value in wish["env"].items() if value is not None}
            variables = {**os.environ, **environment, **more}
            process = stack.enter_context(subprocess.Popen(wish["args"], cwd=wish["cwd"], env=variables))
            stack.callback(process.kill)
            return process.pid

        client = Client(adapter.stdout, adapter.stdin)
        stack.callback(client.close)
        stack.callback(adapter.kill)
        where = {"cwd": str(folder), "python": [python], "env": {"PYTHONPATH": environment["PYTHONPATH"]}}
        in_terminal = configuration["console"] != "internalConsole"
        client.begin({**where, **configuration}, terminal if in_terminal else None)
        yield client
