"""Where the cases of a sweep are worked on: processes of this machine, or the workers of a Dask cluster.

Either way each case is a process of its own: what ends it ends nothing else, and its memory is given back.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances.say import foreign, from_parts, of_system, say
from zonevest.instances.study import PARTS
from zonevest.solvers import cluster
from zonevest.solvers.answer import Progress
from zonevest.solvers.supervise import Child, NotStartedError

if TYPE_CHECKING:
    from distributed import Client

MODULE = "zonevest.sweep_worker"
TICK = 0.05
ASKED = 1.0
"""Seconds between asking a cluster whether it has workers."""
GIGABYTE = 1e9
AT_LEAST, A_PARCEL = 0.8, 5e-6
"""GB that a case takes: with no land, and for each parcel (measured: docs/benchmarks.md, with room for the report)."""

Tell = Callable[[str, Progress], object]


@dataclass(frozen=True)
class Ended:
    """How the work on a case ended: well, or why not."""

    ok: bool
    audited: bool = True
    message: str = ""
    faults: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*PARTS]))


def run_here(folders: Mapping[str, Path], jobs: int, tell: Tell) -> Iterator[tuple[str, Ended]]:
    """Work on cases, so many at a time, and tell how each ended, as they end."""
    waiting, running = list(folders.items()), dict[str, Child]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                name, folder = waiting.pop(0)
                try:
                    running[name] = Child(folder, MODULE)
                except NotStartedError as refused:
                    yield name, Ended(False, message=of_system(refused))
            for name, child in list(running.items()):
                ended = _heard(name, child, tell)
                if ended is not None:
                    del running[name]
                    child.end()
                    yield name, ended
            time.sleep(TICK)
    finally:
        for child in running.values():
            child.end()


def _heard(name: str, child: Child, tell: Tell) -> Ended | None:
    """Pass on what a process says; how it ended, once it has."""
    while True:
        try:
            said = child.said.get_nowait()
        except Empty:
            return None
        kind = said.pop("kind")
        if kind == "progress":
            tell(name, Progress(**said))
        elif kind == "end":
            how = child.how_it_ended()
            return Ended(False, message=say("its process ended unexpectedly ({how})", how=how))
        else:
            return ended_as(kind, said)


def ended_as(kind: str, said: Mapping[str, Any]) -> Ended:
    """What the last line of a process says."""
    if kind == "done":
        return Ended(True, said.get("audited", True))
    if "faults" in said:
        rows = [{part: from_parts(each, _plain(each)) for part, each in row.items()} for row in said["faults"]]
        return Ended(False, message=say("its study has faults"), faults=pd.DataFrame(rows, columns=[*PARTS]))
    if kind == "fault":
        return Ended(False, message=foreign(f"{said['type']}: {said['message']}"))
    return Ended(False, message=say("its process ended unexpectedly ({how})", how=str(said.get("how", ""))))


def _plain(parts: Any) -> str:
    return parts if isinstance(parts, str) else str(parts.get("template", ""))


def run_there(client: Client, folders: Mapping[str, Path], tell: Tell) -> Iterator[tuple[str, Ended]]:
    """The same on a cluster: what a case needs is sent there, what it leaves is brought back to its folder.

    A case whose worker dies begins anew on another one. Where no worker is left for a minute, or the scheduler is gone,
    the cases that are left fail, and say so.
    """
    try:
        futures = {cluster.sent(client, _work, _packed(folder)): name for name, folder in folders.items()}
    except Exception as failure:  # a cluster that was lost before
        yield from ((name, Ended(False, message=_why(failure))) for name in folders)
        return
    for name in folders:
        tell(name, Progress("sent", 0.0, None, None, None))
    seen = asked = time.monotonic()
    try:
        while futures:
            for future in [each for each in futures if each.done()]:
                name = futures.pop(future)
                try:
                    kind, said, files = future.result()
                except Exception as failure:  # a worker that was killed, time after time, or a cluster that is gone
                    yield name, Ended(False, message=_why(failure))
                    continue
                with zipfile.ZipFile(io.BytesIO(files)) as archive:
                    archive.extractall(folders[name])
                yield name, ended_as(kind, said)
                future.release()
            time.sleep(TICK)
            now = time.monotonic()
            if now - asked < ASKED:
                continue
            asked, seen = now, now if cluster.has_workers(client) else seen
            if now - seen > cluster.WITHOUT:
                lost = say("no worker of the cluster is left")
                yield from ((futures.pop(future), Ended(False, message=lost)) for future in _cancelled(client, futures))
    finally:
        _cancelled(client, futures)


def _why(failure: Exception) -> str:
    return foreign(f"{type(failure).__name__}: {str(failure).splitlines()[0] if str(failure) else ''}")


def _cancelled(client: Client, futures: Mapping[Any, str]) -> list[Any]:
    """The futures that are left, which nobody waits for any more."""
    left = list(futures)
    if left:
        with suppress(Exception):
            client.cancel(left, force=True)
    return left


def _packed(folder: Path) -> dict[str, bytes]:
    """What a case needs: its job, its study, and land and projects of the plans that are placed in it."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    files = {"study.pickle": (folder / "study.pickle").read_bytes()}
    for digest, where in job.get("plans", {}).items():
        if where is not None:
            for name in ("parcels.parquet", "projects.csv"):
                files[f"{digest}/{name}"] = (Path(where) / name).read_bytes()
            job["plans"][digest] = digest
    return {**files, "job.json": json.dumps(job).encode()}


def _work(files: Mapping[str, bytes]) -> tuple[str, dict[str, Any], bytes]:
    """Work on a case on a worker of the cluster: its last line, and the files that it left."""
    with tempfile.TemporaryDirectory(prefix="zonevest-") as name:
        folder = Path(name)
        for where, content in files.items():
            (folder / where).parent.mkdir(exist_ok=True)
            (folder / where).write_bytes(content)
        with closing(_Ending(Child(folder, MODULE))) as child:
            kind, said = child.last()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(folder.rglob("*")):
                told = path.relative_to(folder)
                if path.is_file() and told.parts[0] in ("plan", "placed.json"):
                    archive.write(path, told.as_posix())
        return kind, said, packed.getvalue()


class _Ending:
    """A process that is ended when it is closed."""

    def __init__(self, child: Child) -> None:
        self.child, self.close = child, child.end

    def last(self) -> tuple[str, dict[str, Any]]:
        """Its last line."""
        while True:
            said = self.child.said.get()
            kind = said.pop("kind")
            if kind == "end":
                return "end", {"how": str(self.child.how_it_ended())}
            if kind != "progress":
                return kind, said


def jobs_here(cases: int, parcels: int, cores: int) -> int:
    """How many cases are worked on at a time: no more than cores, nor than what memory there is room for."""
    room = memory()
    fit = cases if room is None else int(room / (AT_LEAST + A_PARCEL * parcels))
    return max(1, min(cases, cores, fit))


def memory() -> float | None:
    """GB that are free; None where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        found = 1024 * float(next(line.split()[1] for line in text.splitlines() if line.startswith("MemAvailable")))
    except (OSError, StopIteration, ValueError):
        if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
            return None
        found = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    group = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):  # "max": no limit
        limit, used = (float((group / name).read_text()) for name in ("memory.max", "memory.current"))
        found = min(found, limit - used)
    return found / GIGABYTE
