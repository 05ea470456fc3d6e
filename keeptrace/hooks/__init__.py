"""Where crashes are caught: hook() in the whole process, capture() in one place."""

from keeptrace.hooks.capturing import Capture, capture
from keeptrace.hooks.hooking import hook, unhook

__all__ = ["Capture", "capture", "hook", "unhook"]
