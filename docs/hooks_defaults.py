"""Writes the page `default-rows.md` from the package's default tables, every row of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeAlias

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from zonevest.instances.defaults import default
from zonevest.instances.schema import DEFAULT_TABLES, TABLES
from zonevest.instances.tables import Typed

INTRODUCTION = """\
---
hide: [toc]
---

# Default rows

<div class="wide-page"></div>

What a study falls back to, row by row, unless it says otherwise. The tables are for land-use planning in China
(`defaults = "cn"`, which is also what holds where `study.toml` says nothing).

**The names on this page are part of the study format.** A study may name every zone, land class, account, actor,
practice, tool, instrument and limit below without bringing a row of its own; a name is not changed or taken away
without a new number of the format. **The numbers are starting points**, to be replaced by local ones.

On this page: [which rows a study gets](#how), [sources and confidence](#confidence), and the tables {links}.

## Which rows a study gets { #how }

- **Replace a row**: write a row with the same key in your table of that name. It takes the place of the whole row, so
  a cell that you leave blank is blank.
- **Replace flows**: write any rows for the same subject and account (of `practice_flows`: practice and account). They
  take the place of all default rows for the two.
- **Replace shares**: write any rows for the same account, role and project.
- **Take a row away**: write a row with its key and `drop` = 1 (of flows: subject and account; of shares: account, role
  and project).
- **Add a row**: write one with a key that is not here.
- **Do without a table**: list the tables that keep their default rows, `defaults = ["zones", "practices", …]`, of
  {tables}.
- **Do without all of them**: `defaults = "none"`.

What follows from that:

- A default row that names something which is not there any more goes with it: drop a practice, and its flows go. An
  actor who is not there leaves its shares to `outside`. `capture_tool`, `counterpart_of` and `payer` are left blank
  instead.
- A study with `zones` or `land_classes` of its own gets no default `practices`, `class_zones` or `limits`, unless it
  lists them in `defaults`.
- `zonevest check` tells how many default rows are in use; the folder `study/` of a plan holds every row as it was
  used, so that a plan does not change with a later version.

In `practices.csv`, for example, with the other columns left out, these two rows take mining away and let homes of low
density be built from 2028 on (a row replaces the whole default row, so copy it first):

```text
practice,zone,mode,from_classes,to_class,…,earliest,drop
mining,700,,,,…,,1
residential_low,411,development,class_group:arable,0701,…,2028,
```

## Sources and confidence { #confidence }

Every row says where its numbers come from, and how sure they are:

| confidence | means |
|---|---|
| *published* | read in a published source |
| *recalled* | from the named document, not read again |
| *computed* | worked out from published or recalled numbers |
| *stated in the paper* | 刘家贤 (2023), 规划师 (9): 16–22 |
| *modelling default* | chosen for the model; no source stands behind it |

Amounts of money are million CNY, areas hectares, carbon tonnes of CO2.
"""
ABOUT = {
    "zones": "The seven zones of a city's territorial plan with their sub-zones. `line` is the control line that a "
    "zone follows: *exact* zones are the land inside it, *contains* zones hold the line's land and more, *within* "
    "zones lie only inside it.",
    "land_classes": "The working classes of the third national land survey, and the sea's classes of the "
    "classification of 2023. Codes are text: `0101` keeps its zero.",
    "class_zones": "How a class suits a zone: 3 native, 2 allowed, 1 what is there may stay, blank never.",
    "actors": "Who receives and pays. The purse is `local` unless `study.toml` says otherwise; `outside`, everyone "
    "else, needs no row.",
    "capture": "Tools that take a part of a rise of land value. Each posts on the account whose `capture_tool` names "
    "it.",
    "accounts": "The chart of accounts. Built-in accounts ([Tables of a study](tables.md#built-in-accounts)) need no "
    "row.",
    "practices": "The practice library: what may be done on land. *Needs* names what a parcel must have, and where "
    "it is admitted beside ordinary land.",
    "class_flows": "What a hectare of a class yields or costs.",
    "zone_flows": "What a hectare in a zone yields or costs.",
    "practice_flows": "What a hectare under a practice yields or costs, beside its class.",
    "instruments": "How money is raised. They are drawn only in a study with `[finance]`; what is outstanding, and "
    "most limits, are for the study to say.",
    "shares": "Who receives and who pays what is booked on an account; an account without rows is the purse's.",
    "limits": "Limits that most plans of a county are under.",
}
ORIGIN = "source (*confidence*)"
NAMES = ("English", "Chinese")
Cells: TypeAlias = "dict[str, Callable[[Typed, int], str]]"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated page."""
    files.append(File.generated(config, "default-rows.md", content=defaults_page()))
    return files


def defaults_page() -> str:
    """The page of default rows as Markdown."""
    names = [table.name for table in TABLES if table.name in DEFAULT_TABLES]
    links = ", ".join(f"[{name}](#{name})" for name in names)
    parts = [INTRODUCTION.replace("{links}", links).replace("{tables}", ", ".join(f"`{name}`" for name in names))]
    for name in names:
        rows = default(name)
        parts.append(f"## {name}\n\n{ABOUT[name]} {rows.size:,} rows.")
        if name == "class_zones":
            parts.append(suitability(rows))
        elif name.endswith("_flows"):
            parts += [folded(rows, of) for of in by_subject(rows)]
        else:
            parts.append(shown(COLUMNS[name], rows, range(rows.size)))
    return "\n\n".join(parts) + "\n"


def shown(cells: Cells, rows: Typed, at: Sequence[int], indent: str = "") -> str:
    """Rows as a Markdown table."""
    lines = [f"| {' | '.join(cells)} |", f"|{'---|' * len(cells)}"]
    lines += ["| " + " | ".join(cell(rows, i) for cell in cells.values()) + " |" for i in at]
    return "\n".join(indent + line for line in lines)


def by_subject(rows: Typed) -> list[list[int]]:
    """The rows of a table of flows, those of one subject together."""
    subject = rows.text(rows.table.columns[0].name)
    return [list(at) for _, at in groupby(range(rows.size), key=subject.__getitem__)]


def folded(rows: Typed, at: list[int]) -> str:
    """The flows of one subject, folded under its name."""
    subject = rows.table.columns[0].name
    of = {"land_class": "land_classes", "zone": "zones", "practice": "practices"}[subject]
    named, code = default(of), rows.text(subject)[at[0]]
    place = named.text(subject).index(code)
    title = f"{code} {named.text('name_en')[place]} {named.text('name_zh')[place]}"
    return f'??? note "{title}"\n\n{shown(FLOW, rows, at, "    ")}'


def suitability(rows: Typed) -> str:
    """Classes by zones, zones that agree for all classes together, and whose numbers they are."""
    codes, zones = (list(dict.fromkeys(rows.text(column))) for column in ("land_class", "zone"))
    pairs = zip(rows.text("land_class"), rows.text("zone"), strict=True)
    found = dict(zip(pairs, rows.number("suitability").tolist(), strict=True))
    alike: dict[tuple[float, ...], list[str]] = {}
    for zone in zones:
        alike.setdefault(tuple(found.get((code, zone), 0.0) for code in codes), []).append(zone)
    lines = [f"| class | {' | '.join(' '.join(each) for each in alike.values())} |", f"|---|{':-:|' * len(alike)}"]
    for i, code in enumerate(codes):
        lines.append(f"| {key(code)} | {' | '.join(f'{column[i]:g}' if column[i] else '' for column in alike)} |")
    origins = "; ".join(dict.fromkeys(origin(rows, i) for i in range(rows.size)))
    return "\n".join(lines) + f"\n\nSource: {origins}."


# --- cells --------------------------------------------------------------------------------------------------------


def key(text: str) -> str:
    """A name that a study may write."""
    return f"`{text}`" if text else ""


def plain(text: str) -> str:
    """Words as they are: nothing in them is markup."""
    for sign, entity in (("&", "&amp;"), ("|", "&#124;"), ("<", "&lt;"), (">", "&gt;"), ("*", "&#42;")):
        text = text.replace(sign, entity)
    return text


def origin(rows: Typed, i: int) -> str:
    """Source and confidence of a row."""
    return f"{plain(rows.text('source')[i])} (*{rows.text('confidence')[i]}*)"


def amount(rows: Typed, column: str, i: int) -> str:
    """A number, blank where there is none."""
    value = rows.number(column)[i]
    return "" if value != value else f"{value:,.6g}"


def words(column: str) -> Callable[[Typed, int], str]:
    """Cells of a text column as words."""
    return lambda rows, i: plain(rows.text(column)[i].replace("_", " "))


def name(column: str) -> Callable[[Typed, int], str]:
    """Cells of a text column that are names."""
    return lambda rows, i: ", ".join(key(part.strip()) for part in rows.text(column)[i].split(";") if part.strip())


def figure(column: str) -> Callable[[Typed, int], str]:
    """Cells of a number column."""
    return lambda rows, i: amount(rows, column, i)


def several(*columns: str) -> Callable[[Typed, int], str]:
    """What some columns say, in one cell: flags by their name, years and numbers with theirs."""

    def cell(rows: Typed, i: int) -> str:
        parts = []
        for column in columns:
            kind, said = rows.table.column(column).kind, column.replace("_", " ")
            blank = rows.table.column(column).default
            if kind == "flag":
                parts += [said] if rows.flag(column)[i] else []
            elif kind == "number":
                parts += [f"{said} {amount(rows, column, i)}"] if rows.number(column)[i] not in (blank, None) else []
            elif rows.text(column)[i] not in ("", blank):
                parts.append(plain(rows.text(column)[i].replace("_", " ")))
        return "; ".join(part for part in parts if not part.endswith(" "))

    return cell


def labelled(*columns: str) -> Callable[[Typed, int], str]:
    """What some columns say, in one cell, each with its name."""

    def cell(rows: Typed, i: int) -> str:
        said = {
            column: amount(rows, column, i) if rows.table.column(column).kind == "number" else rows.text(column)[i]
            for column in columns
        }
        given = {column: each for column, each in said.items() if each not in ("", "0")}
        return "; ".join(f"{column.replace('_', ' ')} {plain(each)}" for column, each in given.items())

    return cell


def line(rows: Typed, i: int) -> str:
    """The line that a zone follows."""
    return f"{key(rows.text('line')[i])} {rows.text('line_rule')[i]}".strip() if rows.text("line")[i] else ""


def needs(rows: Typed, i: int) -> str:
    """What a practice asks of a parcel, and where it is admitted."""
    red, slope = rows.text("redline_ok")[i], rows.number("max_slope_class")[i]
    steep = rows.number("min_slope_class")[i]
    parts = [f"in the red line ({red})"] if red != "no" else []
    parts += ["on basic farmland"] if rows.flag("basic_farmland_ok")[i] else []
    parts += [f"overlay: {plain(rows.text('conversion')[i].replace(';', ', '))}"] if rows.text("conversion")[i] else []
    parts += [f"{rows.text('tenure')[i]} land"] if rows.text("tenure")[i] else []
    parts += ["title"] if rows.flag("needs_title")[i] else []
    parts += ["no title: it is cleared"] if rows.flag("clears_title")[i] else []
    parts += [f"slope class at most {slope:g}"] if slope < 5 else []
    parts += [f"slope class at least {steep:g}"] if steep > 1 else []
    return "; ".join(parts + (["a project"] if rows.flag("requires_project")[i] else []))


def becomes(rows: Typed, i: int) -> str:
    """The class that a practice leads to, and whose the land is then."""
    owner = rows.text("to_tenure")[i]
    parts = [name("to_class")(rows, i), f"{owner} land" if owner else ""]
    return "; ".join(part for part in parts if part)


def held(rows: Typed, i: int) -> str:
    """What a limit compares."""
    period = rows.text("period")[i]
    basis = {"absolute": "", "": ""}.get(rows.text("basis")[i], f" {key(rows.text('basis')[i])}")
    soft = f"; soft, penalty {amount(rows, 'penalty', i)}" if rows.text("kind")[i] == "soft" else ""
    when = {"": "every period", "last": "last period", "total": "over all periods"}[period]
    return (
        f"{key(rows.text('account')[i])} {plain(rows.text('sense')[i])} {amount(rows, 'value', i)}{basis}; {when}{soft}"
    )


def booked(rows: Typed, i: int) -> str:
    """Value and unit of a flow, by its basis."""
    basis = rows.text("basis")[i].replace("_", " ")
    return f"{amount(rows, 'value', i)} {plain(rows.text('unit')[i])}, {basis}"


END: Cells = {NAMES[0]: words("name_en"), NAMES[1]: words("name_zh"), ORIGIN: origin}
FLOW: Cells = {
    "account": name("account"),
    "value": booked,
    "where": lambda rows, i: plain(rows.text("where")[i].replace("|", " | ")),
    "timing": several("start_year", "ramp_years", "life_years", "decay"),
    ORIGIN: origin,
}
COLUMNS: dict[str, Cells] = {
    "zones": {"zone": name("zone"), "parent": name("parent"), "line": line, **END},
    "land_classes": {"class": name("land_class"), "group": words("class_group"), "resource": words("resource"), **END},
    "actors": {"actor": name("actor"), "": several("public"), **END},
    "capture": {
        "tool": name("capture_tool"),
        "takes of": name("uplift_account"),
        "rate": figure("rate"),
        "when": lambda rows, i: (
            f"{'every year from' if rows.flag('annual')[i] else 'once,'} {rows.number('delay_years')[i]:g} years after"
        ),
        "payer": name("payer"),
        ORIGIN: origin,
    },
    "accounts": {
        "account": name("account"),
        "kind": lambda rows, i: ", ".join(
            [
                rows.text("family")[i],
                rows.text("recurrence")[i].replace("_", "-"),
                *["cash"] * bool(rows.flag("cash")[i]),
            ]
        ),
        "unit": words("unit"),
        "role, budget and more": labelled(
            "role", "budget", "capture_tool", "path", "route", "circulation", "counterpart_of", "growth"
        ),
        **END,
    },
    "practices": {
        "practice": name("practice"),
        "zone": name("zone"),
        "mode": words("mode"),
        "from": name("from_classes"),
        "to": becomes,
        "needs": needs,
        "years and flags": several(
            "to_tenure",
            "lead_years",
            "life_years",
            "lease_years",
            "irreversible",
            "green",
            "real_estate",
            "restoration",
        ),
        **END,
    },
    "instruments": {
        "instrument": name("instrument"),
        "kind": several("kind", "budget", "in_debt_ratio", "refinances", "self_supporting"),
        "terms": several("rate", "tenor_years", "grace_years", "repay", "limit_total", "cover_min"),
        "funds": lambda rows, i: plain(rows.text("categories")[i].replace(";", ", ").replace("_", " ")),
        **END,
    },
    "shares": {
        "account": name("account"),
        "role": words("role"),
        "actor": name("actor"),
        "share": figure("share"),
        ORIGIN: origin,
    },
    "limits": {"limit": name("limit"), "what must hold": held, **END},
}
