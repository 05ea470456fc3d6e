"""The debuggers that `keeptrace debug` opens. Restored tracebacks are real, so that any will do: each is only started.

A debugger is a function that is called with the place to be opened; its library is imported before. To add one, write
the function that makes it, and name it in DEBUGGERS.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from keeptrace.tools import mocked
from keeptrace.tools.errors import ToolError
from keeptrace.tools.launching import EDITOR_PORT, LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from keeptrace.tools.place import Place

    Opener = Callable[[Place], None]

WEB_PORT = 5555
TAKES_EXCEPTIONS = sys.version_info >= (3, 13)  # pdb, whose `exceptions` then goes through the chain


def default(environment: Any = os.environ) -> str:
    """Return the debugger that is opened where none is asked for: the one that breakpoint() opens, if it is known.

    Where an editor has started this process under debugpy, it is the editor.
    """
    if is_attached():
        return "vscode"
    wanted = environment.get("PYTHONBREAKPOINT", "").partition(".")[0]
    return environment.get("KEEPTRACE_DEBUGGER") or {"web_pdb": "web"}.get(
        wanted, wanted if wanted in BREAKS else "pdb"
    )


def is_attached() -> bool:
    """Tell whether an editor is attached to this process by debugpy, which then has loaded pydevd."""
    debugpy: Any = sys.modules.get("debugpy") if "pydevd" in sys.modules else None
    return debugpy is not None and bool(debugpy.is_client_connected())


def named(name: str) -> Opener:
    """Return the debugger of a name, imported: one of DEBUGGERS, or a MODULE with post_mortem(), or MODULE:CALLABLE.

    Raises whatever its import raises; ToolError for what is no debugger.
    """
    kind, _, argument = name.partition(":")
    make = DEBUGGERS.get(kind, functools.partial(of_module, kind))
    return make(argument)


def remedy(name: str) -> str:
    """Return what to do where a debugger is not there, or too old."""
    package = PACKAGES.get(name.partition(":")[0])
    return f"pip install {package}" if package else f"install it, or name one of {', '.join(DEBUGGERS)}"


def of_module(module: str, attribute: str) -> Opener:
    opener = getattr(importlib.import_module(module), attribute or "post_mortem", None)
    if not callable(opener):
        raise ToolError(
            f"module {module!r} has no function {attribute or 'post_mortem'!r}; name one as MODULE:CALLABLE"
        )

    def opened(place: Place) -> None:
        opener(place.traceback)

    return opened


def check(name: str, place: Place) -> None:
    """Raise ToolError where a debugger cannot do what a place asks for."""
    asked = {"--frame": place.frame is not None, "--command": bool(place.commands)}
    for option, takers in TAKERS.items():
        if asked[option] and kind(name) not in takers:
            raise ToolError(f"cannot use {option} with {name}; {', '.join(takers)} take it")
    if kind(name) == "pudb" and not sys.stdin.isatty():
        raise ToolError("cannot open pudb: it needs a terminal; pdb and ipdb do not")


def kind(name: str) -> str:
    return name.partition(":")[0]


# ---------------------------------------------------------------------------------------------------------------------
# pdb, and what is derived from it
# ---------------------------------------------------------------------------------------------------------------------


def of_pdb(argument: str) -> Opener:
    try:
        pdb: Any = importlib.import_module("pdb")
    except Exception:  # noqa: BLE001 (where pdbpp is installed it comes in its place, and fails on Python 3.13)
        pdb = pythons_pdb()
    return lambda place: interact(pdb.Pdb(), place, takes_exception=TAKES_EXCEPTIONS)


def pythons_pdb() -> Any:
    """Return the pdb of the standard library, whatever goes by its name."""
    spec: Any = importlib.machinery.PathFinder.find_spec("pdb", [os.path.dirname(os.__file__)])
    pdb = sys.modules["pdb"] = importlib.util.module_from_spec(spec)  # other modules will ask for it
    spec.loader.exec_module(pdb)
    return pdb


def of_pdbpp(argument: str) -> Opener:
    pdbpp: Any = importlib.import_module("pdbpp")
    return lambda place: interact(pdbpp.Pdb(), place, takes_exception=False)


def of_ipdb(argument: str) -> Opener:
    ipdb: Any = importlib.import_module("ipdb.__main__")
    chains: bool = vars(importlib.import_module("IPython.core.debugger")).get("CHAIN_EXCEPTIONS", False)
    return lambda place: interact(ipdb._init_pdb(), place, takes_exception=chains)


def of_remote(argument: str) -> Opener:
    remote_pdb: Any = importlib.import_module("remote_pdb")
    port = port_of("remote", argument, 0)

    def opened(place: Place) -> None:
        debugger = listening(remote_pdb.RemotePdb, port)
        try:
            interact(debugger, place, takes_exception=TAKES_EXCEPTIONS)
        except ConnectionError as error:
            raise ToolError(f"cannot go on: who was connected has left ({error.strerror})") from error

    return opened


def of_web(argument: str) -> Opener:
    web_pdb: Any = importlib.import_module("web_pdb")
    wanted = port_of("web", argument, WEB_PORT)

    def opened(place: Place) -> None:
        port = wanted or free_port()  # WebPdb does not tell which one it has taken
        debugger = listening(web_pdb.WebPdb, port)
        print(f"http://{LOCAL}:{port} shows the crash until it is left with q", flush=True)
        interact(debugger, place, takes_exception=TAKES_EXCEPTIONS)

    return opened


def port_of(name: str, argument: str, default: int) -> int:
    if not argument:
        return default
    if not argument.isdecimal() or not int(argument) < 2**16:
        raise ToolError(f"{name}:{argument} names no port; give one up to 65535, as {name}:4444, or 0 for a free one")
    return int(argument)


def free_port() -> int:
    with socket.create_server((LOCAL, 0)) as server:
        found: int = server.getsockname()[1]
        return found


def listening(make: Callable[[str, int], Any], port: int) -> Any:
    try:
        return make(LOCAL, port)
    except OSError as error:
        raise ToolError(
            f"cannot listen on {LOCAL}:{port}: {error.strerror or error}; name another port with --port"
        ) from error


def interact(debugger: Any, place: Place, *, takes_exception: bool) -> None:
    """Let a debugger derived from pdb.Pdb open a place, as post_mortem() of it does."""
    mocked.teach(debugger)
    debugger.reset()
    debugger.cmdqueue.extend([*place.commands, "q"] if place.commands else [])
    if place.frame is not None:
        debugger.setup = functools.partial(set_up_at, debugger, place.frame)
    takes_exception = takes_exception and place.exception is not None
    debugger.interaction(None, place.exception if takes_exception else place.traceback)


def set_up_at(debugger: Any, index: int, *arguments: Any) -> Any:
    """Prepare a debugger for a traceback as it does itself, once, and go to a frame."""
    del debugger.setup
    result = debugger.setup(*arguments)
    debugger.curindex = index
    debugger.curframe = debugger.stack[index][0]
    if "curframe_locals" in vars(debugger):  # before Python 3.14
        debugger.curframe_locals = debugger.curframe.f_locals
    return result


# ---------------------------------------------------------------------------------------------------------------------
# Others
# ---------------------------------------------------------------------------------------------------------------------


def of_pudb(argument: str) -> Opener:
    pudb: Any = importlib.import_module("pudb")

    def opened(place: Place) -> None:
        exception, debugger = place.raised(), pudb._get_debugger()
        debugger.reset()
        if place.frame is not None:
            debugger.set_frame_index = functools.partial(go_to, debugger, place.frame)
        debugger.interaction(None, (type(exception), exception, place.traceback))

    return opened


def go_to(debugger: Any, index: int, _: int) -> None:
    """Show a frame where a debugger would show the innermost, once."""
    del debugger.set_frame_index
    debugger.set_frame_index(index)


def of_ipython(argument: str) -> Opener:
    shell: Any = importlib.import_module("keeptrace.tools.shell")
    opened: Opener = shell.opened
    return opened


def of_vscode(argument: str) -> Opener:
    port = port_of("vscode", argument, EDITOR_PORT)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # it warns of frozen modules, where nothing will stop
    debugpy: Any = importlib.import_module("debugpy")
    if not hasattr(debugpy, "trigger_exception_handler"):
        raise ImportError(f"debugpy {debugpy.__version__} is too old")
    editor: Any = importlib.import_module("keeptrace.tools.editor")

    def opened(place: Place) -> None:
        editor.opened(place, port)

    return opened


DEBUGGERS: dict[str, Callable[[str], Opener]] = {
    "pdb": of_pdb,
    "ipdb": of_ipdb,
    "pudb": of_pudb,
    "pdbpp": of_pdbpp,
    "ipython": of_ipython,
    "remote": of_remote,
    "web": of_web,
    "vscode": of_vscode,
}
PACKAGES = {
    "ipdb": "ipdb", "ipython": "ipython", "pdbpp": "pdbpp", "pudb": "pudb", "remote": "remote-pdb", "web": "web-pdb",
    "vscode": "'debugpy>=1.8.22'",
}  # fmt: skip
BREAKS = ("ipdb", "pudb", "web_pdb")  # what PYTHONBREAKPOINT may name
TAKERS = {
    "--frame": ("pdb", "ipdb", "pdbpp", "pudb", "ipython", "remote", "web"),
    "--command": ("pdb", "ipdb", "pdbpp", "ipython"),
}
LISTENING = ("remote", "web", "vscode")  # on a port: these read nothing from the terminal
