"""Line layers laid over the parcels: which share of every parcel lies inside, and what the parcel takes from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, some, within
from zonevest.instances.importing.columns import Fields, kind_of
from zonevest.instances.importing.mapping import STRICTEST, Line
from zonevest.instances.importing.plane import SQUARE_METRES, project
from zonevest.instances.importing.shapes import POLYGONS, SHARE, Parcels, sound
from zonevest.instances.importing.sources import Layer, crs_of, noticed, on_earth
from zonevest.instances.rules import rule
from zonevest.instances.say import say

VERTICES = 256
"""Shapes with more points are cut in halves before they are laid over: each cut costs what it cuts through."""
TOUCH = 1e-6
"""Square metres from which on a share counts; less is what the arithmetic leaves."""
OVER = 1.0
"""Square metres of a parcel (or `SHARE` of it) from which on two features share land: drawing and projecting leave less
at their edges."""
EDGE = 5e-5
"""A share of a parcel below this is what projecting leaves between a long edge and the short ones along it."""
NEARLY = 1e-6
"""A share so close to the threshold reaches it."""

Areas = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]
"""Positions of parcels and values, and the area that the one has in common with the other."""


@dataclass(frozen=True)
class Cover:
    """What of which parcel lies in features of which value; position k of the arrays is one such pair.

    Attributes
    ----------
    parcel, value : positions of the parcel, and of the value in the list of values.
    area : square metres in common; no square metre of a parcel is counted twice.
    """

    parcel: NDArray[np.intp]
    value: NDArray[np.intp]
    area: NDArray[np.float64]


def lay_over(parcels: Parcels, line: Line, layer: Layer, label: str, faults: Faults) -> None:
    """Set the column of a line layer, and the share if it is to be kept."""
    crs = crs_of(layer, line.ref, within(label, line.path), faults)
    fields = Fields(layer, label, faults)
    before = len(faults)
    cells = fields.column(line.rule, "text") if len(layer.fields) else np.zeros(0, dtype=object)
    areas_only(layer, faults)
    if crs is None or not on_earth(layer, crs, faults) or len(faults) > before:
        return
    parcels.told += noticed(layer)
    blank = np.flatnonzero(cells.astype(str) == "")
    if len(blank) and line.rule.field:
        told = say("{layer}: {count} features hold nothing in {name}: left out ({ids})",
                   layer=layer.label, count=len(blank), name=line.rule.field, ids=some(blank + 1))  # fmt: skip
        parcels.told.append(told)
    shapes, wrong = sound(layer.shapes)
    if len(wrong):
        ids = some(map(str, wrong + 1))
        told = say("{layer}: {count} shapes repaired (features {ids})", layer=layer.label, count=len(wrong), ids=ids)
        parcels.told.append(told)
    out_values = ("", "0") if line.column != "tags" and not line.column.startswith("x_") else ("",)
    held = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & ~np.isin(cells.astype(str), out_values)
    shapes, cells = sound(project(shapes[held], crs, parcels.flat))[0], cells[held]
    names = _ordered(line.column, cells)
    codes = np.asarray(pd.Index(names, dtype=object).get_indexer(pd.Index(cells, dtype=object)), dtype=np.intp)
    plane = parcels.plane()
    cover = covered(plane, shapes, codes, apart=line.column == "tags")
    _take(parcels, line, layer.label, names, cover, shapely.area(plane))


def areas_only(layer: Layer, faults: Faults) -> None:
    """See that a layer that is laid over parcels consists of areas."""
    wanted = np.isin(shapely.get_type_id(layer.shapes), (-1, *POLYGONS, shapely.GeometryType.GEOMETRYCOLLECTION))
    if not wanted.all():
        at = some(map(str, np.flatnonzero(~wanted) + 1))
        found = say("{count} features that are lines or points: {ids}", count=int((~wanted).sum()), ids=at)
        faults.add(layer.label, rule("import.line-areas"), found)


def covered(
    parcels: NDArray[np.object_], shapes: NDArray[np.object_], values: NDArray[np.intp], apart: bool = False
) -> Cover:
    """Areas that parcels have in common with features, by their values.

    Parameters
    ----------
    parcels : shapes in a system that keeps areas, shape (parcels,).
    shapes, values : features in the same system and the position of the value of each; where features lie over each
        other the land counts for the lower one.
    apart : it counts for every value by itself instead, once (catchments lie over each other).
    """
    pieces, origin = subdivide(shapes)
    tree = shapely.STRtree(parcels)
    piece, parcel = tree.query(pieces, predicate="intersects")
    shapely.prepare(pieces)
    whole = shapely.covers(pieces[piece], parcels[parcel])
    inside = parcels[parcel]
    inside[~whole] = shapely.intersection(parcels[parcel[~whole]], pieces[piece[~whole]])
    area = shapely.area(inside)
    feature = origin[piece]
    kinds = (values if apart else np.zeros_like(values))[feature]
    doubtful = _lying_over(parcel, feature, kinds, inside, np.minimum(OVER, SHARE * shapely.area(parcels)))
    if len(doubtful):
        rows = np.isin(parcel, doubtful)
        kind, value = kinds[rows], values[feature[rows]]
        more = _in_turn(parcels, pieces, parcel[rows], kind, value, piece[rows])
        parcel, feature, area = parcel[~rows], feature[~rows], area[~rows]
        first = _summed(parcel, values[feature], area)
        parcel, value, area = (np.concatenate(parts) for parts in zip(first, more, strict=True))
    else:
        parcel, value, area = _summed(parcel, values[feature], area)
    counts = area > TOUCH
    return Cover(parcel[counts], value[counts], area[counts])


def subdivide(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Cut shapes of many points into smaller ones of the same area; the pieces, and which shape each is of."""
    parts, origin = shapely.get_parts(shapes, return_index=True)
    done: list[tuple[NDArray[np.object_], NDArray[np.intp]]] = []
    for _ in range(24):  # each round halves what is large; so many rounds part any shape that a file holds
        large = shapely.get_num_coordinates(parts) > VERTICES
        done.append((parts[~large], origin[~large]))
        if not large.any():
            break
        parts, origin = parts[large], origin[large]
        west, south, east, north = shapely.bounds(parts).T
        wide = east - west > north - south
        x, y = np.where(wide, (west + east) / 2, east), np.where(wide, north, (south + north) / 2)
        x0, y0 = np.where(wide, x, west), np.where(wide, south, y)
        halves = [shapely.box(west, south, x, y), shapely.box(x0, y0, east, north)]
        cut = np.concatenate([shapely.intersection(parts, half) for half in halves])
        pieces, at = shapely.get_parts(cut, return_index=True)
        areas = np.isin(shapely.get_type_id(pieces), POLYGONS) & ~shapely.is_empty(pieces)
        parts, origin = pieces[areas], np.tile(origin, 2)[at[areas]]
    else:
        done.append((parts, origin))
    return np.concatenate([each for each, _ in done]), np.concatenate([each for _, each in done])


