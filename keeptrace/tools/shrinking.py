"""`keeptrace shrink`: writes a dump again with less in it."""

from __future__ import annotations

import gzip
import os
import pickle
import time
from typing import TYPE_CHECKING

from keeptrace.files.folder import PICKLES
from keeptrace.files.header import DEFAULTS, Header
from keeptrace.files.rewriting import rewritten
from keeptrace.tools import facts, inputs, outputs
from keeptrace.tools.errors import ToolError
from keeptrace.tools.view import Crash
from keeptrace.vetting.text import clean_name

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from keeptrace.tools.inputs import Input


def command(options: argparse.Namespace) -> None:
    if options.depth is None and not options.no_source and not options.no_globals:
        raise ToolError("cannot shrink by nothing; say what to leave out: --depth N, --no-source, --no-globals")
    given = inputs.chosen(options)
    target = target_of(options, given)
    loaded = given.load(trust=False)
    data = shrunk(loaded, given, options)
    if len(data) >= len(given.data):
        raise ToolError(
            f"cannot shrink {given.name!r}: it would be {len(data):,} bytes instead of {len(given.data):,}; "
            "leave out more, or keep it"
        )
    pickle.loads(gzip.decompress(data))  # what was written here is opened as anybody will open it
    outputs.write(target, data, replace=options.force or options.in_place)
    if target != outputs.STDOUT:
        print(f"{clean_name(target)}: {len(given.data):,} -> {len(data):,} bytes")


def target_of(options: argparse.Namespace, given: Input) -> str:
    """Return where the new file goes."""
    if options.output:
        return str(options.output)
    if given.path is None:
        raise ToolError("cannot tell where to write what came by standard input; name it: -o OUT, or -o - for output")
    return given.path if options.in_place else f"{stem(given.path)}-small.pkl.gz"


def stem(path: str) -> str:
    """Return a dump's path without its ending."""
    ending = next((ending for ending in sorted(PICKLES, key=len, reverse=True) if path.endswith(ending)), "")
    return path.removesuffix(ending)


def shrunk(loaded: Any, given: Input, options: argparse.Namespace) -> bytes:
    header = given.header() or made_header(loaded, given)
    try:
        return rewritten(
            loaded, header, depth=-1 if options.depth is None else options.depth,
            include_source=not options.no_source, include_globals=not options.no_globals,
        )  # fmt: skip
    except TypeError as error:
        cause = "it is not one crash, as keeptrace.dump() writes it"
        raise ToolError(f"cannot shrink {given.name!r}: {cause}; open it with keeptrace.load()") from error


def made_header(loaded: Any, given: Input) -> Header:
    """Return what can be said of a pickle that has no header: nothing about this process."""
    known = facts.about(Crash.of(loaded, given.name))
    moment = time.time() if given.path is None else os.stat(given.path).st_mtime
    written = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    return Header(time=written, **{name: value for name, value in known.items() if name in DEFAULTS})
