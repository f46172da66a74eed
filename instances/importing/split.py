"""Parcels split along the outlines of areas, and along lines: roads, rivers, a planned boundary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, some
from zonevest.instances.importing.lines import VERTICES, subdivide
from zonevest.instances.importing.plane import SQUARE_METRES, hectares, project
from zonevest.instances.importing.regroup import amounts
from zonevest.instances.importing.shapes import LINES_TOO, POLYGONS, Parcels, polygons, sound
from zonevest.instances.importing.sources import Layer, noticed
from zonevest.instances.rules import rule
from zonevest.instances.say import say

Pieces = tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.bool_]]
"""Pieces of parcels: whose each is, its shape, and whether it stays with the largest one however large it is."""

GRID = 1e-5
"""Corners of pieces lie on a grid of so many times what a line may fall short of an edge: a ten-thousandth of a
millimetre."""
LEAST = 0.01
"""Square metres below which there is no piece, whatever is asked for: along an edge a line leaves some by rounding."""


def areas_or_lines(layer: Layer, faults: Faults) -> bool:
    """Whether a layer can cut parcels; else a fault, which names the first features that are points."""
    points = np.flatnonzero(shapely.get_dimensions(layer.shapes) == 0)
    if len(points):
        found = say("{count} features that are points: {ids}", count=len(points), ids=some(points + 1))
        faults.add(layer.label, rule("import.split-shapes"), found)
    return not len(points)


def split_along(parcels: Parcels, layer: Layer, crs: pyproj.CRS, min_m2: float, by_area: Sequence[str]) -> None:
    """Cut parcels along the outlines of a layer's areas, and along its lines.

    The largest piece keeps the parcel's id, the others are called ``id~2``, ``id~3``, … by size. Pieces below `min_m2`
    square metres stay with the largest one.
    """
    parcels.told += noticed(layer)
    parts = shapely.get_parts(shapely.get_parts(layer.shapes))  # twice: of a collection's parts some have parts too
    kinds = shapely.get_type_id(parts)
    # an area of several parts is one to those inside it
    areas = sound(layer.shapes)[0]
    areas = areas[
        ~(shapely.is_missing(areas) | shapely.is_empty(areas)) & np.isin(shapely.get_type_id(areas), POLYGONS)
    ]
    lines = parts[np.isin(kinds, LINES_TOO) & (shapely.length(parts) > 0)]
    if len(areas):
        pieces = _by_areas(parcels.shapes, project(areas, crs, parcels.crs))
        _split(parcels, pieces, layer.label, min_m2, by_area)
    if len(lines):
        pieces, whole = _by_lines(parcels.shapes, project(lines, crs, parcels.crs), _reach(parcels.crs))
        if len(whole):
            ids = some(parcels.ids[whole])
            told = say("{layer}: {count} parcels stay whole, since its lines end in them: {ids}",
                       layer=layer.label, count=len(whole), ids=ids)  # fmt: skip
            parcels.told.append(told)
        _split(parcels, pieces, layer.label, min_m2, by_area)


def _split(parcels: Parcels, pieces: Pieces, label: str, min_m2: float, by_area: Sequence[str]) -> None:
    """Put pieces in the place of their parcels, and tell how many."""
    of, shapes = _without_crumbs(parcels, *pieces, max(min_m2, LEAST))
    kept = np.setdiff1d(np.arange(len(parcels)), of)
    rows, every = np.concatenate([kept, of]), np.concatenate([parcels.shapes[kept], shapes])
    _replace(parcels, rows, every, by_area)
    several = np.bincount(of)
    count, made = int((several > 1).sum()), int(several[several > 1].sum())
    parcels.told.append(say("{layer}: {count} parcels split into {pieces}", layer=label, count=count, pieces=made))


def _by_areas(shapes: NDArray[np.object_], areas: NDArray[np.object_]) -> Pieces:
    """The pieces of the parcels that an outline cuts: inside each area that meets them, and outside all."""
    tiles, origin = subdivide(areas)
    shapely.prepare(tiles)
    tile, parcel = shapely.STRtree(shapes).query(tiles, predicate="intersects")
    within_tile = shapely.covers(tiles[tile], shapes[parcel])
    beside = shapely.touches(tiles[tile], shapes[parcel])
    cut = np.unique(parcel[~within_tile & ~beside])
    pairs = np.unique(np.stack([parcel, origin[tile]]), axis=1)
    pairs = pairs[:, np.isin(pairs[0], cut)]
    inside = np.asarray(shapely.intersection(shapes[pairs[0]], areas[pairs[1]]), dtype=object)
    order = np.argsort(pairs[0], kind="stable")
    starts = np.searchsorted(pairs[0][order], cut)
    groups = np.split(inside[order], starts[1:]) if len(cut) else []
    outside = [shapely.difference(shapes[i], shapely.union_all(group)) for i, group in zip(cut, groups, strict=True)]
    found = polygons(np.concatenate([inside, np.array(outside, dtype=object)]))
    of = np.concatenate([pairs[0], cut])
    good = ~shapely.is_empty(found)
    return of[good], found[good], np.zeros(int(good.sum()), dtype=bool)


def _by_lines(shapes: NDArray[np.object_], lines: NDArray[np.object_], reach: float) -> tuple[Pieces, NDArray[np.intp]]:
    """The pieces of the parcels that lines cross, and the parcels in which lines only end.

    Of the edges of a parcel and all lines in it together those faces are its pieces that lie in it. Of a parcel of
    several parts the ones that no line crosses stay with the largest piece.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    chunks = _chunks(_longer(lines, reach))
    chunk, part = shapely.STRtree(parts).query(chunks, predicate="intersects")
    met, at = np.unique(part, return_inverse=True)
    order = np.argsort(at, kind="stable")
    through = shapely.multilinestrings(chunks[chunk[order]], indices=at[order])
    # where lines leave a parcel and come back there are faces outside it, as there are in its holes
    # (on a grid, finer than any area shows: lines that run along an edge but for the last digit are noded soundly so)
    edges = shapely.union(shapely.boundary(parts[met]), through, grid_size=GRID * reach)
    faces, face_of = shapely.get_parts(shapely.polygonize(edges[:, None]), return_index=True)
    # by the middle, since next to an edge rounding decides on which side a point lies
    middles = shapely.get_point(shapely.maximum_inscribed_circle(faces), 0)
    shapely.prepare(parts)
    inside = shapely.contains(parts[met[face_of]], middles)
    faces, face_of = faces[inside], face_of[inside]
    crossed = np.bincount(face_of, minlength=len(met)) > 1
    faces, face_of = faces[crossed[face_of]], face_of[crossed[face_of]]
    cut = np.unique(owner[met[crossed]])
    rest = np.setdiff1d(np.flatnonzero(np.isin(owner, cut)), met[crossed])
    # along an edge a line is drawn beside it by a hair's breadth
    deep = shapely.intersects(shapely.buffer(parts[met[~crossed]], -2 * reach), through[~crossed])
    ends = np.setdiff1d(owner[met[~crossed][deep]], cut)
    of = np.concatenate([owner[met[face_of]], owner[rest]])
    stays = np.arange(len(of)) >= len(face_of)
    return (of, np.concatenate([faces, parts[rest]]), stays), ends


