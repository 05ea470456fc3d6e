"""The targets keeptrace has set itself, and whether one run meets them. All but a few are ratios within the run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from benchmarks.holding import Holding
from benchmarks.measuring import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measuring import Measurement, Results

OURS = ("keeptrace", "keeptrace, depth 6", "keeptrace, depth 20")
FASTER = {"coredumpy": 10, "coredumpy, depth 3": 10, "pydumpling": 5, "yasdu": 5, "tibidi": 5}
AS_MUCH = 0.95
"""The share of what a peer holds that keeptrace has to hold: each tool takes some objects apart in its own way."""
SAME = 0.9
"""The share of what keeptrace holds that a peer has to hold for both to be said to keep the same."""
SLOWER_THAN_PICKLE = 3
SMALL_RATIO = 1.7
"""How much longer a small object may take to pickle after init(), which looks at its type."""
STRAIGHT = 1.5
"""How much more one item may cost at the end of a plot than at a tenth of it."""


@dataclasses.dataclass
class Verdict:
    """One target: what is asked for, what was measured, and whether that is enough; None where nothing is asked."""

    target: str
    case: str
    wanted: str
    measured: str
    met: bool | None


def verdicts(results: Results) -> list[Verdict]:
    """Judge everything that was measured; what was left out of the run has no verdict."""
    kinds = [speed, floor, straight, absolute, loading, size, startup]
    return [verdict for kind in kinds for verdict in kind(results)]


def speed(results: Results) -> Iterator[Verdict]:
    for crash, tools in results.crashes.items():
        for peer, factor in FASTER.items():
            if peer in tools:
                yield against(peer, factor, tools, crash, results)


def against(peer: str, factor: int, tools: dict[str, Measurement], crash: str, results: Results) -> Verdict:
    """Compare a peer with keeptrace at the least depth at which it keeps as much as the peer."""
    target, wanted, theirs = f"write faster than {peer}", f">= {factor}x", tools[peer]
    if theirs.write is None or theirs.holding is None:
        return Verdict(target, crash, wanted, f"{peer} fails", None)
    holding = capped(theirs.holding, results.living[crash])
    enough = [
        (tools[name].write or 0, name, ours)
        for name in OURS
        if name in tools and (ours := tools[name].holding) and ours.covers(holding, AS_MUCH)
    ]
    if not enough:
        return Verdict(target, crash, wanted, keeping_less(theirs.write, tools.get("keeptrace"), holding), False)
    write, name, ours = enough[0]
    is_asked = peer.startswith("coredumpy") or holding.covers(ours, SAME)
    ratio = theirs.write / write
    measured = f"{ratio:.1f}x ({name})" + ("" if is_asked else f", {peer} keeps less")
    return Verdict(target, crash, wanted, measured, ratio >= factor if is_asked else None)


def keeping_less(write: float, ours: Measurement | None, theirs: Holding) -> str:
    if ours is None or ours.write is None or ours.holding is None:
        return f"keeptrace: {ours.error if ours else 'not measured'}"
    counts = " ".join(map(str, ours.holding.counted()))
    return f"{write / ours.write:.1f}x, keeping less: {counts} of {' '.join(map(str, theirs.counted()))}"


def capped(holding: Holding, living: Holding) -> Holding:
    """Return what a peer holds in all, but not more than there is.

    Shared values whose identity it lost count again, and not every peer tells local from global variables.
    """
    frames, variables, values = map(min, zip(holding.counted(), living.counted(), strict=True))
    return Holding(frames=frames, local_variables=variables, local_values=values)


def floor(results: Results) -> Iterator[Verdict]:
    for crash in ("bulk", "linked"):
        tools = results.crashes.get(crash, {})
        ours, pickled = tools.get("keeptrace, no gzip"), tools.get("C pickler")
        if ours and pickled and ours.write and pickled.write:
            yield at_most("write near C pickler, no gzip", crash, ours.write / pickled.write, SLOWER_THAN_PICKLE)


def straight(results: Results) -> Iterator[Verdict]:
    for what, curves in results.growth.items():
        curve = curves.get("keeptrace, no gzip", {})
        end = max(curve, default=0)
        start = end // 10
        if start in curve:
            yield at_most(f"growth is straight to {end:,}", what, curve[end] / curve[start] / 10, STRAIGHT)


def absolute(results: Results) -> Iterator[Verdict]:
    for crash, wanted in (("script", 0.001), ("flask", 0.006)):
        ours = results.crashes.get(crash, {}).get("keeptrace")
        if ours and ours.write:
            yield under("write, warm, with gzip", crash, ours.write, wanted)


def loading(results: Results) -> Iterator[Verdict]:
    for crash, tools in results.crashes.items():
        ours = tools.get("keeptrace")
        if ours and ours.load and ours.write:
            yield at_most("load near write", crash, ours.load / ours.write, 3)


def size(results: Results) -> Iterator[Verdict]:
    """Compare the bytes with the smallest dump of a peer that keeps as much."""
    for crash, tools in results.crashes.items():
        ours = tools.get("keeptrace")
        if ours is None or ours.bytes is None or ours.holding is None:
            continue
        others = [
            (theirs.bytes, peer)
            for peer, theirs in tools.items()
            if peer in FASTER and theirs.bytes and theirs.holding and theirs.holding.covers(ours.holding, SAME)
        ]
        if others:
            smallest, peer = min(others)
            yield at_most(f"size next to {peer}", crash, ours.bytes / smallest, 1)


def startup(results: Results) -> Iterator[Verdict]:
    wanted = {
        "import keeptrace": 0.010,
        "init(), 500 exception classes": 0.005,
        "load of script, fresh interpreter": 0.010,
    }
    for name, limit in wanted.items():
        if name in results.startup:
            yield under("start-up", name, results.startup[name], limit)
    before, after = (results.startup.get(name) for name in SMALL)
    if before and after:
        yield at_most("after init() near before", SMALL[0], after / before, SMALL_RATIO)


def at_most(target: str, case: str, ratio: float, wanted: float) -> Verdict:
    return Verdict(target, case, f"<= {wanted}x", f"{ratio:.2f}x", ratio <= wanted)


def under(target: str, case: str, seconds: float, wanted: float) -> Verdict:
    return Verdict(target, case, f"< {wanted * 1000:g} ms", f"{seconds * 1000:.2f} ms", seconds < wanted)
