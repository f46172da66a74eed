"""What `check` tells of a sound study."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.model.complete_town import LOAN, account, parcel, town
from tests.model.four import four
from tests.reports.test_audit_hurdles import PLANT, projects
from zonevest.api import check
from zonevest.instances.say import translate
from zonevest.instances.schema import OVERLAY
from zonevest.model.options import REASONS
from zonevest.reports.check import OVERLAY_WORDS, REASON_WORDS, WORDS


def test_size_and_doing_nothing() -> None:
    found = check(four())
    # hold, build and plant from two periods for each farm; the wood and the town can only be held
    assert found.size["options"] == 2 * 5 + 2
    assert found.size["parcels"] == 4
    assert found.size["area"] == 25.0
    assert found.size["held"] == 2
    assert found.size["projects"] == found.size["startable"] == 3
    assert found.nothing == pytest.approx({"cash": 40.0, "ecosystem": 155.0})  # derived in test_rows.py
    assert found.broken.empty
    # smallest and largest coefficient of the rows: 2 ha of p4 held; 10 ha x 10 a year x ... of the floor on F2
    assert found.size["smallest"] <= 2.0
    assert found.size["largest"] >= 100.0
    by_reason = found.reasons.set_index("reason")
    assert by_reason.loc["", "pairs"] == 4  # two farms x two practices
    assert by_reason.loc["from_class", "pairs"] == 4


def test_limits_that_doing_nothing_breaks() -> None:
    study = four()
    limits = study.limits.assign(value=[20.0, 0.5, 10.0])  # 10 +- 3 ha of built land; there are 2
    found = check(study.replace(limits=limits))
    assert list(found.broken["limit"]) == ["built"]
    assert found.broken["slack"].iloc[0] == pytest.approx(2.0 - 7.0)
    assert "built" in found.to_text("en")
    assert found.to_dict()["breaks"][0]["limit"] == "built"


def test_what_doing_nothing_cannot_pay() -> None:
    # 4 are owed: 1 a year, and 4 % of 4, 3, 2 and 1
    old = {**LOAN, "outstanding": 4.0, "outstanding_years": 4, "limit_total": 0.0}
    found = check(town(finance={"opening_cash": 0.0}, instruments=[old])).broken
    assert list(found["limit"]) == ["reserve"] * 3
    assert found["value"].tolist() == pytest.approx([-1.16, -2.28, -4.4])


@pytest.mark.parametrize("spends", [False, True])
def test_interest_is_not_held_against_itself_unsaid(spends: bool) -> None:
    # 0.16 of interest in 2026, and a tenth of it, or of 1 and it
    old = {**LOAN, "outstanding": 4.0, "outstanding_years": 4, "limit_total": 0.0, "budget": "fund"}
    land: dict[str, list[dict[str, Any]]] = {
        "parcels": [parcel()],
        "accounts": [account("care", "cost", budget="fund")],
        "class_flows": [{"land_class": "field", "account": "care", "basis": "per_ha_year", "value": 0.1}],
    }
    study = town(finance={"opening_cash": 100.0, "interest_share_fund": 0.1, "fixed_cost": 1.0},
                 instruments=[old], **(land if spends else {}))  # fmt: skip
    found = check(study)
    told = found.broken.set_index(["limit", "period"])[["value", "bound"]]
    bound = 0.1 * (0.16 + (1.0 if spends else 0.0))
    assert told.loc[("interest_share_fund", "p1")].tolist() == pytest.approx([0.16, bound])
    assert ("spends nothing else in the period" in found.to_text()) != spends
    assert ("付息占比必为 100%" in found.to_text("zh")) != spends


def test_what_doing_nothing_uses_without_a_right() -> None:
    # 1 a year is used, 0.4 are granted
    study = town(
        parcels=[parcel()],
        accounts=[account("water", "quota")],
        class_flows=[{"land_class": "field", "account": "water", "basis": "per_ha_year", "value": 0.1}],
        quotas=[{"quota": "right", "account_used": "water", "granted": 0.4}],
    )
    found = check(study).broken
    assert list(found["limit"]) == ["quota.right"] * 3
    assert found["value"].tolist() == pytest.approx([-0.6, -0.6, -1.2])


def test_an_exact_number_of_indivisible_land_is_warned_of() -> None:
    study = four()
    assert check(study).exact == []  # its one equality has a tolerance
    exact = study.replace(limits=study.limits.assign(tolerance=0.0))
    assert check(exact).exact == ["built"]
    assert "tolerance (built)" in check(exact).to_text()
    assert check(exact.replace({"divisible": True})).exact == []


def test_the_overlay_stated_and_from_the_lines() -> None:
    study = four()  # p1 to p4 of 10, 5, 8 and 2 ha, on no line
    assert check(study).to_dict()["overlay"] == [
        {"overlay": "free", "area_ha": 25.0, "stated_ha": 0.0, "derived_ha": 25.0}
    ]
    inside = study.parcels.assign(
        growth_boundary=[True, True, False, False], conversion=["", "prohibited", "", "promoted"]
    )
    found = check(study.replace(parcels=inside))
    assert found.overlay.to_numpy().tolist() == [
        ["prohibited", 5.0, 5.0, 0.0],
        ["promoted", 12.0, 2.0, 10.0],
        ["free", 8.0, 0.0, 8.0],
    ]
    told = found.to_text()
    assert "promoted: 12.0 ha, of which stated 2.0, from the lines 10.0" in told
    assert "urban development boundary → promoted; elsewhere free" in told
    assert "国家公园 → 禁止转化、永久基本农田 → 有条件转化" in found.to_text("zh")
    stated = check(study.replace(parcels=inside.assign(conversion="promoted")))
    assert stated.overlay.to_numpy().tolist() == [["promoted", 25.0, 25.0, 0.0]]
    assert "elsewhere" not in stated.to_text()


def test_words_in_both_languages() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert OVERLAY_WORDS["en"].keys() == OVERLAY_WORDS["zh"].keys() == set(OVERLAY)
    assert REASON_WORDS["en"].keys() == REASON_WORDS["zh"].keys() == set(REASONS) - {""}
    assert "维持现状" in check(four()).to_text("zh")


def test_projects_that_can_never_start() -> None:
    # 12 for 2 a year over ten years is worth less than nothing at 10 % (see test_audit_hurdles)
    found = check(projects({**PLANT, "hurdle": 0.1}, {**PLANT, "project": "mine", "hurdle": 0.08}))
    assert (found.size["projects"], found.size["startable"]) == (2, 1)
    why = "its net present value at its hurdle rate is below zero from every period of its window"
    assert f"projects that can never start: plant ({why})" in found.to_text()
    assert "任何一期均不可启动的项目: plant (在可启动期的任何一期启动，" in found.to_text("zh")
    assert found.to_dict()["never_startable"] == {"plant": why}
    assert "净现值均低于零" in found.to_dict("zh")["never_startable"]["plant"]
    assert "never start" not in check(projects(PLANT)).to_text()


def test_warnings_are_told_at_the_end() -> None:
    """Those of the study, then those of the ledger: capex in yuan, and a limit on built land above all there can be."""
    study = four()
    row = {"limit": "built", "account": "area.class.town", "period": "last", "sense": "<=", "value": 1e3}
    assert check(study).warnings.empty
    found = check(study.replace(projects=study.projects.assign(capex=6e6), limits=pd.DataFrame([row])))
    assert [each.name for each in found.warnings["must"]] == ["columns.money", "limits.idle"]
    for lang, head in (("en", "Warnings: legal, but suspicious (2)"), ("zh", "提醒：合规但可疑 (2)")):
        _, _, told = found.to_text(lang).rpartition(head)
        assert told.count("•") == 2
        assert "6000000" in told
        assert found.to_dict(lang)["warnings"][0]["do"] == translate(found.warnings["do"][0], lang)
