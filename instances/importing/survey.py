"""The layers of the third national land survey become a study.

The official layers are found and their fields read by the codes of the survey; then they are laid over the parcels by
the mapping `cn_survey.toml`, as any other layers are. What is the survey's own: areas net of field ridges, slopes and
zones from two layers each, and the names of jurisdictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.faults import Faults, some, within
from zonevest.instances.files import read_text
from zonevest.instances.importing import survey_fields as read
from zonevest.instances.importing.imported import Imported
from zonevest.instances.importing.layers import LayerImport
from zonevest.instances.importing.mapping import LayerRef, MappingFile, parse_mapping
from zonevest.instances.importing.shapes import Parcels
from zonevest.instances.importing.sources import Found, Layer, find_layers
from zonevest.instances.importing.survey_data import (
    PARCELS_LAYER,
    Options,
    layers,
    parse_options,
    preset_mapping,
)
from zonevest.instances.importing.survey_fields import BOUNDARY_ZONE, RIDGE, SLOPE, Survey
from zonevest.instances.importing.survey_layers import find_official, read_official
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.settings import parse_toml

RIDGES = "1203"
"""The land class of field ridges (田坎)."""
FLAT = 1
"""The slope class of parcels of which no layer says any."""
PARTS = ("jurisdiction", "tenure", "zone", "redline", "basic_farmland", "growth_boundary", "village_boundary", "sea",
         "mineral_right", "national_park", "slope_class")  # fmt: skip
"""Columns in which ridges that make one parcel agree."""
NAMED = (
    ("GHFQ", "XZQDM", "XZQMC"),
    ("CZKFBJ", "XZQDM", "XZQMC"),
    ("CJDCQ", "ZLDWDM", "ZLDWMC"),
    ("XZQ", "XZQDM", "XZQMC"),
)
"""Layers with names of jurisdictions, the last word last: field of the code, field of the name."""
PRESET_COLUMNS = ("parcel_id", "land_class", "jurisdiction", "tenure", "area_ha", "slope_class", "farmland_quality",
                  "village_boundary")  # fmt: skip
"""Columns that DLTB gives."""


def import_survey(sources: list[Path], mapping: Path | None, faults: Faults) -> Imported:
    """The layers of the third national land survey become a study.

    Parameters
    ----------
    sources : databases (.gdb), folders or files of layers; several of one kind are adjacent counties or sheets.
    mapping : a mapping file whose keys take the place of those of `cn_survey.toml`; None for none.
    faults : what is wrong; raised here when all of it is there.
    """
    label, own = "cn-survey", dict[str, Any]()
    if mapping is not None:
        label = mapping.name
        text = read_text(mapping, label, faults)
        own = {} if text is None else parse_toml(text, label, faults)
    values = preset_mapping(own)
    options = parse_options(values.pop("survey", {}), label, faults)
    if not sources:
        faults.add("zonevest import", rule("survey.sources"), say("none"))
    found = find_layers(sources, faults)
    faults.stop_if_any()
    official = find_official(found, options, label, faults)
    if PARCELS_LAYER not in official:
        names = [each.layer for each in found]
        must = rule("survey.layer", layer=layers()[0].label, name=PARCELS_LAYER)
        faults.add(", ".join(map(str, sources)), must, say("layers {names}", names=some(map(repr, names), 20)))
    faults.stop_if_any()
    held = {name: read_official(name, each, options, faults) for name, each in official.items()}
    surveys = {name: Survey(name, layer, options, label, faults) for name, layer in held.items() if layer is not None}
    if PARCELS_LAYER not in surveys:
        faults.stop()
    prepared, lines, names_of = _prepared(surveys, options)
    columns = [name for name in prepared[PARCELS_LAYER].fields if name in PRESET_COLUMNS or name.startswith("x_")]
    if _sound(values):  # else the reader of mapping files says what is wrong
        _mapped(values, columns, lines, prepared)
    plan = parse_mapping(values, label, Path() if mapping is None else mapping.parent, faults)
    faults.stop_if_any()
    return SurveyImport(plan, found, faults, options, prepared, names_of, _told(surveys)).run()


def _told(surveys: Mapping[str, Survey]) -> list[str]:
    """What was noticed on the layers that are laid over, and which there are none of."""
    beside = [survey.layer for name, survey in surveys.items() if name != PARCELS_LAYER]
    out = [say("{where}: {what}", where=layer.label, what=told) for layer in beside for told in layer.told]
    absent = [each.label for each in layers() if each.layer not in surveys]
    if absent:
        out.append(say("official layers that are not there: {names}", names=some(absent, 20)))
    return out


def _sound(values: Mapping[str, Any]) -> bool:
    """Whether what the preset adds to in a mapping file is of the kind that it should be."""
    parcels = values.get("parcels", {})
    return (
        isinstance(parcels, Mapping)
        and isinstance(parcels.get("columns", {}), Mapping)
        and isinstance(parcels.get("by_area", []), list)
        and isinstance(values.get("lines", []), list)
    )


def _mapped(
    values: dict[str, Any], columns: list[str], lines: list[dict[str, Any]], prepared: Mapping[str, Layer]
) -> None:
    """Put what the preset maps into the mapping, beside what the user's file says."""
    parcels = dict(values.get("parcels", {}))
    parcels["layer"] = PARCELS_LAYER
    parcels["columns"] = {name: name for name in columns} | dict(parcels.get("columns", {}))
    amounts = [RIDGE] if RIDGE in columns else []
    parcels["by_area"] = [*parcels.get("by_area", ()), *amounts]
    values["parcels"] = parcels
    # the user's own lines come last, and so have the last word
    values["lines"] = [*(each for each in lines if each["layer"] in prepared), *values.get("lines", ())]


