"""The accounts of a study as the audit reads them, and which actor has which part of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.instances.schema import BUILT_IN_ACCOUNTS, CLASS_GROUPS, RESOURCES
from zonevest.reports.audit_cells import OUTSIDE, Floats, Record, number

if TYPE_CHECKING:
    from zonevest.reports.audit_tables import Tables

ANNUAL_MONEY = ("money.revenue", "money.cost", "money.operating", "money.resource")
ONCE_MONEY = (
    "money.receipts",
    "money.outlay",
    "money.outlay.green",
    "money.outlay.real_estate",
    "money.outlay.restoration",
    "money.land_sale",
)
TENURES = ("state", "collective")
FUND_ACTOR = ".fund"
"""What the fund of [equity] receives less what it pays, period totals."""
CAPTURED, LEFT = ".captured.", ".left."
"""Of an uplift account: what tools take once of it, and what stays with the holders, in the year of the uplift."""
JURISDICTION_GAIN = "gain.jurisdiction"


@dataclass(frozen=True)
class Account:
    """An account: `at` is its position, `growth` its yearly price growth."""

    name: str
    at: int
    family: str = "custom"
    recurrence: str = "annual"
    cash: bool = False
    role: str = ""
    counterpart: bool = False
    growth: float = 0.0
    unit: str = ""
    budget: str = ""
    path: str = ""

    @property
    def measure(self) -> str:
        """What its value means: per_year, period_total or stock."""
        return {"annual": "per_year", "one_off": "period_total", "stock": "stock"}[self.recurrence]

    @property
    def money(self) -> bool:
        """Whether it is money."""
        return self.cash and self.family in ("revenue", "cost") and self.recurrence != "stock"

    @property
    def uplift(self) -> bool:
        """Whether it books a rise of land value."""
        return self.family == "uplift" and self.recurrence == "one_off"

    @property
    def services(self) -> bool:
        """Whether F2 counts it."""
        return self.family == "ecosystem" and not self.counterpart and self.recurrence != "stock"

    @property
    def hidden(self) -> bool:
        """Whether it is an account of the audit's own."""
        return self.name.startswith(".")

    @property
    def gain(self) -> bool:
        """Whether it is a present value over everything."""
        return self.name.startswith("gain.")


@dataclass(frozen=True, eq=False)
class Parts:
    """Whose one unit of an account is.

    Attributes
    ----------
    purse : what the purse gains by it, 0 where it is no money.
    worth : what it counts in F1, in F2 and in the gain of every actor.
    fund : what the fund of [equity] gains by it.
    sides : Σ of what all actors receive, and pay (`outside` included), then of what the purse receives, and pays.
    """

    purse: float
    worth: Floats
    fund: float
    sides: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


