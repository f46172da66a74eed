"""Who gains: by actor, by jurisdiction, and by urban and rural land, in all and per head.

All amounts are present values, million, by F1's arithmetic; per head in units of the currency, people at the start.
What holders have is what the actors receive less what they pay whose gains count as a jurisdiction's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.model.areas import START, TOTAL, population
from zonevest.model.flows import OUTSIDE
from zonevest.model.gains import PRESENT, of_jurisdictions, people_at_start
from zonevest.reports.capitalised import capitalised
from zonevest.reports.cash_flow import SMALL
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.distribution import distribution
from zonevest.reports.once import once
from zonevest.reports.settlement import RURAL, SETTLEMENTS, UNPLACED, URBAN, people, settlement
from zonevest.reports.sharing import FUND, OPERATOR, roles
from zonevest.reports.waterfall import passed_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

CASES: Final = ("nothing", "plan", "gain")
"""What is had in doing nothing, what in the plan, and the difference."""
HEADS: Final = {"farmers": RURAL, "collective": RURAL, "residents": URBAN}
"""Whose the gain of a default actor is, by the land that people live on today; that of firms is nobody's."""
EVERYBODY, NOBODY = "all", "none"
LEVELS: Final = ["before", "after", "gain", "before_per_head", "after_per_head", "gain_per_head"]


def by_actor(facts: Facts) -> pd.DataFrame:
    """What each actor receives, pays and gains above doing nothing, `outside` among them.

    Returns
    -------
    DataFrame
        ``actor, role, received, paid, land_value, passed_on, gain``: gain = received - paid (money: over all actors
        0) + land_value (the rise that it has, less what is paid of it) - passed_on (by the compensation fund to
        jurisdictions, which are no actors); ``capitalised``: of land_value, what only capitalises income that is in
        received (see `zonevest.reports.capitalised`); ``per_head`` of ``people``, and ``heads`` says of whom: urban,
        rural or all people; none for firms and `outside` (NaN: of nobody, or it is not known how many).
    """
    sharing, role = facts.sharing, roles(facts.study)
    money = ~sharing.uplift
    table = pd.DataFrame({"actor": sharing.actors})
    table["role"] = table["actor"].map(role).fillna(OUTSIDE)
    table["received"] = sharing.sums(sharing.receives, money)[:, -1]
    table["paid"] = sharing.sums(sharing.pays, money)[:, -1]
    table["land_value"] = sharing.sums(sharing.net, sharing.uplift)[:, -1]
    table["passed_on"] = np.where(table["role"] == FUND, passed_on(facts)[:, -1].sum(), 0.0)
    table["gain"] = table["received"] - table["paid"] + table["land_value"] - table["passed_on"]
    twice = dict.fromkeys(sharing.actors, 0.0)
    for (_, actor), parts in capitalised(facts.books).items():
        twice[actor] += float(parts.sum())
    table["capitalised"] = table["actor"].map(twice)
    of = table["actor"].map(HEADS).fillna(EVERYBODY).where(~table["role"].isin([OPERATOR, OUTSIDE]), NOBODY)
    counts = dict(zip(SETTLEMENTS, people(facts).tolist(), strict=True)) | {EVERYBODY: everybody(facts)}
    heads = of.map(counts).astype(float)
    return table.assign(heads=of, people=heads, per_head=_per_head(table["gain"].to_numpy(), heads.to_numpy()))


def by_account(facts: Facts) -> pd.DataFrame:
    """What is distributed of each account: ``account, actor, receives, pays, net``."""
    table = distribution(facts.plan, facts.books)
    kept = table[table["kind"].isin(["money", "uplift"])]
    return kept[["account", "actor", "receives", "pays", "net"]].reset_index(drop=True)


def by_place(facts: Facts) -> pd.DataFrame:
    """The same of each actor by jurisdiction: ``jurisdiction, actor, receives, pays, net``; blank: of no jurisdiction.

    Land counts where it lies, a project where it is, uplift where it is enjoyed.
    """
    sharing = facts.sharing_by_place
    places = [*facts.study.jurisdictions["jurisdiction"], ""]
    at = _of(places, sharing.rows["jurisdiction"])
    sides = (sharing.present(parts, at, len(places)) for parts in (sharing.receives, sharing.pays))
    return _long("jurisdiction", places, sharing.actors, *sides)


