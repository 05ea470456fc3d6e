"""Tells the application that a dump was written: its function is called, and what that raises gets in nobody's way."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.files.header import Header

    OnDump = Callable[[str, Header], Any]


def checked(caller: str, on_dump: Any) -> OnDump | None:
    """Return a function to be called, or None; raise TypeError for what is neither."""
    if on_dump is not None and not callable(on_dump):
        raise TypeError(f"{caller}(on_dump={on_dump!r:.200}): a function of a path and a header, or None, is expected")
    found: OnDump | None = on_dump
    return found


def tell(on_dump: OnDump | None, path: str, header: Header) -> None:
    """Call a function with a dump's path and header; a line on standard error says what it raised."""
    if on_dump is None:
        return
    try:
        on_dump(path, header)
    except Exception as error:  # noqa: BLE001 (the crash goes on, whatever others make of its dump)
        write(f"keeptrace: on_dump failed for {path!r}: {described(error)}")


def write(line: str) -> None:
    """Write a line to standard error, where there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def described(error: Exception) -> str:
    """Return an error's name and text in one line."""
    text = " ".join(str(error).split())[:LONGEST]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


LONGEST = 1_000  # characters of an error
