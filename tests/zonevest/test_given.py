"""Plans drawn by hand: what is worked out, what is found broken, what cannot be read."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests import random_features, random_money
from tests.chinese import CHINESE, english_in
from tests.reports.audit_studies import BASE, BUILD, FARM, NAMES, study
from tests.reports.whole import whole
from zonevest.cli import app
from zonevest.instances.say import translate
from zonevest.instances.schema import LINES
from zonevest.instances.study import Study, StudyError, period_names
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.reports.audit_rules import LINE, must
from zonevest.reports.check import REASON_WORDS
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.parts import rest_of

ROOT = Path(__file__).parents[2]
CASES = int(os.environ.get("ZONEVEST_GIVEN", "30"))
"""Random studies that are compared with the model: 6 s."""


def zonevest(*args: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in args])


def land(**chosen: tuple[str, str]) -> pd.DataFrame:
    rows = [(name, practice, start) for name, (practice, start) in chosen.items()]
    return pd.DataFrame(rows, columns=["parcel_id", "practice", "start"])


def works(**starts: str) -> pd.DataFrame:
    return pd.DataFrame({"project": list(starts), "start": list(starts.values())})


def check_texts(told: list[str], names: list[str]) -> None:
    """Each is told in Chinese."""
    for text in told:
        assert CHINESE.search(text), text
        assert not english_in(text, names), (text, english_in(text, names))


# ---------------------------------------------------------------- what is worked out


@pytest.fixture
def solved(village_plan: Path) -> Path:
    return village_plan


@pytest.fixture
def hand(solved: Path, tmp_path: Path) -> Path:
    """The solved plan, as a planner would have drawn it: what changes, and what is built."""
    folder = tmp_path / "hand"
    folder.mkdir()
    parcels, projects = pd.read_parquet(solved / "parcels.parquet"), pd.read_csv(solved / "projects.csv", dtype=str)
    parcels[parcels["start"] != ""][["parcel_id", "practice", "start"]].to_csv(folder / "parcels.csv", index=False)
    projects[["project", "start"]].to_csv(folder / "projects.csv", index=False)
    return folder


def test_a_solved_plan_stripped_to_its_choices_is_the_same_plan(solved: Path, hand: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = zonevest("audit", hand, "--study", "village", "-o", out, "--beside", solved)
    assert done.exit_code == 0, done.output
    one, other = zv.read_plan(solved), zv.read_plan(out)
    assert other.objective == pytest.approx(one.objective, abs=1e-9)
    assert (other.status, other.bound, other.method) == ("feasible", None, "given")
    for name in ("ledger", "limits"):
        keys = ["account", "jurisdiction", "period"] + (["limit"] if name == "limits" else [])
        ours, theirs = (getattr(plan, name).set_index(keys)["value"].sort_index() for plan in (one, other))
        np.testing.assert_allclose(theirs.reindex(ours.index).fillna(0.0), ours, atol=1e-9)
    assert list(one.limits["unit"]) == list(other.limits["unit"])
    # what the model tells of it, in the tables of money, is what the audit has
    assert zonevest("audit", out).exit_code == 0
    assert zonevest("report", out).exit_code == 0
    assert "Drawn by hand" in (out / "report.html").read_text(encoding="utf-8")
    told = json.loads(zonevest("audit", hand, "--study", "village", "--beside", solved, "--json").stdout)
    table = told["comparison"]
    assert table["plan"] == pytest.approx(table["this plan"])
    assert table["doing nothing"]["projects built"] == 0
    assert sum(value for key, value in table["doing nothing"].items() if key.endswith(", ha")) == pytest.approx(
        zv.read_study("village").parcels["area_ha"].sum()
    )


def test_the_forms_in_which_a_plan_may_come(hand: Path, tmp_path: Path) -> None:
    parcels, projects = (pd.read_csv(hand / f"{name}.csv", dtype=str).fillna("") for name in ("parcels", "projects"))
    village = zv.read_study("village")
    expected = zv.plan_from(village, parcels=parcels, projects=projects).objective

    def told(*args: object) -> float:
        return float(json.loads(zonevest("audit", *args, "--study", "village", "--json").stdout)["objective"])

    with pd.ExcelWriter(tmp_path / "plan.xlsx") as book:
        parcels.rename(columns={"parcel_id": "地块编号", "practice": "用地行动", "start": "开始"}).to_excel(
            book, sheet_name="地块", index=False
        )
        projects.to_excel(book, sheet_name="projects", index=False)
    assert told(tmp_path / "plan.xlsx") == expected
    layer = gpd.GeoDataFrame(village.parcels.drop(columns="zone"), geometry=village.geometry)
    layer = layer.merge(parcels, on="parcel_id", how="left")
    layer.to_file(tmp_path / "drawn.gpkg")  # the study's own layer with two columns more
    assert told(tmp_path / "drawn.gpkg", "--projects", hand / "projects.csv") == expected
    (hand / "parcels.csv").unlink()
    parcels.to_parquet(hand / "parcels.parquet")
    assert told(hand) == expected
    everything = zv.plan_from(village)
    assert (everything.cash, everything.ecosystem) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_blank_practice_is_held_and_a_zone_alone_is_no_action() -> None:
    given = study(parcels=[FARM, {**FARM, "parcel_id": "b"}])
    here = pd.DataFrame({"parcel_id": ["a"], "zone": ["rural"]})
    assert zv.plan_from(given, parcels=here).audit.ok
    plan = zv.plan_from(given, parcels=here.assign(zone="town"))
    assert list(plan.audit.breaches["rule"]) == ["choice:zone"]
    assert plan.status == "broken"


def test_finance_that_is_given_is_taken_as_it_is() -> None:
    given = whole()
    args = {"parcels": land(a=("build", "p1")), "projects": works(tram="p1")}
    best = zv.plan_from(given, **args)
    assert best.audit.ok, best.verdict.to_text()
    assert len(best.financing)
    tables = {name: getattr(best, name) for name in ("financing", "uplift", "quota_trade", "fund_transfers")}
    again = zv.plan_from(given, **args, **tables)
    assert again.objective == pytest.approx(best.objective, abs=1e-6)
    none = zv.plan_from(given, **args, financing=best.financing.iloc[:0])
    assert len(none.financing) == 0
    assert none.objective <= best.objective + 1e-9 or not none.audit.ok


# ---------------------------------------------------------------- what breaks


TWO = [FARM, {**FARM, "parcel_id": "b"}]
BUILT: dict[str, Any] = {"parcels": land(a=("build", "p1"))}
ROAD = {"project": "road", "capex": 1.0}
OTHER = {"project": "school", "capex": 1.0}


def sited(**row: Any) -> Study:
    return study(parcels=TWO, projects=[{**ROAD, **row}, OTHER])


def lined(**row: Any) -> Study:
    return study(parcels=[{**FARM, **row}, TWO[1]])


def owing(tenor: int = 10, **finance: Any) -> Study:
    """A study whose plan has to borrow for a road."""
    loan = {"instrument": "loan", "kind": "loan", "rate": 0.05, "tenor_years": tenor}
    loan |= {"in_debt_ratio": 1}
    project = [{**ROAD, "capex": 5.0, "life_years": 10}]
    more = {"opening_cash": 0.0, "own_revenue": 1.0, "fiscal_resources": 3.0, **finance}
    return study({"finance": more}, projects=project, instruments=[loan])


STEEP, FOREIGN = {**FARM, "slope_class": 5}, {**FARM, "tenure": "collective"}
CAP = {"limit": "cap", "account": "area.class.built", "sense": "<=", "value": 4.0}
QUOTA = {"quota": "land", "account_used": "area.new_construction", "granted": 1.0}
FLAT, STATE = {**BUILD, "max_slope_class": 2}, {**BUILD, "tenure": "state"}
PLANTED: dict[str, tuple[Study, dict[str, Any], str, str]] = {
    "line": (lined(redline="core", conversion="free"), BUILT, "redline_grade", "red line"),
    "overlay": (lined(conversion="prohibited"), BUILT, "conversion", "overlay"),
    "slope": (study(parcels=[STEEP], practices=[FLAT]), BUILT, "slope", "slope"),
    "tenure": (study(parcels=[FOREIGN], practices=[STATE]), BUILT, "tenure", "tenure"),
    "class": (study(practices=[{**BUILD, "from_classes": "wood"}]), BUILT, "from_class", "land classes that it admits"),
    "lock": (lined(locked_zone="rural"), BUILT, "locked_zone", "locked"),
    "ban": (lined(forbidden_zones="town"), BUILT, "forbidden_zones", "forbidden"),
    "window of land": (study(practices=[{**BUILD, "earliest": "p2"}]), BUILT, "window", "earliest"),
    "window": (sited(latest="p1"), {"projects": works(road="p2")}, "project:window", "project road"),
    "requires": (sited(requires="school"), {"projects": works(road="p1")}, "project:requires", "school is not built"),
    "mandatory": (sited(mandatory=1), {}, "project:mandatory", "it is built"),
    "exclusive": (
        study(projects=[{**ROAD, "exclusive_set": "both"}, {**OTHER, "exclusive_set": "both"}]),
        {"projects": works(road="p1", school="p1")}, "project:exclusive_set", "exclusive set both",
    ),
    "footprint": (
        sited(footprint="a;b", footprint_zones="town"), {"projects": works(road="p1")}, "project:footprint",
        "2 parcel(s) of its footprint do not, in p1, p2: a, b",
    ),
    "limit": (
        study(limits=[CAP]), BUILT, "limit",
        "limit cap [in all, p1]: Area of land class: built 10 ha, at most 4 ha: 6 ha too much",
    ),
    # 10 ha are built on, and 1 a year in two years is granted
    "quota": (study(quotas=[QUOTA]), BUILT, "row:quota", "Quota left: land [in all, p1]: −8 ha, at least 0 ha: 8 ha"),
    "debt ratio": (owing(debt_ratio_cap=0.5), {"projects": works(road="p1")}, "row:debt_ratio_cap", "Debt ratio [p1]"),
    "cash": (owing(2, own_revenue=0.1), {"projects": works(road="p1")}, "row:reserve", "Cash kept"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_named(name: str) -> None:
    given, plan, rule, words = PLANTED[name]
    nothing = zv.plan_from(given)
    assert nothing.audit.ok or name == "mandatory"
    found = zv.plan_from(given, **plan)
    assert found.status == "broken"
    rules = list(found.verdict.breaches["rule"])
    assert any(each.startswith(rule) for each in rules), rules
    if not rule.startswith("row:"):
        assert set(rules) == {rule}
    assert words in "\n".join(found.verdict.words("en"))
    check_texts(found.verdict.words("zh"), names=[*NAMES, "loan", "cap", "land"])


def test_the_debt_ratio_is_told_as_the_study_states_it() -> None:
    """The road costs 5, two years of revenue bring 2: some 3 are owed, and resources are 3."""
    found = zv.plan_from(owing(debt_ratio_cap=0.5), projects=works(road="p1"))
    ratio = found.verdict.money()["debt_ratio"].iloc[0]
    debt = found.verdict.breaches.set_index("rule").loc["row:debt_ratio_cap"]
    debt = debt if isinstance(debt, pd.Series) else debt.iloc[0]
    assert debt["setting"] == 0.5
    assert debt["value"] / debt["bound"] * 0.5 == pytest.approx(ratio)
    assert ratio == pytest.approx(debt["value"] / 3.0)
    assert 3.0 <= debt["value"] <= 3.4  # with interest


def test_a_broken_plan_is_written_with_what_it_breaks_and_never_passes(tmp_path: Path) -> None:
    given, plan, _, _ = PLANTED["limit"]
    zv.plan_from(given, **plan).write(tmp_path / "plan")
    stated = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert (stated["status"], stated["bound"]) == ("broken", None)
    assert set(pd.read_csv(tmp_path / "plan" / "breaches.csv")["limit"]) == {"cap"}
    again = zv.audit(tmp_path / "plan")
    assert {"limit", "status"} == set(again.breaches["rule"])
    assert again.figures["ok"].all()
    # its report is written, and tells that the audit does not hold
    (tmp_path / "plan" / "report.html").unlink()
    told = zonevest("report", tmp_path / "plan", "--lang", "zh")
    assert told.exit_code == 1
    assert "审计" in told.stderr
    assert (tmp_path / "plan" / "report.html").is_file()


def modelled(given: Study, parcels: pd.DataFrame, starts: Mapping[str, str]) -> float | None:
    """What the model makes of the same land and projects: the best of the rest, None where rows cannot hold."""
    ledger = Ledger(build_options(given))
    block = land_block(ledger, shared(compile_policy(policy_model(ledger))))
    program, options = join(block), ledger.options
    size, names = len(options.kind), period_names(given.periods)
    x, fixed = np.zeros(program.n_cols), np.zeros(program.n_cols, dtype=bool)
    chosen = {(row.parcel_id, row.practice, row.start) for row in parcels.itertuples(index=False)}
    ids = given.parcels["parcel_id"].to_numpy()
    for k, (parcel, kind) in enumerate(zip(options.parcel, options.kind, strict=True)):
        begin = int(options.kind_start[kind])
        key = (ids[parcel], options.practices[options.kind_practice[kind]], names[begin] if begin >= 0 else "")
        x[k] = key in chosen
    for j, project in enumerate(ledger.works.names):
        if starts.get(project):
            first = size + j * len(names)
            x[first + names.index(starts[project]) : first + len(names)] = 1.0
    fixed[: size + len(ledger.works.names) * len(names)] = True
    if not fixed.all():
        rest, free = rest_of(program, x, fixed, whole=True)
        found = solve_here(rest, SolveOptions(gap=0.0))
        if found.x is None:
            return None
        x[free] = found.x
    return program.value_at(x) if program.violation(x) <= 1e-6 else None


def test_the_model_says_the_same_of_random_plans() -> None:
    """It has a plan with such land and projects exactly where nothing is broken, of the same objective."""
    held = broken = 0
    for number in range(CASES):
        rnd = Random(number)
        drawn = random_money.sound(rnd) if number % 2 else random_features.sound(rnd)
        if drawn is None:
            continue
        given = drawn[-1] if isinstance(drawn[-1], Study) else next(each for each in drawn if isinstance(each, Study))
        if given.settings.objective.method == "lexicographic":
            continue
        try:
            options = build_options(given)
        except StudyError:  # a parcel has none
            continue
        names, ids = period_names(given.periods), given.parcels["parcel_id"].to_numpy()
        rows = []
        for parcel, first in enumerate(options.start[:-1]):
            kind = options.kind[rnd.randrange(first, options.start[parcel + 1])]
            begin = int(options.kind_start[kind])
            rows.append(
                (ids[parcel], options.practices[options.kind_practice[kind]], names[begin] if begin >= 0 else "")
            )
        parcels = pd.DataFrame(rows, columns=["parcel_id", "practice", "start"])
        possible = Ledger(options).works
        starts = {}
        for j, project in enumerate(possible.names):
            may = [names[s] for s in np.flatnonzero(possible.possible[j])]
            starts[project] = rnd.choice(["", *may])
        expected = modelled(given, parcels, starts)
        stated = parcels[(parcels["practice"] != "hold") & (parcels["practice"] != "")]
        if given.settings.unassigned:
            stated = parcels
        found = zv.plan_from(given, parcels=stated, projects=works(**starts))
        if expected is None:
            broken += 1
            assert not found.verdict.ok, number
        else:
            held += 1
            assert found.verdict.ok, (number, found.verdict.to_text())
            assert found.objective == pytest.approx(expected, rel=1e-6, abs=1e-6), number
    assert held >= CASES / 6
    assert broken >= CASES / 6


# ---------------------------------------------------------------- what cannot be read


def test_everything_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "parcels.csv").write_text(
        "parcel_id,zone,practice,start,shade\nA01,300,afforest,2026-2027,1\nA01,300,hold,,1\nA99,,hold,,1\n"
        "A02,999,afforests,1999,1\nA03,,afforest,,1\nA04,,hold,2026-2027,1\n",
        encoding="utf-8",
    )
    (tmp_path / "projects.csv").write_text("project,start\nlane_centre,2031\nmill,\nlane_centre,\n", encoding="utf-8")
    done = zonevest("audit", tmp_path, "--study", "village", "--json")
    assert done.exit_code == 2
    faults = pd.DataFrame(json.loads(done.stdout)["faults"])
    for words in ("'A99'", "'999'", "'afforests'", "'1999'", "shade", "'2031'", "'mill'"):
        assert faults["found"].str.contains(words).any(), words
    assert faults["must"].str.contains("stands in one row").any()
    assert faults["do"].str.contains("did you mean 'afforest'").any()
    assert faults["found"].str.contains("lane_centre").any()
    done = zonevest("audit", tmp_path, "--study", "village", "--json", "--lang", "zh")
    for fault in json.loads(done.stdout)["faults"]:
        check_texts([fault["must"], fault["do"]], names=["afforest", "village", "shade", "start", "zone", "practice"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere",), "no such folder"),
        (("empty",), "--study"),
        (("empty", "--study", "village"), "parcels.csv"),
        (("plan", "-o", "out"), "--study"),
        (("empty", "--study", "village", "--beside", "empty"), "plan.json"),
    ],
)
def test_what_was_asked_for_is_wrong(args: tuple[str, ...], words: str, solved: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    places = {"nowhere": tmp_path / "nowhere", "empty": tmp_path / "empty", "plan": solved, "out": tmp_path / "out"}
    done = zonevest("audit", *(places.get(each, each) for each in args))
    assert done.exit_code == 2, done.output
    assert words in done.output
    assert not (tmp_path / "out").exists()


def test_faults_of_frames_are_told_as_of_tables() -> None:
    with pytest.raises(StudyError) as told:
        zv.plan_from(study(), parcels=land(z=("build", "p1")), projects=works(bridge="p1"))
    assert len(told.value.faults) == 2
    with pytest.raises(StudyError, match="share"):
        zv.plan_from(study({"divisible": True}), parcels=land(a=("build", "p1")).assign(share=1.5))


# ---------------------------------------------------------------- what it is made of


def test_the_audit_shares_nothing_with_the_ledger() -> None:
    """Modules of the audit import what is given, and each other; what draws plans by hand knows no ledger either."""
    for path in [*ROOT.glob("reports/audit*.py"), ROOT / "src/zonevest/handmade.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in (name for name in names if name.startswith("zonevest")):
                assert name.startswith(("zonevest.instances", "zonevest.reports.audit")), f"{path.name}: {name}"


def test_what_could_be_broken_instead_is_told() -> None:
    """A road of 5 million is paid from a loan, which breaks the debt ratio, or from no loan, which breaks the cash."""
    found = zv.plan_from(owing(debt_ratio_cap=0.5), projects=works(road="p1"))
    first = {str(rule) for rule in found.verdict.breaches["rule"]}
    assert first == {"row:debt_ratio_cap"}
    assert found.verdict.instead
    others = {str(rule) for rule in found.verdict.instead[0]["rule"]}
    assert others
    assert "row:debt_ratio_cap" not in others
    english, chinese = found.verdict.to_text("en"), found.verdict.to_text("zh")
    assert "With money decided otherwise" in english
    assert "若资金另行安排" in chinese
    assert found.verdict.to_dict()["instead"][0][0]["words"] in english
    assert not zv.plan_from(owing(), projects=works(road="p1")).verdict.instead


def test_a_solved_plan_that_lost_its_plan_json_says_so(tmp_path: Path) -> None:
    given = study()
    zv.solve(given).write(tmp_path / "plan")
    (tmp_path / "plan" / "plan.json").unlink()
    found = zonevest("audit", tmp_path / "plan")
    assert found.exit_code == 0
    assert "plan.json is missing" in found.stdout
    assert "缺少 plan.json" in zonevest("audit", tmp_path / "plan", "--lang", "zh").stdout
    assert json.loads(zonevest("audit", tmp_path / "plan", "--json").stdout)["no_figures"] is True


def test_projects_and_practices_are_named_as_people_know_them() -> None:
    given = zv.read_study("village")
    parcels = pd.DataFrame({"parcel_id": ["B01"], "practice": ["forest_pool"], "start": ["2026-2027"]})
    projects = pd.DataFrame({"project": ["stream_repair"], "start": ["2031-2035"]})
    verdict = zv.plan_from(given, parcels=parcels, projects=projects).verdict
    english, chinese = "\n".join(verdict.words()), "\n".join(verdict.words("zh"))
    assert "project stream_repair (Stream repair (made up)): it starts in 2026-2027 at the earliest" in english
    assert "in 2028-2030 at the latest; found: start 2031-2035" in english
    assert "项目 stream_repair（溪流治理（虚构））：最早于 2026-2027、最迟于 2028-2030 启动" in chinese
    assert "practice forest_pool (" in english


def test_what_stays_broken_is_not_told_as_broken_instead() -> None:
    """A limit on land is broken however money is decided."""
    limits = pd.DataFrame([{"limit": "cap", "account": "project.capex", "sense": "<=", "value": 1.0}])
    found = zv.plan_from(owing(debt_ratio_cap=0.5).replace(limits=limits), projects=works(road="p1")).verdict
    assert "cap" in set(found.breaches["limit"])
    assert found.instead
    assert all(len(rows) and "cap" not in set(rows["limit"]) for rows in found.instead)


def test_a_quota_that_nothing_uses_is_counted_in_what_generates_it() -> None:
    """By hand and by the model alike: land that is freed in hectares, an account of the study in its unit."""
    free = {"practice": "free", "zone": "rural", "to_class": "farm"}
    flows = [{"practice": "free", "account": "waste", "basis": "per_ha_year", "value": 2.0}]
    quotas = [
        {"quota": name, "account_generated": account, "movable": 1, "sell_price": 0.1, "sell_max": 5.0}
        for name, account in (("freed", "area.lost.class.built"), ("spilt", "waste"))
    ]
    accounts = [{**row, **({"unit": "tons"} if row["account"] == "waste" else {})} for row in BASE["accounts"]]
    parcels = [{**FARM, "land_class": "built", "zone": "town"}]
    given = study(parcels=parcels, practices=[free], practice_flows=flows, accounts=accounts, quotas=quotas)
    rows = (zv.solve(given).limits, zv.plan_from(given, parcels=land(a=("free", "p1"))).limits)
    solved, by_hand = (
        each[each["limit"].str.startswith("quota")].set_index(["limit", "account"])["unit"] for each in rows
    )
    assert set(by_hand) == {"ha", "tons"}
    assert set(by_hand.items()) <= set(solved.items())


def test_whatever_a_breach_names_has_its_name_beside_its_code() -> None:
    """Projects of a set, of a bundle and those required; the budget that runs dry."""
    projects = [
        {**ROAD, "name": "North road", "exclusive_set": "both", "capex": 9.0, "requires": "bridge"},
        {**OTHER, "name": "Hill school", "exclusive_set": "both", "bundle": "twins"},
        {**OTHER, "project": "bridge", "name": "Long bridge", "bundle": "twins"},
    ]
    budgets = [{"budget": "general", "name_en": "Town purse", "name_zh": "镇财政"}, {"budget": "fund"}]
    given = study({"finance": {"opening_cash": 1.0}}, projects=projects, budgets=budgets)
    verdict = zv.plan_from(given, projects=works(road="p1", school="p2")).verdict
    english, chinese = "\n".join(verdict.words()), "\n".join(verdict.words("zh"))
    for said in (
        "project road (North road): bridge (Long bridge) starts 0 years before it or earlier; "
        "found: bridge (Long bridge) is not built",
        "exclusive set both: one at most is built; found: road (North road) starts in p1, "
        "school (Hill school) starts in p2",
        "bundle twins: its projects start together; found: school (Hill school) starts in p2, "
        "bridge (Long bridge) not built",
        "general (Town purse)",
    ):
        assert said in english
    assert "general（镇财政）" in chinese
    assert "road（North road） 于 p1 启动" in chinese


@pytest.mark.parametrize("name", PLANTED)
def test_a_broken_plan_that_was_written_is_audited_in_the_same_words(name: str, tmp_path: Path) -> None:
    given, plan, _, _ = PLANTED[name]
    first = zv.plan_from(given, **plan)
    first.write(tmp_path / "plan")
    again = zv.audit(tmp_path / "plan")
    # of a project that may never start then, the tables of money know nothing
    more = {"figure"} if name == "window" else set()
    assert set(again.breaches.iloc[len(again.evaluation.breaches) :]["rule"]) == {"status"} | more
    for lang in ("en", "zh"):
        told, rest = again.told(lang)
        assert told == first.verdict.words(lang)
        assert again.to_dict(lang)["words"] == told
        text = again.to_text(lang)
        assert all(f"  • {sentence}\n" in text for sentence in told)
        assert str(len(told) + len(rest)) in text.splitlines()[0]


def test_breaches_name_no_column_and_lines_as_explanations_name_them() -> None:
    for code, said in LINE.items():
        for lang in ("en", "zh"):
            assert translate(said, lang) == REASON_WORDS[lang][f"line:{code}"]
    assert set(LINE) == set(LINES)
    for reason in ("from_class", "slope", *(f"line:{code}" for code in LINES)):
        assert "_" not in must(reason) + translate(must(reason), "zh")
