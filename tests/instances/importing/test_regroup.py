"""Neighbours and their common edges, and parcels joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from tests.instances.importing.fields import METRIC, areas, layer, parcels, square, taken, told
from zonevest import StudyError, read_study
from zonevest.instances.importing.adjacency import adjacency

FLAT = pyproj.CRS(METRIC)


def pairs(shapes: list[object], gap: float = 0.0, crs: pyproj.CRS = FLAT) -> dict[str, float]:
    """Length of the common edge by pair."""
    ids = np.array([chr(65 + k) for k in range(len(shapes))], dtype=object)
    table = adjacency(ids, np.array(shapes, dtype=object), crs, FLAT, gap)
    return {a + b: round(float(m), 6) for a, b, m in table.itertuples(index=False)}


def test_common_edges() -> None:
    """A over B and C, which are half as wide; D meets A in a corner only."""
    shapes = [square(0, 1, 2), square(0), square(1), square(2, 2)]
    assert pairs(shapes) == {"AB": 100.0, "AC": 100.0, "BC": 100.0}


def test_an_island_in_a_hole_is_a_neighbour_all_round() -> None:
    assert pairs([square(0, 0, 3, 3).difference(square(1, 1)), square(1, 1)]) == {"AB": 400.0}


def test_edges_are_matched_in_degrees_and_measured_in_metres() -> None:
    """Two squares with a point in the middle of the other's edge, drawn in degrees."""
    one = shapely.box(110, 30, 110.01, 30.01)
    upper, lower = shapely.box(110.01, 30.003, 110.02, 30.01), shapely.box(110.01, 30, 110.02, 30.003)
    there = pyproj.CRS(4326)
    plane = pyproj.CRS("+proj=laea +lat_0=30 +lon_0=110")
    table = adjacency(np.array(list("ABC"), dtype=object), np.array([one, upper, lower], dtype=object), there, plane)
    geod = pyproj.Geod(ellps="WGS84")
    expected = {
        ("A", "B"): geod.line_length([110.01] * 2, [30.003, 30.01]),
        ("A", "C"): geod.line_length([110.01] * 2, [30, 30.003]),
        ("B", "C"): geod.line_length([110.01, 110.02], [30.003] * 2),
    }
    found = dict(zip(zip(table["parcel_id"], table["neighbour"], strict=True), table["shared_m"], strict=True))
    assert found == pytest.approx(expected, rel=1e-4)


def test_over_a_street() -> None:
    """A row of two over a street of 12 m from a row of three; F lies beyond them."""
    north, beside = square(0, 0.12), square(1, 0.12)
    south, half, corner = square(0, -1), square(1, -1, 0.5), square(1.62, -1)
    found = pairs([north, beside, south, half, corner, square(0, -3)], gap=15.0)
    assert found["AB"] == 100.0  # they touch: the common edge, whatever the gap
    assert found["CD"] == 100.0
    assert found["DE"] == pytest.approx(100.0)  # 12 m apart
    assert found["AC"] == pytest.approx(100.0)
    assert found["BD"] == pytest.approx(50.0, abs=0.1)
    assert 38.0 <= found["BE"] <= 38.0 + 0.8 * 15.0  # frontages that are shifted: what is round the end counts in part
    assert set(found) == {"AB", "CD", "DE", "AC", "BD", "BE"}
    assert set(pairs([north, south], gap=10.0)) == set()


def test_adjacency_is_written_when_asked_and_the_study_is_read_with_it(tmp_path: Path) -> None:
    found = taken(tmp_path, layer([square(0), square(1), square(5)]), adjacency={})
    found.write(tmp_path / "study")
    table = pd.read_parquet(tmp_path / "study" / "adjacency.parquet")
    assert table.to_dict("list") == {"parcel_id": ["P1"], "neighbour": ["P2"], "shared_m": [100.0]}
    assert any("adjacency.parquet" in note for note in read_study(tmp_path / "study").notes)


def test_small_parcels_join_the_neighbour_with_the_longest_edge(tmp_path: Path) -> None:
    """B (0.1 ha) has 100 m with A, 10 m with C: it joins A; D, of another use, stays alone."""
    land = layer(
        [square(0), square(1, 0, 0.1), square(1, 1, 1), square(1.1, 0, 0.2)], use=["0101", "0101", "0101", "0301"],
        people=[10, 1, 5, 2],
    )  # fmt: skip
    rule = {"merge": {"by": ["land_class"], "min_ha": 0.5}, "parcels": {"columns": {"population": "people"}}}
    found = taken(tmp_path, land, **rule)
    assert areas(found) == {"P1": 1.1, "P3": 1.0, "P4": 0.2}
    assert parcels(found)["population"].to_dict() == {"P1": 11.0, "P3": 5.0, "P4": 2.0}
    assert "4 parcels joined into 3" in told(found)


def test_joining_goes_on_until_all_are_large_enough(tmp_path: Path) -> None:
    strips = [square(0.1 * x, 0, 0.1) for x in range(40)]
    found = taken(tmp_path, layer(strips), merge={"by": ["land_class"], "min_ha": 0.35})
    held = parcels(found)["area_ha"]
    assert held.min() >= 0.35 - 1e-9
    assert held.sum() == pytest.approx(4.0)
    assert len(held) >= 6  # none is much larger than it has to be
    assert held.max() <= 2 * 0.35 + 1e-9
    assert parcels(found).geometry.geom_type.eq("Polygon").all()


@pytest.mark.parametrize(
    ("least", "said"),
    [(0.05, ["no parcels joined", "no parcel below 0.05 ha left"]),
     (0.15, ["no parcels joined", "2 parcels below 0.15 ha left: no neighbour that", "(P1, P3)"]),
     (1.5, ["4 parcels joined into 3", "3 parcels below 1.5 ha left"])],
)  # fmt: skip
def test_what_joining_did_not_do_is_told(tmp_path: Path, least: float, said: list[str]) -> None:
    """A strip beside a field of another use, and a strip alone; the field is two of 0.5 ha."""
    land = layer([square(0, 0, 0.1), square(0.1, 0, 0.5), square(9, 0, 0.1), square(0.6, 0, 0.5)],
                 use=["0101", "0301", "0101", "0301"])  # fmt: skip
    found = told(taken(tmp_path, land, merge={"by": ["land_class"], "min_ha": least}))
    assert all(each in found for each in said)


def test_by_names_columns_of_the_parcels(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="did you mean 'land_class'"):
        taken(tmp_path, layer([square(0), square(1)]), merge={"by": ["and_class"], "min_ha": 2})


def test_by_area_names_numbers(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="by_area names columns of the parcels that hold numbers"):
        taken(tmp_path, layer([square(0)]), parcels={"by_area": ["x_none"]})
