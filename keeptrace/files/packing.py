"""Compresses a pickle: what many dumps have in common is compressed once, and well.

The restorer's text and those of the source files are the same in every dump of a process, and are most of a small one.
Deflate (RFC 1951) lets each part of a stream stand for itself (after a full flush nothing refers to what was before);
so the parts for these texts are kept, and only what lies between them is compressed each time, quickly.
"""

from __future__ import annotations

import struct
import zlib
from zlib import compressobj, crc32  # bound here: tests replace them

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Collection

QUICK, MIDDLE, WELL, BEST = 1, 4, 6, 9  # zlib's levels: next to 1, 4 takes half as long again and leaves a tenth less
USUAL = -15, zlib.DEF_MEM_LEVEL  # the window (below 0: without a header of its own), and the memory for the rest
LITTLE = -12, 6  # the same for as many bytes as this window has, prepared in half the time
WORTH = 2_000  # bytes of a text that is kept compressed
MOST_KEPT = 16 * 2**20  # bytes of texts
BEGINNING = 100  # bytes of a text that are looked for first
SEARCHED = 4 * 2**20  # bytes from where one text ended in which the next is looked for

LARGE = 2**19  # bytes that are not worth the time

_kept: dict[str, tuple[bytes, bytes]] = {}
"""Texts, as the pickle has them and compressed: found by a text that is kept itself, whose hash is known."""


def packed(pickled: bytes, texts: Collection[str], header: bytes, level: int | None = None) -> bytes:
    """Return a gzip file.

    texts: that stand in the pickle, in this order, and probably in the next one too.
    header: the beginning of the file.
    level: zlib's, for what is not in the texts; None for what suits its size.
    """
    level = level or (MIDDLE if len(pickled) <= LARGE else QUICK)
    is_little = len(pickled) - sum(map(len, texts)) <= 2**12
    compressor = compressobj(level, zlib.DEFLATED, *(LITTLE if is_little else USUAL))
    parts, at = [header], 0
    whole = memoryview(pickled)  # a statement of its own: Nuitka 4.3 fails at one in a tuple
    for text in texts:
        if len(text) < WORTH:
            continue
        data, compressed = kept(text)
        start = place(data, pickled, at)
        if start >= 0:
            parts += [compressor.compress(whole[at:start]), compressor.flush(zlib.Z_FULL_FLUSH), compressed]
            at = start + len(data)
    parts += [compressor.compress(whole[at:]), compressor.flush()]
    parts.append(struct.pack("<II", crc32(pickled), len(pickled) & 0xFFFFFFFF))
    return b"".join(parts)


def place(data: bytes, pickled: bytes, at: int) -> int:
    """Return where a text stands in a pickle, or -1: its beginning is found quicker than all of it."""
    start = pickled.find(data[:BEGINNING], at, at + len(data) + SEARCHED)
    return start if start < 0 or pickled.startswith(data, start) else pickled.find(data, at, at + len(data) + SEARCHED)


def kept(text: str) -> tuple[bytes, bytes]:
    """Return a text encoded, and compressed so that it refers to nothing before it and ends at a byte.

    From memory where it is there.
    """
    found = _kept.get(text)
    if found is None:
        data = text.encode("utf-8", "surrogatepass")
        compressor = compressobj(WELL if len(data) <= LARGE else QUICK, zlib.DEFLATED, *USUAL)
        found = data, compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)
        if sum(len(each) for each, _ in list(_kept.values())) + len(data) > MOST_KEPT:
            _kept.clear()
        _kept[text] = found
    return found
