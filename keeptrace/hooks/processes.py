"""Children of multiprocessing: forked ones, which print what ends them and ask no hook, and those started anew."""

from __future__ import annotations

import sys
from types import ModuleType

from keeptrace import reducers
from keeptrace.files.memory import Report
from keeptrace.hooks import reporting, signaling
from keeptrace.hooks.reporting import guarded, say

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

PROCESS = "multiprocessing.process"


def exception_of_child(caller: FrameType) -> BaseException | None:
    """Return what ends this process, if the code that prints an exception is multiprocessing's that ends a child."""
    is_end = caller.f_code.co_name == "_bootstrap" and caller.f_globals.get("__name__") == PROCESS
    return sys.exc_info()[1] if is_end else None


def carry(module: ModuleType, key: str, carrier: Carrier) -> None:
    """Give settings to the children that will be started: they inherit this process's configuration."""
    module.current_process()._config[key] = carrier


def leave(key: str) -> None:
    """Take back what carry() did."""
    module: Any = sys.modules.get(PROCESS)
    if module is not None:
        module.current_process()._config.pop(key, None)


class Carrier:
    """Goes to a child that is a new process; there, being unpickled calls a hook()."""

    def arguments(self) -> dict[str, Any] | None:
        """Return what hook() is to be called with in a child, None where it is not to be called."""
        raise NotImplementedError

    def hook(self, **arguments: Any) -> None:
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        found: bytes | Report | None = guarded("hook a child process", pickled_arguments, self)
        if isinstance(found, Report):  # not hooked at all is better than with other settings, which hide less, say
            say(found.line)
            found = None
        return (type(self), ()) if found is None else (arrived, (type(self), found))


class Module:
    """Is pickled as the import of a module, which pickle itself refuses."""

    def __init__(self, module: ModuleType) -> None:
        self.name = module.__name__

    def __reduce__(self) -> tuple[Any, ...]:
        import importlib  # heavy: see pickled_arguments

        return importlib.import_module, (self.name,)


def pickled_arguments(carrier: Carrier) -> bytes | None:
    import pickle  # heavy, and needed by these children only

    arguments = carrier.arguments()
    if arguments is None:
        return None
    modules = {name: Module(value) for name, value in arguments.items() if isinstance(value, ModuleType)}  # a pickler
    return pickle.dumps({**arguments, **modules})


def arguments_of_hook(plan: reporting.Plan) -> dict[str, Any]:
    """Return what hook() was called with, and options set by init() here, which nobody calls in a child."""
    which = {"exits": plan.exits, "unraisable": plan.unraisable, "signal": signaling.number()}
    return {**options_of_init(), **plan.options, **which, "directory": plan.directory}


def options_of_init() -> dict[str, Any]:
    settings = reducers._settings
    if settings is None:
        return {}
    options = dict(vars(settings))
    options["redact"] = options.pop("redactor") or False
    del options["outside"]  # no option: hook() knows what runs what it catches
    return options


def arrived(cls: type[Carrier], data: bytes) -> Carrier:
    """Call hook() in a child process as it was called in its parent."""
    carrier = cls()
    failed = guarded("hook this process", hook_as, carrier, data)
    say(failed.line if failed else "")
    return carrier


def hook_as(carrier: Carrier, data: bytes) -> None:
    import pickle  # heavy: see pickled_arguments

    carrier.hook(**pickle.loads(data))
