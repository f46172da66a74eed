"""How the command line talks: faults in a fixed shape, progress on stderr, a plan in a few lines.

Kept free of heavy imports, like the command line itself.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from zonevest.instances.place import BusyError
from zonevest.instances.say import of_system, say, translate
from zonevest.words import Words, phase, words

if TYPE_CHECKING:
    from types import FrameType

    from zonevest.api import Plan
    from zonevest.sweeps import Sweep, SweepProgress

DONE, FAILED, WRONG_INPUT, NO_PLAN_EXISTS, NO_PLAN_FOUND, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes."""

CODES = {
    "optimal": DONE,
    "feasible": DONE,
    "infeasible": NO_PLAN_EXISTS,
    "no_plan": NO_PLAN_FOUND,
    "interrupted": INTERRUPTED,
}
"""Exit code by status of a plan."""

SPARSE = 10.0
"""Seconds between two lines of progress of the same phase where stderr is no terminal."""


class InputError(Exception):
    """One thing that is wrong with what was asked: where, what must hold, what was found, what to do."""

    def __init__(self, where: str, must: str, found: str, do: str) -> None:
        super().__init__(f"{where}: {must}")
        self.row = {"where": where, "must": must, "found": found, "do": do}


class UnwrittenError(InputError):
    """Nothing is wrong with what was asked: the place of the result failed."""


OF_THE_PATH = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
"""Errors of the system that are faults of what was asked for; all others are those of a disk or of rights."""


