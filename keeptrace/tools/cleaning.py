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
    path = options.folder or inputs.here()[0]
    if not os.path.isdir(path):
        cause = "it is no folder" if os.path.exists(path) else "there is no such folder"
        raise ToolError(f"cannot clean {path!r}: {cause}; name the folder that the dumps are in")
    folder = Folder(path, each=options.each, dumps=options.dumps, bytes=options.bytes, free=options.free)
    with os.scandir(path) as found:
        sizes = {item.name: item.stat(follow_symlinks=False).st_size for item in found}
    gone = folder.clean(dry_run=options.dry_run)
    for name in gone:
        print(clean_name(name))
    size = sum(sizes.get(os.path.basename(name), 0) for name in gone)  # 0: another process wrote it just now
    print(f"{'would delete' if options.dry_run else 'deleted'} {len(gone):,} files, {size:,} bytes")
