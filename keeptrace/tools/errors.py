"""What a command could not do, and why: printed as one line, without a traceback."""

from __future__ import annotations


class ToolError(Exception):
    """A user's mistake, or what is not as the command needs it; the text says what to do."""
