"""One dump as a file: writing it, its header, and reading it safely."""

from keeptrace.files.dumping import dump, dumps
from keeptrace.files.errors import DumpError, UnsafeDumpError
from keeptrace.files.fingerprint import fingerprint
from keeptrace.files.header import Header, peek
from keeptrace.files.reading import load

__all__ = ["DumpError", "Header", "UnsafeDumpError", "dump", "dumps", "fingerprint", "load", "peek"]
