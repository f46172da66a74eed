"""Measuring: one process for each measurement, its seconds by phase and its peak memory.

Nothing is imported here but the standard library: on Linux a new process is charged with the peak of the process
that starts it, so that the one that starts the others stays small.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Phases:
    """Seconds of named pieces of work, by the clock on the wall and by the processor's."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add what happens inside to a phase."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - cpu


def peak_gb() -> float:
    """Peak resident memory of this process so far, in 10^9 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def in_own_process(module: str, arguments: Sequence[str], memory_gb: float, seconds: float) -> dict[str, Any]:
    """Run a module that prints its findings as one line of JSON (and others may print what they like).

    Returns
    -------
    What it printed, or {"stopped": why} where it needed more address space or more time than it may have, or failed.
    """
    limit = int(memory_gb * 1e9)

    def guard() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, preexec_fn=guard, check=False
        )
    except subprocess.TimeoutExpired:
        return {"stopped": f"more than {seconds:g} s"}
    if done.returncode == 0:
        findings: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
        return findings
    if "MemoryError" in done.stderr or "bad_alloc" in done.stderr:
        return {"stopped": f"more than {memory_gb:g} GB"}
    said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
    return {"stopped": said[-1]}


def machine(packages: Sequence[str]) -> dict[str, str]:
    """What the figures were measured on."""
    told = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    told["cores"] = str(os.cpu_count())
    told["load"] = " ".join(f"{load:.1f}" for load in os.getloadavg())
    for name in packages:
        try:
            told[name] = version(name)
        except PackageNotFoundError:
            told[name] = "not installed"
    return told


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return f"| {' | '.join(cells)} |"

    rule = f"| {'-' * widths[0]} | {' | '.join('-' * (width - 1) + ':' for width in widths[1:])} |"
    return "\n".join([line(table[0]), rule, *(line(row) for row in table[1:])])
