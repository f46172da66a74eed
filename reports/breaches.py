"""Breaches of a plan put together by what they are of, and told in the planner's words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.say import Listed, Said, listed, translate
from zonevest.instances.study import period_names
from zonevest.reports.audit import AuditReport, audit
from zonevest.reports.display import Display, number
from zonevest.reports.labels import Words
from zonevest.reports.verdict_words import WORDS

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.reports.audit_evaluate import Evaluation, Evaluator, Standing

BREACHES = [
    "kind", "rule", "limit", "account", "project", "practice", "zone", "jurisdiction", "period", "count", "ids",
    "area_ha", "value", "bound", "setting", "over", "unit", "where", "must", "found",
]  # fmt: skip
KINDS = ("land", "project", "limit", "money", "other")
SHOWN = 5
MOST = 40
"""So many sentences of a kind are printed; the table has them all."""
TOTAL = "total"
GROUPS = {
    "money": "money",
    "gain": "money",
    "uplift": "money",
    "quota": "limit",
    "limit": "limit",
    "objective": "limit",
}


def breaches_of(evaluator: Evaluator, standing: Standing, found: Evaluation, breaches: pd.DataFrame) -> pd.DataFrame:
    """Every breach of a plan with what it is of, columns `BREACHES`.

    Parameters
    ----------
    breaches : columns rule, where, must, found, as the audit found them: none is left out, and none is added.
    """
    rows = [*_land(evaluator, standing), *_rows(evaluator, found)]
    closed = {tuple(each.breach) for each in standing.closed}
    told = {line.name for line in found.decided.system.lines if line.told is not None} if found.decided else set()
    grouped: dict[str, list[Any]] = {}
    for each in breaches.itertuples(index=False):
        if tuple(each) in closed or each.rule == "limit" or (":" in each.rule and each.where in told):
            continue
        if each.rule == "project:footprint":
            grouped.setdefault(str(each.where.given["project"]), []).append(each)
            continue
        family = str(each.rule).partition(":")[0]
        kind = "project" if family == "project" else "land" if family == "choice" else GROUPS.get(family, "other")
        project = str(getattr(each.where, "given", {}).get("project", ""))
        period = str(getattr(each.where, "given", {}).get("period", ""))
        rows.append(_row(kind, each.rule, each.where, each.must, each.found, project=project, period=period))
    for project, some in grouped.items():
        parcels = list(dict.fromkeys(str(each.where.given["parcel"]) for each in some))
        periods = ";".join(dict.fromkeys(str(each.where.given["period"]) for each in some))
        first = some[0]
        more = {"project": project, "count": len(parcels), "ids": ";".join(parcels[:SHOWN]), "period": periods}
        rows.append(_row("project", first.rule, first.where, first.must, first.found, **more))
    table = pd.DataFrame(rows, columns=BREACHES, dtype=object)  # a column of text would forget that these are sentences
    table = table.astype({"count": int, **dict.fromkeys(("area_ha", "value", "bound", "setting", "over"), float)})
    order = table["kind"].map({kind: at for at, kind in enumerate(KINDS)})
    return table.iloc[np.argsort(order.to_numpy(dtype=int), kind="stable")].reset_index(drop=True)


def _row(kind: str, rule: str, where: str, must: str, found: str, **more: Any) -> dict[str, Any]:
    texts = dict.fromkeys(
        ("limit", "account", "project", "practice", "zone", "jurisdiction", "period", "ids", "unit"), ""
    )
    numbers = dict.fromkeys(("area_ha", "value", "bound", "setting", "over"), math.nan)
    return {
        **texts,
        **numbers,
        "count": 1,
        "kind": kind,
        "rule": rule,
        "where": where,
        "must": must,
        "found": found,
    } | more


def _land(evaluator: Evaluator, standing: Standing) -> Iterator[dict[str, Any]]:
    """Options that are not open to their parcels."""
    tables = evaluator.tables
    places = evaluator.study.parcels["jurisdiction"].to_numpy(dtype=object)
    for closed in standing.closed:
        practice, members = closed.practice, closed.members
        yield _row(
            "land", *closed.breach,
            practice=practice,
            zone=str(tables.practices[practice]["zone"]) if closed.start >= 0 else "",
            jurisdiction=";".join(dict.fromkeys(str(place) for place in places[members] if place)),
            period=tables.periods[closed.start] if closed.start >= 0 else "",
            count=len(members),
            ids=";".join(str(name) for name in tables.ids[members[:SHOWN]]),
            area_ha=float(tables.area[members].sum()),
        )  # fmt: skip


def _rows(evaluator: Evaluator, found: Evaluation) -> Iterator[dict[str, Any]]:
    """Hard rows that do not hold."""
    finance = evaluator.study.settings.finance
    own = set(evaluator.study.limits["limit"])
    for row in found.limits[found.limits["broken"]].itertuples(index=False):
        name, family = str(row.limit), str(row.limit).partition(".")[0]
        least = row.value < row.lower
        bound = row.lower if least else row.upper
        setting = math.nan
        if name not in own and finance is not None and isinstance(row.period, str) and row.period != TOTAL:
            stated = finance.at(family, row.period) if family in RATIOS else None
            # what the row compares, in the terms in which the study states it
            setting = stated if stated and row.bound > 0 else math.nan
        kind = "limit" if name in own or family.startswith(("quota", "price_steps")) else "money"
        sides = {"jurisdiction": row.jurisdiction, "period": row.period, "limit": name, "account": row.account}
        sides |= {"value": row.value, "bound": bound, "over": row.violation, "setting": setting}
        yield _row(kind, "limit" if name in own else f"row:{family}", name, "", "", **sides)


RATIOS = (
    "debt_ratio_cap", "dscr_min", "interest_share_general", "interest_share_fund", "land_sale_share_cap",
    "refinance_share", "green_share_min", "real_estate_share_max", "reinvestment_min",
)  # fmt: skip
"""Rows that the study states as a ratio, and that compare millions."""


@dataclass(frozen=True)
class Grouped:
    """What the choices of a plan break, put together.

    Attributes
    ----------
    study : whose names are told.
    rows : a row for each rule that is broken, columns `BREACHES`.
    limits : the rows of the plan as limits.csv tells them, for their units; None: they are not known.
    """

    study: Study
    rows: pd.DataFrame
    limits: pd.DataFrame | None = None

    def words(self, lang: str = "en") -> list[str]:
        """A sentence for each row."""
        tell = Sentences(self.study, self.limits, lang)
        return [tell(row) for row in self.rows.to_dict("records")]

    def lines(self, lang: str = "en") -> list[str]:
        """The sentences by kind, each kind under its name, the first of them."""
        say, told, lines = WORDS[lang], self.words(lang), list[str]()
        for kind in KINDS:
            mine = [text for text, each in zip(told, self.rows["kind"], strict=True) if each == kind]
            if mine:
                lines += ["", say[kind], *(f"  • {text}" for text in mine[:MOST])]
            if len(mine) > MOST:
                lines.append(f"  {say['more'].format(count=len(mine) - MOST)}")
        return lines


def audited(plan: Any) -> AuditReport:
    """The audit of a plan or a plan folder, what its choices break put together and in words."""
    return in_words(audit(plan))


def in_words(report: AuditReport) -> AuditReport:
    """A report with what the choices break put together, where that is known."""
    if report.judged is None or report.evaluation is None:
        return report
    evaluator, standing, limits = report.judged
    rows = breaches_of(evaluator, standing, report.evaluation, report.evaluation.breaches)
    return replace(report, judged=None, grouped=Grouped(evaluator.study, rows, limits))


class Sentences:
    """Breaches as sentences of one language."""

    def __init__(self, study: Study, limits: pd.DataFrame | None, lang: str) -> None:
        self.say, self.lang, self.words = WORDS[lang], lang, Words(lang)
        self.display, self.units = Display(study, self.words), dict[tuple[str, str], str]()
        if limits is not None and {"limit", "account", "unit"} <= set(limits):
            names = zip(limits["limit"].astype(str), limits["account"].astype(str), strict=True)
            self.units = dict(zip(names, limits["unit"].fillna("").astype(str), strict=True))

    def __call__(self, row: dict[str, Any]) -> str:
        """The sentence of a row."""
        if row["rule"] == "limit" or row["rule"].startswith("row:"):
            return self._row(row)
        must = self._told(row["must"])
        ids = _ids(row)
        if row["rule"] == "project:footprint":
            periods = translate(listed(row["period"].split(";")), self.lang)
            return self.say["footprint"].format(
                project=self.display.coded(row["project"], self.display.project),
                must=must,
                count=row["count"],
                ids=ids,
                periods=periods,
            )
        if row["kind"] == "land" and row["ids"]:
            named = [name for name in row["jurisdiction"].split(";") if name]
            places = translate(
                listed([self.display.coded(name, self.display.jurisdiction) for name in named[:SHOWN]]), self.lang
            )
            places += " …" if len(named) > SHOWN else ""
            values = {
                "practice": self.display.practice(row["practice"]), "must": must, "count": row["count"], "ids": ids,
                "area": number(row["area_ha"]), "start": row["period"],
                "zone": self.display.zone(row["zone"]) if row["zone"] else "",
                "place": self.say["in"].format(places=places) if places else "",
            }  # fmt: skip
            return self.say["option" if row["period"] else "standing"].format(**values)
        must = self._window(row["project"]) if row["rule"] == "project:window" else self._told(row["must"])
        return self.say["plain"].format(where=self._told(row["where"]), must=must, found=self._told(row["found"]))

    def _told(self, text: str) -> str:
        """A sentence of the audit, with names beside the codes in it."""
        return translate(self._named(text), self.lang)

    def _named(self, text: str) -> str:
        if isinstance(text, Listed):
            parts, between, last = text.given.values()
            return Listed(tuple(self._named(part) for part in parts), str(between), str(last))  # type: ignore[attr-defined]
        if not isinstance(text, Said):
            return text
        kinds = {"project": self.display.project, "practice": self.display.practice, "budget": self.display.budget}
        values = {name: self._named(value) if isinstance(value, str) else value for name, value in text.given.items()}
        values |= {name: self.display.coded(str(values[name]), of) for name, of in kinds.items() if values.get(name)}
        if isinstance(zones := text.given.get("zones"), Listed):
            parts, between, last = zones.given.values()
            coded = tuple(self.display.coded(str(part), self.display.zone) for part in parts)  # type: ignore[attr-defined]
            values["zones"] = Listed(coded, str(between), str(last))
        return Said(text.template, values)

    def _window(self, project: str) -> str:
        """When a project may start, by the names of periods."""
        study = self.display.study
        named, periods = study.projects.set_index("project").loc[project], period_names(study.periods)
        return self.say["window"].format(
            earliest=named["earliest"] or periods[0], latest=named["latest"] or periods[-1]
        )

    def _row(self, row: dict[str, Any]) -> str:
        say, least = self.say, row["value"] < row["bound"]
        name, family = row["limit"], row["limit"].partition(".")[0]
        label, of = self.words.or_code("row_", family), name.partition(".")[2]
        if row["rule"] == "limit":
            label = say["limit_name"].format(name=self.display.coded(name, self.display.limit))
        elif of:
            label += self.words("colon") + self.display.coded(of, lambda of: self.display.of_row(family, of) or of)
        period = say["all"] if row["period"] == TOTAL else row["period"]
        place = (
            say["all"]
            if row["jurisdiction"] == TOTAL
            else self.display.coded(row["jurisdiction"], self.display.jurisdiction)
        )
        told = {
            "label": label, "place": place, "period": period, "side": say["least" if least else "most"],
            "word": say["short" if least else "much"],
        }  # fmt: skip
        if not math.isnan(row["setting"]):
            value = row["setting"] * row["value"] / row["bound"]
            return say["ratio"].format(
                value=number(value),
                bound=number(row["setting"]),
                over=f"{number(row['over'])} {self.display.money_unit}",
                **told,
            )
        code = self.units.get((name, row["account"]), "")
        unit = f" {self.display.unit(code)}" if code else ""
        what = f"{self.display.account(row['account'])} " if row["rule"] == "limit" else ""
        value, bound, over = (f"{number(row[key])}{unit}" for key in ("value", "bound", "over"))
        return say["row"].format(what=what, value=value, bound=bound, over=over, **told)


def _ids(row: dict[str, Any]) -> str:
    ids = row["ids"].split(";")
    return ", ".join(ids) + (" …" if row["count"] > len(ids) else "")
