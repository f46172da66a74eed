"""Where a command reads and writes: what is refused before the work begins, and what is saved where a place fails."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonevest.arguments import parse_settings
from zonevest.console import InputError, UnwrittenError
from zonevest.instances import place
from zonevest.instances.say import say

if TYPE_CHECKING:
    from zonevest.api import Plan
    from zonevest.arguments import Lang
    from zonevest.instances.study import Study


def write_or_rescue(plan: Plan, target: Path, lang: Lang, *, overwrite: bool) -> None:
    """Write a plan; where its place fails, into a folder for temporary files, so that hours of work are not lost.

    Raises
    ------
    UnwrittenError
        If it could not be written to its place: what failed, and where the plan is now, if anywhere.
    """
    from zonevest.instances.say import of_system
    from zonevest.solvers.supervise import ctrl_c

    asked: list[bool] = []

    def interrupted() -> None:  # what is solved is written to its end, unless that is asked twice
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    try:
        with ctrl_c(interrupted):
            plan.write(target, overwrite=overwrite, lang=lang.value)
    except OSError as error:
        if not plan.has_plan:
            raise
        rescue = Path(tempfile.mkdtemp(prefix="zonevest-plan-")) / target.name
        must = say("the plan folder can be written")
        where = str(error.filename or target)
        try:
            plan.write(rescue, lang=lang.value)
        except OSError:
            shutil.rmtree(rescue.parent, ignore_errors=True)
            do = say(
                "make room or name another folder with -o, and solve again (--resume, where there is a checkpoint)"
            )
            raise UnwrittenError(where, must, of_system(error), do) from None
        do = say("the plan was written to {path} instead: move it where it is to be", path=rescue)
        raise UnwrittenError(where, must, of_system(error), do) from None


def refuse_existing(path: Path, do: str) -> None:
    """A target that exists is not written over unless that was asked for."""
    if path.exists() or path.is_symlink():
        raise InputError(str(path), say("the target does not exist yet"), say("it exists"), do)


def refuse_no_replacing(path: Path) -> None:
    """`--overwrite` replaces a plan folder, never a study or anything else; see `api.replaceable`."""
    if not (path.exists() or path.is_symlink()):
        return
    from zonevest import api

    if not api.replaceable(path):
        must = say("only a plan folder is replaced (it has a plan.json, and is no study itself)")
        raise InputError(str(path), must, say("something else is there"), say("name another folder with -o"))


def refuse_no_study(path: Path, read: list[Path]) -> None:
    """`--overwrite` replaces a study folder, never anything else, nor what the import itself reads."""
    if not (path.exists() or path.is_symlink()):
        return
    for each in read:
        if each.resolve().is_relative_to(path.resolve()):
            must = say("the folder that is replaced does not hold what is read")
            raise InputError(str(path), must, str(each), say("name another folder with -o"))
    names = {each.name for each in path.iterdir()} if path.is_dir() and not path.is_symlink() else {"?"}
    if names and ("study.toml" not in names or "plan.json" in names):
        must = say("only a study folder is replaced (it has a study.toml)")
        raise InputError(str(path), must, say("something else is there"), say("name another folder with -o"))


def refuse_foreign(path: Path) -> None:
    """Planning anew writes into a new folder, or goes on in its own: one of years."""
    if not (path.exists() or path.is_symlink()):
        return
    inside = [each.name for each in path.iterdir()] if path.is_dir() else ["?"]
    if inside and "years.csv" not in inside and not all(name.isdigit() or name.startswith(".") for name in inside):
        must = say("the target is a new folder, or that of an earlier run")
        raise InputError(str(path), must, say("something else is there"), say("name another folder with -o"))


def refuse_unwritable(path: Path) -> None:
    """Say before the work, not after it, that the target cannot be written."""
    parent = path.absolute().parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        must = say("the target is in a folder that can be written to")
        raise InputError(str(path), must, say("{folder} cannot be", folder=parent), say("name another target"))


def read_beside(folder: Path) -> Any:
    """A plan to be compared with."""
    from zonevest import api

    refuse_no_plan(folder)
    found = api.read_plan(folder)
    if not found.has_plan:
        must, do = say("there is a plan to be shown beside"), say("name the folder of one")
        raise InputError("--beside", must, say("status {status}", status=found.status), do)
    return found


def refuse_no_hand_plan(place: Path, study: str | None) -> None:
    """A plan drawn by hand is there, and the study that it is of."""
    if not place.exists():
        refuse_no_plan(place)
    if study is None and not (place / "study").exists():
        must = say("a plan folder has a plan.json, a plan drawn by hand a study")
        found = say("neither in it") if place.is_dir() else say("a file")
        do = say("name the folder that `zonevest solve` wrote, or the study of the plan with --study")
        raise InputError(str(place), must, found, do)


def looks_solved(place: Path) -> bool:
    """Whether a folder is of a plan that was solved, and has lost its plan.json."""
    told = ("ledger.parquet", "limits.csv", "report.html")
    return not (place / "plan.json").exists() and any((place / name).is_file() for name in told)


def refuse_no_plan(folder: Path) -> None:
    """A plan folder is known by its plan.json."""
    place.recover(folder)
    if not (folder / "plan.json").is_file():
        found = say("none in it") if folder.is_dir() else say("no such folder")
        do = say("name the folder that `zonevest solve` wrote")
        raise InputError(str(folder), say("a plan folder has a plan.json"), found, do)


def study_or_plan(name: str, settings: list[str] | None, scenario: str, lang: Lang) -> Study | Plan:
    """A study, changed as asked, or a plan folder, which is as it was solved; what its audit finds is said at once."""
    changes, of_plan = parse_settings(settings or []), (Path(name) / "plan.json").is_file()
    if of_plan and (changes or scenario):
        do = say("name the study, not its plan, or leave them out")
        raise InputError(name, say("--set and --scenario are for a study that is solved"), say("a plan"), do)
    from zonevest import api

    if not of_plan:
        return api.read_study(name, changes, scenario=scenario)
    plan = api.read_plan(name)
    if plan.has_plan:
        plan.audit = api.audit(name)
        if not plan.audit.ok:  # before hours of solving: all that follows is measured from what it states
            print(plan.audit.to_text(lang.value), file=sys.stderr)
    return plan


@contextmanager
def workers(cluster: str | None) -> Iterator[Any]:
    """A client of the cluster, where one is asked for."""
    if cluster is None:
        yield None
        return
    from zonevest.solvers.cluster import ClusterError, opened

    try:
        with opened(cluster) as client:
            yield client
    except ClusterError as error:
        raise InputError("--cluster", error.must, error.found, error.do) from None