def _reach(crs: pyproj.CRS) -> float:
    """A centimetre, or about as much in degrees: a line that ends so near to an edge reaches it."""
    return 1e-7 if crs.is_geographic else 1e-2


def _longer(lines: NDArray[np.object_], reach: float) -> NDArray[np.object_]:
    """Lines that go on at both ends by a little, in their direction there.

    An end that was drawn on an edge lies beside it by what the arithmetic leaves.
    """
    ending = lines[~shapely.is_closed(lines)]
    ends = []
    for first, second in ((0, 1), (-1, -2)):
        a, b = (shapely.get_coordinates(shapely.get_point(ending, k)) for k in (first, second))
        away = np.hypot(*(a - b).T)[:, None]
        beyond = a + (a - b) * reach / np.where(away > 0, away, np.inf)
        ends.append(shapely.linestrings(np.stack([a, beyond], axis=1)))
    return np.concatenate([lines, *ends])


def _chunks(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lines of many points as several of few, each of which meets few parcels."""
    points, of = shapely.get_coordinates(lines, return_index=True)
    number = np.arange(len(of)) - np.searchsorted(of, of)
    last = np.append(of[1:] != of[:-1], True)
    joint = (number % VERTICES == 0) & (number > 0) & ~last  # the end of one and the beginning of the next
    twice = np.repeat(np.arange(len(of)), 1 + joint)
    new = np.append(True, (of[twice[1:]] != of[twice[:-1]]) | (twice[1:] == twice[:-1]))
    return np.asarray(shapely.linestrings(points[twice], indices=np.cumsum(new) - 1), dtype=object)


def _without_crumbs(
    parcels: Parcels, of: NDArray[np.intp], shapes: NDArray[np.object_], stays: NDArray[np.bool_], min_m2: float
) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Pieces by parcel and size, the small ones and those that stay united with the largest."""
    area = hectares(project(shapes, parcels.crs, parcels.flat)) * SQUARE_METRES
    order = np.lexsort((-area, of))
    of, shapes, area, stays = of[order], shapes[order], area[order], stays[order]
    first = np.append(True, of[1:] != of[:-1])[: len(of)]
    crumb = ((area < min_m2) | stays) & ~first
    head = np.maximum.accumulate(np.where(first, np.arange(len(of)), 0))
    for at in np.unique(head[crumb]):
        shapes[at] = shapely.union_all(shapes[(head == at) & (crumb | first)])
    return of[~crumb], shapes[~crumb]


def _replace(parcels: Parcels, rows: NDArray[np.intp], shapes: NDArray[np.object_], by_area: Sequence[str]) -> None:
    """Put pieces in the place of parcels, in their order; amounts are shared out by area."""
    order = np.argsort(rows, kind="stable")
    rows, shapes = rows[order], shapes[order]
    number = np.arange(len(rows)) - np.searchsorted(rows, rows)
    frame = parcels.frame.iloc[rows].reset_index(drop=True)
    area = hectares(project(shapes, parcels.crs, parcels.flat))
    share = area / np.bincount(rows, weights=area)[rows]
    for name in amounts(frame, by_area):
        frame[name] = frame[name].to_numpy(dtype=np.float64) * share
    frame["parcel_id"] = _called(frame["parcel_id"].tolist(), number.tolist())
    parcels.frame, parcels.shapes = frame, shapes


def _called(ids: Sequence[str], number: Sequence[int]) -> list[str]:
    """The ids of pieces: the first keeps the parcel's, the others get the next numbers that no parcel has."""
    taken, last, out = set(ids), 1, []
    for each, k in zip(ids, number, strict=True):
        last = last + 1 if k else 1
        while k and f"{each}~{last}" in taken:
            last += 1
        out.append(f"{each}~{last}" if k else each)
    return out
