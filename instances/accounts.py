"""Which accounts there are: the study's own, those that project columns write, and those that follow from its names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from zonevest.instances.faults import Faults, choice, some
from zonevest.instances.rules import rule
from zonevest.instances.say import listed
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, BY_NAME, CLASS_GROUPS, RESOURCES
from zonevest.instances.tables import NO_ROW, Typed

Measure = Literal["annual", "one_off", "stock"]
PREFIXES = ("area", "quality", "population", "project", "asset", "finance", "money", "gain", "quota")
"""First words of built-in accounts: a study's own account has another."""
FREE = ("budget", "growth", "source", "confidence", "name_en", "name_zh")
"""What an accounts row may change of a built-in account."""
MONEY: Mapping[str, Measure] = {
    "money.revenue": "annual",
    "money.cost": "annual",
    "money.operating": "annual",
    "money.resource": "annual",
    "money.receipts": "one_off",
    "money.outlay": "one_off",
    "money.outlay.green": "one_off",
    "money.outlay.real_estate": "one_off",
    "money.outlay.restoration": "one_off",
    "money.land_sale": "one_off",
}
"""What the purse takes and pays, by the accounts' families and roles; million, a year or in the period."""
FINANCE: Mapping[str, Measure] = {"finance.debt": "stock", "finance.cash": "stock"}
OF_BUDGET = "finance.cash"
"""First words of the account of a budget's cash, of a study with a table of budgets."""
OF_INSTRUMENT = ("finance.raised", "finance.repaid", "finance.interest")
OF_QUOTA = ("bought", "sold")
ASSETS = tuple(f"asset.{resource}{owner}" for resource in RESOURCES for owner in ("", ".state", ".collective"))
"""The value of natural resources as they stand, million, all of it and by whose the land is."""
GAINS = "gain."
"""First word of the accounts of gains: present values over everything."""


@dataclass(frozen=True)
class Known:
    """The accounts that a limit or a weight may name.

    Attributes
    ----------
    own : measure of every account of the accounts table, the five that project columns write included.
    names : class, class_group, resource, zone, practice -> their names; None where a table could not be read, so
        that nothing is concluded from it.
    others : instrument, budget, quota, actor -> their names, in the same way; no instruments and no budgets without
        [finance].
    assets : whether there are stocks of value: at a social rate of 0 there are none.
    """

    own: Mapping[str, Measure]
    names: Mapping[str, frozenset[str] | None]
    others: Mapping[str, frozenset[str] | None]
    assets: bool = True

    def measure(self, account: str) -> Measure | None:
        """Whether an account is annual, one-off or a stock; None if there is no such account."""
        if account in self.own:
            return self.own[account]
        if account in ("area.converted", "quality.arable", "population"):
            return "stock"
        if account in ("area.rezoned", "area.new_construction", "quality.gained.arable", "quality.lost.arable"):
            return "one_off"
        if account in MONEY:
            return MONEY[account]
        if account in ASSETS:
            return "stock" if self.assets else None
        parts = account.split(".", 2)
        if parts[0] in ("finance", "quota", "gain"):
            return self._other(account, parts)
        if len(parts) < 3 or parts[0] != "area":
            return None
        _, kind, rest = parts
        if kind in ("class", "class_group", "resource", "zone", "practice"):
            return "stock" if self._has(kind, rest) else None
        of, _, name = rest.partition(".")
        if (kind in ("gained", "lost") and of in ("class", "class_group", "zone")) or (kind, of) == ("new", "practice"):
            return "one_off" if self._has(of, name) else None
        return None

    def _other(self, account: str, parts: list[str]) -> Measure | None:
        """Accounts of finance, of quotas and of gains (which are one-off: a present value)."""
        if parts[0] == "finance":
            if account in FINANCE:
                return FINANCE[account] if "instrument" in self.others else None
            if account.startswith(f"{OF_BUDGET}."):
                return "stock" if self._is("budget", [account.removeprefix(f"{OF_BUDGET}.")]) else None
            return "one_off" if ".".join(parts[:2]) in OF_INSTRUMENT and self._is("instrument", parts[2:]) else None
        if parts[0] == "quota":
            name, _, what = account.removeprefix("quota.").rpartition(".")
            return "one_off" if what in OF_QUOTA and self._is("quota", [name]) else None
        return "one_off" if account == "gain.jurisdiction" or self._is("actor", parts[2:]) else None

    def _is(self, kind: str, name: list[str]) -> bool:
        if kind not in self.others or not name or not name[0]:
            return False
        names = self.others[kind]
        return names is None or name[0] in names

    def _has(self, kind: str, name: str) -> bool:
        names = self.names[kind]
        return bool(name) and (names is None or name in names)

    def all(self) -> list[str]:
        """Every account, to find the nearest to an unknown one."""
        out = [*self.own, "area.converted", "area.rezoned", "area.new_construction", "population", "quality.arable"]
        out += [*MONEY, *(ASSETS if self.assets else ())]
        out += ["gain.jurisdiction", *(f"gain.actor.{name}" for name in self.others.get("actor") or ())]
        if "instrument" in self.others:
            out += [*FINANCE, *(f"{kind}.{name}" for kind in OF_INSTRUMENT for name in self.others["instrument"] or ())]
        out += [f"{OF_BUDGET}.{name}" for name in self.others.get("budget") or ()]
        out += [f"quota.{name}.{what}" for name in self.others.get("quota") or () for what in OF_QUOTA]
        for kind, names in self.names.items():
            out += [f"area.{kind}.{name}" for name in sorted(names or ())[:500]]
        for kind in ("class", "class_group", "zone"):
            for name in sorted(self.names[kind] or ())[:500]:
                out += [f"area.gained.{kind}.{name}", f"area.lost.{kind}.{name}"]
        return out + [f"area.new.practice.{name}" for name in sorted(self.names["practice"] or ())[:500]]


