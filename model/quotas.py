"""Quotas (FORMULATION.md section 6): rights to change that are granted, generated, traded, banked and used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.book import Told

if TYPE_CHECKING:
    from zonevest.model.ledger import Ledger


def quota_places(ledger: Ledger, row: Any) -> list[str]:
    """Where a quota is balanced: in the total where it may move, else in every jurisdiction."""
    return [TOTAL] if row.movable else list(ledger.study.jurisdictions["jurisdiction"])


def define_quotas(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """`buy[q,g,t]`, `sell[q,g,t]`, `balance[q,g,t]`, in the quota's unit.

    Trades book on quota.<q>.bought and .sold, and in money on quota.<q>.purchase and .sale, all in the first year of
    the period. Both sides of a trade share one life, for good: what is worth r a year to the buyer is so to the seller.
    """
    names, clock = period_names(ledger.study.periods), ledger.clock
    rows = {row.quota: row for row in each(ledger.study.quotas)}
    places = {name: quota_places(ledger, row) for name, row in rows.items()}
    index = [(name, place, t) for name in rows for place in places[name] for t in names]
    priced = {
        side: [key for key in index if not np.isnan(getattr(rows[key[0]], f"{side}_price"))] for side in ("buy", "sell")
    }
    model.buy = pyo.Var(priced["buy"], domain=pyo.NonNegativeReals)
    model.sell = pyo.Var(priced["sell"], domain=pyo.NonNegativeReals)
    model.balance = pyo.Var(index, domain=pyo.NonNegativeReals)
    model.QUOTAS, model.quota_places = rows, places
    for side, what, account in (("buy", "bought", "purchase"), ("sell", "sold", "sale")):
        for name, place, t in priced[side]:
            variable = getattr(model, side)[name, place, t]
            growth = ledger.accounts.growth[ledger.accounts.names.get_loc(f"quota.{name}.{account}")]
            age, years = int(clock.begin[names.index(t)] - clock.years[0]), float(clock.length[names.index(t)])
            flat = getattr(rows[name], f"{side}_price")
            price = flat * float((1.0 + growth) ** age)
            variable.setub(years * getattr(rows[name], f"{side}_max"))
            home = "" if place == TOTAL else place
            model.ledger.add(f"quota.{name}.{what}", home, t, 1.0, variable)
            model.ledger.pay(f"quota.{name}.{account}", home, t, price, variable, price=flat)
            later = clock.discount(clock.finance)[clock.years >= clock.begin[names.index(t)]].sum()
            worth = price * clock.finance / (1.0 + clock.finance) * float(later)
            model.ledger.earn(f"quota.{name}.{account}", home, worth, variable)


def define_quota_rows(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(4) The rows of quotas."""
    define_quota(model, ledger)
    define_quota_sold(model, ledger)
    define_quota_buy(model, ledger)
    define_quota_sell(model, ledger)


