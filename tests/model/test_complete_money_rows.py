"""What the complete model has on the shore beside its rows (test_money_rows.py): worth, ledger, limits, variants."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo
import pytest

from tests.model.complete_shore import SETTINGS, TABLES, shore
from tests.model.complete_valley import coefficients, limit, lp, names, row
from tests.model.shore_rows import OWNERS, SPREAD, short
from zonevest.instances.read import make_study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build


def row_of(constraint: Any) -> tuple[dict[str, float], float | None, float | None]:
    found, low, high = row(constraint)
    return short(found), low, high


@pytest.fixture(scope="module")
def model() -> pyo.ConcreteModel:
    return pyomo_model(shore())


def test_cash_of_everything(model: pyo.ConcreteModel) -> None:
    found = short(coefficients(model.gain["cash"])[0])
    assert {name: worth for name, worth in found.items() if name[0] == "x"} == pytest.approx(
        {
            "x[A,hold,]": 0.1 * 2.3616,
            # 3.1 a year; sale 8 and fee 2.5 less works 5, all in the first year of service
            "x[A,shop,a]": 3.1 * 2.3616 + 5.5 / 1.25,
            "x[A,shop,b]": 0.1 * 0.8 + 3.1 * 1.5616 + 5.5 / 1.25 * SPREAD * 1.5616,
            "x[B,hold,]": 0.2 * 2.3616,
            # fee 5 less works 10; the levy of 4 counts year by year
            "x[B,shop,a]": 6.2 * 2.3616 - 4 + 4 * 1.5616,
            "x[B,shop,b]": 0.2 * 0.8 + 6.2 * 1.5616 - 4 * SPREAD * 1.5616 + 4 * 0.9216,
            "x[C,hold,]": 0.3 * 2.3616,
        }
    )
    # Half of the fee on 0.5 a hectare: 0.0625 in the year of opening; the levy is all the purse's.
    once = 0.0625 / 1.25 * SPREAD * 0.9216
    assert found["uplifted[quay,a,eA,b]"] == pytest.approx(once)
    assert found["uplifted[quay,a,eB,b]"] == pytest.approx(once + 0.05 * 0.4096)
    # A trade is for good: r / (1 + r) = 0.2 of the money every year.
    for g in "NS":
        assert found[f"buy[new,{g},a]"] == pytest.approx(-0.05 * 0.2 * 2.3616)
        assert found[f"sell[new,{g},b]"] == pytest.approx(0.04 * 0.2 * 1.5616)
    # Grants: carried to the quay's opening in 2028 (of 2026: a year at 25 %), spread as its own cash; the reeds' for
    # good, 0.25 a year from 2027.
    assert found["draw[grant,quay,a,a]"] == pytest.approx(1.25 * SPREAD * 0.9216)
    assert found["draw[grant,quay,a,b]"] == pytest.approx(SPREAD * 0.9216)
    assert found["draw[grant,quay,b,b]"] == pytest.approx(1.25 * SPREAD * 0.4096)
    assert found["draw[grant,reeds,a,a]"] == pytest.approx(0.25 * 1.5616)
    # The price of debt: 0.05 + 0.0003 on the bond, a thousandth of their interest on the others. The loan's balance
    # is 1, 1, 2/3, 1/3; the swap's is there from the end of the period on, half of it at the end of 2027; equity's is
    # there for good: the sum of all that 2026 and later years count is 0.8 / 0.2 = 4.
    assert found["draw[bond,quay,a,a]"] == pytest.approx(-0.0503 * (0.8 + 0.64 + 0.512))
    assert found["draw[bond,quay,b,b]"] == pytest.approx(-0.0503 * (0.64 + 0.512 + 0.4096))
    # a bond of b matures with the tail, a loan beyond it
    assert found["raised[loan,b]"] == pytest.approx(-0.0001 * (0.64 + 0.512 + 2 / 3 * 0.4096 + 1 / 3 * 0.32768))
    assert found["raised[swap,a]"] == pytest.approx(-0.0002 * (0.64 + 0.512))
    assert found["raised[swap,b]"] == pytest.approx(-0.0002 * (0.5 * 0.512 + 0.4096 + 0.32768))
    assert found["draw[stake,quay,a,a]"] == pytest.approx(-0.0001 * 4)
    # What a soft row gives costs its penalty.
    objective = coefficients(model.objective)[0]
    assert {name: price for name, price in objective.items() if name.startswith("give")} == {
        "give[debt_ratio_cap,a]": -10,
        "give[debt_ratio_cap,b]": -10,
        "give[cover_min,quay,a]": -5,
        "give[cover_min,quay,b]": -5,
    }


def test_what_is_there_and_what_is_not(model: pyo.ConcreteModel) -> None:
    # The bond is for infrastructure, the reeds take grants, the swap refinances: none of it funds the reeds but grants.
    assert {key[:2] for key in model.draw} == {
        *((f, "quay") for f in ("bond", "loan", "grant", "stake")),
        ("grant", "reeds"),
    }
    # from the start to the end of building, 2026 and 2027
    assert {key[2:] for key in model.draw if key[0] == "loan"} == {("a", "a"), ("a", "b"), ("b", "b")}
    assert {key[2:] for key in model.draw if key[1] == "reeds"} == {("a", "a"), ("b", "b")}
    # the bond names categories; grants and equity are for projects
    assert {key[0] for key in model.raised} == {"loan", "swap"}
    # a quay that starts in b opens after the horizon
    assert {key[1] for key in model.uplifted} == {"a"}
    assert names(model.give) == {
        ("debt_ratio_cap", "a"),
        ("debt_ratio_cap", "b"),
        ("cover_min", "quay", "a"),
        ("cover_min", "quay", "b"),
    }
    assert model.cash_end["a"].bounds == (None, None)
    assert all(
        model.component(name)[key].bounds == (0, None) for name in ("transfer", "draw") for key in model.component(name)
    )
    # a number that names periods is off in the others; some rows begin late
    assert names(model.green_share_min) == {"a"}
    assert names(model.dscr_min) == names(model.operating_balance) == names(model.reinvestment_min) == {"b"}


def test_service_of_all_debt() -> None:
    # Scope all: the swap's service less what it raises, and the 2.5 of legacy, 0.6 of each.
    model = pyomo_model(shore(finance={"dscr_scope": "all", "dscr_from": "a"}))
    found, low, _ = row(model.dscr_min["b"])
    assert found["raised[swap,a]"] == pytest.approx(-0.6 * 1.4)
    assert found["raised[swap,b]"] == pytest.approx(-0.6 * (0.1 - 1))
    assert low == pytest.approx(-2.71 + 0.6 * 2.5)
    # a is one year: 1.2 of 1.4 of legacy, of the bond's 0.3 and of what the swap raises
    found, low, _ = row(model.dscr_min["a"])
    assert found["draw[bond,quay,a,a]"] == pytest.approx(-0.36)
    assert found["raised[swap,a]"] == pytest.approx(1.2)
    assert low == pytest.approx(-2.4 + 1.2 * 1.4)


def test_a_fund_that_is_of_the_purse_pays_from_its_cash() -> None:
    model = pyomo_model(shore({"purse": ["local", "chest"]}))
    found, _, _ = row(model.cash["a"])
    assert found["transfer[N,a]"] == found["transfer[S,a]"] == 1
    # and the purse has all of the fee: 0.1 + 3 + 8 + 5 - 5
    assert found["x[A,shop,a]"] == pytest.approx(-11.1)
    # The chest alone: revenue that no shares speak of is the first actor's.
    assert row(model.fund["a"])[0]["x[A,shop,a]"] == pytest.approx(-2.5)


def test_without_finance_there_is_no_money_but_all_the_rest() -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != "finance"}
    frames = {name: pd.DataFrame(rows) for name, rows in TABLES.items()}
    model = pyomo_model(make_study(settings, **frames))
    for family in ("cash", "reserve", "draw_cap", "instrument_total", "golden_rule", "draw", "raised", "cash_end"):
        assert not names(model.component(family))
    for family in ("quota", "reach", "open", "cap", "fund", "participation", "floor_share"):
        assert names(model.component(family))


LEDGER = """
money.revenue    N     a: 0.5 x[A,hold,] 3.5 x[A,shop,a] 0.5 x[A,shop,b] 1 x[B,hold,] 7 x[B,shop,a] 1 x[B,shop,b]
money.cost       S     b: 1.2 x[C,hold,]
money.operating  lake  a: 0.1 x[A,hold,] 3.1 x[A,shop,a] 0.1 x[A,shop,b] 0.2 x[B,hold,] 6.2 x[B,shop,a] 0.2 x[B,shop,b]
money.resource   total a: 3 x[A,shop,a] 6 x[B,shop,a]
money.resource   total total: 9 x[A,shop,a] 6 x[A,shop,b] 18 x[B,shop,a] 12 x[B,shop,b]
money.receipts   N     a: 10.5 x[A,shop,a] 5 x[B,shop,a] 0.04 sell[new,N,a]
money.outlay     S     a: 2 U[reeds,a] 0.05 buy[new,S,a]
money.land_sale  total a: 8 x[A,shop,a]
money.outlay.green        total b: 8 U[quay,b] - 4 U[quay,a]
money.outlay.real_estate  total b: 5 x[A,shop,b] 10 x[B,shop,b]
money.outlay.restoration  total a: 2 U[reeds,a]
value            N     a: 20 x[A,shop,a] 40 x[B,shop,a]
value            N     b: 20 x[A,shop,b] 40 x[B,shop,b] 0.5 uplifted[quay,a,eA,b] 0.5 uplifted[quay,a,eB,b]
value            lake  b: 20 x[A,shop,b] 40 x[B,shop,b]
fees             total b: 5 x[A,shop,b] 10 x[B,shop,b] 0.125 uplifted[quay,a,eA,b] 0.125 uplifted[quay,a,eB,b]
levies           total b: 4 x[B,shop,a] 2 x[B,shop,b]
quota.new.bought S     a: 1 buy[new,S,a]
quota.new.sold   total b: 1 sell[new,N,b] 1 sell[new,S,b]
quota.new.purchase total total: 0.05 buy[new,N,a] 0.05 buy[new,N,b] 0.05 buy[new,S,a] 0.05 buy[new,S,b]
quota.new.sale   N     b: 0.04 sell[new,N,b]
finance.raised.loan    total b: 1 draw[loan,quay,a,b] 1 draw[loan,quay,b,b] 1 raised[loan,b]
finance.raised.swap    total total: 1 raised[swap,a] 1 raised[swap,b]
finance.repaid.bond    total b: 1 draw[bond,quay,a,a]
finance.interest.swap  total b: 0.4 raised[swap,a] 0.1 raised[swap,b]
finance.interest.stake total b: 0.2 draw[stake,quay,a,a] 0.2 draw[stake,quay,a,b] 0.2 draw[stake,quay,b,b]
finance.cash           total total: 1 cash_end[b]
"""


@pytest.mark.parametrize("line", LEDGER.strip().splitlines())
def test_ledger(line: str) -> None:
    key, _, terms = line.partition(":")
    account, place, period = key.split()
    # an account is kept where something reads it
    build = Build(shore(limits=[limit(account=account, value=0)]))
    found, constant = coefficients(build.ledger(account, place, period))
    assert (short(found), constant) == (lp(terms)[0], 0)


def test_ledger_of_debt() -> None:
    build = Build(shore())
    # the loan's 3 at the end of a, 1 at the end of b, of which the swap of a is repaid
    found, constant = coefficients(build.ledger("finance.debt", "total", "a"))
    assert constant == pytest.approx(3)
    assert found == lp("draw[bond,quay,a,a] + draw[loan,quay,a,a] + raised[loan,a] + raised[swap,a]")[0]
    found, constant = coefficients(build.ledger("finance.debt", "total", "b"))
    assert constant == pytest.approx(1)
    assert found == pytest.approx(
        {
            "draw[bond,quay,a,b]": 1,
            "draw[bond,quay,b,b]": 1,
            "draw[loan,quay,a,a]": 1 / 3,
            "raised[loan,a]": 1 / 3,
            "draw[loan,quay,a,b]": 2 / 3,
            "draw[loan,quay,b,b]": 2 / 3,
            "raised[loan,b]": 2 / 3,
            "raised[swap,b]": 1,
        }
    )
    repaid, interest = (build.ledger(f"finance.{kind}.loan", "total", "total") for kind in ("repaid", "interest"))
    # legacy: 1 and 2 repaid, 0.4 and 0.5 of interest
    assert coefficients(repaid)[1] == pytest.approx(3)
    assert coefficients(interest)[1] == pytest.approx(0.9)
    assert build.before("finance.debt", "total", "") == 4
    assert build.before("finance.cash", "total", "") == 10


def test_limits_on_money_and_gains() -> None:
    model = pyomo_model(
        shore(
            limits=[
                # revenue of 3 at the start: local has half of the rent; N has 1.5
                limit("kept", "money.revenue", value=0.5, basis="share_of_start", jurisdiction="N", period="a"),
                limit("owed", "finance.debt", "<=", 0.5, basis="share_of_start", period="last"),
                limit("better", "gain.actor.owners", value=0.25),
                limit("everywhere", "gain.jurisdiction", value=-1.0, jurisdiction="each", period="last"),
                limit("sum", "sale", value=0.0),
            ],
            limit_terms=[{"limit": "sum", "account": "gain.actor.local", "coefficient": 2.0}],
        )
    )
    assert row(model.limit["kept", "N", "a"])[1] == pytest.approx(0.5 * 1.5)
    assert row(model.limit["owed", "total", "b"])[2] == pytest.approx(0.5 * 4 - 1)
    # a gain is over everything
    assert names(model.limit) == {
        ("kept", "N", "a"),
        ("owed", "total", "b"),
        ("better", "total", "total"),
        ("everywhere", "N", "total"),
        ("everywhere", "S", "total"),
        ("sum", "total", "total"),
    }
    assert row_of(model.limit["better", "total", "total"]) == (
        pytest.approx(OWNERS),
        pytest.approx(0.25 + 3 * 2.3616),
        None,
    )
    # both sales of A, and twice what the purse gains by A at all
    found = row(model.limit["sum", "total", "total"])[0]
    assert found["x[A,shop,a]"] == pytest.approx(8 + 2 * (3.1 * 2.3616 + 5.5 / 1.25))


def test_weights_on_accounts_of_money() -> None:
    weights = {"finance.debt": -0.5, "gain.actor.owners": 1.0, "money.operating": 0.1, "quota.new.sold": 0.25}
    model = pyomo_model(shore({"objective": {"method": "weighted", "cash": 1.0, "accounts": weights}}))
    without = pyomo_model(shore())
    found, constant = coefficients(model.objective)
    base, base_constant = coefficients(without.objective)
    # debt at the end of b, its legacy of 1 too; 0.6 a year for 3 years by doing nothing; the owners' gain is one
    assert constant - base_constant == pytest.approx(-0.5 - 0.1 * 1.8 - 3 * 2.3616)
    assert found["raised[swap,b]"] - base["raised[swap,b]"] == pytest.approx(-0.5)
    assert found["sell[new,N,a]"] - base["sell[new,N,a]"] == pytest.approx(0.25)
    # 3.1 + 2 x 3.1
    assert found["x[A,shop,a]"] - base["x[A,shop,a]"] == pytest.approx(0.1 * 9.3 + OWNERS["x[A,shop,a]"])
