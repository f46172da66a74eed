"""From the fields of the survey's layers to columns of a study."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.defaults import default
from zonevest.instances.faults import Faults, column_of, rows_of, some, within
from zonevest.instances.importing.columns import Fields
from zonevest.instances.importing.sources import Layer
from zonevest.instances.importing.survey_data import Options, code_names, officials
from zonevest.instances.rules import rule
from zonevest.instances.say import say

HECTARES = 1e-4
"""Hectares of a square metre."""
SLIP = 0.05
"""Square metres by which areas may be off by rounding."""
RIDGE, SLOPE, BOUNDARY_ZONE = "x_ridge_ha", "x_slope_of_pdt", "x_zone_of_czkfbj"
"""Columns on the way: hectares of field ridges, the slope of PDT, the zone of CZKFBJ."""
CORE_WORDS = ("核心保护", "核心区")
"""Words of a red line's name or control measures that say it is the core of a nature reserve."""
NATIONAL_PARK = "国家公园"
YES = ("Y", "1", "是", "TRUE")


class Survey:
    """The fields of one official layer, read by the codes."""

    def __init__(self, name: str, layer: Layer, options: Options, label: str, faults: Faults) -> None:
        self.name, self.layer, self.options, self.faults = name, layer, options, faults
        self.fields = Fields(layer, label, faults)
        self.size = len(layer.fields)

    def has(self, field: str) -> bool:
        """Whether the layer has a field."""
        return field in self.layer.fields.columns

    def text(self, field: str) -> NDArray[np.object_]:
        """A field as text; blank where there is none."""
        return self.fields.text(field) if self.has(field) else np.full(self.size, "", dtype=object)

    def number(self, field: str) -> NDArray[np.float64]:
        """A field as numbers; NaN where there is none."""
        return self.fields.number(field, field) if self.has(field) else np.full(self.size, np.nan)

    def tell(self, sentence: str) -> None:
        """Take down what was found."""
        self.layer.told.append(sentence)

    def coded(self, field: str, key: str = "", cells: NDArray[np.object_] | None = None) -> NDArray[np.object_]:
        """What the codes of a field become; blank stays blank, and a code that is not known is a fault."""
        key = key or field
        cells = self.text(field) if cells is None else cells
        out = pd.Series(cells, dtype=object).map(self.options.codes[key])
        odd = (out.isna() & (cells != "")).to_numpy()
        if odd.any():
            kinds = pd.Series(cells[odd]).value_counts()
            zh = next((each.zh for each in officials() if each.layer == self.name and each.field == field), "")
            at = np.flatnonzero(odd) + 1
            self.faults.add(
                within(within(self.layer.label, column_of(field)), rows_of("feature", at.tolist())),
                rule("survey.code", field=f"{field} ({zh})", key=key),
                some(f"{code!r} ({count})" for code, count in kinds.items()),
            )
        return _filled(out)

    def named(self, field: str, key: str) -> NDArray[np.object_]:
        """What the Chinese names of codes become; blank where a name is not known."""
        return _filled(pd.Series(self.text(field), dtype=object).map(code_names()[key]))


def _filled(cells: pd.Series) -> NDArray[np.object_]:
    """Cells as text, blank is ``""``."""
    return np.asarray(cells.fillna("").to_numpy(dtype=object))


def parcel_columns(survey: Survey) -> pd.DataFrame:
    """The columns of parcels from DLTB; faults for codes that are not known.

    Returns
    -------
    One row per polygon: columns of the table parcels, `area_ha` gross, and those on the way.
    """
    classes = land_classes(survey)
    arable = np.isin(classes, list(arable_classes()))
    out = pd.DataFrame({"parcel_id": parcel_ids(survey), "land_class": classes})
    out["jurisdiction"] = jurisdictions(survey)
    out["tenure"] = survey.coded("QSXZ")
    blank = int((out["tenure"] == "").sum())
    if blank:
        survey.tell(say("{count} polygons without QSXZ: their tenure is left blank", count=blank))
    gross, ridge = areas(survey, arable)
    if gross is not None:
        out["area_ha"], out[RIDGE] = gross * HECTARES, ridge * HECTARES
    out["slope_class"] = survey.coded("GDPDJB", cells=_class_of_slope(survey.text("GDPDJB")))
    grade = survey.text("GDDB")
    grade[np.isin(grade, ("0", "00")) | ~arable] = ""
    if survey.has("GDDB"):
        out["farmland_quality"] = pd.to_numeric(pd.Series(survey.coded("GDDB", cells=grade)))
    out["x_dlbm"] = survey.text("DLBM")
    return out


