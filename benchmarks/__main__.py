"""``python -m benchmarks list``, ``… run NAME``, ``… table``: see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import counties, results
from benchmarks.measure import commit, in_own_process, machine, versions
from benchmarks.suite import COURSE, Asked, Benchmark, Figures, suite


def main(words: Sequence[str] | None = None) -> None:
    """Do what the command line asks for."""
    given = arguments(words)
    benchmarks = suite()
    if given.command == "list":
        for name, each in benchmarks.items():
            print(f"{name:9} {each.title}\n{'':9} parcels: {', '.join(f'{size:,}' for size in each.sizes)}")
    elif given.command == "table":
        page = results.PAGE.read_text(encoding="utf-8")
        results.PAGE.write_text(results.written(page, benchmarks, results.committed()), encoding="utf-8")
    elif given.command == "run":
        run(benchmarks[given.name], given)
    elif given.command == "prepare":  # in a process of its own, as the next
        counties.prepared(given.land, given.counties, given.parcels)
        print(json.dumps({}))
    else:
        asked = json.loads(given.asked)
        figures = benchmarks[given.name].measure(Asked(**asked | {"folder": Path(asked["folder"])}))
        print("\n" + json.dumps(figures))


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Benchmarks of the package.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="list | run | table")
    commands.add_parser("list", help="which there are")
    commands.add_parser("table", help="write the results that are kept into docs/benchmarks.md")
    asked = commands.add_parser("run", help="measure, each measurement in a process of its own")
    asked.add_argument("name", choices=[*suite()], metavar="NAME")
    asked.add_argument("--parcels", type=int, nargs="+", help="default: see list")
    asked.add_argument("--ways", nargs="+", help="some of what is compared; what is compared with comes first")
    asked.add_argument("--seconds", type=float, help="what a method is given")
    asked.add_argument("--gap", type=float, default=1e-3, help="at which a method may stop (0.001)")
    asked.add_argument("--repeat", type=int, default=1, help="rounds; the shortest time counts, and the highest peak")
    asked.add_argument("--memory", type=float, default=20.0, help="address space of a process, 10^9 bytes (20)")
    asked.add_argument("--stop", type=float, default=3600.0, help="seconds after which a process is ended (3600)")
    asked.add_argument("--counties", type=Path, help="folder where counties are kept for the next run")
    asked.add_argument("--out", type=Path, help="file of figures, of which those of the same measurements are replaced")
    for name in ("one", "prepare"):  # what a process of its own does
        alone = commands.add_parser(name)
        if name == "one":
            alone.add_argument("name")
            alone.add_argument("asked")
        else:
            alone.add_argument("land")
            alone.add_argument("counties", type=Path)
            alone.add_argument("parcels", type=int)
    return parser.parse_args(words)


def run(benchmark: Benchmark, given: argparse.Namespace) -> None:
    """Measure size after size, and keep what is found after each."""
    facts = {"date": datetime.now(UTC).date().isoformat(), "commit": commit(), "machine": machine()}
    facts["versions"] = versions()
    print("; ".join(facts.values()), flush=True)
    if odd := set(given.ways or ()) - set(benchmark.ways):
        raise SystemExit(f"{benchmark.name} compares {', '.join(map(repr, benchmark.ways))}, not {', '.join(odd)}")
    ways = [way for way in benchmark.ways if not given.ways or way in given.ways]
    with tempfile.TemporaryDirectory() as scratch:
        kept = given.counties or Path(scratch) / "counties"
        for size in given.parcels or benchmark.sizes:
            found = measured(benchmark, size, ways, given, kept)
            rows = [
                row for way, each in found.items() for row in results.rows_of(benchmark.name, size, way, each, facts)
            ]
            courses = [
                row for way, each in found.items() for row in results.courses_of(benchmark.name, size, way, each)
            ]
            print(f"\n{results.table(rows)}", flush=True)
            if given.out:
                results.write(given.out, rows, courses)


def measured(
    benchmark: Benchmark, size: int, ways: Sequence[str], given: argparse.Namespace, kept: Path
) -> dict[str, Figures]:
    """Figures of one size by way, the ways taking turns round by round; with those that compare them."""
    if benchmark.land:
        prepare = ["prepare", benchmark.land, str(kept), str(size)]
        made = in_own_process("benchmarks", prepare, given.memory, given.stop)
        if "stopped" in made:
            return {"": {"stopped": f"no county: {made['stopped']}"}}
    rounds: dict[str, list[Figures]] = {way: [] for way in ways}
    seconds = benchmark.seconds if given.seconds is None else given.seconds
    for number in range(given.repeat):
        turn = number % len(ways)
        for way in (*ways[turn:], *ways[:turn]):
            print(f"{size:,} parcels, round {number + 1} {way}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as empty:
                folder = counties.place(benchmark.land, kept, size) if benchmark.land else Path(empty)
                found = {name: together(each) for name, each in rounds.items() if each}
                asked = Asked(size, folder, way, seconds, given.gap, {k: without(v) for k, v in found.items()})
                words = json.dumps(asdict(asked) | {"folder": str(folder)})
                one = in_own_process("benchmarks", ["one", benchmark.name, words], given.memory, given.stop)
                rounds[way].append(one)
    found = {way: together(each) for way, each in rounds.items()}
    if benchmark.compare:
        for way, more in benchmark.compare(found).items():
            found[way] |= more
    return found


def without(figures: Figures) -> Figures:
    """Figures without how the run went on."""
    return {name: value for name, value in figures.items() if name != COURSE}


def together(rounds: Sequence[Figures]) -> Figures:
    """Several rounds of one measurement: the shortest times, the highest peaks, all else of the last round."""
    whole = [each for each in rounds if "stopped" not in each]
    if not whole:
        return rounds[-1]
    found = dict(whole[-1])
    for name in found:
        if name.endswith(", s"):
            found[name] = min(each[name] for each in whole if name in each)
        elif name.endswith(", GB"):
            found[name] = max(each[name] for each in whole if name in each)
    return found


if __name__ == "__main__":
    main()