class Actors:
    """The actors of a study and their shares.

    Attributes
    ----------
    names : those of the tables actors, shares and capture, the purse, and `outside`; each has an account
        `gain.actor.<name>`.
    counted : those whose gains make the gain of a jurisdiction: participation, or all that are not public (without a
        table: not the purse).
    tabled : those of the table of actors, `outside` apart.
    floors : floor_share by actor, where there is one.
    fund : the fund of [equity], ``""`` for none.
    """

    def __init__(self, tables: Tables) -> None:
        settings, rows = tables.settings, tables.rows("actors")
        self.purse = settings.purse
        self.land_rent = settings.finance is None or settings.finance.land_rent
        self.fund = settings.equity.fund or ""
        self._shares: dict[tuple[str, str, str], dict[str, float]] = {}
        named: list[str] = [str(row["actor"]) for row in rows]
        for row in tables.rows("shares"):
            key = (str(row["account"]), str(row["role"]), str(row["project"]))
            actors = self._shares.setdefault(key, {})
            actors[str(row["actor"])] = actors.get(str(row["actor"]), 0.0) + float(row["share"])
            named.append(str(row["actor"]))
        self._read_payers(tables.rows("accounts"), tables.rows("capture"))
        named += [str(row["payer"]) for row in tables.rows("capture") if row["payer"]]
        self.names = list(dict.fromkeys([*named, *self.purse, OUTSIDE]))
        public = {str(row["actor"]) for row in rows if row["public"]} if rows else set(self.purse)
        others = [name for name in self.names if name not in public and name != OUTSIDE]
        self.counted = list(settings.equity.participation or others)
        self.tabled = [str(row["actor"]) for row in rows if row["actor"] != OUTSIDE]
        floors = {str(row["actor"]): number(row["floor_share"], np.nan) for row in rows}
        self.floors = {name: share for name, share in floors.items() if not np.isnan(share)}
        self._parts: dict[tuple[int, str], Parts] = {}

    def _read_payers(self, accounts: list[Record], capture: list[Record]) -> None:
        """`payer` is short for a pays share of 1 on the account of the tool."""
        payers = {str(row["capture_tool"]): str(row["payer"]) for row in capture if row["payer"]}
        for row in accounts:
            payer = payers.get(str(row.get("capture_tool") or ""))
            if payer:
                self._shares.setdefault((str(row["account"]), "pays", ""), {payer: 1.0})

    def _who(self, account: Account, role: str, project: str) -> Mapping[str, float]:
        """The shares of a role: the project's own, else the general ones, else what goes without saying."""
        own = self._shares.get((account.name, role, project)) if project else None
        general = own if own is not None else self._shares.get((account.name, role, ""))
        if general is not None:
            return general
        if account.uplift:
            return {OUTSIDE: 1.0} if role == "receives" else {}
        own_side = (role == "receives") == (account.family == "revenue")
        return {self.purse[0] if own_side else OUTSIDE: 1.0}

    def sides(self, account: Account, project: str = "") -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Who receives and who pays one unit of an account of money or of uplift, by actor."""
        return self._who(account, "receives", project), self._who(account, "pays", project)

    def parts(self, account: Account, project: str = "") -> Parts:
        """Whose one unit of an account is, of a project where one is named."""
        key = (account.at, project)
        if key not in self._parts:
            self._parts[key] = self._find_parts(account, project)
        return self._parts[key]

    def _find_parts(self, account: Account, project: str) -> Parts:
        worth = np.zeros(2 + len(self.names))
        worth[1] = float(account.services)
        if not account.money and not account.uplift:
            return Parts(0.0, worth, 0.0)
        receives, pays = self.sides(account, project)
        gains = {name: receives.get(name, 0.0) - pays.get(name, 0.0) for name in (*receives, *pays)}
        worth[2:] = [gains.get(name, 0.0) for name in self.names]
        if account.uplift:
            return Parts(0.0, worth, 0.0)
        purse = sum(gains.get(name, 0.0) for name in dict.fromkeys(self.purse))
        worth[0] = purse if self.land_rent or account.role != "land_sale" else 0.0
        own = [sum(who.get(name, 0.0) for name in dict.fromkeys(self.purse)) for who in (receives, pays)]
        sides = (sum(receives.values()), sum(pays.values()), own[0], own[1])
        return Parts(purse, worth, gains.get(self.fund, 0.0), sides)


def money_of(account: Account, flags: frozenset[str], budgets: Mapping[str, float]) -> list[tuple[str, float, bool]]:
    """The built-in accounts of money, and of budgets, on which the purse's part of an account is booked too.

    Parameters
    ----------
    flags : green, real_estate, restoration: those that the undertaking has.
    budgets : which share of it each budget has.

    Returns
    -------
    Account, sign of the purse's part there, and whether a one-off amount becomes one per year of the period.
    """
    once = account.recurrence == "one_off"
    kinds = {True: ("receipts", "outlay"), False: ("operating", "cost")}[once]
    own = [(of_budget(kinds[0], name), share, False) for name, share in budgets.items()]
    if account.family == "revenue":
        out = [("money.receipts", 1.0, False)] if once else [("money.revenue", 1.0, False)]
        out += [] if once else [("money.operating", 1.0, False)]
        out += [("money.land_sale", 1.0, False)] if once and account.role == "land_sale" else []
        return out + own + ([("money.resource", 1.0, once)] if account.role == "resource_income" else [])
    spent = [(of_budget(kinds[1], name), -share, False) for name, share in budgets.items()]
    if not once:
        return [("money.cost", -1.0, False), ("money.operating", 1.0, False), *own, *spent]
    told = sorted(flags | ({"restoration"} if account.role == "restoration" else set()))
    return [("money.outlay", -1.0, False), *((f"money.outlay.{kind}", -1.0, False) for kind in told), *spent]


def of_budget(kind: str, budget: str) -> str:
    """The account of the audit's own of what a budget has: operating (a year), cost (a year), receipts or outlay."""
    return f".{kind}.{budget}"


