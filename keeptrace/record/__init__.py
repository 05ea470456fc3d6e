"""Records a crash as a table, in the dying process: breadth first, flat, bounded, running no application code."""

from keeptrace.record.limits import Limits
from keeptrace.record.recorder import Settings, record
from keeptrace.record.registry import register

__all__ = ["Limits", "Settings", "record", "register"]
