"""`keeptrace completion`: a script for a shell, made by shtab of what the command line takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keeptrace.tools import parser
from keeptrace.tools.errors import ToolError

if TYPE_CHECKING:
    import argparse


def command(options: argparse.Namespace) -> None:
    try:
        import shtab  # an extra
    except ImportError as error:
        raise ToolError("cannot make a completion script: shtab is not installed; pip install 'keeptrace[tools]'") \
            from error  # fmt: skip
    print(shtab.complete(parser.make(), shell=options.shell))
