"""A front as words, a table, a picture and files."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.instances import place
from zonevest.instances.say import listed, say, translate
from zonevest.reports import front_maps, tables
from zonevest.reports.display import DASH, Display, number
from zonevest.reports.labels import Words
from zonevest.reports.page import as_json, digest, policy, read
from zonevest.reports.sweep_pages import STYLE
from zonevest.reports.sweep_text import aligned

if TYPE_CHECKING:
    from pathlib import Path

    from zonevest.reports.front import Front

WIDTH, HEIGHT, LEFT, BELOW = 720, 420, 90, 60
"""Of the picture and its margins, in pixels."""


def front_text(front: Front, lang: str) -> str:
    """The points as a table, and what the knee and the bounds say."""
    words = Words(lang)
    lines = [front.study.title(lang), ""]
    told = [f"  {translate(each, lang)}" for each in _sentences(front, words)]
    if not len(front.points):
        return "\n".join([*lines[:1], *told])
    lines += [*aligned(_rows(front, words), 1), "", *told]
    return "\n".join(lines)


def _rows(front: Front, words: Words) -> list[list[str]]:
    columns = [term.column for term in front.terms]
    head = [words("front_point"), *(_named(front, column, words) for column in columns), words("front_bound")]
    head += [words(f"front_{name}") for name in ("gap", "changed_ha", "projects")]
    rows = [head]
    for row in front.points.to_dict("records"):
        gap = f"{100 * row['gap']:.2f} %" if np.isfinite(row["gap"]) else DASH
        name = f"{row['point']}{' *' if row['knee'] else ''}"
        figures = [number(row[column]) for column in [*columns, "bound"]]
        rows.append([name, *figures, gap, number(row["changed_ha"]), str(row["projects"])])
    return rows


def _named(front: Front, column: str, words: Words) -> str:
    """A term with its unit."""
    display, study = Display(front.study, words), front.study
    if column == "cash":
        return f"{words('front_axis_cash')}, {display.money_unit}"
    if column == "ecosystem":
        unit = tables.ecosystem_unit(study)
        return f"{words('front_axis_ecosystem')}, {display.unit(unit) if unit else words('value_units')}"
    return f"{display.account(column)}, {display.unit(tables.account_unit(study, column))}"


def _sentences(front: Front, words: Words) -> list[str]:
    """What is to be known beside the table of points."""
    ended = [] if front.complete else [say("stopped on request: further points were not looked for")]
    ended += _unproven(front)
    if not len(front.points):
        return [say("no point was found"), *ended, *front.notes]
    main = _named(front, front.main, words).rpartition(", ")[0]
    told = [
        say("bound: no plan with the floors of the point has more of: {term}", term=main),
        say("gap: from the point to its bound, as a part of the range of: {term}", term=main),
        *ended,
    ]
    if front.knee is not None:
        two = len(front.terms) == 2
        knee = say("* the knee, point {point}: where the front bends most", point=front.knee + 1)
        told.append(
            knee if two else say("* the knee, point {point}: nearest to the best of each", point=front.knee + 1)
        )
    paid = front.points.loc[front.points["penalties"].abs() > 1e-9, "point"]
    if len(paid):
        points = listed(map(str, paid))
        told.append(
            say("bound and gap are less penalties of soft limits, so that points may be above: {points}", points=points)
        )
    return [*told, *front.notes]


def _unproven(front: Front) -> list[str]:
    """Solves that ended before anything was proven: points may be missing, or be beaten."""
    status = front.solves["status"]
    if not (short := int((~status.isin(["optimal", "infeasible"])).sum())):
        return []
    count = {"short": short, "all": len(status)}
    return [say("{short} of {all} solves ended at a limit before they were proven: points may be missing", **count)]


def to_dict(front: Front) -> dict[str, Any]:
    """Points, solves and ranges."""
    return {
        "terms": [term.name for term in front.terms],
        "main": front.main,
        "ranges": dict(front.ranges),
        "complete": front.complete,
        "notes": list(front.notes),
        "knee": None if front.knee is None else front.knee + 1,
        "points": front.points.to_dict("records"),
        "solves": front.solves.to_dict("records"),
    }


def write_front(front: Front, folder: Path, lang: str) -> None:
    """Write points.csv, solves.csv, front.html with curve and maps, and a plan folder for each point, all or nothing.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    with place.new_folder(folder) as new:
        front.points.to_csv(new / "points.csv", index=False, lineterminator="\n")
        front.solves.to_csv(new / "solves.csv", index=False, lineterminator="\n")
        (new / "front.html").write_text(page(front, lang), encoding="utf-8")
        for number_, plan in zip(front.points["point"], front.plans, strict=True):
            plan.write(new / f"point-{number_:02d}", lang=lang)  # type: ignore[attr-defined]


