"""Rows (14) to (23): the money of the budget entity."""

from __future__ import annotations

from collections.abc import Callable

from tests.reckon.base import TOTAL, Cells, Row, add, split
from tests.reckon.rows import Atom, Rows, Sum, one


class Unit:
    """One unit that is drawn: what is owed at the beginning of each year, what is repaid and paid at its end."""

    def __init__(self, row: Row, first: int, years_of_drawing: int = 0) -> None:
        """Drawn on the first day of a year; refinancing in equal parts at the ends of the years before it."""
        self.rate, self.owed, self.repaid = row["rate"], dict[int, float](), dict[int, float]()
        for k in range(1, years_of_drawing):
            self.owed[first - years_of_drawing + k] = k / years_of_drawing
        balance, tenor, grace = 1.0, row["tenor_years"], int(row["grace_years"])
        self.forever = tenor is None
        for k in range(1, 1001 if tenor is None else int(tenor) + 1):
            self.owed[first + k - 1] = balance
            if tenor is None:
                continue
            if row["repay"] == "bullet":
                paid = 1.0 if k == tenor else 0.0
            else:
                paid = 1.0 / (tenor - grace) if k > grace else 0.0
            self.repaid[first + k - 1] = paid
            balance -= paid

    def at(self, year: int) -> float:
        """What is owed at the beginning of a year."""
        return 1.0 if self.forever and year > max(self.owed) else self.owed.get(year, 0.0)

    def payments(self) -> dict[int, float]:
        """Repayment and interest by year."""
        return {year: self.repaid.get(year, 0.0) + self.rate * owed for year, owed in self.owed.items()}