def _lying_over(
    parcel: NDArray[np.intp],
    feature: NDArray[np.intp],
    kind: NDArray[np.intp],
    inside: NDArray[np.object_],
    least: NDArray[np.float64],
) -> NDArray[np.intp]:
    """The parcels in which features of one kind share land, at least as much as `least` says of each.

    Position k of the arrays is what of a parcel lies in a piece of a feature. Of these only the ones of one parcel can
    share any of it.
    """
    rows = np.flatnonzero(shapely.area(inside) > least[parcel])
    pairs = np.unique(np.stack([parcel[rows], feature[rows]]), axis=1)[0]
    rows = rows[np.isin(parcel[rows], pairs[1:][pairs[1:] == pairs[:-1]])]  # parcels with more than one feature
    a, b = shapely.STRtree(inside[rows]).query(inside[rows])
    a, b = rows[a], rows[b]
    same = (parcel[a] == parcel[b]) & (kind[a] == kind[b]) & (feature[a] < feature[b])
    a, b = a[same], b[same]
    over = shapely.area(shapely.intersection(inside[a], inside[b])) > least[parcel[a]]
    return np.unique(parcel[a[over]])


def _in_turn(
    parcels: NDArray[np.object_],
    pieces: NDArray[np.object_],
    parcel: NDArray[np.intp],
    kind: NDArray[np.intp],
    value: NDArray[np.intp],
    piece: NDArray[np.intp],
) -> Areas:
    """Areas in common where features lie over each other: the lower value takes the land, the next what is left.

    Of every parcel and kind one piece a round, all parcels at once.
    """
    order = np.lexsort((piece, value, kind, parcel))
    parcel, kind, value, piece = parcel[order], kind[order], value[order], piece[order]
    new = np.concatenate([[True], (parcel[1:] != parcel[:-1]) | (kind[1:] != kind[:-1])])
    group = np.cumsum(new) - 1
    turn = np.arange(len(group)) - np.flatnonzero(new)[group]
    left, area = parcels[parcel[new]], np.zeros(len(group))
    for number in range(int(turn.max()) + 1):
        at = np.flatnonzero(turn == number)
        before = left[group[at]]
        left[group[at]] = shapely.difference(before, pieces[piece[at]])
        area[at] = shapely.area(before) - shapely.area(left[group[at]])
    return _summed(parcel, value, area)


