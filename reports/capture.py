"""Value created, captured by the public and left to holders: present values above doing nothing, counted once.

What is created is what the territory gains: the rise of land value, as far as it does not capitalise income that is
booked too (see `capitalised`), and what is paid from outside less what is paid to outside. Between those inside it only
changes hands: what the public (the budget entity and actors marked public) receives is captured, by an instrument; what
all others have in the end is left to them. What the public spends outside on works and services is told apart, so that
what is created is seen before the cost of creating it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.model.booked import LAND, PROJECT, STEPS, TAKEN, Books, books
from zonevest.model.flows import OUTSIDE
from zonevest.model.gains import PRESENT
from zonevest.model.markets import OF_PRACTICE
from zonevest.reports.capitalised import capitalised
from zonevest.reports.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.flows import Accounts
    from zonevest.model.plan import PlanData

SOURCE: Final = ("kind", "source")
BY: Final = ("origin", *SOURCE, "jurisdiction", "zone", "period", "on_land")
"""What value may be told by."""
WHAT: Final = ("item", "instrument", "account", "actor")
CAPITALISED, BOOKED = "capitalised", "rise_booked"
"""Of a rise of land value what only capitalises income, which is counted, so that it is not; and all of the rise as it
is booked, in million of the years in which it happens."""
ITEMS: Final = ("created", "captured", "left", "public_cost", CAPITALISED)
"""Per source, place and parcel what is created is what is captured and what is left."""
MILLION: Final = "million"
REZONING: Final = "rezoning"
FLOW: Final = "flow"
"""The kind of space whose income is a third party's payment."""
RISE: Final = "rise"
"""Of what is created, the rise of land value, what is capitalised apart."""
SMALL: Final = 1e-9


def instrument(row: Any, *, captured: bool, flow: bool = False) -> str:
    """By what instrument the public receives what is booked on an account: the first rule that holds.

    Parameters
    ----------
    row : of the accounts table.
    captured : a capture tool takes it of the rise of land value.
    flow : it is of a land action or a project that makes flow space.
    """
    cost, path, route, role = row.family == "cost", row.path, row.route, row.role
    rules = (
        ("value_levies", captured),
        ("land_premium", role in ("land_sale", "land_cost") or (cost and route == "property_transfer")),
        ("quota_trade", row.account.startswith("quota.") or route == "quota_trade"),
        ("concession", role == "resource_income"),
        ("compensation", route == "compensation" or cost),
        ("land_premium", route == "property_transfer" and path == "government"),
        ("taxes", path == "government" and row.recurrence == "annual"),
        ("fees", path == "government"),
        ("third_party", flow or route == "rights_trade"),
        ("dividends", path in ("market", "government_market") or row.account.startswith("project.")),
    )
    return next((name for name, holds in rules if holds), "other")


def capture(plan: PlanData, booked: Books | None = None, by: Sequence[str] = SOURCE) -> pd.DataFrame:
    """Value created, captured and left to holders.

    Parameters
    ----------
    booked : what the plan books, where it is known already.
    by : some of origin, kind, source (practice, project, quota or account of hectares), jurisdiction, zone (after the
        action), period (in which it begins) and on_land (whether it is booked on parcels).

    Returns
    -------
    DataFrame
        The columns of `by`; ``item``: created, captured, left, public_cost, capitalised (of a rise of land value what
        only capitalises income of the same holder, and is in none of the others), rise_booked (all of it as it is
        booked: no present value); ``instrument`` (of what is captured); ``account``; ``actor`` who captures, holds or
        pays (blank for what is created or booked); ``value``; ``unit``. What is created is what is captured and left,
        by each of `by`.
    """
    if not plan.has_plan:
        return pd.DataFrame(columns=[*by, *WHAT, "value", "unit"])
    table = split(plan, booked or books(plan), by)
    return table.assign(unit=np.where(table["item"] == BOOKED, MILLION, PRESENT))


