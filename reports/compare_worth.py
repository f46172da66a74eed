"""What the disagreements of two plans are worth: the one plan, with one thing at a time done as the other does it.

Evaluated as the audit evaluates plans, in the study of the first. A project brings the money that is raised for it and
the uplift that it brings; money and trade that are of no project are a disagreement of their own, so that nothing is
solved again. What several things do together, beyond what each does alone, is the interaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.reports.audit_cells import HOLD, UNASSIGNED
from zonevest.reports.audit_decisions import DECISIONS, Reader
from zonevest.reports.audit_evaluate import Evaluator
from zonevest.reports.audit_flows import Unit
from zonevest.reports.audit_ledger import Totals
from zonevest.reports.audit_rules import Breach
from zonevest.reports.compare_land import CLUSTER, clusters, moves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

    Floats = NDArray[np.float64]

WORTH: Final = [
    "plan", "kind", "project", *CLUSTER, "parcels", "area_ha", "start_a", "start_b", "objective", "worth", "penalties",
    "cash", "ecosystem", "broken", "rule",
]  # fmt: skip
FEW: Final = 40
"""Clusters of parcels that are evaluated one by one, those of most worth first; the rest is one thing."""
KINDS: Final = ("project", "land", "land_rest", "decisions", "interaction", "inputs", "total")
OWN: Final = ("financing", "uplift")
"""Tables of decisions whose rows may be of a project."""
ROUNDING: Final = 1e-11
"""What is less, as a share of what is compared, is nothing that things do together."""
NUMBERS: Final = ("worth", "penalties", "cash", "ecosystem")


@dataclass
class Outcome:
    """A plan in numbers, and the hard rules that it breaks.

    Attributes
    ----------
    worth : the objective value before penalties.
    penalty : what soft limits and soft rows cost; the objective value is worth - penalty.
    cash, ecosystem : F1 and F2, doing nothing included.
    """

    worth: float
    penalty: float
    cash: float
    ecosystem: float
    breaches: list[Breach] = field(default_factory=list)

    def values(self) -> Floats:
        """Worth, penalty, F1 and F2."""
        return np.array([self.worth, self.penalty, self.cash, self.ecosystem])


class Swaps(Evaluator):
    """A plan of a study, with some of it done otherwise.

    Parameters
    ----------
    study : the study of the plan.
    plan : the plan; it has one.
    """

    def __init__(self, study: Study, plan: PlanData) -> None:
        super().__init__(study)
        self.plan = plan
        self.decided = {name: getattr(plan, name) for name in DECISIONS}
        self.begun = self._begun(plan.projects)
        self._own = self.system(self.begun)
        self._units: dict[tuple[str, int], list[tuple[tuple[int, ...], Unit]]] = {}
        self.land = self.totals()
        self._book(self.land, plan.parcels, 1.0)

    def _begun(self, projects: pd.DataFrame) -> dict[str, int]:
        """Start period of the projects that are built, of those that the study knows."""
        pairs = zip(projects["project"].astype(str), projects["start"].fillna("").astype(str), strict=True)
        return {
            name: self.tables.period[start]
            for name, start in pairs
            if name in self.tables.projects and start in self.tables.period
        }

    def knows(self, table: pd.DataFrame, suffix: str = "") -> NDArray[np.bool_]:
        """Which options (rows with parcel_id, practice and start) the study has at all."""
        practice, start = (table[f"{name}{suffix}"].astype(str) for name in ("practice", "start"))
        idle = practice.isin([HOLD, UNASSIGNED])
        named = practice.isin(list(self.tables.practices)) & start.isin(list(self.tables.period))
        there = table["parcel_id"].isin(list(self.tables.parcel)) & (idle | named)
        return np.asarray(there, dtype=np.bool_)

    def _book(self, totals: Totals, table: pd.DataFrame, sign: float, suffix: str = "") -> None:
        """Add what rows with parcel_id, practice, start and share book."""
        at = table["parcel_id"].map(self.tables.parcel).to_numpy(dtype=np.int64)
        share = sign * table["share"].to_numpy(dtype=float)
        names = [f"practice{suffix}", f"start{suffix}"]
        for (practice, start), rows in table.groupby(names, sort=False).indices.items():
            self.book(totals, at[rows], share[rows], str(practice), self.tables.period.get(str(start), -1))

    def _of_project(self, project: str, start: int) -> list[tuple[tuple[int, ...], Unit]]:
        key = (project, start)
        if key not in self._units:
            self._units[key] = [
                (self.project_places(place), unit) for place, unit in self.flows.project(project, start)
            ]
        return self._units[key]

    def outcome(
        self,
        moved: pd.DataFrame | None = None,
        starts: Mapping[str, int] | None = None,
        decided: Mapping[str, pd.DataFrame] | None = None,
    ) -> Outcome:
        """The plan with some rows of `moves` done as in the other, with other starts and other decisions."""
        starts, decided = self.begun if starts is None else starts, self.decided if decided is None else decided
        totals = Totals(*(part.copy() for part in vars(self.land).values()))
        if moved is not None and len(moved):
            self._book(totals, moved, -1.0, "_a")
            self._book(totals, moved, 1.0, "_b")
        for project, start in starts.items():
            for places, unit in self._of_project(project, start):
                totals.add(unit, places)
        for joint in self.parts.synergies.of(starts):
            totals.add(self.parts.synergies.unit(joint), self.project_places(joint.jurisdiction))
        system = self._own if starts == self.begun else self.system(starts)
        reader = Reader(self.parts, system, starts)
        values = reader.read(decided)
        cells = self._decide(totals, system, values)
        violations = self.limits.violations(cells)
        breaches = [*reader.breaches, *self.parts.hurdles.breaches(starts)]
        _, penalty = self._lines(system.lines, cells, values, breaches)
        penalty += self.limits.penalty(violations)
        breaches += self.limits.breaches(self.limits.table(cells, violations).assign(vacuous=False), cells, violations)
        breaches += self._goal.floor_breaches(totals.worth)
        cash, ecosystem = totals.worth
        return Outcome(self._goal.value(cells, totals.worth, 0.0), penalty, float(cash), float(ecosystem), breaches)

    def direct(self, moved: pd.DataFrame) -> Floats:
        """What each row of `moves` adds to F1 and F2 by itself, shape (rows, 2): what the land then books."""
        found = np.zeros((len(moved), 2))
        at = moved["parcel_id"].map(self.tables.parcel).to_numpy(dtype=np.int64)
        share = moved["share"].to_numpy(dtype=float)
        for suffix, sign in (("_a", -1.0), ("_b", 1.0)):
            names = [f"practice{suffix}", f"start{suffix}"]
            for (practice, start), rows in moved.groupby(names, sort=False).indices.items():
                books = self.flows.book(at[rows], str(practice), self.tables.period.get(str(start), -1))
                found[rows] += sign * (books.worth[:2] * share[rows]).T
        return found

    @property
    def rates(self) -> Floats:
        """What a unit of F1 and of F2 counts in the objective."""
        cells = np.zeros(len(self.watch.cells))
        value = [self._goal.value(cells, worth, 0.0) for worth in np.eye(2)]
        return np.array(value) - self._goal.value(cells, np.zeros(2), 0.0)


@dataclass(frozen=True)
class _Thing:
    """A disagreement: what it is called, and what of the other plan it takes over."""

    row: dict[str, Any]
    moved: pd.DataFrame | None = None
    projects: tuple[str, ...] = ()
    decisions: bool = False


def moved_between(swaps: Swaps, table: pd.DataFrame, at: tuple[int, int]) -> pd.DataFrame:
    """`compare_land.moves` between the plan of `swaps` and another, with their own effect on F1 and F2 and clusters.

    What the study of `swaps` has not at all is left out. Columns ``cash`` and ``ecosystem`` are what the row's land
    books otherwise; ``cluster`` is told by `compare_land.clusters`, those of most worth first.

    Parameters
    ----------
    table : as `compare_land.shares` gives it; `at` are the places of both plans in it.
    """
    found = moves(table, *at)
    found = found[swaps.knows(found, "_b") & swaps.knows(found, "_a")].reset_index(drop=True)
    effect = swaps.direct(found)
    return found.assign(cash=effect[:, 0], ecosystem=effect[:, 1], weight=effect @ swaps.rates)


def worth(swaps: Swaps, moved: pd.DataFrame, other: PlanData, name: str, outcome: Outcome) -> pd.DataFrame:
    """What each disagreement of the plan of `swaps` with another is worth.

    Parameters
    ----------
    moved : what land does otherwise, as `moved_between` gives it.
    outcome : the other plan in its own study.

    Returns
    -------
    DataFrame
        ``plan`` (the name), ``kind`` (`KINDS`), ``project``, `CLUSTER` (blank where it is no land), ``parcels`` and
        ``area_ha`` of a cluster, ``start_a`` and ``start_b`` (…: several);
        ``objective`` (worth - penalties), ``worth`` (before penalties),
        ``penalties`` (of soft rows), ``cash`` (F1) and ``ecosystem`` (F2): how much more of each the plan has with this
        one thing done as in the other; ``broken``: how many hard rules it then breaks, and ``rule``, the first of
        them in words: alone, with the first plan's money, a thing may ask too much. ``interaction``: all
        things together, beyond the sum of each alone;
        ``inputs`` (where studies differ): what the other's decisions have in the other's study beyond what they have
        in this one; ``total`` is the sum of all rows, and the difference of both plans.
    """
    things = list(_things(swaps, moved, other))
    base, rows, alone = swaps.outcome(), [], np.zeros(len(NUMBERS))
    for thing in things:
        found = _done(swaps, thing, other)
        effect = found.values() - base.values()
        alone += effect
        told = {"broken": len(found.breaches), "rule": _said(found.breaches)}
        rows.append(thing.row | dict(zip(NUMBERS, effect, strict=True)) | told)
    changed = tuple(dict.fromkeys(project for thing in things for project in thing.projects))
    whole = _done(swaps, _Thing({}, moved, changed, decisions=True), other)
    together = whole.values() - base.values()
    others = [("interaction", together - alone)] if things else []
    rest = outcome.values() - whole.values()
    if swaps.study.hash != other.study.hash:
        others.append(("inputs", rest))
    elif others:
        others[-1] = ("interaction", together - alone + rest)  # rounding
    others.append(("total", outcome.values() - base.values()))
    noise = ROUNDING * np.maximum(1.0, np.maximum(np.abs(base.values()), np.abs(outcome.values())))
    others = [(kind, np.where(np.abs(values) <= noise, 0.0, values)) for kind, values in others]
    rows += [{"kind": kind} | dict(zip(NUMBERS, values, strict=True)) for kind, values in others]
    blank = dict.fromkeys(("project", *CLUSTER, "start_a", "start_b", "rule"), "")
    table = pd.DataFrame([blank | row | {"plan": name} for row in rows], columns=WORTH)
    # sentences that can be said in another language are no texts of pandas
    return table.assign(
        objective=table["worth"] - table["penalties"],
        rule=pd.Series([row.get("rule", "") for row in rows], dtype=object),
    )


def _said(breaches: Sequence[Breach]) -> str:
    """The first rule that is broken, in words; blank without one."""
    return say("{where}: {must}", where=breaches[0].where, must=breaches[0].must) if breaches else ""


def _things(swaps: Swaps, moved: pd.DataFrame, other: PlanData) -> Iterable[_Thing]:
    mine, its = swaps.begun, swaps._begun(other.projects)
    periods = swaps.tables.periods

    def named(starts: Mapping[str, int], project: str) -> str:
        return periods[starts[project]] if project in starts else ""

    for project in swaps.tables.projects:
        if mine.get(project) != its.get(project):
            start_a, start_b = named(mine, project), named(its, project)
            yield _Thing(
                {"kind": "project", "project": project, "start_a": start_a, "start_b": start_b}, projects=(project,)
            )
    table = clusters(moved, swaps.study)
    for row in table.head(FEW).to_dict("records"):
        cluster = row.pop("cluster")
        yield _Thing({"kind": "land", **row}, moved[moved["cluster"] == cluster])
    if len(table) > FEW:
        rest = moved[moved["cluster"] >= FEW]
        told = {"parcels": rest["parcel_id"].nunique(), "area_ha": float(rest["area_ha"].sum())}
        yield _Thing({"kind": "land_rest", **told}, rest)
    unchanged = {project for project, start in mine.items() if its.get(project) == start}
    if any(
        not _general(swaps.decided[name], unchanged).equals(_general(getattr(other, name), unchanged))
        for name in DECISIONS
    ):
        yield _Thing({"kind": "decisions"}, decisions=True)


def _general(table: pd.DataFrame, projects: Iterable[str]) -> pd.DataFrame:
    """The rows of decisions that are of no project, or of one that both plans start at the same time."""
    if "project" not in table or table.empty:
        return table.reset_index(drop=True)
    return table[table["project"].isin(["", *projects])].reset_index(drop=True)


def _done(swaps: Swaps, thing: _Thing, other: PlanData) -> Outcome:
    """The plan with a disagreement done as in the other."""
    its = swaps._begun(other.projects)
    starts = {project: start for project, start in swaps.begun.items() if project not in thing.projects}
    starts |= {project: its[project] for project in thing.projects if project in its}
    unchanged = {project for project, start in swaps.begun.items() if its.get(project) == start}
    decided = {}
    for name, table in swaps.decided.items():
        given = getattr(other, name)
        general = _general(given if thing.decisions else table, unchanged)
        parts = [general]
        if name in OWN:
            for source, projects in (
                (table, set(swaps.begun) - unchanged - {*thing.projects}),
                (given, set(thing.projects) & set(its)),
            ):
                if len(source):
                    parts.append(source[source["project"].isin(projects)])
        full = [part for part in parts if len(part)]
        decided[name] = pd.concat(full, ignore_index=True) if full else general
    return swaps.outcome(thing.moved, starts, decided)
