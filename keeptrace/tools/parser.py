"""The command line's words: what each command takes, and what its --help teaches."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from keeptrace.version import __version__

ABOUT = """\
Find out why a Python program crashed: record the crash as one file, look at it later.

    keeptrace run app.py          run a program; if it dies, its crash is dumped
    keeptrace list                what crashed, how often, when
    keeptrace show                the newest crash, with source and variables
    keeptrace debug               pdb in the newest crash
"""
STATUS = """\
FILE is a path, a folder, the fingerprint of a bug or its beginning, - for standard input, or left out: the newest
dump in the folder that the environment variable KEEPTRACE_DIR names, else in the current one and in ./crashes. Files
are read safely: nothing in them is executed.

exit status:
    0  done
    1  it could not be done; a line on stderr says why
    2  the arguments are wrong
    3  refused: the file holds what could run code where it is loaded
  130  interrupted;  141  nobody reads the output any more
  `keeptrace run` ends as the program does.

The tables, colours and progress bars come from rich: `pip install 'keeptrace[tools]'`. Without it, and wherever
standard output is no terminal, the output is plain text. NO_COLOR=1 turns colours off.
"""
TRUST = "open what the program's pickler stored, as pickle.load would: that RUNS CODE from the file; only for files \
of which you trust whoever could have written them"


def make() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser("keeptrace", description=ABOUT, epilog=STATUS, **STYLE)
    parser.add_argument("--version", action="version", version=f"keeptrace {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (run, list_, info, show, debug, vscode, export, parse, shrink, clean, completion):
        add(commands)
    return parser


STYLE: Any = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}


def command(commands: Any, name: str, module: str, summary: str, text: str) -> Any:
    """Add a command; its text is a description, and examples below the first blank line."""
    description, _, examples = textwrap.dedent(text).partition("\n\n")
    found = commands.add_parser(name, help=summary, description=description.strip(), epilog=examples.rstrip(), **STYLE)
    found.set_defaults(module=module)
    return found


def run(commands: Any) -> None:
    found = command(commands, "run", "running", "run a program, and dump it if it dies", """\
        Runs a program as Python would, with the same arguments, output and exit status. If an exception ends it, the
        crash is dumped, and a line on stderr says where.

        examples:
          keeptrace run app.py --port 80          instead of: python app.py --port 80
          keeptrace run -m package.module x y     instead of: python -m package.module x y
          keeptrace run -c 'import app; app.main()'
          keeptrace run folder_or_zip             which holds a __main__.py
          python -X dev -m keeptrace run app.py   with options of Python's own
          KEEPTRACE_DIR=/var/crashes keeptrace run app.py
        """)  # fmt: skip
    found.add_argument("--directory", "-d", metavar="D", help="where dumps go; default: KEEPTRACE_DIR, else here")
    found.add_argument("--depth", type=depth, metavar="N", help="how far variables are recorded (default 3, -1: all)")
    kinds = found.add_argument_group("what to run, last of all; everything after it is the program's")
    kinds.add_argument("program", nargs="?", metavar="-m MODULE | -c CODE | SCRIPT | -", help="SCRIPT may be a file, a \
folder or a zip; - is standard input").complete = FILES  # fmt: skip


def list_(commands: Any) -> None:
    found = command(commands, "list", "listing", "what crashed, how often and when", """\
        Lists the dumps in folders, those of one bug in one line, the latest crash first. CRASHES counts every crash,
        also those that a folder's policy did not keep; DUMPS are the files that are there.

        examples:
          keeptrace list                       KEEPTRACE_DIR, else the current folder
          keeptrace list /var/crashes *.pkl.gz
          keeptrace list --where test=checkout  those whose context has it, see `keeptrace info`
          keeptrace list --json | jq '.[0]'    fields: fingerprint, exception, message, crashes, dumps, first, last,
                                               newest, kind, context (the newest's)
        """)  # fmt: skip
    found.add_argument("paths", nargs="*", metavar="PATH", help="folders and dump files").complete = FILES
    found.add_argument("--where", action="append", metavar="KEY=TEXT", help="only dumps whose context has this text \
under this name, in any case; may be given several times")  # fmt: skip
    found.add_argument("--json", action="store_true", help="for scripts: a list of objects")
    color_option(found)


def info(commands: Any) -> None:
    found = command(commands, "info", "facts", "the facts about one dump, without opening it", """\
        Prints what the header of a dump says: program, exception, time, host and so on. The dump itself is not opened;
        a pickle without header is opened, safely.

        examples:
          keeptrace info crash.pkl.gz
          keeptrace info --json | jq -r .host
          ssh server cat crash.pkl.gz | keeptrace info -
        """)  # fmt: skip
    file_argument(found)
    found.add_argument("--json", action="store_true", help="for scripts: one object")
    color_option(found)


def show(commands: Any) -> None:
    found = command(commands, "show", "showing", "the traceback with source and variables", """\
        Prints a crash: every exception of the chain, every thread, each frame with its source, the place in it, and
        its variables.

        examples:
          keeptrace show
          keeptrace show crash.pkl.gz --no-locals --context 0
          keeptrace show --color always | less -R
          keeptrace show --json | jq '.exceptions[-1].frames[-1].variables'
        """)  # fmt: skip
    file_argument(found)
    view_options(found)
    found.add_argument("--json", action="store_true", help="for scripts: the same as one object")
    color_option(found)


def debug(commands: Any) -> None:
    found = command(commands, "debug", "debugging", "open a debugger in the crash", """\
        Opens a debugger where the program crashed. Variables are as they were; calling the program's own functions
        is not possible, since they were not recorded.

        examples:
          keeptrace debug
          keeptrace debug crash.pkl.gz --debugger ipdb
          keeptrace debug --exception 1         the first exception that `keeptrace show` prints, not the last
          keeptrace debug --thread MainThread   another thread's stack, where threads were dumped
          keeptrace debug --frame 1             the outermost frame; -1 is where it crashed, as without it
          keeptrace debug -c 'p order' -c up -c 'p total'       runs these commands and leaves
          keeptrace debug --debugger remote:4444                pdb for `nc 127.0.0.1 4444`
          keeptrace debug --debugger vscode     in VS Code, and any other editor that attaches to debugpy
          keeptrace debug --debugger mytools.dbg:open_traceback
          echo 'p basket' | keeptrace debug crash.pkl.gz
          ssh server cat crash.pkl.gz | keeptrace debug -      commands are read from the terminal then
        """)  # fmt: skip
    file_argument(found)
    found.add_argument("--debugger", metavar="NAME", help="pdb, ipdb, pudb, pdbpp, ipython, remote, web, vscode, \
or MODULE:CALLABLE, which is called with the traceback; default: $KEEPTRACE_DEBUGGER, what $PYTHONBREAKPOINT names \
of these, or pdb; an editor that runs this command under debugpy is the debugger itself")  # fmt: skip
    found.add_argument("--port", type=count, metavar="N", help="where remote, web and vscode listen, on this machine; \
default: 5555 for web, 5678 for vscode, a free one for remote, as with 0")  # fmt: skip
    found.add_argument(
        "--wait", action="store_true", default=True, help="with vscode: until an editor is done; as without"
    )
    found.add_argument("--no-wait", dest="wait", action="store_false", help="with vscode: give the terminal back; a \
process in the background waits for the editor, for an hour at most")  # fmt: skip
    found.add_argument("--background", type=float, help=argparse.SUPPRESS)  # see Place
    found.add_argument("-c", "--command", action="append", dest="commands", metavar="COMMAND", help="run it and leave; \
may be given several times")  # fmt: skip
    found.add_argument(
        "--frame", type=int, metavar="N", help="which frame, counted from 1, the outermost, or from -1 back"
    )
    which = found.add_mutually_exclusive_group()
    which.add_argument("--exception", type=int, metavar="N", help="which exception, counted as `show` prints them")
    which.add_argument("--thread", metavar="NAME", help="which thread's stack")


def vscode(commands: Any) -> None:
    found = command(commands, "vscode", "launching", "let VS Code open dumps with F5", """\
        Adds to .vscode/launch.json of a folder what makes VS Code open the dump that is shown in it, or the newest one,
        and what attaches to `keeptrace debug --debugger vscode`. What is there stays, comments too. keeptrace is to be
        installed in the Python that VS Code has selected.

        examples:
          keeptrace vscode
          keeptrace vscode ~/src/shop
        """)  # fmt: skip
    found.add_argument("folder", nargs="?", default=".", help="as opened in VS Code; default: here").complete = FOLDERS


def export(commands: Any) -> None:
    found = command(commands, "export", "exporting", "a page to send to others: HTML, JSON or text", """\
        Writes a crash as one file that needs nothing else: an HTML page without scripts whose frames fold, JSON, or
        text. A file that is there is not overwritten.

        examples:
          keeptrace export                                    beside the newest dump: NAME.html
          keeptrace export crash.pkl.gz -o bug.html --force
          keeptrace export crash.pkl.gz --format text -o -    to standard output
        """)  # fmt: skip
    file_argument(found)
    found.add_argument("--format", choices=("html", "json", "text"), default="html", help="default: html")
    found.add_argument("-o", "--output", metavar="OUT", help="a path, or - for standard output").complete = FILES
    found.add_argument("--force", action="store_true", help="overwrite what is there")
    view_options(found)


def parse(commands: Any) -> None:
    found = command(commands, "parse", "parsing", "the tracebacks in a log file, grouped", """\
        Finds the tracebacks in the text of logs, whatever stands before each line, and prints each once, the most
        frequent first. Logs may be gzipped, and as large as they like.

        examples:
          keeptrace parse /var/log/app.log
          journalctl -u app | keeptrace parse -
          keeptrace parse app.log --json | jq '.[] | {count, exception}'
        """)  # fmt: skip
    found.add_argument("logs", nargs="+", metavar="LOG", help="paths, or - for standard input").complete = FILES
    found.add_argument("--json", action="store_true", help="for scripts: a list of objects")
    color_option(found)


def shrink(commands: Any) -> None:
    found = command(commands, "shrink", "shrinking", "write a dump again with less in it", """\
        Writes a dump again with less in it, beside the old one as NAME-small.pkl.gz. What its header says stays. What
        the program's pickler stored is left out; its mocks stay. With a result that is not smaller, nothing is written.

        examples:
          keeptrace shrink crash.pkl.gz --depth 1
          keeptrace shrink crash.pkl.gz --no-source --no-globals --in-place
          keeptrace shrink crash.pkl.gz --depth 0 -o - | ssh server 'cat > small.pkl.gz'
        """)  # fmt: skip
    file_argument(found, trust=False)
    found.add_argument("--depth", type=depth, metavar="N", help="0: no variables, 1: their representations, 2: …")
    found.add_argument("--no-source", action="store_true", help="without the text of source files")
    found.add_argument("--no-globals", action="store_true", help="without module-level variables")
    where = found.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="OUT", help="a path, or - for standard output").complete = FILES
    where.add_argument("--in-place", action="store_true", help="replace the old one")
    found.add_argument("--force", action="store_true", help="overwrite what is there")


def clean(commands: Any) -> None:
    found = command(commands, "clean", "cleaning", "apply a folder's policy now", """\
        Deletes the dumps of a folder that go beyond these limits: of each bug all but the first and the latest, then
        the oldest. Only files that keeptrace named are deleted; counts of crashes stay. SIZE may end in K, M, G or T.

        examples:
          keeptrace clean --dry-run
          keeptrace clean /var/crashes --each 2 --bytes 100M
          keeptrace clean --free 5G
        """)  # fmt: skip
    found.add_argument("folder", nargs="?", help="default: KEEPTRACE_DIR, else here").complete = FOLDERS
    found.add_argument("--each", type=count, default=5, metavar="N", help="dumps of each bug; default 5")
    found.add_argument("--dumps", type=count, default=1000, metavar="N", help="dumps in all; default 1000")
    found.add_argument("--bytes", type=size, default=2**30, metavar="SIZE", help="of all dumps; default 1G")
    found.add_argument("--free", type=size, default=0, metavar="SIZE", help="of the disk, to be free; default: any")
    found.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def completion(commands: Any) -> None:
    found = command(commands, "completion", "completing", "completion for a shell", """\
        Prints a script that makes a shell complete this command's words. It is made by shtab, of keeptrace[tools].

        examples:
          keeptrace completion bash > ~/.local/share/bash-completion/completions/keeptrace
          keeptrace completion zsh > ~/.zfunc/_keeptrace         with fpath+=~/.zfunc before compinit in ~/.zshrc
          keeptrace completion fish > ~/.config/fish/completions/keeptrace.fish
        """)  # fmt: skip
    found.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))


# ---------------------------------------------------------------------------------------------------------------------
# What several commands take
# ---------------------------------------------------------------------------------------------------------------------

FILES = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f", "fish": "(__fish_complete_path)"}
FOLDERS = {"bash": "_shtab_compgen_dirs", "zsh": "_files -/", "tcsh": "d", "fish": "(__fish_complete_directories)"}
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def file_argument(parser: Any, *, trust: bool = True) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="a dump, a folder (its newest), a fingerprint or its \
beginning, - for standard input; default: the newest in KEEPTRACE_DIR, else here and in ./crashes",
    ).complete = FILES
    parser.add_argument("--limit", type=size, metavar="SIZE", help="how large a dump may be, unpacked; \
default 256M")  # fmt: skip
    if trust:
        parser.add_argument("--trust", action="store_true", help=TRUST)


def view_options(parser: Any) -> None:
    parser.add_argument("--no-locals", action="store_true", help="without variables")
    parser.add_argument("--context", type=count, default=2, metavar="N", help="lines of source around each; default 2")
    parser.add_argument("--frames", type=count, default=50, metavar="N", help="of each stack; default 50, 0: all")
    parser.add_argument("--length", type=count, default=500, metavar="N", help="characters of a value; default 500, \
0: all")  # fmt: skip


def color_option(parser: Any) -> None:
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto, which is \
on a terminal, unless NO_COLOR is set")  # fmt: skip


def count(text: str) -> int:
    """Return a number, 0 or more."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def depth(text: str) -> int:
    """Return a depth, -1 or more."""
    number = int(text)
    if number < -1:
        raise ValueError(text)
    return number


def size(text: str) -> int:
    """Return a number of bytes: 500, 20K, 1.5G."""
    unit = UNITS.get(text[-1:].upper(), 1)
    number = float(text[:-1] if unit > 1 else text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return int(number * unit)
