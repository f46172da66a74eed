"""Areas against geodesic ones, which are computed on the ellipsoid without any projection."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from zonevest.instances.importing.plane import divided, equal_area, hectares, name_of, project

NATIONAL = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"
PLACES = {"county": (117.0, 30.0, 0.4), "province": (110.0, 28.0, 6.0), "country": (75.0, 18.0, 34.0)}
ZONES = ("EPSG:4523", "EPSG:32650", "EPSG:2432")  # of three or six degrees: not for a country
SYSTEMS = ["EPSG:4326", "EPSG:4490", "EPSG:4523", "EPSG:32650", "EPSG:3857", "EPSG:2432", NATIONAL]


@pytest.mark.parametrize(
    ("place", "system"),
    [(place, system) for place in PLACES for system in SYSTEMS if place != "country" or system not in ZONES],
)
def test_areas_are_geodesic_to_a_thousandth(place: str, system: str) -> None:
    lon, lat, size = PLACES[place]
    crs = pyproj.CRS(system)
    cells = np.array(
        [shapely.box(lon + x * size / 3, lat + y * size / 3, lon + (x + 1) * size / 3, lat + (y + 1) * size / 3)
         for x in range(3) for y in range(3)], dtype=object)  # fmt: skip
    outlines = shapely.segmentize(cells, 0.02)
    base = crs.geodetic_crs
    assert base is not None
    there = pyproj.Transformer.from_crs(base, crs, always_xy=True)
    shapes = np.asarray(shapely.transform(outlines, there.transform, interleaved=False), dtype=object)
    found = hectares(project(shapes, crs, equal_area(shapes, crs)))
    geod = crs.get_geod()
    assert geod is not None
    expected = [abs(geod.geometry_area_perimeter(each)[0]) / 1e4 for each in outlines]
    assert found == pytest.approx(expected, rel=1e-3)
    assert found == pytest.approx(expected, rel=1e-5)


def test_which_projection_is_chosen() -> None:
    def chosen(system: str, west: float, south: float, east: float, north: float) -> str:
        box = np.array([shapely.box(west, south, east, north)], dtype=object)
        return name_of(equal_area(box, pyproj.CRS(system)))

    assert "Azimuthal" in chosen("EPSG:4490", 117, 30, 118, 31)
    assert "Albers" in chosen("EPSG:4490", 75, 18, 134, 53)
    assert "Cylindrical" in chosen("EPSG:4326", -75, -30, -40, 10)
    assert chosen("EPSG:3035", 4e6, 3e6, 4.1e6, 3.1e6) == "ETRS89-extended / LAEA Europe"  # keeps areas already


def test_a_survey_foot_is_not_taken_for_a_metre() -> None:
    """California zone 1 counts in US survey feet: a square of 1,000 feet is 2.2957 acres … 22.957 of them."""
    feet = np.array([shapely.box(6_500_000, 2_000_000, 6_501_000, 2_001_000)], dtype=object)
    crs = pyproj.CRS("EPSG:2225")
    area = hectares(project(feet, crs, equal_area(feet, crs)))[0]
    assert area == pytest.approx(1e6 * (1200 / 3937) ** 2 / 1e4, rel=2e-3)  # the scale of the zone is off by so much


def test_layers_of_one_sphere_keep_its_areas() -> None:
    """The sinusoidal grid of a sphere keeps areas as it is."""
    crs = pyproj.CRS("+proj=sinu +R=6371007.181 +units=m")
    cell = np.array([shapely.box(-6_395_000, -1_409_000, -6_393_000, -1_407_000)], dtype=object)
    assert equal_area(cell, crs) == crs
    assert hectares(project(cell, crs, crs))[0] == 400.0


@pytest.mark.parametrize("step", [200.0, 300.0, 500.0, 1_600.0, 2_800.0])
def test_what_touches_itself_keeps_its_area_when_its_edges_are_divided(step: float) -> None:
    """A wedge with a slit that ends on its own edge, as a split leaves it; a frame with a hole; what is no area."""
    wedge = shapely.Polygon(
        [(410295, 3391111), (410930.9801643169, 3391199.395766996), (409521, 3386539),
         (411339.71370634093, 3385735.635721219), (416174, 3387914), (410657, 3385428), (408821, 3386239)]
    )  # fmt: skip
    frame = shapely.box(0, 0, 5_000, 5_000).difference(shapely.box(1_000, 1_000, 4_000, 4_000))
    line = shapely.LineString([(0, 0), (0, 9_000)])
    shapes = np.array([wedge, frame, shapely.MultiPolygon([wedge, frame]), line, None, shapely.Polygon()], dtype=object)
    found = divided(shapes, step)
    assert shapely.area(found) == pytest.approx(shapely.area(shapes), rel=1e-9, nan_ok=True)
    assert shapely.get_type_id(found).tolist() == shapely.get_type_id(shapes).tolist()
    sides = 4 * np.ceil(5_000 / step) + 1 + 4 * np.ceil(3_000 / step) + 1
    assert shapely.get_num_coordinates(found[[1, 3]]).tolist() == [sides, np.ceil(9_000 / step) + 1]