def _prepared(
    surveys: Mapping[str, Survey], options: Options
) -> tuple[dict[str, Layer], list[dict[str, Any]], dict[str, str]]:
    """The layers with the cells that the mapping asks for, its lines, and the names of jurisdictions."""
    out: dict[str, Layer] = {}
    lines: list[dict[str, Any]] = []

    def line(name: str, column: str, cells: NDArray[np.object_], key: str = "") -> None:
        """A layer of features with one value each."""
        layer = surveys[name].layer
        key = key or name
        keep = cells != ""
        blank = np.flatnonzero(~keep)
        if len(blank) and column in ("zone", BOUNDARY_ZONE, SLOPE):
            told = say("{count} features hold no code: left out ({ids})", count=len(blank), ids=some(blank + 1))
            surveys[name].tell(told)
        fields = pd.DataFrame({"value": cells[keep]})
        kept = layer.take(keep)
        out[key] = replace(kept, fields=fields, told=[])
        share = {"threshold": options.threshold[name]} if name in options.threshold else {}
        lines.append({"layer": key, "column": column, "field": "value", **share})

    def ones(name: str) -> NDArray[np.object_]:
        return np.full(surveys[name].size, "1", dtype=object)

    out[PARCELS_LAYER] = _parcels(surveys[PARCELS_LAYER], "CZJSBJ" not in surveys)
    if "STBHHX" in surveys:
        line("STBHHX", "redline", read.red_line(surveys["STBHHX"]))
        parks = read.parks(surveys["STBHHX"])
        if (parks != "").any():
            line("STBHHX", "national_park", parks, "STBHHX, ZRBHDLX")
    for name, column in (("YJJBNTBHTB", "basic_farmland"), ("CZKFBJ", "growth_boundary"),
                         ("CZJSBJ", "village_boundary"), ("CKQ", "mineral_right")):  # fmt: skip
        if name in surveys:
            line(name, column, ones(name))
    if "GHFQ" in surveys:
        line("GHFQ", "zone", read.zones(surveys["GHFQ"], "GHFQ.GHFQDM"))
    if "CZKFBJ" in surveys:
        line("CZKFBJ", BOUNDARY_ZONE, read.zones(surveys["CZKFBJ"], "CZKFBJ.GHFQDM", "400"), "CZKFBJ, GHFQDM")
    if "PDT" in surveys:
        line("PDT", SLOPE, read.slopes(surveys["PDT"]))
    names: dict[str, str] = {}
    for name, code, called in NAMED:
        if name in surveys:
            names |= read.names(surveys[name], code, called)
    return out, lines, names


