"""What is wrong with the shapes of parcels: repaired or refused by stated rules, counted and told.

The rules are those of [repair] in a mapping file; `mapping.REPAIRS` lists them. A step takes the state of the parcels,
and leaves a sentence with the count and the first ids of what it has found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, column_of, some, within
from zonevest.instances.importing.plane import SQUARE_METRES, equal_area, hectares, project
from zonevest.instances.rules import rule
from zonevest.instances.say import say

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
LINES_TOO = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)
THIN = 0.1
"""Metres of width, on average, below which a parcel looks like what drawing has left."""
SHARE = 1e-3
"""An overlap below this share of the smaller parcel is the noise of drawing."""


@dataclass
class Parcels:
    """Parcels on their way into a study.

    Attributes
    ----------
    label : how the reader knows their layer.
    frame : the columns of the study so far, `parcel_id` among them.
    shapes : their shapes in the layer's own coordinate system, shape (parcels,), None only where points are allowed.
    crs : that system.
    flat : the equal-area one.
    told : what was found and repaired.
    """

    label: str
    frame: pd.DataFrame
    shapes: NDArray[np.object_]
    crs: pyproj.CRS
    flat: pyproj.CRS
    told: list[str]
    _plane: tuple[NDArray[np.object_], pyproj.CRS, NDArray[np.object_]] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def ids(self) -> NDArray[np.object_]:
        """The parcels' ids."""
        return np.asarray(self.frame["parcel_id"], dtype=object)

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Leave out the parcels that a mask does not hold."""
        self.frame, self.shapes = self.frame[mask].reset_index(drop=True), self.shapes[mask]

    def tell(self, sentence: str) -> None:
        """Take down what was found or done."""
        self.told.append(say("{where}: {what}", where=self.label, what=sentence))

    def plane(self) -> NDArray[np.object_]:
        """Their shapes in the equal-area system; projected anew only after they have changed."""
        if self._plane is None or self._plane[0] is not self.shapes or self._plane[1] is not self.flat:
            # projecting may turn a thin corner over
            self._plane = self.shapes, self.flat, sound(project(self.shapes, self.crs, self.flat))[0]
        return self._plane[2]

    def hectares(self) -> NDArray[np.float64]:
        """Their areas, hectares."""
        return hectares(self.plane())


def polygons(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Of shapes the areas alone: lines and points in a collection are left out, nothing is an empty polygon."""
    types = shapely.get_type_id(shapes)
    out, mixed = shapes.copy(), np.flatnonzero(~np.isin(types, POLYGONS) & ~shapely.is_missing(shapes))
    if len(mixed):
        parts, at = shapely.get_parts(shapes[mixed], return_index=True)
        nested, within_part = shapely.get_parts(parts, return_index=True)
        at = at[within_part]
        good = np.isin(shapely.get_type_id(nested), POLYGONS)
        nested, at = nested[good], at[good]
        for k, i in enumerate(mixed):  # collections are few
            out[i] = shapely.union_all(nested[at == k]) if (at == k).any() else shapely.Polygon()
    return out