def by_settlement(facts: Facts) -> pd.DataFrame:
    """The same by urban and rural land: ``settlement, actor, receives, pays, net``.

    What is on no land (projects, trade, steps of prices) is ``unplaced``; so is what a project's own shares change.
    """
    sharing = facts.sharing
    land = _land_by_settlement(facts)
    sides = []
    for side, parts in enumerate((sharing.receives, sharing.pays)):
        placed = (land[1] - land[0]) @ account_parts(facts)[side]
        sides.append(np.vstack([placed, sharing.sums(parts)[:, -1] - placed.sum(axis=0)]))
    return _long("settlement", [*SETTLEMENTS, UNPLACED], sharing.actors, *sides)


@once
def jurisdictions(facts: Facts) -> pd.DataFrame:
    """What holders have in each jurisdiction: ``jurisdiction, main_function, people, passed_on`` and `LEVELS`.

    passed_on is what the compensation fund gives the jurisdiction; it is in after and gain, which is the plan's
    ``gain.jurisdiction``.
    """
    study, sharing = facts.study, facts.sharing_by_place
    table = study.jurisdictions[["jurisdiction", "main_function"]].reset_index(drop=True)
    places, heads = list(table["jurisdiction"]), people_at_start(facts.ledger)
    table["people"] = [heads.get(place, 0.0) for place in places]
    table["passed_on"] = passed_on(facts)[:, -1]
    counted = [sharing.actors.index(name) for name in of_jurisdictions(study)]
    at = _of(places, sharing.rows["jurisdiction"])
    had, left = (
        sign * sharing.present(sharing.net, at, len(places), keep)[:, counted].sum(axis=1)
        for sign, keep in ((-1.0, ~sharing.planned), (1.0, sharing.planned))
    )
    return _with_levels(table, had, left + table["passed_on"].to_numpy())


def urban_and_rural(facts: Facts) -> pd.DataFrame:
    """What holders have on urban and rural land: ``settlement, area_ha, people`` and `LEVELS`; empty without land.

    What is on no land is in neither, nor is what the compensation fund passes on.
    """
    columns = ["settlement", "area_ha", "people", *LEVELS]
    if facts.study.parcels.empty:
        return pd.DataFrame({name: [] for name in columns})
    where = settlement(facts)
    area = np.bincount(where, facts.study.parcels["area_ha"].to_numpy(dtype=float), len(SETTLEMENTS))
    table = pd.DataFrame({"settlement": SETTLEMENTS, "area_ha": area, "people": people(facts)})
    had, left = (sums @ holder_parts(facts) for sums in _land_by_settlement(facts))
    return _with_levels(table, had, left)[columns]


def everybody(facts: Facts) -> float:
    """The people of the whole area at the start."""
    return population(facts.study, TOTAL, None, START)


def account_parts(facts: Facts) -> tuple[Floats, Floats]:
    """What each actor receives and pays of one unit of each account on land, shape (accounts, actors) each."""
    sharing, accounts = facts.sharing, facts.ledger.accounts
    sides = [accounts.sides(at) for at in range(len(accounts.names))]
    received, paid = (np.array([[side[k].get(name, 0.0) for name in sharing.actors] for side in sides]) for k in (0, 1))
    return received, paid


def holder_parts(facts: Facts) -> Floats:
    """What holders receive less what they pay of one unit of each account on land, shape (accounts,)."""
    received, paid = account_parts(facts)
    counted = [facts.sharing.actors.index(name) for name in of_jurisdictions(facts.study)]
    return np.asarray((received - paid)[:, counted].sum(axis=1))


def of_parcels(facts: Facts) -> sparse.csr_array:
    """The rows of the plan's parcels of each parcel of the study, parcels x rows."""
    parcels, chosen = facts.study.parcels["parcel_id"], facts.plan.parcels["parcel_id"]
    at = pd.Index(parcels).get_indexer(chosen)
    return sparse.csr_array((np.ones(len(at)), (at, np.arange(len(at)))), shape=(len(parcels), len(at)))


