"""What a sweep leaves beside its plans: summary.csv, regret.csv, choices.csv, misses.csv, sweep.xlsx, index.html."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from zonevest.instances import place
from zonevest.instances.say import translate, translated
from zonevest.reports.drawing import COLOURS, DOWN
from zonevest.reports.labels import Words
from zonevest.reports.sweep_text import broken_sentences, choice_sentences, regret_rows, summary_rows

if TYPE_CHECKING:
    from zonevest.reports.sweep_text import Swept

STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;color:#1d2733;margin:2rem auto;padding:0 1rem;
max-width:75rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
caption{text-align:left;font-weight:600;padding:.4rem 0}
th,td{padding:.3rem .7rem;border-bottom:1px solid #d8dee4;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid #55606b;vertical-align:bottom}
td.breaks{background:repeating-linear-gradient(45deg,#eee,#eee 4px,#fff 4px,#fff 8px);color:#55606b}
.scroll{overflow-x:auto}
"""


def write_sweep(sweep: Swept, folder: Path, lang: str) -> None:
    """Write the tables of a sweep; tables that there are none of are removed."""
    tables = {"summary": sweep.summary, "regret": None, "choices": None, "misses": None}
    if sweep.weighed is not None:
        tables |= {"regret": sweep.weighed.regret, "choices": sweep.weighed.choices}
        tables["misses"] = sweep.misses if len(sweep.misses) else None
    there = {name: table for name, table in tables.items() if table is not None}
    with place.fresh_parts(folder) as new:
        for name, table in there.items():
            table.to_csv(new / f"{name}.csv", index=False, lineterminator="\n")
        (new / "index.html").write_text(page(sweep, lang), encoding="utf-8", newline="\n")
        with pd.ExcelWriter(new / "sweep.xlsx", engine="xlsxwriter") as book:
            for name, table in there.items():
                translated(table.astype(object), lang).to_excel(book, sheet_name=name, index=False)
                book.sheets[name].autofit()
                book.sheets[name].freeze_panes(1, 1)
    for name in set(tables) - set(there):
        (folder / f"{name}.csv").unlink(missing_ok=True)


def page(sweep: Swept, lang: str) -> str:
    """The page: the summary, the regret table as a heat map, the choices and what is broken."""
    words = Words(lang)
    title = escape(f"{sweep.study.title(lang)}: {words('sweep_cases', count=len(sweep.summary))}")
    head, *rows = summary_rows(sweep, words)
    body = [
        [(_link(escape(row[0]), folder), ""), *((escape(cell), "") for cell in row[1:])]
        for folder, row in zip(sweep.summary["folder"], rows, strict=True)
    ]
    parts = [f"<h1>{title}</h1>", html_table(words("sweep_summary"), head, body)]
    if sweep.weighed is not None:
        parts.append(html_table(words("sweep_regret"), *_heat(sweep, words)))
        parts.append(html_list([translate(each, lang) for each in choice_sentences(sweep.weighed)]))
        if broken := broken_sentences(sweep, words):
            parts += [
                f"<h2>{escape(words('sweep_broken'))}</h2>",
                html_list([translate(each, lang) for each in broken]),
            ]
    parts.append(html_list([translate(each, lang) for each in sweep.notes]))
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _heat(sweep: Swept, words: Words) -> tuple[list[str], list[list[tuple[str, str]]]]:
    """The regret table, a cell the darker the greater the regret is, hatched where the plan breaks."""
    assert sweep.weighed is not None
    head, *rows = regret_rows(sweep, words)
    long = sweep.weighed.regret
    most = float(long["regret"].max()) or 1.0
    plans, scenarios = (list(dict.fromkeys(long[name])) for name in ("plan", "scenario"))
    known = {(row.plan, row.scenario): row for row in long.itertuples(index=False)}
    body = []
    for plan, row in zip(plans, rows, strict=True):
        cells = [(escape(row[0]), "")]
        for scenario, cell in zip(scenarios, row[1:-2], strict=True):
            pair = known[plan, scenario]
            style = _shade(max(pair.regret, 0.0) / most) if pair.holds else ' class="breaks"'
            cells.append((escape(cell), style))
        body.append([*cells, *((escape(cell), "") for cell in row[-2:])])
    return head, body


def _shade(share: float) -> str:
    """A background between white and the colour of what takes away."""
    dark = [int(COLOURS[DOWN][at : at + 2], 16) for at in (1, 3, 5)]
    mixed = [round(255 + (each - 255) * 0.75 * share) for each in dark]
    return f' style="background:#{"".join(f"{each:02x}" for each in mixed)}"'


def html_table(caption: str, head: list[str], body: list[list[tuple[str, str]]]) -> str:
    """A table: cells come escaped, each with further attributes of its tag."""
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    rows = "\n".join("<tr>" + "".join(f"<td{more}>{cell}</td>" for cell, more in row) + "</tr>" for row in body)
    caption = f"<caption>{escape(caption)}</caption>"
    return f'<div class="scroll"><table>{caption}<thead><tr>{top}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>'


def _link(name: str, folder: str) -> str:
    return f'<a href="{escape(folder, quote=True)}/report.html">{name}</a>' if folder else name


def html_list(sentences: list[str]) -> str:
    """A list of sentences, nothing where there is none."""
    return "<ul>" + "".join(f"<li>{escape(each.strip())}</li>" for each in sentences) + "</ul>" if sentences else ""
