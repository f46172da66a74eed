"""What two projects bring together: years, worth, whose it is, and that it is there whenever both are."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.model.complete_bay import bay
from tests.model.complete_town import account, solved, town, value, weights
from tests.model.complete_valley import coefficients, limit, names
from zonevest.instances.study import Study
from zonevest.model.complete import pyomo_model
from zonevest.model.complete_parts import Build

PAIRS = ["a,a", "a,b", "b,a", "b,b"]


def of_both(found: dict[str, float]) -> list[float]:
    """What the four pairs of starts of quay and reeds have."""
    return [found.get(f"together[quay,reeds,{pair}]", 0.0) for pair in PAIRS]


def test_worth_in_f1_and_f2() -> None:
    # Tickets of 0.2 a year and a prize of 0.8 at prices of the year of the later opening, always the quay's: 2028 from
    # a, 2029 (after the horizon) from b. The prize counts 0.2 of it (r / (1 + r)) in every year to the end of the tail.
    # Birds are 2 a year, and a year of the ecosystem counts 1.
    model = pyomo_model(bay({"objective": {"method": "weighted", "cash": 1.0, "ecosystem": 1.0}}))
    early = 0.2 * 0.9216 + 0.2 * 0.8 * 1.1**2 * 0.9216
    late = 0.2 * 0.4096 + 0.2 * 0.8 * 1.1**3 * 0.4096
    assert of_both(coefficients(model.gain["cash"])[0]) == pytest.approx([early, early, late, late])
    assert of_both(coefficients(model.gain["ecosystem"])[0]) == pytest.approx([4, 4, 2, 2])


def test_ledger() -> None:
    # one year of two with tickets; what opens after the horizon is in no period; all of it in N, where the quay is
    study = bay(
        limits=[
            limit("t", "tickets", value=0.0, jurisdiction="each"),
            limit("p", "prize", value=0.5, basis="share_of_start"),
            limit("c", "birds", value=0.0, period="total"),
        ]
    )
    build = Build(study)
    for place in ("N", "total"):
        assert of_both(coefficients(build.ledger("tickets", place, "b"))[0]) == pytest.approx([0.1, 0.1, 0, 0])
    assert of_both(coefficients(build.ledger("tickets", "S", "b"))[0]) == [0, 0, 0, 0]
    assert of_both(coefficients(build.ledger("tickets", "total", "a"))[0]) == [0, 0, 0, 0]
    assert of_both(coefficients(build.ledger("prize", "total", "b"))[0]) == pytest.approx([0.968, 0.968, 0, 0])
    assert of_both(coefficients(build.ledger("prize", "total", "b", True))[0]) == pytest.approx([0.8, 0.8, 0, 0])
    assert of_both(coefficients(build.ledger("birds", "total", "total"))[0]) == pytest.approx([2, 2, 0, 0])


def pair(first: dict[str, Any], second: dict[str, Any], *rows: tuple[str, float], **tables: Any) -> Study:
    """An inn and a path that starts where `latest` says; what they bring together; a tail to 2031."""
    return town(
        rates={"tail_years": 2, "social": 0.03},
        projects=[{"project": "inn", **first}, {"project": "path", **second}],
        synergies=[{"project": "inn", "with": "path", "account": name, "value": each} for name, each in rows],
        **tables,
    )


def both(study: Study, term: str) -> float:
    """What it is worth that both start in p1."""
    build = Build(study)
    (found,) = [each for each in build.postings if each.variable.name == "together[inn,path,p1,p1]"]
    return found.worth[term]


P1 = {"latest": "p1"}


def test_from_the_later_opening_until_the_first_of_them_ends() -> None:
    accounts = [account("tickets"), account("prize", "revenue", "one_off"), account("birds", "ecosystem", "one_off")]
    rows = [("tickets", 1.0), ("prize", 3.0), ("birds", 5.0)]
    # The path opens in 2028, after two years; the inn, open from 2027, ends with 2029.
    study = pair({**P1, "life_years": 3}, {**P1, "build_years": 2}, *rows, accounts=accounts)
    prize = 3 * 0.05 / 1.05 * weights(2028, 2031)
    assert both(study, "cash") == pytest.approx(weights(2028, 2029) + prize)
    assert both(study, "ecosystem") == pytest.approx(5 * 0.03 / 1.03 * weights(2028, 2031, 0.03))
    # the path ends first, with 2028
    study = pair({**P1, "life_years": 3}, {**P1, "build_years": 2, "life_years": 1}, *rows, accounts=accounts)
    assert both(study, "cash") == pytest.approx(weights(2028, 2028) + prize)
    # an inn that has ended before the path opens: nothing a year, once as ever
    study = pair({**P1, "life_years": 1}, {**P1, "build_years": 2}, *rows, accounts=accounts)
    assert both(study, "cash") == pytest.approx(prize)
    # without an end, to that of the tail
    study = pair(P1, P1, *rows, accounts=accounts)
    assert both(study, "cash") == pytest.approx(weights(2027, 2031) + 3 * 0.05 / 1.05 * weights(2027, 2031))


def test_what_is_no_cost_is_delivered_in_part() -> None:
    # a half and 0.4: a fifth of what they bring, all of what they cost; carbon counts like revenue
    accounts = [account("tickets"), account("guards", "cost"), account("air", "carbon"), account("visits", "custom")]
    rows = [("tickets", 10.0), ("guards", 10.0), ("air", 10.0), ("visits", 10.0)]
    study = pair({**P1, "deliverability": 0.5}, {**P1, "deliverability": 0.4}, *rows, accounts=accounts)
    study = study.replace(limits=pd.DataFrame([limit(name, name, value=0.0) for name, _ in rows]))
    build = Build(study)
    booked = [coefficients(build.ledger(name, "total", "p2"))[0]["together[inn,path,p1,p1]"] for name, _ in rows]
    assert booked == pytest.approx([2, 10, 2, 10])


def test_shares_of_the_first_project_and_its_flags() -> None:
    # Half of the inn's tickets are the owners', and its outlays are green; the path's shares do not matter.
    shares = [("inn", "local", 0.5), ("inn", "owners", 0.5), ("path", "owners", 1.0)]
    study = pair(
        {**P1, "green": 1, "jurisdiction": "N"},
        P1,
        ("tickets", 1.0),
        ("signs", 2.0),
        jurisdictions=[{"jurisdiction": "N"}],
        accounts=[account("tickets"), account("signs", "cost", "one_off")],
        actors=[{"actor": "local", "public": 1}, {"actor": "owners"}],
        shares=[
            {"account": "tickets", "role": "receives", "actor": actor, "share": share, "project": j}
            for j, actor, share in shares
        ],
        limits=[limit("g", "money.outlay.green"), limit("h", "gain.actor.owners", jurisdiction="N", period="total")],
    )
    signs = 2 * 0.05 / 1.05
    assert both(study, "cash") == pytest.approx((0.5 - signs) * weights(2027, 2031))
    model = pyomo_model(study)
    both_start = "together[inn,path,p1,p1]"
    assert coefficients(model.ledger["money.outlay.green", "total", "p2"])[0][both_start] == 2
    owners = coefficients(model.ledger["gain.actor.owners", "N", "total"])[0]
    assert owners[both_start] == pytest.approx(0.5 * weights(2027, 2031))


@pytest.mark.parametrize(("name", "sign"), [("tickets", 1), ("crowds", -1)])
def test_it_is_there_where_both_are_and_only_there(name: str, sign: int) -> None:
    # Both must start: the plan has what they bring together, be it a gain or a loss.
    study = pair(
        {**P1, "mandatory": 1},
        {"earliest": "p2", "latest": "p2", "mandatory": 1},
        (name, 1.0),
        accounts=[account("tickets"), account("crowds", "cost")],
    )
    model = solved(study)
    assert value(model.together["inn", "path", "p1", "p2"]) == pytest.approx(1)
    assert value(model.objective) == pytest.approx(sign * weights(2028, 2031))
    # alone, the path has nothing of it: the inn costs more than both gain
    study = pair({**P1, "annual_cost": 5.0}, P1, ("tickets", 1.0), accounts=[account("tickets")])
    assert value(solved(study).objective) == pytest.approx(0)


def test_no_rows_where_one_of_them_never_starts() -> None:
    # ten years of building
    model = pyomo_model(pair({"build_years": 10}, P1, ("tickets", 1.0), accounts=[account("tickets")]))
    for family in ("synergy_first", "synergy_second", "synergy_both", "together"):
        assert not names(model.component(family))
