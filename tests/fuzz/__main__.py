"""Fuzzing of a reader: ``python -m tests.fuzz READER --inputs 5000 --seed 1``; 1 failure or more is exit 1."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.fuzz.child import LIMIT, Child
from tests.fuzz.judge import cases
from tests.fuzz.readers import READERS, changed


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("reader", choices=list(READERS))
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one input")
    parser.add_argument("--keep", type=Path, help="folder for the files of inputs that fail")
    wanted = parser.parse_args()
    started, counts, kinds = time.perf_counter(), Counter[str](), Counter[str]()
    slowest = (0.0, "")
    with Child(wanted.limit) as child, suppress(KeyboardInterrupt):  # then it tells what it has done so far
        for number in range(wanted.first, wanted.first + wanted.inputs):
            found = child.judge(wanted.reader, wanted.seed, number)
            counts[found.result] += 1
            kinds[f"{found.kind}: {found.result}"] += 1
            slowest = max(slowest, (found.seconds, f"{number} ({found.kind})"))
            if found.result == "failed":
                print(f"{number} {found.kind}: {found.detail}", flush=True)
                if wanted.keep:
                    keep(wanted.keep, wanted.reader, wanted.seed, number)
            if (number + 1) % 250 == 0:
                print(
                    f"... {number + 1}: {dict(counts)}, {time.perf_counter() - started:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
    for kind, count in sorted(kinds.items()):
        print(f"  {count:5} {kind}")
    print(
        f"{wanted.reader}: seed {wanted.seed}, inputs {counts.total()}, refused {counts['refused']}, "
        f"read {counts['read']}, failures {counts['failed']}, "
        f"slowest {slowest[0]:.2f} s: {slowest[1]}, {time.perf_counter() - started:.0f} s in all"
    )
    return int(counts["failed"] > 0)


def keep(folder: Path, reader: str, seed: int, number: int) -> None:
    """Write the files of an input."""
    every = cases(reader)
    target = folder / f"{reader}-{seed}-{number}"
    target.mkdir(parents=True, exist_ok=True)
    for name, content in changed(reader, every[number % len(every)][0], seed, number)[0].items():
        (target / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
