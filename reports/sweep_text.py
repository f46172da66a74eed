"""A sweep in words and small tables, for the screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from zonevest.instances.say import listed, say, translate
from zonevest.model.conditions import WHOLE
from zonevest.reports.display import DASH, Display, number
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.reports.regret import Weighed

NOTHING = "(nothing)"
"""The plan of doing nothing."""
AS_IT_IS = "as it is"
"""The case of the study without any of its scenarios."""
SHOWN, PAIRS = 3, 12
"""Broken conditions that are told of a pair; pairs that are told on the screen."""


class Swept(Protocol):
    """What is told of: a sweep (`zonevest.sweeps.Sweep`)."""

    @property
    def study(self) -> Study: ...  # noqa: D102
    @property
    def summary(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def weighed(self) -> Weighed | None: ...  # noqa: D102
    @property
    def misses(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def faults(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102


def sweep_text(sweep: Swept, lang: str) -> str:
    """The whole of it."""
    words = Words(lang)
    lines = [f"{sweep.study.title(lang)}: {words('sweep_cases', count=len(sweep.summary))}", ""]
    lines += aligned(summary_rows(sweep, words), 1)
    told: dict[tuple[str, str, str], list[str]] = {}  # what is wrong in every case is told once
    for row in sweep.faults.itertuples(index=False):
        told.setdefault((row.where, row.must, row.found), []).append(row.case)
    for parts, cases in told.items():
        everywhere = len(cases) == len(sweep.summary) > 1
        named = [translate(called(each), lang) for each in cases]
        name = words("sweep_every_case") if everywhere else words("comma").join(named)
        lines.append(f"  • {name}: " + "; ".join(translate(each, lang) for each in parts))
    if sweep.weighed is not None:
        lines += ["", words("sweep_regret"), *aligned(regret_rows(sweep, words), 1), ""]
        lines += [translate(each, lang) for each in choice_sentences(sweep.weighed)]
        if len(broken := broken_sentences(sweep, words)):
            lines += ["", words("sweep_broken"), *(f"  • {translate(each, lang)}" for each in broken[:PAIRS])]
            if len(broken) > PAIRS:
                more = say("{count} more pairs are in misses.csv", count=len(broken) - PAIRS)
                lines.append(f"  • {translate(more, lang)}")
    lines += [translate(each, lang) for each in sweep.notes]
    return "\n".join(lines)


def summary_rows(sweep: Swept, words: Words) -> list[list[str]]:
    """The head, and a row for each case."""
    columns = ("case", "status", "objective", "bound", "gap", "cash", "ecosystem", "projects_built", "rezoned_ha")
    rows = [[words(f"sweep_{name}") for name in (*columns, "seconds", "work")]]
    for row in sweep.summary.to_dict("records"):
        status = words.or_code("sweep_status_", str(row["status"])) if row["status"] else DASH
        gap = row["gap"]
        told = f"{100 * gap:.2f} %" if gap is not None and math.isfinite(gap) else DASH
        figures = [number(_number(row[name])) for name in ("objective", "bound")]
        more = [number(_number(row[name])) for name in columns[5:]]
        work = translate(row["message"], words.lang) if row["message"] else words.or_code("sweep_work_", row["work"])
        name = translate(called(row["case"]), words.lang)
        rows.append([name, status, *figures, told, *more, number(_number(row["seconds"]), 1), work])
    return rows


def regret_rows(sweep: Swept, words: Words) -> list[list[str]]:
    """The head, and a row for each plan: its regret in each scenario, the greatest, and its expected value."""
    weighed = sweep.weighed
    assert weighed is not None
    scenarios = list(dict.fromkeys(weighed.regret["scenario"]))
    names = [translate(called(each), words.lang) for each in scenarios]
    rows = [[words("sweep_plan"), *names, words("sweep_greatest"), words("sweep_expected_value")]]
    cells = {(row.plan, row.scenario): row for row in weighed.regret.itertuples(index=False)}
    for choice in weighed.choices.itertuples(index=False):
        told = [cell_text(cells[choice.plan, scenario], words) for scenario in scenarios]
        name = translate(called(choice.plan), words.lang)
        mark = "".join(sign for sign, chosen in (("◆", choice.minimax), ("●", choice.expected)) if chosen)
        rows.append([f"{name} {mark}".rstrip(), *told, number(choice.max_regret), number(choice.expected_value)])
    return rows


def called(name: str) -> str:
    """A case or a plan by name; those that are of no scenario have a name that can be said in another language."""
    return {NOTHING: say("doing nothing"), AS_IT_IS: say("as it is")}.get(name, name)


def cell_text(row: Any, words: Words) -> str:
    """The regret of a plan in a scenario, or that it breaks there."""
    if row.holds is None:
        return words("sweep_unknown")
    return number(max(row.regret, 0.0)) if row.holds else words("sweep_breaks")


def choice_sentences(weighed: Weighed) -> list[str]:
    """Which plans are chosen, and how sure that is."""
    choices = weighed.choices.set_index("plan")
    told = []
    if weighed.minimax is None:
        fewest = choices[["breaks_in", "unknown_in"]].sum(axis=1)
        near = listed(list(map(called, fewest.index[fewest == fewest.min()])), "; ")
        what = say("no plan holds in every scenario, so that none is chosen by regret")
        told += [
            what,
            say("plans that break in the fewest scenarios ({count}): {names}", count=fewest.min(), names=near),
        ]
    else:
        row = choices.loc[weighed.minimax]
        least, most = number(row["max_regret"]), number(row["max_regret_at_most"])
        told.append(
            say(
                "◆ least greatest regret: {plan}; {least} (in {scenario}), at most {most} within the gaps",
                plan=called(weighed.minimax), least=least, scenario=called(row["worst_scenario"]), most=most,
            )
        )  # fmt: skip
        if not weighed.minimax_certain:
            told.append(
                say("  within the gaps another plan may have less: regret is known up to the gap of each scenario")
            )
        if len(out := choices.index[choices["max_regret"].isna()]):
            told.append(
                say(
                    "  not compared, as they do not hold in every scenario: {names}",
                    names=listed(list(map(called, out)), "; "),
                )
            )
    if weighed.expected is None:
        told.append(say("no plan holds in every scenario of some weight, so that none is chosen by expected value"))
    else:
        value = number(choices.loc[weighed.expected, "expected_value"])
        told.append(say("● highest expected value: {plan}; {value}", plan=called(weighed.expected), value=value))
        if weighed.best_expected is not None:
            top = number(weighed.best_expected)
            told.append(say("  who knew the scenario beforehand could expect {top} at most", top=top))
    return told


def broken_sentences(sweep: Swept, words: Words) -> list[str]:
    """What pairs that cannot hold break, and by how much."""
    if not len(sweep.misses):
        return []
    told, display = [], Display(sweep.study, words)
    shown = sweep.misses[sweep.misses["plan"] != NOTHING]  # to do nothing breaks much, which the table has
    for (plan, scenario), rows in shown.groupby(["plan", "scenario"], sort=False):
        parts = [miss(row, display) for row in rows.head(SHOWN).itertuples(index=False)]
        if len(rows) > SHOWN:
            parts.append(say("{count} more", count=len(rows) - SHOWN))
        told.append(
            say("{plan} in {scenario}: {what}", plan=called(plan), scenario=called(scenario), what=listed(parts, "; "))
        )
    return told


def miss(row: Any, display: Display) -> str:
    """A condition that is broken, and by how much; by the names of the study."""
    amount = f"{number(_number(row.by))} {display.unit(row.unit) if row.unit else ''}".rstrip()
    if row.family == "option":
        name = display.practice(row.condition[7:-1])
        return say("{name} is not open to {amount} ({why})", name=name, amount=amount, why=row.what)
    if row.family == "start":
        project, start = row.condition[6:-1].rsplit(",", 1)
        return say("{project} cannot start in {period}", project=display.project(project), period=start)
    name = display.row(row.condition)
    if row.family in WHOLE:
        return say("{name} does not hold", name=name)
    if not row.limit:
        return say("{name} by {amount}", name=name, amount=amount)
    bound = number(_number(row.bound))
    sense = {"<=": "≤", ">=": "≥", "==": "="}.get(row.sense, row.sense)
    place = display.jurisdiction(row.jurisdiction)
    return say(
        "{limit} [{place}, {period}] {sense} {bound}: missed by {amount}",
        limit=display.limit(row.limit), place=place, period=row.period, sense=sense, bound=bound, amount=amount,
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def aligned(rows: list[list[str]], left: int) -> list[str]:
    """Rows as lines of even columns; the first `left` begin on the left, the others end on the right."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
            pad = " " * (width - cell_len(cell))
            cells.append(cell + pad if at < left else pad + cell)
        lines.append("  " + "  ".join(cells).rstrip())
    return lines
