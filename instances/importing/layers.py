"""Layers and a mapping file become a study; layers without one, a starter mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from zonevest.instances.cells import texts
from zonevest.instances.faults import Faults, meant, some, within
from zonevest.instances.files import read_csv, read_parquet, read_text
from zonevest.instances.importing.adjacency import adjacency
from zonevest.instances.importing.columns import Fields, kind_of
from zonevest.instances.importing.imported import Imported
from zonevest.instances.importing.lines import lay_over
from zonevest.instances.importing.mapping import (
    MAPPING_FILE,
    LayerRef,
    MappingFile,
    parse_mapping,
    read_mapping,
)
from zonevest.instances.importing.plane import name_of
from zonevest.instances.importing.raster import read_raster
from zonevest.instances.importing.regroup import AMOUNTS, join_neighbours
from zonevest.instances.importing.shapes import POLYGONS, Parcels, repair
from zonevest.instances.importing.sources import RASTER, Found, Layer, choose, crs_of, find_layers, on_earth, read_layer
from zonevest.instances.importing.split import areas_or_lines, split_along
from zonevest.instances.importing.starter import starter
from zonevest.instances.read import ADJACENCY_FILE
from zonevest.instances.rules import rule
from zonevest.instances.say import foreign, say
from zonevest.instances.schema import BY_NAME, PARCELS


def import_layers(
    sources: Sequence[Path], mapping: Path | Mapping[str, Any] | None, faults: Faults, lang: str = "en"
) -> Imported:
    """Make a study of layers.

    Parameters
    ----------
    sources : files of layers, or folders of them.
    mapping : the mapping file, or its keys; None for a starter mapping in place of a study.
    faults : what is wrong; raised here.
    lang : the language of the starter's comments.
    """
    if mapping is None:
        if not sources:
            faults.add("zonevest import", rule("import.sources"), say("neither of them"))
        found = find_layers(sources, faults)
        faults.stop_if_any()
        text, told = starter(found, faults, lang)
        faults.stop_if_any()
        return Imported(files={MAPPING_FILE: text}, told=told)
    if isinstance(mapping, Mapping):
        plan: MappingFile | None = parse_mapping(mapping, say("the mapping"), Path(), faults)
    else:
        plan = read_mapping(mapping, faults)
    if plan is None:
        faults.stop()
    return LayerImport(plan, find_layers(sources, faults), faults).run()


class LayerImport:
    """One import by a mapping."""

    def __init__(self, plan: MappingFile, found: list[Found], faults: Faults) -> None:
        self.plan, self.found, self.faults = plan, found, faults

    def run(self) -> Imported:
        """The parts of the study folder."""
        try:
            with np.errstate(all="ignore"):  # what comes of odd coordinates is looked at, and told, as what it is
                return self.steps()
        except shapely.errors.GEOSException as error:
            self.faults.add(self.plan.label, rule("import.overlay"), foreign(str(error).partition("\n")[0]))
            self.faults.stop()
        except pyproj.exceptions.ProjError as error:
            self.faults.add(self.plan.label, rule("import.projection"), foreign(str(error).partition("\n")[0]))
            self.faults.stop()

    def steps(self) -> Imported:
        """Read all, then repair, split, lay over, join and measure; nothing goes on past a fault of reading."""
        tables = self.tables()
        if self.plan.parcels is None:
            self.faults.stop_if_any()
            return Imported(self.plan.settings, {}, (), tables)
        layers = [self.layer(line.ref, line.path) for line in self.plan.lines]
        splits = [self.layer(each.ref, each.path) for each in self.plan.splits]
        parcels, closed, stated = self.parcels(self.plan.parcels)
        if parcels is None:
            self.faults.stop()
        self.faults.stop_if_any()
        plan = self.plan
        where = within(plan.label, "[repair]")
        repair(parcels, plan.repair, plan.sliver_m2, plan.overlap_m2, closed, where, self.faults)
        self.faults.stop_if_any()
        for split, layer in zip(plan.splits, splits, strict=True):
            crs = crs_of(layer, split.ref, within(plan.label, split.path), self.faults) if layer else None
            if layer is None or not areas_or_lines(layer, self.faults) or crs is None:
                continue
            if on_earth(layer, crs, self.faults):
                split_along(parcels, layer, crs, split.min_m2, plan.by_area)
        for line, layer in zip(plan.lines, layers, strict=True):
            if layer is not None:
                lay_over(parcels, line, layer, plan.label, self.faults)
        self.faults.stop_if_any()
        if plan.min_ha:
            self.merged(parcels)
        return self.finished(parcels, stated, tables)

    def merged(self, parcels: Parcels) -> None:
        """Join what is small, and tell where that came to nothing."""
        before, least = len(parcels), self.plan.min_ha
        join_neighbours(parcels, least, self.plan.merge_by, self.plan.by_area)
        if len(parcels) == before:
            parcels.tell(say("no parcels joined"))
        small = np.flatnonzero(parcels.hectares() < least)
        told = say("{count} parcels below {least:g} ha left: no neighbour that touches them says the same ({ids})",
                   count=len(small), least=least, ids=some(parcels.ids[small]))  # fmt: skip
        parcels.tell(told if len(small) else say("no parcel below {least:g} ha left", least=least))

    def tables(self) -> dict[str, str | pd.DataFrame]:
        """The further tables, as they are in their files."""
        out: dict[str, str | pd.DataFrame] = {}
        for name, file in self.plan.tables.items():
            path = self.plan.folder / file
            if path.suffix.lower() == ".parquet":
                raw = read_parquet(path, BY_NAME[name], path.name, self.faults)
                out[f"{name}.parquet"] = pd.DataFrame() if raw is None else pd.DataFrame(dict(raw.cells))
            elif read_csv(path, BY_NAME[name], path.name, self.faults) is not None:
                out[f"{name}.csv"] = read_text(path, path.name, self.faults) or ""
        return out

    def layer(self, ref: LayerRef, path: str) -> Layer | None:
        """A layer that the mapping names, its `where` applied."""
        where = within(self.plan.label, path)
        found = choose(ref, self.found, self.plan.folder, where, self.faults)
        if found is None:
            return None
        if found.path.suffix.lower() in RASTER:
            return self.held(read_raster(found, self.needed(), self.faults), ref, path)
        return self.held(read_layer(found, ref, self.faults), ref, path)

    def held(self, layer: Layer | None, ref: LayerRef, path: str) -> Layer | None:
        """The rows of a layer for which its `where` holds."""
        if layer is None or not ref.where:
            return layer
        fields = Fields(layer, self.plan.label, self.faults)
        return layer.take(fields.holds(ref.where, f"{path}.where"))

    def needed(self) -> list[str]:
        """The bands without which a cell is no parcel: those of a column that says nothing for a blank."""
        rules = self.plan.columns.values()
        return [rule.field for rule in rules if rule.field and rule.blank is None and rule.default is None]

    def parcels(self, ref: LayerRef) -> tuple[Parcels | None, NDArray[np.intp], bool]:
        """The parcels with their columns, the positions of rings that were not closed, and whether areas are stated."""
        none = np.zeros(0, dtype=np.intp)
        layer = self.layer(ref, "parcels")
        if layer is None:
            return None, none, False
        crs = crs_of(layer, ref, within(self.plan.label, "parcels"), self.faults)
        if not len(layer.fields):
            self.faults.add(layer.label, rule("import.features"), say("none"))
            return None, none, False
        fields = Fields(layer, self.plan.label, self.faults)
        columns = {name: fields.column(rule, kind_of(name)) for name, rule in self.plan.columns.items()}
        frame = pd.DataFrame(columns)
        self.ids(frame, layer)
        self.areas_only(layer)
        self.amounts(frame)
        self.says_the_same(frame)
        if crs is None or "parcel_id" not in frame or not on_earth(layer, crs, self.faults):
            return None, none, False
        told = [say("{where}: {what}", where=layer.label, what=each) for each in layer.told]
        parcels = Parcels(layer.label, frame, layer.shapes, crs, crs, told)
        parcels.tell(say("{count} features in {crs}", count=len(frame), crs=name_of(crs)))
        return parcels, layer.closed, "area_ha" in frame

    def ids(self, frame: pd.DataFrame, layer: Layer) -> None:
        """Every parcel has an id of its own."""
        if "parcel_id" not in frame:
            return
        frame["parcel_id"] = np.array(texts(frame["parcel_id"]), dtype=object)
        ids = frame["parcel_id"]
        where = within(self.plan.label, self.plan.columns["parcel_id"].path)
        twice = ids[ids.duplicated(keep=False) & (ids != "")]
        if len(twice):
            kinds = twice.value_counts(sort=False)
            found = some(say("{id} ({count} times)", id=key, count=count) for key, count in kinds.items())
            self.faults.add(where, rule("import.id-twice"), found)
        if (ids == "").any():
            at = np.flatnonzero(ids == "") + 1
            found = say(
                "{count} features of {layer} without one: {ids}", count=len(at), layer=layer.label, ids=some(at)
            )
            self.faults.add(where, rule("import.id"), found)

    def areas_only(self, layer: Layer) -> None:
        """Parcels are areas, not lines or points."""
        kinds = shapely.get_type_id(layer.shapes)
        wrong = np.flatnonzero(~np.isin(kinds, (-1, *POLYGONS, shapely.GeometryType.GEOMETRYCOLLECTION)))
        if len(wrong):
            found = say("{count} features that are lines or points: {ids}", count=len(wrong), ids=some(wrong + 1))
            self.faults.add(layer.label, rule("import.areas"), found)

    def amounts(self, frame: pd.DataFrame) -> None:
        """What is shared out or added up by area is numbers."""
        for name in self.plan.by_area:
            if name not in frame or frame[name].dtype.kind not in "iuf":
                known = [each for each in frame if frame[each].dtype.kind in "iuf" and each not in AMOUNTS]
                must = rule("import.by-area", fields=some(known, 20))
                self.faults.add(within(self.plan.label, "parcels.by_area"), must, repr(name))

    def says_the_same(self, frame: pd.DataFrame) -> None:
        """What parcels have to say alike to be joined is columns that they have."""
        lines = [line.column for line in self.plan.lines]
        for name in self.plan.merge_by:
            if name not in frame and name not in lines:
                known = [str(each) for each in [*frame.columns, *lines]]
                must = rule("import.merge-by", fields=some(known, 20))
                do = meant(name, known, must.do)
                self.faults.add(within(self.plan.label, "merge.by"), must, repr(name), do)

    def finished(self, parcels: Parcels, stated: bool, tables: Mapping[str, str | pd.DataFrame]) -> Imported:
        """The parts of the study folder."""
        area = parcels.hectares()
        if not stated:
            parcels.frame["area_ha"] = area
            method = parcels.flat.coordinate_operation
            name = name_of(parcels.flat) if method is None else method.method_name
            parcels.tell(
                say("areas are of the shapes, by {method}: {area:,.2f} ha", method=name, area=float(area.sum()))
            )
        else:
            held = float(np.nansum(parcels.frame["area_ha"].to_numpy(dtype=np.float64)))
            parcels.tell(
                say("areas are as stated: {area:,.2f} ha; the shapes have {shapes:,.2f} ha",
                    area=held, shapes=float(area.sum()))
            )  # fmt: skip
        files = dict(tables)
        plan, told = self.plan, parcels.told
        if plan.gap_m is not None:
            pairs = adjacency(parcels.ids, parcels.shapes, parcels.crs, parcels.flat, plan.gap_m)
            files[ADJACENCY_FILE] = pairs
            told.append(say("{count} pairs of neighbours in {file}", count=len(pairs), file=ADJACENCY_FILE))
        shapes = parcels.shapes
        if plan.cells == "points":
            shapes = np.asarray(shapely.point_on_surface(shapes), dtype=object)
        order = [column.name for column in PARCELS.columns if column.name in parcels.frame]
        frame = parcels.frame[[*order, *(name for name in parcels.frame if name not in order)]]
        land = gpd.GeoDataFrame(frame, geometry=shapes, crs=pyproj.CRS(parcels.crs))
        told.append(say("{count} parcels in the study", count=len(land)))
        return Imported(plan.settings, {"parcels": land}, tuple(told), files)
