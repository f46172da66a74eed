"""The money of the budget entity: rows (14) and (16) to (23), one function each (docs/semantics.md, "Money").

Every row is written for every period in which its number holds, and as the page has it: the left side less the right
one. Where [finance] names a penalty for it the row may give: what it gives is `give[row, index…] ≥ 0`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_budgets import ALL, ENTERPRISE, FUND, GENERAL, index_of, of_budget
from zonevest.model.complete_debt import Instrument
from zonevest.model.complete_finance import Draw, Finance, by_start
from zonevest.model.complete_gains import booked_at_nothing
from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_options import blank
from zonevest.model.complete_rows import Run
from zonevest.model.complete_terms import Start, Terms, linear

if TYPE_CHECKING:
    from zonevest.model.complete_options import Record
    from zonevest.model.complete_parts import Build

ROWS = (
    "cash",
    "reserve",
    "budget_transfer",
    "debt_ratio_cap",
    "interest_share_fund",
    "interest_share_general",
    "dscr_min",
    "golden_rule",
    "refinance_share",
    "cover_min",
    "lean",
    "operating_balance",
    "land_sale_share_cap",
    "green_share_min",
    "real_estate_share_max",
    "reinvestment_min",
)
"""The rows of this file, which are there with [finance] alone."""


def money(build: Build) -> None:
    """Write the rows of money; there are none without [finance]."""
    for name in ROWS:
        build.model.add_component(name, pyo.Constraint(pyo.Any))
    if build.finance is None:
        return
    finance = build.finance
    for t in range(len(build.names)):
        for budget in build.book.budgets.tills:
            cash(build, finance, budget, t)
            reserve(build, finance, budget, t)
            dscr_min(build, finance, budget, t)
        budget_transfer(build, finance, t)
        debt_ratio_cap(build, finance, t)
        interest_share(build, finance, t)
        golden_rule(build, finance, t)
        refinance_share(build, finance, t)
        operating_balance(build, finance, t)
        land_sale_share_cap(build, finance, t)
        green_share_min(build, finance, t)
        real_estate_share_max(build, finance, t)
        reinvestment_min(build, finance, t)
    cover_min(build, finance)


def write(build: Build, name: str, index: tuple[str, ...], left: Any, sense: str, right: Any) -> None:
    """Write left ≤ right, left ≥ right or both as one row; a soft one may give, at its penalty in the objective."""
    body = left - right
    soft = build.finance is not None and name in build.finance.settings.soft
    give = build.model.give[(name, *index)] if soft else 0.0
    row = {"<=": (None, body - give, 0.0), ">=": (0.0, body + give, None), "==": (0.0, body, 0.0)}[sense]
    build.model.component(name)[index if len(index) > 1 else index[0]] = row


# What the rows speak of


def of(build: Build, account: str, t: int, budget: str = ALL) -> Any:
    """L of an account of all places in a period, or a budget's part of it."""
    return build.ledger(of_budget(account, budget), TOTAL, build.names[t])


def operating(build: Build, finance: Finance, t: int, budget: str = ALL) -> Any:
    """N_bt = L(money.operating) + mean of (own + transfers − fixed residuals) of the main budget, million a year."""
    rest = finance.residual("own_revenue", t) + finance.residual("transfers", t) - finance.residual("fixed_cost", t)
    return of(build, "money.operating", t, budget) + (rest if finance.has_rest(budget) else 0.0)


def running_cost(build: Build, finance: Finance, t: int, budget: str = ALL) -> Any:
    """L(money.cost) + mean fixed residual of the main budget, million a year."""
    rest = finance.residual("fixed_cost", t) if finance.has_rest(budget) else 0.0
    return of(build, "money.cost", t, budget) + rest


def spent(build: Build, t: int, kind: str) -> Any:
    """Σ years × L(money.cost) + L(money.outlay) over the budgets of a kind, million."""
    years, budgets = build.study.periods[t].years, build.book.budgets
    of_kind = [budget for budget in budgets.apart if budgets.kind(budget) == kind]
    return pyo.quicksum(
        [linear(()), *(years * of(build, "money.cost", t, b) + of(build, "money.outlay", t, b) for b in of_kind)]
    )


def started_by(build: Build, t: int, period: str | None) -> bool:
    """Whether a row that holds from a period on (None: from the first) holds in period t."""
    return period is None or t >= build.names.index(period)


# Rows by period


