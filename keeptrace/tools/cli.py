"""The command `keeptrace`: takes the arguments, runs the command, and says in one line what could not be done."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from keeptrace.tools import parser, running
from keeptrace.tools.errors import ToolError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

FAILED, UNSAFE, INTERRUPTED, PIPE_CLOSED = 1, 3, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status, see `keeptrace --help`; what ends `keeptrace run` is the program's.

    arguments: of the command line, None for sys.argv's.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    own, program = given, None
    if given[:1] == ["run"]:
        own, program = running.split(given)
    options = parser.make().parse_args(own)
    if program is not None:
        return running.command(options, program)
    return guarded(options)


def guarded(options: argparse.Namespace) -> int:
    """Run a command that reads or deletes dumps; what goes wrong is a line on stderr and a status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what the terminal cannot show comes escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = importlib.import_module(f"keeptrace.tools.{options.module}").command(options) or 0
        sys.stdout.flush()
    except BrokenPipeError:  # `keeptrace list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except ToolError as error:
        return complain(str(error))
    except OSError as error:
        return complain(system_error(error))
    except Exception as error:
        from keeptrace.files.errors import DumpError, UnsafeDumpError  # heavy: not every command reads a dump

        if not isinstance(error, DumpError):
            raise
        return complain(str(error), UNSAFE if isinstance(error, UnsafeDumpError) else FAILED)
    return status


def complain(message: str, status: int = FAILED) -> int:
    """Print what went wrong, of which dumps may have written a part."""
    from keeptrace.vetting.text import clean_text  # heavy: see guarded

    print(f"keeptrace: {clean_text(message)}", file=sys.stderr)
    return status


REMEDIES: dict[type, str] = {
    FileNotFoundError: "check the path; `keeptrace list FOLDER` shows what is there",
    IsADirectoryError: "name a file in it; `keeptrace list FOLDER` shows what is there",
    PermissionError: "dumps are private to the user whose program crashed: ask as that user",
}


def system_error(error: OSError) -> str:
    """Return the text about a file or folder that cannot be used."""
    cause = error.strerror or str(error)
    remedy = REMEDIES.get(type(error), "see whether the disk and the folder can be used")
    if error.filename is None:
        return f"cannot go on: {cause}; {remedy}"
    return f"cannot use {error.filename!r}: {cause}; {remedy}"
