"""One input: damaged, read, and judged."""

from __future__ import annotations

import time
import traceback
import warnings
from functools import cache
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from tests.fuzz.readers import READERS, Case, WrongError, changed, same, told, written
from zonevest.cli import app
from zonevest.instances.importing.imported import Imported
from zonevest.instances.read import read_study
from zonevest.instances.study import Study, StudyError
from zonevest.instances.write import write_study

BY_COMMAND = 19
"""One input of so many is given to the command line too, where it is refused; it shares no factor with the number of
cases of a reader, so that each of them comes there in turn."""


class Outcome(NamedTuple):
    """What came of an input: ``refused``, ``read``, or ``failed`` with what is wrong about it."""

    number: int
    kind: str
    result: str
    seconds: float
    detail: str = ""


@cache
def cases(reader: str) -> list[tuple[Case, Study | Imported]]:
    """The cases of a reader, with what they are when nothing is damaged."""
    out: list[tuple[Case, Study | Imported]] = []
    for case in READERS[reader]():
        held = next((study for each, study in out if each == case), None)
        if held is None:
            with written(case.files) as folder:
                held = case.read(folder)
                once_more(held, folder)
        out.append((case, held))
    return out


def judge(reader: str, seed: int, number: int) -> Outcome:
    """Make an input, read it, and see what came of it."""
    case, original = cases(reader)[number % len(cases(reader))]
    files, done = changed(reader, case, seed, number)
    started = time.process_time()
    try:
        with written(files) as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = look(case, original, folder, done.keeps, number)
        return Outcome(number, done.kind, result, time.process_time() - started)
    except WrongError as error:
        return Outcome(number, done.kind, "failed", time.process_time() - started, str(error))
    except BaseException as error:  # whatever it is, it is what is looked for
        frames = traceback.extract_tb(error.__traceback__)
        own = [f"{Path(each.filename).name}:{each.lineno}" for each in frames if "/tests/fuzz/" not in each.filename]
        detail = f"{type(error).__name__}: {str(error)[:300]} ({' < '.join(own[::-1][:8])})"
        return Outcome(number, done.kind, "failed", time.process_time() - started, detail)


def look(case: Case, original: Study | Imported, folder: Path, keeps: str, number: int) -> str:
    """``refused`` or ``read``; raises `WrongError`, or whatever the reader lets through."""
    try:
        found = case.read(folder)
    except StudyError as error:
        told(error)
        if keeps == "all":
            raise WrongError(f"refused, though nothing is wrong: {error.faults.to_dict('records')[:2]}") from None
        if number % BY_COMMAND == 0:
            by_command(case, folder)
        return "refused"
    differs = same(original, found)
    if differs and keeps:
        raise WrongError(f"read as another study ({differs}), though no value was changed")
    if differs:
        once_more(found, folder)
    return "read"


def once_more(found: Study | Imported, folder: Path) -> None:
    """Write what was read and read it again: the same study."""
    if isinstance(found, Imported):
        found.write(folder / "imported")
        try:
            found_study = read_study(folder / "imported")
        except StudyError as error:  # what the import takes over as it is, the study says by row
            told(error)
            return
    else:
        found_study = found
    write_study(found_study, folder / "again")
    if differs := same(found_study, read_study(folder / "again")):
        raise WrongError(f"written and read again it is another study: {differs}")


def by_command(case: Case, folder: Path) -> None:
    """The command line says the same: exit 2, the faults on stderr, and nothing is written."""
    before = set(folder.rglob("*"))
    done = CliRunner().invoke(app, case.command(folder))
    if done.exit_code != 2 or "•" not in done.stderr:
        raise WrongError(f"exit {done.exit_code}, {done.exception!r}, {done.stderr[-300:]!r}")
    left = sorted(str(path.relative_to(folder)) for path in set(folder.rglob("*")) - before)
    if left or done.stdout:
        raise WrongError(f"left behind: {left}, {done.stdout[:200]!r}")