def read_accounts(tables: Tables, actors: Iterable[str]) -> list[Account]:
    """Every account: the study's, the built-in ones, and a few of the audit's own."""
    quotas = [str(row["quota"]) for row in tables.rows("quotas")]
    rows: dict[str, dict[Any, Any]] = {str(row["account"]): row for row in tables.rows("accounts")}
    fixed = {**BUILT_IN_ACCOUNTS}
    for quota in quotas:
        fixed[f"quota.{quota}.purchase"] = {"family": "cost", "recurrence": "one_off", "cash": True}
        fixed[f"quota.{quota}.sale"] = {"family": "revenue", "recurrence": "one_off", "cash": True}
    for name, said in fixed.items():
        rows[name] = {**rows.get(name, {}), **said}
    accounts: list[Account] = []
    for name, row in rows.items():
        accounts.append(
            Account(
                name,
                len(accounts),
                str(row.get("family") or "custom"),
                str(row.get("recurrence") or "annual"),
                bool(row.get("cash", False)),
                str(row.get("role") or ""),
                bool(row.get("counterpart_of")),
                number(row.get("growth"), 0.0),
                str(row.get("unit") or ""),
                str(row.get("budget") or ""),
                str(row.get("path") or ""),
            )
        )
    uplifts = [account.name for account in accounts if account.uplift]
    for recurrence, names in _built_in(tables, quotas, actors, uplifts).items():
        for name in names:
            if name not in rows:
                units = {"area": "ha", "quality": "ha", "population": "people", "asset": "million"}
                unit = units.get(name.partition(".")[0], "")
                accounts.append(Account(name, len(accounts), recurrence=recurrence, unit=unit))
    return accounts


def _built_in(tables: Tables, quotas: list[str], actors: Iterable[str], uplifts: list[str]) -> dict[str, list[str]]:
    """The accounts that follow from a plan, by recurrence."""
    groups, zones = CLASS_GROUPS, tables.zones
    stocks = [f"area.class.{c}" for c in tables.classes] + [f"area.class_group.{g}" for g in groups]
    stocks += [f"area.resource.{r}" for r in RESOURCES] + [f"area.zone.{z}" for z in zones]
    stocks += [f"area.practice.{m}" for m in tables.practices] + ["area.converted", "quality.arable", "population"]
    if tables.settings.rates.social > 0:
        stocks += [f"asset.{r}{tenure}" for r in RESOURCES for tenure in ("", *(f".{each}" for each in TENURES))]
    once = [
        f"area.{way}.{kind}.{name}"
        for way in ("gained", "lost")
        for kind, names in (("class", tables.classes), ("class_group", groups), ("zone", zones))
        for name in names
    ]
    once += [f"area.new.practice.{m}" for m in tables.practices]
    once += ["area.rezoned", "area.new_construction", "quality.gained.arable", "quality.lost.arable"]
    once += [*ONCE_MONEY, FUND_ACTOR, *(f"{kind}{name}" for name in uplifts for kind in (CAPTURED, LEFT))]
    budgets = tables.budgets
    once += [of_budget(kind, name) for name in budgets.names for kind in ("receipts", "outlay")]
    once += [f"quota.{quota}.{what}" for quota in quotas for what in ("bought", "sold")]
    once += [*(f"gain.actor.{name}" for name in actors), JURISDICTION_GAIN]
    if tables.settings.finance is not None:
        stocks += ["finance.debt", "finance.cash", *(f"finance.cash.{name}" for name in budgets.table)]
        kinds = ("raised", "repaid", "interest")
        once += [f"finance.{kind}.{row['instrument']}" for row in tables.rows("instruments") for kind in kinds]
    annual = [of_budget(kind, name) for name in budgets.names for kind in ("operating", "cost")]
    return {"stock": stocks, "one_off": once, "annual": [*ANNUAL_MONEY, *annual]}
