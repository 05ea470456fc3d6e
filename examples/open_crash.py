"""Open a recorded crash: `python open_crash.py crash.pkl`. Any Python from 3.8 will do, with nothing installed.

Prints the traceback and starts pdb. Commands given after the path are typed for you, and pdb ends after them.
Unpickling runs code: open only what you recorded or whoever recorded it you trust.
"""

import pdb
import pickle
import sys
import traceback


def main(path, *commands):
    with open(path, "rb") as file:
        error = pickle.load(file)
    traceback.print_exception(type(error), error, error.__traceback__, file=sys.stdout)
    print()
    if commands:
        typed_session(error.__traceback__, commands)
    else:
        pdb.post_mortem(error.__traceback__)


def typed_session(crash, commands):
    debugger = pdb.Pdb(stdin=Typist(commands), stdout=sys.stdout, readrc=False)
    debugger.reset()
    debugger.interaction(None, crash)


class Typist:
    """Standard input on which the commands are typed, seen as they would be in a terminal."""

    def __init__(self, commands):
        self.commands = iter(commands)

    def readline(self):
        command = next(self.commands, "quit")
        print(command)
        return command + "\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
