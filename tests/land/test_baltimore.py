"""Baltimore: what the bonds can pay for in each year, to the last request that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

import zonevest as zv
from tests.land.baltimore import ceilings, read_bonds, write_baltimore

pytestmark = pytest.mark.land


def test_baltimore(land: Path, tmp_path: Path) -> None:
    study = zv.read_study(write_baltimore(land, tmp_path / "study"))
    plan = zv.solve(study, gap=1e-6, time_limit=120)
    assert plan.status == "optimal"
    assert zv.audit(plan).ok

    asked = study.projects.set_index("project")
    funded = plan.projects[plan.projects["start"] != ""].set_index("project")
    assert (funded["start"] == asked.loc[funded.index, "earliest"]).all()
    requests = asked.groupby("earliest")["capex"].sum()
    spent = asked.loc[funded.index].groupby("earliest")["capex"].sum()
    for year, ceiling in ceilings(land).items():
        name = f"FY{year}"
        most = min(requests[name], ceiling)
        assert 0.9999 * most <= spent[name] <= ceiling + 1e-6, name
    assert plan.objective == pytest.approx(spent.sum())


def test_rows_that_recur_and_ask_for_nothing(land: Path, tmp_path: Path) -> None:
    study = zv.read_study(write_baltimore(land, tmp_path / "study"))
    bonds = read_bonds(land)
    assert len(bonds) == 773  # 775 rows, two of them recur within a year
    assert len(study.projects) == (bonds["agency_amt"] > 0).sum() == 729
    assert (study.projects["capex"] > 0).all()
    assert study.parcels.empty
    numbers = study.projects["project"].str.split("-", n=1).str[1]
    assert numbers.duplicated().any()  # a project comes back in other years under its number
    assert list(ceilings(land)) == pytest.approx([49.75, 49.65, 65, 65, 65, 65, 80, 80])