def _land_by_settlement(facts: Facts) -> tuple[Floats, Floats]:
    """What land books in doing nothing and in the plan, settlements x accounts each."""
    worth, where = facts.parcel_worth, settlement(facts)
    groups = sparse.csr_array(
        (np.ones(len(where)), (where, np.arange(len(where)))), shape=(len(SETTLEMENTS), len(where))
    )
    return (groups @ worth.nothing).toarray(), (groups @ of_parcels(facts) @ worth.plan).toarray()


def _of(places: list[str], cells: pd.Series) -> NDArray[np.int64]:
    """Position of each cell's place; what is of none of them is of the blank one, -1 where there is none."""
    at = pd.Index(places).get_indexer(cells).astype(np.int64)
    return np.where(at < 0, places.index("") if "" in places else -1, at)


def _long(name: str, groups: list[str], actors: list[str], receives: Floats, pays: Floats) -> pd.DataFrame:
    """One row for each group and actor that receives or pays something."""
    group, actor = np.nonzero(np.maximum(np.abs(receives), np.abs(pays)) > SMALL)
    gets, gives = receives[group, actor], pays[group, actor]
    table = {name: np.array(groups, dtype=object)[group], "actor": np.array(actors, dtype=object)[actor]}
    return pd.DataFrame(table | {"receives": gets, "pays": gives, "net": gets - gives})


def _with_levels(table: pd.DataFrame, before: Floats, after: Floats) -> pd.DataFrame:
    """The columns of `LEVELS`; per head of the column people."""
    heads = table["people"].to_numpy(dtype=float)
    for name, values in zip(LEVELS[:3], (before, after, after - before), strict=True):
        table[name] = values
        table[f"{name}_per_head"] = _per_head(values, heads)
    return table[[*(name for name in table if name not in LEVELS), *LEVELS]]


def _per_head(amount: Floats, heads: Floats | float) -> Floats:
    """Units of the currency per head; NaN where nobody lives."""
    count = np.where(np.asarray(heads) > 0.0, heads, np.nan)
    return np.asarray(amount * 1e6 / count)


def _sum(name: str) -> Column:
    """A column of amounts that add up."""
    return Column(name, unit=PRESENT, total=True)


ACTOR = Column("actor", "actor")
SIDES = (_sum("receives"), _sum("pays"), _sum("net"))
HEAD = "currency/head"
HAD = (
    *(_sum(name) for name in LEVELS[:3]),
    *(Column(name, unit=HEAD) for name in LEVELS[3:]),
)
SHEETS = (
    Sheet(
        "gains_actors",
        "distribution",
        by_actor,
        (
            ACTOR,
            Column("role", "word:role_"),
            *(_sum(name) for name in ("received", "paid", "land_value", "passed_on", "gain", "capitalised")),
            Column("heads", "word:heads_"),
            Column("people", "count", "people"),
            Column("per_head", unit=HEAD),
        ),
    ),
    Sheet(
        "gains_jurisdictions",
        "distribution",
        jurisdictions,
        (
            Column("jurisdiction", "jurisdiction"),
            Column("main_function", "word:function_"),
            Column("people", "count", "people", total=True),
            _sum("passed_on"),
            *HAD,
        ),
    ),
    Sheet(
        "gains_settlement",
        "distribution",
        urban_and_rural,
        (
            Column("settlement", "word:settlement_"),
            Column("area_ha", unit="ha", total=True),
            Column("people", "count", "people", total=True),
            *HAD,
        ),
    ),
    Sheet("shared_accounts", "distribution", by_account, (Column("account", "account"), ACTOR, *SIDES)),
    Sheet("shared_jurisdictions", "distribution", by_place, (Column("jurisdiction", "jurisdiction"), ACTOR, *SIDES)),
    Sheet(
        "shared_settlement", "distribution", by_settlement, (Column("settlement", "word:settlement_"), ACTOR, *SIDES)
    ),
)
