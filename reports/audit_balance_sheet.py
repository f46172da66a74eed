"""The balance sheet as a plan's decisions give it (docs/semantics.md): the audit's own arithmetic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.schema import RESOURCES
from zonevest.reports.audit_cash import SMALL, Cash
from zonevest.reports.audit_cells import FOREVER, HOLD, UNASSIGNED, Floats, Ints, number
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_sites import takings
from zonevest.reports.audit_undertakings import Undertakings
from zonevest.reports.audit_value import Told

if TYPE_CHECKING:
    from zonevest.reports.audit_evaluate import Decided, Evaluator

TENURES = ("unstated", "state", "collective")
BUILDS_NOTHING = ("ecological_restoration", "agriculture", "eco_bank")


class BalanceSheet:
    """Assets, liabilities, net worth and why it changes; a state before the first period, then one at each one's end.

    Parameters
    ----------
    cash : whose table has been drawn.
    """

    def __init__(self, evaluator: Evaluator, decided: Decided, cash: Cash, found: Undertakings) -> None:
        self.evaluator, self.decided, self.cash, self.found = evaluator, decided, cash, found
        self.tables, self.study = evaluator.tables, evaluator.study
        self.names = ["start", *self.tables.periods]
        self.out = Told()

    def table(self) -> Told:
        """All rows."""
        own = self._cash() + self._operating() - self._owed()
        natural = self._natural()
        restricted, fund_moves = self._fund()
        worth = {"own": own, "restricted": restricted, "natural": natural}
        whole = own + restricted + natural
        for item, values in {**worth, "total": whole}.items():
            self._put("net_worth", item, values, always=True)
        moves = {**self._moves(), **fund_moves, **self._natural_moves()}
        for item, values in moves.items():
            self._put("change", item, values)
        closing = whole[:-1] + sum(moves.values(), np.zeros(len(self.tables.periods)))
        self._put("change", "opening", whole[:-1], always=True)
        self._put("change", "closing", closing, always=True)
        return self.out

    def _put(
        self, side: str, item: str, values: Floats, *said: str, unit: str = "million", always: bool = False
    ) -> None:
        """A row for each state, the last of all; what is never anything need not be told."""
        resource, tenure, budget, instrument = said or ("", "", "", "")
        for name, value in zip(self.names[-len(values) :], values.tolist(), strict=True):
            key = (name, side, item, resource, tenure, budget, instrument)
            self.out.rows[key] = ((value,), (unit,))
            if not always and np.abs(values).max() <= TOLERANCE:
                self.out.optional.add(key)

    # ---------------------------------------------------------------- cash, operating assets, debt, the fund

    def _cash(self) -> Floats:
        """Cash by budget, and the sum of it."""
        money, sums = self.cash.money, np.zeros(len(self.names))
        told = {} if money is not None else {"all": np.append(0.0, np.cumsum(self.cash.change))}
        rows = self.cash.budgets().rows
        for purse in [] if money is None else money.purses:
            closing = [rows[purse.name, period][0][-1] for period in self.tables.periods]
            told[purse.name] = np.array([purse.opening, *closing])
        for name, values in told.items():
            self._put("asset", "cash", values, "", "", name, "")
            sums += values
        return sums

    def _operating(self) -> Floats:
        """What has been laid out on operating assets, less what is written off in equal parts."""
        spans, horizon = self.evaluator.flows.calendar.spans, self.tables.horizon_end - self.tables.y0 + 1
        self.laid, self.written = np.zeros(len(spans)), np.zeros(len(spans))
        left = {"practice": np.zeros(len(self.names)), "project": np.zeros(len(self.names))}
        for (kind, service, life), paid in self.found.laid.items():
            off = np.zeros(horizon)
            for year in np.flatnonzero(paid).tolist():
                if life == FOREVER:
                    continue
                first = max(int(service) - self.tables.y0, year)
                # what is paid when life is over is written off at once
                after = max(int(service) - self.tables.y0 + math.ceil(life), first + 1)
                off[first:after] += paid[year] / (after - first)
            spent, gone = (np.array([each[span].sum() for span in spans]) for each in (paid, off))
            left[kind][1:] += np.cumsum(spent - gone)
            self.laid += spent
            self.written += gone
        self._put("asset", "land_actions", left["practice"])
        self._put("asset", "projects", left["project"])
        return left["practice"] + left["project"]

    def _owed(self) -> Floats:
        """Debt, and what outside owners hold, by instrument."""
        money, sums = self.cash.money, np.zeros(len(self.names))
        stated = {str(row["instrument"]): number(row["outstanding"], 0.0) for row in self.tables.rows("instruments")}
        if money is None:
            return sums
        for f, each in money.instruments.items():
            if each.kind == "grant":
                continue
            new = [money.balance(f, t, highest=False) for t in range(len(self.tables.periods))]
            end = [one.value(self.decided.cells, self.decided.values) for one in new]
            old = [money.old[f].at(money.old[f].closing, last) for last in self.tables.lasts]
            values = np.array([stated[f], *np.add(end, old).tolist()])
            self._put("liability", "debt" if each.debt else "outside_equity", values, "", "", "", f)
            sums += values
        return sums

    def _fund(self) -> tuple[Floats, dict[str, Floats]]:
        """What the compensation fund holds beside the purse, and why that changes; within it, a memo."""
        actors, periods = self.tables.actors, len(self.tables.periods)
        fund, received, passed = actors.fund, np.zeros(periods), np.zeros(periods)
        if not fund:
            return np.zeros(periods + 1), {}
        for key, sums in self.found.sums.items():
            account = self.found.account(key)
            if account.money:
                received += actors.parts(account, key.source if key.kind == "project" else "").fund * sums[:-1]
        for (table, *named), v in self.decided.system.at.items():
            if table == "transfer":
                passed[named[-1]] += float(self.decided.values[v])
        held = np.append(0.0, np.cumsum(received - passed))
        if fund in self.study.settings.purse:
            self._put("memo", "fund_in_cash", held)
            return np.zeros(periods + 1), {}
        self._put("asset", "compensation_fund", held)
        return held, {"fund_received": received, "fund_passed": -passed}

    def _moves(self) -> dict[str, Floats]:
        """Why the net worth of the purse changes."""
        cash, zero = self.cash, np.zeros(len(self.tables.periods))
        sold = sum((amounts for key, amounts in cash.by_key if self._sale(key.account)), zero)
        result, grants = cash.sum(annual=True), zero
        if cash.money is not None:
            result = result + cash.rest["own_revenue"] + cash.rest["transfers"] - cash.rest["fixed_cost"]
            given = [f for f, each in cash.money.instruments.items() if each.kind == "grant"]
            grants = sum((cash.raised[f] for f in given), zero)
        return {
            "operating_result": result,
            "interest": -sum(cash.interest.values(), zero),
            "land_sale": sold,
            "receipts": cash.sum(annual=False, family="revenue") - sold,
            "grants": grants,
            "outlay_spent": self.laid + cash.sum(annual=False, family="cost"),
            "written_off": -self.written,
            "fund_transfers": -np.array(cash.fund_paid, dtype=np.float64) if cash.money is not None else zero,
        }

    def _sale(self, name: str) -> bool:
        account = self.tables.accounts[self.tables.account[name]]
        return account.family == "revenue" and account.recurrence != "annual" and account.role == "land_sale"

    # ---------------------------------------------------------------- natural resources

    def _natural(self) -> Floats:
        """Extent, condition, flow and asset of every resource and tenure; the sum of the state's assets."""
        self._extents()
        social = self.evaluator.flows.calendar.social
        self.value, self.plain = self._values()
        worth = np.zeros(len(self.names))
        for r, resource in enumerate(RESOURCES):
            for k, tenure in enumerate(TENURES):
                said = (resource, tenure, "", "")
                area, value = self.area[:, r, k], self.value[:, r, k]
                there = area > SMALL
                condition = np.where(there, self.weighed[:, r, k] / np.where(there, area, 1.0), 0.0)
                self._put("asset" if tenure == "state" else "memo", "natural", value, *said)
                self._put("physical", "extent", area, *said, unit="ha")
                self._put("physical", "condition", condition, *said, unit="")
                self._put("physical", "flow", value * social, *said, unit="million/year")
                worth += value if tenure == "state" else 0.0
        return worth

    def _extents(self) -> None:
        """Hectares, and hectares times condition, of every resource and tenure, shape (states, resources, tenures)."""
        tables, flows = self.tables, self.evaluator.flows
        self.area = np.zeros((len(self.names), len(RESOURCES), len(TENURES)))
        self.weighed = np.zeros_like(self.area)
        for (practice, start), members, share in self.decided.choices.by_option():
            named = {} if practice in (HOLD, UNASSIGNED) else tables.practices[practice]
            change = tables.starts[start] + number(named["lead_years"], 0.0) if named else FOREVER
            becomes = (str(named["to_class"]), str(named["to_tenure"])) if named else ("", "")
            lands = flows.assets.lands(members, *becomes, change)
            area = tables.area[members] * share
            sums = [np.bincount(lands.of, w, len(lands.kinds)) for w in (area, area * tables.condition[members])]
            for kind, hectares, weighed in zip(lands.kinds, *(each.tolist() for each in sums), strict=True):
                for at, last in enumerate([-math.inf, *tables.lasts]):
                    changed = change <= last
                    resource = kind.after if changed else kind.before
                    if resource and hectares:
                        place = (at, RESOURCES.index(resource), _tenure(kind.new_tenure if changed else kind.tenure))
                        self.area[place] += hectares
                        self.weighed[place] += weighed
        for project, start in self.decided.choices.starts.items():
            self._take(project, start + 1)

    def _take(self, project: str, since: int) -> None:
        """Land that a project takes leaves as the mean hectare of its site; what it builds on is nobody's named."""
        tables = self.tables
        builds = str(tables.projects[project]["category"]) not in BUILDS_NOTHING
        for taking in takings(tables, project):
            site = taking.site(tables)
            part, condition = tables.area[site], tables.condition[site]
            tenure = np.array([_tenure(str(name)) for name in tables.tenure[site]], dtype=np.int64)
            if not part.sum():  # a plan that takes land of which there is none breaks a rule, and takes nobody's
                part, condition, tenure = np.ones(1), np.ones(1), np.zeros(1, dtype=np.int64)
            gone = -taking.area * part / part.sum()
            self._move(since, tables.class_resource[taking.land_class], tenure, gone, condition)
            if builds:
                self._move(since, "land", np.zeros(1, dtype=np.int64), np.array([taking.area]), np.ones(1))

    def _move(self, since: int, resource: str, tenure: Ints, hectares: Floats, condition: Floats) -> None:
        """Add hectares of some tenures, and of some condition, from a state on."""
        if resource:
            at = (slice(since, None), RESOURCES.index(resource))
            self.area[at] += np.bincount(tenure, hectares, len(TENURES))
            self.weighed[at] += np.bincount(tenure, hectares * condition, len(TENURES))

    def _values(self) -> tuple[Floats, Floats]:
        """Asset values at prices of the year and of the start, shape (states, resources, tenures); 0 without any."""
        shape = (len(self.names), len(RESOURCES), len(TENURES))
        values = [np.zeros(shape), np.zeros(shape)]
        flows, account = self.evaluator.flows, self.tables.account
        for r, resource in enumerate(RESOURCES) if flows.calendar.social > 0 else ():
            for k, tail in enumerate(("", ".state", ".collective")):
                at = account[f"asset.{resource}{tail}"]
                for price, table in enumerate(values):
                    first = at * flows.width
                    table[0, r, k] = self.evaluator.start[0, at]
                    table[1:, r, k] = self.decided.ledger[price, 0, first : first + flows.width - 1]
        for table in values:
            table[..., 0] -= table[..., 1:].sum(axis=-1)
            nothing = np.abs(table[..., 0]) < SMALL * np.maximum(1.0, np.abs(table).sum(axis=-1))
            table[..., 0][nothing] = 0.0
        return values[0], values[1]

    def _natural_moves(self) -> dict[str, Floats]:
        """Why the state's natural resources are worth more or less: hectares, what a hectare brings, and prices."""
        state = TENURES.index("state")
        value, plain, area = (each[:, :, state] for each in (self.value, self.plain, self.area))
        there = area[:-1] > SMALL
        moved = np.diff(plain, axis=0)
        extent = np.where(there, plain[:-1] / np.where(there, area[:-1], 1.0) * np.diff(area, axis=0), moved)
        prices = np.diff(value - plain, axis=0)
        return {
            "extent": extent.sum(axis=1),
            "quality": (moved - extent).sum(axis=1),
            "prices": prices.sum(axis=1),
        }


def _tenure(name: str) -> int:
    return TENURES.index(name) if name in TENURES else 0
