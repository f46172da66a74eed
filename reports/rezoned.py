"""Land that the plan rezones, and why: a reason that can be checked, with the numbers behind it.

For every rezoned parcel the option chosen is compared with holding it, all else as it is: what that brings in F1, in F2
and in the objective, and what it is worth to the limit that asks most for it (shadow price x what the option adds to
the limit). The reason is the first that holds:

1. ``mandated``: the parcel is locked to a zone or practice, and may not be held;
2. ``project``: a chosen project lies on it, enables the practice, or needs a pool of it;
3. ``value``: the objective gains by it;
4. ``limit``: it does not, but a limit or a quota with a shadow price is served;
5. ``uplift``: a chosen project raises the value of such land in its catchment;
6. ``joint``: none of these alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import each, items, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.model.limits import limit_sides, total_or_period
from zonevest.model.options import REASONS
from zonevest.model.policy import ACCOUNTS
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.land_tables import started
from zonevest.reports.terms import SMALL, Entries, Terms, added, as_held, sold_in_steps, some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

COLUMNS = [
    "parcel_id", "jurisdiction", "zone_before", "zone", "class_before", "class_after", "practice", "start", "area_ha",
    "cash", "ecosystem", "objective", "reason", "project", "limit", "limit_worth",
]  # fmt: skip


def rezoned(facts: Facts) -> pd.DataFrame:
    """Every rezoned parcel with what it brings over holding it, and the reason.

    Returns
    -------
    DataFrame
        ``parcel_id, jurisdiction, zone_before, zone, class_before, class_after, practice, start, area_ha``; ``cash,
        ecosystem`` (F1 and F2 above holding, million present value), ``objective`` (the same in units of the
        objective); ``reason`` (see above), ``project``, ``limit`` (that asks most for it, whatever the reason) and
        ``limit_worth`` (in units of the objective).
    """
    # land that is left without any action lies in no zone, and is not rezoned
    at = np.flatnonzero((facts.land["rezoned"] & (facts.land["zone"] != "")).to_numpy(dtype=bool))
    if not len(at):
        return pd.DataFrame({name: [] for name in COLUMNS})
    land = facts.land.iloc[at].reset_index(drop=True)
    rows, priced = wanted(facts)
    more = _above_holding(facts, at, [*rows, *(terms for _, terms in priced)])
    worth = more[:, len(rows) :]
    best = worth.argmax(axis=1) if worth.shape[1] else np.zeros(len(at), dtype=np.int64)
    most = worth[np.arange(len(at)), best] if worth.shape[1] else np.zeros(len(at))
    names = np.array([name for name, _ in priced] or [""], dtype=object)
    project, uplift = _projects(facts, land), _uplift(facts, land)
    cases = {
        "mandated": _mandated(facts, at),
        "project": project != "",
        "value": more[:, 2] > SMALL,
        "limit": most > SMALL,
        "uplift": uplift != "",
    }
    land["cash"], land["ecosystem"], land["objective"] = more[:, :3].T
    land["reason"] = np.select(list(cases.values()), list(cases), "joint")
    land["project"] = np.select([land["reason"] == "project", land["reason"] == "uplift"], [project, uplift], "")
    land["limit"] = np.where(most > SMALL, names[best], "")
    land["limit_worth"] = np.where(most > SMALL, most, 0.0)
    return land[COLUMNS]


def _above_holding(facts: Facts, at: NDArray[np.int64], wanted: list[Terms]) -> Floats:
    """What rows of the land add to sums of entries, less what they would if they were held, shape (rows, sums)."""
    rows = some(facts.chosen, at)
    return added(rows, wanted) - added(as_held(rows), wanted)


def wanted(facts: Facts) -> tuple[list[Terms], list[tuple[str, Terms]]]:
    """F1, F2 and the objective as terms; and for every row with a shadow price what a unit of it is worth."""
    ledger, objective = facts.ledger, facts.study.settings.objective
    entries = Entries(period_names(facts.study.periods))
    cash = Terms({(CASH, TOTAL, 0): 1.0}) + sold_in_steps(facts)
    nature = Terms({(ECOSYSTEM, TOTAL, 0): 1.0})
    accounts = {name: total_or_period(entries, ledger, name, TOTAL, TOTAL) for name in objective.accounts}
    weighted: Any = sum((weight * accounts[name] for name, weight in objective.accounts.items()), Terms())
    known = {"cash": cash, "ecosystem": nature, ACCOUNTS: weighted}
    if objective.method == "lexicographic":
        first = objective.order[0]
        goal: Any = known[first] if first in known else total_or_period(entries, ledger, first, TOTAL, TOTAL)
    elif objective.method == "floor":
        goal = weighted + known["ecosystem" if "cash" in objective.floor else "cash"]
    else:
        goal = weighted + objective.cash * cash + objective.ecosystem * nature
    return [cash, nature, goal], _priced(facts, entries)


def _priced(facts: Facts, entries: Entries) -> list[tuple[str, Terms]]:
    """Limits and quotas with a shadow price: what they pay for each of their terms, in units of the objective."""
    ledger, study, found = facts.ledger, facts.study, list[tuple[str, Terms]]()
    limits, quotas = ({getattr(row, key): row for row in each(study.tables[name])} for key, name in
                      (("limit", "limits"), ("quota", "quotas")))  # fmt: skip
    rows = facts.plan.limits
    for row in each(rows[rows["shadow_price"].fillna(0.0).abs() > SMALL]):
        if row.limit in limits:
            body, bound = limit_sides(entries, ledger, limits[row.limit], row.jurisdiction, row.period)
            found.append((row.limit, _of_land(-row.shadow_price * (body - bound))))
        elif row.limit.startswith("quota.") and (quota := quotas.get(row.limit.removeprefix("quota."))) is not None:
            t, change = entries.names.index(row.period), Terms()
            for account, when, sign in (
                (quota.account_generated, t - int(quota.available_after), 1.0), (quota.account_used, t, -1.0)
            ):  # fmt: skip
                if account and when >= 0:
                    years = float(ledger.clock.length[when]) if ledger.recurrence(account) == "annual" else 1.0
                    change += Terms({(account, row.jurisdiction, when): sign * years})
            found.append((row.limit, row.shadow_price * change))
    return found


def _of_land(terms: Terms) -> Terms:
    """The terms that land can add to: no finance, trade or gains."""
    return Terms({entry: v for entry, v in terms.items() if not entry[0].startswith(("finance.", "quota.", "gain."))})


def _mandated(facts: Facts, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a lock or ban keeps a parcel from being held, by row."""
    options, parcel = facts.ledger.options, facts.chosen.parcel[at]
    locks = [REASONS.index(name) for name in ("locked_zone", "forbidden_zones", "locked_practice")]
    return np.isin(options.reasons[options.pattern[parcel], 0], locks)