def split(plan: PlanData, found: Books, by: Sequence[str]) -> pd.DataFrame:
    """`capture` without the unit; what comes to nothing is left out."""
    table = _parted(found, plan.study)
    named = [*by, *WHAT]
    sums = table.groupby(named, sort=False, dropna=False)["value"].sum().reset_index()
    order = {name: at for at, name in enumerate([*ITEMS, BOOKED])}
    rank = sums["item"].map(order)
    first = sums.groupby(list(by), sort=False).ngroup() if by else rank * 0
    sums = sums.iloc[np.lexsort([rank, first])]
    return sums[sums["value"].abs() > SMALL].reset_index(drop=True)


@once
def _parted(found: Books, study: Study) -> pd.DataFrame:
    """What is booked above doing nothing, with the item that each part of it is."""
    rows = above_nothing(study, found)
    key = ["account", "captured", "owner", "flow"]
    parts = parts_of(study, found.ledger.accounts, rows[key].drop_duplicates())
    table = rows.merge(parts, on=key, how="left", sort=False)
    booked = table[(table["item"] == "created") & (table["booked"] != 0.0)]
    booked = booked.assign(item=BOOKED, value=booked["booked"] * booked["part"])
    table["value"] *= table.pop("part")
    return pd.concat([table, booked, *_not_twice(study, found)], ignore_index=True)


def _not_twice(study: Study, found: Books) -> Iterator[pd.DataFrame]:
    """What is taken off a rise of land value because income that it capitalises is counted: `BY`, `WHAT`, value."""
    told = _land_told(study, found).assign(on_land=True, kind=LAND)
    group = told.groupby(list(BY), sort=False).ngroup().to_numpy(dtype=np.int64)
    seen, accounts = told.drop_duplicates()[list(BY)].reset_index(drop=True), found.ledger.accounts
    public, table = public_actors(study, accounts), study.accounts.set_index("account", drop=False)
    for (account, actor), of_rows in capitalised(found).items():
        value = np.bincount(group, of_rows, len(seen))
        item, means = "left", ""
        if actor in public:
            item, means = "captured", instrument(table.loc[account], captured=False)
        for name, by, whose, sign in (
            ("created", "", "", -1.0),
            (item, means, actor, -1.0),
            (CAPITALISED, "", actor, 1.0),
        ):
            yield seen.assign(item=name, instrument=by, account=account, actor=whose, value=sign * value)


def _land_told(study: Study, found: Books) -> pd.DataFrame:
    """Origin, source and place of each row of the land."""
    told = found.chosen.told.rename(columns={"practice": "source"}).drop(columns="land_class")
    told.insert(0, "origin", land_origin(study, found))
    return told


def above_nothing(study: Study, found: Books) -> pd.DataFrame:
    """What is booked above doing nothing, on the land as on that same land held.

    Returns
    -------
    DataFrame
        `BY`, ``account``; ``captured``: a tool takes it of the rise of land value; ``owner``: the project whose own
        shares hold, ``""`` for none; ``flow``: a land action or project that makes flow space books it; ``value``; and
        ``booked``, of rises of land value, in million of the years in which they happen.
    """
    told = _land_told(study, found)
    on_land = {"kind": LAND, "owner": "", "on_land": True}
    parts = []
    for land, sign in ((found.chosen, 1.0), (found.chosen.held(), -1.0)):
        rows, amounts = land.booked(told.iloc[: len(land.share)])
        parts.append(rows.assign(value=sign * amounts[:, -1], booked=sign * amounts[:, :-1].sum(axis=1), **on_land))
    rows, amounts = found.raised.booked(told[["jurisdiction", "zone"]])
    rows = rows.rename(columns={"project": "source"})
    rows = rows.assign(value=amounts[:, -1], booked=amounts[:, :-1].sum(axis=1), on_land=True)
    parts.append(_of_projects(study, rows.assign(owner=rows["source"], kind=PROJECT)))
    rest = found.plan_by_place.rows.assign(value=found.plan_by_place.present, on_land=False)
    rest["booked"] = found.plan_by_place.totals.sum(axis=1)
    rest = rest[(rest["kind"] != LAND) & (rest["land_class"] == "")].drop(columns="land_class")
    parts.append(_of_projects(study, rest.assign(owner=rest["source"].where(rest["kind"] == PROJECT, ""))))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.assign(captured=table.pop("captured_from") != "")
    # what leaves with land that a project takes is of the project, but none of its income
    table["flow"] = (table["origin"] == FLOW) & ((table["kind"] == LAND) | (table["owner"] != ""))
    accounts = found.ledger.accounts
    rises = accounts.family[accounts.names.get_indexer(table["account"])] == "uplift"
    table["booked"] = table["booked"].where(rises, 0.0)
    named = [*BY, "account", "captured", "owner", "flow"]
    return table.groupby(named, sort=False)[["value", "booked"]].sum().reset_index()