def land_classes(survey: Survey) -> NDArray[np.object_]:
    """Land classes by DLBM, by DLMC where that is blank; a polygon with neither is a fault."""
    cells = survey.text("DLBM")
    if survey.has("DLBM") and survey.layer.fields["DLBM"].dtype.kind in "iuf":
        # a program has read the codes as numbers
        cells = np.array([each.zfill(2 if len(each) < 3 else 4) if each else "" for each in cells], dtype=object)
    cells = np.array([each.upper() for each in cells], dtype=object)
    out = survey.coded("DLBM", cells=cells)
    blank = cells == ""
    named = np.where(blank & (out == ""), survey.named("DLMC", "DLBM"), "")
    if (named != "").any():
        count = int((named != "").sum())
        survey.tell(say("{count} polygons without DLBM: their class is by DLMC", count=count))
    out = np.where(blank & (out == ""), named, out)
    none = np.flatnonzero(blank & (out == ""))
    if len(none):
        survey.faults.add(
            within(within(survey.layer.label, column_of("DLBM")), rows_of("feature", (none + 1).tolist())),
            rule("survey.class"),
            say("{count} polygons with neither", count=len(none)),
        )
    return out


def arable_classes() -> frozenset[str]:
    """The land classes that are arable."""
    table = default("land_classes")
    pairs = zip(table.text("land_class"), table.text("class_group"), strict=True)
    return frozenset(code for code, groups in pairs if "arable" in str(groups).split(";"))


def parcel_ids(survey: Survey) -> NDArray[np.object_]:
    """BSM, else ZLDWDM and TBBH; an id that is there already gets a number."""
    ids = survey.text("BSM")
    blank = ids == ""
    if blank.any():
        number = survey.text("TBBH")
        instead = survey.text("ZLDWDM") + np.where(number == "", "", "-") + number
        order = np.array([f"DLTB-{i + 1}" for i in range(survey.size)], dtype=object)
        instead = np.where(number == "", order, instead)
        ids = np.where(blank, instead, ids)
        told = say("{count} polygons without BSM: their id is ZLDWDM and TBBH", count=int(blank.sum()))
        survey.tell(told)
    held = pd.Series(ids, dtype=object)
    again = held.groupby(held, sort=False).cumcount().to_numpy()
    while again.any():
        at = np.flatnonzero(again)
        told = say("{count} polygons with the BSM of another one: numbered ({ids})", count=len(at), ids=some(held[at]))
        survey.tell(told)
        held[at] = [f"{each}~{k + 1}" for each, k in zip(held[at], again[at], strict=True)]
        again = held.groupby(held, sort=False).cumcount().to_numpy()
    return _filled(held)


def jurisdictions(survey: Survey) -> NDArray[np.object_]:
    """The first digits of ZLDWDM."""
    cells, digits = survey.text("ZLDWDM"), survey.options.digits
    lengths = np.array([len(each) for each in cells])
    short = np.flatnonzero((lengths > 0) & (lengths < digits))
    if len(short):
        survey.faults.add(
            within(within(survey.layer.label, column_of("ZLDWDM")), rows_of("feature", (short + 1).tolist())),
            rule("survey.jurisdiction", digits=digits),
            some(pd.unique(cells[short])),
        )
    none = int((lengths == 0).sum())
    if none:
        survey.tell(say("{count} polygons without ZLDWDM: they are in no jurisdiction", count=none))
    return np.array([each[:digits] for each in cells], dtype=object)