def _parcels(survey: Survey, by_code: bool) -> Layer:
    """DLTB with the columns of parcels beside its own fields."""
    columns = read.parcel_columns(survey)
    if by_code and survey.has("CZCSXM"):
        columns["village_boundary"] = read.settled(survey)
        count = int((columns["village_boundary"] == "1").sum())
        survey.tell(
            say("no layer of village boundaries: {count} polygons are inside one by CZCSXM, as settled today",
                count=count)
        )  # fmt: skip
    away = read.enclaves(survey)
    if away.any():
        ids = some(columns["parcel_id"][away])
        found = say("{count} polygons that lie in another county (FRDBS): {ids}", count=int(away.sum()), ids=ids)
        drop = survey.options.enclaves == "drop"
        survey.tell(say("{found}; left out", found=found) if drop else say("{found}; kept", found=found))
    layer = survey.layer
    fields = pd.concat([layer.fields, columns], axis=1)
    layer = replace(layer, fields=fields)
    return layer.take(~away) if away.any() and survey.options.enclaves == "drop" else layer


class SurveyImport(LayerImport):
    """An import by the mapping of the survey, with its layers as they were prepared."""

    def __init__(
        self,
        plan: MappingFile,
        found: list[Found],
        faults: Faults,
        options: Options,
        prepared: Mapping[str, Layer],
        names: Mapping[str, str],
        told: list[str],
    ) -> None:
        super().__init__(plan, found, faults)
        self.options, self.prepared, self.names, self.told = options, prepared, names, told

    def layer(self, ref: LayerRef, path: str) -> Layer | None:
        """An official layer as it was prepared, any other one from the sources."""
        held = self.prepared.get(ref.layer)
        return super().layer(ref, path) if held is None or ref.source else self.held(held, ref, path)

    def finished(self, parcels: Parcels, stated: bool, tables: Mapping[str, str | pd.DataFrame]) -> Imported:
        """The parts of the study folder."""
        self.slopes(parcels)
        self.zones(parcels)
        if stated:
            self.areas(parcels)
        parcels.frame = parcels.frame.drop(columns=[SLOPE, BOUNDARY_ZONE], errors="ignore")
        self.faults.stop_if_any()
        made = super().finished(parcels, stated, tables)
        land = made.tables["parcels"]
        told = [*self.told, *made.told]
        if RIDGE in land:
            land, ridges = _without_ridges(land)
            if ridges:
                told.append(
                    say("{area:,.2f} ha of field ridges in {count} parcels of class {code} without shape, held",
                        area=float(land["area_ha"].to_numpy()[-ridges:].sum()), count=ridges, code=RIDGES)
                )  # fmt: skip
        if not {"jurisdictions.csv", "jurisdictions.parquet"} & set(tables):
            made = replace(made, tables={"parcels": land, **self.jurisdictions(land, told)})
        else:
            made = replace(made, tables={"parcels": land})
        return replace(made, told=tuple(told))

    def slopes(self, parcels: Parcels) -> None:
        """Slope classes of PDT where GDPDJB says none."""
        frame = parcels.frame
        slope = pd.to_numeric(frame["slope_class"]).to_numpy(dtype=np.float64, copy=True)
        none = np.isnan(slope)
        if SLOPE in frame:
            slope[none] = pd.to_numeric(frame[SLOPE]).to_numpy(dtype=np.float64)[none]
            count = int((none & ~np.isnan(slope)).sum())
            parcels.tell(say("{count} parcels have their slope class from PDT", count=count))
        none = np.isnan(slope)
        if none.any():
            slope[none] = FLAT
            parcels.tell(
                say("{count} parcels of which no layer says a slope: taken for slope class {flat}",
                    count=int(none.sum()), flat=FLAT)
            )  # fmt: skip
        frame["slope_class"] = slope.astype(np.int64)

    def zones(self, parcels: Parcels) -> None:
        """Approved zones of CZKFBJ inside the urban development boundary where GHFQ says none."""
        frame = parcels.frame
        zone = frame["zone"].to_numpy(dtype=object, copy=True) if "zone" in frame else np.full(len(frame), "", object)
        if BOUNDARY_ZONE in frame:
            inside = (zone == "") & (frame["growth_boundary"].astype(str) == "1").to_numpy()
            zone[inside] = frame[BOUNDARY_ZONE].to_numpy(dtype=object)[inside]
        frame["zone"] = zone
        none = int((zone == "").sum())
        if none:
            parcels.tell(
                say("{count} parcels without an approved zone: it is that of their line, else the most suitable one",
                    count=none)
            )  # fmt: skip

    def areas(self, parcels: Parcels) -> None:
        """TBMJ where it is near the area of the shape, else that."""
        frame = parcels.frame
        drawn, held = parcels.hectares(), frame["area_ha"].to_numpy(dtype=np.float64)
        share = np.nan_to_num(frame[RIDGE].to_numpy(dtype=np.float64) / held)
        times = float(np.nanmedian(held / drawn)) if (~np.isnan(held)).any() else 1.0
        if not 0.5 < times < 2.0:
            self.faults.add(
                within(parcels.label, "TBMJ"),
                rule("survey.square-metres"),
                say("half of the polygons have less than {times:.3g} times the area of their shape", times=times),
            )
        away = ~(np.abs(held / drawn - 1.0) <= self.options.area_tolerance)
        at = np.flatnonzero(away)
        if len(at):
            parcels.tell(
                say("{count} parcels whose TBMJ is more than {share:g} of it off the area of their shape, or blank: "
                    "they have that of the shape ({stated:,.2f} ha stated, {drawn:,.2f} ha drawn; {ids})",
                    count=len(at), share=self.options.area_tolerance, ids=some(parcels.ids[at]),
                    stated=float(np.nansum(held[at])), drawn=float(drawn[at].sum()))
            )  # fmt: skip
        frame["area_ha"] = np.where(away, drawn, held)
        frame[RIDGE] = share * frame["area_ha"].to_numpy(dtype=np.float64)

    def jurisdictions(self, land: pd.DataFrame, told: list[str]) -> dict[str, pd.DataFrame]:
        """The table of jurisdictions: those that parcels name, with their names."""
        codes = sorted(set(land["jurisdiction"]) - {""})
        if not codes:
            return {}
        nameless = [each for each in codes if each not in self.names]
        if nameless:
            told.append(say("jurisdictions without a name in XZQ or CJDCQ: {names}", names=some(nameless)))
        names = [self.names.get(each, "") for each in codes]
        return {"jurisdictions": pd.DataFrame({"jurisdiction": codes, "name_en": names, "name_zh": names})}


