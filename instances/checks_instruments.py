"""What must hold for instruments, and for the projects that name them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zonevest.instances.checks_quotas import check_marks
from zonevest.instances.context import Context
from zonevest.instances.faults import choice, some
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.instances.study import items
from zonevest.instances.tables import Typed

DEBT = ("bond", "loan")


def check_instruments(study: Context) -> None:
    """What is borrowed has a tenor and a way to be repaid; each kind has the columns that mean something for it."""
    table = study.rows("instruments")
    if table is None:
        return
    check_marks(study, table, "instrument")
    if table.broken & {"kind", "tenor_years", "grace_years", "repay", "refinances"}:
        return
    kind, tenor, grace = table.text("kind"), table.number("tenor_years"), table.number("grace_years")
    level = [repay == "level_principal" for repay in table.text("repay")]
    everyone = range(table.size)
    debt = [i for i in everyone if kind[i] in DEBT]
    others = [i for i in everyone if kind[i] and kind[i] not in DEBT]
    at = [i for i in debt if np.isnan(tenor[i])]
    study.tell(table, at, "tenor_years", rule("instruments.tenor"))
    at = [i for i in everyone if level[i] and grace[i] >= tenor[i]]
    must = rule("instruments.grace")
    study.tell(table, at, "grace_years", must, found=lambda i: f"{grace[i]:g} >= {tenor[i]:g}")
    at = [i for i in everyone if grace[i] > 0 and not level[i]]
    must = rule("instruments.bullet-grace", column="grace_years", needs="repay = level_principal")
    study.tell(table, at, "grace_years", must)
    for column in ("refinances", "in_debt_ratio", "self_supporting"):
        if column not in table.broken:
            at = [i for i in others if table.flag(column)[i]]
            must = rule("instruments.debt-flag", column=column)
            study.tell(table, at, column, must, found=lambda i: f"1, {kind[i]}")
    idle = [i for i in others if kind[i] == "grant" and (table.number("rate")[i] > 0 or tenor[i] > 0)]
    if idle:
        study.notes.append(
            rule("instruments.grant-terms",
                table=table.label, names=some(table.ids(idle)))
        )  # fmt: skip
    _projects_only(study, table)
    if not table.broken & {"outstanding", "outstanding_years"}:
        owed, years = table.number("outstanding"), table.number("outstanding_years")
        at = [i for i in others if owed[i] > 0]
        must = rule("instruments.debt-only", column="outstanding")
        study.tell(table, at, "outstanding", must)
        at = [i for i in debt if owed[i] > 0 and np.isnan(years[i])]
        must = rule("instruments.outstanding")
        study.tell(table, at, "outstanding_years", must)
    settings = study.settings
    if settings is not None and settings.finance is not None and settings.rates.finance == 0:
        rate = table.number("rate")
        at = [i for i in others if kind[i] == "equity" and np.isnan(tenor[i]) and rate[i] > 0]
        must = rule("instruments.equity-rate")
        study.tell(table, at, "tenor_years", must)


def _projects_only(study: Context, table: Typed) -> None:
    """What refinances funds no projects; cover is asked of what supports itself."""
    if table.broken & {"categories", "self_supporting", "green_only"}:
        return
    asked = {
        "categories": [bool(cell) for cell in table.text("categories")],
        "self_supporting": table.flag("self_supporting").tolist(),
        "green_only": table.flag("green_only").tolist(),
    }
    again = table.flag("refinances")
    at = [i for i in range(table.size) if again[i] and any(cells[i] for cells in asked.values())]
    must = rule("instruments.refinancing", columns=choice(tuple(asked)))
    study.tell(
        table, at, "refinances", must, found=lambda i: listed([name for name, cells in asked.items() if cells[i]]),
    )  # fmt: skip
    if not table.broken & {"cover_min", "cover_basis"}:
        alone = table.flag("self_supporting")
        odd = [i for i in range(table.size) if not alone[i] and table.text("cover_basis")[i] == "discounted"]
        must = rule("instruments.flag", column="cover_basis", needs="self_supporting = 1")
        study.tell(table, odd, "cover_basis", must)
        odd = [i for i in range(table.size) if not alone[i] and table.number("cover_min")[i] != 1.0]
        must = rule("instruments.flag", column="cover_min", needs="self_supporting = 1")
        study.tell(table, odd, "cover_min", must)


def check_draws(study: Context) -> None:
    """An instrument that a project names may fund it, and there is something to fund."""
    projects, table = study.rows("projects"), study.rows("instruments")
    if projects is None or "instruments" in projects.broken:
        return
    named = [items(cell) for cell in projects.text("instruments")]
    if "capex" not in projects.broken:
        at = [i for i in range(projects.size) if named[i] and projects.number("capex")[i] == 0]
        must = rule("columns.needs", column="instruments", needs="capex")
        study.tell(projects, at, "instruments", must)
    needed = {"instrument", "refinances", "categories", "green_only"}
    if table is None or table.broken & needed or projects.broken & {"category", "green"}:
        return
    place = {name: i for i, name in enumerate(table.text("instrument"))}
    category, green = projects.text("category"), projects.flag("green")
    borrower = _borrowers(study)

    def why_not(name: str, i: int) -> str:
        at = place.get(name)
        if at is None:
            return ""  # told where references are checked
        if table.flag("refinances")[at]:
            return say("{name!r} refinances", name=name)
        wanted = items(table.text("categories")[at])
        if wanted and category[i] not in wanted:
            of = category[i] or say("of no category")
            return say("{name!r} is for {categories}, the project is {category}", name=name,
                       categories=choice(wanted), category=of)  # fmt: skip
        if table.flag("green_only")[at] and not green[i]:
            return say("{name!r} is for green projects", name=name)
        if borrower(table.text("budget")[at]) == "enterprise" != borrower(projects.text("budget")[i]):
            return say("{name!r} is raised by an enterprise, the project is the government's", name=name)
        return ""

    wrong = [[found for name in named[i] if (found := why_not(name, i))] for i in range(projects.size)]
    must = rule("projects.instruments")
    study.tell(projects, [i for i, found in enumerate(wrong) if found], "instruments", must,
               found=lambda i: listed(wrong[i]))  # fmt: skip


def _borrowers(study: Context) -> Callable[[str], str]:
    """The borrower of a budget by its name, blank for the main one; all the same where it is not known."""
    table = study.rows("budgets")
    if table is None or table.broken & {"budget", "borrower"}:
        return lambda _: ""
    names, borrowers = table.text("budget"), table.text("borrower")
    known = dict(zip(names, borrowers, strict=True))
    return lambda name: known.get(name or names[0], "")
