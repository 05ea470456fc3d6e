"""IPython's shell in a frame of a crash, and magics that go from one frame to another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.terminal.embed import InteractiveShellEmbed
from IPython.terminal.ipapp import load_default_config

from keeptrace.tools.showing import frame_lines
from keeptrace.tools.terminal import plain
from keeptrace.tools.view import Detail, entries_of, frame

if TYPE_CHECKING:
    from keeptrace.tools.place import Place

AROUND = 5  # lines above and below the one that ran


def opened(place: Place) -> None:
    """Open a shell in a place, or run its commands there."""
    exception = place.raised()
    sys.last_type, sys.last_value, sys.last_traceback = type(exception), exception, place.traceback  # for %debug
    shell = InteractiveShellEmbed(
        config=load_default_config(), user_module=Namespace({"__name__": "__main__"}), banner1="", exit_msg=""
    )
    shell.confirm_exit = False
    walk = Walk(shell, place)
    shell.register_magics(walk)
    walk.enter(walk.index)
    for command in place.commands:
        shell.run_cell(command)
    if place.commands:
        return
    print("%up, %down and %frame N go to other frames, %sources shows the source, %debug opens ipdb")
    shell.mainloop()


@magics_class
class Walk(Magics):
    """Goes from frame to frame of a traceback; the shell's names are those of the frame."""

    def __init__(self, shell: Any, place: Place) -> None:
        super().__init__(shell=shell)
        self.entries = entries_of(place.traceback)
        self.index = len(self.entries) - 1 if place.frame is None else place.frame

    def enter(self, index: int) -> None:
        """Show a frame, and have the shell see its variables."""
        self.index = min(max(index, 0), len(self.entries) - 1)
        found = self.entries[self.index].tb_frame
        names = {**found.f_globals, **found.f_locals}
        self.shell.user_module, self.shell.user_ns = Namespace(names), names  # one dict: comprehensions see all of it
        self.shell.init_user_ns()
        names.update(found.f_locals)  # the frame's own go before the shell's
        print(f"[{self.index + 1} of {len(self.entries)}]")
        self.show(0)

    def show(self, around: int) -> None:
        """Print where this is, as `keeptrace show` does."""
        for line in frame_lines(frame(self.entries[self.index], 0, "", Detail(around, locals=False))):
            print(plain(line))

    @line_magic
    def up(self, line: str) -> None:
        """Go to the frame that called this one: %up, or %up 3 for three of them."""
        self.enter(self.index - (number_of(line) or 1))

    @line_magic
    def down(self, line: str) -> None:
        """Go to the frame that this one called: %down, or %down 3 for three of them."""
        self.enter(self.index + (number_of(line) or 1))

    @line_magic
    def frame(self, line: str) -> None:
        """Go to a frame by its number, the outermost is 1; without one, say where this is."""
        number = number_of(line)
        self.enter(self.index if number is None else number - 1 if number > 0 else len(self.entries) + number)

    @line_magic
    def sources(self, line: str) -> None:
        """Show the recorded source around the line that ran."""
        self.show(AROUND)


class Namespace:
    """What IPython takes for a module: its names are those of a frame."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.__dict__ = names


def number_of(line: str) -> int | None:
    text = line.strip()
    return int(text) if text.removeprefix("-").isdecimal() else None
