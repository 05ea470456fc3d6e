"""What goes wrong with a dump file that is read."""

from __future__ import annotations


class DumpError(Exception):
    """A file cannot be read as a dump: it is none, cut short, corrupt, too large, or of a newer keeptrace."""

    __module__ = "keeptrace"


class UnsafeDumpError(DumpError):
    """A file holds something that a crash does not consist of, and that could run code where it is loaded."""

    __module__ = "keeptrace"
