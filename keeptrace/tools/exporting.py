"""`keeptrace export`: a crash as a file to send to others: an HTML page, JSON or text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keeptrace.tools import inputs, outputs, showing, terminal
from keeptrace.tools.shrinking import stem
from keeptrace.vetting.text import clean_name

if TYPE_CHECKING:
    import argparse

    from keeptrace.tools.view import View

ENDINGS = {"html": ".html", "json": ".json", "text": ".txt"}


def command(options: argparse.Namespace) -> None:
    if options.file != inputs.STDIN:  # so that the page goes beside what is read
        options.file = inputs.named(options.file)
    target = options.output or default_target(options.file, options.format)
    if target != outputs.STDOUT:
        outputs.check_free(target, replace=options.force)
    text = rendered(showing.loaded_view(options), options.format)
    outputs.write(target, text.encode("utf-8", "backslashreplace"), replace=options.force)
    if target != outputs.STDOUT:
        print(clean_name(target))


def default_target(file: str, kind: str) -> str:
    """Return where a page goes that no place was named for: beside the dump; what came by standard input, here."""
    name = os.path.join(os.curdir, "crash") if file == inputs.STDIN else stem(file)
    return name + ENDINGS[kind]


def rendered(view: View, kind: str) -> str:
    if kind == "html":
        from keeptrace.tools.page import page  # heavy, and for one of the formats

        return page(view)
    if kind == "json":
        return showing.as_json(view) + "\n"
    return "".join(f"{terminal.plain(line)}\n" for line in showing.lines(view))
