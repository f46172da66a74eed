"""Money for the random small studies: uplift and capture, quotas, instruments, budgets, gains."""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd

from tests.random_rows import joined, table
from tests.random_studies import WHERE, random_tables
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError

ACTORS = ["local", "farmers", "fund"]
NEW_ACCOUNTS = pd.DataFrame(
    {
        "account": ["ore", "mend", "levied", "taxed", "worth", "worth2", "wage"],
        "family": ["revenue", "cost", "revenue", "revenue", "uplift", "uplift", "cost"],
        "recurrence": ["annual", "one_off", "one_off", "annual", "one_off", "one_off", "annual"],
        "cash": [1, 1, 1, 1, 0, 0, 1],
        "role": ["resource_income", "restoration", "", "", "", "", ""],
        "budget": ["", "fund", "fund", "", "", "", "fund"],
        "path": ["", "", "government", "government", "", "", ""],
        "capture_tool": ["", "", "levy", "tax", "", "", ""],
        "growth": [0.02, 0.0, 0.01, 0.0, 0.03, 0.0, 0.0],
    }
)
WORTH = ["worth", "worth", "worth2"]
RETRIES = 40


def maybe(rnd: Random, share: float, value: Any, blank: Any = "") -> Any:
    """A value or a blank."""
    return value if rnd.random() < share else blank


def amount(rnd: Random) -> float:
    """Money, in eighths."""
    return rnd.randint(0, 40) / 8


def money_tables(rnd: Random, busy: bool = False) -> tuple[dict[str, Any], dict[str, pd.DataFrame | None]]:
    """Settings and tables of a random study with money; it may have faults."""
    settings, tables = random_tables(rnd, busy=busy)
    periods = [period["name"] for period in settings["periods"]]
    tables["accounts"] = joined(tables["accounts"], NEW_ACCOUNTS)
    practices = [] if tables["practices"] is None else list(tables["practices"]["practice"])
    projects = [] if tables["projects"] is None else list(tables["projects"]["project"])
    _uplift_rows(rnd, tables, practices, projects)
    tables["capture"] = table(
        [
            {
                "capture_tool": tool,
                "uplift_account": rnd.choice(["worth", "worth", "worth2"]),
                "rate": rnd.choice([0.125, 0.25, 0.5]),
                "annual": int(tool == "tax"),
                "delay_years": maybe(rnd, 0.5, rnd.randint(1, 3), 0),
                "payer": "farmers" if tool == "tax" else "",
                "where": maybe(rnd, 0.4, rnd.choice(["tenure=state", "tenure=collective", "slope_class=1"])),
            }
            for tool in ("levy", "tax")
        ]
    )
    _money_flows(rnd, tables, practices, projects)
    if projects and tables["parcels"] is not None:
        _catchments(rnd, tables, practices)
    tables["actors"] = pd.DataFrame(
        {
            "actor": ACTORS,
            "public": [1, 0, rnd.choice([0, 1])],
            "floor_share": [None, maybe(rnd, 0.3, 0.125, None), maybe(rnd, 0.1, 0.0625, None)],
        }
    )
    _shares(rnd, tables)
    if rnd.random() < 0.6:
        _quotas(rnd, tables, periods, practices)
    if rnd.random() < 0.75:
        settings["finance"] = _finance(rnd, periods)
        tables["instruments"] = _instruments(rnd)
        if projects:
            frame = tables["projects"]
            assert frame is not None
            named = list(tables["instruments"]["instrument"])
            frame["instruments"] = [maybe(rnd, 0.2, rnd.choice(named)) for _ in projects]
            frame["equity_min"] = [maybe(rnd, 0.4, 0.25, None) for _ in projects]
            frame["green"] = [rnd.choice([0, 1]) for _ in projects]
            frame["restoration"] = [rnd.choice([0, 1]) for _ in projects]
            frame["real_estate"] = [rnd.choice([0, 1]) for _ in projects]
    if practices:
        frame = tables["practices"]
        assert frame is not None
        for flag in ("green", "real_estate", "restoration"):
            frame[flag] = [rnd.choice([0, 0, 1]) for _ in practices]
    if rnd.random() < 0.5:
        settings["equity"] = _equity(rnd)
    _limits(rnd, settings, tables, periods)
    return settings, tables


