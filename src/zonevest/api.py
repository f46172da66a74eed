"""What Python users call: read a study, solve it, read and write plans, report, audit.

`solve` runs a solver, lets the audit recompute the plan, and puts the certificate together.
"""

from __future__ import annotations

import errno
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.certificates import WHERE as CERTIFICATE_FILE
from zonevest.certificates import certificate_table, own_rows, with_certificate
from zonevest.holding import held
from zonevest.instances import place, read
from zonevest.instances.read import CASES
from zonevest.instances.read import bundled as bundled_cases
from zonevest.instances.say import foreign, listed, say
from zonevest.instances.study import Study, StudyError, period_names
from zonevest.instances.write import WORKBOOK, folder_as_workbook, write_study
from zonevest.model.compiled import Policy, compile_policy, shared
from zonevest.model.complete import pyomo_model
from zonevest.model.land import land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData, tell
from zonevest.model.policy import doing_nothing, objective_weights, policy_model, set_stage_after
from zonevest.reports import check as checking
from zonevest.reports import tables
from zonevest.reports.audit import NO_PLAN, AuditReport
from zonevest.reports.audit_folder import DAMAGE
from zonevest.reports.audit_rules import Breach, table
from zonevest.reports.balance_sheet import balance_sheet
from zonevest.reports.breaches import audited as audit_plan
from zonevest.reports.budgets import budgets
from zonevest.reports.capture import capture
from zonevest.reports.cash_flow import cash_flow
from zonevest.reports.check import CheckReport
from zonevest.reports.circulation import circulation
from zonevest.reports.distribution import distribution
from zonevest.reports.facts import Facts
from zonevest.reports.forms import replace_reports, write_reports
from zonevest.reports.money import money_tables
from zonevest.reports.plan_folder import read_plan_data
from zonevest.reports.scorecard import indicators
from zonevest.solvers.answer import Progress, Solution, SolveOptions, Status, gap_of
from zonevest.solvers.checkpoint import Checkpoint
from zonevest.solvers.elastic import least_violation
from zonevest.solvers.highs import completed
from zonevest.solvers.join import join
from zonevest.solvers.measures import measures
from zonevest.solvers.prices import shadow_prices
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve as run_supervised
from zonevest.solvers.trust import holds
from zonevest.solvers.warm import Warm

if TYPE_CHECKING:
    import pyomo.environ as pyo
    from distributed import Client
    from numpy.typing import NDArray

    from zonevest.model.land import Block
    from zonevest.ranging import Ranging
    from zonevest.reports.explain import Explanation
    from zonevest.reports.priced import Priced
    from zonevest.reports.verdict import Verdict
    from zonevest.solvers.by_prices import Outcome

    Floats = NDArray[np.float64]

__all__ = [
    "AuditReport",
    "CheckReport",
    "Plan",
    "Progress",
    "audit",
    "bundled_cases",
    "check",
    "copy_case",
    "make_study",
    "policy_model",
    "pyomo_model",
    "read_plan",
    "read_study",
    "report",
    "solve",
    "write_county",
    "write_study",
]

Method = Literal["auto", "mip", "prices"]
MANY, MANY_WHOLE = 40_000, 300_000
"""Options from which on `auto` solves by prices, where land may be divided and where it may not."""
START_SECONDS = 10.0
"""What the financing of a first solution may take."""
RANGES_SECONDS = 60.0
"""What looking for the ranges of shadow prices may take; the dearest rows come first."""
FIRST_SHARE = 0.2
"""Part of the time that finding land for the projects of a given plan may take."""
PRICES_SECONDS = 60.0
"""What the shadow prices may take; where they take longer they stay blank."""


