"""What land means to the budget entity: by hectare of each use, and by resident who moves in.

The purse's part of what land books: what its class, zone and action and its own rows bring and cost, captures of their
uplift included, land sold in price steps at its mean price. Projects, the uplift of their catchments, quotas and what
the budget spends beside the ledger are not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.model.areas import TOTAL
from zonevest.model.flows import CASH
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.tables import in_order
from zonevest.reports.terms import Terms, added, as_held, sold_in_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

HECTARES = [
    "land_class", "area_ha", "changed_ha", "revenue", "cost", "net", "revenue_per_ha", "cost_per_ha", "net_per_ha",
    "gain", "gain_per_ha",
]  # fmt: skip
RESIDENTS = [
    "practice", "area_ha", "new_people", "revenue", "cost", "net", "once", "revenue_per_head", "cost_per_head",
    "net_per_head", "once_per_head", "gain_per_head",
]  # fmt: skip


def _booked(facts: Facts) -> tuple[Floats, Floats]:
    """Of each row of the land, as it is and if it were held: shape (rows, 4).

    Recurring revenue and cost (million a year, mean of the last period), one-off receipts less outlay (million, all
    periods) and F1 (million, present value).
    """
    last = len(facts.study.periods) - 1
    once = Terms({("money.receipts", TOTAL, t): 1.0 for t in range(last + 1)})
    once += Terms({("money.outlay", TOTAL, t): -1.0 for t in range(last + 1)})
    wanted = [
        Terms({("money.revenue", TOTAL, last): 1.0}),
        Terms({("money.cost", TOTAL, last): 1.0}),
        once + sold_in_steps(facts, present=False),
        Terms({(CASH, TOTAL, 0): 1.0}) + sold_in_steps(facts),
    ]
    return added(facts.chosen, wanted), added(as_held(facts.chosen), wanted)


def by_hectare(facts: Facts) -> pd.DataFrame:
    """Every use of land after the plan: what a hectare of it brings and costs a year, and what it gains.

    Returns
    -------
    DataFrame
        ``land_class`` (after), ``area_ha, changed_ha``; ``revenue, cost, net`` (million a year, last period) and the
        same per hectare; ``gain`` (F1 above holding, million present value) and ``gain_per_ha`` (of what changed).
    """
    land = facts.land
    if land.empty:
        return pd.DataFrame({name: [] for name in HECTARES})
    own, held = _booked(facts)
    table = pd.DataFrame(
        {
            "land_class": land["class_after"],
            "area_ha": land["area_ha"],
            "changed_ha": land["area_ha"].where(facts.ledger.options.kind_start[facts.chosen.kind] >= 0, 0.0),
            "revenue": own[:, 0],
            "cost": own[:, 1],
            "net": own[:, 0] - own[:, 1],
            "gain": own[:, 3] - held[:, 3],
        }
    )
    summed = table.groupby("land_class", sort=False).sum().reset_index()
    summed = in_order(summed, land_class=facts.study.land_classes["land_class"])
    area = summed["area_ha"].where(summed["area_ha"] > 0)
    for name in ("revenue", "cost", "net"):
        summed[f"{name}_per_ha"] = summed[name] / area
    summed["gain_per_ha"] = summed["gain"] / summed["changed_ha"].where(summed["changed_ha"] > 0)
    return summed[HECTARES]


def by_resident(facts: Facts) -> pd.DataFrame:
    """Land actions that people move in by: what they bring and cost above holding the land, in all and per head.

    Returns
    -------
    DataFrame
        ``practice`` (the last row, ``total``: all of them), ``area_ha, new_people`` (who moved in by the end); above
        holding the land ``revenue, cost, net`` (million a year, last period) and ``once`` (receipts less outlay,
        million, all periods); the same per head and ``gain_per_head`` (F1) in units of the currency.
    """
    land, clock = facts.land, facts.ledger.clock
    drawn = facts.ledger.states.moved_in(len(clock.length) - 1)[facts.chosen.kind]
    rows = np.flatnonzero(drawn > 0)
    if not len(rows):
        return pd.DataFrame({name: [] for name in RESIDENTS})
    own, held = _booked(facts)
    more = (own - held)[rows]
    table = pd.DataFrame(
        {
            "practice": land["practice"].to_numpy()[rows],
            "area_ha": land["area_ha"].to_numpy()[rows],
            "new_people": (drawn * land["area_ha"].to_numpy())[rows],
            "revenue": more[:, 0],
            "cost": more[:, 1],
            "net": more[:, 0] - more[:, 1],
            "once": more[:, 2],
            "gain": more[:, 3],
        }
    )
    table = table.groupby("practice", sort=False).sum().reset_index()
    table = pd.concat([table, table.drop(columns="practice").sum().to_frame().T.assign(practice=TOTAL)])
    for name in ("revenue", "cost", "net", "once", "gain"):
        table[f"{name}_per_head"] = 1e6 * table[name].astype(float) / table["new_people"].astype(float)
    return table[RESIDENTS].astype(dict.fromkeys(RESIDENTS[1:], float)).reset_index(drop=True)


_A_YEAR = "million/year"
SHEETS = (
    Sheet(
        "fiscal_hectares", "finance", by_hectare,
        (Column("land_class", "land_class"), Column("area_ha", unit="ha", total=True),
         Column("changed_ha", unit="ha", total=True),
         *(Column(name, unit=_A_YEAR, total=True) for name in ("revenue", "cost", "net")),
         *(Column(f"{name}_per_ha", unit="million/ha/year") for name in ("revenue", "cost", "net")),
         Column("gain", unit="million, present value", total=True),
         Column("gain_per_ha", unit="million/ha, present value")),
    ),
    Sheet(
        "fiscal_residents", "finance", by_resident,
        (Column("practice", "practice"), Column("area_ha", unit="ha"), Column("new_people", unit="people"),
         *(Column(name, unit=_A_YEAR) for name in ("revenue", "cost", "net")), Column("once", unit="million"),
         *(Column(f"{name}_per_head", unit="currency/head/year") for name in ("revenue", "cost", "net")),
         Column("once_per_head", unit="currency/head"),
         Column("gain_per_head", unit="currency/head, present value")),
    ),
)  # fmt: skip