def _of_projects(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that are not of land, with their origin; what leaves with land is of the project that takes it.

    Land on which a practice starts and that is sold or bought for in steps is of that practice.
    """
    space = {
        name: space or PROJECT for name, space in zip(study.projects["project"], study.projects["space"], strict=True)
    }
    kind = rows["kind"].replace(TAKEN, PROJECT)
    stepped = (kind == STEPS) & rows["source"].str.startswith(OF_PRACTICE)
    kind = kind.mask(stepped, LAND)
    origin = [space.get(name, one) if one == PROJECT else one for one, name in zip(kind, rows["source"], strict=True)]
    source = rows["source"].mask(stepped, rows["source"].str.removeprefix(OF_PRACTICE))
    return rows.assign(kind=kind, origin=np.array(origin, dtype=object), source=source)


def land_origin(study: Study, found: Books) -> NDArray[np.object_]:
    """By what the value of land changes: a kind of space that the practice renews, re-zoning, else the practice."""
    chosen, spaces = found.chosen, dict(zip(study.practices["practice"], study.practices["space"], strict=True))
    of_practice = np.array([spaces.get(name, "hold") for name in chosen.ledger.options.practices], dtype=object)
    space = of_practice[chosen.ledger.options.kind_practice[chosen.kind]]
    return np.where(space != "", space, np.where(chosen.rezoned, REZONING, LAND)).astype(object)


def public_actors(study: Study, accounts: Accounts) -> set[str]:
    """The budget entity and every actor marked public."""
    actors = study.actors
    return {*accounts.purse, *(actors["actor"][actors["public"].astype(bool)] if len(actors) else ())} - {OUTSIDE}


def parts_of(study: Study, accounts: Accounts, keys: pd.DataFrame) -> pd.DataFrame:
    """What becomes of one unit booked on an account: item, instrument, actor and part, by the columns of `keys`."""
    public = public_actors(study, accounts)
    table = study.accounts.set_index("account", drop=False)
    rows: list[tuple[Any, ...]] = []
    for account, captured, owner, flow in keys.itertuples(index=False):
        at = int(accounts.names.get_loc(account))
        row = table.loc[account]
        key, means = (account, captured, owner, flow), instrument(row, captured=captured, flow=flow)
        received, paid = accounts.sides(at, owner)
        # of a rise of value and of what is taken of it `outside` is a holder who is not named
        inside = row["family"] == "uplift" or captured
        spent = row["family"] == "cost" and means not in ("land_premium", "quota_trade")
        away = 0.0 if inside else received.get(OUTSIDE, 0.0)
        created = 0.0
        for actor in dict.fromkeys([*received, *paid]):
            if actor == OUTSIDE and not inside:
                continue
            net = received.get(actor, 0.0) - paid.get(actor, 0.0)
            if actor not in public:
                rows.append((*key, "left", "", actor, net))
            else:
                cost = paid.get(actor, 0.0) * away if spent else 0.0
                rows.append((*key, "captured", means, actor, net + cost))
                rows.append((*key, "public_cost", "", actor, cost))
                net += cost
            created += net
        rows.append((*key, "created", "", "", created))
    return pd.DataFrame(rows, columns=[*keys, "item", "instrument", "actor", "part"])