@dataclass
class Plan(PlanData):
    """A plan: its data, what the audit says of it (one drawn by hand has a `verdict` in words), and what is written."""

    audit: AuditReport | None = field(default=None, repr=False)
    verdict: Verdict | None = field(default=None, repr=False, compare=False)
    _policy: pyo.ConcreteModel | None = field(default=None, init=False, repr=False, compare=False)  # one's own
    _priced: Priced | None = field(default=None, init=False, repr=False, compare=False)
    _ranging: Ranging | None = field(default=None, init=False, repr=False, compare=False)
    _warm: Warm | None = field(default=None, init=False, repr=False, compare=False)

    def cash_flow(self) -> pd.DataFrame:
        """Sources, uses, cash, debt and ratios by period (see `zonevest.reports.cash_flow.cash_flow`)."""
        return cash_flow(self)

    def budgets(self) -> pd.DataFrame:
        """What comes to every budget and leaves it, by period (see `zonevest.reports.budgets.budgets`)."""
        return budgets(self)

    def capture(self, by: Sequence[str] = ("kind", "source")) -> pd.DataFrame:
        """Value created, captured by the public and left to holders (see `zonevest.reports.capture.capture`).

        Parameters
        ----------
        by : some of origin, kind, source, jurisdiction, zone, period and on_land; none: in all.
        """
        return capture(self, by=by)

    def distribution(self) -> pd.DataFrame:
        """Who receives, who pays and who gains (see `zonevest.reports.distribution.distribution`)."""
        return distribution(self)

    def money(self) -> dict[str, pd.DataFrame]:
        """`cash_flow`, `capture`, `distribution` and, with [finance], `budgets`: what they share worked out once."""
        return money_tables(self)

    def balance_sheet(self) -> pd.DataFrame:
        """What is owned, owed and worth, and why that changes (see `zonevest.reports.balance_sheet.balance_sheet`)."""
        return balance_sheet(Facts(tables.completed(self)))

    def circulation(self) -> pd.DataFrame:
        """Resource, asset, capital and fund: money on its way (see `zonevest.reports.circulation.circulation`)."""
        return circulation(Facts(tables.completed(self)))

    def indicators(self) -> pd.DataFrame:
        """Planning indicators and the scorecard of the four effects (see `zonevest.reports.scorecard.indicators`)."""
        return indicators(Facts(tables.completed(self)))

    def explain(
        self,
        *,
        parcel: str | None = None,
        project: str | None = None,
        limit: str | None = None,
        prices: bool = False,
        resolve: bool = False,
        break_even: Sequence[str] = (),
        gap: float | None = None,
        time_limit: float = 300.0,
        threads: int = 0,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Explanation:
        """Why the plan is as it is, at the prices of its rows: of one parcel, project or limit, or all prices.

        Its program is made and priced once, which takes as long as the end of `solve`; a plan that is explained is
        not to be changed.

        Parameters
        ----------
        parcel, project, limit : one of them; a limit, or a row of money, quotas or gains, as limits.csv names it.
        prices : instead, what one more of everything that binds is worth (see `shadow_prices`).
        resolve : whether the study is solved again with the project forced out, and to another start, or in.
        break_even : of ``capex`` and ``annual_revenue``: the numbers at which the project is just worth it, by solving
            again.
        gap, time_limit, threads, on_progress : of each of these solves, as of `solve`; the gap by default the plan's.

        Returns
        -------
        Explanation
            Tables, and `to_text("en")` or `to_text("zh")` (see `zonevest.reports.explain`).

        Raises
        ------
        KeyError
            If there is no such parcel, project or limit.
        UnpricedError
            If there is no plan, or its prices cannot be found.
        """
        from zonevest import pricing
        from zonevest.reports import explain, explain_limit, explain_project

        if (parcel is not None) + (project is not None) + (limit is not None) + prices != 1:
            raise ValueError("name one of parcel, project, limit and prices")
        if (resolve or break_even) and project is None:
            raise ValueError("what is solved again is a project")
        if wrong := set(break_even) - set(explain_project.TURNED):
            raise ValueError(f"a break-even is of {' or '.join(explain_project.TURNED)}, not {sorted(wrong)}")
        found = self._prices()
        if parcel is not None:
            return explain.explain_parcel(found, parcel)
        if limit is not None:
            told = explain_limit.explain_limit(found, limit)
            return replace(told, tables={**told.tables, "ranges": self._ranges(limit)})
        if prices:
            return explain.explain_prices(found, self.shadow_prices())
        assert project is not None
        if project not in found.ledger.works.names:
            raise KeyError(project)
        moved = pricing.moved(found, project, explain_project.TURNED)
        told = explain_project.explain_project(found, project, moved)
        if not (resolve or break_even):
            return told
        from zonevest.resolving import resolved

        at = period_names(self.study.periods).index(told.figures["told"]) if told.figures["told"] else 0
        slopes = {name: float(moved[name][at]) for name in break_even}
        return resolved(told, self, slopes, self._policy, break_even=break_even, gap=gap, time_limit=time_limit,
                        threads=threads, on_progress=on_progress)  # fmt: skip

    def shadow_prices(self, limit: str | None = None, *, seconds: float = RANGES_SECONDS) -> pd.DataFrame:
        """What one more of every number that bounds the plan is worth, and over which range that holds.

        Parameters
        ----------
        limit : one of them, as limits.csv names it, or a row; also where it does not bind. None: all.
        seconds : what looking for ranges may take, the dearest first; not asked of a limit by name.

        Returns
        -------
        DataFrame
            ``row, limit, jurisdiction, period, sense``; ``unit, bound``: the study's number and what it is counted in
            (``point``: 0.01 of a ratio, ``month``: of a reserve); ``price`` of one more, from the plan's prices, and
            their ``basis`` (``near`` or ``fixed``, see `zonevest.reports.priced`); ``binding``; ``less, more``: what
            the last one and one more are worth, solved again with the whole numbers as in the plan (they differ where
            the plan stands at a kink; NaN: there is no plan with less, or more); ``from, to``: how far they hold;
            ``price_below, price_above``: beyond (NaN: no plan, or no end); ``resolved``: whether ends were looked for.
            Of what does not bind ``from, to`` say how far it may move before it does.

        Raises
        ------
        KeyError
            If there is no such limit or row.
        UnpricedError
            If there is no plan, or its prices cannot be found.
        """
        found = self._ranges(limit, seconds)
        if limit is not None and found.empty:
            raise KeyError(limit)
        return found

    def _ranges(self, limit: str | None, seconds: float = RANGES_SECONDS) -> pd.DataFrame:
        """The same; of a row that no number of the study bounds an empty table."""
        from zonevest.pricing import UnpricedError
        from zonevest.ranging import Ranging
        from zonevest.solvers.around import UnsolvedError

        if self._ranging is None:
            try:
                self._ranging = Ranging(self._prices())
            except UnsolvedError:
                raise UnpricedError(say("the program around the plan was not solved")) from None
        return self._ranging.table(limit, seconds)

    def _prices(self) -> Priced:
        from zonevest import pricing

        if self._priced is None:
            self._priced = pricing.priced(self, self._policy)
        return self._priced

    def write(self, folder: str | Path, *, overwrite: bool = False, lang: str = "en") -> None:
        """Write the plan folder with its report; beside the target first, so that there is never half a plan.

        Raises
        ------
        FileExistsError
            If the folder exists and `overwrite` is not set, or it is no plan folder: nothing else is ever replaced.
        BusyError
            If another run writes there.
        OSError
            If it cannot be written; a plan that is there stays as it is.
        """
        target = Path(folder)
        if (target.exists() or target.is_symlink()) and not overwrite:
            why = say("the plan folder exists already; choose another or overwrite it")
            raise FileExistsError(errno.EEXIST, why, str(target))
        if not replaceable(target):
            why = say("what is there is not a plan folder, and is not replaced")
            raise FileExistsError(errno.EEXIST, why, str(target))
        with place.fresh(target) as new:
            new.mkdir()
            if self.verdict is not None and not self.verdict.ok:
                words = {"words": self.verdict.words("en"), "words_zh": self.verdict.words("zh")}
                self.verdict.breaches.assign(**words).to_csv(new / "breaches.csv", index=False)
            self.write_tables(new, write_reports(self, new, lang))


def replaceable(target: Path) -> bool:
    """Whether a plan may be written there: nothing is there yet, an empty folder, or a plan folder."""
    return place.replaceable(target, lambda names: "plan.json" in names and "study.toml" not in names)


@wraps(read.read_study)
def read_study(  # noqa: D103
    path: str | Path,
    overrides: Mapping[str, object] | None = None,
    *,
    scenario: str = "",
    for_diagnosis: bool = False,
) -> Study:
    with _options_told():
        return read.read_study(path, overrides, scenario=scenario, for_diagnosis=for_diagnosis)


@wraps(read.make_study)
def make_study(  # noqa: D103
    settings: Mapping[str, Any], *, for_diagnosis: bool = False, **tables: pd.DataFrame | None
) -> Study:
    with _options_told():
        return read.make_study(settings, for_diagnosis=for_diagnosis, **tables)


@contextmanager
def _options_told() -> Iterator[None]:
    """Beside the faults of tables, tell what is wrong with the options of a study whose land is sound."""
    try:
        yield
    except StudyError as error:
        if error.land is None:
            raise
        try:
            build_options(error.land)
        except StudyError as more:
            raise StudyError(pd.concat([error.faults, more.faults], ignore_index=True)) from None
        raise


def check(study: Study, *, on_progress: Callable[[Progress], object] | None = None) -> CheckReport:
    """Look at a sound study before it is solved: size, what its lines leave open, what doing nothing breaks.

    Doing nothing gets its best financing: of the rows of money and quotas those are named that it cannot keep.

    Parameters
    ----------
    on_progress : is told the phases as they begin.

    Raises
    ------
    StudyError
        If a parcel is left without any option.
    """

    def loosest(
        rows: sparse.csr_array,
        lower: Floats,
        upper: Floats,
        column_lower: Floats,
        column_upper: Floats,
        kept: NDArray[np.bool_],
    ) -> Floats | None:
        columns = sparse.csc_array(rows)
        return least_violation(
            Program(
                cost=np.zeros(len(column_lower)),
                col_lower=column_lower,
                col_upper=column_upper,
                integer=np.zeros(len(column_lower), dtype=np.bool_),
                row_lower=lower,
                row_upper=upper,
                start=columns.indptr,
                index=columns.indices,
                value=columns.data,
            ),
            kept=kept,
        )

    try:
        return checking.check(study, loosest, measures, _Watch(on_progress).begin)
    except StudyError as error:
        error.warnings = study.warnings  # they may say why
        raise


def read_plan(folder: str | Path) -> Plan:
    """Read a plan folder.

    Raises
    ------
    FileNotFoundError
        If it has no plan.json.
    StudyError
        If a file of it is missing, damaged, or of another plan or study: all that is wrong, at once.
    """
    return Plan(**read_plan_data(Path(folder)))


def audit(plan: PlanData | str | Path) -> AuditReport:
    """Recompute a plan apart from the ledger, and check the certificate of its bound where it has one.

    Where there is no plan and a certificate says so, that is checked.

    Parameters
    ----------
    plan : a plan, or the path of a plan folder. A damaged folder gives a report that says so.
    """
    found = audit_plan(plan)
    if not isinstance(plan, (str, Path)):
        return with_certificate(found, plan)
    if found.evaluation is None and found.message != NO_PLAN:
        return found
    if not (Path(plan) / CERTIFICATE_FILE).is_file() and not _by_prices(Path(plan)):
        return found
    try:
        return with_certificate(found, Plan(**read_plan_data(Path(plan), whole=False)))
    except StudyError as error:
        rows = [Breach("file", where, must, told) for where, must, told, _ in error.faults.to_numpy().tolist()]
        known = set(found.breaches["where"])
        fresh = table([row for row in rows if row.where not in known])
        return replace(found, breaches=pd.concat([found.breaches, fresh], ignore_index=True))
    except DAMAGE as error:  # of the certificate: what else is damaged has been told
        breach = Breach("file", CERTIFICATE_FILE, say("it can be read"), foreign(f"{type(error).__name__}: {error}"))
        return replace(found, breaches=pd.concat([found.breaches, table([breach])], ignore_index=True))


def _by_prices(folder: Path) -> bool:
    """Whether a plan folder says that prices made it."""
    try:
        return bool(json.loads((folder / "plan.json").read_text(encoding="utf-8")).get("method") == "prices")
    except DAMAGE:  # which has been told
        return False


def report(plan: PlanData, folder: str | Path, lang: str = "en") -> tuple[Path, ...]:
    """(Re)write the reports of a plan into a folder: the page, the workbook and all tables.

    Parameters
    ----------
    lang : ``en`` or ``zh``: the language of the workbook, and the one in which the page opens.

    Returns
    -------
    What was written: the page and the workbook first, then the tables of money and the folder of all tables.

    Raises
    ------
    ValueError
        If the language is another.
    """
    return replace_reports(plan, Path(folder), lang)


def copy_case(name: str, target: str | Path, lang: str = "en") -> tuple[Path, ...]:
    """Copy a bundled case into a new folder, or write it as a workbook where the target ends in .xlsx.

    Returns
    -------
    What was written: the folder, or the workbook and the parcels beside it.
    """
    goal = Path(target)
    if goal.suffix.lower() == WORKBOOK:
        return goal, folder_as_workbook(CASES / name, goal, lang)
    if goal.exists() or goal.is_symlink():
        raise FileExistsError(errno.EEXIST, say("it is there already"), str(goal))
    with place.fresh(goal) as new:
        shutil.copytree(CASES / name, new)
    return (goal,)


def write_county(
    folder: str | Path,
    parcels: int,
    seed: int = 1,
    lang: str = "en",
    *,
    polygons: bool = True,
    on_progress: Callable[[Progress], object] | None = None,
) -> tuple[int, tuple[Path, ...]]:
    """Write a synthetic county as a study folder to be edited, or as a workbook where the path ends in .xlsx.

    Parameters
    ----------
    folder : must not exist yet.
    parcels : about how many, 100 to 1,000,000.
    seed : what land and projects are drawn by; the same seed draws the same county.
    lang : the language of a workbook.
    polygons : whether parcels have shapes; without, parcels.parquet states their areas.
    on_progress : is told the phases as they begin.

    Returns
    -------
    How many parcels it has; and what was written, the folder, or the workbook and the parcels beside it.

    Raises
    ------
    ValueError
        If the number of parcels is another.
    """
    from zonevest.instances.county import write_county as write

    if not 100 <= parcels <= 1_000_000:
        raise ValueError(say("a county has 100 to 1,000,000 parcels"))
    goal, tell = Path(folder), _Watch(on_progress).begin
    if goal.suffix.lower() != WORKBOOK:
        if goal.exists() or goal.is_symlink():
            raise FileExistsError(errno.EEXIST, say("it is there already"), str(goal))
        with place.fresh(goal) as new:
            return write(new, parcels, seed, "county", polygons=polygons, tell=tell), (goal,)
    with tempfile.TemporaryDirectory() as beside:
        count = write(Path(beside) / "county", parcels, seed, "county", polygons=polygons, tell=tell)
        return count, (goal, folder_as_workbook(Path(beside) / "county", goal, lang))


def solve(
    study: Study,
    *,
    gap: float = 1e-3,
    gap_absolute: float = 0.0,
    time_limit: float = 600.0,
    threads: int = 0,
    seed: int = 0,
    method: Method = "auto",
    policy: pyo.ConcreteModel | None = None,
    cluster: Client | str | int | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    start: PlanData | None = None,
    shadow: bool = True,
    on_progress: Callable[[Progress], object] | None = None,
) -> Plan:
    """Solve a study.

    Parameters
    ----------
    gap : stop when no plan can be better by more than this share of the gain over doing nothing.
    gap_absolute : or by more than this, in units of the objective: for gains near zero.
    time_limit : seconds for the solver; the best plan found by then is returned.
    threads, seed : of the solver; 0 threads: as many as it chooses.
    method : mip (one program for HiGHS), prices (land answers prices; for many parcels), or auto: prices from some
        40,000 options on, from 300,000 where land may not be divided.
    policy : a policy model from `policy_model(study)` with rules of your own.
    cluster : where parts of the land answer prices (extra `cluster`): a Dask client, the address of a scheduler, or
        how many workers are started on this machine. None: in this process. With a cluster, auto is prices.
    checkpoint : a file in which the run leaves what it needs to be resumed, every minute; it is not removed at the end.
    resume : whether to go on from that file; it must be of the same study, version, method and seed.
    start : a plan of this study or of one like it: its choices are a first solution where they hold, or else (method
        mip) its projects with their best land; and, where it was solved in this process, its prices a beginning. For
        prices the study has as many options.
    shadow : whether shadow prices of limits are found too; by prices they always are.
    on_progress : called with a `Progress` now and then.

    Returns
    -------
    Plan
        `has_plan` is False where there is none; `status` and `message` say why.

    Raises
    ------
    StudyError
        If a parcel is left without any option, or the checkpoint is of another run.
    ClusterError
        If the cluster cannot be used.
    """
    if method not in ("auto", "mip", "prices"):
        raise ValueError(f"method is auto, mip or prices, not {method!r}")
    numbers = {"gap": gap, "gap_absolute": gap_absolute, "time_limit": time_limit, "threads": threads, "seed": seed}
    for name, number in numbers.items():
        if not (np.isfinite(number) and number >= 0):
            raise ValueError(f"{name} is a finite number of at least 0, not {number}")
    if cluster is not None and method == "mip":
        raise ValueError("a cluster is for the method prices, not mip")
    if resume and checkpoint is None:
        raise ValueError("resume needs the path of a checkpoint")
    keep = None if checkpoint is None else Checkpoint.of(Path(checkpoint), study, method, seed, resume=resume)
    clock, own = _Watch(on_progress), policy
    if policy is None:
        with clock("options"):
            ledger = Ledger(build_options(study))
        with clock("policy"):
            policy = policy_model(ledger)
    else:
        ledger = policy.source
        if ledger.study.hash != study.hash:
            raise ValueError("the policy model was made from another study: make it anew with policy_model(study)")
    order = study.settings.objective.order if study.settings.objective.method == "lexicographic" else ("",)
    asked = SolveOptions(gap=gap, gap_absolute=gap_absolute, threads=threads, seed=seed)
    settings: dict[str, Any] = {
        "gap": gap,
        **({"gap_absolute": gap_absolute} if gap_absolute else {}),
        "time_limit": time_limit,
        "threads": threads,
        "seed": seed,
        "method": method,
        **({"scenario": study.scenario} if study.scenario else {}),
        **({"resumed": True} if resume else {}),
    }
    stages: list[dict[str, Any]] = []
    by_prices: list[tuple[Outcome, Block]] = []
    proofs: list[pd.DataFrame] = []  # of each stage that prices solved
    found: dict[str, float] | None = None  # the best point so far, by column: the start of the next stage
    warm = start._warm if isinstance(start, Plan) else None
    begun = 0
    if keep is not None and keep.kept is not None:
        method, begun, stages, found = keep.kept.stages
        proofs = [pd.DataFrame(each) for each in keep.kept.stage["proofs"]]
    for stage, term in list(enumerate(order))[begun:]:
        if len(order) > 1:
            with clock("policy"):
                set_stage_after(policy, stages)
        with clock("build"):
            compiled = shared(compile_policy(policy))
            block = land_block(ledger, compiled)
        many = len(block.group) >= (MANY_WHOLE if block.integer else MANY)
        by_price = method == "prices" or (method == "auto" and (many or cluster is not None))
        left_there = None
        if keep is not None:
            proven = [each.to_dict("list") for each in proofs]
            left_there = keep.begin("prices" if by_price else "mip", stage, stages, found, block, proven)
        if by_price:
            from zonevest.solvers.by_prices import solve_by_prices  # it compiles, which takes a while to import

            with clock("solve"):
                block = without_extra(block)
                left = max(time_limit - clock.seconds.get("solve", 0.0), 0.0)
                outcome = solve_by_prices(
                    block,
                    replace(asked, time_limit=left),
                    clock.tell,
                    cluster=cluster,
                    keep=keep,
                    kept=left_there,
                    warm=warm,
                )
            if outcome.x is None and found is not None:  # what the earlier terms found is a plan of this stage too
                outcome = outcome.with_plan(block, _named(found, block))
            by_prices.append((outcome, block))
            proofs.append(certificate_table(block, outcome.leaves, stage + 1))
            solution = outcome.solution
            if solution.x is None or solution.value is None:
                break
            if len(order) > 1:
                found = dict(zip(_columns(block), solution.x, strict=True))
            if stage + 1 < len(order):
                stages.append(
                    {"term": term, "value": solution.value, "bound": solution.bound, "status": solution.status}
                )
            continue
        program = join(block)
        scale = scale_of(block, program, len(study.periods))
        with clock("solve"):
            known = found if found is not None else warm
            first = None if left_there is None else left_there["x"]
            if first is None and known is None and start is not None and start.has_plan:  # as a folder has it
                seconds = max(FIRST_SHARE * time_limit, 2.0)
                first = held(ledger, block, program, start, seconds=seconds, gap=gap / 10)
                if first is None:
                    first = held(ledger, block, program, start, land=False, seconds=seconds, gap=gap)
            first = start_of(ledger, block, program, known) if first is None else first
            left = max(time_limit - clock.seconds.get("solve", 0.0), 0.0)
            if found is not None and (left == 0.0 or stages[-1]["status"] == "interrupted"):
                why = say("no time was left for the last terms")
                solution = Solution(None, "no_plan", None, np.inf, None, 0.0, why)
            else:
                options = replace(asked, time_limit=left, start=first, scale=scale)
                if keep is None:
                    solution = run_supervised(program, options, clock.tell)
                else:
                    solution = run_supervised(program, options, keep.listener(clock.tell), on_solution=keep.solution)
                    keep.end()
        if solution.x is None and found is not None and first is not None:
            # what the earlier terms found is a plan of this stage too
            stopped = "interrupted" in (solution.status, stages[-1]["status"])
            solution = _kept(program, first, solution, scale, stopped)
        if solution.x is None or solution.value is None:
            break
        found = dict(zip(_columns(block), solution.x, strict=True))
        if stage + 1 < len(order):
            stages.append({"term": term, "value": solution.value, "bound": solution.bound, "status": solution.status})
    if stages:
        settings["stages"] = [
            each | {"bound": each["bound"] if np.isfinite(each["bound"]) else None} for each in stages
        ]
    prices: dict[str, float] = {}
    if by_prices:
        prices = outcome.shadow_prices(block)
    elif shadow and solution.x is not None and solution.status != "interrupted":  # who stops it wants the plan now
        with clock("prices"):
            prices = _prices(block, program, solution.x, SolveOptions(time_limit=PRICES_SECONDS, threads=threads))
    with clock("plan"):
        plan = plan_of(policy, compiled, solution, settings, prices)
        if by_prices:
            plan.method, plan.certificate = "prices", pd.concat(proofs, ignore_index=True)
            settings["steps"] = [
                step | ({"stage": stage} if len(order) > 1 else {})
                for stage, (each, _) in enumerate(by_prices, begun + 1)
                for step in each.told()
            ]
        if rows := own_rows(block):
            settings["own_rows"] = rows
        plan._policy = own
    if solution.x is not None:
        plan._warm = Warm.of(block, solution.x, outcome if by_prices else None)
    if plan.status == "optimal" and any(each["status"] != "optimal" for each in stages):
        plan.status = "feasible"
        plan.message = say("an earlier stage of the lexicographic method is not proven")
    with clock("audit"):
        if plan.has_plan:
            plan.audit = audit_plan(plan)
        if by_prices and (plan.has_plan or plan.status == "infeasible"):
            solved = None if begun else [own for _, own in by_prices]  # stages that were resumed are made anew
            plan.audit = with_certificate(plan.audit or AuditReport(), plan, solved)
        if plan.status == "infeasible" and plan.audit is not None and not plan.audit.ok:
            plan.status, plan.audit = "no_plan", None
            plan.message = say("prices do not prove beyond rounding that there is no plan")
    if keep is not None and keep.failed:
        words = say("no checkpoint could be kept: {why}", why=keep.failed)
        plan.message = listed([plan.message, words], "; ") if plan.message else words
    plan.seconds = clock.seconds
    return plan


def _columns(block: Block) -> list[str]:
    """A name for every column: options by position, policy columns by their own names."""
    return [*map(str, range(len(block.group))), *block.columns]


def _named(point: dict[str, float], block: Block) -> Floats:
    """A point of an earlier stage in the order of this stage's columns."""
    return np.array([point.get(name, 0.0) for name in _columns(block)])


def _kept(program: Program, x: Floats, solution: Solution, scale: float, stopped: bool) -> Solution:
    """The point of an earlier stage as the answer of one that found none: feasible, never proven."""
    value = program.value_at(x)
    bound = max(solution.bound, value) if np.isfinite(solution.bound) else np.inf
    status: Status = "interrupted" if stopped else "feasible"
    return Solution(x, status, value, bound, gap_of(bound, value, scale), solution.seconds, solution.message)


class _Watch:
    """Seconds by phase, told as they begin; what is told inside a phase is told by the same clock."""

    def __init__(self, on_progress: Callable[[Progress], object] | None) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = perf_counter()
        self._tell = on_progress

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        begun = perf_counter()
        self.begin(phase)
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + perf_counter() - begun

    def begin(self, phase: str) -> None:
        """Tell a phase of which no seconds are kept."""
        self.tell(Progress(phase, 0.0, None, None, None))

    def tell(self, progress: Progress) -> None:
        """Pass on where the work stands, its seconds counted from the beginning of the run."""
        if self._tell is not None:
            self._tell(replace(progress, seconds=perf_counter() - self._begun))


def start_of(ledger: Ledger, block: Block, program: Program, known: dict[str, float] | Warm | None) -> Floats | None:
    """A first solution: a known one, or doing nothing, each with its best financing; None without one."""
    options = ledger.options
    decided = np.zeros(program.n_cols, dtype=bool)
    decided[: len(options.kind)] = True
    decided[len(options.kind) :] = block.column_integer
    first = _named(known, block) if isinstance(known, dict) else None if known is None else known.point(block)
    if first is not None:
        x = _financed(program, first, decided)
        if x is not None or isinstance(known, dict):
            return x
    if not ledger.study.has_doing_nothing:
        return None
    first = np.zeros(program.n_cols)
    first[: len(options.kind)] = options.kind_practice[options.kind] == 0
    return _financed(program, first, decided)


def _financed(program: Program, first: Floats, decided: NDArray[np.bool_]) -> Floats | None:
    """A point with the best of what is not decided; as it is where that is not found, and no money is needed."""
    x = completed(program, SolveOptions(time_limit=START_SECONDS), first, decided)
    if holds(program, x):
        return x
    return first if holds(program, first) else None


def _prices(block: Block, program: Program, x: Floats, options: SolveOptions) -> dict[str, float]:
    """Row name -> shadow price, of policy rows."""
    duals = shadow_prices(program, x, slice(len(block.group), program.n_cols), options)
    if duals is None:
        return {}
    return dict(zip(block.rows, duals[block.groups :].tolist(), strict=False))


def scale_of(block: Block, program: Program, periods: int) -> float:
    """Σ over parcels and projects of their largest absolute objective coefficient, for gaps of gains near zero."""
    count = len(block.group)
    cost = np.abs(program.cost)
    of_parcels = np.zeros(block.groups)
    np.maximum.at(of_parcels, block.group, cost[:count])
    states = sum(name.startswith("U[") for name in block.columns)
    of_projects = cost[count : count + states].reshape(-1, periods).max(axis=1, initial=0.0)
    return float(of_parcels.sum() + of_projects.sum())


@cache
def _versions() -> dict[str, str]:
    """The version of each package that makes a plan: they are looked up among the installed files."""
    return {name: version(name) for name in ("zonevest", "highspy", "pyomo", "numpy", "pandas")}


def plan_of(
    policy: pyo.ConcreteModel,
    compiled: Policy,
    solution: Solution,
    settings: dict[str, Any],
    prices: Mapping[str, float],
) -> Plan:
    """A plan from a solution."""
    ledger: Ledger = policy.source
    study = ledger.study
    packages = {**_versions(), "python": platform.python_version()}
    found = solution.status
    known = {
        "study": study,
        "status": found if found in ("optimal", "feasible", "infeasible", "interrupted") else "no_plan",
        "method": "mip",
        "seed": settings["seed"],
        "versions": packages,
        "limits_off": ["finance"] if study.settings.finance is None else study.settings.finance.off(),
        "settings": settings,
        "message": solution.message,
    }
    if study.has_doing_nothing and len(study.parcels):
        known["doing_nothing"] = ledger.doing_nothing()
    if solution.x is None or solution.value is None:
        return Plan(has_plan=False, **known)
    options, periods = len(ledger.options.kind), len(ledger.clock.length)
    size = len(ledger.works.names) * periods
    weight = solution.x[:options]
    started = solution.x[options : options + size].reshape(-1, periods)
    compiled.load(solution.x[options:])
    told = tell(policy, weight, started, prices)
    nothing = known.get("doing_nothing", {})
    total = solution.value + _compared_with(ledger)
    told["cash"] -= nothing.get("cash", 0.0)
    told["ecosystem"] -= nothing.get("ecosystem", 0.0)
    known_bound = bool(np.isfinite(solution.bound))
    away = (solution.bound - solution.value) / max(abs(total), 1e-12) if known_bound else None
    return Plan(
        has_plan=True,
        objective=solution.value,
        bound=solution.bound if known_bound else None,
        gap=solution.gap if known_bound else None,
        gap_total=away,
        **known,
        **told,
    )


def _compared_with(ledger: Ledger) -> float:
    """The objective's value of doing nothing, which the gain leaves out."""
    weights, nothing = objective_weights(ledger.study), doing_nothing(ledger)
    return sum(weight * nothing[term] for term, weight in weights.items() if weight)