def _without_ridges(land: pd.DataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """Parcels net of their field ridges, and those of the ridges, without shape, at the end; how many these are."""
    ridge = land[RIDGE].to_numpy(dtype=np.float64)
    net = land.drop(columns=RIDGE)
    net["area_ha"] = net["area_ha"].to_numpy(dtype=np.float64) - ridge
    parts = [name for name in PARTS if name in land]
    sums = land[ridge > 0].groupby(parts, sort=True, dropna=False)[RIDGE].sum().reset_index()
    sums = sums.rename(columns={RIDGE: "area_ha"})
    if not len(sums):
        return gpd.GeoDataFrame(net, geometry="geometry", crs=land.crs), 0
    sums.insert(0, "parcel_id", [f"{RIDGES}-{i + 1:04d}" for i in range(len(sums))])
    sums["land_class"], sums["locked_practice"] = RIDGES, "hold"
    sums["geometry"] = gpd.GeoSeries([None] * len(sums), crs=land.crs)
    for name in net:
        if name not in sums:
            sums[name] = np.nan if net[name].dtype.kind in "iuf" else ""
    if "locked_practice" not in net:
        net["locked_practice"] = ""
    order = [name for name in net if name != "geometry"]
    both = pd.concat([net, sums], ignore_index=True)[[*order, "geometry"]]
    return gpd.GeoDataFrame(both, geometry="geometry", crs=land.crs), len(sums)
