"""Writes the page `tables.md`, so that it cannot fall behind what the readers accept."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from zonevest.instances import names
from zonevest.instances.accounts import FINANCE, MONEY, OF_BUDGET, OF_INSTRUMENT, OF_QUOTA, built_in
from zonevest.instances.schema import (
    BUDGETS,
    DEFAULT_TABLES,
    OVERLAY_BY_LINE,
    OVERLAY_ELSEWHERE,
    RESOURCES,
    TABLES,
    Column,
    Table,
)

INTRODUCTION = """\
# Tables of a study

A study is a folder with `study.toml` and one file per table, `.csv` (UTF-8) or `.parquet`; `parcels` may also be a
layer. Or it is [one workbook](workbook.md) with a sheet per table. Codes stay text: `0101` keeps its zero. Items of a
list are separated by `;`, a flag is 0, 1, true or false, and a column whose name begins with `x_` is your own and
passes through. An unknown column of a table is a fault that names the nearest known one; an unknown column of a layer
is left aside and listed once.

**Chinese.** Files, sheets and columns may go by the Chinese names given here, with the unit in brackets or without it
(`面积（公顷）`; another unit is a fault), and values of closed lists and flags by theirs (`国有`, `是`); what stands
after a stroke is read too. A name that may mean several columns is a fault that names them. Codes, names of accounts,
keys of study.toml, and the column names in `scale_by` and `where` stay as they are.

