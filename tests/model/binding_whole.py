"""Where rows over budgets, price steps, synergies and hurdles bind: each optimum worked out by hand.

`near` has 2 ha and `far` 3 ha of farmland; mill and shed are those of binding_money: 3 and 1 in 2026 for 5 and 2 in
2027, worth 2 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.model.binding import Case, Row, Rows, tiny
from tests.model.binding_land import BUILD, LAND, OPEN, RENT, weighed, year
from tests.model.binding_money import BOND, MILL, SHED, money
from zonevest.instances.study import Study

# Budgets

BUDGETS: Rows = [{"budget": "general"}, {"budget": "fund"}]


def of_fund(*instruments: Row, budgets: Rows = BUDGETS, passed: Rows = (), **finance: Any) -> Study:
    """Mill and shed are the fund's; nothing is passed on to it but what `passed` allows."""
    tables: dict[str, Rows] = {"budgets": budgets, **({"budget_transfers": passed} if passed else {})}
    projects = [{**MILL, "budget": "fund"}, {**SHED, "budget": "fund"}]
    return money(*instruments, projects=projects, tables=tables, **finance)


def cash() -> Case:
    # the fund has 3, enough for the mill; the general budget has 9
    budgets = [BUDGETS[0], {"budget": "fund", "opening_cash": 3.0}]
    return Case(of_fund(budgets=budgets, opening_cash=9.0), 3.0, 2.0, "money:reserve")


def reserve() -> Case:
    # the fund has 4, and 1 of it stays there: the mill
    budgets = [BUDGETS[0], {"budget": "fund", "opening_cash": 4.0, "reserve": 1.0}]
    return Case(of_fund(budgets=budgets, opening_cash=9.0), 3.0, 2.0, "money:reserve")


def dscr_min() -> Case:
    # 2027: 2 is twice 1 (the shed), 5 is not twice 3, nor 7 twice 4; the 10 a year of the general budget do not count
    return Case(of_fund({**BOND, "budget": "fund"}, transfers=10.0, dscr_min=2.0), 3.0, 1.0, "money:dscr_min")


def budget_transfer() -> Case:
    # of the 9 in the general budget 3 may be passed on in 2026: the mill
    given = of_fund(passed=[{"from": "general", "to": "fund", "cap": 3.0}], opening_cash=9.0)
    return Case(given, 3.0, 2.0, "money:budget_transfer")


# Prices that change with the amount

SALE: Row = {"account": "sale", "family": "revenue", "recurrence": "one_off", "cash": 1}


def sold(*steps: Row, settings: dict[str, Any] | None = None, rent: float = 1.0) -> Study:
    """What is built over is sold in steps; it is a practice of one year, in a study of one year."""
    rows = [{"account": "sale", "area_account": "area.new.practice.build", "factor": 1.0, **step} for step in steps]
    return year(
        settings,
        accounts=[*LAND["accounts"], SALE],
        practices=[{**BUILD, "life_years": 1}],
        class_flows=[{**RENT, "value": rent}],
        price_steps=rows,
    )


def step_area() -> Case:
    # 3 ha are sold at 1: `far`, with its rent of 3. If sales had nothing to do with land, 3 beside rents of 5.
    return Case(sold({"up_to": 3.0, "price": 1.0}), 8.0, 6.0, "money:price_steps")


def steps_in_order() -> Case:
    # Rent of 1.5 counts, less what sales bring: 2 for each of the first 2 ha, 1 for each of the other 3. All of it:
    # 7.5 − 4 − 3 = 0.5; `far` alone 4.5 − 4 − 1, `near` alone 3 − 4. If `far` could be sold at 1: 4.5 − 3. The plan is
    # as good as any: only it does not bring what the program says.
    steps = ({"up_to": 2.0, "price": 2.0}, {"up_to": 5.0, "price": 1.0})
    return Case(sold(*steps, settings=weighed({"rent": 1.0, "sale": -1.0}), rent=1.5), 1.5, 0.5, "")


# Synergies


def pair(hall: Row, inn: Row, value: float, family: str = "revenue") -> Study:
    """Two projects that are open at once, and what both bring a year together; over both years."""
    account = {"account": "both", "family": family, "recurrence": "annual", "cash": 1}
    return tiny(
        projects=[{**OPEN, "project": "hall", **hall}, {**OPEN, "project": "inn", **inn}],
        accounts=[account],
        synergies=[{"project": "hall", "with": "inn", "account": "both", "value": value}],
    )


def synergy_first() -> Case:
    # 2 x (2 − 1 − 0.5); without the hall, which costs 1, 2 x (2 − 0.5)
    return Case(pair({"annual_cost": 1.0}, {"annual_cost": 0.5}, 2.0), 3.0, 1.0, "")


def synergy_second() -> Case:
    # without the inn 2 x (2 − 1)
    return Case(pair({"annual_cost": 1.0}, {"annual_cost": 0.5}, 2.0), 2.0, 1.0, "")


def synergy_both() -> Case:
    # 2 and 2.5 a year, which cost 3 a year together: the inn alone
    return Case(pair({"annual_revenue": 2.0}, {"annual_revenue": 2.5}, 3.0, "cost"), 9.0, 5.0, "")


# Hurdles


def portfolio() -> Case:
    # a park of 3 is worth 4 to nature and earns nothing, which the 2 of the mill do not make up for
    park = {"project": "park", "capex": 3.0, "life_years": 1, "annual_ecosystem": 4.0, "hurdle": 0.0}
    goal = {"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 1.0}}
    return Case(tiny(goal, projects=[{**MILL, "hurdle": 0.0}, park]), 3.0, 2.0, "project:portfolio")


CASES: dict[str, list[Callable[[], Case]]] = {
    "cash": [cash],
    "reserve": [reserve],
    "dscr_min": [dscr_min],
    "budget_transfer": [budget_transfer],
    "step_area": [step_area],
    "step_full": [steps_in_order],
    "step_open": [steps_in_order],
    "synergy_first": [synergy_first],
    "synergy_second": [synergy_second],
    "synergy_both": [synergy_both],
    "portfolio": [portfolio],
}
