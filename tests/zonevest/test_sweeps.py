"""All scenarios of a study: solved, kept, told apart where they fail, and weighed as enumeration weighs them.

About 70 s of one core: every case is a process of its own, which must begin, and write its report.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import zonevest as zv
from tests import brute
from zonevest import sweep_run
from zonevest.cli import app
from zonevest.instances.say import translate
from zonevest.reports.audit import Evaluator, audit
from zonevest.reports.regret import weigh, weights_of
from zonevest.reports.sweep_text import AS_IT_IS, NOTHING, choice_sentences
from zonevest.solvers import cluster
from zonevest.sweep_cases import SweepError, cases_of, values_of
from zonevest.sweep_worker import decisions
from zonevest.sweeps import Sweep, SweepProgress, _said

GAP = 1e-6


def change(scenario: str, table: str, key: str, column: str, amount: object, **more: object) -> dict[str, object]:
    row = {"scenario": scenario, "probability": None, "table": table, "key": key, "column": column, "period": ""}
    return row | {"op": "factor", "amount": str(amount)} | more


def small(rows: list[dict[str, object]], **more: Any) -> zv.Study:
    """Three farms of 4, 6 and 10 ha that may be built on, planted or held, and a road; no defaults."""
    settings = {
        "name": "small", "defaults": "none", "purse": ["town"],
        "periods": [{"name": "p1", "start": 2026, "years": 2}, {"name": "p2", "start": 2028, "years": 2}],
        "rates": {"finance": 0.05, "social": 0.03, "tail_years": 5},
        "objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.5},
        **more,
    }  # fmt: skip
    flows = [("build", "rent", 0.5), ("build", "works", 0.9), ("plant", "eco", 0.3), ("plant", "works", 0.1)]
    return zv.make_study(
        settings,
        parcels=pd.DataFrame(
            {"parcel_id": ["a", "b", "c"], "land_class": "farm", "zone": "rural", "area_ha": [4.0, 6.0, 10.0]}
        ),
        zones=pd.DataFrame({"zone": ["rural", "town", "wood"]}),
        land_classes=pd.DataFrame(
            {"land_class": ["farm", "built", "trees"], "class_group": ["arable", "construction", "forest"]}
        ),
        actors=pd.DataFrame({"actor": ["town"]}),
        accounts=pd.DataFrame(
            {
                "account": ["rent", "works", "eco"], "family": ["revenue", "cost", "ecosystem"],
                "recurrence": ["annual", "one_off", "annual"], "cash": [1, 1, 0],
            }
        ),
        shares=pd.DataFrame(
            {"account": ["rent", "works"], "role": ["receives", "pays"], "actor": "town", "share": 1.0}
        ),
        practices=pd.DataFrame(
            {"practice": ["build", "plant"], "zone": ["town", "wood"], "to_class": ["built", "trees"],
             "mode": ["development", "restoration"]}
        ),
        practice_flows=pd.DataFrame(
            [
                {"practice": p, "account": a, "basis": "per_ha_once" if a == "works" else "per_ha_year", "value": v}
                for p, a, v in flows
            ]
        ),
        class_flows=pd.DataFrame(
            [{"land_class": "farm", "account": "rent", "basis": "per_ha_year", "value": 0.05}]
        ),
        projects=pd.DataFrame([{"project": "road", "capex": 1.0, "annual_revenue": 0.4, "life_years": 20}]),
        limits=pd.DataFrame(
            [{"limit": "room", "account": "area.class.built", "sense": "<=", "value": 10.0, "period": "last"}]
        ),
        scenarios=pd.DataFrame(rows) if rows else None,
    )  # fmt: skip


ROWS = [
    change("boom", "practice_flows", "build/rent", "value", 1.6, probability=0.5),
    change("slump", "practice_flows", "build/rent", "value", 0.4, probability=0.3),
    change("green", "practice_flows", "plant/eco", "value", 3.0, probability=0.2),
]
TIGHT = change("tight", "limits", "room", "value", 0.5, probability=0.0)


def combos(study: zv.Study) -> dict[tuple[Any, ...], float]:
    """What every plan of a study is worth by the audit's own arithmetic; those that do not hold are left out."""
    evaluator = Evaluator(study)
    found = {}
    for chosen, starts in brute.combinations(evaluator):
        value = evaluator.value(chosen, starts)
        if value.holds:
            found[tuple(chosen), tuple(starts.items())] = value.objective
    return found


