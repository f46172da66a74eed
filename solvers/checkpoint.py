"""Checkpoints: what a run needs to go on where another one was cut off, in one file that is replaced as a whole.

By prices that is the prices whose answers the master keeps, the cases with their bounds and prices, and the best plan;
answers are worked out anew from the prices. Of one program it is the best plan, from which HiGHS starts.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from zonevest.instances.say import foreign, of_system, say
from zonevest.instances.study import StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.land import Block
    from zonevest.solvers.answer import OnProgress, Progress

    Floats = NDArray[np.float64]
    Arrays = dict[str, NDArray[Any]]

FORMAT, EVERY = 1, 60.0
"""Of the file; seconds between two checkpoints, so that a shorter run writes none."""


@dataclass(frozen=True)
class Kept:
    """What an earlier run left: what is known of its stages, and arrays."""

    stage: dict[str, Any]
    arrays: Arrays

    @property
    def stages(self) -> tuple[Any, int, list[dict[str, Any]], dict[str, float] | None]:
        """The method, the stage that was solved, the stages before, and their point."""
        told = self.stage
        return told["method"], told["stage"], told["stages"], told["found"]


@dataclass
class Checkpoint:
    """Where a run leaves what it needs to be resumed.

    Attributes
    ----------
    path : the file.
    run : what the run is of: version, study, method, seed; another run does not go on with it.
    kept : what an earlier run left, until its stage is reached.
    there : whether the file is there, of this run or the one that is resumed.
    failed : why the last one could not be written.
    stage : what is known of the stages of the lexicographic method, of the one that is solved, and of its program.
    """

    path: Path
    run: dict[str, str]
    kept: Kept | None = None
    there: bool = False
    stage: dict[str, Any] = field(default_factory=dict)
    failed: str = ""
    _last: float = field(default_factory=time.perf_counter)
    _point: Floats | None = None

    @classmethod
    def of(cls, path: Path, study: Study, method: str, seed: int, *, resume: bool) -> Checkpoint:
        """The checkpoint of a run; where it is resumed, with what an earlier one left.

        Raises
        ------
        StudyError
            If nothing was left, or by another run.
        """
        with suppress(OSError):  # what a run left that was killed while it wrote
            for left in path.parent.glob(f".{path.name}-[0-9]*"):
                left.unlink()
        run = {"version": version("zonevest"), "study": study.hash, "method": method, "seed": str(seed)}
        return cls(path, run, read_checkpoint(path, run) if resume else None, there=resume)

    def due(self) -> bool:
        """Whether it is time to write."""
        return time.perf_counter() - self._last >= EVERY

    def write(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write the file beside itself, then in its place: a crash or a full disk leaves the one before."""
        told = json.dumps({"format": FORMAT, "run": self.run, "stage": self.stage}).encode()
        beside = self.path.with_name(f".{self.path.name}-{os.getpid()}")
        try:
            with beside.open("wb") as file:
                np.savez(file, told=np.frombuffer(told, np.uint8), **arrays)  # type: ignore[arg-type]
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            self.there = True
            self.failed = ""
        except OSError as error:  # a run is worth more than its checkpoint
            self.failed = of_system(error)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            self._last = time.perf_counter()

    def begin(
        self,
        method: str,
        stage: int,
        stages: list[dict[str, Any]],
        found: dict[str, float] | None,
        block: Block,
        proofs: list[dict[Any, list[Any]]],
    ) -> Arrays | None:
        """Begin a stage; what an earlier run left of it, if it ended there.

        Parameters
        ----------
        stages, found : the stages before, and their point by column.
        proofs : certificates of the stages before, as columns.

        Raises
        ------
        StudyError
            If that was of another program: rules of one's own have changed.
        """
        point = None if found is None else {name: value for name, value in found.items() if value}
        program, self._point = digest(block), None
        self.run["method"] = method
        self.stage = {
            "stage": stage, "stages": stages, "found": point, "program": program, "proofs": proofs,
        }  # fmt: skip
        kept, self.kept = self.kept, None
        if kept is not None and kept.stage["program"] != program:
            must = say("a checkpoint is resumed with the same rules of one's own")
            raise _refused([(self.path, must, say("they were other ones"), _ANEW)])
        return None if kept is None else kept.arrays

    def solution(self, x: Floats, _value: float, _bound: float) -> None:
        """Keep a better point of one program, to be written when it is time."""
        self._point = x
        self._tick()

    def listener(self, tell: OnProgress) -> OnProgress:
        """Tell progress, and write the last point when it is time."""

        def told(progress: Progress) -> None:
            tell(progress)
            self._tick()

        return told

    def end(self) -> None:
        """Write the last point, where points were written before."""
        if self.there and self._point is not None:
            self.write({"x": self._point})

    def _tick(self) -> None:
        if self._point is not None and self.due():
            self.write({"x": self._point})
            self._point = None


_ANEW = say("solve without --resume, from the beginning")


def read_checkpoint(path: Path, run: Mapping[str, str]) -> Kept:
    """What an earlier run left.

    Raises
    ------
    StudyError
        If there is nothing, or it is of another run: every difference is named.
    """
    if not path.is_file():
        must = say("a run that is resumed left a checkpoint (after {seconds:.0f} s at the earliest)", seconds=EVERY)
        raise _refused([(path, must, say("there is none"), _ANEW)])
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        told = json.loads(arrays.pop("told").tobytes())
        before, stage, form = dict(told["run"]), dict(told["stage"]), told["format"]
        whole = isinstance(stage["stage"], int) and isinstance(stage["stages"], list)
        if not (whole and isinstance(stage["proofs"], list) and isinstance(stage["found"], dict | None)):
            raise ValueError("its parts are of other kinds")
    except (ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile, RecursionError) as error:
        must = say("a checkpoint can be read")
        raise _refused([(path, must, foreign(str(error)), _ANEW)]) from None
    faults = [
        (path, must, str(before.get(name, "")), say("for this run it is {value}", value=run[name]))
        for name, must in _SAME.items()
        if before.get(name) != run[name] and not (name == "method" and run[name] == "auto")
    ]
    if form != FORMAT and not faults:
        faults.append((path, _SAME["version"], str(form), _ANEW))
    if faults:
        raise _refused(faults)
    return Kept({**stage, "method": before["method"]}, arrays)


_SAME = {
    "version": say("a checkpoint is resumed by the version of zonevest that wrote it"),
    "study": say("a checkpoint is resumed with the same study, scenario and --set (digest of the study)"),
    "method": say("a checkpoint is resumed with the same method"),
    "seed": say("a checkpoint is resumed with the same seed"),
}


def _refused(rows: list[tuple[Path, str, str, str]]) -> StudyError:
    table = [(str(path), must, found, do) for path, must, found, do in rows]
    return StudyError(pd.DataFrame(table, columns=["where", "must", "found", "do"], dtype=object))


def digest(block: Block) -> str:
    """A digest of a program: its rows and columns by name, bounds and coefficients of columns, its size."""
    made = hashlib.sha256(json.dumps([block.rows, block.columns, block.groups, len(block.group)]).encode())
    for array in (block.lower, block.upper, block.column_lower, block.column_upper, block.by_column.data):
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()[:16]
