"""Ready-made stresses: each reads and passes `zonevest check --scenario`, and changes what it says. Some 20 s."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.chinese import is_chinese
from zonevest.cli import app
from zonevest.instances.say import Said, translate
from zonevest.instances.schema import BY_NAME, FLOW_TABLES
from zonevest.stresses import stress_text, stressed, stresses

OF_VILLAGE = ["land_price_fall", "population_fall", "population_growth", "project_delay"]


@pytest.fixture(scope="module", params=["village", "lakeside"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A bundled case and the study with its stresses."""
    out = tmp_path_factory.mktemp("stress") / "study"
    found = CliRunner().invoke(app, ["draw", request.param, "--stress", "all", "-o", str(out)])
    assert found.exit_code == 0, found.stderr
    return request.param, out


def test_every_stress_passes_the_check(case: tuple[str, Path]) -> None:
    name, folder = case
    held = zv.read_study(folder)
    assert held.hash == zv.read_study(name).hash
    assert held.scenarios["probability"].sum() == pytest.approx(1.0), "the study's own stay as they are"
    made = [each for each in dict.fromkeys(held.scenarios["scenario"]) if each in stresses()]
    assert made == (OF_VILLAGE if name == "village" else list(stresses()))
    for each in made:
        assert zv.read_study(folder, scenario=each).scenario == each
    for each in made if name == "village" else ["project_delay"]:  # of lakeside one check takes 6 s
        found = CliRunner().invoke(app, ["check", str(folder), "--scenario", each])
        assert found.exit_code == 0, found.stderr


def changed(study: zv.Study, name: str) -> dict[str, pd.DataFrame]:
    """Cells that a stress changes: before and after, by table and column, in the rows that differ."""
    other = study.replace(scenarios=zv.stress_scenarios(study, [name])).in_scenario(name)
    assert other.settings == study.settings or name.startswith("population")
    found = {}
    for table, before in study.tables.items():
        after = other.tables[table]
        for column in before.columns if table != "scenarios" else ():
            rows = (before[column] != after[column]) & ~(before[column].isna() & after[column].isna())
            if rows.any():
                found[f"{table}.{column}"] = before[rows].assign(after=after.loc[rows, column])
    return found


def test_what_each_changes_in_lakeside() -> None:
    study = zv.read_study("lakeside")
    of = {name: changed(study, name) for name in stresses()}
    land = of["land_price_fall"]
    assert set(land) == {"practice_flows.value", "price_steps.price"}
    flows, steps = land["practice_flows.value"], land["price_steps.price"]
    assert set(flows["account"]) == {"land_sale"}
    assert len(flows) == (study.practice_flows["account"] == "land_sale").sum()
    assert len(steps) == len(study.price_steps), "what is given up where much is sold is a part of the price"
    assert (flows["after"] / flows["value"]).tolist() == pytest.approx([0.73] * len(flows))
    assert (steps["after"] / steps["price"]).tolist() == pytest.approx([0.73] * len(steps))
    assert of["population_fall"] == of["population_growth"] == {}
    for name, growth in (("population_fall", -0.013), ("population_growth", 0.007)):
        other = study.replace(scenarios=zv.stress_scenarios(study, [name])).in_scenario(name)
        assert other.settings.population_growth == pytest.approx(growth)
    (rates,) = of["interest_rate_up"].values()
    assert (rates["after"] - rates["rate"]).tolist() == pytest.approx([0.009] * len(rates))
    new_debt = study.instruments["kind"].isin(["bond", "loan"]) & (study.instruments["limit_total"] != 0)
    assert set(rates["instrument"]) == set(study.instruments.loc[new_debt, "instrument"])
    assert not {"legacy_debt", "legacy_special_debt"} & set(rates["instrument"]), "what is owed keeps its rate"
    assert set(of["quota_cut"]) == {"quotas.granted", "quota_grants.amount"}
    grants = of["quota_cut"]["quota_grants.amount"]
    assert (grants["after"] / grants["amount"]).tolist() == pytest.approx([0.8] * len(study.quota_grants))
    (late,) = of["project_delay"].values()
    assert (late["after"] - late["build_years"]).tolist() == [1.0] * len(study.projects)
    for name, price in (("carbon_price_fall", 40e-6), ("carbon_price_rise", 120e-6)):
        (carbon,) = of[name].values()
        assert carbon["quota"].tolist() == ["carbon"]
        assert carbon["after"].tolist() == pytest.approx([price], rel=1e-3), "yuan a ton, in millions"


def test_growth_of_single_places_moves_too() -> None:
    study = zv.read_study("village")
    towns = study.jurisdictions.assign(population_growth=[0.002, float("nan")])
    found = changed(study.replace(jurisdictions=towns), "population_fall")
    assert found["jurisdictions.population_growth"]["after"].tolist() == pytest.approx([-0.008])


def test_a_study_gets_what_it_has() -> None:
    study = zv.read_study("village")
    table, without = stressed(study)
    assert [*dict.fromkeys(table["scenario"])] == OF_VILLAGE
    assert set(without) == set(stresses()) - set(OF_VILLAGE)
    assert without["quota_cut"] == "quotas.granted, quota_grants.amount"
    assert table["source"].ne("").all()
    assert table["confidence"].ne("").all()
    assert "quota_cut" in stress_text(table, without, "en")
    told = stress_text(table, without, "zh")
    assert "土地价格下跌" in told
    assert "未生成：quota_cut" in told
    with pytest.raises(zv.StudyError) as caught:
        zv.stress_scenarios(study, ["quota_cut", "interest_rate_up"])
    assert len(caught.value.faults) == 2
    assert all(is_chinese(Said(each.template, each.given)) for each in caught.value.faults["must"])
    assert translate(caught.value.faults["do"][0], "zh") != caught.value.faults["do"][0]
    nobody = study.jurisdictions.assign(population=float("nan"))
    without_people = study.replace(jurisdictions=nobody, limits=study.limits[study.limits["basis"] != "per_head"])
    assert "population_fall" in stressed(without_people)[1]


def test_the_table_is_sound() -> None:
    for name, rows in stresses().items():
        assert rows[0]["title_en"], name
        assert rows[0]["title_zh"], name
        for row in rows:
            assert row["op"] in ("factor", "add")
            assert float(row["amount"]) != 0
            assert row["confidence"] in ("published", "recalled", "modelling default")
            assert row["source"]
            if row["table"] == "study":
                assert row["key"]
                continue
            for table in FLOW_TABLES if row["table"] == "flows" else (row["table"],):
                column = BY_NAME[table].column(row["column"])
                assert column.kind == "number"
                if row["op"] == "add":
                    assert BY_NAME[table].key, "a new value is written out for each row, which has to have a name"