def cash(build: Build, finance: Finance, budget: str, t: int) -> None:
    """(14) C_bt = C_b,t−1 + years N_bt + W_bt + Σ_f (raised − ρ − ι) − legacy repaid and interest + Σ τ_b'b − Σ τ_bb'.

    In words: what is in the till at the end of a period is what was there, what recurs, what comes and goes once, and
    what is borrowed, less debt service; and what other budgets pass on; less the transfers of the fund where the
    purse holds it. Before the first period it is opening_cash; ``cash[period]``, ``cash[budget, period]``.
    """
    model, mine, years = build.model, finance.of(budget), finance.periods[t].years
    before = finance.opening(budget) if t == 0 else finance.cash_end(budget, t - 1)
    once = of(build, "money.receipts", t, budget) - of(build, "money.outlay", t, budget)
    debts = [f for f in mine if f.owes]
    legacy = finance.legacy(debts, t, Instrument.legacy_repayment)
    legacy += finance.legacy(debts, t, Instrument.legacy_interest)
    terms = finance.raised(mine, t)
    terms += [(-c, v) for c, v in finance.repayments(mine, t) + finance.interests(mine, t)]
    for pair in finance.passed:
        if budget in pair:
            terms.append((1.0 if budget == pair[1] else -1.0, model.passed[*pair, build.names[t]]))
    if finance.has_rest(budget) and build.study.settings.equity.fund in build.study.settings.purse:
        terms += [(-1.0, transfer) for transfer in build.gains.transfers(t)]
    after = before + years * operating(build, finance, t, budget) + once + linear(terms, -legacy)
    write(build, "cash", index_of(budget, build.names[t]), finance.cash_end(budget, t), "==", after)


def reserve(build: Build, finance: Finance, budget: str, t: int) -> None:
    """(14) C_bt ≥ its reserve, or reserve_months / 12 · (L(money.cost) + mean fixed residual).

    In words: cash never runs out, and covers some months of recurring cost, debt service left out, or what the table
    of budgets says; ``reserve[period]``, ``reserve[budget, period]``.
    """
    months = finance.settings.at("reserve_months", build.names[t]) or 0.0
    needed = months / 12 * running_cost(build, finance, t, budget) if months else 0.0
    row = build.book.budgets.rows.get(budget)
    if row is not None and not blank(row["reserve"]):
        needed = row["reserve"]
    write(build, "reserve", index_of(budget, build.names[t]), finance.cash_end(budget, t), ">=", needed)


def budget_transfer(build: Build, finance: Finance, t: int) -> None:
    """(14) τ_bb't ≤ years · cap.

    In words: so much a year may be passed on from a budget to another. Applies where there is a cap;
    ``budget_transfer[from, to, period]``.
    """
    for (one, other), cap in finance.passed.items():
        if not blank(cap):
            key = (one, other, build.names[t])
            passed = linear([(1.0, build.model.passed[key])])
            write(build, "budget_transfer", key, passed, "<=", finance.periods[t].years * cap)


def debt_ratio_cap(build: Build, finance: Finance, t: int) -> None:
    """(16) Σ legacy at the end of t + Σ_τ max(o^max, o)(τ,t) raised_fτ ≤ cap · (FR_t + L(money.revenue) − start).

    In words: debt that counts is at its highest in the period no more than a share of fiscal resources. Over bonds
    and loans with in_debt_ratio; ``debt_ratio_cap[period]``.
    """
    cap = finance.settings.at("debt_ratio_cap", build.names[t])
    if cap is None:
        return
    counted = [f for f in finance.debts if f.row["in_debt_ratio"]]
    legacy = sum(f.legacy(finance.periods[t].last + 1) for f in counted)
    left = linear(finance.owed(counted, t, Instrument.counted), legacy)
    resources = (finance.settings.fiscal_resources or 0.0) * finance.mean_growth("fiscal_resources", t)
    more = of(build, "money.revenue", t) - build.before("money.revenue", TOTAL, "")
    write(build, "debt_ratio_cap", (build.names[t],), left, "<=", cap * (resources + more))


def interest_share(build: Build, finance: Finance, t: int) -> None:
    """(16) interest ≤ share · expenditure, interest itself included: of the fund budget, and of general ones together.

    In words: interest of special debt and of general debt stays a share of what its budget spends; beyond it a
    government must restructure. What is raised by instruments of the fund budget (but to refinance) pays outlays of
    that budget, so that the general budget spends as much less. What enterprises owe and spend is in neither;
    ``interest_share_fund[period]``, ``interest_share_general[period]``.
    """
    name, years = build.names[t], finance.periods[t].years
    kinds = {f.name: build.book.budgets.kind(finance.budget(f)) for f in finance.all}
    raising = [f for f in finance.all if kinds[f.name] == FUND and not f.refinances]
    of_fund = spent(build, t, FUND) + linear(finance.raised(raising, t))
    of_all = years * running_cost(build, finance, t) + of(build, "money.outlay", t)
    for row, kind, expenditure in (
        ("interest_share_fund", FUND, of_fund),
        ("interest_share_general", GENERAL, of_all - of_fund - spent(build, t, ENTERPRISE)),
    ):
        share = finance.settings.at(row, name)
        if share is not None:
            debts = [f for f in finance.debts if kinds[f.name] == kind]
            legacy = finance.legacy(debts, t, Instrument.legacy_interest)
            interest = linear(finance.interests(debts, t), legacy)
            write(build, row, (name,), interest, "<=", share * (expenditure + interest))


