"""keeptrace/schema.py describes what is written, checked and documented: nothing more, nothing less."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import write_format
from frozen import crashes

from keeptrace import restore, schema
from keeptrace.record import Settings, default_redactor, record
from keeptrace.vetting import packed, records


def test_the_page_about_the_format_is_made_of_it() -> None:
    """`PYTHONPATH=. python tests/write_format.py` brings it up to date."""
    assert write_format.page() == write_format.PAGE.read_text(encoding="utf-8")


def test_every_type_of_a_field_is_explained_and_checked() -> None:
    facts = {**schema.CLASS_FACTS, **schema.EXCEPTION_FACTS}.values()
    used = {type_ for _, fields in schema.KINDS.values() for type_ in fields.values()} | set(facts)
    assert used == set(schema.TYPES) == set(records.CHECKS)


def test_every_kind_can_be_made() -> None:
    """But for those whose stack is run, and then filled."""
    assert set(restore.MAKE) | {"frame", "globals"} == set(schema.KINDS)
    assert {*restore.FILL, *restore.FILL_LAST, *restore.NEEDS} <= set(schema.KINDS)
    assert set(records.RELATIONS) <= set(schema.KINDS)


def test_every_packed_form_can_be_unpacked_and_checked() -> None:
    assert set(schema.FORMS) == set(restore.UNPACK) == set(packed.FORMS)


@pytest.mark.live_stack
@pytest.mark.parametrize("settings", [{}, {"depth": 1}, {"depth": -1}, {"reprs": True}], ids=repr)
def test_what_is_written_has_these_fields(settings: dict[str, Any]) -> None:
    """Packed or not."""
    for program in (crashes.values, crashes.packed, crashes.shared, crashes.chain, crashes.group, crashes.suggestion):
        crash = crashes.caught(program)
        table = record(crash, Settings(redactor=default_redactor(), **settings), None).table
        for kind, *fields in restore.with_packed(table):
            optional = kind == "global" and len(fields) == len(schema.KINDS[kind][1]) - 1
            assert optional or len(fields) == len(schema.KINDS[kind][1]), kind


def test_records_are_read_by_the_names_of_their_fields() -> None:
    """Where they are checked nobody counts a record's fields."""
    folder = pathlib.Path(records.__file__).parent
    counted = re.compile(r"\brecord\[[1-9]\]|\brecords\[\w+\]\[[1-9]\]")
    assert [path.name for path in folder.glob("*.py") if counted.search(path.read_text(encoding="utf-8"))] == []