def decided(folder: Path, study: zv.Study) -> tuple[Any, ...]:
    """A plan folder's choices in the shape of `combos`."""
    land, projects = decisions(folder)
    land = land.set_index("parcel_id").loc[study.parcels["parcel_id"]]
    chosen = tuple(zip(land["practice"], land["start"], strict=True))
    return chosen, tuple(zip(projects["project"], projects["start"], strict=True))


def test_names_of_cases_have_commas_and_are_told_apart() -> None:
    plans = ["dry, rates.social=0.02", "dry, rates.social=0.03"]
    values: dict[tuple[str, str], tuple[bool | None, float | None]] = {
        (plan, case): (plan == case, 1.0 if plan == case else None) for plan in plans for case in plans
    }
    told = choice_sentences(weigh(plans, dict.fromkeys(plans, 1.0), values, dict.fromkeys(plans, 0.5)))
    assert "plans that break in the fewest scenarios (1): dry, rates.social=0.02; dry, rates.social=0.03" in told
    notes = _said("rescaled", plans, dict.fromkeys(plans), {plan: {"status": "infeasible"} for plan in plans})
    assert [note.count("dry, rates.social=0.02; dry, rates.social=0.03") for note in notes] == [0, 1, 1]


def test_what_is_of_no_scenario_is_told_in_the_readers_words() -> None:
    rows = {AS_IT_IS: {"status": "infeasible"}, "dry": {"status": "fault"}}
    notes = _said("rescaled", [AS_IT_IS, "dry"], {AS_IT_IS: None, "dry": 1.0}, rows)
    chinese = [translate(note, "zh") for note in notes]
    assert [note.count("原研究") for note in chinese] == [0, 1, 1, 0]
    assert not any(AS_IT_IS in note for note in chinese)
    assert sum(AS_IT_IS in note for note in notes) == 2


