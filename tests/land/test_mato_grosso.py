"""Mato Grosso: 41,056 cells from a stack of rasters; the best cells turn to soy, the poorest pasture grows over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pytest

import zonevest as zv
from tests.land.imports import import_land

pytestmark = pytest.mark.land

CELL_HA = 400.0
SOY, SECONDARY, CERRADO_KEPT = 400_000, 200_000, 0.98


def best_gain(land: Path) -> float:
    """The yield of the new soy less that given up, at best, found by sorting (tonnes a year).

    All cells are alike in area. Of n new cells of soy k are of cerrado: the k best ones, and the n - k best of pasture;
    the poorest pasture grows over. Every number k that keeps the cerrado is tried.
    """
    cells = pyogrio.read_dataframe(land / "mato_grosso_br" / "mato_grosso_cells.gpkg", read_geometry=False)
    assert len(cells) == 41_056
    free = cells[cells["protected"] == 0]
    pasture = np.sort(free.loc[(free["lu2016"] == 4) & free["soy_pot_yield"].notna(), "soy_pot_yield"].to_numpy())
    cerrado = np.sort(free.loc[free["lu2016"] == 1, "soy_pot_yield"].fillna(0).to_numpy())[::-1]
    most = int((1 - CERRADO_KEPT) * (cells["lu2016"] == 1).sum())
    soy, back = round(SOY / CELL_HA), round(SECONDARY / CELL_HA)
    best = max(cerrado[:k].sum() + pasture[len(pasture) - soy + k :].sum() for k in range(most + 1))
    return CELL_HA * float(best - pasture[:back].sum())


def test_mato_grosso(land: Path, tmp_path: Path) -> None:
    study = zv.read_study(import_land("mato_grosso", land, tmp_path / "study"))
    assert len(study.parcels) == 41_056
    assert study.parcels["area_ha"].to_numpy() == pytest.approx(CELL_HA)  # the sinusoidal grid keeps areas
    assert (study.parcels["redline"] == "general").sum() == 4_129
    plan = zv.solve(study, gap=1e-3, time_limit=120)
    assert plan.status == "optimal"
    assert zv.audit(plan).ok
    best = best_gain(land)
    assert best * (1 - 1e-3) <= plan.objective <= best * (1 + 1e-6)