**Default rows.** Unless `study.toml` says `defaults = "none"`, a table falls back to the package's default table row by
row: {default_tables}.
Your row takes the place of the default row of the same key; of flows, your rows for one subject and account replace all
default rows for it; of shares, those for one account, role and project. A row with `drop` = 1 takes a default row away,
and so go the default rows that name it (the shares of an actor who is not there are `outside`'s). A study with `zones`
or `land_classes` of its own is given no default `practices`, `class_zones` or `limits`, unless it lists the tables it
wants: `defaults = ["zones", "practices", …]`. How many default rows are in use is a note of the study; what they are
stands in [Default rows](default-rows.md).

**Required** columns are in bold. A unit in brackets is that of the numbers; without one, an amount is in the unit of
its account. *Must be* names the allowed values, the range, or the table whose key is meant
(built-in accounts count as accounts; a `class_group:` stands for all its classes where classes are listed).
What the numbers mean year by year stands in [How a study is evaluated](semantics.md).
"""

ABOUT = {
    "parcels": "The planning units. A study without this table is about projects only. Line flags (`redline`, "
    "`basic_farmland`, …) say what a parcel lies inside; locks and bans narrow what may be done with it. In a layer a "
    "parcel without a shape states its `area_ha`.",
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
    "start. Lines, tenure, title and slope decide where it is admissible. `to_tenure` says whose the land is from "
    "start + `lead_years` on; a row with `clears_title` is for parcels without title, at a cost and delay of its own.",
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
    "capture": "Tools that take a part of a rise of land value: once, or every year from then on. A tool posts on the "
    "one revenue account whose `capture_tool` names it; `payer` is short for a `pays` share of 1 on that account.",
    "instruments": "How money is raised: bonds, loans, grants and outside equity, for projects of some categories or "
    "in general, with what is outstanding before the plan. They are drawn only with `[finance]` in study.toml.",
    "quotas": "Rights that are granted, generated, traded, banked and used, in the unit of the accounts that they "
    "count: the right to new construction land, say. Without a price there is no trade on that side.",
    "quota_grants": "What a quota grants to a jurisdiction in a period; the only grants of a quota that does not move "
    "between jurisdictions (`movable` = 0).",
    "budgets": "Cash that may not be mixed, with `[finance]` only. The first row is the main budget: it holds what "
    "names no other. Without this table all cash is of one budget.",
    "budget_transfers": "Which budgets may pass cash on to which, and how much of it: million a year.",
    "set_asides": "Shares of what comes in on a revenue account that belong to other budgets than its own; at most 1 "
    "per account.",
    "price_steps": "Land that is sold (revenue) or bought (cost) at a price that changes with the amount: the hectares "
    "of `area_account` in a period fill steps, each up to `up_to` hectares a year, at `factor` x `price` million a "
    "hectare. More than the last step is not possible. Of a revenue the price does not rise from step to step, of a "
    "cost it does not fall. Steps of one account and area account are of jurisdictions or of all together.",
    "scenarios": "What is otherwise in a scenario: cells of the other tables, or keys of study.toml. Every scenario is "
    "checked with the study and listed by `zonevest check`; `--scenario` applies one. See [Scenarios](scenarios.md).",
    "synergies": "What two projects bring more when both are built: `value` on an account that is annual or one-off. A "
    "pair has one row per account, in either order; it is booked where `project` is.",
}
WHAT_FOLLOWS = {
    "area": "areas, land gained and lost, rezoned land, quality of arable land: see [Areas](semantics.md#areas)",
    "money": "what the purse takes and pays, by family, recurrence and role of the accounts",
    "asset": f"million, at the end of a period: what natural resource `<r>` ({', '.join(RESOURCES)}) is worth, all of "
    "it and by whose the land is: the present value of its yearly ecosystem value for good; with `[rates] social` "
    "above 0",
    "finance": "debt and cash (of a budget `<b>` too) at the end of a period, and what each instrument raises, repays "
    "and bears; with `[finance]` only, of no jurisdiction",
    "quota": "what is traded, in the quota's unit",
    "gain": "what an actor, or a jurisdiction's actors, gain over doing nothing: present values over everything",
}
"""What the accounts are that follow from a plan, by their first word."""
_BUDGET = f"a key of [budgets](#budgets); without that table {', '.join(f'`{name}`' for name in BUDGETS)}"
MUST_BE = {
    ("accounts", "budget"): _BUDGET,
    ("instruments", "budget"): f"{_BUDGET}; one of an enterprise's budget is for projects of enterprises",
    (
        "limits",
        "jurisdiction",
    ): "a jurisdiction, a tag of parcels, `each`, or `main_function:` and a main function: one "
    "row for each jurisdiction that has it",
    ("limits", "period"): "a period, `last` or `total`",
    ("price_steps", "account"): "revenue or cost, one-off, in cash",
    ("price_steps", "area_account"): "hectares of a period: `area.new.practice.…`, `area.new_construction`, "
    "`area.rezoned`, `area.gained.…`, `area.lost.…`",
    ("price_steps", "up_to"): "above 0",
    ("projects", "deliverability"): "above 0, at most 1",
    ("scenarios", "amount"): "a number; of op `value` what the column holds",
    ("scenarios", "column"): "a column that is no part of the key; `value` of table `study`",
    ("scenarios", "key"): "the key columns joined by `/`, of flows subject and account; `*` for anything",
    ("scenarios", "probability"): "0 to 1, one per scenario; 1 together",
    ("scenarios", "table"): "a table, or `study`",
    ("set_asides", "account"): "revenue in cash",
}
"""What a column must be, where its declaration says less."""
_OVERLAY = ", ".join(f"`{line}` `{overlay}`" for line, overlay in OVERLAY_BY_LINE)
BLANK = {
    ("accounts", "budget"): "the main one; a project's cash: that of the project",
    ("budget_transfers", "cap"): "no cap",
    ("budgets", "opening_cash"): "0; of the main budget that of `[finance]`",
    ("budgets", "reserve"): "that of `[finance]` reserve_months",
    ("instruments", "budget"): "the main one",
    ("limits", "jurisdiction"): "all together",
    ("limits", "period"): "each period",
    ("parcels", "conversion"): f"that of the first line that it lies inside: {_OVERLAY}; else `{OVERLAY_ELSEWHERE}`",
    ("practices", "tenure"): "any",
    ("practices", "to_tenure"): "whose it is",
    ("price_steps", "jurisdiction"): "all together",
    ("price_steps", "period"): "every period that no row of the same place names",
    ("projects", "budget"): "the main one",
    ("projects", "hurdle"): "that of its category in `[finance]` hurdle",
    ("scenarios", "period"): "every period",
    ("scenarios", "probability"): "not stated",
}
"""What a blank cell means, where it is more than a default."""
KINDS = {"text": "text", "number": "number", "flag": "flag", "list": "list", "period": "period name"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated page."""
    files.append(File.generated(config, "tables.md", content=page()))
    return files


def page() -> str:
    """The page as Markdown."""
    fall_back = ", ".join(f"`{table.name}`" for table in TABLES if table.name in DEFAULT_TABLES)
    parts = [
        INTRODUCTION.format(default_tables=fall_back),
        *map(section, TABLES),
        built_in_accounts(),
    ]
    return "\n\n".join(parts) + "\n"


def built_in_accounts() -> str:
    """The accounts that are there without a row: those that are booked on, and those that follow from the plan."""
    booked = "\n".join(
        f"| `{name}` | {about['family']} | {str(about['recurrence']).replace('_', '-')} "
        f"| {'yes' if about['cash'] else 'no'} | {about['unit']} |"
        for name, about in built_in(["<q>"]).items()
    )
    words = {
        "area": ["area.…", "quality.…", "population"],
        "money": list(MONEY),
        "asset": ["asset.<r>", "asset.<r>.state", "asset.<r>.collective"],
        "finance": [*FINANCE, f"{OF_BUDGET}.<b>", *(f"{name}.<f>" for name in OF_INSTRUMENT)],
        "quota": [f"quota.<q>.{what}" for what in OF_QUOTA],
        "gain": ["gain.actor.<h>", "gain.jurisdiction"],
    }
    follow = "\n".join(f"| {', '.join(f'`{name}`' for name in words[word])} | {WHAT_FOLLOWS[word]} |" for word in words)
    return (
        "## Built-in accounts\n\nThe columns of `projects` and the trade of a quota `<q>` write these; an `accounts` "
        "row of the same name may change\ntheir budget, growth and source, and `shares` apply to them.\n\n"
        f"| account | family | recurrence | money | unit |\n|---|---|---|---|---|\n{booked}\n\n"
        "These follow from the plan: limits and weights may name them, and quotas those that have an amount in every\n"
        "period; no flow is booked on them. `<f>` is an instrument, `<h>` an actor "
        "([Money](semantics.md#money), [Who gains](semantics.md#who-gains)).\n\n"
        f"| accounts | what they are |\n|---|---|\n{follow}"
    )


def section(table: Table) -> str:
    """One table: what it is for, its key, its columns."""
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    rows = "\n".join(row(table, column) for column in table.columns)
    chinese = " / ".join(names.of_table(table.name).zh)
    return (
        f"## {table.name}\n\n**{chinese}**. {ABOUT[table.name]}{key}\n\n"
        f"| column | meaning | kind | must be | blank means |\n|---|---|---|---|---|\n{rows}"
    )


def row(table: Table, column: Column) -> str:
    """One column of a table."""
    key = table.name, column.name
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    told = names.of_column(*key)
    means = told.means.replace("|", "\\|") + (f" ({told.unit})" if told.unit else "")
    must, empty = MUST_BE.get(key) or must_be(column), BLANK.get(key) or blank(column)
    return f"| {name} {' / '.join(told.zh)} | {means} | {KINDS[column.kind]} | {must} | {empty} |"


def must_be(column: Column) -> str:
    """The allowed values, the range or the table referred to."""
    if column.choices:
        return ", ".join(
            f"`{choice}` {' / '.join(names.of_value(column.name, choice).zh)}" for choice in column.choices
        )
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
        return "1 (是)" if column.default else "0 (否)"
    if column.default in (None, ""):
        return ""
    return f"`{column.default:g}`" if isinstance(column.default, float) else f"`{column.default}`"
