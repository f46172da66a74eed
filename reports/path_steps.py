"""The steps of a plan, and what each of them unlocks: what in the plan would not hold without it.

A step is the start of a project, or the land of a jurisdiction that begins to be used in a zone in a period. It is
taken out of the plan's point, all else as it is but cash at hand and quotas left, which follow; the rows of the program
that break are what relies on it, and the steps that would mend such a row by going too are what it unlocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import linalg

from zonevest.instances.study import each, items, period_names
from zonevest.model.options import HOLD
from zonevest.reports.priced import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.reports.priced import Priced

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

PROJECT, LAND = "project", "land"
"""Kinds of steps."""
PRACTICE, ROW = "practice", "row"
"""Kinds of what a step unlocks beside other steps: a land action, and what a row of the plan asks for."""
STEPS: Final = ["step", "kind", "start", "project", "jurisdiction", "zone", "area_ha", "parcels", "capex"]
UNLOCKS: Final = [
    "step",
    "what",
    "target",
    "how",
    "direct",
    "via",
    "only",
    "row",
    "jurisdiction",
    "period",
    "amount",
    "unit",
]
NEEDED: Final = ["requires", "bundle", "enables", "site", "pool"]
"""How a step is unlocked that cannot go on without the other: what follows from it goes on from there."""
HOW: Final = {
    "requires": "requires", "bundle": "bundle", "enable": "enables", "footprint": "site", "pool": "pool",
    "reach": "uplift", "quota": "quota", "quota_sold": "quota", "quota_buy": "quota", "quota_sell": "quota",
    "balance": "quota", "limit": "limit", "mandatory": "mandate",
    **dict.fromkeys(
        ("reserve", "draw_cap", "fund_project", "instrument_total", "instrument_period", "golden_rule",
         "refinance_share", "debt_ratio_cap", "interest_share_general", "interest_share_fund", "dscr_min", "cover_min",
         "lean", "operating_balance", "land_sale_share_cap", "green_share_min", "real_estate_share_max",
         "reinvestment_min", "budget_transfer", "portfolio", "fund"), "money",
    ),
}  # fmt: skip
"""Family of a row -> how a step unlocks what stands in it; what is not here is a limit."""
FOLLOWS: Final = {"cash": "cash_end", "quota": "balance"}
"""Families of rows that say what is left over, and the columns that it is left in."""
BOOKED: Final = frozenset(
    {"stay", "step_area", "step_full", "step_open", "positive", "cap", "open", "ledger", *FOLLOWS}
    | {"synergy_first", "synergy_second", "synergy_both"}
)
"""Families of rows that say what follows from what: nothing is unlocked by them."""
SPREAD: Final = "step_area"
"""The family of rows that part what is sold among steps of a price."""
UNITS: Final = {"pool": "ha", "enable": "ha", "reach": "ha", "floor": "million, present value"}
"""Of families that no plan tells of."""
MOST: Final = 5
"""So many steps are named that a row holds, the largest first."""
NEAR: Final = 1e-6
"""What is broken by less, relative to the row's size, is rounding."""


