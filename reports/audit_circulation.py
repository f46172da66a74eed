"""The circulation of money as a plan's decisions give it (docs/semantics.md): the audit's own arithmetic."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zonevest.reports.audit_cash import SMALL, Cash
from zonevest.reports.audit_cells import Floats
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_undertakings import TAKEN, Key, Undertakings
from zonevest.reports.audit_value import Told

if TYPE_CHECKING:
    from zonevest.reports.audit_evaluate import Evaluator

NODES = ("resource", "asset", "capital", "fund")
LOOP = ("resource_asset", "asset_capital", "capital_fund", "fund_resource")
OF_ROLE = {
    "land_sale": "resource_asset", "land_cost": "fund_resource", "resource_income": "resource_fund",
    "restoration": "fund_resource",
}  # fmt: skip
OF_PROJECT = {"project.revenue": "capital_fund", "project.cost": "capital_fund", "project.capex": "asset_capital"}
COUNTED = ("first", "second", "third")
LENT = ("raised", "refinanced", "repaid", "interest")


class Stream(NamedTuple):
    """Money of one kind: what it is of, its step, how it comes, its circulation, and between whom."""

    item: str
    step: str
    nature: str
    circulation: str
    account: str = ""
    instrument: str = ""
    received: bool = True

    def nodes(self) -> list[str]:
        """Where it passes, from the first to the last."""
        begin, end = self.step.split("_") if self.step else ("", "")
        if self.instrument and self.step:
            chain = ["lenders", "capital", "fund"]
        elif not self.step:
            named = self.account or self.item == "own_revenue"
            chain = [("payers" if named else "above") if self.received else "payees", "fund"]
        elif self.received:
            chain = ["payers", *(("resource", "fund") if begin == "fund" else dict.fromkeys((begin, end, "fund")))]
        else:
            works_on = end if begin == "fund" else begin
            kept = self.nature == "one_off" and self.item != "fund_transfers"
            chain = [f"kept_in_{works_on}" if kept else "payees", works_on, "fund"]
        return chain if self.received else chain[::-1]


class Circulation:
    """The streams of a plan, by period, and what follows from them."""

    def __init__(self, evaluator: Evaluator, cash: Cash, found: Undertakings, nothing: Undertakings) -> None:
        self.tables, self.cash, self.found, self.nothing = evaluator.tables, cash, found, nothing
        self.periods = self.tables.periods
        self.streams: dict[Stream, Floats] = {}
        self.out = Told()
        self._of_accounts()
        self._of_finance()

    def _add(self, stream: Stream, amounts: Floats) -> None:
        if np.abs(amounts).max(initial=0.0) > SMALL:
            self.streams[stream] = self.streams.get(stream, np.zeros(len(self.periods))) + amounts

    # ---------------------------------------------------------------- streams

    def _of_accounts(self) -> None:
        """What the purse receives and pays on accounts of money."""
        rows = {str(row["account"]): row for row in self.tables.rows("accounts")}
        raw = set(self.tables.practices) - self._laying_out()
        for key, amounts in self.cash.by_key:
            account = self.found.account(key)
            said, annual = rows.get(key.account, {}), account.recurrence == "annual"
            nature = "recurring" if annual else "one_off"
            # what leaves with land is less of what came in or went out
            sign = -1.0 if key.kind == TAKEN else 1.0
            into, out_of = sign * np.maximum(sign * amounts, 0.0), -sign * np.minimum(sign * amounts, 0.0)
            step = str(said.get("circulation") or "")
            sold = account.role == "land_sale"
            came = step or self._step(key, account.role, received=True)
            if (sold and key.kind == "practice" and key.source in raw) or (
                account.role == "resource_income" and came == "resource_fund"
            ):
                of = "first"
            elif annual:
                of = "third"
            else:
                of = "none" if said.get("route") == "compensation" else "second"
            item = "revenue" if annual else "land_sale" if sold else "receipts"
            self._add(Stream(item, came, nature, of, key.account), into)
            item = "operating_cost" if annual else "outlay"
            went = step or self._step(key, account.role, received=False)
            self._add(Stream(item, went, nature, "none", key.account, received=False), out_of)

    def _step(self, key: Key, role: str, *, received: bool) -> str:
        """The step of an account that names none."""
        if key.account in OF_PROJECT:
            project = self.tables.projects.get(key.source, {}) if key.kind == "project" else {}
            if project.get("restoration") or project.get("category") == "ecological_restoration":
                return "resource_fund" if received else "fund_resource"
            return OF_PROJECT[key.account]
        return "resource_asset" if key.account.startswith("quota.") else OF_ROLE.get(role, "")

    def _laying_out(self) -> set[str]:
        """The practices that somebody lays out something for once, beside what land costs."""
        out = set()
        for key, sums in self.found.sums.items():
            account = self.found.account(key)
            once = account.money and account.family == "cost" and account.recurrence != "annual"
            if key.kind == "practice" and once and account.role != "land_cost" and sums.any():
                out.add(key.source)
        return out

    def _of_finance(self) -> None:
        """What [finance] brings beside the ledger, and what is lent and paid back."""
        cash = self.cash
        if cash.money is None:
            return
        self._add(Stream("own_revenue", "", "recurring", "third"), cash.rest["own_revenue"])
        self._add(Stream("transfers", "", "recurring", "none"), cash.rest["transfers"])
        self._add(Stream("fixed_cost", "", "recurring", "none", received=False), cash.rest["fixed_cost"])
        passed = Stream("fund_transfers", "fund_resource", "one_off", "none", received=False)
        self._add(passed, np.array(cash.fund_paid, dtype=np.float64))
        for f, each in cash.money.instruments.items():
            step = "" if each.kind == "grant" else "asset_capital"
            of = "second" if step and not each.refinances else "none"
            item = "refinanced" if each.refinances else "raised"
            self._add(Stream(item, step, "financing", of, instrument=f), cash.raised[f])
            self._add(Stream("repaid", step, "financing", "none", "", f, received=False), cash.repaid[f])
            self._add(Stream("interest", step, "recurring", "none", "", f, received=False), cash.interest[f])

    # ---------------------------------------------------------------- rows

    def table(self) -> Told:
        """All rows."""
        flows = self._flows()
        for (t, here, there, *said), value in flows.items():
            self._put("flow", t, value, "million", here, there, *said, optional=value <= TOLERANCE)
        self._nodes(flows)
        self._shares()
        self._loop()
        return self.out

    def _put(self, kind: str, t: int, value: float, unit: str, *said: str, optional: bool = False) -> None:
        key = (kind, self.periods[t], *said)
        self.out.rows[key] = ((value,), (unit,))
        if optional:
            self.out.optional.add(key)

    def _short(self, kind: str, item: str, values: Floats, unit: str, circulation: str = "") -> None:
        for t, value in enumerate(np.asarray(values, dtype=np.float64).tolist()):
            if not np.isnan(value):
                self._put(kind, t, value, unit, "", "", "", item, "", "", "", circulation)

    def _flows(self) -> dict[tuple[int, str, str, str, str, str, str, str, str], float]:
        """From node to node, by period; cash before and after is at the fund."""
        out: dict[tuple[int, str, str, str, str, str, str, str, str], float] = {}

        def note(stream: Stream, nodes: list[str], amounts: Floats) -> None:
            said = (stream.step, stream.item, stream.account, stream.instrument, stream.nature, stream.circulation)
            for t, value in enumerate(amounts.tolist()):
                for here, there in pairwise(nodes):
                    # what is next to nothing may be told either way round
                    for back in (False, True) if abs(value) <= TOLERANCE else (value < 0.0,):
                        if value:
                            out[t, *((there, here) if back else (here, there)), *said] = abs(value)

        for stream, amounts in self.streams.items():
            note(stream, stream.nodes(), amounts)
        change, money = self.cash.change, self.cash.money
        if money is None:
            note(Stream("net", "", "stock", "none"), ["fund", "cash_after"], change)
            return out
        closing = sum(purse.opening for purse in money.purses) + np.cumsum(change)
        note(Stream("opening_cash", "", "stock", "none"), ["cash_before", "fund"], closing - change)
        note(Stream("closing_cash", "", "stock", "none"), ["fund", "cash_after"], closing)
        return out

    def _nodes(self, flows: dict[tuple[int, str, str, str, str, str, str, str, str], float]) -> None:
        """What enters each of the four nodes, leaves it, and is kept in it."""
        sums: dict[tuple[int, str, str], float] = {}
        for (t, here, there, *_), value in flows.items():
            stays = there == "cash_after" or there.startswith("kept_in_")
            for node, item in ((there, "enters"), (here, "kept" if stays else "leaves")):
                if node in NODES and value > SMALL:
                    sums[t, node, item] = sums.get((t, node, item), 0.0) + value
        for (t, node, item), value in sums.items():
            blank = ("", "", item, "", "", "", "")
            self._put("node", t, value, "million", node, *blank, optional=value <= TOLERANCE)

    def _shares(self) -> None:
        """Money in each circulation; what is put into restoration is of the third."""
        sums = {name: np.zeros(len(self.periods)) for name in (*COUNTED, "none")}
        for stream, amounts in self.streams.items():
            if stream.received:
                sums[stream.circulation] = sums[stream.circulation] + amounts
        sums["third"] = sums["third"] + self.cash.flagged("restoration", "restoration")
        whole = sum((sums[name] for name in COUNTED), np.zeros(len(self.periods)))
        for name, amounts in sums.items():
            self._short("money", name, amounts, "million", name)
        for name in COUNTED:
            self._short("share", name, _percent(sums[name], whole), "percent", name)

    def _loop(self) -> None:
        """Money on every step, what is put back, what recurs, and whether the loop is closed."""
        cash, zero = self.cash, np.zeros(len(self.periods))
        steps = dict.fromkeys(LOOP, zero)
        for stream, amounts in self.streams.items():
            if stream.step in steps and stream.item not in (*LENT[1:],):
                steps[stream.step] = steps[stream.step] + np.abs(amounts)
        for step, amounts in steps.items():
            self._short("loop", step, amounts, "million")
        spent = cash.flagged("restoration", "restoration")
        income = sum((amounts for key, amounts in cash.by_key if self._resource_income(key)), zero)
        idle = zero
        for key, sums in self.nothing.sums.items():
            if self._resource_income(key):
                idle = idle + self.tables.actors.parts(self.nothing.account(key)).purse * sums[:-1]
        self._short("loop", "reinvestment", _percent(spent, income), "percent")
        to_date = _percent(np.cumsum(spent), np.cumsum(income - idle))
        self._short("loop", "reinvestment_to_date", to_date, "percent")
        net = cash.sum(annual=True)
        if cash.money is not None:
            net = net + cash.rest["own_revenue"] + cash.rest["transfers"] - cash.rest["fixed_cost"]
            net = net - sum(cash.interest.values(), zero)
        net = net / cash.years
        self._short("loop", "recurring_net", net, "million/year")
        closed = np.all([amounts > SMALL for amounts in steps.values()], axis=0) & (net >= -SMALL)
        self._short("loop", "closed", closed.astype(np.float64), "")

    def _resource_income(self, key: Key) -> bool:
        account = self.found.account(key)
        return account.money and account.family == "revenue" and account.role == "resource_income"


def _percent(part: Floats, whole: Floats) -> Floats:
    """Per cent of a whole, NaN where there is none."""
    there = whole > SMALL
    return np.where(there, 100.0 * part / np.where(there, whole, 1.0), np.nan)
