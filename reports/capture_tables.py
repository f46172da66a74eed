"""The tables of the report of value created, captured and left to holders (see `zonevest.reports.capture`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.model.booked import LAND, PROJECT, QUOTA
from zonevest.model.flows import OUTSIDE
from zonevest.reports.capitalised import capitalised
from zonevest.reports.capture import (
    BOOKED,
    CAPITALISED,
    ITEMS,
    RISE,
    SMALL,
    SOURCE,
    land_origin,
    parts_of,
    public_actors,
)
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

HOLDERS: Final = {
    "collective": "owners", "farmers": "owners", "residents": "residents", "operators": "firms", "developers": "firms",
}  # fmt: skip
"""What the actors of the defaults are; all others are `others`, and who is not named at all is `unnamed`."""


def _wide(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """What is created (of it the rise of land value), captured and left, and what the public spends, one row each.

    Beside it all of the rise as it is booked, and what of it capitalises income.
    """
    rise = table[table["rise"] & (table["item"] == "created")].assign(item=RISE)
    table = pd.concat([table, rise], ignore_index=True)
    sums = table.pivot_table(index=list(by), columns="item", values="value", aggfunc="sum", sort=False, fill_value=0.0)
    sums = sums.reindex(columns=[*ITEMS, RISE, BOOKED], fill_value=0.0).astype(float).reset_index()
    sums.columns.name = None
    share = sums["captured"] / sums["created"].where(sums["created"] > SMALL)
    return sums.assign(capture_share=share, net_public=sums["captured"] - sums["public_cost"])


AMOUNTS: Final = (
    Column("created", unit="million", total=True),
    Column("rise", unit="million", total=True),
    Column(BOOKED, unit="million", total=True),
    Column(CAPITALISED, unit="million", total=True),
    Column("captured", unit="million", total=True),
    Column("left", unit="million", total=True),
    Column("capture_share", "share"),
    Column("public_cost", unit="million", total=True),
    Column("net_public", unit="million", total=True),
)
NAMES: Final = [column.name for column in AMOUNTS]
OF_PARCEL: Final = tuple(column for column in AMOUNTS if column.name != BOOKED)


def by_origin(facts: Facts) -> pd.DataFrame:
    """By what creates it, largest first."""
    table = _wide(facts.capture, ["origin"])
    return table.sort_values("created", ascending=False, kind="stable", ignore_index=True)[["origin", *NAMES]]


def by_source(facts: Facts) -> pd.DataFrame:
    """By undertaking: land actions, projects, quotas, land that is sold in steps; largest first."""
    table = _wide(facts.capture, ["origin", *SOURCE])
    for kind, column in ((LAND, "practice"), (PROJECT, "project"), ("", "account")):
        mine = table["kind"] == kind if kind else ~table["kind"].isin([LAND, PROJECT])
        table[column] = table["source"].where(mine, "")
    table["account"] = table["account"].where(table["kind"] != QUOTA, "quota." + table["account"] + ".sale")
    columns = ["origin", "practice", "project", "account", *NAMES]
    return table.sort_values("created", ascending=False, kind="stable", ignore_index=True)[columns]


def by_jurisdiction(facts: Facts) -> pd.DataFrame:
    """By jurisdiction; blank: in none."""
    return _wide(facts.capture, ["jurisdiction"])[["jurisdiction", *NAMES]]


def by_zone(facts: Facts) -> pd.DataFrame:
    """By zone after the action; blank: on no land."""
    return _wide(facts.capture, ["zone"])[["zone", *NAMES]]


def by_period(facts: Facts) -> pd.DataFrame:
    """By the period in which it begins."""
    table, order = _wide(facts.capture, ["period"]), [period.name for period in facts.study.periods]
    rank = table["period"].map({name: at for at, name in enumerate(order)}).fillna(len(order))
    return table.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)[["period", *NAMES]]


def by_instrument(facts: Facts) -> pd.DataFrame:
    """What is captured, by instrument and account: by the budget entity, and by others of the public."""
    table, purse = facts.capture, facts.ledger.accounts.purse
    created = float(table["value"][table["item"] == "created"].sum())
    taken = table[table["item"] == "captured"]
    taken = taken.assign(purse=taken["value"].where(taken["actor"].isin(purse), 0.0))
    sums = taken.groupby(["instrument", "account"], sort=False)[["value", "purse"]].sum().reset_index()
    sums = sums[sums[["value", "purse"]].abs().max(axis=1) > SMALL]
    order = sums.groupby("instrument")["value"].transform("sum")
    sums = sums.iloc[np.lexsort([-sums["value"], sums["instrument"], -order])].reset_index(drop=True)
    share = sums["value"] / created if created > SMALL else np.nan
    sums = sums.assign(capture_tool=sums.pop("instrument"), captured=sums["value"], captured_purse=sums["purse"])
    sums = sums.assign(captured_others=sums["captured"] - sums["captured_purse"], created_share=share)
    return sums[["capture_tool", "account", "captured", "captured_purse", "captured_others", "created_share"]]


def by_holder(facts: Facts) -> pd.DataFrame:
    """What is left to holders: the rise of land value, what else they earn, and what they pay to the public of it."""
    table = facts.capture
    created = float(table["value"][table["item"] == "created"].sum())
    left = table[table["item"] == "left"]
    public = left["account"].isin(table["account"][table["item"] == "captured"])
    part = np.select([left["rise"], public & (left["value"] < 0)], [RISE, "paid"], "earned")
    sums = left.assign(part=part).pivot_table(
        index="actor", columns="part", values="value", aggfunc="sum", sort=False, fill_value=0.0
    )
    sums = sums.reindex(columns=[RISE, "earned", "paid"], fill_value=0.0).astype(float).reset_index()
    sums.columns.name = None
    holder = sums["actor"].map(HOLDERS).fillna("others").where(sums["actor"] != OUTSIDE, "unnamed")
    whole = sums[[RISE, "earned", "paid"]].sum(axis=1)
    share = whole / created if created > SMALL else np.nan
    sums = sums.assign(holder=holder, left=whole, created_share=share)
    rank = sums["holder"].map(
        {name: at for at, name in enumerate(["owners", "residents", "firms", "others", "unnamed"])}
    )
    sums = sums.iloc[np.lexsort([-sums["left"], rank])].reset_index(drop=True)
    return sums[["holder", "actor", "rise", "earned", "paid", "left", "created_share"]]


def by_account(facts: Facts) -> pd.DataFrame:
    """Of what the value is made: the rise of land value, and what is paid from outside and to outside."""
    table = facts.capture
    made = table[table["item"] == "created"].groupby("account", sort=False)["value"].sum().reset_index(name="created")
    whole = float(made["created"].sum())
    made = made[made["created"].abs() > SMALL].sort_values("created", ascending=False, kind="stable", ignore_index=True)
    return made.assign(created_share=made["created"] / whole if whole > SMALL else np.nan)


def by_parcel(facts: Facts) -> pd.DataFrame:
    """Parcels on which value is created, captured or left, most first; at the end what is on none, by its origin."""
    found, told = facts.books, facts.books.chosen.told
    table = pd.DataFrame(
        {
            "parcel_id": facts.study.parcels["parcel_id"].to_numpy()[found.chosen.parcel],
            "origin": land_origin(facts.study, found),
            **{name: told[name].to_numpy() for name in ("jurisdiction", "zone", "practice", "period")},
            "area_ha": found.chosen.area,
            **of_parcels(facts),
        }
    )
    table = table[table[list(ITEMS)].abs().max(axis=1) > SMALL]
    table = table.sort_values("created", ascending=False, kind="stable")
    on_none = facts.capture[~facts.capture["on_land"]]
    rest = _wide(on_none, ["origin"]).assign(area_ha=np.nan)
    rest = rest.assign(**dict.fromkeys(("parcel_id", "jurisdiction", "zone", "practice", "period"), ""))
    table = pd.concat([table, rest[table.columns]] if len(rest) else [table], ignore_index=True)
    share = table["captured"] / table["created"].where(table["created"] > SMALL)
    table = table.assign(capture_share=share, net_public=table["captured"] - table["public_cost"])
    shown = [column.name for column in OF_PARCEL]
    return table[["parcel_id", "origin", "jurisdiction", "zone", "practice", "period", "area_ha", *shown]]


@once
def of_parcels(facts: Facts) -> dict[str, NDArray[np.float64]]:
    """`ITEMS` and the rise of land value of each row of the land, present value above doing nothing."""
    found, worth, raised = facts.books, facts.parcel_worth, facts.books.raised
    chosen, accounts = found.chosen, found.ledger.accounts
    booked = accounts.names[accounts.money | (accounts.family == "uplift")]
    # by what instrument it is captured is not asked here
    plain, taken = (
        pd.DataFrame({"account": booked, "captured": flag, "owner": "", "flow": False}) for flag in (False, True)
    )
    own = raised.rows.assign(captured=raised.rows["captured_from"] != "", owner=raised.rows["project"], flow=False)
    own = own[["account", "captured", "owner", "flow"]]
    parts = parts_of(facts.study, accounts, pd.concat([plain, taken, own]).drop_duplicates())
    rise = parts[(parts["item"] == "created") & parts["account"].isin(accounts.names[accounts.family == "uplift"])]
    parts = pd.concat([parts, rise.assign(item=RISE)])
    of = parts.groupby(["item", "account", "captured", "owner", "flow"])["part"].sum()
    column = accounts.names.get_indexer(booked)
    # what projects raise goes by their own shares, all else by the general ones
    captured = (worth.captured - raised.worth(worth.accounts, captured=True))[:, column]
    rest = (worth.plan - raised.worth(worth.accounts))[:, column] - captured
    rest = rest - sparse.diags_array(chosen.share) @ worth.nothing[chosen.parcel][:, column]
    values = {}
    for item in (*ITEMS, RISE):
        mine, theirs, each = (
            of.reindex(pd.MultiIndex.from_frame(keys.assign(item=item)[list(of.index.names)])).fillna(0.0).to_numpy()
            for keys in (plain, taken, own)
        )
        per_ha = np.bincount(raised.of, raised.per_ha[:, -1] * each, minlength=raised.hectares.shape[0])
        values[item] = np.asarray(rest @ mine + captured @ theirs + raised.hectares.T @ per_ha)
    public = public_actors(facts.study, accounts)
    for (_, actor), part in capitalised(found).items():
        for item in ("created", RISE, "captured" if actor in public else "left"):
            values[item] = values[item] - part
        values[CAPITALISED] = values[CAPITALISED] + part
    return values


SHEETS: Final = (
    Sheet("value_by_origin", "value", by_origin, (Column("origin", "word:origin_"), *AMOUNTS)),
    Sheet(
        "value_by_source",
        "value",
        by_source,
        (
            Column("origin", "word:origin_"),
            Column("practice", "practice"),
            Column("project", "project"),
            Column("account", "account"),
            *AMOUNTS,
        ),
    ),
    Sheet(
        "value_by_account",
        "value",
        by_account,
        (Column("account", "account"), Column("created", unit="million", total=True), Column("created_share", "share")),
    ),
    Sheet(
        "value_captured",
        "value",
        by_instrument,
        (
            Column("capture_tool", "word:capture_"),
            Column("account", "account"),
            Column("captured", unit="million", total=True),
            Column("captured_purse", unit="million", total=True),
            Column("captured_others", unit="million", total=True),
            Column("created_share", "share"),
        ),
    ),
    Sheet(
        "value_left",
        "value",
        by_holder,
        (
            Column("holder", "word:holder_"),
            Column("actor", "actor"),
            Column("rise", unit="million", total=True),
            Column("earned", unit="million", total=True),
            Column("paid", unit="million", total=True),
            Column("left", unit="million", total=True),
            Column("created_share", "share"),
        ),
    ),
    Sheet("value_by_jurisdiction", "value", by_jurisdiction, (Column("jurisdiction", "jurisdiction"), *AMOUNTS)),
    Sheet("value_by_zone", "value", by_zone, (Column("zone", "zone"), *AMOUNTS)),
    Sheet("value_by_period", "value", by_period, (Column("period", "period"), *AMOUNTS)),
    Sheet(
        "value_by_parcel",
        "value",
        by_parcel,
        (
            Column("parcel_id", "text"),
            Column("origin", "word:origin_"),
            Column("jurisdiction", "jurisdiction"),
            Column("zone", "zone"),
            Column("practice", "practice"),
            Column("period", "period"),
            Column("area_ha", unit="ha"),
            *OF_PARCEL,
        ),
    ),
)
"""The tables of value in the report."""
