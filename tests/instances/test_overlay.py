"""The conversion overlay: stated, or that of the first line that a parcel lies inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.instances.studies import faults_of, write_base
from zonevest.instances.read import make_study, read_study
from zonevest.instances.schema import OVERLAY
from zonevest.instances.study import Study, holds
from zonevest.instances.write import write_study
from zonevest.model.options import build_options

SETTINGS: dict[str, Any] = {
    "name": "a",
    "defaults": "none",
    "periods": [{"name": "p", "start": 2026, "years": 2}],
}
# every combination of the lines: red line, national park, basic farmland, growth boundary, and a line that says nothing
LINES = pd.MultiIndex.from_product(
    [["0", "general", "core"], [0, 1], [0, 1], [0, 1], [0, 1]],
    names=["redline", "national_park", "basic_farmland", "growth_boundary", "village_boundary"],
).to_frame(index=False)


def made(parcels: pd.DataFrame, **tables: pd.DataFrame) -> Study:
    parcels = parcels.assign(parcel_id=[f"p{i}" for i in range(len(parcels))], land_class="01", area_ha=1.0)
    return make_study(SETTINGS, parcels=parcels, land_classes=pd.DataFrame({"land_class": ["01"]}), **tables)


def said(redline: str, park: int, farmland: int, growth: int) -> str:
    """The rule in words of its own."""
    if redline in ("general", "core") or park:
        return "prohibited"
    return "conditional" if farmland else "promoted" if growth else "free"


def test_every_combination_of_lines() -> None:
    study = made(LINES)
    rows = LINES.iloc[:, :4].itertuples(index=False)
    assert study.parcels["conversion"].tolist() == [said(*row) for row in rows]
    assert study.parcels["conversion"].value_counts().to_dict() == {
        "prohibited": 40,  # 32 of two grades, 8 of a park without
        "conditional": 4,
        "promoted": 2,
        "free": 2,
    }
    assert study.overlay_filled is not None
    assert study.overlay_filled.all()


def test_without_lines_all_is_free() -> None:
    study = made(pd.DataFrame(index=range(3)))
    assert study.parcels["conversion"].tolist() == ["free"] * 3
    assert make_study(SETTINGS, projects=pd.DataFrame({"project": ["a"]})).overlay_filled is None


def test_what_is_stated_stays() -> None:
    stated = [*OVERLAY, "", np.nan]
    study = made(pd.DataFrame({"conversion": stated, "basic_farmland": 1, "redline": ["0"] * 5 + ["core"]}))
    assert study.parcels["conversion"].tolist() == [*OVERLAY, "conditional", "prohibited"]
    assert study.overlay_filled is not None
    assert study.overlay_filled.tolist() == [False] * 4 + [True] * 2


@pytest.mark.parametrize("conversion", ["", "free"])
def test_written_and_read_again_it_is_the_same_study(tmp_path: Path, conversion: str) -> None:
    study = made(LINES.assign(conversion=[conversion] + [""] * (len(LINES) - 1)))
    write_study(study, tmp_path / "out")
    again = read_study(tmp_path / "out")
    assert again.hash == study.hash
    pd.testing.assert_frame_equal(again.parcels, study.parcels)
    assert again.overlay_filled is not None
    assert study.overlay_filled is not None
    assert again.overlay_filled.tolist() == study.overlay_filled.tolist()
    assert study.replace().hash == study.hash
    assert (study.replace().overlay_filled == study.overlay_filled).all()


def test_another_line_is_another_overlay() -> None:
    """In a copy with other lines the overlay follows again, but where somebody has stated it."""
    study = made(pd.DataFrame({"conversion": ["", "free", "", ""], "growth_boundary": [1, 1, 1, 0]}))
    assert study.parcels["conversion"].tolist() == ["promoted", "free", "promoted", "free"]
    moved = study.replace(parcels=study.parcels.assign(basic_farmland=True))
    assert moved.parcels["conversion"].tolist() == ["conditional", "free", "conditional", "conditional"]
    changed = study.parcels.assign(basic_farmland=True, conversion=["promoted", "free", "prohibited", "free"])
    told = study.replace(parcels=changed.iloc[::-1])
    assert told.parcels["conversion"].tolist() == ["conditional", "prohibited", "free", "conditional"]
    assert told.overlay_filled is not None
    assert told.overlay_filled.tolist() == [True, False, False, True]


def test_options_and_where_see_it() -> None:
    zones = pd.DataFrame({"zone": ["A"]})
    practices = pd.DataFrame(
        {"practice": ["till", "build", "visit"], "zone": "A", "mode": ["production", "development", "service"],
         "conversion": ["conditional;promoted;free", "", ""]}
    )  # fmt: skip
    lines = {"redline": ["0", "0", "0", "general"], "basic_farmland": [0, 1, 0, 0], "growth_boundary": [0, 0, 1, 0]}
    admitted = practices.assign(redline_ok="core", basic_farmland_ok=1)
    study = made(pd.DataFrame(lines), zones=zones, practices=admitted)
    can: dict[str, set[str]] = {}
    for parcel, practice, _ in build_options(study).names():
        can.setdefault(parcel, set()).add(practice)
    assert can == {
        "p0": {"hold", "till", "build", "visit"},
        "p1": {"hold", "till", "visit"},  # conditional: no building without being named for it
        "p2": {"hold", "till", "build", "visit"},
        "p3": {"hold", "visit"},  # prohibited: nor tilling
    }
    assert holds(study.parcels, "conversion=free|promoted").tolist() == [True, False, True, False]


def test_nothing_is_concluded_from_lines_that_cannot_be_read(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    text = (
        (folder / "parcels.csv").read_text().replace("0103,02,west,1.0,state,Z2,0,0", "0103,02,west,1.0,state,Z2,0,no")
    )
    (folder / "parcels.csv").write_text(text)
    assert faults_of(folder)["where"].tolist() == ["parcels.csv, row 4, column basic_farmland"]
