"""Where crashes are caught. This module stays small: it is the outermost frame of every crash."""

from __future__ import annotations

TYPE_CHECKING = False  # its globals belong to the crash: none that need not be
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def catch(run: Callable[[int], Any], number: int) -> BaseException:
    try:
        run(number)
    except BaseException as exc:
        return exc
    raise AssertionError(f"{run.__module__}.run({number}) was to crash")
