"""`keeptrace vscode`: lets VS Code open a dump with F5: configurations in .vscode/launch.json, beside those there are.

The file is JSON with comments, which people write by hand: what is added is put between its characters, and nothing
else of it changes.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.tools.errors import ToolError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

LOCAL = "127.0.0.1"
EDITOR_PORT = 5678  # debugpy's own
LAUNCHING = {"type": "debugpy", "request": "launch", "module": "keeptrace"}
SHOWING = {"console": "internalConsole", "justMyCode": False}
EMPTY = '{\n    "version": "0.2.0",\n    "configurations": []\n}\n'
MARK = "\ufeff"  # with which some editors begin a file


def attaching(host: str, port: int) -> dict[str, Any]:
    """Return the configuration with which VS Code attaches to `keeptrace debug --debugger vscode`."""
    return {
        "name": "keeptrace: attach",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": host, "port": port},
        "justMyCode": False,
    }


CONFIGURATIONS: list[dict[str, Any]] = [
    {"name": "keeptrace: this dump", **LAUNCHING, "args": ["debug", "${file}"], **SHOWING},
    {"name": "keeptrace: newest dump", **LAUNCHING, "args": ["debug"], "cwd": "${workspaceFolder}", **SHOWING},
    attaching(LOCAL, EDITOR_PORT),
]


def command(options: argparse.Namespace) -> None:
    path = os.path.join(options.folder, ".vscode", "launch.json")
    try:
        text = read(path)
        held = names_of(text)
        new = [each for each in CONFIGURATIONS if each["name"] not in held]
        changed = with_configurations(text, new)
        check(names_of(changed) == [*(each["name"] for each in new), *held])
    except (ValueError, RecursionError) as error:
        raise ToolError(
            f"cannot add to {path!r}: {error}; mend the file, or put these there by hand:\n{listed()}"
        ) from None
    if new:
        write(path, changed)
    for each in CONFIGURATIONS:
        print(f"{path}: {each['name']!r} {'added' if each in new else 'is there already'}")


def check(is_added: bool) -> None:
    if not is_added:
        raise ValueError("`configurations` is there twice, or not spelled in plain letters")


def read(path: str) -> str:
    """Return the text of a file, that of an empty one where there is none."""
    if not os.path.exists(path):
        return EMPTY
    if not os.path.isfile(path):
        raise ToolError(f"cannot add to {path!r}: it is no file")
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    return text if text.strip(f"{MARK} \r\n\t") else EMPTY


def write(path: str, text: str) -> None:
    """Write a file whole: beside the one there is, which it then replaces."""
    path = os.path.realpath(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = f"{path}.{os.getpid()}.tmp"
    with open(beside, "x", encoding="utf-8", newline="") as file:
        file.write(text)
    os.replace(beside, path)


def listed() -> str:
    return json.dumps(CONFIGURATIONS, indent=4)


# ---------------------------------------------------------------------------------------------------------------------
# JSON with comments
# ---------------------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'//[^\n]*|/\*(?:.*?\*/|.*)|"(?:\\.|[^"\\\n])*"?|[][{},:]|[^][{},:"/\s]+|\s+|.', re.DOTALL)


class Token(NamedTuple):
    """A part of the text: what it is and where it ends; depth is how many brackets are open before it."""

    text: str
    end: int
    depth: int


def tokens(text: str) -> Iterator[Token]:
    """Yield what a text consists of, without comments and space."""
    depth = 0
    for match in TOKEN.finditer(text):
        found = match.group()
        if found.isspace() or found.startswith(("//", "/*", MARK)):
            continue
        depth -= found in ("]", "}")
        yield Token(found, match.end(), depth)
        depth += found in ("[", "{")


def plain(text: str) -> str:
    """Return JSON of the same lines and columns: without comments, and without commas before closing brackets."""
    characters = list(TOKEN.sub(blank, text))
    for each, after in itertools.pairwise(tokens(text)):
        if each.text == "," and after.text in ("]", "}"):
            characters[each.end - 1] = " "
    return "".join(characters)


def blank(match: re.Match[str]) -> str:
    found = match.group()
    return re.sub(r"[^\n]", " ", found) if found.startswith(("//", "/*", MARK)) else found


def names_of(text: str) -> list[Any]:
    """Return the names of the configurations; raise ValueError where the text is not what VS Code reads."""
    whole = json.loads(plain(text))
    configurations = whole.get("configurations", []) if isinstance(whole, dict) else None
    if not isinstance(configurations, list):
        raise ValueError("an object with a list of `configurations` is expected")  # noqa: TRY004 (one error for all)
    return [each.get("name") if isinstance(each, dict) else None for each in configurations]


def with_configurations(text: str, new: list[dict[str, Any]]) -> str:
    """Return the text with configurations put before those that it has."""
    if not new:
        return text
    found = list(tokens(text))
    heads = ["".join(each.text for each in found[index : index + 3]) for index in range(len(found))]
    start = next((i + 2 for i, head in enumerate(heads) if head == '"configurations":[' and found[i].depth == 1), None)
    added = ",\n".join(textwrap.indent(json.dumps(each, indent=4), " " * 8) for each in new)
    if start is None:
        start, added = 0, f'    "configurations": [\n{added}\n    ]'
    is_last = found[start + 1].text in ("]", "}")
    end = "\n" + " " * 4 * found[start].depth if is_last else ","
    added = f"\n{added}{end}"
    if "\r\n" in text:
        added = added.replace("\n", "\r\n")
    return text[: found[start].end] + added + text[found[start].end :]
