"""The head of the report page and its notes: status, goal, the numbers on cards, how it was solved, what is assumed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from zonevest.instances.say import translate
from zonevest.reports import tables
from zonevest.reports.display import NBSP, Display, number, percent

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData
    from zonevest.reports.audit import AuditReport
    from zonevest.reports.facts import Facts
    from zonevest.reports.labels import Words

Part = dict[str, Any]

NEARLY: Final = 0.95
"""From this part of the time limit on the time is over."""


def status_of(plan: PlanData) -> str:
    """How a plan came about, and whether it holds: its status.

    Or ``given`` of one that holds and was not solved, ``near`` of one that was looked for to differ from the best,
    ``decided`` of one that stands beside a decision for several scenarios, and ``unproven`` of one that is not proven
    within the gap asked for though not all of the time was used.
    """
    if plan.status != "feasible":
        return plan.status
    if len(plan.settings.get("decided_for", ())) > 1:
        return "decided"
    if "alternative" in plan.settings:
        return "near"
    if plan.method == "given":
        return "given"
    return "feasible" if _out_of_time(plan) else "unproven"


def _out_of_time(plan: PlanData) -> bool:
    """Whether a plan was looked for until its time was over; what a last step could not do in what is left counts."""
    limit = plan.settings.get("time_limit")
    return limit is not None and plan.seconds.get("solve", 0.0) >= NEARLY * float(limit)


def head(plan: PlanData, display: Display) -> Part:
    """Status, goal and how it was solved; the cards are filled in with `cards`."""
    words, study = display.words, plan.study
    status = status_of(plan)
    status = status if plan.has_plan or status != "interrupted" else "interrupted_none"
    asked = plan.settings.get("gap")
    if status == "optimal":
        told = percent(float(asked)) if asked else percent(plan.gap)
        text = words("status_optimal", gap=told) if asked or plan.gap is not None else words("status_optimal_plain")
    else:
        text = words(f"status_{status}")
    tones = {"optimal": "good", "feasible": "soft", "unproven": "soft", "given": "soft", "near": "soft"}
    tones |= {"decided": "soft", "interrupted": "soft"}
    objective = study.settings.objective
    rate = ""
    if objective.method == "weighted" and objective.cash and objective.ecosystem:
        rate = words("exchange_text", rate=number(objective.ecosystem / objective.cash))
    return {
        "status": text,
        "tone": tones.get(status, "bad"),
        "why": words(f"why_{status}"),
        "message": translate(plan.message, words.lang),
        "goal": _goal(plan, display),
        "exchange": rate,
        "off": [words.or_code("off_", str(name)) for name in plan.limits_off],
        "facts": _facts(plan, display),
        "cards": [],
    }


def _goal(plan: PlanData, display: Display) -> str:
    words, objective = display.words, plan.study.settings.objective
    if objective.method == "floor":
        if "cash" in objective.floor:
            return words("goal_floor_cash", value=display.money(float(objective.floor["cash"])))
        return words("goal_floor_ecosystem", share=percent(float(objective.floor.get("ecosystem", 1.0)), 3))
    if objective.method == "lexicographic":
        terms = " → ".join(_term(name, display) for name in objective.order)
        return words("goal_lexicographic", terms=terms, share=percent(objective.tolerance))
    given = {"cash": objective.cash, "ecosystem": objective.ecosystem, **objective.accounts}
    weights = {name: weight for name, weight in given.items() if weight}
    floors = [words("goal_and_cash", value=display.money(float(value))) if term == "cash"
              else words("goal_and_ecosystem", share=percent(float(value), 3))
              for term, value in objective.floor.items()]  # fmt: skip
    if len(weights) == 1 and set(map(abs, weights.values())) == {1.0}:
        name, weight = weights.popitem()
        return " ".join([words("goal_most" if weight > 0 else "goal_least", term=_term(name, display)), *floors])
    terms = "; ".join(f"{number(weight)} × {_term(name, display)}" for name, weight in weights.items())
    return " ".join([words("goal_weighted", terms=terms), *floors])


def _term(name: str, display: Display) -> str:
    return display.words(name) if name in ("cash", "ecosystem") else display.account(name)


def value_unit(display: Display) -> str:
    """The unit of F2."""
    unit = tables.ecosystem_unit(display.study)
    return display.unit(unit) if unit else display.words("value_units")


def objective_unit(display: Display) -> str:
    """The unit of objective and bound."""
    objective, words = display.study.settings.objective, display.words
    if objective.method == "floor":
        return value_unit(display) if "cash" in objective.floor else display.money_unit
    if objective.method == "lexicographic":
        weights = {objective.order[-1]: 1.0} if objective.order else {}
    else:
        given = {"cash": objective.cash, "ecosystem": objective.ecosystem, **objective.accounts}
        weights = {name: weight for name, weight in given.items() if weight}
    units = set()
    for name in weights:
        if name == "cash":
            units.add(display.money_unit)
        elif name == "ecosystem":
            units.add(value_unit(display))
        else:
            units.add(display.unit(tables.account_unit(display.study, name).removesuffix("/year")))
    if len(units) != 1:
        return words("points")
    unit = units.pop()
    return unit if all(abs(weight) == 1 for weight in weights.values()) else words("weighted_unit", unit=unit)


def price_of(plan: PlanData, display: Display) -> tuple[str, float]:
    """The unit in which shadow prices are told, and how many of the objective's it is: money where cash counts."""
    objective = plan.study.settings.objective
    if objective.method == "weighted" and objective.cash:
        return display.money_unit, float(objective.cash)
    return objective_unit(display), 1.0


