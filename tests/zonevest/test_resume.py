"""Runs that are cut off and go on: by prices from their prices and cases, one program from its best plan.

About 15 s in all; what is killed is a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zonevest as zv
from tests.model.four import four
from zonevest import api
from zonevest.cli import app
from zonevest.instances.say import translated
from zonevest.instances.study import StudyError
from zonevest.solvers import by_prices, checkpoint
from zonevest.solvers.answer import Progress
from zonevest.solvers.by_prices import Outcome

KILLED = """
import os, signal, sys
from zonevest import console
from zonevest.solvers import checkpoint

checkpoint.EVERY, phase = 0.0, sys.argv.pop(1)

def told(self, progress):
    if progress.phase == phase and progress.value is not None:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

console.ProgressLine.__call__ = told
from zonevest.cli import main
main()
"""
GAP = 0.036


def killed(phase: str, *arguments: object) -> None:
    """Run a command that is killed at the first plan that is told in a phase."""
    command = [sys.executable, "-P", "-c", KILLED, phase, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == (-9 if os.name == "posix" else 15), ended.stderr


def zonevest(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        app([str(each) for each in arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What the price method comes to, whenever it is called."""
    found: list[Outcome] = []
    solve = by_prices.solve_by_prices

    def told(*given: Any, **more: Any) -> Outcome:
        found.append(solve(*given, **more))
        return found[-1]

    monkeypatch.setattr(by_prices, "solve_by_prices", told)
    return found


def test_a_killed_run_by_prices_goes_on(
    tmp_path: Path, outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "plan"
    asked = ("solve", "village", "-o", target, "--method", "prices", "--gap", GAP, "--threads", 1)
    killed("branches", *asked)
    left = tmp_path / "plan.checkpoint.npz"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".plan.lock", left.name]

    assert zonevest(*asked) == 2
    assert "its checkpoint is there" in capsys.readouterr().err
    assert zonevest(*asked, "--resume", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert not left.exists()

    whole = zv.solve(zv.read_study("village"), method="prices", gap=GAP, threads=1)
    assert told["status"] == whole.status == "optimal"
    assert told["objective"] == pytest.approx(whole.objective, rel=GAP)
    assert told["bound"] == pytest.approx(whole.bound, rel=GAP)
    assert told["bound"] >= whole.objective
    assert told["audit"]
    assert zv.audit(target).ok
    resumed, from_scratch = outcomes
    assert resumed.steps[1]["step"] == "resumed"
    asked_again = resumed.steps[1]["passes"]
    assert isinstance(asked_again, int)
    assert 0 < asked_again <= from_scratch.passes
    assert resumed.passes - asked_again < from_scratch.passes / 2


def test_a_killed_run_of_one_program_starts_from_its_best_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target, starts = tmp_path / "plan", []
    asked = ("solve", "village", "-o", target, "--method", "mip", "--threads", 1)
    killed("solve", *asked)
    with np.load(tmp_path / "plan.checkpoint.npz") as file:
        best = file["x"]
    solve = api.run_supervised

    def told(program: Any, options: Any, *rest: Any, **more: Any) -> Any:
        starts.append((program.value_at(options.start), options.start, program.violation(options.start)))
        return solve(program, options, *rest, **more)

    monkeypatch.setattr(api, "run_supervised", told)
    assert zonevest(*asked, "--resume", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    value, start, violation = starts[0]
    assert np.array_equal(start, best)
    assert violation <= 1e-6
    assert found["status"] == "optimal"
    assert found["objective"] >= value - 1e-9
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


class CutOffError(Exception):
    """The run ends here."""


def test_stages_that_were_solved_are_not_solved_again(
    tmp_path: Path, outcomes: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    study = four({"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.0})
    asked: dict[str, Any] = {"method": "prices", "gap": 1e-4, "threads": 1}
    whole = zv.solve(study, **asked)
    seen: list[str] = []

    def told(progress: Progress) -> None:
        seen.append("bound" if progress.bound is not None and seen.count("build") == 2 else progress.phase)
        if seen.count("bound") == 3:
            raise CutOffError

    with pytest.raises(CutOffError):
        zv.solve(study, checkpoint=tmp_path / "left", on_progress=told, **asked)
    outcomes.clear()
    found = zv.solve(study, checkpoint=tmp_path / "left", resume=True, **asked)
    assert len(outcomes) == 1
    assert found.objective == pytest.approx(whole.objective, rel=1e-4)
    assert found.settings["stages"] == whole.settings["stages"]
    assert found.settings["resumed"]
    assert found.audit is not None
    assert found.audit.ok


def test_another_run_is_refused_with_every_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    left = tmp_path / "left"
    zv.solve(zv.read_study("village"), method="prices", gap=0.2, checkpoint=left)
    other = zv.read_study("village", {"rates.social": 0.05})
    monkeypatch.setattr(checkpoint, "version", lambda _: "0.0.7")
    with pytest.raises(StudyError) as refused:
        zv.solve(other, method="mip", seed=4, checkpoint=left, resume=True)
    faults = refused.value.faults
    assert faults["found"].tolist() == [zv.__version__, zv.read_study("village").hash, "prices", "0"]
    assert not (translated(faults, "zh")[["must", "do"]] == faults[["must", "do"]]).any(axis=None)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut off"])
def test_a_checkpoint_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    left = tmp_path / "left"
    if content is not None:
        left.write_bytes(content)
    with pytest.raises(StudyError) as refused:
        zv.solve(zv.read_study("village"), checkpoint=left, resume=True)
    assert refused.value.faults["where"].tolist() == [str(left)]


def test_a_short_run_leaves_nothing(tmp_path: Path) -> None:
    plan = zv.solve(zv.read_study("village"), method="prices", gap=0.2, checkpoint=tmp_path / "left")
    assert plan.has_plan
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_checkpoint_before_and_the_run_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = checkpoint.Checkpoint(tmp_path / "left", {"version": "1"})
    kept.write({"x": np.arange(3.0)})
    before = (tmp_path / "left").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    kept.write({"x": np.arange(4.0)})
    assert (tmp_path / "left").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["left"]
