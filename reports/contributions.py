"""What every number of a study contributes to F1 and F2 of a plan, and how sure it is.

Million, present value. Flow rows of classes, zones and practices are told one by one, those of parcels by account and
source, projects by account. A capture counts with the row of whose uplift it takes, that of a catchment with its tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.schema import BUILT_IN_ACCOUNTS
from zonevest.instances.study import period_names
from zonevest.model.booked import PROJECT, QUOTA, STEPS, TAKEN
from zonevest.model.flows import CASH, ECOSYSTEM, NEVER
from zonevest.model.synergies import Run, synergies
from zonevest.reports.land_tables import started

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger
    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

LAND_TABLES = ("class_flows", "zone_flows", "practice_flows")
SURE = ("published", "computed", "stated in the paper", "recalled", "modelling default")
"""From the surest on; other words of a study come after them, and nothing said comes last."""
COLUMNS = ["table", "row", "what", "account", "source", "confidence", "cash", "ecosystem", "cash_nothing",
           "ecosystem_nothing", "used"]  # fmt: skip
SMALL = 1e-9
FINANCING = "financing"
"""What F1 holds beside all rows: grants less the price of debt, and what the compensation fund passes on."""


def contributions(facts: Facts) -> pd.DataFrame:
    """What every row of numbers adds to F1 and F2.

    Returns
    -------
    DataFrame
        ``table, row`` (position in the table, -1: several or none), ``what`` (subject), ``account, source,
        confidence``; ``cash, ecosystem`` of the plan and ``…_nothing`` of doing nothing (0 where there is no such
        state); ``used``: some land or project of the plan carries it. The sum of cash less cash_nothing is the plan's
        gain in F1, and so for F2.
    """
    parts = [_land(facts), _parcels(facts), _others(facts)]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    total = table["cash"] - table["cash_nothing"]
    rest = 0.0 if facts.plan.cash is None else facts.plan.cash - float(total.sum())
    if abs(rest) > SMALL * (1.0 + float(total.abs().sum())):
        used = facts.plan.financing["instrument"] if len(facts.plan.financing) else []
        rows = facts.study.instruments[facts.study.instruments["instrument"].isin(used)]
        named = ("instruments", -1, FINANCING, "", *_least_sure(rows), rest, 0.0, 0.0, 0.0, True)
        table = pd.concat([table, pd.DataFrame([named], columns=COLUMNS)], ignore_index=True)
    return table


def _least_sure(rows: pd.DataFrame) -> tuple[str, str]:
    """Source and confidence of the least sure of some rows, blank where there are none."""
    if rows.empty:
        return "", ""
    words = rows["confidence"].fillna("").astype(str).tolist()
    ranks = [len(SURE) + (word == "") if word not in SURE else SURE.index(word) for word in words]
    at = int(np.argmax(ranks))
    return str(rows["source"].fillna("").iloc[at]), words[at]


def _values(ledger: Ledger, kind: Ints, parcel: Ints, share: Floats) -> dict[str, Floats]:
    """What each row of `LandRows` adds to F1 and F2, and how much land carries it, shape (rows,) each."""
    land, timed, size = ledger.land, ledger.land.timed, len(ledger.land_rows.source)
    found = {name: np.zeros(size) for name in (CASH, ECOSYSTEM, "used")}
    kinds = len(ledger.options.kind_pattern)
    worth = {name: _worths(timed, name) for name in (CASH, ECOSYSTEM)}
    for scale in np.unique(timed.rows.scale).tolist():
        at = np.flatnonzero(timed.rows.scale == scale)
        area = np.bincount(kind, weights=share * ledger.scales[scale][parcel], minlength=kinds)
        plain = (land.carried.T @ area)[land.stream[at]]
        found["used"] += np.bincount(land.row[at], weights=plain, minlength=size)
        for name, (annual, once) in worth.items():
            spread = (land.carried.T @ (area * ledger.factor(name)))[land.stream[at]]
            amount = annual[at] * plain + once[at] * spread
            found[name] += np.bincount(land.row[at], weights=amount, minlength=size)
    return found


def _worths(timed: Any, name: str) -> tuple[Floats, Floats]:
    """F1 or F2 of timed rows: annual ones, and one-off ones carried to y0."""
    rate, weight = timed.clock.rate(name), timed.weight(name)
    return timed.at_present(rate, timed.yearly(), weight), timed.carried(rate, weight)


def _land(facts: Facts) -> pd.DataFrame:
    """The flow rows of classes, zones and practices."""
    chosen, ledger, held = facts.chosen, facts.ledger, facts.ledger.held
    found = _values(ledger, chosen.kind, chosen.parcel, chosen.share)
    every = np.arange(len(facts.study.parcels))
    nothing = {name: np.zeros_like(values) for name, values in found.items()}
    if facts.study.has_doing_nothing and len(every):
        nothing = _values(held, held.options.pattern[every], every, np.ones(len(every)))
    rows, parts = ledger.land_rows, []
    for number, name in enumerate(LAND_TABLES):
        table, at = facts.study.tables[name], rows.table == number
        sums = {
            key: np.bincount(rows.source[at], weights=values[at], minlength=len(table))
            for key, values in (
                ("cash", found[CASH]), ("ecosystem", found[ECOSYSTEM]), ("cash_nothing", nothing[CASH]),
                ("ecosystem_nothing", nothing[ECOSYSTEM]), ("used", found["used"]),
            )
        }  # fmt: skip
        own = {key: table[key].to_numpy() for key in ("account", "source", "confidence")}
        what = table[table.columns[0]].to_numpy()
        frame = pd.DataFrame({"table": name, "row": np.arange(len(table)), "what": what, **own, **sums})
        parts.append(frame.assign(used=frame["used"] > 0)[COLUMNS])
    return pd.concat(parts, ignore_index=True)


def _parcels(facts: Facts) -> pd.DataFrame:
    """The parcels' own rows, by account, source and confidence."""
    ledger, chosen = facts.ledger, facts.chosen
    if ledger.own is None:
        return pd.DataFrame(columns=COLUMNS)

    def values(of: Ledger, option: Ints, share: Floats) -> tuple[Ints, dict[str, Floats]]:
        """The rows, and what each stream adds."""
        assert of.own is not None
        carried = of.own.carried[option]
        kind = of.options.kind[option]
        found = {"used": np.asarray(share @ carried)}
        for name in (CASH, ECOSYSTEM):
            annual, once = _worths(of.own.timed, name)
            found[name] = annual * (share @ carried) + once * ((share * of.factor(name)[kind]) @ carried)
        return of.own.row, found

    flows = facts.study.parcel_flows
    every = np.arange(len(facts.study.parcels))
    sides = [("", *values(ledger, chosen.option, chosen.share))]
    if facts.study.has_doing_nothing:
        sides.append(("_nothing", *values(ledger.held, every, np.ones(len(every)))))
    parts = []
    for side, row, found in sides:
        frame = flows.iloc[row][["account", "source", "confidence"]].reset_index(drop=True)
        frame[f"cash{side}"], frame[f"ecosystem{side}"] = found[CASH], found[ECOSYSTEM]
        frame["used"] = found["used"] if not side else 0.0
        parts.append(frame)
    table = pd.concat(parts).groupby(["account", "source", "confidence"], sort=False).sum().reset_index()
    table = table.assign(table="parcel_flows", row=-1, what="", used=table["used"] != 0)
    return table.reindex(columns=COLUMNS, fill_value=0.0)