def cards(facts: Facts, display: Display) -> list[Part]:
    """The numbers of the head, each with its unit and what it compares with."""
    plan, words, study = facts.plan, display.words, facts.study
    objective, rates = study.settings.objective, study.settings.rates
    unit = objective_unit(display)
    compared = study.has_doing_nothing and (
        objective.method != "weighted" or bool(objective.cash or objective.ecosystem or objective.floor)
    )
    known = plan.bound is not None and math.isfinite(plan.bound)
    notes = [f"{words('bound')}{words('colon')}{number(plan.bound)}{NBSP}{unit}" if known else words("no_bound")]
    if plan.gap is not None and math.isfinite(plan.gap):
        notes.append(f"{words('gap')}{words('colon')}{percent(plan.gap)}")
        if compared and plan.gap_total is not None and math.isfinite(plan.gap_total):
            notes.append(words("gap_total_note", gap=percent(plan.gap_total)))
    label = "gain" if compared else "objective_total"
    found = [{"name": words(label), "value": number(plan.objective), "unit": unit, "notes": notes, "lead": True}]
    for name, one, rate in (
        ("cash", display.money_unit, rates.finance),
        ("ecosystem", value_unit(display), rates.social),
    ):
        gain: float | None = getattr(plan, name)
        nothing = plan.doing_nothing.get(name) if study.has_doing_nothing else None
        years = {"first": study.first_year, "last": study.end_year, "rate": percent(rate)}
        about = [words(f"{name}_note", **years)]
        if nothing is not None:
            about.insert(0, words("nothing_value", value=f"{number(nothing)}{NBSP}{one}"))
        if not gain and not nothing:
            about = [words(f"no_{name}")]
        text = number(gain)
        if gain is not None and gain > 0 and study.has_doing_nothing:
            text = f"+{text}"
        found.append({"name": words(name), "value": text, "unit": one, "notes": about})
    if len(study.parcels):
        land = facts.land
        moved = land[land["changed"]]
        share = float(moved["area_ha"].sum()) / (float(land["area_ha"].sum()) or 1.0)
        count = display.parcels(int(moved["parcel_id"].nunique()))
        note = words("changed_note", parcels=count, share=percent(share))
        area = number(float(moved["area_ha"].sum()))
        found.append({"name": words("changed_card"), "value": area, "unit": words("ha"), "notes": [note]})
    if len(study.projects):
        table = tables.schedule(plan)
        built = table[table["built"]]
        capex = display.money(float(built["capex"].astype(float).sum()))
        note = words("projects_note", count=f"{len(table):,}", capex=capex)
        found.append({"name": words("projects_card"), "value": f"{len(built):,}", "unit": "", "notes": [note]})
    states = facts.limits["state"].value_counts()
    if len(facts.limits):
        binding = int(states.get("binding", 0))
        kept = int(states.get("holds", 0)) + binding
        note = words("limits_note", count=f"{len(facts.limits):,}", binding=f"{binding:,}")
        found.append({"name": words("limits_card"), "value": f"{kept:,}", "unit": "", "notes": [note]})
    return found


