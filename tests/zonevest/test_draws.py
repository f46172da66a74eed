"""Scenarios drawn from ranges: what they do to a study, what is told of them, what is wrong with ranges. Some 20 s."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

import zonevest as zv
from tests.chinese import check_faults
from zonevest.cli import app
from zonevest.coefficients import READY
from zonevest.distributions import DISTRIBUTIONS
from zonevest.draws import MOST, drawn

HEAD = "range,table,key,column,period,op,distribution,low,high,mode,mean,sd\n"
ROWS = (
    "price,practice_flows,*/land_sale,value,,factor,uniform,0.5,1.5,,,\n"
    "dear,practice_flows,*/works,value,,factor,triangular,0.9,1.6,1.0,,\n"
    "dear,projects,*,capex,,,,,,,,\n"
    "rate,study,rates.finance,value,,value,lognormal,,,,0.05,0.01\n"
    "farm,class_flows,*/farm_income,value,,factor,normal,0.8,1.2,,,\n"
)
PAIRS = pd.DataFrame({"range": ["price", "dear"], "with": ["rate", "farm"], "correlation": [-0.7, 0.4]})


@pytest.fixture(scope="module")
def village() -> zv.Study:
    return zv.read_study("village")


def ranges(folder: Path, rows: str = ROWS) -> Path:
    (folder / "ranges.csv").write_text(HEAD + rows, encoding="utf-8")
    return folder / "ranges.csv"


def amounts(scenarios: pd.DataFrame) -> pd.DataFrame:
    """A row for each scenario, a column for each range."""
    first = scenarios.drop_duplicates(["scenario", "x_range"]).assign(amount=lambda each: each["amount"].astype(float))
    return first.pivot_table(index="scenario", columns="x_range", values="amount")


def likely(scenarios: pd.DataFrame) -> pd.Series:
    return scenarios.dropna(subset="probability").set_index("scenario")["probability"].sort_index()


def test_what_is_drawn_is_told_and_true(village: zv.Study, tmp_path: Path) -> None:
    """All draws (as many kept) against a few of the same draws: distance and moments from the two tables alone."""
    file = ranges(tmp_path)
    every, few = drawn(village, file, PAIRS, 40, 40, 4), drawn(village, file, PAIRS, 40, 7, 4)
    all_of, kept = amounts(every.scenarios), amounts(few.scenarios)
    weight = likely(few.scenarios)
    assert len(all_of) == 40
    assert len(kept) == 7
    assert likely(every.scenarios).to_numpy() == pytest.approx(np.full(40, 1 / 40))
    assert weight.sum() == pytest.approx(1.0, abs=1e-9)
    assert (np.diff(weight) <= 0).all(), "the likeliest first"
    pairs = (all_of.to_numpy()[:, None] - kept.to_numpy()[None]) / all_of.std(ddof=0).to_numpy()
    apart = np.linalg.norm(pairs, axis=2)
    assert few.distance == pytest.approx(apart.min(axis=1).mean())
    assert np.bincount(apart.argmin(axis=1), minlength=7) / 40 == pytest.approx(weight.to_numpy())
    assert every.distance == 0
    told = few.ranges.set_index("range").loc[all_of.columns]
    assert told["mean_drawn"].tolist() == pytest.approx(all_of.mean().tolist())
    assert told["sd_drawn"].tolist() == pytest.approx(all_of.std(ddof=0).tolist())
    mean = weight.to_numpy() @ kept.to_numpy()
    assert told["mean_kept"].tolist() == pytest.approx(mean.tolist())
    assert told["sd_kept"].tolist() == pytest.approx(
        np.sqrt(weight.to_numpy() @ (kept.to_numpy() - mean) ** 2).tolist()
    )
    for row in few.correlations.itertuples(index=False):
        reached = stats.spearmanr(all_of[row[0]], all_of[row[1]]).statistic
        assert reached == pytest.approx(row.reached, abs=1e-3)
        wanted = {("price", "rate"): -0.7, ("dear", "farm"): 0.4}.get(row[:2], 0.0)
        assert row.asked == wanted
        assert row.reached == pytest.approx(wanted, abs=0.08)  # of 40 draws


def test_every_range_is_latin(village: zv.Study, tmp_path: Path) -> None:
    held = amounts(zv.draw_scenarios(village, ranges(tmp_path), PAIRS, draws=25, keep=25))
    spread = math.sqrt(math.log1p(0.04))
    of = {
        "price": stats.uniform(0.5, 1.0),
        "dear": stats.triang(1 / 7, 0.9, 0.7),
        "rate": stats.lognorm(spread, scale=0.05 * math.exp(-(spread**2) / 2)),
        "farm": stats.norm(1.0, 0.2 / stats.norm.ppf(0.95)),
    }
    for name, other in of.items():
        at = np.sort(other.cdf(held[name])) * 25  # six digits of an amount are some 1e-4 of a stratum
        assert (np.abs(at - (np.arange(25) + 0.5)) <= 0.5 + 1e-3).all(), name


def test_a_scenario_does_what_its_amounts_say(village: zv.Study, tmp_path: Path) -> None:
    table = zv.draw_scenarios(village, ranges(tmp_path), draws=20, keep=3)
    study, held = village.replace(scenarios=table), amounts(table)
    for name in held.index:
        other = study.in_scenario(name)
        flows, base = other.practice_flows, village.practice_flows
        factor = (
            base["account"].map({"land_sale": held.loc[name, "price"], "works": held.loc[name, "dear"]}).fillna(1.0)
        )
        assert flows["value"].tolist() == pytest.approx((base["value"] * factor).tolist())
        assert other.projects["capex"].tolist() == pytest.approx(
            (village.projects["capex"] * held.loc[name, "dear"]).tolist()
        )
        assert other.settings.rates.finance == held.loc[name, "rate"]
        assert other.settings.rates.social == village.settings.rates.social


def test_a_factor_is_that_value(village: zv.Study, tmp_path: Path) -> None:
    """The same draws of 0.05 times 0.8 to 1.2 as a factor, and of 0.04 to 0.06 as a value."""
    row = "rate,study,rates.finance,value,,{},uniform,{},{},,,\n"
    one = zv.draw_scenarios(village, ranges(tmp_path, row.format("factor", 0.8, 1.2)), draws=15, keep=15)
    other = zv.draw_scenarios(village, ranges(tmp_path, row.format("value", 0.04, 0.06)), draws=15, keep=15)
    factors, values = sorted(amounts(one)["rate"]), sorted(amounts(other)["rate"])
    assert [0.05 * factor for factor in factors] == pytest.approx(values, rel=1e-5)


def test_years_are_whole_and_the_same_draws_are_one(village: zv.Study, tmp_path: Path) -> None:
    tail = drawn(
        village, ranges(tmp_path, "tail,study,rates.tail_years,value,,value,normal,,,,20,5\n"), draws=9, keep=3
    )
    assert all(float(amount).is_integer() for amount in tail.scenarios["amount"])
    row = "years,projects,greenway,build_years,,value,uniform,0.5,3.5,,,\n"
    found = drawn(village, ranges(tmp_path, row), draws=90, keep=10)
    assert sorted(found.scenarios["amount"]) == ["1", "2", "3"]
    assert (found.draws, found.different, found.kept, found.distance) == (90, 3, 3, 0.0)
    assert found.scenarios["probability"].tolist() == pytest.approx([1 / 3] * 3)


def test_coefficients_of_the_ready_made_set(tmp_path: Path) -> None:
    study = zv.read_study("lakeside")
    table = zv.draw_scenarios(study, ranges(tmp_path, "land_price,,,,,,,,,,,\nproject_capex,,,,,,normal,,,,1.1,0.1\n"))
    held = amounts(table)
    assert held["land_price"].between(0.8, 1.2).all()
    rows = table[table["scenario"] == "draw_01"]
    assert rows["table"].tolist() == ["practice_flows", "price_steps", "price_steps", "projects"]
    # the price, and with it what is given up of it, step by step
    assert set(rows.loc[rows["table"] == "price_steps", "key"]) == {"land_sale/*", "land_discount/*"}
    assert rows["amount"].nunique() == 2
    assert study.replace(scenarios=table).scenarios["scenario"].nunique() == 10


def test_the_seed_decides(village: zv.Study, tmp_path: Path) -> None:
    file = ranges(tmp_path)
    one, same, other = (zv.draw_scenarios(village, file, draws=30, keep=3, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert one["amount"].tolist() != other["amount"].tolist()


FAULTS = {
    "price,practice_flows,*/land_sal,value,,factor,uniform,0.5,1.5,,,": ("key", "land_sal"),
    "price,practice_flow,*/land_sale,value,,factor,uniform,0.5,1.5,,,": ("table", "practice_flow"),
    "rate,study,rates.financ,value,,factor,uniform,0.5,1.5,,,": ("key", "rates.financ"),
    "price,practice_flows,*/land_sale,unit,,factor,uniform,0.5,1.5,,,": ("column", "unit"),
    "capex,projects,*,capex,,factor,uniform,-0.5,1.5,,,": ("low", "capex"),
    "capex,projects,*,capex,,factor,normal,,,,0.2,0.5": ("low", "capex"),
    "a,projects,*,capex,,,uniform,0.5,1.5,,,": ("row", "op"),
    "b,projects,*,capex,,factor,,0.5,1.5,,,": ("distribution", "blank"),
    "c,projects,*,capex,,factor,uniform,1.5,0.5,,,": ("row", "low 1.5"),
    "d,projects,*,capex,,factor,uniform,0.5,1.5,1,,": ("row", "mode 1"),
    "e,projects,*,capex,,factor,triangular,0.5,1.5,1.7,,": ("row", "mode 1.7"),
    "f,projects,*,capex,,factor,normal,,,,1,0": ("row", "sd 0"),
    "g,projects,*,capex,,factor,lognormal,0,2,,,": ("row", "low 0"),
    "h,projects,*,capex,,factor,normal,0.5,1.5,,1,0.1": ("row", "mean 1"),
    "i,projects,*,capex,,times,uniform,0.5,1.5,,,": ("op", "times"),
    "j,projects,*,capex,,factor,uniform,low,1.5,,,": ("low", "low"),
    "quota_grants,,,,,,,,,,,": ("range", "quota_grants"),
    "land_pric,,,,,,,,,,,": ("range", "land_pric"),
    "l,projects,*,name,,value,uniform,0.5,1.5,,,": ("column", "name"),
    "m,study,objective.method,value,,value,uniform,0.5,1.5,,,": ("column", "value"),
    "n,projects,*,capex,2026,factor,uniform,0.5,1.5,,,": ("period", "2026"),
    "k,projects,*,capex,,factor,uniform,0.5,1.5,,,\nk,study,rates.finance,value,,value,,,,,,": ("op", "value"),
}


@pytest.mark.parametrize("rows", FAULTS)
def test_a_fault_of_ranges(rows: str, village: zv.Study, tmp_path: Path) -> None:
    with pytest.raises(zv.StudyError) as caught:
        zv.draw_scenarios(village, ranges(tmp_path, rows + "\n"))
    where, found = FAULTS[rows]
    assert any("ranges.csv" in row.where and where in row.where and found in row.found
               for row in caught.value.faults.itertuples()), caught.value.faults  # fmt: skip
    known = {*READY, *village.projects["project"], *village.accounts["account"], *DISTRIBUTIONS}
    check_faults(caught.value.faults, {*known, *re.findall(r"\w+", HEAD + rows)})


def test_all_faults_at_once(village: zv.Study, tmp_path: Path) -> None:
    pairs = pd.DataFrame({"range": ["price", "c"], "with": ["nobody", "c"], "correlation": [0.5, 0.5]})
    rows = ROWS + "c,projects,*,capex,,factor,uniform,1.5,0.5,,,\n"
    with pytest.raises(zv.StudyError) as caught:
        zv.draw_scenarios(village, ranges(tmp_path, rows), pairs, draws=3, keep=0)
    wheres = " ".join(caught.value.faults["where"])
    assert len(caught.value.faults) == 5
    assert all(word in wheres for word in ("ranges.csv, row 7", "position 0", "position 1", "--draws", "--keep"))
    with pytest.raises(zv.StudyError, match="5,000"):
        zv.draw_scenarios(village, ranges(tmp_path), draws=MOST + 1)


def test_a_matrix_that_is_none_is_told_with_what_makes_it_one(village: zv.Study, tmp_path: Path) -> None:
    pairs = pd.DataFrame({"range": ["price", "dear", "price"], "with": ["dear", "rate", "rate"],
                          "correlation": [0.9, 0.9, -0.5]})  # fmt: skip
    with pytest.raises(zv.StudyError) as caught:
        zv.draw_scenarios(village, ranges(tmp_path), pairs)
    (fault,) = caught.value.faults.to_dict("records")
    factor = float(re.findall(r"times ([\d.]+)", fault["do"])[0])
    matrix = np.array([[0, 0.9, -0.5], [0.9, 0, 0.9], [-0.5, 0.9, 0]])
    assert np.linalg.eigvalsh(np.eye(3) + matrix)[0] < 0
    assert np.linalg.eigvalsh(np.eye(3) + factor * matrix)[0] >= 0
    assert np.linalg.eigvalsh(np.eye(3) + (factor + 0.002) * matrix)[0] < 0
    zv.draw_scenarios(village, ranges(tmp_path), pairs.assign(correlation=factor * pairs["correlation"]))


def test_what_only_the_whole_study_shows_is_told(village: zv.Study, tmp_path: Path) -> None:
    """Shares of an account sum to 1: a drawn share breaks that, in each scenario that is kept."""
    share = village.shares.iloc[0]
    key = "/".join(str(share[name]) for name in ("account", "role", "project", "actor"))
    row = f"share,shares,{key},share,,value,uniform,0.1,0.2,,,\n"
    with pytest.raises(zv.StudyError, match="scenario draw_1,"):
        zv.draw_scenarios(village, ranges(tmp_path, row), keep=2)


def test_chinese_headers(village: zv.Study, tmp_path: Path) -> None:
    rows = "区间,表,键,列,运算,分布,下限,上限\n利率,study,rates.finance,value,取值,均匀,0.04,0.06\n"
    (tmp_path / "区间.csv").write_text(rows, encoding="utf-8")
    table = zv.draw_scenarios(village, tmp_path / "区间.csv", draws=5, keep=5)
    assert amounts(table)["利率"].between(0.04, 0.06).all()


# the command


def run(*args: str | Path) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["draw", *map(str, args)])
    return found.exit_code, found.stdout, found.stderr


def test_a_new_study(village: zv.Study, tmp_path: Path) -> None:
    file, pairs = ranges(tmp_path), tmp_path / "pairs.csv"
    PAIRS.to_csv(pairs, index=False)
    code, text, _ = run("village", "--ranges", file, "--correlations", pairs, "--stress", "all", "-o", tmp_path / "new")
    assert code == 0, text
    new = zv.read_study(tmp_path / "new")
    assert new.hash == village.hash, "nothing but the scenarios is otherwise"
    names = list(dict.fromkeys(new.scenarios["scenario"]))
    assert names[:4] == ["trend", "quota_slump", "dear_works", "strict_growth"]
    assert sum(name.startswith("draw_") for name in names) == 10
    assert "land_price_fall" in names
    drawn_rows = new.scenarios["scenario"].str.startswith("draw_")
    assert new.scenarios.loc[~drawn_rows, "probability"].isna().all()
    assert new.scenarios["probability"].sum() == pytest.approx(1.0)
    assert "price and rate: rank correlation" in text
    assert "without their probabilities" in text


def test_a_table_and_json_and_chinese(village: zv.Study, tmp_path: Path) -> None:
    file = ranges(tmp_path)
    code, text, _ = run("village", "--ranges", file, "-o", tmp_path / "a.csv", "--json", "--keep", "4")
    told = json.loads(text)
    table = pd.read_csv(tmp_path / "a.csv", dtype={"period": str})
    assert code == 0
    assert told["scenarios"] == list(dict.fromkeys(table["scenario"]))
    assert told["kept"] == 4
    assert {row["range"] for row in told["ranges"]} == {"price", "dear", "rate", "farm"}
    assert village.replace(scenarios=table).in_scenario("draw_2").scenario == "draw_2"
    code, text, _ = run("village", "--ranges", file, "-o", tmp_path / "b.xlsx", "--lang", "zh", "--replace")
    assert code == 0
    assert "200 次抽样中保留 10 个情景" in text
    book = zv.read_study(tmp_path / "b.xlsx")
    assert book.scenarios["scenario"].str.startswith("draw_").all()
    code, _, told_wrong = run(tmp_path / "b.xlsx", "--ranges", file, "-o", tmp_path / "c")
    assert code == 2
    assert "--replace" in told_wrong


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--ranges", "none.csv"], "none.csv"),
        (["--stress", "quota_cut"], "quotas.granted"),
        (["--stress", "quotacut"], "did you mean 'quota_cut'"),
        (["--ranges", "none.csv", "--stress", "quota_cut"], "2 fault"),
        ([], "add --ranges or --stress"),
        (["--correlations", "none.csv", "--stress", "all"], "add --ranges"),
    ],
)
def test_nothing_is_written_where_something_is_wrong(args: list[str], said: str, tmp_path: Path) -> None:
    for name in ("new", "new.csv"):
        code, _, told = run("village", *args, "-o", tmp_path / name)
        assert code == 2
        assert said in told
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    code, _, told = run("village", "--stress", "all", "-o", tmp_path / "new")
    assert code == 2
    assert "exists" in told


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    """Means and correlations that are asked for; what is drawn may be otherwise in another version of SciPy."""
    page = (Path(__file__).parents[2] / "docs" / "draw.md").read_text(encoding="utf-8")
    for name, text in re.findall(r'```csv title="(\w+\.csv)"\n(.*?)```', page, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = ("--ranges", tmp_path / "ranges.csv", "--correlations", tmp_path / "correlations.csv")
    code, text, _ = run("village", *files, "-o", tmp_path / "a.csv")
    assert code == 0
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    ours, theirs = ([line.split() for line in told.splitlines()[:9]] for told in (text, shown))
    for line, other in zip(ours, theirs, strict=True):
        if line[0] in ("land_price", "works", "visitors", "money"):
            assert [line[at] for at in (0, 1, 2, 5)] == [other[at] for at in (0, 1, 2, 5)]
        elif line[0] != "Kantorovich":
            assert line[:7] == other[:7]
