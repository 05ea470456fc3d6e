"""`keeptrace clean`: applies a folder's policy now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keeptrace.files.folder import Folder
from keeptrace.tools import inputs
from keeptrace.tools.errors import ToolError
from keeptrace.vetting.text import clean_name

if TYPE_CHECKING:
    import argparse


def command(options: argparse.Namespace) -> None:
    path = options.folder or inputs.here()
    if not os.path.isdir(path):
        cause = "it is no folder" if os.path.exists(path) else "there is no such folder"
        raise ToolError(f"cannot clean {path!r}: {cause}; name the folder that the dumps are in")
    folder = Folder(path, each=options.each, dumps=options.dumps, bytes=options.bytes, free=options.free)
    size = total(path)
    gone = folder.clean(dry_run=options.dry_run)
    for name in gone:
        print(clean_name(name))
    if options.dry_run:
        print(f"would delete {len(gone):,} files")
    else:
        print(f"deleted {len(gone):,} files, {size - total(path):,} bytes")


def total(path: str) -> int:
    """Return the bytes of the files in a folder."""
    with os.scandir(path) as found:
        return sum(item.stat(follow_symlinks=False).st_size for item in found)
