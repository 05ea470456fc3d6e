"""Records whose fields have names: tuples as they stand in a table, read as `record.bases`."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from keeptrace import schema

RECORDS: dict[str, Any] = {
    kind: namedtuple(f"{kind.title()}Record", ["kind", *fields])  # noqa: PYI024 (types are in the schema)
    for kind, (_, fields) in schema.KINDS.items()
}
"""Makes a record of a kind, of the kind and its fields."""


def marker(text: str) -> Any:
    """Return the record of what is left out, or was never recorded."""
    return RECORDS["marker"]("marker", text)
