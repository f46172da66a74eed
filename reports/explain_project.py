"""A project in a plan: what each of its starts is worth at the prices, what it needs, what it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import items, period_names
from zonevest.model.flows import CASH, ECOSYSTEM, NEVER
from zonevest.model.land import footprint_row
from zonevest.model.policy import objective_weights
from zonevest.reports.explain import PROJECT, Explanation, parts_of
from zonevest.reports.explain_text import LAND_TAKEN
from zonevest.reports.priced import SMALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy import sparse

    from zonevest.reports.priced import Priced

    Floats: TypeAlias = NDArray[np.float64]

TURNED = ("capex", "annual_revenue")
"""Columns of the projects table whose break-even is told."""
FUNDS = {
    "cash": ["cash[", "reserve["],
    "raising": ["draw_cap[", "fund_project[", "instrument_total[", "instrument_period[", "golden_rule["],
    "debt": ["debt_ratio_cap[", "interest_share_general[", "interest_share_fund[", "dscr_min[", "cover_min[", "lean["],
    "land": ["land_take[", "site_take["],
}
"""What a project takes of what all share, by the families of rows that say how much there is."""


def explain_project(priced: Priced, project: str, moved: Mapping[str, Floats]) -> Explanation:
    """What a project is worth in the plan, start by start, and what would make it in or out at the prices.

    Parameters
    ----------
    moved : for each of `TURNED` what each start gains, the project's number a unit higher, shape (periods,).

    Returns
    -------
    Explanation
        ``starts``: of each period ``start, possible, chosen, value, rows, worth`` and, for each of `TURNED`,
        ``…_break_even``: the number at which the start is worth nothing at these prices (NaN: it does not matter).
        ``parts``: of each start by account and row, as of a parcel. ``needs``: ``need, of, met, binds, value``: what
        the project asks for, or what relies on it (``needed_by``, ``enables``), whether the plan has it, whether it is
        short there, or does rely on it, and, for land and funds, what that is worth at the prices (below 0: it costs
        the project so much; of ``enables``, what its land would lose). ``funding``: what instruments raise for it.
        ``figures``: ``start`` (blank: not built), ``capex``, ``annual_revenue``, ``worth`` (of the
        start that is chosen, else the best possible one), ``why_not`` where it can never start, ``mandatory``.

    Raises
    ------
    KeyError
        If there is no such project.
    """
    ledger = priced.ledger
    names = list(ledger.works.names)
    if project not in names:
        raise KeyError(project)
    j, periods = names.index(project), period_names(ledger.study.periods)
    amounts = _of_starts(priced, j)
    worth = amounts @ priced.charge
    value = amounts[:, [-1]].toarray().ravel()
    built = str(priced.plan.projects.set_index("project").loc[project, "start"] or "")
    possible = ledger.works.possible[j]
    starts = pd.DataFrame(
        {"start": periods, "possible": possible, "chosen": [name == built for name in periods], "value": value,
         "rows": worth - value, "worth": worth}
    )  # fmt: skip
    row = ledger.study.projects.iloc[j]
    for name, slope in moved.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            starts[f"{name}_break_even"] = np.where(np.abs(slope) > SMALL, float(row[name]) - worth / slope, np.nan)
    named = pd.DataFrame({"start": periods})
    shown = np.flatnonzero(possible)
    told = built if built else (periods[int(shown[worth[shown].argmax()])] if len(shown) else "")
    figures = {
        "start": built,
        "told": told,
        "capex": float(row["capex"]),
        "annual_revenue": float(row["annual_revenue"]),
        "worth": float(worth[periods.index(told)]) if told else None,
        "why_not": ledger.works.why_not.get(project, ""),
        "mandatory": bool(row["mandatory"]),
    }
    financing = priced.plan.financing
    tables = {
        "starts": starts,
        "parts": parts_of(priced, named, amounts, *_accounts(priced, j, value)),
        "needs": _needs(priced, j, amounts[periods.index(told)].toarray().ravel() if told else None),
        "funding": financing[financing["project"] == project].reset_index(drop=True),
    }
    return Explanation(PROJECT, project, ledger.study, priced.basis, figures, tables)


def _of_starts(priced: Priced, j: int) -> sparse.csr_array:
    """What a start in each period adds to the rows and to the objective: its state is 1 from then on."""
    later = np.triu(np.ones((priced.states.shape[1],) * 2))
    return type(priced.block.by_column)(later @ priced.block.by_column[priced.states[j]].toarray())


def _accounts(priced: Priced, j: int, value: Floats) -> tuple[list[str], Floats]:
    """What each start adds to the objective, by account; the rest is of the land that it takes."""
    works, weights = priced.ledger.works, objective_weights(priced.plan.study)
    timed, clock, accounts = works.timed, works.timed.clock, priced.ledger.accounts
    periods, width = works.possible.shape[1], len(accounts.names)
    last = np.where(works.end == 0, NEVER, works.end - 1)
    total = np.zeros((works.possible.size, width))
    for what, name in (("cash", CASH), ("ecosystem", ECOSYSTEM)):
        rate, weight = clock.rate(name), timed.weight(name)
        cell = works.start * width + timed.rows.account
        annual, once = (
            np.bincount(cell, weights=part, minlength=total.size).reshape(total.shape)
            for part in (timed.at_present(rate, timed.yearly(), weight), timed.carried(rate, weight))
        )
        carried = (1.0 + rate) ** (works.service - clock.years[0]).astype(float)
        carried = carried * clock.annuity(rate, works.service, works.life, last)
        total += weights.get(what, 0.0) * (annual + once * carried[:, None])
    mine = total[j * periods : (j + 1) * periods]
    used = np.flatnonzero(np.abs(mine).max(axis=0, initial=0.0))
    rest = value - mine.sum(axis=1)
    rest[np.abs(rest) <= SMALL * np.maximum(1.0, np.abs(value))] = 0.0
    return [*(str(accounts.names[at]) for at in used), LAND_TAKEN], np.column_stack([mine[:, used], rest])


def _needs(priced: Priced, j: int, amounts: Floats | None) -> pd.DataFrame:
    """What a project asks for, what asks for it, and whether the plan has it.

    Parameters
    ----------
    amounts : what the start that is told adds to the rows, shape (m + 1,); None: there is none.
    """
    study, plan = priced.ledger.study, priced.plan
    row, periods = study.projects.iloc[j], period_names(study.periods)
    begun = dict(zip(plan.projects["project"], plan.projects["start"].fillna(""), strict=True))
    built = {name for name, start in begun.items() if start}
    mine = begun[row["project"]]
    when = mine or periods[-1]
    booked = plan.ledger[(plan.ledger["jurisdiction"] == "total") & (plan.ledger["period"] == when)]
    area = booked.set_index("account")["value"]
    none = float("nan")
    rows: list[tuple[str, str, bool, bool, float]] = []
    for name in items(row["requires"]):
        # the other starts no earlier than it must: it holds this one back
        late = name in built and bool(mine) and periods.index(begun[name]) >= periods.index(mine)
        rows.append(("requires", name, name in built, name not in built or late, none))
    for need in ("bundle", "exclusive_set"):
        others = study.projects.loc[(study.projects[need] == row[need]) & (row[need] != ""), "project"]
        for name in others[others != row["project"]]:
            met = (name not in built) if need == "exclusive_set" else begun[name] == mine and bool(mine)
            rows.append((need, name, met, not met, none))
    for name, asks in zip(study.projects["project"], study.projects["requires"], strict=True):
        if row["project"] in items(asks):
            rows.append(("needed_by", name, bool(mine) or name not in built, name in built, none))
    if row["min_area_of"]:
        account = "area." + row["min_area_of"].replace(":", ".")
        least, there = float(row["min_area"]), float(area.get(account, 0.0))
        value = _value(priced, amounts, [f"pool[{row['project']},"])
        rows.append(
            ("min_area", f"{account} >= {least:g}", there >= least * (1.0 - SMALL), there <= least * 1.001, value)
        )
    parcels = plan.parcels.set_index("parcel_id")
    zones = set(items(row["footprint_zones"]))
    lineage = dict(zip(study.zones["zone"], study.zones["parent"], strict=True))
    for name in items(row["footprint"]):
        taken = parcels.loc[[name]]
        fits = all(
            (not zones or bool(zones & {zone, lineage.get(zone, "")})) and row["footprint_practice"] in ("", practice)
            for zone, practice in zip(taken["zone"], taken["practice"], strict=True)
        )
        value = _value(priced, amounts, [footprint_row(row["project"], name, each.name) for each in study.periods])
        rows.append(("footprint", name, fits, not fits or abs(value) > SMALL, value))
    for practice in items(row["enables"]):
        shared = any(practice in items(cell) for name, cell in zip(study.projects["project"], study.projects["enables"],
                     strict=True) if name in built - {row["project"]})  # fmt: skip
        value = 0.0 if shared else _relying(priced, practice)
        rows.append(("enables", practice, bool(mine), abs(value) > SMALL, value))
    for need, families in FUNDS.items():
        value = _value(priced, amounts, families)
        if abs(value) > SMALL:
            rows.append((need, "", True, True, value))
    return pd.DataFrame(rows, columns=["need", "of", "met", "binds", "value"])


def _relying(priced: Priced, practice: str) -> float:
    """What land under a practice is worth above its best other practice: what it loses without what enables it."""
    options, worth = priced.ledger.options, priced.option_worth
    of_practice = options.kind_practice[options.kind] == options.practices.index(practice)
    other = np.full(len(options.pattern), -np.inf)
    np.maximum.at(other, options.parcel[~of_practice], worth[~of_practice])
    under = np.flatnonzero(of_practice & (priced.weight > SMALL))
    lost = worth[under] - other[options.parcel[under]]
    return float(priced.weight[under] @ np.where(np.isfinite(lost), lost, 0.0))


def _value(priced: Priced, amounts: Floats | None, prefixes: list[str]) -> float:
    """What a start gets, or pays, for rows at their prices."""
    if amounts is None:
        return 0.0
    of = priced.told["row"].str.startswith(tuple(prefixes)).to_numpy()
    return -float(amounts[:-1][of] @ priced.prices[of])
