"""What the columns of a comparison hold: results, indicators, money, projects and land, side by side.

Each table has its keys first, then a column for doing nothing, for the approved plan and for every plan, and then what
each further plan has more than the first. What a plan does not book is 0 there; what is not known is blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.model.areas import TOTAL
from zonevest.model.gains import PRESENT
from zonevest.reports import compare_land
from zonevest.reports.cash_flow import MILLION, PERCENT, START, TIMES
from zonevest.reports.compare_sides import APPROVED, NOTHING, Side
from zonevest.reports.display import PRESENT as VALUED
from zonevest.reports.scorecard import indicators as measured
from zonevest.reports.sections_head import status_of
from zonevest.reports.tables import ecosystem_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

Tell = Callable[["Facts"], pd.DataFrame]
SIDES: Final = ("asset", "liability", "net_worth", "memo")
RATIOS: Final = ("debt_ratio", "debt_ratio_all", "cover", "interest_share_general", "interest_share_fund",
                 "land_sale_share",
                 "green_share", "real_estate_share")  # fmt: skip
FLOWS: Final = ("source", "use", "stock", "balance")
BALANCES: Final = ("debt", "debt_counted", "operating_result", "balance_after_interest")
LIGHTS: Final = ("debt_ratio", "debt_ratio_all")
NAN: Final = float("nan")
SMALL: Final = 1e-6
CLOSE: Final = 1e-9
"""What is less, as a share of the numbers compared, is rounding."""


def difference(name: str, base: str) -> str:
    """The column that says how much more one plan has than another."""
    return f"{name} - {base}"


def beside(
    sides: Sequence[Side], plans: Sequence[str], keys: list[str], tell: Tell, *, known: bool = True
) -> pd.DataFrame:
    """Tables with `keys` and ``value`` of several columns as one.

    Parameters
    ----------
    plans : the names of the plans among them, the first one first.
    tell : the table of one side.
    known : what is in no table of a plan is 0; else it is not known.
    """
    order: dict[tuple[Any, ...], None] = {}
    columns: dict[str, dict[tuple[Any, ...], float]] = {}
    # the plans say in what order rows stand
    for side in sorted(sides, key=lambda side: side.name not in plans):
        table = tell(side.facts) if side.facts is not None else pd.DataFrame(columns=[*keys, "value"])
        names = [tuple(row) for row in table[keys].astype(object).fillna("").itertuples(index=False)]
        found: dict[tuple[Any, ...], float] = {}
        for name, value in zip(names, table["value"].to_numpy(dtype=float), strict=True):
            found[name] = found.get(name, 0.0) + value
        columns[side.name] = found
        order |= dict.fromkeys(found)
    table = pd.DataFrame(list(order), columns=keys)
    for side in sides:
        blank = 0.0 if known and side.facts is not None else NAN
        table[side.name] = [columns[side.name].get(name, blank) for name in order]
    return differences(table, plans)


def differences(table: pd.DataFrame, plans: Sequence[str]) -> pd.DataFrame:
    """The table with what each further plan has more than the first."""
    base = plans[0]
    return table.assign(**{difference(name, base): _less(table[name], table[base]) for name in plans[1:]})


def _less(one: pd.Series, other: pd.Series) -> Floats:
    """Difference; what is but rounding is 0."""
    left, right = (side.to_numpy(dtype=float) for side in (one, other))
    change = left - right
    small = np.abs(change) <= CLOSE * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    return np.asarray(np.where(small, 0.0, change))


def results(sides: Sequence[Side], plans: Sequence[str]) -> pd.DataFrame:
    """``item``, ``unit``: what a plan comes to, in some twenty numbers."""
    found = {side.name: _result(side) for side in sides}
    items = dict.fromkeys(item for rows in found.values() for item in rows)
    units = {item: unit for rows in found.values() for item, (_, unit) in rows.items()}
    table = pd.DataFrame({"item": list(items), "unit": [units[item] for item in items]})
    for side in sides:
        table[side.name] = [float(found[side.name].get(item, (NAN, ""))[0]) for item in items]
    return differences(table, plans)


def _result(side: Side) -> dict[str, tuple[float, str]]:
    plan, study = side.plan, side.plan.study
    unit = ecosystem_unit(study)
    nature = f"{unit}{VALUED}" if unit else ""
    rows = {
        "objective": (_number(plan.objective), ""),
        "bound": (_number(plan.bound), ""),
        "penalty": ((side.penalty if side.penalty > SMALL else 0.0) if plan.has_plan else NAN, ""),
        "cash": (_number(plan.cash), PRESENT),
        "ecosystem": (_number(plan.ecosystem), nature),
        "nothing_cash": (_number(plan.doing_nothing.get("cash")), PRESENT),
        "nothing_ecosystem": (_number(plan.doing_nothing.get("ecosystem")), nature),
        "rules_broken": (NAN if side.broken is None else float(side.broken), "count"),
    }
    facts = side.facts
    if facts is None:
        return rows
    land, built = facts.land, plan.projects[plan.projects["start"].fillna("") != ""]
    area = land["area_ha"].to_numpy(dtype=float)
    acts = (land["start"] != "").to_numpy()
    rows |= {
        "action_parcels": (float(land.loc[acts, "parcel_id"].nunique()), "count"),
        "action_ha": (float(area[acts].sum()), "ha"),
        "rezoned_ha": (float(area[land["rezoned"].to_numpy()].sum()), "ha"),
        "converted_ha": (float(area[land["converted"].to_numpy()].sum()), "ha"),
        "projects_built": (float(len(built)), "count"),
        "capex": (float(built["capex"].astype(float).sum()), MILLION),
    }
    created = facts.capture.groupby("item")["value"].sum()
    rows |= {f"value_{item}": (float(created.get(item, 0.0)), PRESENT) for item in ("created", "captured", "left")}
    if study.settings.finance is not None:
        cash = facts.cash[facts.cash["period"] != START]
        for name, item, pick, unit in (("highest_debt_ratio", "debt_ratio", "max", PERCENT),
                                       ("lowest_cover", "cover", "min", TIMES),
                                       ("lowest_cash", "closing_cash", "min", MILLION)):  # fmt: skip
            values = cash.loc[cash["item"] == item].groupby("period")["value"].sum()
            rows[name] = (float(getattr(values, pick)()) if len(values) else NAN, unit)
        last = cash[(cash["period"] == facts.periods[-1]) & (cash["instrument"] == "")]
        rows["closing_debt"] = (float(last.loc[last["item"] == "debt", "value"].sum()), MILLION)
    sheet = facts.balance
    last = sheet[(sheet["period"] == facts.periods[-1]) & (sheet["side"] == "net_worth")]
    rows["net_worth"] = (float(last.loc[last["item"] == "own", "value"].sum()), MILLION)
    return rows


def _number(value: float | None) -> float:
    return NAN if value is None else float(value)


# --- one side -----------------------------------------------------------------------------------------------------


def indicators(facts: Facts) -> pd.DataFrame:
    """Statutory indicators and scorecard at the end of the last period."""
    table = measured(facts)
    first = table.drop_duplicates(INDICATOR)
    return first[INDICATOR].assign(value=first["target"].astype(float))


INDICATOR: Final = ["group", "topic", "indicator", "unit"]


def cash_flow(facts: Facts) -> pd.DataFrame:
    """Sources, uses and balances by period, without what a lender looks at."""
    table = facts.cash
    return table[table["kind"].isin(FLOWS) & ~table["item"].isin([*RATIOS, *BALANCES])]


def debt(facts: Facts) -> pd.DataFrame:
    """Debt, ratios and cover by period."""
    table = facts.cash
    # of debt there is a row for each instrument too
    return table[table["item"].isin([*RATIOS, *BALANCES]) & (table["instrument"] == "")]


def balance(facts: Facts) -> pd.DataFrame:
    """What is owned, owed and worth."""
    table = facts.balance
    return table[table["side"].isin(SIDES)]


def capture(facts: Facts) -> pd.DataFrame:
    """What is created, captured and left, by where it comes from and by what it is captured."""
    table = facts.capture
    table = table[table["item"].isin(["created", "captured", "left", "public_cost"])]
    return table[["item", "origin", "instrument", "value"]].assign(unit=PRESENT)


def gains(facts: Facts) -> pd.DataFrame:
    """Who gains: actors, jurisdictions."""
    table = facts.money["distribution"]
    table = table[table["kind"].isin(["gain", "jurisdiction"])]
    actor = (table["kind"] == "gain").to_numpy()
    code = np.where(actor, table["actor"].astype(object), table["jurisdiction"].astype(object))
    return pd.DataFrame(
        {"kind": np.where(actor, "actor", "jurisdiction"), "code": code, "unit": PRESENT, "value": table["net"]}
    )


def areas(facts: Facts) -> pd.DataFrame:
    """Hectares at the end: zones of every jurisdiction and of all, land classes and land actions of all."""
    land = facts.land
    parts = []
    for of, column in (("zone", "zone"), ("land_class", "class_after"), ("practice", "practice")):
        whole = land.groupby(column, sort=False)["area_ha"].sum().reset_index()
        parts.append(whole.set_axis(["code", "value"], axis=1).assign(kind=of, jurisdiction=TOTAL))
    by_place = land.groupby(["zone", "jurisdiction"], sort=False)["area_ha"].sum().reset_index()
    parts.append(by_place.set_axis(["code", "jurisdiction", "value"], axis=1).assign(kind="zone"))
    order = pd.concat([part.sort_values("value", ascending=False, kind="stable") for part in parts], ignore_index=True)
    return order.assign(unit="ha")


KEYS: Final = {
    "indicators": INDICATOR,
    "cash_flow": ["kind", "item", "period", "unit"],
    "debt": ["item", "period", "unit"],
    "balance_sheet": ["side", "item", "period", "unit"],
    "capture": ["item", "origin", "instrument", "unit"],
    "distribution": ["kind", "code", "unit"],
    "areas": ["kind", "code", "jurisdiction", "unit"],
}
TELL: Final[dict[str, Tell]] = {
    "indicators": indicators,
    "cash_flow": cash_flow,
    "debt": debt,
    "balance_sheet": balance,
    "capture": capture,
    "distribution": gains,
    "areas": areas,
}


def lights(sides: Sequence[Side]) -> pd.DataFrame:
    """``item``, ``period``: the grade of the debt ratio of each column (blank: none)."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    order: dict[tuple[str, str], None] = {}
    for side in sides:
        table = side.facts.cash if side.facts is not None else pd.DataFrame(columns=["item", "period", "grade"])
        table = table[table["item"].isin(LIGHTS)]
        found[side.name] = {
            (item, period): grade
            for item, period, grade in zip(table["item"], table["period"], table["grade"], strict=True)
        }
        order |= dict.fromkeys(sorted(found[side.name], key=lambda key: LIGHTS.index(key[0])))
    table = pd.DataFrame(list(order), columns=["item", "period"])
    return table.assign(**{name: [grades.get(key, "") for key in order] for name, grades in found.items()})


