"""Writes the page `tables.md` from the schema, so that it cannot fall behind what the readers accept."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from zonevest.instances.schema import BUILT_IN_ACCOUNTS, TABLES, Column, Table

INTRODUCTION = """\
# Tables of a study

A study is a folder with `study.toml` and one file per table, `.csv` (UTF-8) or `.parquet`; `parcels` may also be a
layer. Codes stay text: `0101` keeps its zero. Items of a list are separated by `;`, a flag is 0, 1, true or false, and
a column whose name begins with `x_` is your own and passes through. An unknown column of a table is a fault that names
the nearest known one; an unknown column of a layer is left aside and listed once.

**Required** columns are in bold. *Must be* names the allowed values, the range, or the table whose key is meant
(built-in accounts count as accounts; a `class_group:` stands for all its classes where classes are listed).
What the numbers mean year by year stands in [How a study is evaluated](semantics.md).
"""

ABOUT = {
    "parcels": "The planning units. A study without this table is about projects only. Line flags (`redline`, "
    "`basic_farmland`, …) say what a parcel lies inside; locks and bans narrow what may be done with it.",
    "jurisdictions": "Who governs which parcels: names, people and their growth. Parcels name their jurisdiction.",
    "zones": "What land may be zoned as. A zone may follow a line: `exact` is the land inside the line, `contains` "
    "must hold the line's land, `within` lies only inside it. A sub-zone names its `parent`.",
    "land_classes": "What covers the land. The groups decide which area accounts a class counts in.",
    "class_zones": "How a class suits a zone: 0 never, 1 what is there may stay, 2 allowed, 3 native. A pair without a "
    "row is 0; without the whole table every pair is 2.",
    "accounts": "What is counted: money, ecosystem value, jobs, water, whatever the study needs. Values are entered "
    "positive; a cost is subtracted. Only revenue and cost with `cash` = 1 are money.",
    "actors": "Who can gain or lose.",
    "shares": "Which actor receives or pays which part of an account; sums to 1 per account and role. Without rows the "
    "purse receives a revenue and pays a cost, and the other side is `outside`.",
    "practices": "What may be done on land: a zone, the classes it starts from, the class it leads to, and when it may "
    "start. Lines, tenure, title and slope decide where it is admissible.",
    "class_flows": "What land of a class yields or costs, while it is of that class.",
    "zone_flows": "What land in a zone yields or costs.",
    "practice_flows": "What a practice yields or costs from its start on.",
    "project_flows": "What a project yields or costs, beside its own columns.",
    "parcel_flows": "What a single parcel yields or costs, under one practice or zone or any.",
    "projects": "The opportunity list: what may be built, when, what it costs and earns, and what land it needs.",
    "land_take": "Land that a project without a drawn site takes, by class and jurisdiction.",
    "limits": "What must hold: an account (or a sum of accounts) compared with a value, by jurisdiction and period; "
    "hard, or soft at a penalty.",
    "limit_terms": "Further accounts that a limit adds up, each with its coefficient.",
}
KINDS = {"text": "text", "number": "number", "flag": "flag", "list": "list", "period": "period name"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated page."""
    files.append(File.generated(config, "tables.md", content=page()))
    return files


def page() -> str:
    """The page as Markdown."""
    built = [table for table in TABLES if table.built]
    later = ", ".join(f"`{table.name}`" for table in TABLES if not table.built)
    accounts = "\n".join(
        f"| `{name}` | {about['family']} | {str(about['recurrence']).replace('_', '-')} "
        f"| {'yes' if about['cash'] else 'no'} | {about['unit']} |"
        for name, about in BUILT_IN_ACCOUNTS.items()
    )
    parts = [
        INTRODUCTION,
        *map(section, built),
        "## Built-in accounts\n\nThe columns of `projects` write these; an `accounts` row of the same name may change "
        "growth and source.\nAccounts of area, rezoning and population are listed under "
        "[Areas](semantics.md#areas).\n\n"
        f"| account | family | recurrence | money | unit |\n|---|---|---|---|---|\n{accounts}",
        f"## Not yet\n\nThese tables belong to the format, but a study that brings one is refused for now: {later}.",
    ]
    return "\n\n".join(parts) + "\n"


def section(table: Table) -> str:
    """One table: what it is for, its key, its columns."""
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    rows = "\n".join(row(column) for column in table.columns if column.built)
    later = ", ".join(f"`{column.name}`" for column in table.columns if not column.built)
    refused = f"\n\nNot yet (a value is refused): {later}." if later else ""
    return (
        f"## {table.name}\n\n{ABOUT[table.name]}{key}\n\n"
        f"| column | kind | must be | blank means |\n|---|---|---|---|\n{rows}{refused}"
    )


def row(column: Column) -> str:
    """One column of a table."""
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    return f"| {name} | {KINDS[column.kind]} | {must_be(column)} | {blank(column)} |"


def must_be(column: Column) -> str:
    """The allowed values, the range or the table referred to."""
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if column.refers == "classes":
        return "codes of [land_classes](#land_classes), or `class_group:` and a group"
    if column.refers:
        return f"a key of [{column.refers}](#{column.refers})"
    if column.low is not None and column.high is not None:
        return f"{column.low:g} to {column.high:g}"
    if column.low is not None:
        return f"at least {column.low:g}"
    return "at most " + f"{column.high:g}" if column.high is not None else ""


def blank(column: Column) -> str:
    """What a blank cell stands for."""
    if column.required:
        return "a fault"
    if column.kind == "flag":
        return "1" if column.default else "0"
    if column.default in (None, ""):
        return ""
    return f"`{column.default:g}`" if isinstance(column.default, float) else f"`{column.default}`"
