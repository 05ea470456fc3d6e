"""Compresses a pickle: what many dumps have in common is compressed once, and well.

The restorer's text and those of the source files are the same in every dump of a process, and are most of a small one.
Deflate (RFC 1951) lets each part of a stream stand for itself; so the parts for these texts are kept, and only what
lies between them is compressed each time, quickly.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

QUICK, WELL, BEST = 1, 6, 9  # zlib's levels: 6 takes three times as long as 1, and leaves a fifth less
RAW = -15
WORTH = 2_000  # bytes of a text that is kept compressed
MOST_KEPT = 16 * 2**20  # bytes of texts
SEARCHED = 4 * 2**20  # bytes from where one text ended in which the next is looked for

LARGE = 2**19  # bytes of a text that is not worth the time

_kept: dict[bytes, bytes] = {}


def packed(pickled: bytes, texts: Iterable[str], header: bytes, level: int = QUICK) -> bytes:
    """Return a gzip file.

    texts: that stand in the pickle, in this order, and probably in the next one too.
    header: the beginning of the file.
    level: zlib's, for what is not in the texts.
    """
    parts, at = [header], 0
    for text in texts:
        data = text.encode("utf-8", "surrogatepass") if len(text) >= WORTH else b""
        start = pickled.find(data, at, at + len(data) + SEARCHED) if data else -1
        if start >= 0:
            parts += [compressed(pickled[at:start], level), kept(data)]
            at = start + len(data)
    last = zlib.compressobj(level, zlib.DEFLATED, RAW)
    parts += [last.compress(memoryview(pickled)[at:]), last.flush()]
    parts.append(struct.pack("<II", zlib.crc32(pickled), len(pickled) & 0xFFFFFFFF))
    return b"".join(parts)


def compressed(data: bytes, level: int) -> bytes:
    """Return a part of a stream that refers to nothing before it, and ends at a byte."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, RAW)
    return compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)


def kept(data: bytes) -> bytes:
    """Return a compressed text, from memory where it was compressed before."""
    found = _kept.get(data)
    if found is None:
        found = compressed(data, WELL if len(data) <= LARGE else QUICK)
        if sum(map(len, list(_kept))) + len(data) > MOST_KEPT:
            _kept.clear()
        _kept[data] = found
    return found