def _uplift_rows(rnd: Random, tables: dict[str, Any], practices: list[str], projects: list[str]) -> None:
    """Flow rows that book uplift once."""
    for name, subject, names in (
        ("practice_flows", "practice", practices),
        ("class_flows", "land_class", ["farm", "town"]),
        ("project_flows", "project", projects),
    ):
        rows = []
        for _ in range(rnd.choice([0, 1, 2])) if names else ():
            own = {"basis": "once" if subject == "project" else rnd.choice(["once", "per_ha_once"])}
            row = {"start_year": maybe(rnd, 0.4, rnd.randint(0, 3), 0)}
            if subject != "project":
                row |= {"scale_by": maybe(rnd, 0.2, "x_grade"), "where": maybe(rnd, 0.2, rnd.choice(WHERE))}
            own |= {"account": rnd.choice(WORTH), "value": amount(rnd), "life_years": None, "ramp_years": 0}
            rows.append({subject: rnd.choice(names), **row, **own})
        if rows:
            tables[name] = joined(tables[name], table(rows))


def _money_flows(rnd: Random, tables: dict[str, Any], practices: list[str], projects: list[str]) -> None:
    """Flow rows on the further accounts of money."""
    for name, subject, names in (("practice_flows", "practice", practices), ("project_flows", "project", projects)):
        rows = []
        for _ in range(rnd.choice([0, 1, 2])) if names else ():
            account = rnd.choice(["ore", "mend", "wage", "sale"])
            basis = "once" if account in ("mend", "sale") else "per_year"
            row = {subject: rnd.choice(names), "account": account, "basis": basis, "value": amount(rnd) / 2}
            rows.append(row | {"decay": maybe(rnd, 0.3, 0.25, 0) if basis == "per_year" else 0})
        if rows:
            tables[name] = joined(tables[name], table(rows))
    if rnd.random() < 0.5:
        row = {"land_class": rnd.choice(["farm", "wood"]), "account": "ore", "basis": "per_ha_year", "value": 0.25}
        rows = [row | {"decay": maybe(rnd, 0.3, 0.5, 0)}]
        tables["class_flows"] = joined(tables["class_flows"], table(rows))


def _catchments(rnd: Random, tables: dict[str, Any], practices: list[str]) -> None:
    """Projects that raise the value of the land inside a tag."""
    tags = {tag.strip() for cell in tables["parcels"]["tags"] for tag in cell.split(";") if tag.strip()}
    frame = tables["projects"]
    columns: dict[str, list[Any]] = {
        name: [] for name in ("catchment", "uplift_per_ha", "uplift_account", "uplift_of", "uplift_cap")
    }
    for _ in range(len(frame)):
        raises = bool(tags) and rnd.random() < 0.6
        columns["catchment"].append(rnd.choice(sorted(tags)) if raises else "")
        columns["uplift_per_ha"].append(rnd.randint(1, 8) / 8 if raises else None)
        columns["uplift_account"].append(rnd.choice(WORTH) if raises else "")
        columns["uplift_of"].append(maybe(rnd, 0.7, rnd.choice(practices)) if raises and practices else "")
        columns["uplift_cap"].append(maybe(rnd, 0.5, rnd.randint(1, 6) / 8, None) if raises else None)
    tables["projects"] = frame.assign(**columns)


def _shares(rnd: Random, tables: dict[str, Any]) -> None:
    rows = [("ore", "receives", "local", 0.75, ""), ("ore", "receives", "fund", 0.25, "")]
    if rnd.random() < 0.5:
        rows += [("worth", "receives", "farmers", 1.0, "")]
    if rnd.random() < 0.4:
        rows += [("levied", "receives", "local", 0.5, ""), ("levied", "receives", "fund", 0.5, "")]
        rows += [("levied", "pays", "farmers", 1.0, "")]
    if rnd.random() < 0.3:
        rows += [("wage", "receives", "farmers", 1.0, "")]
    columns = ["account", "role", "actor", "share", "project"]
    tables["shares"] = joined(tables["shares"], table([dict(zip(columns, row, strict=True)) for row in rows]))