def projects(sides: Sequence[Side], plans: Iterable[str]) -> pd.DataFrame:
    """``project, category, jurisdiction, capex``, each start (blank: not built), ``agreed``: alike in all that exist.

    Those on which plans differ stand first, then those that are built.
    """
    tables = [side.plan.study.projects for side in sides]
    columns = ["project", "category", "jurisdiction", "capex"]
    given = pd.concat([table[columns] for table in tables], ignore_index=True).drop_duplicates(
        "project", ignore_index=True
    )
    table = given.astype({"project": object, "category": object, "jurisdiction": object})
    known = set(plans)
    mine = [side for side in sides if side.name in known]
    there = [mine[place].name for place in compare_land.there([side.plan for side in mine], "projects")]
    for side in sides:
        if side.name != NOTHING:
            starts = side.plan.projects.drop_duplicates("project").set_index("project")["start"].astype(object)
            table[side.name] = table["project"].map(starts).astype(object).fillna("")
    table["agreed"] = table[there].eq(table[there[0]], axis=0).all(axis=1) if there else True
    built = (table[there] != "").any(axis=1) if there else table["agreed"]
    table = table.iloc[np.lexsort([~built, table["agreed"]])].reset_index(drop=True)
    return table if len(there) > 1 else table.assign(agreed=None)


def statuses(sides: Sequence[Side], sound: dict[str, bool | None]) -> pd.DataFrame:
    """A row for each plan: the study it answers, how it was found and how it ended, and whether its figures hold."""
    rows = []
    for side in sides:
        plan = side.plan
        if side.name in (NOTHING, APPROVED):
            continue
        rows.append(
            {
                "plan": side.name,
                "study": plan.study.settings.name,
                "hash": plan.study.hash,
                "status": status_of(plan),
                "method": plan.method,
                "goal": plan.study.settings.objective.method,
                "gap": _number(plan.gap),
                "holds": sound.get(side.name),
            }
        )
    return pd.DataFrame(rows, columns=["plan", "study", "hash", "status", "method", "goal", "gap", "holds"])