@pytest.mark.long
def test_regret_and_choices_are_those_of_enumeration(tmp_path: Path) -> None:
    study = small([*ROWS, TIGHT])
    sweep = zv.scenarios(study, tmp_path / "out", gap=GAP, jobs=2)
    names = [AS_IT_IS, "boom", "slump", "green", "tight"]
    assert sweep.summary["case"].tolist() == names
    assert (sweep.summary["status"] == "optimal").all()
    worth = {name: combos(study if name == AS_IT_IS else study.in_scenario(name)) for name in names}
    best = {name: max(values.values()) for name, values in worth.items()}
    assert len({round(each, 6) for each in best.values()}) >= 4  # the scenarios do differ
    folders = dict(zip(names, sweep.summary["folder"], strict=True))
    plans = {name: decided(sweep.folder / folders[name], study) for name in names}
    plans[NOTHING] = (("hold", ""),) * 3, (("road", ""),)
    pairs = {(p, s): best[s] - worth[s].get(plan, -np.inf) for p, plan in plans.items() for s in names}
    assert sweep.weighed is not None
    table = sweep.weighed.regret.set_index(["plan", "scenario"])
    broken = 0
    for (plan, scenario), regret in pairs.items():
        row = table.loc[(plan, scenario)]
        if np.isinf(regret):
            broken += 1
            assert not row["holds"]
            missed = sweep.misses.query("plan == @plan and scenario == @scenario")
            assert missed["limit"].tolist() == ["room"]
            assert missed["bound"].tolist() == [5.0]
            built = sum(area for area, (m, _) in zip([4, 6, 10], plans[plan][0], strict=True) if m == "build")
            assert missed["by"].tolist() == pytest.approx([built - 5.0])
        else:
            assert row["regret"] == pytest.approx(regret, abs=1e-5)
            assert row["regret"] <= row["regret_at_most"] + 1e-12
            assert row["regret_at_most"] <= regret + 1e-4
    assert broken
    # once more: nothing is solved, nothing is placed
    heard, tell = told()
    again = zv.scenarios(study, sweep.folder, gap=GAP, on_progress=tell)
    assert not [each for each in heard if each.progress is not None]
    assert (again.summary["work"] == "kept").all()
    pd.testing.assert_frame_equal(again.regret, sweep.regret)
    # the choices, enumerated: among plans that hold everywhere, and wherever there is some probability
    choices = sweep.weighed.choices.set_index("plan")
    greatest = {p: max(pairs[p, s] for s in names) for p in plans}
    assert greatest[sweep.weighed.minimax] == min(greatest.values()) < np.inf
    likely = {"boom": 0.5, "slump": 0.3, "green": 0.2}
    expected = {p: sum(w * (best[s] - pairs[p, s]) for s, w in likely.items()) for p in plans}
    assert expected[sweep.weighed.expected] == max(expected.values())
    for plan in plans:
        if np.isfinite(greatest[plan]):
            assert choices.loc[plan, "max_regret"] == pytest.approx(greatest[plan], abs=1e-5)
        else:
            assert np.isnan(choices.loc[plan, "max_regret"])
        assert choices.loc[plan, "expected_value"] == pytest.approx(expected[plan], abs=1e-5)
    known = sum(w * best[s] for s, w in likely.items())
    assert sweep.weighed.best_expected == pytest.approx(known, rel=1e-4)
    text = sweep.to_text("zh")
    assert all(name in text for name in ["原研究", *names[1:]])
    assert {path.name for path in sweep.folder.iterdir() if path.is_file()} == {
        "summary.csv", "regret.csv", "choices.csv", "misses.csv", "sweep.xlsx", "index.html",
    }  # fmt: skip


def test_plans_are_weighed_within_the_gaps() -> None:
    """Two plans of which the bounds do not say which one has the smaller greatest regret."""
    values = {("a", "s"): (True, 10.0), ("b", "s"): (True, 8.0), ("a", "t"): (True, 5.0), ("b", "t"): (True, 8.0)}
    loose = weigh("ab", {"s": 12.0, "t": 8.5}, values, {"s": 0.5, "t": 0.5})
    assert (loose.minimax, loose.minimax_certain) == ("b", False)  # b: 2 to 4, a: 3 to 3.5
    tight = weigh("ab", {"s": 10.5, "t": 8.5}, values, {"s": 0.5, "t": 0.5})
    assert (tight.minimax, tight.minimax_certain) == ("b", True)  # b: 2 to 2.5
    assert tight.expected == "b"
    unknown = weigh("ab", {"s": 10.5, "t": None}, values, {"s": 0.9, "t": 0.1})
    assert unknown.choices["max_regret_at_most"].isna().all()
    assert (unknown.minimax_certain, unknown.best_expected, unknown.expected) == (False, None, "a")
    broken = weigh("ab", {"s": 10.5, "t": 8.5}, {**values, ("b", "s"): (False, None)}, {"s": 0.0, "t": 1.0})
    assert (broken.minimax, broken.expected) == ("a", "b")
    # what rounding leaves is no difference, and nothing that a reader must be told
    near = {("a", "s"): (True, 60.0), ("b", "s"): (True, 60.0 - 1e-11), ("c", "s"): (True, -7e-15)}
    alike = weigh("abc", {"s": 60.0 + 1e-9}, near, {"s": 1.0})
    assert alike.choices["max_regret"].tolist() == [0.0, 0.0, 60.0]
    assert alike.choices["expected_value"].iloc[2] == 0.0
    assert (alike.minimax, alike.minimax_certain) == ("a", True)


