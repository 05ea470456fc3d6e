"""Records a crash as a table, in the dying process: breadth first, flat, bounded, running no application code."""

from keeptrace.record.last_resort import record
from keeptrace.record.limits import Limits
from keeptrace.record.redactor import Redactor, default_redactor
from keeptrace.record.registry import register
from keeptrace.record.settings import Settings

__all__ = ["Limits", "Redactor", "Settings", "default_redactor", "record", "register"]
