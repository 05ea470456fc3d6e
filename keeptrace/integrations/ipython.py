"""The extension for IPython and Jupyter: `%load_ext keeptrace.integrations.ipython` leaves a dump of each failing cell.

In a configuration file of IPython the same is `c.InteractiveShellApp.extensions = ["keeptrace.integrations.ipython"]`,
for papermill, nbclient and the like. What is heavy is imported by the first cell that fails.
"""

from __future__ import annotations

import bdb
import contextlib
import os
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import StdinNotImplementedError, UsageError

from keeptrace.files import memory
from keeptrace.hooks import reporting
from keeptrace.hooks.capturing import is_failure
from keeptrace.integrations.outcomes import near
from keeptrace.prompt import latest_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from keeptrace.files.folder import Folder
    from keeptrace.files.memory import Report
    from keeptrace.hooks.shortening import Entries
    from keeptrace.tools.place import Place

SHELL = frozenset(["IPython", "ipykernel"])
RUNNERS = SHELL | {"tornado", "traitlets"}
OUTSIDE = RUNNERS | {"asyncio.events"}
EACH = 1_000  # dumps of one bug: to the fingerprint, what cells of all notebooks raise themselves is one
MAGIC = "keeptrace"
USAGE = "%keeptrace on [DIR], off, dump, or debug [FILE] is expected"
NOTEBOOKS = ("__vsc_ipynb_file__", "PAPERMILL_INPUT_PATH")
"""Variables with which VS Code, and papermill where it is asked for it (--inject-paths), say which notebook it is."""

SESSION = "JPY_SESSION_NAME"
"""The environment variable with which Jupyter's server says so, to what a notebook starts too."""


def load_ipython_extension(ip: Any) -> None:
    """Dump each cell that fails from now on, and define %keeptrace."""
    if loaded(ip) is None:
        cells = Cells(ip)
        ip.register_magic_function(cells.magic, "line", MAGIC)
        cells.on()


def unload_ipython_extension(ip: Any) -> None:
    cells = loaded(ip)
    if cells is not None:
        cells.leave()
        del ip.magics_manager.magics["line"][MAGIC]
        show_briefly(None)


def loaded(ip: Any) -> Any:
    """Return the Cells of this extension where it is loaded: what its magic is a method of."""
    return getattr(ip.magics_manager.magics["line"].get(MAGIC), "__self__", None)


class Cells:
    """Dumps the cells of a shell that fail, and is what %keeptrace commands.

    directory: where the dumps go; None for the usual folder.
    latest: the path of the latest dump.
    before: the exception that was the latest shown when a cell began, as sys.last_exc keeps it; no UsageError, which
        says that the words of a magic were wrong.
    """

    def __init__(self, ip: Any) -> None:
        self.ip = ip
        self.directory: str | None = None
        self.latest: str | None = None
        self.before: BaseException | None = None
        ip.events.register("pre_run_cell", self.begun)

    def on(self) -> None:
        self.begun(None)  # what was shown before this is no failure of the cell that says so
        self.ip.events.register("post_run_cell", self.finished)  # which registers nothing twice

    def off(self) -> None:
        if self.finished in self.ip.events.callbacks["post_run_cell"]:
            self.ip.events.unregister("post_run_cell", self.finished)

    def leave(self) -> None:
        self.off()
        self.ip.events.unregister("pre_run_cell", self.begun)

    def begun(self, _: Any) -> None:
        self.before = self.latest_shown()

    def latest_shown(self) -> BaseException | None:
        found = latest_shown()
        return self.before if isinstance(found, UsageError) else found

    def finished(self, result: Any) -> None:
        """Dump what a cell raised; say where that is in one line."""
        try:
            found = reporting.guarded("dump the cell", self.dump_cell, result)
        except KeyboardInterrupt:
            found = memory.Report("keeptrace: the cell was not dumped: interrupted", failed=True)
        self.before = self.latest_shown()  # a cell that ran this one has not failed
        if found is not None:
            reporting.say(found.line)

    def dump_cell(self, result: Any) -> Report | None:
        """Dump what a cell raised; None where it did not fail, was interrupted, or a magic's words were wrong."""
        error = self.raised(result)
        if error is None or isinstance(error, (UsageError, bdb.BdbQuit)) or not is_failure(error):
            return None
        found = self.dump(error, getattr(result, "execution_count", None))
        return with_command(found) if found.path else found

    def raised(self, result: Any) -> BaseException | None:
        """Return what a cell raised, or what was shown in it: %run shows by itself what ends a script."""
        names = ("error_in_exec", "error_before_exec")  # the latter also where showing the former fails
        found: list[BaseException | None] = [getattr(result, name, None) for name in names]
        error = next((each for each in found if each is not None), None)
        if error is not None:
            return error
        shown = self.latest_shown()
        return None if shown is self.before else shown

    def dump(self, exception: BaseException, number: int | None) -> Report:
        context = {"kind": "cell", "notebook": notebook(self.ip.user_ns), "cell": number}
        known = {name: value for name, value in context.items() if value is not None}
        show_briefly(object.__repr__)
        plan = reporting.plan_of("%keeptrace", self.folder(), {}, note=None, threads=None, outside=OUTSIDE)
        found = reporting.report(exception, plan, shown=shown_entries, context=known)
        self.latest = found.path or self.latest
        return found

    def folder(self) -> Folder:
        """Return where dumps go now: the program may have changed its folder."""
        from keeptrace import places
        from keeptrace.files.folder import Folder  # heavy: see above

        found = self.directory or places.hooked or places.usual_directory()
        return found if isinstance(found, Folder) else Folder(found, each=EACH, per_minute=float("inf"))

    # -----------------------------------------------------------------------------------------------------------------
    # The magic
    # -----------------------------------------------------------------------------------------------------------------

    def magic(self, line: str) -> None:
        """Dump cells that fail, and open dumps.

        %keeptrace on [DIR]: dump each cell that fails, into this folder.
        %keeptrace off: dump none.
        %keeptrace dump: dump the latest exception that was shown.
        %keeptrace debug [FILE]: open a debugger in a dump; without a file in the latest.
        """
        word, _, argument = line.strip().partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "on": self.on_command,
            "off": self.off_command,
            "dump": self.dump_command,
            "debug": self.debug_command,
        }
        takes_argument = word in ("on", "debug")
        if word not in commands or (argument and not takes_argument):
            refuse(USAGE)
        commands[word](unquoted(argument.strip()))

    def on_command(self, folder: str) -> None:
        if folder:
            self.directory = os.path.abspath(os.path.expanduser(folder))
        self.on()
        print(f"keeptrace: cells that fail are dumped into {memory.as_line(self.folder().path)}")

    def off_command(self, _: str) -> None:
        self.off()
        print("keeptrace: cells that fail are not dumped")

    def dump_command(self, _: str) -> None:
        exception = self.latest_shown()
        if exception is None:
            refuse("nothing to dump: no exception was shown in this session")
        known = memory.remembered(exception)
        if known is not None and known.path is None:  # it was counted only
            memory.forget(exception)
        found = self.dump(exception, None)
        if found.path is None:
            refuse(found.line)
        print(found.path)

    def debug_command(self, path: str) -> None:
        from keeptrace.files.errors import DumpError  # what opens dumps is heavy
        from keeptrace.tools.cli import system_error
        from keeptrace.tools.errors import ToolError

        try:
            place = opened(path or self.latest)
        except (DumpError, ToolError) as error:
            refuse(str(error))
        except OSError as error:
            refuse(system_error(error))
        try:
            debug(self.ip, place)
        except StdinNotImplementedError:
            refuse("cannot debug here: nobody can be asked; `keeptrace debug FILE` in a terminal opens the dump")