class Money(Rows):
    """Finance: draws, service, and what must hold of them."""

    def finance(self) -> None:
        """Write down the draws and every row of money."""
        given = self.settings.finance
        self.drawn: dict[tuple[str, int], Sum] = {}
        self.draws: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
        self.between: dict[tuple[str, str, int], str] = {}
        self.instruments = {row["instrument"]: row for row in self.tables["instruments"]}
        if given is None:
            return
        self.given = given
        self.units = {(f, t): self.unit(row, t) for f, row in self.instruments.items() for t in range(len(self.n))}
        for f, row in self.instruments.items():
            for t in range(len(self.n)):
                self.drawn[f, t] = Sum()
                if self.in_general(row):
                    self.drawn[f, t] += self.decide(f"raised[{f},{t}]", self.price(row, t))
        for name in self.projects:
            for s in self.open_starts[name]:
                self.draw_for(name, s)
        for row in self.tables.get("budget_transfers", []):
            for t in range(len(self.n)):
                name = f"budget_transfer[{row['from']},{row['to']},{t}]"
                self.between[row["from"], row["to"], t] = name
                passed = self.decide(name)
                if row["cap"] is not None:
                    self.hold(name, passed, "<=", self.n[t] * row["cap"])
        self.all_cash = [Sum()] * len(self.n)
        self.cash_of: dict[str, list[Sum]] = {}
        for budget in self.budgets or {"": {}}:
            self.cash(budget)
        self.instrument_limits()
        self.debt_ratio()
        self.interest_shares()
        self.service_cover()
        self.borrowing()
        self.shares_of_money()

    # -- draws --------------------------------------------------------------------------------------------------------

    def unit(self, row: Row, t: int) -> Unit:
        if row["refinances"]:
            return Unit(row, self.last_year[t] + 1, self.n[t])
        return Unit(row, self.first_year[t])

    def in_general(self, row: Row) -> bool:
        if row["kind"] not in ("bond", "loan"):
            return False
        return bool(row["refinances"]) or not (row["categories"] or row["self_supporting"] or row["green_only"])

    def may_fund(self, row: Row, project: Row) -> bool:
        named = split(project["instruments"])
        # with a table of budgets, an enterprise's money is for works of an enterprise
        other = bool(self.budgets) and self.is_enterprise(self.instrument_budget(row))
        if other and not self.is_enterprise(project["budget"] or self.main):
            return False
        return bool(
            (not named or row["instrument"] in named)
            and (not row["categories"] or project["category"] in split(row["categories"]))
            and (not row["green_only"] or project["green"])
            and not row["refinances"]
            and project["capex"] > 0
        )

    def price(self, row: Row, t: int) -> Cells:
        """What a unit of debt or equity costs beside its service."""
        cells: Cells = {}
        if row["kind"] == "grant":
            return cells
        yearly = max(row["rate"] - self.r, 0.0) + 0.001 * row["rate"]
        unit = self.units[row["instrument"], t]
        if unit.forever:  # for good: beyond the years written down, a geometric series
            last = max(unit.owed)
            paid = sum(self.delta(year) * owed for year, owed in unit.owed.items())
            rest = self.delta(last) / self.r if self.r else 0.0
            assert self.r or not yearly, "equity for good needs a rate"
            add(cells, "F1", [TOTAL], 0, -yearly * (paid + rest))
        else:
            add(cells, "F1", [TOTAL], 0, -yearly * sum(self.delta(year) * owed for year, owed in unit.owed.items()))
        return cells

    def draw_for(self, name: str, s: int) -> None:
        """Draws for a project that starts in a period, and their bounds."""
        project = self.projects[name]
        built = self.first_year[s] + max(int(project["build_years"]), 1) - 1
        begun = Sum({(f"u:{name}", TOTAL, s): 1.0})
        debt, everything, own = Sum(), Sum(), False
        for f, row in self.instruments.items():
            if not self.may_fund(row, project):
                continue
            own = own or row["kind"] == "equity"
            for t in range(s, len(self.n)):
                if self.first_year[t] > built:
                    break
                cells = self.price(row, t)
                if row["kind"] == "grant":
                    opened, year = self.opening(project, s), self.first_year[t]
                    equal = self.equal(opened, project["life_years"], self.last_annual(name, s), self.r)
                    add(cells, "F1", [TOTAL], 0, (1.0 + self.r) ** (opened - 1 - year) * equal)
                draw = self.decide(f"raised[{f},{name},{s},{t}]", cells)
                self.draws.setdefault((f, name, s), []).append((t, f"raised[{f},{name},{s},{t}]"))
                self.drawn[f, t] += draw
                everything += draw
                debt = debt if row["kind"] == "equity" else debt + draw
        self.hold(f"draw_cap[{name},{s}]", debt, "<=", (1.0 - project["equity_min"]) * project["capex"] * begun)
        if own:
            self.hold(f"fund_project[{name},{s}]", everything, "<=", project["capex"] * begun)
        self.cover(name, s, begun)

    def over_draws(self, chosen: list[str], t: int, amounts: str) -> Sum:
        """Σ over instruments and draws of what a unit repays or bears in a period, or owes at its end or most."""
        first, last, total = self.first_year[t], self.last_year[t], Sum()
        for f in chosen:
            for tau in range(t + 1):
                unit = self.units[f, tau]
                years = range(first, last + 1)
                if amounts == "repaid":
                    found = sum(unit.repaid.get(year, 0.0) for year in years)
                elif amounts == "interest":
                    found = sum(unit.rate * unit.at(year) for year in years)
                elif amounts == "owed":
                    found = unit.at(last + 1)
                else:
                    again = self.instruments[f]["refinances"] and tau == t
                    found = max(0.0 if again else unit.at(first), unit.at(last + 1))
                total += found * self.drawn[f, tau]
        return total

    def legacy(self, chosen: list[str], t: int, what: str) -> float:
        """What is outstanding from before: repaid or borne in a period, or owed at its end."""
        total = 0.0
        for f in chosen:
            row = self.instruments[f]
            if not row["outstanding"]:
                continue
            term, debt = row["outstanding_years"], row["outstanding"]

            def owed(year: int, debt: float = debt, term: float = term) -> float:
                return debt * max(0.0, 1.0 - (year - self.y0) / term)

            years = range(self.first_year[t], self.last_year[t] + 1)
            if what == "repaid":
                total += sum(owed(year) - owed(year + 1) for year in years)
            elif what == "interest":
                total += sum(row["rate"] * owed(year) for year in years)
            else:
                total += owed(self.last_year[t] + 1)
        return total

    def kinds(self, *kinds: str, again: bool = True) -> list[str]:
        return [f for f, row in self.instruments.items() if row["kind"] in kinds and (again or not row["refinances"])]

    # -- (14) cash ----------------------------------------------------------------------------------------------------

    def residual(self, t: int, *names: str) -> float:
        """Mean per year of the base-year totals that the ledger does not book."""
        growth, total = self.given.growth, 0.0
        for name in names:
            whole = getattr(self.given, name)
            if whole is None:
                continue
            if name == "own_revenue":
                whole -= self.before.get(("money.revenue", TOTAL, -1), 0.0)
            if name == "fixed_cost":
                whole -= self.before.get(("money.cost", TOTAL, -1), 0.0)
            total += whole * self.mean(t, growth.get(name, 0.0))
        return total

    def money(self, name: str, t: int, budget: str = "") -> Sum:
        return Sum({(f"money.{name}:{budget}" if budget else f"money.{name}", TOTAL, t): 1.0})

    def net(self, t: int, budget: str = "") -> Sum:
        """N: recurring revenue less recurring cost, a year; of a budget, or of all (blank)."""
        rest = self.residual(t, "own_revenue", "transfers") - self.residual(t, "fixed_cost")
        return self.money("operating", t, budget) + (rest if budget in ("", self.main) else 0.0)

    def recurring_cost(self, t: int, budget: str = "") -> Sum:
        return self.money("cost", t, budget) + (self.residual(t, "fixed_cost") if budget in ("", self.main) else 0.0)

    def cash(self, budget: str) -> None:
        """(14) the cash of a budget (blank: of all), and its reserve."""
        row = self.budgets.get(budget, {"opening_cash": None, "reserve": None})
        main = budget == self.main
        opening = row["opening_cash"]
        if opening is None:
            opening = self.given.opening_cash if main else 0.0
        mine = [f for f, each in self.instruments.items() if not budget or self.instrument_budget(each) == budget]
        held, self.cash_of[budget] = Sum({}, {}, opening), []
        for t in range(len(self.n)):
            held = held + self.n[t] * self.net(t, budget)
            held = held + self.money("receipts", t, budget) - self.money("outlay", t, budget)
            held = held + sum((self.drawn[f, t] for f in mine), Sum())
            held = held - self.over_draws(mine, t, "repaid") - self.over_draws(mine, t, "interest")
            held = held - self.legacy(mine, t, "repaid") - self.legacy(mine, t, "interest")
            for (source, target, when), name in self.between.items():
                if when == t:
                    held = held + one(name, float(target == budget) - float(source == budget))
            if main and self.settings.equity.fund in self.purse:
                held = held - sum((one(name) for (_, when), name in self.transfers.items() if when == t), Sum())
            self.cash_of[budget].append(held)
            self.all_cash[t] = self.all_cash[t] + held
            least = Sum()
            months = self.given.at("reserve_months", self.names[t])
            if row["reserve"] is not None:
                least = Sum({}, {}, row["reserve"])
            elif months is not None:
                least = months / 12.0 * self.recurring_cost(t, budget)
            self.hold(f"reserve[{budget},{t}]", held, ">=", least)

    def financial(self, account: str, t: int) -> Sum:
        """The accounts `finance.…`."""
        _, what, *name = account.split(".", 2)
        if what == "cash":
            return self.cash_of[name[0]][t] if name else self.all_cash[t]
        if what == "debt":
            debts = self.kinds("bond", "loan")
            return self.over_draws(debts, t, "owed") + self.legacy(debts, t, "owed")
        if what == "raised":
            return self.drawn[name[0], t]
        return self.over_draws(name, t, what) + self.legacy(name, t, what)

    # -- (15) to (23) -------------------------------------------------------------------------------------------------

    def soft(self, row: str) -> float | None:
        return self.given.soft.get(row)

    def instrument_limits(self) -> None:
        """(15) what an instrument may raise."""
        for f, row in self.instruments.items():
            if row["limit_total"] is not None:
                raised = sum((self.drawn[f, t] for t in range(len(self.n))), Sum())
                self.hold(f"instrument_total[{f}]", raised, "<=", row["limit_total"])
            for t in range(len(self.n)) if row["limit_period"] is not None else ():
                self.hold(f"instrument_period[{f},{t}]", self.drawn[f, t], "<=", row["limit_period"])

    def debt_ratio(self) -> None:
        """(16) debt against fiscal resources."""
        counted = [f for f in self.kinds("bond", "loan") if self.instruments[f]["in_debt_ratio"]]
        for t, name in enumerate(self.names):
            cap = self.given.at("debt_ratio_cap", name)
            if cap is None:
                continue
            debt = self.legacy(counted, t, "owed") + self.over_draws(counted, t, "most")
            resources = self.residual(t, "fiscal_resources") - self.before.get(("money.revenue", TOTAL, -1), 0.0)
            right = cap * (self.money("revenue", t) + resources)
            self.hold(f"debt_ratio_cap[{t}]", debt, "<=", right, self.soft("debt_ratio_cap"))

    def interest_shares(self) -> None:
        """(16) interest against expenditure, of the fund and in general."""
        debts = self.kinds("bond", "loan")
        of = {f: self.instrument_budget(self.instruments[f]) for f in self.instruments}
        enterprise = [name for name in {*of.values(), *self.budgets, "enterprise"} if self.is_enterprise(name)]
        fund = "" if "fund" in enterprise else "fund"  # what is an enterprise's is in neither
        for t, name in enumerate(self.names):

            def spent(budget: str, t: int = t) -> Sum:
                return self.n[t] * self.money("cost", t, budget) + self.money("outlay", t, budget)

            def interest(chosen: list[str], t: int = t) -> Sum:
                return self.over_draws(chosen, t, "interest") + self.legacy(chosen, t, "interest")

            of_fund = [f for f in debts if fund and of[f] == fund]
            again = [f for f in self.instruments if fund and of[f] == fund and not self.instruments[f]["refinances"]]
            by_fund = spent(fund) if fund else Sum()
            raised = sum((self.drawn[f, t] for f in again), Sum())
            share = self.given.at("interest_share_fund", name)
            if share is not None:
                right = share * (by_fund + raised + interest(of_fund))
                self.hold(f"interest_share_fund[{t}]", interest(of_fund), "<=", right, self.soft("interest_share_fund"))
            share = self.given.at("interest_share_general", name)
            if share is not None:
                general = [f for f in debts if f not in of_fund and of[f] not in enterprise]
                whole = self.n[t] * (self.money("cost", t) + self.residual(t, "fixed_cost")) + self.money("outlay", t)
                whole = whole - by_fund - raised - sum((spent(b) for b in enterprise), Sum())
                bound, left = share * (whole + interest(general)), interest(general)
                self.hold(f"interest_share_general[{t}]", left, "<=", bound, self.soft("interest_share_general"))

    def service_cover(self) -> None:
        """(17) debt-service cover, of every budget that owes where there is a table of budgets."""
        first = self.number[self.given.dscr_from] if self.given.dscr_from else 0
        debts = self.kinds("bond", "loan")
        owing = {self.instrument_budget(self.instruments[f]) for f in debts}
        for t, name in enumerate(self.names):
            least = self.given.at("dscr_min", name)
            if least is None or t < first:
                continue
            for budget in [b for b in self.budgets if b in owing] if self.budgets else [""]:
                mine = [f for f in debts if not budget or self.instrument_budget(self.instruments[f]) == budget]
                again = [f for f in mine if self.instruments[f]["refinances"]]
                if self.given.dscr_scope == "new":
                    paying = [f for f in mine if f not in again]
                    service = self.over_draws(paying, t, "repaid") + self.over_draws(paying, t, "interest")
                else:
                    service = self.over_draws(mine, t, "repaid") + self.over_draws(mine, t, "interest")
                    service = service + self.legacy(mine, t, "repaid") + self.legacy(mine, t, "interest")
                    service = service - sum((self.drawn[f, t] for f in again), Sum())
                right = least / self.n[t] * service
                self.hold(f"dscr_min[{budget},{t}]", self.net(t, budget), ">=", right, self.soft("dscr_min"))

    def borrowing(self) -> None:
        """(18) the golden rule and refinancing, (20) the operating balance."""
        debts, everyone = self.kinds("bond", "loan"), list(self.instruments)
        again = [f for f in everyone if self.instruments[f]["refinances"]]
        from_period = self.given.operating_balance_from
        for t, name in enumerate(self.names):
            new = sum((self.drawn[f, t] for f in everyone if f not in again), Sum())
            self.hold(f"golden_rule[{t}]", new, "<=", self.money("outlay", t), self.soft("golden_rule"))
            due = self.over_draws(debts, t, "repaid") + self.legacy(debts, t, "repaid")
            share, renewed = self.given.at("refinance_share", name), sum((self.drawn[f, t] for f in again), Sum())
            assert share is not None
            self.hold(f"refinance_share[{t}]", renewed, "<=", share * due, self.soft("refinance_share"))
            if from_period is not None and t >= self.number[from_period]:
                paid = self.over_draws(everyone, t, "interest") + self.legacy(debts, t, "interest")
                right = 1.0 / self.n[t] * paid
                self.hold(f"operating_balance[{t}]", self.net(t), ">=", right, self.soft("operating_balance"))

    def cover(self, name: str, s: int, begun: Sum) -> None:
        """(19) what a project earns against the service of its self-supporting instruments."""
        project, ys = self.projects[name], self.first_year[s]
        mine = {f: row for f, row in self.instruments.items() if row["self_supporting"] and (f, name, s) in self.draws}
        if not mine:
            return
        discounted = any(row["cover_basis"] == "discounted" for row in mine.values())
        tenors = [row["tenor_years"] for row in mine.values() if row["tenor_years"] is not None]
        years = range(ys, ys + int(min(tenors)))

        def factor(year: int) -> float:
            return (1.0 + self.r) ** -(year - ys + 1) if discounted else 1.0

        service, drawn = Sum(), Sum()
        for f, row in mine.items():
            least = 1.0 if row["cover_min"] is None else row["cover_min"]
            for t, draw in self.draws[f, name, s]:
                owed = self.units[f, t].payments()
                drawn += one(draw)
                service += one(draw, least * sum(paid * factor(year) for year, paid in owed.items()))
        income = 0.0
        for flow in self.project_flows(name, s, range(self.y0, max(years.stop, self.end + 1))):
            revenue = self.accounts[flow.account]["family"] == "revenue"
            if not self.is_money(flow.account) or (flow.once and not revenue):
                continue
            part = self.part("purse", flow.account, name)
            income += sum(part * amount * factor(year) for year, amount in flow.amounts.items() if year in years)
        for flow in self.project_flows(name, s):
            if flow.once and self.accounts[flow.account]["family"] == "uplift":
                for taken in self.captures(flow, None):
                    part = self.part("purse", taken.account, name)
                    income += sum(part * amount * factor(y) for y, amount in taken.amounts.items() if y in years)
        captured = Sum()
        for e, key in enumerate(self.atoms):
            for t in range(len(self.n)):
                if f"uplift[{name},{s},{e},{t}]" in self.decisions:
                    captured += one(f"uplift[{name},{s},{e},{t}]", self.captured_of(name, s, key, t, years, factor))
        if income < 0:
            leans = self.decide(f"leans[{name},{s}]", high=1.0, whole=True)
            self.hold(f"lean[{name},{s}]", drawn, "<=", project["capex"] * leans)
            earned = income * leans
        else:
            earned = income * begun
        self.hold(f"cover_min[{name},{s}]", earned + captured, ">=", service, self.soft("cover_min"))

    def captured_of(self, name: str, s: int, atom: Atom, t: int, years: range, factor: Callable[[int], float]) -> float:
        """What a hectare of a project's uplift brings the purse by captures in some years."""
        project = self.projects[name]
        year = max(self.first_year[t], self.opening(project, s))
        flow = self.once(project["uplift_account"], self.per_ha(project), year)
        total = 0.0
        for at in atom[2]:
            tool = self.tables["capture"][at]
            if tool["uplift_account"] == flow.account:
                taken = self.captured(tool, year, flow.amounts[year], flow.plain[year])
                part = self.part("purse", taken.account, name)
                total += sum(part * amount * factor(y) for y, amount in taken.amounts.items() if y in years)
        return total

    def shares_of_money(self) -> None:
        """(21) land sale, (22) green and real estate, (23) reinvestment."""
        restored, resources = Sum(), Sum()
        for t, name in enumerate(self.names):
            share = self.given.at("land_sale_share_cap", name)
            if share is not None:
                own = self.residual(t, "own_revenue", "transfers")
                right = share * (self.n[t] * (self.money("revenue", t) + own) + self.money("receipts", t))
                left = self.money("land_sale", t)
                self.hold(f"land_sale_share_cap[{t}]", left, "<=", right, self.soft("land_sale_share_cap"))
            for row, flag, sense in (
                ("green_share_min", "green", ">="),
                ("real_estate_share_max", "real_estate", "<="),
            ):
                share = self.given.at(row, name)
                if share is not None:
                    right, left = share * self.money("outlay", t), self.money(f"outlay.{flag}", t)
                    self.hold(f"{row}[{t}]", left, sense, right, self.soft(row))
            idle = self.at_nothing(("money.resource", TOTAL, t))
            restored = restored + self.money("outlay.restoration", t)
            resources = resources + self.n[t] * (self.money("resource", t) - idle)
            share = self.given.at("reinvestment_min", name)
            if share is not None and t > 0:
                self.hold(f"reinvestment_min[{t}]", restored, ">=", share * resources, self.soft("reinvestment_min"))