def _projects(facts: Facts, land: pd.DataFrame) -> NDArray[np.object_]:
    """The chosen project that needs each row: whose footprint it is, that enables its practice, or pools such land."""
    chosen, found = started(facts), np.full(len(land), "", dtype=object)
    waits = set(facts.study.practices.loc[facts.study.practices["requires_project"], "practice"])
    for row in each(facts.study.projects):
        if row.project not in chosen:
            continue
        pool = row.min_area_of.removeprefix("practice:") if row.min_area_of.startswith("practice:") else ""
        enabled = [name for name in items(row.enables) if name in waits]
        needs = land["parcel_id"].isin(items(row.footprint)) | land["practice"].isin([*enabled, *filter(None, [pool])])
        found[needs.to_numpy() & (found == "")] = row.project
    return found


def _uplift(facts: Facts, land: pd.DataFrame) -> NDArray[np.object_]:
    """The first chosen project that raises the value of each row in its catchment."""
    chosen, found = started(facts), np.full(len(land), "", dtype=object)
    at = pd.Index(facts.study.parcels["parcel_id"]).get_indexer(land["parcel_id"])
    which, cells = pd.factorize(facts.study.parcels["tags"].to_numpy()[at])
    for row in each(facts.study.projects):
        if row.project in chosen and row.catchment:
            inside = np.array([row.catchment in items(cell) for cell in cells], dtype=bool)[which]
            wanted = items(row.uplift_of)
            of = land["practice"].isin(wanted).to_numpy() if wanted else np.ones(len(land), dtype=bool)
            found[inside & of & (found == "")] = row.project
    return found


_PV = "million, present value"
SHEETS = (
    Sheet(
        "rezoned", "statutory", rezoned,
        (Column("parcel_id", "text"), Column("jurisdiction", "jurisdiction"), Column("zone_before", "zone"),
         Column("zone", "zone"), Column("class_before", "land_class"), Column("class_after", "land_class"),
         Column("practice", "practice"), Column("start", "period"), Column("area_ha", unit="ha", total=True),
         Column("cash", unit=_PV, total=True), Column("ecosystem", unit=_PV, total=True), Column("objective"),
         Column("reason", "word:reason_"), Column("project", "project"), Column("limit", "limit"),
         Column("limit_worth")),
    ),
)  # fmt: skip