def _others(facts: Facts) -> pd.DataFrame:
    """Projects, the land that they take, quotas, price steps and synergies."""
    accounts, found = facts.ledger.accounts, facts.books.plan
    cash: dict[tuple[str, str, str, str], list[float]] = {}
    for (kind, source, account, taken), value in zip(
        found.rows.itertuples(index=False, name=None), found.present.tolist(), strict=True
    ):
        if kind in (PROJECT, TAKEN, QUOTA, STEPS):
            part = accounts.part(CASH, int(accounts.names.get_loc(account)), source if kind == PROJECT else "")
            cash.setdefault((kind, source, account, taken), [0.0, 0.0])[0] += part * value
    for (kind, source, account), value in _nature(facts).items():
        cash.setdefault((kind, source, account, ""), [0.0, 0.0])[1] += value
    rows = [(*_origin(facts, *key), first, second, 0.0, 0.0, True) for key, (first, second) in cash.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _nature(facts: Facts) -> dict[tuple[str, str, str], float]:
    """F2 of projects, of the land that they take and of synergies: (kind, project, account) -> value."""
    ledger, works, leaving = facts.ledger, facts.ledger.works, facts.ledger.leaving
    names, starts, rate = period_names(facts.study.periods), started(facts), facts.ledger.clock.social
    owner = {works.names.index(j) * len(names) + names.index(s): j for j, s in starts.items()}
    sums: dict[tuple[str, str, str], float] = {}

    def add(kind: str, at: Ints, account: Ints, value: Floats) -> None:
        for start, code, amount in zip(at.tolist(), account.tolist(), value.tolist(), strict=True):
            if start in owner and amount:
                key = kind, owner[start], str(ledger.accounts.names[code])
                sums[key] = sums.get(key, 0.0) + amount

    annual, once = _worths(works.timed, ECOSYSTEM)
    last = np.where(works.end == 0, NEVER, works.end - 1)
    factor = (1.0 + rate) ** (works.service - ledger.clock.years[0]).astype(float)
    factor = factor * ledger.clock.annuity(rate, works.service, works.life, last)
    add(PROJECT, works.start, works.timed.rows.account, annual + once * factor[works.start])
    annual, _ = _worths(leaving.timed, ECOSYSTEM)
    add(TAKEN, leaving.start[leaving.leave], leaving.timed.rows.account, annual)
    weight = ledger.accounts.weight(ECOSYSTEM)
    for synergy in synergies(ledger):
        if synergy.first in starts and synergy.second in starts:
            run = Run.of(ledger, synergy, names.index(starts[synergy.first]), names.index(starts[synergy.second]))
            key = PROJECT, synergy.first, synergy.account
            sums[key] = sums.get(key, 0.0) + float(weight[run.account]) * run.worth(rate)
    return sums


def _origin(facts: Facts, kind: str, source: str, account: str, taken: str) -> tuple[str, int, str, str, str, str]:
    """Table, row, subject, account, source and confidence of what is booked beside the flow rows of land."""
    study = facts.study
    if kind == TAKEN:
        classes = study.land_take.loc[study.land_take["project"] == source, "land_class"]
        rows = study.class_flows
        rows = rows[rows["land_class"].isin(classes) & (rows["account"] == account)]
        return "land_take", -1, source, account, *_least_sure(rows)
    if kind == QUOTA:
        return "quotas", -1, source, account, *_least_sure(study.quotas[study.quotas["quota"] == source])
    if kind == STEPS:
        steps = study.price_steps
        mine = steps[(steps["account"] == account) & (steps["area_account"] == source)]
        return "price_steps", -1, source, account, *_least_sure(mine)
    if taken:
        tools = study.accounts.loc[study.accounts["account"] == account, "capture_tool"]
        mine = study.capture[study.capture["capture_tool"].isin(tools) & (study.capture["uplift_account"] == taken)]
        return "capture", -1, source, account, *_least_sure(mine)
    for name in ("project_flows", "synergies"):
        table = study.tables[name]
        mine = table[(table["project"] == source) & (table["account"] == account)]
        if len(mine) and account not in BUILT_IN_ACCOUNTS:
            return name, -1, source, account, *_least_sure(mine)
    return "projects", -1, source, account, "", ""