def test_weights() -> None:
    assert weights_of(["a", "b"], {"a": None, "b": None}) == ({"a": 0.5, "b": 0.5}, "alike")
    assert weights_of(["a", "b"], {"a": 1.0, "b": None}) == ({"a": 1.0, "b": 0.0}, "stated")
    assert weights_of(["a", "b"], {"a": 0.375, "b": 0.125}) == ({"a": 0.75, "b": 0.25}, "rescaled")


def test_cases_are_scenarios_times_values() -> None:
    study = small(ROWS)
    grid = {"rates.finance": [0.05, 0.08], "objective.ecosystem": [0.5]}
    cases = cases_of(study, grid, ["boom"])
    assert [case.name for case in cases] == [
        "rates.finance=0.05", "rates.finance=0.08", "boom, rates.finance=0.05", "boom, rates.finance=0.08",
    ]  # fmt: skip
    assert [case.probability for case in cases] == [None, None, 0.25, 0.25]
    assert len({case.folder for case in cases}) == 4
    made = cases[3].of(study)
    assert made.settings.rates.finance == 0.08
    assert made.hash != cases[2].of(study).hash
    assert cases[0].of(study).hash == study.hash
    with pytest.raises(SweepError, match="bom"):
        cases_of(study, {}, ["bom"])
    assert values_of('1, 2,[3,4],"a,b"') == ["1", "2", "[3,4]", '"a,b"']


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def told() -> tuple[list[SweepProgress], Any]:
    heard: list[SweepProgress] = []
    return heard, heard.append


def begun(heard: list[SweepProgress]) -> set[str]:
    """The cases whose solver was begun."""
    return {each.case for each in heard if each.progress is not None and each.progress.phase == "options"}


