"""Measuring: one process for each measurement, its seconds by phase and its peak memory."""

from __future__ import annotations

import json
import os
import platform
import re
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
CODE = (".", ":!benchmarks/results", ":!docs")
PACKAGES = ("zonevest", "highspy", "numpy", "scipy", "numba", "pandas", "pyarrow", "pyomo", "linopy", "pymoo")


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
    status = Path("/proc/self/status")
    if status.is_file():  # `ru_maxrss` of a new process begins with the peak of the one that started it
        kilobytes = re.search(r"VmHWM:\s+(\d+)", status.read_text())
        if kilobytes:
            return int(kilobytes[1]) * 1024 / 1e9
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
        findings: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
        return findings
    if "MemoryError" in done.stderr or "bad_alloc" in done.stderr:
        return {"stopped": f"more than {memory_gb:g} GB"}
    said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
    return {"stopped": said[-1]}


def machine() -> str:
    """What figures are measured on, and how busy it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    where = f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GB"
    return f"{where}, load {os.getloadavg()[0]:.1f}"


def versions() -> str:
    """Versions of Python and of the packages that figures depend on."""
    told = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(told)


def commit() -> str:
    """The commit that is checked out, with a plus where the code differs from it; empty outside a repository."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    head = git("rev-parse", "--short", "HEAD")
    return head + ("+" if head and git("status", "--porcelain", "--untracked-files=no", "--", *CODE) else "")
