"""`keeptrace run`: runs a program as Python itself would, with the hook that dumps it if it dies.

The program is not to notice: arguments, `__main__`, sys.path, exit status and the printed traceback are as without
keeptrace. Modules, folders and zips are run by the function of runpy that Python's own command line calls.
"""

from __future__ import annotations

import builtins
import functools
import importlib.machinery
import os
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

WITH_VALUES = ("-d", "--depth", "--directory")
CODE, MODULE, PATH, STDIN = "-c", "-m", "PATH", "-"
CANNOT_START = 2


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return our own arguments and, from where it begins, the program with its arguments."""
    at = 1
    while at < len(arguments):
        given = arguments[at]
        if given == STDIN or given[:1] != "-" or given[:2] in (MODULE, CODE):
            break
        at += 2 if given in WITH_VALUES else 1
    return list(arguments[:at]), list(arguments[at:])


def command(options: argparse.Namespace, program: list[str]) -> int:
    """Run a program; raises what ends it, SystemExit too."""
    kind, name, arguments = parted(program)
    missing = ""
    if name is None:
        missing = "name a SCRIPT, -m MODULE or -c CODE"
    elif kind == PATH and not os.path.exists(name):
        missing = "there is no such file"
    if missing:
        return refused(program[0] if program else "nothing", missing)
    install(options)
    main = sys.modules["__main__"] = new_main()
    sys.argv = [name if kind == PATH else kind, *arguments]  # type: ignore[list-item]
    hook = sys.excepthook
    try:
        RUN[kind](name, main.__dict__)
    except BaseException as error:
        died(error, is_hooked=sys.excepthook is hook)
        raise
    return 0


def parted(program: list[str]) -> tuple[str, str | None, list[str]]:
    """Return what kind of program it is, its name (None where that is missing), and its arguments."""
    if not program:
        return PATH, None, []
    first, *rest = program
    if first == STDIN or first[:2] not in (MODULE, CODE):
        return STDIN if first == STDIN else PATH, first, rest
    if len(first) > 2:  # -mMODULE
        return first[:2], first[2:], rest
    return first, rest[0] if rest else None, rest[1:]


def refused(name: str, cause: str) -> int:
    """Say why a program cannot be started, and return the status for that, which is Python's."""
    print(f"keeptrace: cannot run {name!r}: {cause}", file=sys.stderr)
    return CANNOT_START


def install(options: argparse.Namespace) -> None:
    """Install the hook that dumps what the program does not catch, and if it imports unittest, what fails there."""
    from keeptrace.hooks import hook
    from keeptrace.hooks.patching import attach
    from keeptrace.watching import Watch

    hook(directory=options.directory or None, **({} if options.depth is None else {"depth": options.depth}))
    Watch({"unittest": functools.partial(attach, hook_tests)}).start()


def hook_tests(module: types.ModuleType) -> None:
    from keeptrace.integrations import unittest  # it imports what the program has imported now

    unittest.hook()


def died(error: BaseException, *, is_hooked: bool) -> None:
    """Dump what ended the program, and see to it that whoever is told of it gets a traceback that begins there.

    Python itself calls its hook, after all frames are left: so it also does all the rest that it does then.

    is_hooked: whether Python's hook is the one installed here, which says where the dump is; else it is said here,
        since the program's own hook may not call it.
    """
    from keeptrace.hooks import capture  # heavy, and needed by few programs

    own = error.__traceback__
    while own is not None and own.tb_frame.f_globals is globals():
        own = own.tb_next
    captured = capture()
    captured.__exit__(type(error), BaseException.with_traceback(error, own), own)
    hook = sys.excepthook

    def excepthook(cls: type[BaseException], value: BaseException, traceback: types.TracebackType | None) -> None:
        if value is error:
            traceback = own
            BaseException.with_traceback(error, own)
        hook(cls, value, traceback)
        if value is error and captured.path is not None and not is_hooked:
            print(f"keeptrace: the crash is in {captured.path}", file=sys.stderr)

    sys.excepthook = excepthook


# ---------------------------------------------------------------------------------------------------------------------
# As Modules/main.c does it
# ---------------------------------------------------------------------------------------------------------------------


def run_path(path: str, namespace: dict[str, Any]) -> None:
    """Run a script, or the __main__.py in a folder or a zip."""
    filename = os.path.join(os.getcwd(), path)
    if is_importable_from(filename):
        search_first(None)
        sys.path.insert(0, filename)
        run_main(module="__main__", is_named=False)
        return
    search_first(os.path.dirname(os.path.realpath(path)))
    kind = importlib.machinery.SourcelessFileLoader if path.endswith(".pyc") else importlib.machinery.SourceFileLoader
    loader = kind("__main__", filename)
    set_file(namespace, filename, loader)
    if isinstance(loader, importlib.machinery.SourceFileLoader):
        code: Any = compile(content(filename), filename, "exec", dont_inherit=True)
    else:
        code = loader.get_code("__main__")
    exec(code, namespace)


def content(filename: str) -> bytes:
    """Return what is in a script; raise SystemExit where it cannot be read, which is no crash."""
    try:
        with open(filename, "rb") as file:
            return file.read()
    except OSError as error:
        raise SystemExit(refused(filename, error.strerror or type(error).__name__)) from error


def run_module(name: str, namespace: dict[str, Any]) -> None:
    search_first(os.getcwd())
    run_main(module=name, is_named=True)


def run_code(code: str, namespace: dict[str, Any]) -> None:
    """Run what stood in the command line; its lines are there for tracebacks, as Python 3.13 has it, and for dumps."""
    import linecache  # heavy, and rarely needed

    search_first("")
    if sys.version_info >= (3, 14):
        import textwrap  # heavy: see above

        code = textwrap.dedent(code)
    linecache.cache["<string>"] = (len(code), None, [line + "\n" for line in code.split("\n")], "<string>")
    exec(compile(code, "<string>", "exec", dont_inherit=True), namespace)


def run_stdin(name: str, namespace: dict[str, Any]) -> None:
    search_first("")
    set_file(namespace, "<stdin>", importlib.machinery.BuiltinImporter)
    exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec", dont_inherit=True), namespace)


RUN: dict[str, Callable[..., None]] = {CODE: run_code, MODULE: run_module, PATH: run_path, STDIN: run_stdin}


def run_main(*, module: str, is_named: bool) -> None:
    import runpy  # heavy, and scripts do without

    runpy._run_module_as_main(module, is_named)  # type: ignore[attr-defined]


def is_importable_from(path: str) -> bool:
    """Tell whether a path is a folder or a zip."""
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def search_first(folder: str | None) -> None:
    """Put a folder where Python has put ours, if it has: with -P and -I it does not."""
    if not (getattr(sys.flags, "safe_path", False) or sys.flags.isolated):
        sys.path[:1] = [] if folder is None else [folder]


def new_main() -> types.ModuleType:
    """Return what a program finds as `__main__` when it begins."""
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __loader__=importlib.machinery.BuiltinImporter)
    if sys.version_info < (3, 14):
        main.__dict__.update(__annotations__={})
    return main


def set_file(namespace: dict[str, Any], filename: str, loader: Any) -> None:
    """Set what `__main__` knows about the file that it comes from."""
    namespace.update(__file__=filename, __loader__=loader)
    if sys.version_info < (3, 15):
        namespace["__cached__"] = None
