"""How to record: what init() was asked for, and what it takes for granted."""

from __future__ import annotations

from keeptrace.light import Frozen
from keeptrace.record.limits import Limits

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record.redactor import Redactor

RUNNERS = frozenset(["keeptrace.tools.running"])
"""Modules and packages that run what crashed: a stack begins with what they call."""


class Settings(Frozen):
    """What init() was asked for.

    outside: see RUNNERS.
    """

    pickler: Any
    depth: int
    include_source: bool
    reprs: bool
    limits: Limits
    redactor: Redactor | None
    outside: frozenset[str]

    def __init__(
        self,
        pickler: Any = None,
        depth: int = 3,
        include_source: bool = True,
        reprs: bool = False,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
        outside: frozenset[str] = RUNNERS,
    ) -> None:
        self.__dict__.update(pickler=pickler, depth=depth, include_source=include_source, reprs=reprs)
        self.__dict__.update(limits=limits or Limits(), redactor=redactor, outside=outside)
