"""What a plan is worth and which rules it breaks, from the study's tables and the plan's decisions alone.

The arithmetic is that of `docs/semantics.md`. A row (a limit, a floor, an area) holds when it is violated by at most
1e-6 x max(1, |bound|, its largest |term|).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.instances.study import Study
from zonevest.reports.audit_balances import (
    budget_breaches,
    exchange_breaches,
    money_breaches,
    purse_sides,
    residual_breaches,
    uplift_breaches,
)
from zonevest.reports.audit_cells import HOLD, Floats, Ints
from zonevest.reports.audit_choices import Choices, read_choices
from zonevest.reports.audit_decisions import DECISIONS, Reader, decided_tables
from zonevest.reports.audit_enumerate import Enumerator, Value
from zonevest.reports.audit_ledger import Totals
from zonevest.reports.audit_program import AffineRow, Line, System
from zonevest.reports.audit_rules import TOLERANCE, Breach, must, nonconforming, parcels_named, project_breaches, table
from zonevest.reports.audit_sites import taking_breaches

__all__ = ["Evaluation", "Evaluator", "Value", "evaluate"]

STRANGE = ["parcel_id", "zone", "reason"]


class Decided(NamedTuple):
    """A plan's choices, the decisions over them with their values, the cells that rows read, and the ledger."""

    choices: Choices
    system: System
    cells: Floats
    values: Floats
    ledger: Floats


class Closed(NamedTuple):
    """An option that a rule closes to parcels: the breach, the parcels by position, practice and start."""

    breach: Breach
    members: Ints
    practice: str
    start: int


@dataclass
class Standing:
    """Land and projects of a plan, before anything else is decided.

    Attributes
    ----------
    totals : what they book.
    breaches : their own rules that are broken, those of `closed` among them.
    closed : options that are not open to their parcels.
    strange : held land that its line or class does not fit.
    """

    choices: Choices
    totals: Totals
    breaches: list[Breach]
    closed: list[Closed]
    strange: list[pd.DataFrame]


class Left(NamedTuple):
    """What is left to decide: the system, its rows, and what is maximised, the first objective first."""

    system: System
    rows: list[AffineRow]
    objectives: list[dict[int, float]]


