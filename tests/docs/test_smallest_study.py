"""The smallest study of the manual: its files as the page has them, run, against the optimum found by counting."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import zonevest as zv
from zonevest.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "study-toml.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("## The smallest study\n")[2].partition("\n## ")[0]
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', SECTION, re.MULTILINE | re.DOTALL))
TOWN, WILD = 30, 45
"""Hectares that are asked for."""


def least_lost(rows: list[dict[str, str]]) -> float:
    """The least area x quality that leaves farming, by the hectares that town and woods have so far."""
    best = {(0, 0): 0.0}
    for row in rows:
        area, lost = int(row["area_ha"]), int(row["area_ha"]) * float(row["farmland_quality"])
        after = dict(best)  # the field stays
        for (town, wild), cost in best.items():
            for key in ((min(town + area, TOWN), wild), (town, min(wild + area, WILD))):
                after[key] = min(after.get(key, cost + lost), cost + lost)
        best = after
    return best[TOWN, WILD]


def test_the_smallest_study_zones_twenty_parcels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(FILES["study.toml"].splitlines()) == 5
    assert set(FILES) == {
        "study.toml",
        *(f"{name}.csv" for name in ("parcels", "zones", "land_classes", "practices", "limits")),
    }
    assert max(len(text.splitlines()) for name, text in FILES.items() if name != "parcels.csv") <= 5
    (tmp_path / "twenty").mkdir()
    for name, text in FILES.items():
        (tmp_path / "twenty" / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    told = []
    for line in commands.splitlines():
        command, *arguments = shlex.split(line)
        assert command == "zonevest"
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        told.append(done.output)
    assert "no faults" in told[0]
    plan = zv.read_plan(tmp_path / "twenty-plan")
    rows = list(csv.DictReader(FILES["parcels.csv"].splitlines()))
    assert len(plan.parcels) == len(rows) == 20
    assert plan.status == "optimal"
    expected = least_lost(rows)
    assert plan.objective == pytest.approx(-expected, rel=1e-3)  # the gap that `solve` asks for
    assert f"loses {expected:.2f} hectares" in SECTION
    area = {row["parcel_id"]: int(row["area_ha"]) for row in rows}
    zoned = plan.parcels.assign(area=plan.parcels["parcel_id"].map(area)).groupby("zone")["area"].sum()
    assert set(zoned.index) == {"farm", "town", "wild"}
    assert zoned["town"] >= TOWN
    assert zoned["wild"] >= WILD