def known(
    accounts: Typed,
    names: Mapping[str, Iterable[str] | None],
    others: Mapping[str, Iterable[str] | None],
    assets: bool = True,
) -> Known:
    """Gather the accounts of a study; `names` are those of its classes, zones and practices, the rest see `Known`."""
    own: dict[str, Measure] = {}
    for name, recurrence in zip(accounts.text("account"), accounts.text("recurrence"), strict=True):
        own[name] = "stock" if recurrence == "stock" else "one_off" if recurrence == "one_off" else "annual"
    sets = {kind: None if each is None else frozenset(each) for kind, each in names.items()}
    rest = {kind: None if each is None else frozenset(each) for kind, each in others.items()}
    return Known(own, {**sets, "class_group": frozenset(CLASS_GROUPS), "resource": frozenset(RESOURCES)}, rest, assets)


def built_in(quotas: Iterable[str]) -> dict[str, Mapping[str, object]]:
    """The accounts that project columns and quota trades write."""
    accounts: dict[str, Mapping[str, object]] = dict(BUILT_IN_ACCOUNTS)
    for name in quotas:
        for side, family in (("purchase", "cost"), ("sale", "revenue")):
            fixed = {"family": family, "recurrence": "one_off", "cash": True, "unit": "million"}
            accounts[f"quota.{name}.{side}"] = fixed
    return accounts


def complete(accounts: Typed | None, faults: Faults, quotas: Iterable[str] | None = ()) -> Typed:
    """The accounts table with the built-in accounts as its last rows, in their own order.

    A row of the study for one of them may change what `FREE` lists; the rest it leaves blank or repeats. `quotas` is
    None where their names are not known, so that nothing is concluded from them.
    """
    table, fixed_accounts = BY_NAME["accounts"], built_in(quotas or ())
    names = [] if accounts is None else accounts.text("account")
    if accounts is not None:
        firsts = set(PREFIXES) - (set() if quotas is not None else {"quota"})
        taken = [i for i, name in enumerate(names) if name not in fixed_accounts and name.split(".", 1)[0] in firsts]
        if taken:
            must = rule("accounts.first-word", words=choice(PREFIXES))
            found = some(repr(names[i]) for i in taken)
            faults.add(accounts.where(taken, "account"), must, found)
    at = {name: i for i, name in enumerate(names) if name in fixed_accounts}
    keep = [i for i, name in enumerate(names) if name not in fixed_accounts]
    rows = 0 if accounts is None else accounts.size
    values: dict[str, list[object]] = {}
    for column in table.columns:
        blank = "" if column.kind == "text" else column.default
        cells = [blank] * rows if accounts is None else list(accounts.data[column.name])
        tail: list[object] = []
        for name, fixed in fixed_accounts.items():
            value = name if column.name == "account" else fixed.get(column.name, blank)
            if name in at and column.name != "account":
                stated = cells[at[name]]
                if column.name in FREE:
                    value = stated
                elif accounts is not None and stated not in (value, blank, column.default):
                    where = accounts.where(at[name], column.name)
                    must = rule("accounts.built-in", name=name, columns=listed(FREE))
                    faults.add(where, must, f"{column.name} = {stated!r}")
            tail.append(value)
        values[column.name] = [cells[i] for i in keep] + tail
    return _typed(accounts, values, keep, [at.get(name, -1) for name in fixed_accounts])


def _typed(accounts: Typed | None, values: Mapping[str, list[object]], keep: list[int], at: list[int]) -> Typed:
    import numpy as np

    table = BY_NAME["accounts"]
    out = Typed(table, table.name if accounts is None else accounts.label, len(values["account"]))
    kinds = {"number": np.float64, "flag": np.bool_}
    for column in table.columns:
        kind = kinds.get(column.kind)
        out.data[column.name] = values[column.name] if kind is None else np.array(values[column.name], dtype=kind)
    if accounts is None:
        out.rows = [NO_ROW] * out.size
        return out
    order = keep + at
    out.rows = [accounts.rows[i] if i >= 0 else NO_ROW for i in order]
    out.unit, out.given, out.broken = accounts.unit, accounts.given, accounts.broken
    for name, cells in accounts.own.items():
        if isinstance(cells, np.ndarray):
            out.own[name] = np.array([cells[i] if i >= 0 else np.nan for i in order])
        else:
            out.own[name] = [cells[i] if i >= 0 else "" for i in order]
    return out