@dataclass
class Evaluation:
    """A plan, recomputed.

    Attributes
    ----------
    ledger : columns account, jurisdiction, period, measure, value; every account, `total` and every jurisdiction, and
        the tags that a limit names. Gains have the period `total`.
    cash, ecosystem : F1 and F2, absolute, in million.
    objective : the objective value (a gain over doing nothing where there is one), penalties subtracted.
    doing_nothing : cash and ecosystem of doing nothing.
    penalty : what soft limits and soft rows cost.
    total : the objective's value with doing nothing included.
    size : the sum of the absolute weighted account totals, to tell a small objective from one of nothing.
    limits : columns limit, account, jurisdiction, period, value, lower, upper, slack, violation, kind, penalty, bound,
        vacuous (a row that a plan need not list), broken, largest (of its terms); after those of the limits table the
        rows of money, quotas and gains.
    breaches : columns rule, where, must, found; every hard rule that does not hold.
    nonconforming : columns parcel_id, zone, reason; held land that its line or class does not fit.
    shadows : the accounts of the audit's own, in the total, by period.
    decided : what it was recomputed from, for the tables of money.
    """

    ledger: pd.DataFrame
    cash: float
    ecosystem: float
    objective: float
    doing_nothing: dict[str, float]
    penalty: float
    limits: pd.DataFrame
    breaches: pd.DataFrame
    total: float = 0.0
    size: float = 0.0
    nonconforming: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=STRANGE))
    shadows: dict[str, list[float]] = field(default_factory=dict, repr=False)
    decided: Decided | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether every hard rule holds."""
        return bool(self.breaches.empty)


class Evaluator(Enumerator):
    """Evaluates many plans of one study.

    `value` (or `affine`, where money and the like are left to decide) is for enumerations: what an option or a project
    contributes is computed once, and a plan is a sum.

    >>> evaluator = Evaluator(study)
    >>> plans = itertools.product(*map(evaluator.options, evaluator.parcel_ids))
    >>> best = max(v.objective for v in (evaluator.value(plan, {}) for plan in plans) if v.holds)
    """

    def evaluate(
        self,
        parcels: pd.DataFrame,
        projects: pd.DataFrame,
        financing: pd.DataFrame | None = None,
        uplift: pd.DataFrame | None = None,
        quota_trade: pd.DataFrame | None = None,
        fund_transfers: pd.DataFrame | None = None,
        budget_transfers: pd.DataFrame | None = None,
    ) -> Evaluation:
        """Recompute a plan.

        Parameters
        ----------
        parcels : columns parcel_id, practice, zone, start, share; ``hold`` for held, ``""`` for unassigned land.
        projects : columns project, start; ``""`` is not built.
        financing, uplift, quota_trade, fund_transfers, budget_transfers : the further decisions as a plan states them;
            None: nothing.
        """
        standing = self.stand(parcels, projects)
        further = (financing, uplift, quota_trade, fund_transfers, budget_transfers)
        return self.judge(standing, dict(zip(DECISIONS, further, strict=True)))

    def stand(self, parcels: pd.DataFrame, projects: pd.DataFrame) -> Standing:
        """What land and projects book, and which of their own rules they break (tables as in `evaluate`)."""
        totals = self.totals()
        choices = read_choices(self.tables, parcels, projects)
        breaches, strange = list(choices.breaches), []
        closed: list[Closed] = []
        for (practice, start), members, share in choices.by_option():
            self.book(totals, members, share, practice, start)
            closed += self._closed(members, practice, start)
            if practice == HOLD:
                strange.append(self._strange(members))
        for project, start in choices.starts.items():
            for jurisdiction, unit in self.flows.project(project, start):
                totals.add(unit, self.project_places(jurisdiction))
        for joint in self.parts.synergies.of(choices.starts):
            totals.add(self.parts.synergies.unit(joint), self.project_places(joint.jurisdiction))
        breaches += [each.breach for each in closed]
        return Standing(choices, totals, breaches, closed, strange)

    def left(self, standing: Standing) -> Left:
        """What is left to decide beside land and projects: decisions, and rows and objectives over them."""
        totals = standing.totals.copy()
        frame = self._frame(standing.choices.starts)
        system, none = frame.system, np.zeros(len(frame.system.decisions))
        cells = self._decide(totals, system, none)
        rows = self._rows(cells, totals.worth, frame)
        return Left(system, rows, self._goals(frame))

    def read(self, standing: Standing, system: System, decided: Mapping[str, pd.DataFrame | None]) -> Floats:
        """The decisions of some tables, in the order of the system."""
        return Reader(self.parts, system, standing.choices.starts).read(decided)

    def tell(self, system: System, values: Floats) -> dict[str, pd.DataFrame]:
        """Decisions as the tables in which a plan states them; a table of which nothing is decided is absent."""
        return decided_tables(self.tables.periods, system, values)

    def judge(self, standing: Standing, decided: Mapping[str, pd.DataFrame | None]) -> Evaluation:
        """The plan that land and projects make with these decisions (tables as in `evaluate`)."""
        tables, choices, totals = self.tables, standing.choices, standing.totals.copy()
        breaches, strange = list(standing.breaches), standing.strange
        system = self.system(choices.starts)
        reader = Reader(self.parts, system, choices.starts)
        values = reader.read(decided)
        breaches += reader.breaches
        cells = self._decide(totals, system, values)

        def stock(account: str, place: str, t: int) -> float:
            return float(totals.ledger[0, self.place[place], self.flows.areas.cell(account, t)])

        breaches += self.parts.hurdles.breaches(choices.starts)
        breaches += project_breaches(tables, choices.starts, choices.held, stock)
        breaches += taking_breaches(tables, choices.starts, stock, choices.by_option)
        weights = self.study.settings.objective.accounts
        violations = self.limits.violations(cells)
        lines, penalty = self._lines(system.lines, cells, values, breaches)
        penalty += self.limits.penalty(violations)
        limits = self.limits.table(cells, violations).assign(
            vacuous=False, broken=self.limits.broken(cells, violations)
        )
        breaches += self.limits.breaches(limits, cells, violations)
        breaches += self._goal.floor_breaches(totals.worth)
        breaches += self._conserved(choices, stock)
        breaches += self._balanced(totals, system, values)
        worth, rows = totals.worth, [frame for frame in (limits, lines) if len(frame)]
        return Evaluation(
            self.ledger_table(totals.ledger),
            float(worth[0]),
            float(worth[1]),
            self._goal.value(cells, worth, penalty),
            {"cash": float(self.nothing[0]), "ecosystem": float(self.nothing[1])},
            penalty,
            pd.concat(rows, ignore_index=True) if rows else limits,
            table(breaches),
            self._goal.value(cells, worth, penalty, gain=False),
            float(sum(abs(weights[name] * cells[at]) for name, at in self._goal.weighted.items())),
            pd.concat(strange, ignore_index=True)
            if strange
            else pd.DataFrame({name: pd.Series(dtype=object) for name in STRANGE}),
            self._shadows(totals.ledger),
            Decided(choices, system, cells, values, totals.ledger),
        )

    def _shadows(self, ledger: Floats) -> dict[str, list[float]]:
        width = self.flows.width
        hidden = (account for account in self.tables.accounts if account.hidden)
        return {each.name: ledger[0, 0, each.at * width : (each.at + 1) * width - 1].tolist() for each in hidden}

    def _decide(self, totals: Totals, system: System, values: Floats) -> Floats:
        """Add what decisions book and the accounts that follow from others; the watched cells."""
        for decision, value in zip(system.decisions, values, strict=True):
            if value and decision.unit is not None:
                totals.add(decision.unit, decision.places, value)
            totals.worth[0] += decision.cash * value
        for steps, amount in self.parts.prices.paid(lambda *cell: float(totals.ledger[0, *cell])):
            totals.add(self.parts.prices.unit(steps), self.parts.prices.where(steps), amount)
        cells = self.watch.values(totals.ledger, totals.hectares)
        for place, column, value in system.settle(cells, values):
            totals.ledger[:, place, column] += value
        self.parts.gains.settle(system, cells, values)
        if self.parts.money is not None:
            self.parts.money.cover.settle(system, values)
        return cells

    def _strange(self, members: Ints) -> pd.DataFrame:
        """Held land that its line or class does not fit."""
        why = nonconforming(self.tables, members)
        odd = members[why != ""]
        zones = self.tables.today_zone[odd]
        return pd.DataFrame({"parcel_id": self.tables.ids[odd], "zone": zones, "reason": why[why != ""]})

    def _lines(
        self, lines: list[Line], cells: Floats, values: Floats, breaches: list[Breach]
    ) -> tuple[pd.DataFrame, float]:
        """The rows of money, uplift, quotas and gains: those that limits.csv lists, and what the soft ones cost."""
        rows, penalty = [], 0.0
        for line in lines:
            left, right = line.value.terms(cells, values), line.bound.terms(cells, values)
            value, bound, least = float(left.sum()), float(right.sum()), line.sense == ">="
            slack = value - bound if least else bound - value
            violation = max(0.0, -slack)
            largest = max(1.0, abs(bound), float(np.abs(left).max()), float(np.abs(right).max()))
            if line.penalty is not None:
                penalty += line.penalty * violation
            broken = line.penalty is None and violation > TOLERANCE * largest
            if broken and not line.name.startswith("positive["):
                side = say("at least {bound:.10g}", bound=bound) if least else say("at most {bound:.10g}", bound=bound)
                breaches.append(Breach(line.rule, line.name, side, f"{value:.10g}"))
            if line.told is not None:
                lower, upper = (bound, np.inf) if least else (-np.inf, bound)
                kind = "hard" if line.penalty is None else "soft"
                numbers = (
                    value,
                    lower,
                    upper,
                    slack,
                    violation,
                    kind,
                    line.penalty or 0.0,
                    bound,
                    line.vacuous,
                    broken,
                    largest,
                )
                rows.append((*line.told, *numbers))
        columns = ["limit", "account", "jurisdiction", "period", "value", "lower", "upper", "slack", "violation"]
        return pd.DataFrame(
            rows, columns=[*columns, "kind", "penalty", "bound", "vacuous", "broken", "largest"]
        ), penalty

    def _balanced(self, totals: Totals, system: System, values: Floats) -> list[Breach]:
        """What is paid is received, uplift is captured or left, and money goes where it came from."""
        tables, width = self.tables, self.flows.width

        def figure(account: str, t: int) -> float:
            return float(totals.ledger[0, 0, tables.account[account] * width + t])

        out = [*exchange_breaches(tables, totals.exchange), *uplift_breaches(tables, figure, figure)]
        money = self.parts.money
        if money is not None:
            out += residual_breaches(money)
            raised: dict[tuple[str, int], float] = {}
            passed: dict[tuple[str, str, int], float] = {}
            paid = np.zeros(len(tables.periods))
            from_purse = tables.actors.fund in self.study.settings.purse
            for key, v in system.at.items():
                if key[0] == "financing":
                    raised[key[1], key[-1]] = raised.get((key[1], key[-1]), 0.0) + values[v]
                elif key[0] == "budget_transfer":
                    passed[key[1:]] = values[v]
                elif key[0] == "transfer" and from_purse:
                    paid[key[-1]] += values[v]
            purse = purse_sides(tables, totals.exchange)
            out += money_breaches(money, figure, _each_period(raised, len(paid)), paid, purse)
            out += budget_breaches(money, figure, figure, raised, passed, paid)
        return out

    def balances(self, stated: pd.DataFrame, found: Evaluation, tables: Mapping[str, pd.DataFrame]) -> list[Breach]:
        """The sums that must come out, with the figures that a plan states in its ledger and its decisions.

        Parameters
        ----------
        stated : the ledger as stated.
        found : the plan as recomputed.
        tables : the plan's tables, those of decisions among them.
        """
        here = stated[stated["jurisdiction"] == "total"]
        keys = zip(here["account"], here["period"], strict=True)
        told: dict[tuple[str, str], float] = dict(zip(keys, here["value"].tolist(), strict=True))
        periods = self.tables.periods

        def figure(account: str, t: int) -> float:
            return told.get((account, periods[t]), 0.0)

        def shadow(account: str, t: int) -> float:
            return found.shadows[account][t]

        out = list(uplift_breaches(self.tables, figure, shadow))
        if self.parts.money is not None:
            raised = _stated(tables.get("financing"), ["instrument", "period"], "raised", periods)
            passed = _stated(tables.get("budget_transfers"), ["from", "to", "period"], "amount", periods)
            from_purse = self.tables.actors.fund in self.study.settings.purse
            given = _stated(tables.get("fund_transfers") if from_purse else None, ["period"], "amount", periods)
            paid = _each_period(given, len(periods))
            out += money_breaches(self.parts.money, figure, _each_period(raised, len(periods)), paid, None)
            out += budget_breaches(self.parts.money, figure, shadow, raised, passed, paid)
        return out

    def _closed(self, members: Ints, practice: str, start: int) -> list[Closed]:
        """The rules that an option breaks on some parcels, one by one."""
        tables, out = self.tables, []
        found = practice or say("unassigned")
        if start >= 0:
            found = say("{practice} from {period}", practice=practice, period=tables.periods[start])
        for reason, closed in self.whys(members, practice, start):
            these = members[closed]
            where = parcels_named(list(tables.ids[these]))
            out.append(Closed(Breach(reason, where, must(reason), found), these, practice, start))
        return out

    def _conserved(self, choices: Choices, stock: Callable[[str, str, int], float]) -> list[Breach]:
        """Area is conserved: what is in classes and what was taken make the whole, in every period."""
        tables, out = self.tables, []
        whole = float(tables.area.sum())
        for t, period in enumerate(tables.periods):
            area = sum(stock(f"area.class.{name}", "total", t) for name in tables.classes)
            for project, start in choices.starts.items():
                if start <= t:
                    area += sum(float(row["area_ha"]) for row in tables.land_take.get(project, []))
            if abs(area - whole) > TOLERANCE * max(1.0, whole):
                where, must_be = (
                    say("period {period}", period=period),
                    say("the classes make up {area:.10g} ha", area=whole),
                )
                out.append(Breach("area", where, must_be, say("{area:.10g} ha", area=area)))
        return out


def _stated(frame: pd.DataFrame | None, names: list[str], column: str, periods: list[str]) -> dict[Any, float]:
    """Σ of a column of a table of decisions by what its rows name, the number of a known period last."""
    out: dict[Any, float] = {}
    for row in [] if frame is None else frame[[*names, column]].to_numpy(dtype=object).tolist():
        if row[-2] in periods and np.isfinite(row[-1]):
            key = (*row[:-2], periods.index(row[-2]))
            out[key] = out.get(key, 0.0) + float(row[-1])
    return out


def _each_period(amounts: Mapping[Any, float], count: int) -> Floats:
    """Σ of amounts by period, the last part of their keys."""
    out = np.zeros(count)
    for key, amount in amounts.items():
        out[key[-1]] += amount
    return out


def evaluate(
    study: Study,
    parcels: pd.DataFrame,
    projects: pd.DataFrame,
    financing: pd.DataFrame | None = None,
    uplift: pd.DataFrame | None = None,
    quota_trade: pd.DataFrame | None = None,
    fund_transfers: pd.DataFrame | None = None,
    budget_transfers: pd.DataFrame | None = None,
) -> Evaluation:
    """Recompute a plan from the study's tables and its decisions (see `Evaluator.evaluate`)."""
    evaluator = Evaluator(study)
    return evaluator.evaluate(parcels, projects, financing, uplift, quota_trade, fund_transfers, budget_transfers)