KILLED = """
import os, signal, sys
import zonevest as zv
def told(each):
    if each.case == "slump" and each.progress is not None:
        os.kill(os.getpid(), signal.SIGKILL)
zv.scenarios(zv.read_study(sys.argv[1]), sys.argv[2], jobs=1, on_progress=told)
"""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_sweep_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    study = small(ROWS)
    study.write(tmp_path / "study")
    out = tmp_path / "out"
    command = [sys.executable, "-P", "-c", KILLED, str(tmp_path / "study"), str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    time.sleep(1.0)  # the case that was worked on ends by itself
    first = {name: files(out / name) for name in ("as-it-is", "boom")}
    assert all(first.values())
    assert not (out / "slump").exists()
    heard, tell = told()
    sweep = zv.scenarios(study, out, jobs=1, on_progress=tell, regret=False)
    assert begun(heard) == {"slump", "green"}
    assert sweep.summary["work"].tolist() == ["kept", "kept", "solved", "solved"]
    assert {name: files(out / name) for name in first} == first
    # of a study that is another one nothing is replaced unasked
    other = small([*ROWS[:2], {**ROWS[2], "amount": "4"}])
    with pytest.raises(SweepError, match="green"):
        zv.scenarios(other, out)


def test_what_fails_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario without a plan, one whose study is unsound, one whose process is killed, and one like the study."""
    rows = [
        change("same", "study", "rates.finance", "value", 1),
        change("none", "limits", "room", "value", -1, op="value"),
        change("unsound", "shares", "rent/receives//town", "share", 0.5),
        change("killed", "practice_flows", "build/rent", "value", 2.0),
    ]
    study = small(rows)
    start = sweep_run.Child

    def child(folder: Path, module: str) -> Any:
        made = start(folder, module)
        if folder.name == "killed":
            made.process.kill()
        return made

    monkeypatch.setattr(sweep_run, "Child", child)
    sweep = zv.scenarios(study, tmp_path / "out", jobs=2)
    table = sweep.summary.set_index("case")
    assert table["status"].to_dict() == {
        AS_IT_IS: "optimal", "same": "optimal", "none": "infeasible", "unsound": "fault", "killed": "fault",
    }  # fmt: skip
    assert table.loc["same", "work"] == "same"
    assert table.loc["same", "folder"] == table.loc[AS_IT_IS, "folder"]
    assert not (tmp_path / "out" / "same").exists()
    assert "SIGKILL" in table.loc["killed", "message"]
    chinese = sweep.to_text("zh")
    assert all(word in chinese for word in ("同“原研究”", "该情形的研究有错误", "维持现状"))
    assert AS_IT_IS not in chinese
    assert sweep.faults["case"].tolist() == ["unsound"]
    assert sweep.weighed is not None
    assert list(sweep.regret.columns) == [AS_IT_IS]
    assert any("none" in note for note in sweep.notes)


def test_a_fault_of_several_cases_is_told_once(tmp_path: Path) -> None:
    """What is wrong in every case is told of every case; what is wrong in some, with the names of these."""
    cases = [AS_IT_IS, "boom", "slump"]
    summary = pd.DataFrame({"case": cases, "status": "fault", "message": "", "work": "solved"})
    figures = ["objective", "bound", "gap", "cash", "ecosystem", "projects_built", "rezoned_ha", "seconds"]
    summary = summary.assign(**dict.fromkeys(figures, np.nan))
    common = [(case, "shares.csv, row 2", "shares add up to 1", "they add up to 0.5", "") for case in cases]
    some = [(case, "limits.csv, row 1", "a number", "x", "") for case in cases[:2]]
    faults = pd.DataFrame([*common, *some], columns=["case", "where", "must", "found", "do"])
    sweep = Sweep(small([]), tmp_path, summary, faults=faults)
    lines = [line.strip() for line in sweep.to_text().splitlines() if "•" in line]
    assert lines == [
        "• every case: shares.csv, row 2; shares add up to 1; they add up to 0.5",
        f"• {AS_IT_IS}, boom: limits.csv, row 1; a number; x",
    ]
    assert sum("•" in line and "所有情形" in line for line in sweep.to_text("zh").splitlines()) == 1
    # where there is but one case it is named
    alone = Sweep(small([]), tmp_path, summary.head(1), faults=faults.head(1))
    assert f"• {AS_IT_IS}: shares.csv" in alone.to_text()


@pytest.mark.long
def test_pairs_are_worth_what_the_audit_says_of_them(tmp_path: Path) -> None:
    """Village: a pair's decisions, written as a plan of the scenario's study, are recomputed by the audit."""
    study = zv.read_study("village")
    sweep = zv.scenarios(study, tmp_path / "out", gap=0.02, jobs=2, only=["dear_works", "strict_growth"])
    assert sweep.weighed is not None
    from zonevest.placing import Scene

    checked = 0
    folders = dict(zip(sweep.summary["case"], sweep.summary["folder"], strict=True))
    for scenario in sweep.regret.columns:
        scene = Scene(study if scenario == AS_IT_IS else study.in_scenario(scenario))
        for plan in sweep.regret.index:
            value = sweep.worth.loc[plan, scenario]
            if plan == NOTHING:
                continue
            placed = scene.place(*decisions(sweep.folder / folders[plan]))
            assert (placed.value is None) == np.isnan(value)
            if placed.value is None:
                continue
            found = audit(scene.plan(placed)).evaluation
            assert found is not None
            assert found.breaches.empty
            assert found.objective == pytest.approx(value, rel=1e-6)
            checked += 1
    assert checked >= 5
    # the diagonal is what the plan itself says, to within its gap
    own = sweep.summary.set_index("case")
    for name in sweep.regret.columns:
        assert 0 <= sweep.regret.loc[name, name] <= own.loc[name, "bound"] - own.loc[name, "objective"] + 1e-9
        assert sweep.worth.loc[name, name] >= own.loc[name, "objective"]


def test_a_lexicographic_study_has_no_regret(tmp_path: Path) -> None:
    goal = {"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.01}
    sweep = zv.scenarios(small(ROWS, objective=goal), tmp_path / "out", only=["boom"], as_it_is=False)
    assert sweep.weighed is None
    assert any("lexicographic" in note for note in sweep.notes)


@pytest.mark.long
def test_on_a_cluster_it_is_the_same(tmp_path: Path) -> None:
    """Cases are processes of the workers; plans and what they are worth elsewhere are brought back."""
    pytest.importorskip("distributed")
    study = small(ROWS)
    there = zv.scenarios(study, tmp_path / "there", cluster=2, only=["slump"])
    assert (there.summary["status"] == "optimal").all()
    assert zv.audit(there.folder / "slump").ok
    assert not any("placed" in note for note in there.notes)
    here = zv.scenarios(study, tmp_path / "here", jobs=2, only=["slump"])
    pd.testing.assert_frame_equal(there.regret, here.regret)
    # what was done there counts here
    assert (zv.scenarios(study, there.folder, only=["slump"]).summary["work"] == "kept").all()


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_worker_of_a_cluster_costs_no_case(tmp_path: Path) -> None:
    """What it worked on is begun anew elsewhere; where no worker is left the rest is told as not done, and goes on."""
    pytest.importorskip("distributed")
    study, killed = small(ROWS), list[int]()
    with cluster.opened(2) as client:
        assert client is not None
        pids = list(client.run(os.getpid).values())

        def kill() -> None:
            while not killed:
                running = [pid for pid in pids if children(pid)]
                if running:
                    os.kill(running[0], signal.SIGKILL)
                    killed.append(running[0])
                time.sleep(0.02)

        threading.Thread(target=kill, daemon=True).start()
        sweep = zv.scenarios(study, tmp_path / "out", cluster=client, only=["boom", "slump"])
        assert killed
        assert (sweep.summary["status"] == "optimal").all()
        assert not sweep.regret.isna().to_numpy().any()


@pytest.mark.long
def test_a_cluster_without_workers_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "WITHOUT", 2.0)
    study, first = small(ROWS), list[str]()
    with cluster.opened(1) as client:
        assert client is not None

        def lose(each: SweepProgress) -> None:
            if each.status and not first:
                first.append(each.case)
                client.cluster.scale(0)

        sweep = zv.scenarios(study, tmp_path / "out", cluster=client, on_progress=lose)
    table = sweep.summary.set_index("case")
    assert table.loc[first[0], "status"] == "optimal"
    lost = table.drop(first[0])
    assert (lost["status"] == "fault").all()
    assert (lost["message"] == "no worker of the cluster is left").all()
    # nothing is repeated
    heard, tell = told()
    again = zv.scenarios(study, tmp_path / "out", jobs=1, on_progress=tell, regret=False)
    assert (again.summary["status"] == "optimal").all()
    assert begun(heard) == set(lost.index)


def children(pid: int) -> bool:
    """Whether a process has a process of a case."""
    listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return sweep_run.MODULE in listed.stdout


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A grid of one setting, of which a value is out of range; progress on stderr, a page, an exit code."""
    small([]).write(tmp_path / "study")
    out = tmp_path / "out"
    command = ["scenarios", str(tmp_path / "study"), "-o", str(out), "--set", "objective.ecosystem=2,x"]

    def run(*more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            app([*command, *more])
        return int(ended.value.code or 0), *capsys.readouterr()

    code, text, progress = run("--json")
    told = json.loads(text)
    assert code == 1
    assert [each["status"] for each in told["cases"]] == ["optimal", "fault"]
    assert [each["objective.ecosystem"] for each in told["cases"]] == [2, "x"]
    assert "--set objective.ecosystem" in told["faults"][0]["where"]
    assert "objective.ecosystem=2: optimal" in progress
    assert {each["scenario"] for each in told["regret"]} == {"objective.ecosystem=2"}
    assert "<caption>" in (out / "index.html").read_text(encoding="utf-8")
    # the folder of something else is left alone
    command[3] = str(tmp_path / "study")
    assert run()[0] == 2
    command[3], command[5] = str(out), "objective.ecosystem=2,2.0"
    code, text, _ = run("--lang", "zh")
    assert code == 0
    assert "最优" in text
