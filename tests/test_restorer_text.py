"""The restorer's text, which travels in every pickle: a committed constant, made from restore.py."""

from __future__ import annotations

import write_restorer_text

from keeptrace.reducers import RESTORER
from keeptrace.restorer_text import TEXT

CHANGED = "restore.py has changed since restorer_text.py was made of it: run `python tests/write_restorer_text.py`"


def test_the_text_is_that_of_restore() -> None:
    """Whoever changes restore.py makes the text again."""
    is_current = write_restorer_text.RESTORER_TEXT.read_text("utf-8") == write_restorer_text.generated()
    assert is_current, CHANGED


def test_the_text_is_what_is_read_in_its_module() -> None:
    """No escape and no quote in restore.py makes it another one there."""
    assert write_restorer_text.stripped(write_restorer_text.RESTORE.read_text("utf-8")) == TEXT


def test_every_pickling_has_the_same_object() -> None:
    """So a pickler writes it once, and what it takes compressed is kept from one dump to the next."""
    texts = [RESTORER.__reduce__()[1][1]["source"] for _ in range(2)]
    assert texts[0] is texts[1] is TEXT
