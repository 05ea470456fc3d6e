"""A progress bar for what takes longer than a second, where rich is installed and standard error is a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PATIENCE = 1.0  # seconds
STEP = 64  # items between two looks at the clock

Item = TypeVar("Item")


def tracked(items: Collection[Item], what: str) -> Iterator[Item]:
    """Yield items; from a second on show how many are done."""
    waiting, start, done = iter(items), time.monotonic(), 0
    for item in waiting:
        yield item
        done += 1
        if done % STEP == 0 and time.monotonic() - start > PATIENCE:
            break
    if done < len(items) and sys.stderr.isatty():
        yield from with_bar(waiting, what, done, len(items))
    else:
        yield from waiting


def with_bar(waiting: Iterator[Item], what: str, done: int, total: int) -> Iterator[Item]:
    try:
        from rich.console import Console  # an extra, and heavy
        from rich.progress import Progress
    except ImportError:
        yield from waiting
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, completed=done, total=total)
        for item in waiting:
            yield item
            progress.advance(task)
