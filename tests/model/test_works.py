"""What projects are bound to: a mandate, and money that is only for some of them. By hand, solved and audited.

Periods are a (2026-27) and b (2028-30), there is no tail, rates are 0: a present value is a plain sum.
"""

from __future__ import annotations

import pytest

from tests.model.plain import plain, solved


@pytest.mark.parametrize(("mandatory", "start", "worth"), [(0, "", 0.0), (1, "a", -5.0)])
def test_what_is_mandated_is_built_at_a_loss(mandatory: int, start: str, worth: float) -> None:
    # 1 a year for five years, and nothing for it
    school = {"project": "school", "build_years": 0, "annual_cost": 1.0, "latest": "a", "mandatory": mandatory}
    plan = solved(plain(projects=[school]))
    assert plan.starts == {"school": start}
    assert plan.objective == pytest.approx(worth)


@pytest.mark.parametrize(("green_only", "mill", "worth"), [(0, "a", 8.0), (1, "", 4.0)])
def test_green_money_is_for_green_works(green_only: int, mill: str, worth: float) -> None:
    # 10 each, all of it borrowed for good at no interest; 1 a year each in 2027-30. The 4 that the park brings do not
    # pay for the mill.
    works = {"capex": 10.0, "annual_revenue": 1.0}
    study = plain(
        {"finance": {}},
        projects=[{"project": "park", "green": 1, **works}, {"project": "mill", **works}],
        instruments=[
            {"instrument": "f", "kind": "bond", "rate": 0.0, "tenor_years": 30, "green_only": green_only},
        ],
    )
    plan = solved(study)
    assert plan.starts == {"park": "a", "mill": mill}
    assert plan.objective == pytest.approx(worth)