def dscr_min(build: Build, finance: Finance, budget: str, t: int) -> None:
    """(17) N_bt ≥ DSCR · S_bt / years.

    In words: recurring cash covers debt service so many times. Scope new: ρ + ι of new bonds and loans that do not
    refinance; scope all: of all debt, legacy too, less what refinancing raises; ``dscr_min[period]``, or
    ``dscr_min[budget, period]`` of each budget that a bond or loan belongs to.
    """
    cover, settings = finance.settings.at("dscr_min", build.names[t]), finance.settings
    owed = [f for f in finance.of(budget) if f.owes]
    if cover is None or not started_by(build, t, settings.dscr_from) or (budget and not owed):
        return
    debts = owed if settings.dscr_scope == "all" else [f for f in owed if not f.refinances]
    terms, legacy = finance.repayments(debts, t) + finance.interests(debts, t), 0.0
    if settings.dscr_scope == "all":
        terms += [(-c, v) for c, v in finance.raised([f for f in debts if f.refinances], t)]
        legacy += finance.legacy(debts, t, Instrument.legacy_repayment)
        legacy += finance.legacy(debts, t, Instrument.legacy_interest)
    needed = cover / finance.periods[t].years * linear(terms, legacy)
    write(build, "dscr_min", index_of(budget, build.names[t]), operating(build, finance, t, budget), ">=", needed)


def golden_rule(build: Build, finance: Finance, t: int) -> None:
    """(18) Σ raised by instruments that do not refinance ≤ L(money.outlay).

    In words: what is raised pays for things that last; ``golden_rule[period]``.
    """
    raised = linear(finance.raised([f for f in finance.all if not f.refinances], t))
    write(build, "golden_rule", (build.names[t],), raised, "<=", of(build, "money.outlay", t))


def refinance_share(build: Build, finance: Finance, t: int) -> None:
    """(18) Σ raised by refinancing ≤ share · (legacy repaid + ρ of new bonds and loans).

    In words: a part of the principal that falls due must be paid down. Applies where something refinances;
    ``refinance_share[period]``.
    """
    share = finance.settings.at("refinance_share", build.names[t])
    refinancing = [f for f in finance.debts if f.refinances]
    if share is None or not refinancing:
        return
    raised = linear(finance.raised(refinancing, t))
    legacy = finance.legacy(finance.debts, t, Instrument.legacy_repayment)
    due = linear(finance.repayments(finance.debts, t), legacy)
    write(build, "refinance_share", (build.names[t],), raised, "<=", share * due)


def operating_balance(build: Build, finance: Finance, t: int) -> None:
    """(20) N_t ≥ (Σ ι + legacy interest) / years.

    In words: from the named period on recurring cash pays the interest, without sale of land or new debt: the gap in
    cash flow is closed; ``operating_balance[period]``.
    """
    since = finance.settings.operating_balance_from
    if since is None or not started_by(build, t, since):
        return
    legacy = finance.legacy(finance.debts, t, Instrument.legacy_interest)
    interest = linear(finance.interests(finance.all, t), legacy) / finance.periods[t].years
    write(build, "operating_balance", (build.names[t],), operating(build, finance, t), ">=", interest)


def land_sale_share_cap(build: Build, finance: Finance, t: int) -> None:
    """(21) L(money.land_sale) ≤ share · (years (L(money.revenue) + own + transfers) + L(money.receipts)).

    In words: no more than a part of all revenue is sold land; ``land_sale_share_cap[period]``.
    """
    share = finance.settings.at("land_sale_share_cap", build.names[t])
    if share is None:
        return
    rest = finance.residual("own_revenue", t) + finance.residual("transfers", t)
    revenue = finance.periods[t].years * (of(build, "money.revenue", t) + rest) + of(build, "money.receipts", t)
    write(build, "land_sale_share_cap", (build.names[t],), of(build, "money.land_sale", t), "<=", share * revenue)


def green_share_min(build: Build, finance: Finance, t: int) -> None:
    """(22) L(money.outlay.green) ≥ share · L(money.outlay). In words: so much is green; ``green_share_min[period]``."""
    share = finance.settings.at("green_share_min", build.names[t])
    if share is not None:
        least = share * of(build, "money.outlay", t)
        write(build, "green_share_min", (build.names[t],), of(build, "money.outlay.green", t), ">=", least)