@contextmanager
def faults_shown(lang: str, as_json: bool) -> Iterator[Words]:
    """Turn faults and Ctrl-C inside the block into messages and exit codes; yields the words of the language."""
    label = words(lang)

    def told(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{part: translate(text, lang) for part, text in row.items()} for row in rows]

    def show(rows: list[dict[str, str]], warnings: list[dict[str, str]] | None = None, head: str = "faults") -> None:
        show_faults(told(rows), label, as_json, told(warnings or []), head)

    try:
        from zonevest.instances.cells import texts_of_python

        texts_of_python()
        yield label
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        print(label["status_interrupted"], file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # whoever reads what is printed has read enough (`| head`): nobody is left to tell, also not at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
    except (InputError, OSError) as error:
        if Path(str(getattr(error, "filename", None))).is_relative_to(Path(__file__).parent):
            raise  # a file of the package itself: no fault of the input
        asked = (InputError, *OF_THE_PATH) if not isinstance(error, UnwrittenError) else ()
        show([_row(error)], head="faults" if isinstance(error, asked) else "disk_faults")
        raise typer.Exit(WRONG_INPUT) from None
    except Exception as error:
        from zonevest.instances.study import StudyError

        if _interrupted(error):
            print(label["status_interrupted"], file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        if not isinstance(error, StudyError):
            raise
        show(_texts(error.faults), _texts(error.warnings))
        raise typer.Exit(WRONG_INPUT) from None


def _interrupted(error: BaseException | None) -> bool:
    """Whether an error came of Ctrl-C inside a library that catches everything, and raises something of its own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def show_faults(
    rows: list[dict[str, str]],
    label: Words,
    as_json: bool,
    warnings: list[dict[str, str]] | None = None,
    head: str = "faults",
) -> None:
    """Faults, and what was suspicious before them, as a list of a fixed shape on stderr, or as JSON on stdout."""
    warnings = warnings or []
    if as_json:
        print(json.dumps({"faults": rows} | ({"warnings": warnings} if warnings else {}), ensure_ascii=False, indent=2))
        return
    lines = [label[head].format(count=len(rows))]
    for at, row in enumerate([*rows, *warnings]):
        if at == len(rows):
            lines.append(label["warnings"])
        lines.append(f"• {row['where']}")
        lines += [f"    {label[part]}{row[part]}" for part in ("must", "found", "do")]
    print("\n".join(lines), file=sys.stderr)


def show_result(figures: Mapping[str, Any], lines: list[str], as_json: bool) -> None:
    """The result on stdout, for a reader or for a machine."""
    print(json.dumps(_plain(figures), ensure_ascii=False, indent=2) if as_json else "\n".join(lines))


class ProgressLine:
    """Progress on stderr: one line that is written over on a terminal, now and then a line elsewhere.

    It is called with anything that has phase, seconds, value, bound and gap, any of which may be missing or None.
    """

    def __init__(self, stream: TextIO, lang: str) -> None:
        self.stream, self.lang, self.label = stream, lang, words(lang)
        self.terminal = stream.isatty()
        self.phase = ""
        self.told = float("-inf")
        self.shown = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        if self.shown:
            self.stream.write("\r\x1b[2K")
            self.stream.flush()

    def __call__(self, progress: object) -> None:
        """Show where the run is."""
        before, self.phase = self.phase, _part(progress, "phase") or self.phase  # a sentence stays one
        seconds = float(_part(progress, "seconds") or 0.0)
        if self.terminal:
            self.stream.write("\r\x1b[2K" + _fit(self.text(progress)))
            self.shown = True
        elif self.phase != before or seconds - self.told >= SPARSE:
            self.stream.write(self.text(progress) + "\n")
            self.told = seconds
        self.stream.flush()

    def text(self, progress: object) -> str:
        """The line, such as ``12 s  solving  plan 1,234  bound 1,250  gap 1.30 %``."""
        parts = [
            self.label["seconds"].format(seconds=float(_part(progress, "seconds") or 0.0)),
            translate(phase(self.phase, self.lang), self.lang),
        ]
        for name, word in (("value", "plan"), ("bound", "bound")):
            value = _part(progress, name)
            if value is not None and math.isfinite(value):
                parts.append(f"{self.label[word]} {number(value)}")
        gap = _part(progress, "gap")
        if gap is not None and math.isfinite(gap):
            parts.append(f"{self.label['gap']} {percent(gap)}")
        return "  ".join(part for part in parts if part)


class CaseLines:
    """Progress of many cases on stderr: a line for each that is done, and in between where the others are."""

    def __init__(self, stream: TextIO, lang: str) -> None:
        self.stream, self.lang = stream, lang
        self.line = ProgressLine(stream, lang)
        self.label = words(lang)
        self.told: dict[str, float] = {}

    def __enter__(self) -> CaseLines:
        return self

    def __exit__(self, *error: object) -> None:
        self.line.__exit__(*error)

    def __call__(self, told: SweepProgress) -> None:
        """Show where a case is."""
        from zonevest.reports.sweep_text import called

        over, case = "\r\x1b[2K" if self.line.terminal else "", translate(called(told.case), self.lang)
        if told.progress is None:
            status = self.label.get(f"status_{told.status}", told.status)
            at = self.label["of"].format(part=told.done, whole=told.count)
            self.stream.write(f"{over}{case}: {status} ({at})\n")
        else:
            self.line.phase = told.progress.phase
            text = f"{case}: {self.line.text(told.progress)}"
            if self.line.terminal:
                self.stream.write(over + _fit(text))
                self.line.shown = True
            elif told.progress.seconds - self.told.get(told.case, float("-inf")) >= SPARSE:
                self.stream.write(text + "\n")
                self.told[told.case] = told.progress.seconds
        self.stream.flush()


def sweep_code(sweep: Sweep) -> int:
    """The exit code of a sweep: of what is worst in it, a fault before a case without a plan."""
    found = set(sweep.summary["status"])
    if sweep.interrupted:
        return INTERRUPTED
    if "fault" in found:
        return FAILED
    return NO_PLAN_FOUND if "no_plan" in found else NO_PLAN_EXISTS if "infeasible" in found else DONE


def plan_figures(plan: Plan, folder: str | None, lang: str = "en") -> dict[str, Any]:
    """What `zonevest solve --json` prints; `plan` is the folder written, or None."""
    names = ("objective", "bound", "gap", "gap_total", "cash", "ecosystem", "seconds", "method", "seed", "limits_off")
    return {
        "plan": folder,
        "study": plan.study.settings.name,
        "status": plan.status,
        "has_plan": plan.has_plan,
        "message": translate(plan.message, lang),
        "audit": None if plan.audit is None else plan.audit.ok,
        **{name: getattr(plan, name) for name in names},
        **({"parcels_changed": _changed(plan), "projects_built": _built(plan)} if plan.has_plan else {}),
    }


def plan_lines(plan: Plan, folder: str | None, label: Words, lang: str) -> list[str]:
    """What `zonevest solve` prints: how it ended, and the plan in a few lines."""
    study = plan.study
    lines = [f"{study.title(lang)}: {label['status_' + plan.status]}"]
    if plan.message:
        lines.append(f"  {translate(plan.message, lang)}")
    if not plan.has_plan:
        told = label["told_in"].format(path=folder) if folder else label["nothing_written"]
        return [*lines, f"  {told}"]
    money = label["million"].format(currency=study.settings.currency)
    gains = study.has_doing_nothing
    rows = [
        (
            label["objective" if gains else "objective_total"],
            f"{number(plan.objective)}  ({label['bound']} {number(plan.bound)}, {label['gap']} {percent(plan.gap)})",
        )
    ]
    rows += [
        (label[f"{name}_gain" if gains else name], f"{number(value)} {money}")
        for name, value in (("cash", plan.cash), ("ecosystem", plan.ecosystem))
        if value is not None
    ]
    if len(study.parcels):
        rows.append((label["parcels"], label["of"].format(part=_changed(plan), whole=len(study.parcels))))
    if len(study.projects):
        rows.append((label["projects"], label["of"].format(part=_built(plan), whole=len(study.projects))))
    rows.append((label["time"], label["seconds"].format(seconds=sum(plan.seconds.values()))))
    if plan.audit is not None:
        rows.append((label["audit"], label["audit_ok" if plan.audit.ok else "audit_failed"].format(path=folder)))
    rows.append((label["folder"], str(folder)))
    width = max(_cells(name) for name, _ in rows)
    return [*lines, *(f"  {name}{' ' * (width - _cells(name))}  {value}" for name, value in rows)]


def number(value: float | None) -> str:
    """A number to six figures, thousands parted: ``1,234.56``; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """A share as per cent: ``0.10 %``; a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.2f} %"


def _changed(plan: Plan) -> int:
    """Parcels that follow a practice from some period on."""
    return int(plan.parcels.loc[plan.parcels["start"] != "", "parcel_id"].nunique())


def _built(plan: Plan) -> int:
    return int((plan.projects["start"] != "").sum())


def _row(error: InputError | OSError) -> dict[str, str]:
    if isinstance(error, InputError):
        return error.row
    must, do = (
        (say("one run at a time writes to a target"), say("wait until it has ended, or name another target"))
        if isinstance(error, BusyError)
        else (
            say("the file is there, and can be read or written as needed"),
            say("look at the path, its rights and the space on the disk"),
        )
    )
    where = str(error.filename) if error.filename else say("file")
    return {"where": where, "must": must, "found": of_system(error), "do": do}


def ended_as_interrupted() -> None:
    """Let what ends a run in an orderly way (a scheduler, a terminal that closes) do what Ctrl-C does."""

    def interrupt(_number: int, frame: FrameType | None) -> None:
        heard = signal.getsignal(signal.SIGINT)
        if not callable(heard):  # ignored, as in the background of a shell
            raise KeyboardInterrupt
        heard(signal.SIGINT, frame)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, interrupt)


def _texts(frame: Any) -> list[dict[str, str]]:
    """The rows of a table of faults."""
    return (
        [] if frame is None else [{str(part): text for part, text in row.items()} for row in frame.to_dict("records")]
    )


def _part(progress: object, name: str) -> Any:
    return progress.get(name) if isinstance(progress, Mapping) else getattr(progress, name, None)


def _plain(value: Any) -> Any:
    """Turn a value into what JSON knows: no infinity, no NumPy, no table."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "to_dict"):
        return _plain(value.to_dict("records"))
    return _plain(value.item()) if hasattr(value, "item") else str(value)


def _fit(text: str) -> str:
    """The text cut to the terminal's width, a Chinese character being two wide."""
    from rich.cells import set_cell_size

    width = shutil.get_terminal_size().columns - 1
    return text if _cells(text) <= width else set_cell_size(text, width)


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