@dataclass(frozen=True, eq=False)
class Point:
    """The rows that may break in a plan's program, and what the plan's steps add to them.

    Attributes
    ----------
    priced : the plan, its program and its prices.
    steps : the table `STEPS`, by start; projects first.
    options : of each step the options of its land (none of a project), as positions.
    """

    priced: Priced
    steps: pd.DataFrame
    options: tuple[Ints, ...]

    @classmethod
    def of(cls, priced: Priced) -> Point:
        """The steps of a plan."""
        rows, options = _projects(priced)
        more, theirs = _land(priced)
        table = pd.DataFrame([*rows, *more], columns=STEPS)
        names = period_names(priced.ledger.study.periods)
        order = np.argsort(table["start"].map(names.index).to_numpy(dtype=int), kind="stable")
        every = [*options, *theirs]
        return cls(priced, table.iloc[order].reset_index(drop=True), tuple(every[int(at)] for at in order))

    @cached_property
    def taken_out(self) -> sparse.csr_array:
        """What changes in rows, and then in columns of what is left over, when a step is taken out: steps x (m + k)."""
        parts = [self._out(at) for at in range(len(self.steps))]
        size = len(self.priced.block.rows)
        moved = sparse.csr_array(np.array(parts).reshape(len(parts), size))
        if self._following is None:
            return moved
        solve, rows, columns = self._following
        own = self.priced.block.by_column[columns]  # columns x (m + 1)
        left = np.array([solve(-row) for row in moved[:, rows].toarray()]).reshape(len(parts), len(columns))
        return sparse.csr_array(sparse.hstack([moved + sparse.csr_array(left @ own[:, :-1]), left]))

    @cached_property
    def _following(self) -> tuple[Any, Ints, Ints] | None:
        """What solves for the columns of what is left over, and these rows and columns; None: there are none."""
        block = self.priced.block
        rows = np.array([k for k, name in enumerate(block.rows) if _family(name) in FOLLOWS], dtype=np.int64)
        columns = np.array([k for k, n in enumerate(block.columns) if _family(n) in FOLLOWS.values()], dtype=np.int64)
        if not len(rows) or len(rows) != len(columns):
            return None
        matrix = sparse.csc_array(block.by_column[columns][:, rows].T)
        return linalg.factorized(matrix), rows, columns

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows of `taken_out`: ``row, limit, jurisdiction, period, unit, family``; columns come last."""
        told = self.priced.told.assign(family=[_family(name) for name in self.priced.block.rows])
        told["unit"] = told["unit"].where(told["unit"] != "", told["family"].map(UNITS).fillna(""))
        names = period_names(self.priced.ledger.study.periods)
        last = told["row"].str.removesuffix("]").str.rpartition(",")[2].str.strip("'")
        told["period"] = told["period"].where((told["period"] != "") | ~last.isin(names), last)
        if self._following is None:
            return told
        names = [self.priced.block.columns[int(at)] for at in self._following[2]]
        known = {str(t.row): t for t in self.priced.stated if t.limit.startswith("quota.")}
        more = []
        for name in names:
            row = known.get("quota[" + name.partition("[")[2])
            place = (row.limit, row.place, row.period, row.unit) if row is not None else (name, "", "", "")
            more.append((name, *place, _family(name)))
        return pd.concat([told, pd.DataFrame(more, columns=told.columns)], ignore_index=True)

    @cached_property
    def sides(self) -> tuple[Floats, Floats, Floats]:
        """Lower and upper bounds of the rows, and what the plan has there."""
        block, found = self.priced.block, self._following
        low, high, value = block.lower, block.upper, self.priced.activity
        if found is None:
            return low, high, value
        at = found[2]
        return (
            np.append(low, block.column_lower[at]),
            np.append(high, block.column_upper[at]),
            np.append(value, self.priced.columns[at]),
        )

    def _out(self, at: int) -> Floats:
        """What changes in the rows when a step is taken out, all other columns as they are."""
        row, priced = self.steps.iloc[at], self.priced
        if row["kind"] == PROJECT:
            return self._spread(self._project_out(str(row["project"])))
        mine = self.options[at]
        weight = priced.weight[mine]
        change = -(priced.amounts(mine).T @ weight)
        hold = self._hold[priced.ledger.options.parcel[mine]]
        there = hold >= 0
        if there.any():
            change = change + priced.amounts(hold[there]).T @ weight[there]
        return self._spread(np.asarray(change)[:-1])

    def _project_out(self, project: str) -> Floats:
        """Without its start, and all that is raised for it, uplifted by it or comes of it and another."""
        priced, names = self.priced, self.priced.ledger.works.names
        own = self.own_columns[project]
        columns = np.append(priced.states[names.index(project)], own).astype(np.int64)
        change = -(priced.block.by_column[columns].T @ priced.columns[columns])
        return np.asarray(change)[:-1]

    @cached_property
    def own_columns(self) -> dict[str, Ints]:
        """The columns of each project beside its states: those whose index names it."""
        found: dict[str, list[int]] = {name: [] for name in self.priced.ledger.works.names}
        for at, variable in enumerate(
            self.priced.compiled.variables[self.priced.states.size :], self.priced.states.size
        ):
            index = variable.index()
            for part in dict.fromkeys(index if isinstance(index, tuple) else (index,)):
                if part in found and variable.parent_component().local_name in OF_PROJECTS:
                    found[part].append(at)
        return {name: np.array(columns, dtype=np.int64) for name, columns in found.items()}

    @cached_property
    def _hold(self) -> Ints:
        """The option of each parcel that holds it, -1 where there is none."""
        options = self.priced.ledger.options
        found = np.full(len(options.pattern), -1, dtype=np.int64)
        holding = np.flatnonzero(options.kind_practice[options.kind] == options.practices.index(HOLD))
        found[options.parcel[holding]] = holding
        return found

    def _spread(self, change: Floats) -> Floats:
        """Less land is less sold: of the last steps of a price first, as steps are filled one after the other."""
        moved = change
        for row, columns, widths in self._sold:
            if change[row]:
                sold = self.priced.columns[columns]
                left = sold.sum() - change[row]
                after = np.clip(left - (np.cumsum(widths) - widths), 0.0, widths)
                after[-1] += max(left - after.sum(), 0.0)
                moved = moved + self.priced.block.by_column[columns].T[:-1] @ (after - sold)
        return np.asarray(moved)

    @cached_property
    def _sold(self) -> list[tuple[int, Ints, Floats]]:
        """Of each row of what is sold in price steps: its columns, from the first step on, and how much each takes."""
        block, found = self.priced.block, []
        by_row = sparse.csc_array(block.by_column)
        for row, name in enumerate(block.rows):
            if _family(name) == SPREAD:
                columns = by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]
                steps = [int(at) for at in columns if _family(block.columns[at]) == "sold"]
                steps.sort(key=lambda at: int(self.priced.compiled.variables[at].index()[-2]))
                if steps:
                    widths = np.asarray(block.column_upper[steps], dtype=np.float64)
                    found.append((row, np.array(steps, dtype=np.int64), widths))
        return found

    @cached_property
    def broken(self) -> pd.DataFrame:
        """What breaks without each step, all else as it is: ``step`` (position), ``at`` (row), ``by``, ``side``."""
        low, high, value = self.sides
        judged = ~self.rows["family"].isin(BOOKED).to_numpy()
        change = self.taken_out.toarray()
        after = value + change
        size = np.maximum.reduce([np.ones(len(value)), _size(low), _size(high), np.abs(value)])
        tolerance = NEAR * np.maximum(size, np.abs(change))
        under, over = low - after, after - high
        worse = np.maximum(under, over) > np.maximum(np.maximum(low - value, value - high), 0.0) + tolerance
        step, at = np.nonzero(worse & judged)
        by, side = np.maximum(under, over)[step, at], np.where(under[step, at] > over[step, at], -1, 1)
        found = pd.DataFrame({"step": step, "at": at, "by": by, "side": side})
        both = pd.concat([found, self._mandated()], ignore_index=True)
        return both.astype({"step": np.int64, "at": np.int64, "by": np.float64, "side": np.int64})

    def _mandated(self) -> pd.DataFrame:
        """Projects that have to be built: no row says so, but the bound of a column."""
        projects = self.priced.ledger.study.projects
        must = set(projects.loc[projects["mandatory"], "project"])
        own = [at for at, name in enumerate(self.steps["project"]) if name in must]
        return pd.DataFrame({"step": own, "at": -1, "by": 1.0, "side": -1})

    def unlocks(self) -> pd.DataFrame:
        """What each step unlocks (see `zonevest.reports.path.Milestones`)."""
        table = pd.concat([self._in_plan(), self._synergies(), self._only()], ignore_index=True)
        table = table[UNLOCKS]
        keys = ["step", "what", "target", "how"]
        # proven and found in the plan are one: the row that says more stays
        only = table.groupby(keys, sort=False)["only"].transform("max").astype(bool) | self._under(table)
        table = table.assign(only=only)
        table = table[~(table.duplicated([*keys, "direct"]) & table["what"].ne(ROW))]
        return pd.concat([table, _by_way_of(table)], ignore_index=True)[UNLOCKS]

    @staticmethod
    def _under(table: pd.DataFrame) -> pd.Series:
        """Whether land waits for a project under a land action that no other project opens."""
        alone = set(zip(*(table.loc[table["what"] == PRACTICE, name] for name in ("step", "target")), strict=True))
        named = [name.partition("[")[2].partition(",")[0].strip("'") for name in table["row"]]
        mine = [pair in alone for pair in zip(table["step"], named, strict=True)]
        return pd.Series(mine, index=table.index, dtype=bool) & (table["how"] == "enables") & (table["what"] == LAND)

    def _in_plan(self) -> pd.DataFrame:
        """Steps and rows of the plan that rely on a step."""
        change, rows = sparse.csc_array(self.taken_out), self.rows
        codes, starts = self.steps["step"].tolist(), self._positions
        found: list[tuple[Any, ...]] = []
        for step, at, by, side in self.broken.itertuples(index=False, name=None):
            if at < 0:
                found.append((codes[step], ROW, "", "mandate", True, "", True, "", "", "", 1.0, ""))
                continue
            of = rows.iloc[at]
            how = HOW.get(of["family"], "limit")
            column = change[:, [at]]
            users = column.indices[np.sign(column.data) == -side]
            users = users[users != step]
            size = np.minimum(np.abs(column.toarray().ravel()[users]), by)
            keep = size > NEAR * max(1.0, by)
            users, size = users[keep], size[keep]
            named = (of["row"], of["jurisdiction"], of["period"])
            if how not in NEEDED and how != "uplift":
                later = starts[users] >= starts[step]  # what came before does not wait for it
                users, size = users[later], size[later]
                found.append((codes[step], ROW, of["limit"], how, True, "", False, *named, float(by), of["unit"]))
            order = np.argsort(-size, kind="stable")
            order = order if how in NEEDED else order[:MOST]
            kinds = self.steps["kind"].to_numpy()
            found += [
                (codes[step], str(kinds[users[k]]), codes[users[k]], how, True, "", False, *named, float(size[k]),
                 of["unit"])
                for k in order
            ]  # fmt: skip
        return pd.DataFrame(found, columns=UNLOCKS)

    @cached_property
    def _positions(self) -> Ints:
        names = period_names(self.priced.ledger.study.periods)
        return np.array([names.index(start) for start in self.steps["start"]], dtype=np.int64)

    def _synergies(self) -> pd.DataFrame:
        """What comes of two projects of the plan, and of neither alone."""
        study = self.priced.ledger.study
        built = set(self.steps["project"]) - {""}
        unit = dict(zip(study.accounts["account"], study.accounts["unit"], strict=True))
        found: list[tuple[Any, ...]] = []
        table = study.synergies[["project", "with", "account", "value"]]
        for one, other, account, value in table.itertuples(index=False, name=None):
            if {one, other} <= built:
                more = (account, "", "", float(value), unit.get(account, ""))
                found += [(a, PROJECT, b, "synergy", True, "", True, *more) for a, b in ((one, other), (other, one))]
        return pd.DataFrame(found, columns=UNLOCKS)

    def _only(self) -> pd.DataFrame:
        """What no plan has without a project of this plan, by the tables."""
        study, found = self.priced.ledger.study, []
        works = self.priced.ledger.works
        possible = dict(zip(works.names, np.any(works.possible, axis=1).tolist(), strict=True))
        for project in self.steps.loc[self.steps["kind"] == PROJECT, "project"]:
            for what, target, how, via in impossible_without(study, project, possible):
                found.append((project, what, target, how, not via, via, True, "", "", "", np.nan, ""))
        return pd.DataFrame(found, columns=UNLOCKS)


OF_PROJECTS: Final = frozenset({"draw", "uplifted", "together"})
"""Components whose columns are of projects."""


def _size(side: Floats) -> Floats:
    return np.where(np.isfinite(side), np.abs(side), 0.0)


def _family(name: str) -> str:
    return name.partition("[")[0]


def _projects(priced: Priced) -> tuple[list[tuple[Any, ...]], list[Ints]]:
    """A step for every project that the plan starts."""
    study = priced.ledger.study
    begun = dict(zip(priced.plan.projects["project"], priced.plan.projects["start"].fillna(""), strict=True))
    rows = [
        (row.project, PROJECT, begun[row.project], row.project, row.jurisdiction, "", np.nan, 0, float(row.capex))
        for row in each(study.projects)
        if begun.get(row.project)
    ]
    return rows, [np.zeros(0, dtype=np.int64)] * len(rows)


def land_code(jurisdiction: str, zone: str, start: str) -> str:
    """The code of a step of land: its jurisdiction (blank: none), zone and period."""
    return f"{LAND}:{jurisdiction}/{zone}/{start}"


def _land(priced: Priced) -> tuple[list[tuple[Any, ...]], list[Ints]]:
    """A step for the land of each jurisdiction that the plan begins to use in a zone in a period."""
    ledger, options = priced.ledger, priced.ledger.options
    study, states = ledger.study, ledger.states
    taken = np.flatnonzero(priced.weight > SMALL)
    taken = taken[options.kind_start[options.kind[taken]] >= 0]
    kind, parcel = options.kind[taken], options.parcel[taken]
    table = pd.DataFrame(
        {
            "jurisdiction": study.parcels["jurisdiction"].fillna("").to_numpy()[parcel],
            "zone": states.zone_new[kind],
            "start": options.kind_start[kind],
            "area": study.parcels["area_ha"].to_numpy()[parcel] * priced.weight[taken],
        }
    )
    zones, names = [*study.zones["zone"], ""], period_names(study.periods)
    rows, mine = [], []
    keys = ["start", "jurisdiction", "zone"]
    for (start, place, zone), at in table.groupby(keys, sort=True).indices.items():
        code = land_code(str(place), str(zones[zone]), names[start])
        area, count = float(table["area"].to_numpy()[at].sum()), len(np.unique(parcel[at]))
        rows.append((code, LAND, names[start], "", str(place), str(zones[zone]), area, count, np.nan))
        mine.append(taken[at])
    return rows, mine


def impossible_without(study: Study, project: str, possible: dict[str, bool]) -> list[tuple[str, str, str, str]]:
    """What cannot be in any plan in which a project is not built, by what projects and land actions ask for.

    Parameters
    ----------
    possible : whether each project has a start at all.

    Returns
    -------
    Of each a project or practice: its kind, name, what it asks for (``requires, bundle, enables, pool, site``), and
    by way of which project or practice (blank: it asks for the project itself).
    """
    gone: dict[tuple[str, str], None] = {(PROJECT, project): None}
    gone |= {(PROJECT, name): None for name, there in possible.items() if not there}
    known = set(gone)
    found: list[tuple[str, str, str, str]] = []
    waiting = dict(zip(study.practices["practice"], study.practices["requires_project"], strict=True))
    enabling = {
        practice: [row.project for row in each(study.projects) if practice in items(row.enables)]
        for practice, waits in waiting.items()
        if waits
    }
    while True:
        fresh: dict[tuple[str, str], tuple[str, str]] = {}
        for row in each(study.projects):
            if (PROJECT, row.project) not in known:
                for how, needs in _asked(study, row):
                    lost = next((need for need in needs if need in known), None)
                    if lost is not None and (PROJECT, row.project) not in fresh:
                        fresh[PROJECT, row.project] = how, lost[1]
        for practice, by in enabling.items():
            if (PRACTICE, practice) not in known and all((PROJECT, name) in known for name in by) and project in by:
                fresh[PRACTICE, practice] = "enables", project
            elif (PRACTICE, practice) not in known and by and all((PROJECT, name) in known for name in by):
                fresh[PRACTICE, practice] = "enables", next(name for name in by if possible.get(name))
        if not fresh:
            return found
        for (what, name), (how, of) in fresh.items():
            found.append((what, name, how, "" if of == project else of))
        known |= set(fresh)


def _asked(study: Study, row: Any) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """What a project cannot be built without: how, and of each what, any of which is enough to stop it."""
    yield "requires", [(PROJECT, name) for name in items(row.requires)]
    if row.bundle:
        others = study.projects.loc[study.projects["bundle"] == row.bundle, "project"]
        yield "bundle", [(PROJECT, name) for name in others if name != row.project]
    if row.min_area_of.startswith("practice:") and row.min_area > 0:
        yield "pool", [(PRACTICE, row.min_area_of.removeprefix("practice:"))]
    if row.footprint and row.footprint_practice:
        yield "site", [(PRACTICE, row.footprint_practice)]


def _by_way_of(table: pd.DataFrame) -> pd.DataFrame:
    """What a step unlocks by way of another one that cannot go on without it."""
    mine = table[table["direct"] & table["how"].isin(NEEDED) & table["what"].ne(ROW)]
    after: dict[str, dict[str, Any]] = {}
    for row in mine.to_dict("records"):
        after.setdefault(row["step"], {}).setdefault(row["target"], row)
    known = set(zip(table["step"], table["target"], strict=True))
    found = []
    for step, direct in after.items():
        seen, queue = {step, *direct}, [(target, target) for target in direct]
        while queue:
            at, via = queue.pop(0)
            for target, row in after.get(at, {}).items():
                if target not in seen:
                    seen.add(target)
                    queue.append((target, via))
                    if (step, target) not in known:
                        found.append({**row, "step": step, "direct": False, "via": via, "only": False})
    return pd.DataFrame(found, columns=UNLOCKS)