def page(front: Front, lang: str) -> str:
    """The curve of two terms, the table of points, and the maps along it."""
    words = Words(lang)
    title = escape(front.study.title(lang))
    head, *rows = _rows(front, words) if len(front.points) else [[]]
    parts = [f"<h1>{title}</h1>"]
    if len(front.points) and len(front.terms) == 2:
        parts.append(curve(front, words))
    cells = [[_linked(cell, at) for at, cell in enumerate(row)] for row in rows]
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells)
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    parts.append(f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>')
    told = [f"<li>{escape(translate(each, lang))}</li>" for each in _sentences(front, words)]
    parts.append(f"<ul>{''.join(told)}</ul>")
    named = [_named(front, term.column, words) for term in front.terms]
    maps, data = front_maps.drawn(front, named, Display(front.study, words))
    scripts = [read(name) for name in front_maps.SCRIPTS] if data else []
    parts += [maps, *([f'<script type="application/json" id="map-data">{as_json(data)}</script>'] if data else [])]
    parts += [f"<script>{each}</script>" for each in scripts]
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy([*map(digest, scripts)])}">\n'
        f'<meta name="viewport" content="width=device-width">\n<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n"
        f"<style>{STYLE}{front_maps.STYLE}</style>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _linked(cell: str, at: int) -> str:
    if at:
        return escape(cell)
    number_ = int(cell.split(" ")[0])
    return f'<a href="point-{number_:02d}/report.html">{escape(cell)}</a>'


def curve(front: Front, words: Words) -> str:
    """An SVG of the points and the knee; the first term to the right, the second upwards."""
    points, columns = front.points, [term.column for term in front.terms]
    x, y = (points[column].to_numpy(dtype=float) for column in columns)

    def across(value: float) -> float:
        return LEFT + float((value - x.min()) / ((x.max() - x.min()) or 1.0) * (WIDTH - LEFT - 30))

    def up(value: float) -> float:
        return HEIGHT - BELOW - float((value - y.min()) / ((y.max() - y.min()) or 1.0) * (HEIGHT - BELOW - 30))

    line = " ".join(f"{across(a):.1f},{up(b):.1f}" for a, b in zip(x, y, strict=True))
    parts = [f'<polyline points="{line}" fill="none" stroke="#0072B2" stroke-width="1.5"/>']
    for row, (a, b) in zip(points.itertuples(index=False), zip(x, y, strict=True), strict=True):
        told = f"{words('front_point')} {row.point}: {number(a)}; {number(b)}"
        shape = f'cx="{across(a):.1f}" cy="{up(b):.1f}" r="{7 if row.knee else 4}"'
        fill = "#D55E00" if row.knee else "#0072B2"
        parts.append(f'<circle {shape} fill="{fill}"><title>{escape(told)}</title></circle>')
        parts.append(_lettered(across(a) + 8, up(b) - 6, str(row.point), "start"))
    axes = (LEFT, HEIGHT - BELOW, WIDTH - 20, HEIGHT - BELOW), (LEFT, 20, LEFT, HEIGHT - BELOW)
    parts += ['<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#55606b"/>'.format(*ends) for ends in axes]
    steps = (np.linspace(each.min(), each.max(), 5).tolist() for each in (x, y))
    parts += [_lettered(across(value), HEIGHT - BELOW + 16, number(value), "middle") for value in next(steps)]
    parts += [_lettered(LEFT - 6, up(value) + 4, number(value), "end") for value in next(steps)]
    names = [_named(front, column, words) for column in columns]
    parts.append(_lettered((LEFT + WIDTH) / 2, HEIGHT - 16, names[0], "middle"))
    parts.append(_lettered(LEFT, 14, names[1], "start"))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width:100%;height:auto" role="img">{"".join(parts)}</svg>'


def _lettered(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}">{escape(text)}</text>'
