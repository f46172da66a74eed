"""The maps along a front: how chosen points zone the land, and where zoning changes from one of them to the next."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.reports.colours import NONE, zone_colours
from zonevest.reports.compare_land import agreed, areas_of, main_parts, shares
from zonevest.reports.display import Display, number
from zonevest.reports.map_layers import Layer, frame_of
from zonevest.reports.maps import Packing, pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from zonevest.reports.front import Front

    Floats: TypeAlias = NDArray[np.float64]

MAPS: Final = 7
"""Points whose maps are shown at most."""
SCRIPTS: Final = ("map_draw.js", "map_figure.js", "front.js")
STYLE: Final = """
.small-maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:1.4rem 1rem}
.small-maps figure{margin:0;min-width:0}
figcaption{font-weight:600}
.note{color:#55606b;font-size:13.5px;margin:0 0 .3rem;max-width:92ch}
.stage{position:relative;border:1px solid #dfe3e7;border-radius:4px;background:#fbfbfa;margin-bottom:.5rem}
.stage canvas{display:block;width:100%}
.stage svg{position:absolute;inset:0;width:100%;height:100%}
.legend ul{list-style:none;display:flex;flex-wrap:wrap;gap:5px 20px;padding:0;font-size:13.5px}
.legend li{display:flex;align-items:center}
.sample{margin-right:8px;flex:none}
@media print{.small-maps{grid-template-columns:repeat(3,1fr)}.small-maps figure{break-inside:avoid}}
"""


def shown(front: Front) -> list[int]:
    """The points whose maps are shown, in the order of the front: all, or `MAPS` of many.

    Of many those that are best in a term, the knee, and then, again and again, the one that is farthest from all that
    are chosen, each term in parts of its range.
    """
    count = len(front.points)
    if count <= MAPS:
        return list(range(count))
    columns = [term.column for term in front.terms]
    values: Floats = front.points[columns].to_numpy(dtype=float) / [front.ranges[column] for column in columns]
    best = values * [term.sign for term in front.terms]
    chosen = {0, *best.argmax(axis=0).tolist()} | ({front.knee} if front.knee is not None else set())
    while len(chosen) < MAPS:
        apart = np.linalg.norm(values[:, None] - values[sorted(chosen)], axis=2).min(axis=1)
        chosen.add(int(apart.argmax()))
    return sorted(chosen)


def rezoned(front: Front, one: int, other: int) -> float:
    """Hectares that two points zone otherwise, parts of divided parcels among them."""
    plans = [front.plans[one], front.plans[other]]
    same = agreed(shares(plans), len(plans), ["zone"])
    area = areas_of(front.study)["area_ha"].reindex(same.index).to_numpy(dtype=float)
    return float(np.maximum(1.0 - same.to_numpy(), 0.0) @ area)


def drawn(front: Front, named: Sequence[str], display: Display) -> tuple[str, dict[str, Any] | None]:
    """The part of the page that holds the maps, and the data they are drawn from; none without land or shapes.

    Parameters
    ----------
    named : the terms, with their units.
    """
    if not len(front.points) or not len(front.study.parcels):
        return "", None
    words = display.words
    shapes = pack(front.study.geometry)
    if shapes is None:
        return f'<p class="note">{escape(words("no_map"))}</p>', None
    chosen = shown(front)
    data = frame_of(shapes, display) | {"ids": [""] * len(front.study.parcels), "factors": {}}
    packing = Packing()
    packing.shapes(shapes)
    packing.counts("changed", np.zeros(len(data["ids"]), dtype=np.int64))
    layers = _zones(front, chosen, display)
    for at, layer in zip(chosen, layers, strict=True):
        packing.counts(f"codes.{_key(front, at)}", layer.codes)
    data["packed"] = {name: list(packed) for name, packed in packing.texts.items()}
    data["layers"] = {
        _key(front, at): {
            "title": words("front_map", point=front.points["point"].iloc[at]), "unit": "",
            "names": layer.names, "colours": layer.colours, "patterns": layer.patterns,
        }
        for at, layer in zip(chosen, layers, strict=True)
    }  # fmt: skip
    data["unchanged"] = {"name": words("front_unchanged"), "colour": NONE}
    figures = [
        _figure(front, at, before, named, display) for before, at in zip([None, *chosen[:-1]], chosen, strict=True)
    ]
    several = len(chosen) < len(front.points)
    notes = [words("front_maps_note"), *([words("front_maps_chosen", count=len(chosen))] if several else [])]
    if shapes.missing:
        notes.append(words("no_shape", count=f"{shapes.missing:,}"))
    told = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    script = f'<noscript><p class="note">{escape(words("no_script"))}</p></noscript>'
    return (
        f'<section id="maps"><h2>{escape(words("front_maps"))}</h2>{told}{script}<div class="legend"></div>'
        f'<div class="small-maps">{"".join(figures)}</div></section>',
        data,
    )


def _key(front: Front, at: int) -> str:
    return f"point_{front.points['point'].iloc[at]}"


def _zones(front: Front, chosen: list[int], display: Display) -> list[Layer]:
    """Zones at each point, all with one legend: of a divided parcel the zone of most of it."""
    study = front.study
    ids = pd.Index(study.parcels["parcel_id"], name="parcel_id")
    zones = [main_parts(front.plans[at], ids)["zone"].reset_index(drop=True) for at in chosen]
    names = {code: display.zone(code) for code in [*study.zones["zone"], ""]}
    colours = zone_colours(study) | {"": NONE}
    return [Layer.of(own, names, colours, *zones[:at], *zones[at + 1 :]) for at, own in enumerate(zones)]


def _figure(front: Front, at: int, before: int | None, named: Sequence[str], display: Display) -> str:
    """One point: its zones, and where they are not those of the point before it."""
    words, row = display.words, front.points.iloc[at]
    name = f"{words('front_point')} {row['point']}{' *' if row['knee'] else ''}"
    values = [
        escape(f"{each}{words('colon')}{number(row[term.column])}")
        for each, term in zip(named, front.terms, strict=True)
    ]
    count = f"{len(front.study.parcels):,}"
    about = words("map_alt", title=words("front_map", point=row["point"]), count=count)
    parts = [
        f'<figcaption><a href="point-{row["point"]:02d}/report.html">{escape(name)}</a></figcaption>',
        f'<p class="note">{"<br>".join(values)}</p>',
        _stage(_key(front, at), "", about),
    ]
    if before is not None:
        one, area = front.points["point"].iloc[before], number(rezoned(front, before, at))
        told = words("front_change", one=one, other=row["point"], area=area)
        parts += [f'<p class="note">{escape(told)}</p>', _stage(_key(front, at), _key(front, before), told)]
    return f"<figure>{''.join(parts)}</figure>"


def _stage(layer: str, before: str, about: str) -> str:
    return (
        f'<div class="stage" data-layer="{layer}" data-before="{before}">'
        f'<canvas class="base" role="img" aria-label="{escape(about)}"></canvas><svg aria-hidden="true"></svg></div>'
    )
