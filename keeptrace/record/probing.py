"""Blobs: what the pickler given to init() makes of single values, stored beside their mocks."""

from __future__ import annotations

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record.recorder import Recorder


class BoundedFile:
    """A file for a pickler to write to, that refuses to grow past its limit."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.parts: list[bytes] = []

    def write(self, data: Any) -> int:
        written = bytes(data)
        self.limit -= len(written)
        if self.limit < 0:
            raise OverflowError("the blob is over the limit of bytes")
        self.parts.append(written)
        return len(written)


def store_blob(recorder: Recorder, index: int, obj: Any) -> bool:
    """Store what the pickler makes of one value; return whether it took the value."""
    left = recorder.budget.share()
    blob, error = recorder.foreign.call(dumps, recorder.settings.pickler, obj, left)
    if error is not None or type(blob) is not bytes or len(blob) > left or recorder.redaction.hides_blob(blob):
        return False
    recorder.blobs[index] = blob
    recorder.budget.bytes -= len(blob)
    return True


def dumps(pickler: Any, obj: Any, limit: float) -> Any:
    """Pickle with a module's or an object's dump (so that the size is bounded) or dumps, or with a callable."""
    if hasattr(pickler, "dump") and hasattr(pickler, "dumps"):
        file = BoundedFile(limit)
        pickler.dump(obj, file)
        return b"".join(file.parts)
    return pickler.dumps(obj) if hasattr(pickler, "dumps") else pickler(obj)
