"""Styles of the plan's layers for a GIS: as QGIS keeps them in a GeoPackage (QML), and as SLD for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pandas as pd

from zonevest.reports.colours import rgb, shaded

if TYPE_CHECKING:
    from zonevest.reports.labels import Words
    from zonevest.reports.map_layers import Layer

TABLE: Final = "layer_styles"
FILLS: Final = {
    "": "solid", "rising": "b_diagonal", "falling": "f_diagonal", "level": "horizontal", "upright": "vertical",
    "dotted": "dense6", "crossed": "diagonal_x", "squared": "cross", "lines": "dense5", "bars": "dense4",
}  # fmt: skip
"""Qt's brush for each pattern of `distinct`: its backward diagonal rises to the right."""
_HEAD: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_SLD: Final = {
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:ogc": "http://www.opengis.net/ogc",
    "version": "1.0.0",
}


def row(table: str, geometry: str, name: str, column: str, layer: Layer, *, default: bool = False) -> dict[str, Any]:
    """A row of `layer_styles`: colour the features by the codes in a column.

    Parameters
    ----------
    table, geometry : the layer and its column of shapes.
    name : of the style.
    layer : names, colours and patterns of the codes.
    """
    entries = list(zip(layer.values, layer.names, layer.colours, layer.patterns, strict=True))
    symbols = [_symbol(at, colour, pattern) for at, (_, _, colour, pattern) in enumerate(entries)]
    codes = [(code, label) for code, label, _, _ in entries]
    rules = [(code, label, colour) for code, label, colour, _ in entries]
    return _styled(table, geometry, name, _qml(column, codes, symbols), _sld(table, column, rules), default)


def project_row(table: str, geometry: str, words: Words) -> dict[str, Any]:
    """The row of the layer of projects: outlines, whole of what is built, dashed of what is not."""
    codes = [("yes", words("project_built")), ("no", words("project_not_built"))]
    symbols = [_outline(at, dashed=code == "no") for at, (code, _) in enumerate(codes)]
    rules = [(code, label, "") for code, label in codes]
    name = words("map_projects")
    return _styled(table, geometry, name, _qml("built", codes, symbols), _sld(table, "built", rules), True)


def _styled(table: str, geometry: str, name: str, qml: str, sld: str, default: bool) -> dict[str, Any]:
    # a GeoPackage has neither catalogue nor schema: QGIS looks for blanks
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": table,
        "f_geometry_column": geometry,
        "styleName": name,
        "styleQML": qml,
        "styleSLD": sld,
        "useAsDefault": default,
        "description": name,
        "owner": "",
        "ui": "",
        "update_time": pd.Timestamp.now(tz="UTC").floor("s").tz_localize(None),
    }


# --- QML ------------------------------------------------------------------------------------------------------------


def _qml(column: str, codes: list[tuple[str, str]], symbols: list[ET.Element]) -> str:
    root = ET.Element("qgis", version="3.28.0-Firenze", styleCategories="Symbology")
    of = {"type": "categorizedSymbol", "attr": column, "forceraster": "0", "symbollevels": "0", "enableorderby": "0"}
    renderer = ET.SubElement(root, "renderer-v2", of)
    categories = ET.SubElement(renderer, "categories")
    for at, (code, label) in enumerate(codes):
        one = {"type": "string", "render": "true", "value": code, "symbol": str(at), "label": label}
        ET.SubElement(categories, "category", one)
    ET.SubElement(renderer, "symbols").extend(symbols)
    ET.SubElement(root, "blendMode").text = "0"
    ET.SubElement(root, "featureBlendMode").text = "0"
    ET.SubElement(root, "layerGeometryType").text = "2"
    return _HEAD + ET.tostring(root, encoding="unicode")


def _symbol(at: int, colour: str, pattern: str) -> ET.Element:
    """A fill, and its hatch over it."""
    symbol = ET.Element("symbol", type="fill", name=str(at), alpha="1", clip_to_extent="1", force_rhr="0")
    line = {"outline_color": "110,110,110,255", "outline_style": "solid", "outline_width": "0.06"}
    _layer(symbol, {"color": _colour(colour), "style": "solid", **line})
    if pattern:
        none = {"outline_color": "0,0,0,0", "outline_style": "no", "outline_width": "0"}
        _layer(symbol, {"color": _colour(shaded(colour)), "style": FILLS[pattern], **none})
    return symbol


def _outline(at: int, *, dashed: bool) -> ET.Element:
    symbol = ET.Element("symbol", type="fill", name=str(at), alpha="1", clip_to_extent="1", force_rhr="0")
    line = {"outline_color": "0,0,0,255", "outline_style": "dash" if dashed else "solid", "outline_width": "0.5"}
    _layer(symbol, {"color": "255,255,255,0", "style": "no", **line})
    return symbol


def _layer(symbol: ET.Element, options: dict[str, str]) -> None:
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
    every = {"joinstyle": "bevel", "offset": "0,0", "offset_unit": "MM", "outline_width_unit": "MM", **options}
    # until 3.18 QGIS reads the properties, from then on the options
    listed = ET.SubElement(layer, "Option", type="Map")
    for name in sorted(every):
        ET.SubElement(listed, "Option", type="QString", name=name, value=every[name])
    for name in sorted(every):
        ET.SubElement(layer, "prop", k=name, v=every[name])


def _colour(colour: str) -> str:
    return ",".join(map(str, (*rgb(colour), 255)))


# --- SLD ------------------------------------------------------------------------------------------------------------


def _sld(table: str, column: str, rules: list[tuple[str, str, str]]) -> str:
    root = ET.Element("StyledLayerDescriptor", _SLD)
    named = ET.SubElement(root, "NamedLayer")
    ET.SubElement(named, "Name").text = table
    style = ET.SubElement(ET.SubElement(named, "UserStyle"), "FeatureTypeStyle")
    for code, label, colour in rules:
        rule = ET.SubElement(style, "Rule")
        ET.SubElement(rule, "Name").text = code
        ET.SubElement(rule, "Title").text = label
        equal = ET.SubElement(ET.SubElement(rule, "ogc:Filter"), "ogc:PropertyIsEqualTo")
        ET.SubElement(equal, "ogc:PropertyName").text = column
        ET.SubElement(equal, "ogc:Literal").text = code
        polygon = ET.SubElement(rule, "PolygonSymbolizer")
        if colour:
            ET.SubElement(ET.SubElement(polygon, "Fill"), "CssParameter", name="fill").text = colour
        stroke = ET.SubElement(polygon, "Stroke")
        ET.SubElement(stroke, "CssParameter", name="stroke").text = "#6e6e6e" if colour else "#000000"
        ET.SubElement(stroke, "CssParameter", name="stroke-width").text = "0.2" if colour else "1.5"
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")