def real_estate_share_max(build: Build, finance: Finance, t: int) -> None:
    """(22) L(money.outlay.real_estate) ≤ share · L(money.outlay).

    In words: so much at most is real estate; ``real_estate_share_max[period]``.
    """
    share = finance.settings.at("real_estate_share_max", build.names[t])
    if share is not None:
        most = share * of(build, "money.outlay", t)
        write(build, "real_estate_share_max", (build.names[t],), of(build, "money.outlay.real_estate", t), "<=", most)


def reinvestment_min(build: Build, finance: Finance, t: int) -> None:
    """(23) Σ_t'≤t L(money.outlay.restoration) ≥ share · Σ_t'≤t years (L(money.resource) − that of doing nothing).

    In words: a part of what resources earn more goes back to them, to date. From the second period on;
    ``reinvestment_min[period]``.
    """
    share = finance.settings.at("reinvestment_min", build.names[t])
    if share is None or t == 0:
        return
    spent = pyo.quicksum(of(build, "money.outlay.restoration", each) for each in range(t + 1))
    earned = pyo.quicksum(
        finance.periods[each].years
        * (of(build, "money.resource", each) - booked_at_nothing(build, "money.resource", build.names[each]))
        for each in range(t + 1)
    )
    write(build, "reinvestment_min", (build.names[t],), spent, ">=", share * earned)


# Rows by start of a project


def cover_min(build: Build, finance: Finance) -> None:
    """(19) income u_js' + captured ≥ Σ_f cover_f · σ_f · Σ_τ b_jfs'τ.

    In words: what a self-supporting instrument raises for a project is served by the project: its revenue and what is
    captured of the uplift it brings, less its running cost, over the shortest tenor. Both sides go on beyond the tail,
    where the tenor does. Taxes and transfers serve no debt that is to support itself, but those of the fund; where an
    enterprise owes, nor do these or sold land. All amounts are discounted to the project's start where one of the
    instruments says so;
    ``cover_min[project, start]``. A project whose own income is below zero may do without these instruments: its
    income counts where `leans` is 1, and ``lean[project, start]``: Σ b ≤ capex leans.
    """
    build.model.leans = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    for start, draws in by_start(build):
        own = [draw for draw in draws if draw.instrument.row["self_supporting"]]
        if own:
            rate = finance.rate if any(d.instrument.row["cover_basis"] == "discounted" for d in own) else 0.0
            until = finance.periods[start.s].start + int(min(draw.instrument.tenor for draw in own)) - 1
            key = (start.project["project"], build.names[start.s])
            private = any(build.book.budgets.kind(finance.budget(draw.instrument)) == ENTERPRISE for draw in own)
            earned_itself = earned(build, start, start.undertaking.flows, until, rate, private)
            left: Terms = build.started(start, earned_itself)
            if earned_itself < 0:
                leans = build.model.leans[key]
                left = [(earned_itself, leans)]
                drawn = linear((1.0, draw.variable) for draw in own)
                write(build, "lean", key, drawn, "<=", start.project["capex"] * leans)
            for raised in build.catchments.raised:
                if raised.start is start:
                    runs = raised.undertaking.flows
                    left.append((earned(build, start, runs, until, rate, private), raised.variable))
            right = linear((service(finance, draw, rate), draw.variable) for draw in own)
            write(build, "cover_min", key, linear(left), ">=", right)


def service(finance: Finance, draw: Draw, rate: float) -> float:
    """cover_f · σ_f of a unit drawn for a start: principal and interest, as often as they must be covered."""
    f, first = draw.instrument, finance.periods[draw.start.s].start
    cover = 1.0 if f.row["cover_min"] != f.row["cover_min"] else f.row["cover_min"]
    return float(cover * f.service(finance.periods[draw.t], first, rate))


def serves(account: Record, private: bool) -> bool:
    """Whether revenue on an account may serve self-supporting debt; `private`: an enterprise owes some of it."""
    if private:
        return bool(account["path"] != "government" and account["role"] != "land_sale")
    return bool(account["path"] != "government" or account["budget"] == FUND)


def earned(
    build: Build, start: Start, runs: tuple[tuple[Run, float], ...], until: int, rate: float, private: bool
) -> float:
    """The purse's part of some rows up to a year: revenue that serves debt, less annual cost; discounted to the start.

    What is captured of uplift that the rows book is revenue too.
    """
    flows, first = build.flows, build.study.periods[start.s].start
    total = 0.0
    for run, amount in runs:
        account = run.row.account
        part = flows.shares.purse_part(account, start.project["project"])
        revenue = flows.accounts[account]["family"] == "revenue"
        counts = serves(flows.accounts[account], private) if revenue else not run.row.once
        if part and counts and flows.recurrence(account) != "stock":
            for year, value in flows.years(run, until=until).items():
                if first <= year <= until:
                    total += part * amount * value * (1 + rate) ** -(year - first + 1)
    return total