def with_lines(shapes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Positions of the collections that hold lines or points beside areas."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    parts, at = shapely.get_parts(shapes[mixed], return_index=True)
    nested, within_part = shapely.get_parts(parts, return_index=True)
    return np.unique(mixed[at[within_part[~np.isin(shapely.get_type_id(nested), POLYGONS)]]])


def sound(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Shapes with sound rings and nothing but areas, and the positions of those that were not so."""
    wrong = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    out = shapes.copy()
    if len(wrong):
        # by structure: parts that lie over each other are united (by lines, what they share would become a hole)
        out[wrong] = shapely.make_valid(shapes[wrong], method="structure", keep_collapsed=False)
    return polygons(out), wrong


def repair(
    parcels: Parcels,
    rules: Mapping[str, str],
    sliver_m2: float,
    overlap_m2: float,
    closed: NDArray[np.intp],
    where: str,
    faults: Faults,
) -> None:
    """Put the shapes of parcels right by the rules, step by step; what may not be repaired is a fault.

    Parameters
    ----------
    rules : what is done with each defect (`mapping.REPAIRS`).
    sliver_m2, overlap_m2 : square metres below which a parcel is a sliver, from which an overlap counts.
    closed : positions of shapes whose rings were not closed.
    where : how the reader knows the rules.
    """
    judge = _Judge(parcels, rules, where, faults)
    judge.rings(closed)
    judge.without_shape()
    if not len(parcels):
        faults.add(parcels.label, rule("import.some-shapes"), say("none"))
        faults.stop()
    judge.flatten()
    judge.stacked()
    judge.overlaps(overlap_m2)
    judge.slivers(sliver_m2)
    judge.thin(sliver_m2)


class _Judge:
    """The steps of `repair`."""

    def __init__(self, parcels: Parcels, rules: Mapping[str, str], where: str, faults: Faults) -> None:
        self.parcels, self.rules, self.where, self.faults = parcels, rules, where, faults

    def refused(self, defect: str, must: str, found: str) -> bool:
        """Whether a defect is refused; then it is a fault."""
        if self.rules[defect] != "refuse":
            return False
        self.faults.add(within(self.parcels.label, column_of("geometry")), must, found)
        return True

    def named(self, at: NDArray[np.intp]) -> str:
        return some(self.parcels.ids[at])

    def rings(self, closed: NDArray[np.intp]) -> None:
        parcels = self.parcels
        if len(closed):
            parcels.tell(say("{count} rings not closed: closed ({ids})", count=len(closed), ids=self.named(closed)))
        mixed = with_lines(parcels.shapes)
        if len(mixed):
            told = say("{count} collections: lines and points in them are left out ({ids})",
                       count=len(mixed), ids=self.named(mixed))  # fmt: skip
            parcels.tell(told)
        repaired, wrong = sound(parcels.shapes)
        if not len(wrong):
            parcels.shapes = repaired
            return
        found = say("{count} shapes that cross themselves: {ids}", count=len(wrong), ids=self.named(wrong))
        if not self.refused("invalid", rule("import.invalid"), found):
            count, ids = len(wrong), self.named(wrong)
            parcels.tell(say("{count} shapes that crossed themselves: repaired ({ids})", count=count, ids=ids))
        parcels.shapes = repaired

    def without_shape(self) -> None:
        parcels = self.parcels
        none = shapely.is_missing(parcels.shapes) | shapely.is_empty(parcels.shapes)
        none |= shapely.area(parcels.shapes) == 0
        at = np.flatnonzero(none)
        if not len(at):
            return
        found = say("{count} parcels without a shape or without area: {ids}", count=len(at), ids=self.named(at))
        if not self.refused("no_shape", rule("import.no-shape"), found):
            parcels.tell(say("{found}; left out", found=found))
        parcels.keep(~none)

    def flatten(self) -> None:
        self.parcels.flat = equal_area(self.parcels.shapes, self.parcels.crs)

    def stacked(self) -> None:
        """Parcels of one and the same shape."""
        parcels = self.parcels
        keys = pd.Series(shapely.to_wkb(shapely.normalize(parcels.shapes)))
        twins = keys.duplicated(keep="first").to_numpy()
        at = np.flatnonzero(twins)
        if not len(at):
            return
        others = [name for name in parcels.frame.columns if name != "parcel_id"]
        same = parcels.frame[others].assign(key=keys).duplicated(keep="first").to_numpy()[at]
        found = say(
            "{count} parcels with the very shape of an earlier one: {ids}; {other} of them say something else than it",
            count=len(at), ids=self.named(at), other=int((~same).sum()),
        )  # fmt: skip
        if self.refused("stacked", rule("import.stacked"), found):
            parcels.keep(~twins)  # they are told; what follows is about the others
            return
        first = self.rules["stacked"] == "first"
        done = say("{found}; left out", found=found) if first else say("{found}; kept", found=found)
        parcels.tell(done)
        if first:
            parcels.keep(~twins)

    def overlaps(self, overlap_m2: float) -> None:
        parcels = self.parcels
        one, other, area = overlapping(parcels, overlap_m2)
        if not len(one):
            return
        ids = parcels.ids
        found = say(
            "{count} pairs of parcels overlap by {area:,.4f} ha: {ids}",
            count=len(one), area=float(area.sum()) / SQUARE_METRES,
            ids=some(f"{ids[i]}/{ids[j]}" for i, j in zip(one, other, strict=True)),
        )  # fmt: skip
        if self.refused("overlaps", rule("import.overlaps"), found):
            return
        if self.rules["overlaps"] == "keep":
            parcels.tell(say("{found}; kept", found=found))
            return
        parcels.tell(say("{found}; the later of each pair was cut", found=found))
        parcels.shapes = parcels.shapes.copy()
        # the earlier of a pair is cut only by those before it: in the order of the file every cut is final
        for late in np.unique(other):
            early = one[other == late]
            rest = shapely.difference(parcels.shapes[late], shapely.union_all(parcels.shapes[early]))
            parcels.shapes[late] = rest
        parcels.shapes = polygons(parcels.shapes)
        gone = shapely.is_empty(parcels.shapes) | (shapely.area(parcels.shapes) == 0)
        if gone.any():
            at = np.flatnonzero(gone)
            told = say("{count} parcels lay wholly under others: left out ({ids})", count=len(at), ids=self.named(at))
            parcels.tell(told)
            parcels.keep(~gone)

    def thin(self, sliver_m2: float) -> None:
        """Tell of parcels that are as thin as a sliver, but larger: they stay as they are."""
        plane = self.parcels.plane()
        area = shapely.area(plane)
        at = np.flatnonzero((area >= sliver_m2) & (area < THIN * shapely.length(plane) / 2))
        if len(at):
            self.parcels.tell(
                say("{count} parcels of {least:g} m² or more, but narrower than {width:g} m on average: kept ({ids})",
                    count=len(at), least=sliver_m2, width=THIN, ids=self.named(at))
            )  # fmt: skip

    def slivers(self, sliver_m2: float) -> None:
        from zonevest.instances.importing.regroup import join_neighbours

        parcels = self.parcels
        small = parcels.hectares() * SQUARE_METRES < sliver_m2
        at = np.flatnonzero(small)
        if not len(at):
            return
        found = say("{count} slivers below {least:g} m²: {ids}", count=len(at), least=sliver_m2, ids=self.named(at))
        if self.refused("slivers", rule("import.slivers"), found):
            return
        if self.rules["slivers"] == "keep":
            parcels.tell(say("{found}; kept", found=found))
        elif self.rules["slivers"] == "drop":
            parcels.tell(say("{found}; left out", found=found))
            parcels.keep(~small)
        else:
            parcels.tell(say("{found}; each joined the neighbour with the longest common edge", found=found))
            join_neighbours(parcels, sliver_m2 / SQUARE_METRES, (), ())
            alone = parcels.hectares() * SQUARE_METRES < sliver_m2
            if alone.any():  # what a cut leaves of a sliver may have no edge in common with anything
                at = np.flatnonzero(alone)
                told = say("{count} slivers without a neighbour: left out ({ids})", count=len(at), ids=self.named(at))
                parcels.tell(told)
                parcels.keep(~alone)


def overlapping(parcels: Parcels, least_m2: float) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of parcels whose areas overlap, the earlier first, and by how much.

    Returns
    -------
    Positions of the one and the other and square metres in common, each of shape (pairs,): at least `least_m2`, and
    more than the share `SHARE` of the smaller of the two.
    """
    # only where edges do not match is it looked at in pairs: of clean layers next to nothing
    loose = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(parcels.shapes)))
    if not len(loose):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
    tree = shapely.STRtree(parcels.shapes)
    a, b = tree.query(parcels.shapes[loose], predicate="intersects")
    pairs = np.unique(np.sort(np.stack([loose[a], b]), axis=0)[:, loose[a] != b], axis=1)
    common = shapely.intersection(parcels.shapes[pairs[0]], parcels.shapes[pairs[1]])
    common = polygons(np.asarray(common, dtype=object))
    some_area = shapely.area(common) > 0
    pairs, common = pairs[:, some_area], common[some_area]
    area = shapely.area(project(common, parcels.crs, parcels.flat))
    areas = parcels.hectares() * SQUARE_METRES
    counts = (area >= least_m2) & (area > SHARE * np.minimum(areas[pairs[0]], areas[pairs[1]]))
    return pairs[0][counts], pairs[1][counts], area[counts]