def define_quota(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(4) `quota[q,g,t]`: B_qgt = B_qg,t-1 + n_t granted + generated + buy - used - sell, and B_qgt >= 0.

    In words: what is used or sold has been granted, generated, bought or banked before. Unit: the quota's.
    """
    names = period_names(ledger.study.periods)
    model.quota = pyo.Constraint(pyo.Any)
    for name, row in model.QUOTAS.items():
        for place in model.quota_places[name]:
            generated = _generated(model, ledger, row, place)
            for t, period in enumerate(names):
                carried = row.opening if place == TOTAL and t == 0 else 0.0
                if t and row.bank:
                    carried = model.balance[name, place, names[t - 1]]
                ready = t - int(row.available_after)
                granted = _granted(ledger, row, place, t)
                there = carried + granted + (generated[ready] if ready >= 0 else 0.0)
                key = (name, place, period)
                there = there + sum(side[key] for side in (model.buy,) if key in side)
                there = there - sum(side[key] for side in (model.sell,) if key in side)
                used = _total(model, ledger, row.account_used, place, t)
                model.quota[key] = model.balance[key] - (there - used) == 0
                told = (f"quota.{name}", f"quota.{name}", place, period, ">=", model.balance[key], 0.0)
                model.told.append(Told(*told, _unit(ledger, name), model.quota[key].name, number=granted))


def define_quota_sold(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(4) `quota_sold[q,g]`: Σ_t sell_qgt <= Σ_t generated_qgt.

    In words: over the horizon no more is sold than was generated. Unit: the quota's.
    """
    names = period_names(ledger.study.periods)
    model.quota_sold = pyo.Constraint(pyo.Any)
    for name, row in model.QUOTAS.items():
        for place in model.quota_places[name]:
            if any((name, place, t) in model.sell for t in names):
                sold, generated = sum(model.sell[name, place, t] for t in names), _generated(model, ledger, row, place)
                model.quota_sold[name, place] = sold - sum(generated) <= 0
                told = (f"quota_sold.{name}", f"quota.{name}.sold", place, TOTAL, "<=", sold, sum(generated))
                model.told.append(Told(*told, _unit(ledger, name), model.quota_sold[name, place].name))


def define_quota_buy(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(4) `quota_buy[q,t]`: Σ_g buy_qgt <= n_t buy_max_q; of one place it is the column's bound.

    In words: all places together buy what the market offers. Unit: the quota's.
    """
    model.quota_buy = pyo.Constraint(pyo.Any)
    _cap_trade(model, ledger, "buy", "bought")


def define_quota_sell(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(4) `quota_sell[q,t]`: Σ_g sell_qgt <= n_t sell_max_q; of one place it is the column's bound.

    In words: all places together sell what the market takes. Unit: the quota's.
    """
    model.quota_sell = pyo.Constraint(pyo.Any)
    _cap_trade(model, ledger, "sell", "sold")


def _cap_trade(model: pyo.ConcreteModel, ledger: Ledger, side: str, what: str) -> None:
    """Cap one side of the trade of every quota and period, where it has a price."""
    variables, rows = getattr(model, side), getattr(model, f"quota_{side}")
    for name, row in model.QUOTAS.items():
        for years, period in zip(ledger.clock.length, period_names(ledger.study.periods), strict=True):
            traded = [variables[name, g, period] for g in model.quota_places[name] if (name, g, period) in variables]
            if not traded:
                continue
            most, row_name = float(years) * getattr(row, f"{side}_max"), ""
            cap: tuple[str, ...] = (traded[0].name,)
            if len(traded) > 1:
                rows[name, period] = sum(traded) <= most
                row_name, cap = rows[name, period].name, ()
            told = (f"quota_{side}.{name}", f"quota.{name}.{what}", TOTAL, period, "<=", sum(traded), most)
            model.told.append(Told(*told, _unit(ledger, name), row_name, cap=cap))


def _unit(ledger: Ledger, quota: str) -> str:
    """The unit of a quota."""
    return str(ledger.accounts_and_units()["unit"].get(f"quota.{quota}.bought", ""))


def _generated(model: pyo.ConcreteModel, ledger: Ledger, row: Any, place: str) -> list[Any]:
    """What a quota is generated in each period."""
    return [_total(model, ledger, row.account_generated, place, t) for t in range(len(ledger.clock.length))]


def _granted(ledger: Ledger, row: Any, place: str, t: int) -> float:
    """What is granted in a period: years x granted (of the total), and the grants of jurisdictions."""
    grants = ledger.study.quota_grants
    mine = grants[(grants["quota"] == row.quota) & (grants["period"] == period_names(ledger.study.periods)[t])]
    if place == TOTAL:
        return float(ledger.clock.length[t]) * float(row.granted) + float(mine["amount"].sum())
    return float(mine.loc[mine["jurisdiction"] == place, "amount"].sum())


def _total(model: pyo.ConcreteModel, ledger: Ledger, account: str, place: str, t: int) -> Any:
    """What an account books in a period: years x annual, or what is booked once."""
    if not account:
        return 0.0
    years = float(ledger.clock.length[t]) if ledger.recurrence(account) == "annual" else 1.0
    return years * model.ledger[account, place, period_names(ledger.study.periods)[t]]
