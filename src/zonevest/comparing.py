"""Plans side by side, from folders or as they are: read, audited, priced where that is asked for, and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from zonevest.api import audit, read_plan
from zonevest.reports.compare import Comparison
from zonevest.reports.compare import compare as put_side_by_side
from zonevest.solvers.answer import Progress

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData
    from zonevest.reports.audit import AuditReport
    from zonevest.reports.priced import Priced

__all__ = ["Comparison", "compare"]


def compare(
    plans: Sequence[PlanData | str | Path],
    *,
    names: Sequence[str] | None = None,
    prices: bool = False,
    on_progress: Callable[[Progress], object] | None = None,
) -> Comparison:
    """Put plans side by side, and beside doing nothing and the approved plan.

    Parameters
    ----------
    plans : two or more plans, or plan folders; the first is what the others are compared with. They may answer
        different studies: what differs in these is told. One without a plan (infeasible) stands there as such.
    names : what each is called; without them the names of folders, and of plans that come from none their studies'.
        Names that are the same are told apart by a number.
    prices : every parcel and project has its worth at the prices of the first plan too, which takes as long as
        explaining it does (see `zonevest.Plan.explain`).
    on_progress : is told the phases as they begin.

    Returns
    -------
    Comparison
        Tables as attributes, `to_text("en")`, `write(folder)` for page, workbook and CSV.

    Raises
    ------
    ValueError
        If there are fewer than two plans, or not as many names.
    FileNotFoundError
        If a folder is no plan folder.
    UnpricedError
        If `prices` are asked for and cannot be found.
    """
    begun = perf_counter()

    def tell(phase: str) -> None:
        if on_progress is not None:
            on_progress(Progress(phase, perf_counter() - begun, None, None, None))

    given = list(plans)
    if len(given) < 2:
        raise ValueError("two or more plans are compared")
    if names is not None and len(names) != len(given):
        raise ValueError(f"{len(given)} plans have {len(given)} names, not {len(names)}")
    tell("read")
    read = [read_plan(plan) if isinstance(plan, str | Path) else plan for plan in given]
    tell("audit")
    audits = [_audited(each, plan) for each, plan in zip(given, read, strict=True)]
    priced = _priced(read[0], tell) if prices and read[0].has_plan else None
    tell("compare")
    called = names or [_name(each, plan) for each, plan in zip(given, read, strict=True)]
    return put_side_by_side(read, called, audits, priced)


def _name(given: PlanData | str | Path, plan: PlanData) -> str:
    return Path(given).resolve().name if isinstance(given, str | Path) else plan.study.settings.name


def _audited(given: PlanData | str | Path, plan: PlanData) -> AuditReport | None:
    """The audit of a plan: of what its folder says, or of the plan as it is."""
    if not plan.has_plan:
        return None
    return audit(given if isinstance(given, str | Path) else plan)


def _priced(plan: PlanData, tell: Callable[[str], None]) -> Priced:
    from zonevest import pricing

    tell("prices")
    return pricing.priced(plan)
