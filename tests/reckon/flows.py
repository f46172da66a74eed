"""Flows year by year, and what they come to in the ledger and in present values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.reckon.base import FOREVER, TOTAL, Base, Cells, Row, add, holds


@dataclass
class Flow:
    """Amounts of an account by year.

    Attributes
    ----------
    once : whether it is booked once.
    amounts, plain : year -> amount, at the prices of the year and at those of the start.
    lasting : whether it is an annual flow of its undertaking (captures are not).
    end : the last year in which it runs.
    """

    account: str
    once: bool
    amounts: dict[int, float]
    plain: dict[int, float]
    lasting: bool = False
    end: int = 0


FLAGS = ("green", "real_estate", "restoration")


class Flows(Base):
    """Rows of flow tables as amounts by year, and amounts by year as entries of the ledger."""

    def annual(
        self,
        account: str,
        value: float,
        begin: int,
        *,
        life: float | None = None,
        ramp: float = 0.0,
        decay: float = 0.0,
        until: int = FOREVER,
        lasting: bool = True,
        years: Iterable[int] = (),
    ) -> Flow:
        """An annual row from a year on; in full force without a ramp, and in the tail. `until` is the year after.

        What decays does so from the year after its first, in the tail and at start prices too.
        """
        growth = self.accounts[account]["growth"]
        stop = min(begin + (FOREVER if life is None else life), until)
        plain = {}
        for year in years or self.years:
            if begin <= year < stop:
                share = min(1.0, (year - begin + 1) / ramp) if ramp and year <= self.last else 1.0
                plain[year] = value * share * (1.0 - decay) ** (year - begin)
        amounts = {year: amount * (1.0 + growth) ** (year - self.y0) for year, amount in plain.items()}
        return Flow(account, False, amounts, plain, lasting, min(int(stop) - 1, FOREVER))

    def leaving(self, flow: Flow, share: float, year: int) -> Flow:
        """What is lost of a flow, with a minus, where a share of it ends with a year; no flow of an undertaking."""
        amounts, plain = (
            {y: -share * amount for y, amount in of.items() if y >= year} for of in (flow.amounts, flow.plain)
        )
        return Flow(flow.account, False, amounts, plain)

    def once(self, account: str, value: float, year: int) -> Flow:
        growth = self.accounts[account]["growth"]
        return Flow(account, True, {year: value * (1.0 + growth) ** (year - self.y0)}, {year: value})

    def captures(self, booked: Flow, parcel: Row | None) -> list[Flow]:
        """What tools take of uplift that is booked once; without a parcel only tools without `where` do."""
        found = []
        (year, amount), plain = next(iter(booked.amounts.items())), next(iter(booked.plain.values()))
        for tool in self.tables["capture"]:
            if tool["uplift_account"] != booked.account:
                continue
            if tool["where"] and (parcel is None or not holds(parcel, tool["where"])):
                continue
            found.append(self.captured(tool, year, amount, plain))
        return found

    def captured(self, tool: Row, year: int, amount: float, plain: float) -> Flow:
        """What a tool takes of an uplift of some year."""
        account = next(name for name, row in self.accounts.items() if row["capture_tool"] == tool["capture_tool"])
        first = year + int(tool["delay_years"])
        paid = range(first, self.end + 1) if tool["annual"] else [first]
        taken = tool["rate"] * amount, tool["rate"] * plain
        return Flow(account, not tool["annual"], dict.fromkeys(paid, taken[0]), dict.fromkeys(paid, taken[1]))

    # -- the ledger ---------------------------------------------------------------------------------------------------

    def level(self, flow: Flow, t: int, amounts: dict[int, float]) -> float:
        """What a flow is in the ledger of a period."""
        first, last = self.first_year[t], self.last_year[t]
        if self.accounts[flow.account]["recurrence"] == "stock":
            if flow.once:
                return sum(amount for year, amount in amounts.items() if year <= last)
            return amounts.get(last, 0.0)
        total = sum(amount for year, amount in amounts.items() if first <= year <= last)
        return total if flow.once else total / self.n[t]

    def book(self, cells: Cells, flow: Flow, places: Sequence[str], project: str, flags: Iterable[str]) -> None:
        """A flow in the ledger, and in the accounts of money."""
        for t in range(len(self.n)):
            amount, plain = self.level(flow, t, flow.amounts), self.level(flow, t, flow.plain)
            self.post(cells, flow.account, places, t, amount, plain, project, flags)

    def post(
        self,
        cells: Cells,
        account: str,
        places: Sequence[str],
        t: int,
        amount: float,
        plain: float,
        project: str = "",
        flags: Iterable[str] = (),
    ) -> None:
        """An amount of a period (a year's mean, a total, a level) on an account, and the purse's part of it."""
        add(cells, account, places, t, amount)
        add(cells, account + "@", places, t, plain)
        if not self.is_money(account):
            return
        row = self.accounts[account]
        annual, revenue = row["recurrence"] == "annual", row["family"] == "revenue"
        part = self.part("purse", account, project)
        names: dict[str, float] = {}
        if annual:
            names = {"money.operating": 1.0, "money.revenue" if revenue else "money.cost": 1.0 if revenue else -1.0}
        elif revenue:
            names = {"money.receipts": 1.0}
            if row["role"] == "land_sale":
                names["money.land_sale"] = 1.0
        else:
            names = {"money.outlay": -1.0}
            marked = {*flags, *(["restoration"] if row["role"] == "restoration" else [])}
            names |= {f"money.outlay.{flag}": -1.0 for flag in FLAGS if flag in marked}
        of_budgets = self.of_budgets(account, project)
        shared = ("money.operating", "money.revenue", "money.cost", "money.receipts", "money.outlay")
        for name, sign in list(names.items()):
            if name in shared:
                for budget, share in of_budgets.items():
                    add(cells, f"{name}:{budget}", [TOTAL], t, part * sign * share * amount)
        if revenue and row["role"] == "resource_income":
            names["money.resource"] = 1.0 if annual else 1.0 / self.length(t)
        for name, sign in names.items():
            add(cells, name, places, t, part * sign * amount)
            add(cells, name + "@", places, t, part * sign * plain)
        fund = self.settings.equity.fund
        if fund:
            paid = self.part(fund, account, project) * amount * (self.length(t) if annual else 1.0)
            add(cells, "paid", [TOTAL], t, paid)

    # -- present values -----------------------------------------------------------------------------------------------

    def equal(self, service: int, life: float | None, last: int | None, rate: float) -> float:
        """Present value of the annual equivalents of one unit that stands at the beginning of the service year."""
        yearly = rate
        if life is not None:
            yearly = rate / (1.0 - (1.0 + rate) ** -life) if rate else 1.0 / life
        return yearly * self.deltas(service, last, rate)

    def worths(self, project: str = "") -> list[tuple[str, float, Callable[[str], float]]]:
        """Present values: name, rate, and what one unit of an account counts in it."""

        def of(actor: str) -> Callable[[str], float]:
            return lambda account: self.part(actor, account, project)

        return [
            ("F1", self.r, lambda account: self.cash_part(account, project)),
            ("F2", self.social, self.natural_part),
            *((f"gain.{actor}", self.r, of(actor)) for actor in self.actors),
        ]

    def worth(
        self,
        cells: Cells,
        flows: Sequence[Flow],
        places: Sequence[str],
        service: int,
        life: float | None,
        project: str = "",
        last: int | None = None,
    ) -> None:
        """Present values of the flows of one undertaking; `last` is its last annual year where the flows do not say."""
        ends = [flow.end for flow in flows if flow.lasting]
        last = max(ends) if ends else last
        for name, rate, part in self.worths(project):
            equal = self.equal(service, life, last, rate)
            total = 0.0
            for flow in flows:
                share = part(flow.account)
                if not share or self.accounts[flow.account]["recurrence"] == "stock":
                    continue
                for year, amount in flow.amounts.items():
                    if flow.once:
                        total += share * amount * (1.0 + rate) ** (service - 1 - year) * equal
                    elif year <= self.end:
                        total += share * amount * self.delta(year, rate)
            add(cells, name, places if name.startswith("gain.") else [TOTAL], 0, total)
