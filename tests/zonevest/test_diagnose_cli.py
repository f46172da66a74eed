"""`zonevest diagnose`: exit codes, both languages, prices of the user's own. Some 10 s."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.reports.audit_studies import study as hand_made
from zonevest.cli import app


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The village, in which arable land shall grow by half."""
    folder = tmp_path_factory.mktemp("torn") / "village"
    zv.copy_case("village", folder)
    table = folder / "limits.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("class_group.arable,,,>=,1.0", "class_group.arable,,,>=,1.5"), encoding="utf-8")
    return str(folder)


def run(*args: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["diagnose", *args])
    return found.exit_code, found.stdout, found.stderr


def test_a_study_with_plans() -> None:
    code, text, _ = run("village")
    assert (code, len(text.splitlines())) == (0, 1)


def test_a_study_without(torn: str) -> None:
    code, text, _ = run(torn, "--json")
    found = json.loads(text)
    assert (code, found["feasible"]) == (3, False)
    named = {each["condition"] for each in found["conflicts"][0]["conditions"]}
    assert any(name.startswith("limit[arable_kept,total,") for name in named)
    assert all(repair["verified"] for repair in found["repairs"])
    # 22.111 ha of paddy and 16.974 ha of dry land are arable: half as much again is 58.629 ha
    (least,) = (r["gives"] for r in found["repairs"] if all("arable_kept" in each["condition"] for each in r["gives"]))
    assert all((each["table"], each["old"]) == ("limits", 1.5) and each["new"] < 1.5 for each in least)
    assert all(each["bound"] == pytest.approx(58.629, abs=1e-3) for each in least)
    lines = {each["words"] for repair in found["repairs"] for each in repair["gives"]}
    _, english, _ = run(torn)
    assert all(line in english for line in lines)
    _, chinese, _ = run(torn, "--lang", "zh")
    assert "limit arable_kept (Arable land not less than at the start)" in english
    assert "约束 arable_kept（耕地不少于期初）" in chinese
    assert "不能同时成立" in chinese
    assert not {"limit ", "cost", "hold"} & set(chinese.split())


def test_prices_of_the_user_s_own(torn: str) -> None:
    held = zv.diagnose(zv.read_study(torn), prices={"arable_kept": float("inf")})
    assert "arable_kept" not in " ".join(held.repairs["condition"])
    code, _, told = run(torn, "--price", "arabel=2")
    assert code == 2
    assert "arabel" in told
    assert run(torn, "--price", "arable")[0] == 2


def test_a_bound_below_zero_that_gives_up_to_zero() -> None:
    """No land is below 0 ha: -0.2 has to become 0, not -0.4."""
    few = {"limit": "few", "account": "area.class.farm", "sense": "<=", "value": -0.2, "period": "last"}
    found = zv.diagnose(hand_made(limits=[few]))
    (row,) = found.repairs.to_dict("records")
    assert (row["gives"], row["needed"], row["old"], row["new"]) == pytest.approx((0.2, 0.0, -0.2, 0.0))
    assert found.to_text().endswith("from −0.2 ha to 0 ha")


def test_what_is_nobody_s_rule_has_words_too() -> None:
    """A road that takes 12 of 10 ha."""
    road = {"project": "road", "category": "infrastructure", "capex": 1.0, "build_years": 1, "mandatory": 1}
    taken = {"project": "road", "land_class": "farm", "area_ha": 12.0}
    found = zv.diagnose(hand_made(projects=[road], land_take=[taken]))
    assert set(found.conflicts["condition"]) == {"land_take[farm,total]", "mandatory[road]"}
    assert "No more land is taken than there is: farm" in found.to_text()
    assert "项目用地不超过现有面积" in found.to_text("zh")
    assert "land_take[" not in found.to_text() + found.to_text("zh")
