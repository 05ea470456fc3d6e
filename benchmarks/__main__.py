"""`python -m benchmarks`: measures keeptrace and the tools like it on the same crashes, side by side."""

from __future__ import annotations

import argparse
import pathlib
import sys

from benchmarks import environment


def main() -> int:
    options = parsed()
    if not environment.is_inside():
        return environment.run_inside(sys.argv[1:])
    from benchmarks import measuring, report, targets
    from benchmarks.crashes import CRASHES
    from benchmarks.tools import TOOLS

    effort = measuring.QUICK if options.quick else measuring.Effort()
    tools = [name for name in TOOLS if not options.tool or name.partition(",")[0] in options.tool]
    results = measuring.measure(
        options.crash or list(CRASHES), tools, effort, only_crashes=bool(options.crash), say=say_progress
    )
    print(report.text(results))
    if options.json:
        options.json.write_text(report.as_json(results), encoding="utf-8")
    if options.report:
        options.report.write_text(report.page(results), encoding="utf-8")
    missed = any(verdict.met is False for verdict in targets.verdicts(results))
    return int(options.check and missed)


def parsed() -> argparse.Namespace:
    from benchmarks.crashes import CRASHES
    from benchmarks.tools import TOOLS

    tools = dict.fromkeys(name.partition(",")[0] for name in TOOLS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--crash", action="append", choices=CRASHES, help="only this crash; may be repeated")
    parser.add_argument("--tool", action="append", choices=tools, help="only this tool; may be repeated")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", type=pathlib.Path, metavar="PATH", help="write all figures there")
    parser.add_argument("--report", type=pathlib.Path, metavar="PATH", help="write a page of HTML with plots there")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    return parser.parse_args()


def say_progress(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
