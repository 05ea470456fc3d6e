"""Dumps as files: writing one, its header, reading it safely; a folder of them that looks after itself."""

from keeptrace.files.counting import Count, counts
from keeptrace.files.dumping import dump, dumps
from keeptrace.files.errors import DumpError, UnsafeDumpError
from keeptrace.files.fingerprint import fingerprint
from keeptrace.files.folder import Folder
from keeptrace.files.header import Header, peek
from keeptrace.files.reading import load

__all__ = [
    "Count", "DumpError", "Folder", "Header", "UnsafeDumpError", "counts", "dump", "dumps", "fingerprint", "load",
    "peek",
]  # fmt: skip
