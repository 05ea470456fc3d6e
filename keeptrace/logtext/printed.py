"""What an exception looks like in a log: its frames, its name and message, and what was printed with it."""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_IN_LOG = "not in the log"
"""The message of an exception that was printed without it: a group's member, or one after which the log was cut off."""


@dataclass
class Entry:
    """One `File "...", line N, in name` and the lines below it. Without a name it is where a SyntaxError stands."""

    filename: str
    line: int
    name: str | None
    below: list[str] = field(default_factory=list)


@dataclass
class Printed:
    """One exception as it was printed; `name` is empty until its last line was read."""

    has_header: bool = False
    entries: list[Entry] = field(default_factory=list)
    name: str = ""
    lines: list[str] = field(default_factory=list)
    earlier: Printed | None = None
    is_caused: bool = False
    members: list[Printed] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def complete(printed: Printed | None) -> Printed | None:
    """Return the last exception of a chain that was printed to its end."""
    while printed is not None and not printed.name:
        printed = printed.earlier
    return printed