def _quotas(rnd: Random, tables: dict[str, Any], periods: list[str], practices: list[str]) -> None:
    used = ["area.new_construction", "area.rezoned", "rent"]
    generated = ["", "area.gained.class_group.forest", "eco", *(f"area.new.practice.{name}" for name in practices)]
    rows, grants = [], []
    for name in ("q", "c")[: rnd.choice([1, 1, 2])]:
        movable = rnd.random() < 0.6
        made = rnd.choice(generated)
        buys, sells = rnd.random() < 0.6, bool(made) and rnd.random() < 0.7
        rows.append(
            {
                "quota": name,
                "account_used": maybe(rnd, 0.8 if made else 1.0, rnd.choice(used)),
                "account_generated": made,
                "granted": rnd.randint(0, 8) / 4 if movable else 0,
                "buy_price": rnd.randint(1, 6) / 8 if buys else None,
                "buy_max": rnd.randint(2, 12) if buys else None,
                "sell_price": rnd.randint(1, 6) / 8 if sells else None,
                "sell_max": rnd.randint(1, 6) if sells else None,
                "opening": maybe(rnd, 0.4, 2, 0) if movable else 0,
                "bank": rnd.choice([0, 1]),
                "available_after": rnd.choice([0, 0, 1]) if made else 0,
                "movable": int(movable),
            }
        )
        grants += [
            {"quota": name, "jurisdiction": place, "period": rnd.choice(periods), "amount": 3.0}
            for place in ("A", "B")
            if rnd.random() < 0.7
        ]
    tables["quotas"], tables["quota_grants"] = table(rows), table(grants)


def _instruments(rnd: Random) -> pd.DataFrame:
    kinds = ["bond", *rnd.sample(["bond", "loan", "grant", "equity", "refinancing"], rnd.randint(0, 4))]
    rows = []
    for number, kind in enumerate(kinds):
        again = kind == "refinancing"
        debt = kind in ("bond", "loan") or again
        tenor = rnd.randint(1, 5)
        grant = kind == "grant"
        own = debt and not again and rnd.random() < 0.35
        grace = maybe(rnd, 0.4, rnd.randint(0, tenor - 1), 0) if debt else 0
        rows.append(
            {
                "instrument": f"f{number}",
                "kind": "bond" if again else kind,
                "budget": maybe(rnd, 0.3, "fund"),
                "in_debt_ratio": int(debt and rnd.random() < 0.8),
                "rate": 0 if grant else rnd.choice([0.02, 0.05, 0.08]),
                "tenor_years": tenor if debt or rnd.random() < 0.5 else 4,
                "grace_years": grace,
                "repay": "level_principal" if grace else rnd.choice(["bullet", "level_principal"]),
                "refinances": int(again),
                "limit_total": rnd.randint(1, 6) if grant else maybe(rnd, 0.4, rnd.randint(1, 12), None),
                "limit_period": maybe(rnd, 0.3, rnd.randint(1, 8), None),
                "categories": ""
                if again
                else maybe(rnd, 0.25, rnd.choice(["infrastructure", "ecological_restoration"])),
                "self_supporting": int(own),
                "cover_min": maybe(rnd, 0.7, rnd.choice([0.5, 1.0, 1.25]), None) if own else None,
                "cover_basis": rnd.choice(["undiscounted", "discounted"]) if own else "",
                "green_only": int(not again and rnd.random() < 0.15),
                "outstanding": maybe(rnd, 0.4, rnd.randint(1, 20) / 2, 0) if debt else 0,
                "outstanding_years": rnd.randint(1, 5) if debt else None,
            }
        )
    return pd.DataFrame(rows)