def _facts(plan: PlanData, display: Display) -> list[tuple[str, str]]:
    """How it was solved, as pairs of a name and a text."""
    words, study, settings = display.words, plan.study, plan.settings
    area = display.hectares(float(study.parcels["area_ha"].sum()))
    phases = {name: seconds for name, seconds in plan.seconds.items() if name != "total"}
    total = plan.seconds.get("total", sum(phases.values()))
    told = ", ".join(f"{words.or_code('phase_', name)} {number(value, 1)}" for name, value in phases.items())
    facts = [
        (words("size"), words("size_text", parcels=f"{len(study.parcels):,}", area=area, projects=len(study.projects))),
        (words("periods"), ", ".join(period.name for period in study.periods)),
        (words("purse"), ", ".join(map(display.actor, study.settings.purse))),
        (words("method"), words.or_code("method_", plan.method)),
        (words("solve_time"), f"{number(total, 1)}{NBSP}{words('seconds')}" + (f" ({told})" if told else "")),
    ]
    if settings.get("gap") is not None:
        facts.append((words("gap_asked"), percent(float(settings["gap"]))))
    if settings.get("scenario"):
        facts.append((words("scenario"), str(settings["scenario"])))
    if settings.get("time_limit") is not None:
        facts.append((words("time_limit"), f"{number(float(settings['time_limit']))}{NBSP}{words('seconds')}"))
    facts += [
        (words("seed"), str(plan.seed)),
        (words("study_hash"), study.hash),
        (words("versions"), ", ".join(f"{name} {number_}" for name, number_ in plan.versions.items())),
    ]
    return [(name, text) for name, text in facts if text]


def notes(plan: PlanData, display: Display) -> Part:
    """Units, what a gain is, the audit's word, and what reading the study noted."""
    words, study = display.words, plan.study
    rates = study.settings.rates
    about = words("notes_no_nothing_text")
    if study.has_doing_nothing:
        about = words(
            "notes_gain_text",
            finance=percent(rates.finance),
            social=percent(rates.social),
            first=study.first_year,
            last=study.last_year,
            tail=rates.tail_years,
        )
    return {
        "units": words("notes_units_text", currency=study.settings.currency),
        "gain": about,
        "audit": _audit(getattr(plan, "audit", None), words),
        "study": [translate(note, words.lang) for note in study.notes],
    }


def _audit(found: AuditReport | None, words: Words) -> Part:
    """The audit's verdict, if the plan carries one, with the first differences it found."""
    if found is None:
        return {"tone": "", "text": words("audit_none"), "findings": []}
    if found.ok:
        return {"tone": "good", "text": words("audit_no_plan" if found.no_plan else "audit_ok"), "findings": []}
    grouped, rest = found.told(words.lang)
    lines = [
        words("audit_line", rule=row.rule, where=row.where, must=row.must, found=row.found)
        for row in rest.head(20).itertuples(index=False)
    ]
    text, lines = words("audit_bad", count=len(grouped) + len(rest)), [*grouped[:20], *lines]
    return {"tone": "bad", "text": f"{text} {translate(found.message, words.lang)}".strip(), "findings": lines}
