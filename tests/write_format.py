"""Writes what docs/FORMAT.md has from keeptrace/schema.py and from a frozen dump: run it after a change of the schema.

PYTHONPATH=. python tests/write_format.py
"""

from __future__ import annotations

import gzip
import pathlib
import pickletools
import re
from typing import TYPE_CHECKING, Any

import keeptrace
from keeptrace import schema
from keeptrace.files import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "FORMAT.md"
EXAMPLE = HERE / "frozen" / "2.0.0" / "3.15" / "depth0.pkl.gz"
ROW = 16  # bytes in a line
LONGEST = 96  # characters of a record, and of a text in it


def page() -> str:
    """Return the page as it is to be."""
    text = PAGE.read_text(encoding="utf-8")
    for name, part in PARTS.items():
        block = "\n".join([f"<!-- {name} -->", *part(), "<!-- end -->"])
        pattern = rf"<!-- {name} -->\n.*?<!-- end -->"
        text, count = re.subn(pattern, lambda _, block=block: block, text, flags=re.DOTALL)  # type: ignore[misc]
        assert count == 1, name
    return text


def kinds() -> Iterator[str]:
    yield "| kind | what it is | fields |"
    yield "| --- | --- | --- |"
    for kind, (meaning, fields) in schema.KINDS.items():
        shown = "; ".join(f"`{name}`: {type_}" for name, type_ in fields.items())
        yield f"| `{kind}` | {meaning} | {shown} |"
    yield from ["", "| type of a field | |", "| --- | --- |"]
    yield from (f"| {name} | {meaning} |" for name, meaning in schema.TYPES.items())
    for title, facts in (("a class", schema.CLASS_FACTS), ("an exception", schema.EXCEPTION_FACTS)):
        yield from ["", f"| fact about {title} | type |", "| --- | --- |"]
        yield from (f"| `{name}` | {type_} |" for name, type_ in facts.items())


def forms() -> Iterator[str]:
    yield from ["| name | what belongs to it | it stands for |", "| --- | --- | --- |"]
    yield from (f"| `{name}` | {fields} | {meaning} |" for name, (fields, meaning) in schema.FORMS.items())


def file_bytes() -> Iterator[str]:
    data = EXAMPLE.read_bytes()
    yield "```"
    for start in range(0, 4 * ROW, ROW):
        yield row(start, data[start : start + ROW])
    yield "..."
    yield row(len(data) - 8, data[-8:])
    yield "```"


def row(at: int, data: bytes) -> str:
    shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    return f"{at:08x}  {data.hex(' '):{3 * ROW}} {shown}"


def operations() -> Iterator[str]:
    """Yield the operations of the pickle as far as the records, and from their end on."""
    found = list(pickletools.genops(gzip.decompress(EXAMPLE.read_bytes())))
    begins = next(at for at, (_, given, _) in enumerate(found) if given == "records") + 3
    ends = next(at for at, (operation, _, _) in enumerate(found) if at > begins and operation.name == "APPENDS")
    yield "```"
    for at, (operation, given, place) in enumerate(found):
        if operation.name != "MEMOIZE" and (at <= begins or at >= ends):
            yield f"{place:6} {operation.name} {brief(given) if given is not None else ''}".rstrip()
        if at == begins:
            yield "       ..."
    yield "```"


def records() -> Iterator[str]:
    yield "```"
    yield from (f"{place:2} {brief(record)}" for place, record in enumerate(table()["records"]))
    yield "```"


def table() -> Any:
    """Return the example's table, as it is before it is vetted."""
    with EXAMPLE.open("rb") as file:
        pickled = gzip.decompress(file.read())
    reader = reading.Reader(pickled, EXAMPLE.name, trusted=False)
    reader.load()
    return reader.tables[0]


def brief(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


PARTS = {"kinds": kinds, "forms": forms, "bytes": file_bytes, "operations": operations, "records": records}

if __name__ == "__main__":
    assert keeptrace.load(EXAMPLE)
    PAGE.write_text(page(), encoding="utf-8")
