"""The money of the budget entity: rows (14) and (16) to (23), one function each (docs/semantics.md, "Money").

Every row is written for every period in which its number holds, and as the page has it: the left side less the right
one. Where [finance] names a penalty for it the row may give: what it gives is `give[row, index…] ≥ 0`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_debt import Instrument
from zonevest.model.complete_finance import Draw, Finance, by_start
from zonevest.model.complete_gains import booked_at_nothing
from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_rows import Run
from zonevest.model.complete_terms import Start, Terms, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build

ROWS = (
    "cash",
    "reserve",
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
        cash(build, finance, t)
        reserve(build, finance, t)
        debt_ratio_cap(build, finance, t)
        interest_share(build, finance, t)
        dscr_min(build, finance, t)
        golden_rule(build, finance, t)
        refinance_share(build, finance, t)
        operating_balance(build, finance, t)
        land_sale_share_cap(build, finance, t)
        green_share_min(build, finance, t)
        real_estate_share_max(build, finance, t)
        reinvestment_min(build, finance, t)
    cover_min(build, finance)


def write(build: Build, name: str, index: tuple[str, ...], left: Any, sense: str, right: Any) -> None:
    """Write left ≤ right or left ≥ right as one row; a soft one may give, at its penalty in the objective."""
    body = left - right
    soft = build.finance is not None and name in build.finance.settings.soft
    give = build.model.give[(name, *index)] if soft else 0.0
    row = (None, body - give, 0.0) if sense == "<=" else (0.0, body + give, None)
    build.model.component(name)[index if len(index) > 1 else index[0]] = row


# What the rows speak of


def of(build: Build, account: str, t: int) -> Any:
    """L of an account of all places in a period."""
    return build.ledger(account, TOTAL, build.names[t])


def operating(build: Build, finance: Finance, t: int) -> Any:
    """N_t = L(money.operating) + mean of (own + transfers − fixed residuals), million a year."""
    rest = finance.residual("own_revenue", t) + finance.residual("transfers", t) - finance.residual("fixed_cost", t)
    return of(build, "money.operating", t) + rest


def running_cost(build: Build, finance: Finance, t: int) -> Any:
    """L(money.cost) + mean fixed residual, million a year."""
    return of(build, "money.cost", t) + finance.residual("fixed_cost", t)


def started_by(build: Build, t: int, period: str | None) -> bool:
    """Whether a row that holds from a period on (None: from the first) holds in period t."""
    return period is None or t >= build.names.index(period)


# Rows by period


def cash(build: Build, finance: Finance, t: int) -> None:
    """(14) C_t = C_t−1 + years N_t + W_t + Σ_f (raised − ρ − ι) − legacy repaid − legacy interest − τ.

    In words: what is in the till at the end of a period is what was there, what recurs, what comes and goes once, and
    what is borrowed, less debt service; and less the transfers of the fund where the purse holds it. Before the first
    period it is opening_cash; ``cash[period]``.
    """
    model, everything, years = build.model, finance.all, finance.periods[t].years
    before = finance.settings.opening_cash if t == 0 else model.cash_end[build.names[t - 1]]
    once = of(build, "money.receipts", t) - of(build, "money.outlay", t)
    legacy = finance.legacy(finance.debts, t, Instrument.legacy_repayment)
    legacy += finance.legacy(finance.debts, t, Instrument.legacy_interest)
    terms = finance.raised(everything, t)
    terms += [(-c, v) for c, v in finance.repayments(everything, t) + finance.interests(everything, t)]
    if build.study.settings.equity.fund in build.study.settings.purse:
        terms += [(-1.0, transfer) for transfer in build.gains.transfers(t)]
    after = before + years * operating(build, finance, t) + once + linear(terms, -legacy)
    model.cash[build.names[t]] = model.cash_end[build.names[t]] - after == 0


def reserve(build: Build, finance: Finance, t: int) -> None:
    """(14) C_t − reserve_months / 12 · (L(money.cost) + mean fixed residual) ≥ 0.

    In words: cash never runs out, and covers some months of recurring cost, debt service left out;
    ``reserve[period]``.
    """
    months = finance.settings.at("reserve_months", build.names[t]) or 0.0
    needed = months / 12 * running_cost(build, finance, t) if months else 0.0
    write(build, "reserve", (build.names[t],), build.model.cash_end[build.names[t]], ">=", needed)


def debt_ratio_cap(build: Build, finance: Finance, t: int) -> None:
    """(16) Σ legacy at the end of t + Σ_τ max(o^max, o)(τ,t) raised_fτ ≤ cap · FR'_t.

    FR'_t = FR_t + L(money.revenue) − that at the start.

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
    """(16) interest ≤ share · expenditure, interest itself included: of the fund budget, and of all others together.

    In words: interest of special debt and of general debt stays a share of what its budget spends; beyond it a
    government must restructure. What is raised by instruments of the fund budget (but to refinance) pays outlays of
    that budget, so that the general budget spends as much less; ``interest_share_fund[period]``,
    ``interest_share_general[period]``.
    """
    name, years = build.names[t], finance.periods[t].years
    raising = [f for f in finance.all if f.row["budget"] == "fund" and not f.refinances]
    of_fund = of(build, "money.outlay.fund", t) + years * of(build, "money.cost.fund", t)
    of_fund = of_fund + linear(finance.raised(raising, t))
    of_all = years * running_cost(build, finance, t) + of(build, "money.outlay", t)
    for row, in_fund, spent in (
        ("interest_share_fund", True, of_fund),
        ("interest_share_general", False, of_all - of_fund),
    ):
        share = finance.settings.at(row, name)
        if share is not None:
            debts = [f for f in finance.debts if (f.row["budget"] == "fund") == in_fund]
            legacy = finance.legacy(debts, t, Instrument.legacy_interest)
            interest = linear(finance.interests(debts, t), legacy)
            write(build, row, (name,), interest, "<=", share * (spent + interest))


