"""A handler for the standard library's logging, which dumps the exceptions that a program logs."""

from __future__ import annotations

import contextlib
import functools
import logging
from typing import TYPE_CHECKING, Any

from keeptrace.hooks.reporting import dumped, plan_of

if TYPE_CHECKING:
    import os

    from keeptrace.files.folder import Folder
    from keeptrace.files.telling import OnDump


class DumpHandler(logging.Handler):
    """Dumps the exception of each record that has one: of `logger.exception(...)`, or of any `exc_info=`.

    The path is in the record's `dump` ("" where nothing was stored), so that handlers that come after this one show it:
    `logging.Formatter("%(message)s %(dump)s", defaults={"dump": ""})`, whose default serves the records that do not get
    here. The log's message is the note. An exception that was dumped before is not dumped again: the path is that of
    the dump there is. A logging.handlers.QueueHandler takes the exceptions off its records: put this handler before it.

    What is not given is as for keeptrace.hook(), where that was called.

    directory: the folder, made where it is missing, or a keeptrace.Folder; a path means Folder(path). None for that
        of hook(), else the one that the environment variable KEEPTRACE_DIR names, else the current one.
    level: of the records that are dumped.
    note: a text for the headers instead of the message.
    threads: dump the stacks of all other threads as well.
    on_dump: called with the path and the keeptrace.Header of each dump that is written, as for keeptrace.hook().
    options: pickler, depth, include_source, reprs, limits and redact, as for keeptrace.dump().

    Raises TypeError or ValueError for a wrong argument. What fails later goes to handleError(), as with any handler.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | Folder | None = None,
        *,
        level: int | str = logging.ERROR,
        note: str | None = None,
        threads: bool | None = None,
        on_dump: OnDump | None = None,
        **options: Any,
    ) -> None:
        super().__init__(level)
        self.plan = plan_of("DumpHandler", directory, options, note=note, threads=threads, on_dump=on_dump)

    def handle(self, record: logging.LogRecord) -> Any:
        """Filter and emit, without the lock: dumps of several threads do not disturb each other, and may take seconds.

        The lock is there for others, logging.shutdown() say: Python 3.13 and later do not ask whether there is one.
        """
        passed: Any = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)  # from 3.12 on, filters replace it
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        record.dump = ""
        try:
            exception = record.exc_info[1] if record.exc_info else None
            if exception is not None:
                record.dump = self.dump(exception, record)
        except Exception:  # noqa: BLE001 (logging's way: handlers report their errors and never raise)
            self.handleError(record)

    def dump(self, exception: BaseException, record: logging.LogRecord) -> str:
        """Return the path of an exception's dump; the note of a message that has no text is empty."""
        note = {} if "note" in self.plan.options else {"note": note_of(record)}
        context = {"kind": "log", "logger": record.name, "level": record.levelname}
        return dumped(exception, self.plan, **note, context=context).path or ""


def note_of(record: logging.LogRecord) -> str:
    """Return a record's message; without its arguments where they do not fit, and "" where it has no text."""
    for text in (record.getMessage, functools.partial(str, record.msg)):
        with contextlib.suppress(Exception):  # whatever the application's objects raise when they are to be text
            return text()
    return ""