# ---------------------------------------------------------------------------------------------------------------------
# What is dumped
# ---------------------------------------------------------------------------------------------------------------------


def shown_entries(exception: BaseException, entries: Entries) -> Entries:
    """Return a traceback's entries without IPython's before the application's and between them, as those of %run are.

    What an application calls of IPython itself, and fails there, stays.
    """
    from keeptrace.hooks.shortening import after_runners
    from keeptrace.record.frames import is_of

    found = after_runners(entries, RUNNERS)
    of_shell = [is_of(entry.tb_frame, SHELL) for entry in found]
    last = max((at for at, is_shell in enumerate(of_shell) if not is_shell), default=-1)
    return [entry for at, entry in enumerate(found) if at > last or not of_shell[at]]


def with_command(found: Report) -> Report:
    """Return a report that also says how the dump is opened; its path from here, where that is in this folder."""
    path = shown = found.path or ""
    with contextlib.suppress(OSError):  # the program may be in a folder that is gone
        shown = near(path, os.getcwd())
    return memory.Report(f"{found.line}; to open it: %keeptrace debug {memory.as_line(shown)}", path)


def show_briefly(representation: Callable[[Any], str] | None) -> None:
    """Have the shell and `exit`, which are among a notebook's variables and large, recorded by representations only.

    representation: makes them; None takes it back.
    """
    from IPython.core.autocall import IPyAutocall
    from IPython.core.interactiveshell import InteractiveShell

    import keeptrace

    for cls in (InteractiveShell, IPyAutocall):
        keeptrace.register(cls, representation)


def notebook(names: dict[str, Any]) -> str | None:
    """Return the notebook's path, or its name, where anybody says so; names are those of its cells."""
    said = [*(names.get(name) for name in NOTEBOOKS), os.environ.get(SESSION)]
    return next((each for each in said if type(each) is str and each), None)


# ---------------------------------------------------------------------------------------------------------------------
# Commands
# ---------------------------------------------------------------------------------------------------------------------


def refuse(text: str) -> NoReturn:
    """Say what cannot be done, as IPython's own magics do."""
    raise UsageError(text) from None


def unquoted(argument: str) -> str:
    """Return a path without the quotes that may be around it."""
    is_quoted = len(argument) > 1 and argument[0] in "'\"" and argument[-1] == argument[0]
    return argument[1:-1] if is_quoted else argument


def opened(path: str | None) -> Place:
    """Return what is to be opened of a dump, as `keeptrace debug` finds it; nothing in the file is executed."""
    from keeptrace.tools import debugging, inputs, parser  # what opens dumps is heavy
    from keeptrace.tools.view import Crash

    options = parser.make().parse_args(["debug", *(() if path is None else ("--", path))])
    given = inputs.chosen(options)
    header = given.header()
    return debugging.place(Crash.of(given.load(trust=False), given.name, header), header, options)


def debug(ip: Any, place: Place) -> None:
    """Open a shell's own debugger, on the terminal or in the notebook."""
    from IPython.core.debugger import CHAIN_EXCEPTIONS

    from keeptrace.tools import debuggers
    from keeptrace.tools.view import last_lines

    if place.exception is not None:
        print(last_lines(place.exception))
    debuggers.interact(ip.debugger_cls(), place, takes_exception=CHAIN_EXCEPTIONS)