def dscr_min(build: Build, finance: Finance, t: int) -> None:
    """(17) N_t ≥ DSCR · S_t / years.

    In words: recurring cash covers debt service so many times. Scope new: ρ + ι of new bonds and loans that do not
    refinance; scope all: of all debt, legacy too, less what refinancing raises; ``dscr_min[period]``.
    """
    cover, settings = finance.settings.at("dscr_min", build.names[t]), finance.settings
    if cover is None or not started_by(build, t, settings.dscr_from):
        return
    debts = finance.debts if settings.dscr_scope == "all" else [f for f in finance.debts if not f.refinances]
    terms, legacy = finance.repayments(debts, t) + finance.interests(debts, t), 0.0
    if settings.dscr_scope == "all":
        terms += [(-c, v) for c, v in finance.raised([f for f in debts if f.refinances], t)]
        legacy += finance.legacy(debts, t, Instrument.legacy_repayment)
        legacy += finance.legacy(debts, t, Instrument.legacy_interest)
    needed = cover / finance.periods[t].years * linear(terms, legacy)
    write(build, "dscr_min", (build.names[t],), operating(build, finance, t), ">=", needed)


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
    where the tenor does. All amounts are discounted to the project's start where one of the instruments says so;
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
            earned_itself = income(build, start, until, rate)
            left: Terms = build.started(start, earned_itself)
            if earned_itself < 0:
                leans = build.model.leans[key]
                left = [(earned_itself, leans)]
                drawn = linear((1.0, draw.variable) for draw in own)
                write(build, "lean", key, drawn, "<=", start.project["capex"] * leans)
            for raised in build.catchments.raised:
                if raised.start is start:
                    runs = raised.undertaking.flows
                    left.append((earned(build, start, runs, until, rate), raised.variable))
            right = linear((service(finance, draw, rate), draw.variable) for draw in own)
            write(build, "cover_min", key, linear(left), ">=", right)


def service(finance: Finance, draw: Draw, rate: float) -> float:
    """cover_f · σ_f of a unit drawn for a start: principal and interest, as often as they must be covered."""
    f, first = draw.instrument, finance.periods[draw.start.s].start
    cover = 1.0 if f.row["cover_min"] != f.row["cover_min"] else f.row["cover_min"]
    return float(cover * f.service(finance.periods[draw.t], first, rate))


def income(build: Build, start: Start, until: int, rate: float) -> float:
    """The purse's part of a project's revenue rows, annual and once, less its annual cost rows, up to a year.

    What is captured of uplift that its own rows book is revenue too.
    """
    return earned(build, start, start.undertaking.flows, until, rate)


def earned(build: Build, start: Start, runs: tuple[tuple[Run, float], ...], until: int, rate: float) -> float:
    """What some rows bring the purse from a project's start to a year, but outlays; discounted to the start."""
    flows, first = build.flows, build.study.periods[start.s].start
    total = 0.0
    for run, amount in runs:
        account = run.row.account
        part = flows.shares.purse_part(account, start.project["project"])
        outlay = run.row.once and part and flows.accounts[account]["family"] == "cost"
        if part and not outlay and flows.recurrence(account) != "stock":
            for year, value in flows.years(run, until=until).items():
                if first <= year <= until:
                    total += part * amount * value * (1 + rate) ** -(year - first + 1)
    return total