def areas(survey: Survey, arable: NDArray[np.bool_]) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    """Areas with field ridges, and the ridges, m²; areas are None where the layer states none.

    The ridges are what TBMJ has over TBDLMJ; where TBDLMJ is blank or makes no sense, KCMJ, or KCXS of TBMJ.
    """
    if not survey.has("TBMJ"):
        survey.tell(say("no field TBMJ: areas are those of the shapes, with the field ridges in them"))
        return None, np.zeros(survey.size)
    gross, net = survey.number("TBMJ"), survey.number("TBDLMJ")
    gross = np.where(gross > 0, gross, np.nan)
    stated = survey.number("KCMJ")
    instead = np.where(np.isnan(stated), survey.number("KCXS") * gross, stated)
    instead = np.nan_to_num(np.where((instead >= 0) & (instead < gross), instead, 0.0))
    difference = gross - net
    sound = (net > 0) & (difference >= -SLIP) & ~np.isnan(difference)
    odd = np.flatnonzero(~np.isnan(net) & ~np.isnan(gross) & ~sound)
    if len(odd):
        told = say(
            "{count} polygons whose TBDLMJ is 0 or more than their TBMJ: taken for TBMJ less KCMJ ({ids})",
            count=len(odd), ids=some(survey.text("BSM")[odd]),
        )  # fmt: skip
        survey.tell(told)
    ridge = np.where(sound, np.maximum(difference, 0.0), instead)
    # only arable land has ridges; what is over elsewhere is a slip
    slipped = np.flatnonzero(~arable & (ridge > SLIP))
    if len(slipped):
        told = say(
            "{count} polygons that are not arable, with TBDLMJ other than TBMJ: their area is TBMJ ({ids})",
            count=len(slipped), ids=some(survey.text("BSM")[slipped]),
        )  # fmt: skip
        survey.tell(told)
    ridge = np.where(arable & (ridge > SLIP) & ~np.isnan(gross), ridge, 0.0)
    differs = np.flatnonzero(arable & sound & ~np.isnan(stated) & (np.abs(ridge - stated) > 1.0))
    if len(differs):
        told = say(
            "{count} polygons whose KCMJ is not TBMJ less TBDLMJ: the ridges are what TBDLMJ leaves ({ids})",
            count=len(differs), ids=some(survey.text("BSM")[differs]),
        )  # fmt: skip
        survey.tell(told)
    return gross, ridge


def _class_of_slope(cells: NDArray[np.object_]) -> NDArray[np.object_]:
    """Codes of slope without leading zeros; 0 is none."""
    return np.array([each.lstrip("0") for each in cells], dtype=object)


def settled(survey: Survey) -> NDArray[np.object_]:
    """Which polygons are settled area of a village, by CZCSXM."""
    cells = np.array([each.upper() for each in survey.text("CZCSXM")], dtype=object)
    known = survey.options.codes["CZCSXM"]
    return np.array([known.get(each, "0") for each in cells], dtype=object)


def enclaves(survey: Survey) -> NDArray[np.bool_]:
    """Which polygons are marked as lying in another county (FRDBS)."""
    return np.array([each.upper() in YES for each in survey.text("FRDBS")], dtype=bool)


def red_line(survey: Survey) -> NDArray[np.object_]:
    """The grade of each feature of the red line."""
    parts = survey.text("ZRBHDFQ")
    parts = np.where(_says(parts, CORE_WORDS), "核心保护区", parts)
    out = survey.coded("ZRBHDFQ", cells=parts)
    out = np.where(out == "", survey.coded("GHFQDM", "STBHHX.GHFQDM"), out)
    core = _says(survey.text("HXMC") + survey.text("GKCS"), CORE_WORDS)
    return np.where((out == "") & core, "core", np.where(out == "", "general", out))


def parks(survey: Survey) -> NDArray[np.object_]:
    """Which features of the red line are of a national park."""
    return np.where(_says(survey.text("ZRBHDLX"), (NATIONAL_PARK,)), "1", "").astype(object)


def _says(cells: NDArray[np.object_], words: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which cells hold one of some words."""
    return np.array([any(word in each for word in words) for each in cells], dtype=bool)


def zones(survey: Survey, key: str, otherwise: str = "") -> NDArray[np.object_]:
    """The zone of each feature by GHFQDM, by GHFQMC where that is blank."""
    cells, named = survey.text("GHFQDM"), survey.named("GHFQMC", key)
    known = np.array([each in survey.options.codes[key] for each in cells], dtype=bool)
    out = survey.coded("GHFQDM", key, np.where(~known & (named != ""), "", cells))
    out = np.where(out == "", named, out)
    return np.where(out == "", otherwise, out)


def slopes(survey: Survey) -> NDArray[np.object_]:
    """The slope class of each feature of PDT."""
    return survey.coded("PDJB", cells=_class_of_slope(survey.text("PDJB")))


def names(survey: Survey, code: str, name: str) -> Mapping[str, str]:
    """Names of jurisdictions by their code; of a longer code only zeros may follow."""
    digits = survey.options.digits
    pairs = zip(survey.text(code).tolist(), survey.text(name).tolist(), strict=True)
    return {
        each[:digits]: called
        for each, called in pairs
        if called and len(each) >= digits and not each[digits:].strip("0")
    }