def _summed(parcel: NDArray[np.intp], value: NDArray[np.intp], area: NDArray[np.float64]) -> Areas:
    """Areas added up by parcel and value."""
    most = int(value.max(initial=0)) + 1
    keys, at = np.unique(parcel * most + value, return_inverse=True)
    total = np.bincount(at, weights=area, minlength=len(keys)).astype(np.float64)
    return np.asarray(keys // most, dtype=np.intp), np.asarray(keys % most, dtype=np.intp), total


def _ordered(column: str, cells: NDArray[np.object_]) -> list[str]:
    """The values of features, the one that wins first: the strictest, else in the order of the file."""
    strict = STRICTEST.get(column, ())
    found = list(dict.fromkeys(cells.tolist()))
    return [*(each for each in strict if each in found), *(each for each in found if each not in strict)]


def _take(parcels: Parcels, line: Line, layer: str, names: list[str], cover: Cover, areas: NDArray[np.float64]) -> None:
    """Write the column by shares and threshold, and tell how many parcels are inside."""
    share = cover.area / areas[cover.parcel]
    total = np.bincount(cover.parcel, weights=share, minlength=len(parcels))
    least = line.threshold or EDGE
    inside = total >= least - NEARLY
    if line.column == "tags":
        inside = _tags(parcels, names, cover, share >= least - NEARLY)
    elif line.column:
        _values(parcels, line.column, names, cover, inside)
    if line.share:
        parcels.frame[line.share] = np.minimum(total, 1.0)
    touched = int((total >= EDGE).sum())
    parcels.told.append(
        say(
            "{layer} → {column}: {count} parcels inside (a share of at least {threshold:g}), {area:,.2f} ha of them "
            "covered; {touched} touched in all",
            layer=layer, column=line.column or line.share, count=int(inside.sum()), threshold=least,
            area=float(cover.area[inside[cover.parcel]].sum()) / SQUARE_METRES, touched=touched,
        )
    )  # fmt: skip
    if not total.any() and len(parcels):
        parcels.told.append(say("{layer} touches no parcel: if it should, look at its coordinate system", layer=layer))


def _values(parcels: Parcels, column: str, names: list[str], cover: Cover, inside: NDArray[np.bool_]) -> None:
    """Give the parcels inside the value with the largest share; on a tie the first one."""
    flag = column == "redline" or (kind_of(column) == "flag")
    if column in parcels.frame:
        cells = parcels.frame[column].to_numpy(dtype=object, copy=True)
    else:
        cells = np.full(len(parcels), "0" if flag else "", dtype=object)
    order = np.lexsort((cover.value, -cover.area, cover.parcel))
    first = np.unique(cover.parcel[order], return_index=True)[1]
    at = order[first]
    at = at[inside[cover.parcel[at]]]
    cells[cover.parcel[at]] = np.array(names, dtype=object)[cover.value[at]] if names else ""
    parcels.frame[column] = cells


def _tags(parcels: Parcels, names: list[str], cover: Cover, good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add every value that covers enough of a parcel to its tags; the parcels that have got one."""
    held = parcels.frame["tags"].tolist() if "tags" in parcels.frame else [""] * len(parcels)
    for i, value in zip(cover.parcel[good].tolist(), cover.value[good].tolist(), strict=True):
        held[i] = f"{held[i]};{names[value]}" if held[i] else names[value]
    parcels.frame["tags"] = np.array(held, dtype=object)
    inside = np.zeros(len(parcels), dtype=bool)
    inside[cover.parcel[good]] = True
    return inside