def _finance(rnd: Random, periods: list[str]) -> dict[str, Any]:
    def by_period(number: float) -> Any:
        return {rnd.choice(periods): number} if rnd.random() < 0.25 else number

    found: dict[str, Any] = {
        "transfers": rnd.choice([2.0, 8.0, 30.0]),
        "fiscal_resources": rnd.choice([20.0, 80.0]),
        "opening_cash": rnd.choice([4.0, 20.0, 60.0]),
        "growth": {"transfers": rnd.choice([0.0, 0.02]), "fiscal_resources": 0.01},
    }
    if rnd.random() < 0.5:
        found |= {"own_revenue": 300.0, "fixed_cost": 299.0}
    chances = {
        "reserve_months": 1.0,
        "debt_ratio_cap": rnd.choice([0.2, 0.8]),
        "dscr_min": 1.1,
        "interest_share_general": 0.05,
        "interest_share_fund": 0.1,
        "land_sale_share_cap": 0.4,
        "green_share_min": 0.2,
        "real_estate_share_max": 0.7,
        "reinvestment_min": 0.25,
        "refinance_share": 0.5,
    }
    for key, number in chances.items():
        if rnd.random() < 0.3:
            found[key] = by_period(number)
    if "dscr_min" in found:
        found["dscr_scope"] = rnd.choice(["new", "all"])
        if rnd.random() < 0.5:
            found["dscr_from"] = rnd.choice(periods)
    if rnd.random() < 0.3:
        found["operating_balance_from"] = rnd.choice(periods)
    if rnd.random() < 0.4:
        found["land_rent"] = False
    names = {"golden_rule", "operating_balance", "cover_min"} & {"golden_rule", *found, "operating_balance"}
    soft = [name for name in ("debt_ratio_cap", "dscr_min", "green_share_min", "reinvestment_min") if name in found]
    if rnd.random() < 0.4:
        found["soft"] = {name: rnd.randint(1, 8) / 4 for name in (*soft, *sorted(names)) if rnd.random() < 0.6}
        found["soft"] = {
            k: v for k, v in found["soft"].items() if k != "operating_balance" or "operating_balance_from" in found
        }
    return found


def _equity(rnd: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if rnd.random() < 0.5:
        found["participation"] = rnd.choice([["farmers"], ["farmers", "fund"]])
    if rnd.random() < 0.4:
        found["jurisdiction_floor"] = rnd.choice([0.25, 0.5])
    if rnd.random() < 0.5:
        found["fund"] = rnd.choice(["fund", "fund", "local"])
    return found


def _limits(rnd: Random, settings: dict[str, Any], tables: dict[str, Any], periods: list[str]) -> None:
    """Limits and weights on the accounts that money brings."""
    pool = ["money.operating", "money.outlay", "money.resource", "money.outlay.green", "money.outlay.restoration"]
    pool += ["levied", "taxed", "worth", "money.revenue"]
    if "finance" in settings:
        pool += ["finance.debt", "finance.cash", "finance.raised.f0", "finance.interest.f0"]
    rows = []
    for number in range(rnd.choice([0, 1, 2])):
        account = rnd.choice([*pool, "gain.actor.farmers", "gain.jurisdiction"])
        everywhere = account.startswith(("finance.", "gain.actor"))
        rows.append(
            {
                "limit": f"m{number}",
                "account": account,
                "jurisdiction": "" if everywhere else rnd.choice(["", "A"]),
                "period": "" if account.startswith("gain.") else rnd.choice(["", "last", *periods]),
                "sense": rnd.choice(["<=", ">="]),
                "value": rnd.randint(0, 24) / 2,
                "basis": rnd.choice(["", "", "share_of_start"]) if account == "money.operating" else "",
                "kind": "soft",
                "penalty": rnd.randint(1, 8) / 8,
            }
        )
    tables["limits"] = joined(tables["limits"], table(rows))
    weights = settings["objective"].get("accounts")
    if weights and rnd.random() < 0.5:
        weights[rnd.choice([*pool, "gain.actor.fund"])] = rnd.choice([-0.25, 0.125])


def random_study(rnd: Random) -> Study:
    """One random study with money.

    Raises
    ------
    StudyError
        If what was drawn has faults.
    """
    settings, tables = money_tables(rnd)
    return make_study(settings, **tables)


def sound(rnd: Random) -> tuple[dict[str, Any], dict[str, pd.DataFrame | None], Study] | None:
    """Settings and tables of a sound study with money, and the study; None where none came in many draws."""
    for _ in range(RETRIES):
        settings, tables = money_tables(rnd)
        try:
            return settings, tables, make_study(settings, **tables)
        except StudyError:
            continue
    return None
