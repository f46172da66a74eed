"""The lie of a synthetic county's land: outline, lake, town, seats, and smooth random fields (no place on earth)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from shapely.geometry import Polygon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Bools: TypeAlias = NDArray[np.bool_]

HECTARES = 240_000.0
TOWNS = (
    ("chengguan", "Chengguan town", "城关镇"),
    ("hudong", "Hudong town", "湖东镇"),
    ("huxi", "Huxi town", "湖西镇"),
    ("baishan", "Baishan township", "白山乡"),
    ("qingxi", "Qingxi township", "青溪乡"),
    ("chayuan", "Chayuan town", "茶园镇"),
    ("shiqiao", "Shiqiao town", "石桥镇"),
    ("longtan", "Longtan township", "龙潭乡"),
    ("yunfeng", "Yunfeng township", "云峰乡"),
    ("wenquan", "Wenquan town", "温泉镇"),
    ("nanping", "Nanping township", "南坪乡"),
    ("beihe", "Beihe town", "北河镇"),
)
"""Jurisdictions: code, English and Chinese name; the first holds the county town."""
ROUGH = 0.4
"""The size of every finer octave of a random field, as a part of the one before; its waves are a quarter as long."""


@dataclass(frozen=True)
class Ground:
    """The lie of the land: smooth random fields over the county, and where things are.

    Attributes
    ----------
    outline, lake : shapes in metres.
    town : the county town's middle.
    seats : middles of the jurisdictions, shape (jurisdictions, 2).
    waves : of the random fields: wave vectors and phases, shape (fields, waves, 3).
    finer : the same of the finer octaves, shape (octaves, fields, waves, 3); none where parcels are coarse.
    """

    outline: Polygon
    lake: Polygon
    town: Floats
    seats: Floats
    waves: Floats
    finer: Floats = field(default_factory=lambda: np.zeros((0, 0, 0, 3)))

    def noise(self, at: Floats, field: int) -> Floats:
        """A random field of mean 0 and deviation about 1 at points, shape (n,)."""
        total = _waves(at, self.waves[field])
        for octave, waves in enumerate(self.finer, start=1):
            total += ROUGH**octave * _waves(at, waves[field])
        return total

    def height(self, at: Floats, noise: Noise | None = None) -> Floats:
        """Height above the lake, metres: the plain around the lake, and valleys between ridges beyond."""
        known = noise or Noise(self, at)
        away = known.to_lake / 1000.0
        ridge = np.abs(known(0)) ** 0.8
        rise = np.clip(away - 1.5, 0.0, 14.0) / 14.0
        risen = 30.0 * rise + 520.0 * rise * ridge + 45.0 * rise * known(1) + 4.0 * away
        return np.asarray(np.maximum(risen, 0.0), dtype=float)

    def to_valley(self, at: Floats) -> Floats:
        """About how far the nearest valley line is, metres: where field 0, which makes ridges, changes its sign."""
        waves = self.waves[0]
        value, slope = np.zeros(len(at)), np.zeros((2, len(at)))
        for x, y, phase in waves:
            angle = at[:, 0] * x + at[:, 1] * y + phase
            value += np.cos(angle)
            slope -= np.sin(angle) * np.array([[x], [y]])
        return np.asarray(np.abs(value) / np.maximum(np.hypot(*slope), 1e-9))


class Noise:
    """The random fields and the distance to the lake at given points, each worked out once."""

    def __init__(self, land: Ground, at: Floats) -> None:
        self._land, self._at = land, at
        self._known: dict[int, Floats] = {}

    def __call__(self, field: int) -> Floats:
        """A random field at the points, shape (n,)."""
        if field not in self._known:
            self._known[field] = self._land.noise(self._at, field)
        return self._known[field]

    @property
    def to_lake(self) -> Floats:
        """Distance to the lake, metres, shape (n,)."""
        if -1 not in self._known:
            self._known[-1] = np.asarray(shapely.distance(self._land.lake, shapely.points(self._at)))
        return self._known[-1]


def _waves(at: Floats, waves: Floats) -> Floats:
    """A sum of plane waves at points, wave by wave: no product of matrices, whose rounding depends on the machine."""
    total = np.zeros(len(at))
    for x, y, phase in waves:
        total += np.cos(at[:, 0] * x + at[:, 1] * y + phase)
    return np.asarray(total * np.sqrt(2.0 / len(waves)))


def ground(rng: np.random.Generator, octaves: int = 0, seed: int = 0) -> Ground:
    """Draw outline, lake, town and the random fields; the finer octaves by a stream of their own."""
    radius = np.sqrt(HECTARES * 1e4 / np.pi)
    outline = blob(rng, np.zeros(2), radius, 0.24)
    scale = np.sqrt(HECTARES * 1e4 / outline.area)
    outline = shapely.affinity.scale(outline, scale, scale, origin=(0.0, 0.0))
    lake = shapely.affinity.scale(blob(rng, np.array([-3000.0, 1500.0]), 3300.0, 0.16), 1.5, 0.85)
    town = np.array([lake.bounds[2] + 2600.0, lake.centroid.y - 900.0])
    angle = np.linspace(0.0, 2 * np.pi, len(TOWNS) - 1, endpoint=False) + rng.uniform(0.0, 0.4)
    away = radius * rng.uniform(0.5, 0.72, len(angle))
    seats = np.vstack([town, np.column_stack([away * np.cos(angle), away * np.sin(angle)])])
    length = np.array([9000.0, 4000.0, 6000.0, 5000.0, 7000.0])
    count = 24
    waves = np.zeros((len(length), count, 3))
    for at, size in enumerate(length):
        waves[at] = _drawn_waves(rng, size, count)
    fine = np.random.default_rng([seed, 1])
    finer = [
        [_drawn_waves(fine, size / 4.0**octave, count // 2) for size in length] for octave in range(1, octaves + 1)
    ]
    return Ground(outline, lake, town, seats, waves, np.array(finer).reshape(octaves, len(length), count // 2, 3))


def _drawn_waves(rng: np.random.Generator, size: float, count: int) -> Floats:
    """Wave vectors and phases of waves of about a length, shape (count, 3)."""
    direction = rng.uniform(0.0, 2 * np.pi, count)
    number = 2 * np.pi / (size * rng.uniform(0.7, 1.6, count))
    return np.column_stack([number * np.cos(direction), number * np.sin(direction), rng.uniform(0, 2 * np.pi, count)])


def blob(rng: np.random.Generator, middle: Floats, radius: float, rough: float, corners: int = 180) -> Polygon:
    """A round shape with a wavy edge."""
    angle = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    edge = np.ones_like(angle)
    for wave in range(2, 9):
        edge += rough / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    return Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * (radius * edge)[:, None] + middle)


def largest(shape: Any) -> Any:
    """The largest part of a shape of several parts."""
    return max(shape.geoms, key=lambda part: part.area) if hasattr(shape, "geoms") else shape


def first(score: Floats, area: Floats, among: Any, hectares: float) -> Bools:
    """The parcels of the highest score, until they make up so many hectares."""
    order = np.argsort(np.where(among, -score, np.inf), kind="stable")[: int(among.sum())]
    chosen = np.zeros(len(area), dtype=bool)
    chosen[order[np.cumsum(area[order]) <= hectares]] = True
    return chosen
