"""What the audit finds of a plan that somebody drew, in the planner's words, and the plan beside others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.say import Listed, Said, listed, translate
from zonevest.instances.study import period_names
from zonevest.reports.display import Display, number
from zonevest.reports.labels import Words
from zonevest.reports.verdict_words import WORDS

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData
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
SMALL = 1e-6
"""Millions of cash that are rounding."""
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


@dataclass
class Verdict:
    """What was found of a plan that somebody drew.

    Attributes
    ----------
    plan : the plan, with everything that was worked out.
    breaches : a row for each rule that it breaks, columns `BREACHES`: `ids` are the first five parcels, `over` is by
        how much a row is missed, `setting` the ratio that the study states where `bound` is in million.
    given : the tables of decisions that were taken as they are.
    listed : how many parcels were listed.
    notes : what was left aside in its tables.
    instead : other sets of rows of money and quotas of which one may be broken in place of those, as `breaches`.
    no_figures : whether a solved plan's folder was read that has lost its plan.json.
    residuals : what the study has a year beside its ledger, by period; with [finance].
    beside : a plan to be compared with, and what it is called.
    """

    plan: PlanData
    breaches: pd.DataFrame
    given: Sequence[str] = ()
    listed: int = 0
    residuals: Sequence[float] = ()
    notes: Sequence[str] = ()
    beside: tuple[str, PlanData] | None = None
    instead: Sequence[pd.DataFrame] = ()
    no_figures: bool = False

    @property
    def ok(self) -> bool:
        """Whether all holds."""
        return bool(self.breaches.empty)

    def words(self, lang: str = "en") -> list[str]:
        """A sentence for each row of `breaches`."""
        tell = _Sentences(self.plan, lang)
        return [tell(row) for row in self.breaches.to_dict("records")]

    def comparison(self, lang: str = "en") -> pd.DataFrame:
        """The plan beside doing nothing, and beside another one: a row per figure, zone and so on."""
        say, display = WORDS[lang], Display(self.plan.study, Words(lang))
        plans = {say["this"]: self.plan} | ({self.beside[0]: self.beside[1]} if self.beside else {})
        columns: dict[str, dict[str, Any]] = {}
        if self.plan.doing_nothing or len(self.plan.before):
            held = _areas(self.plan, self.plan.before.assign(share=1.0))
            gain = _gain_of_nothing(self.plan.study)
            columns[say["nothing"]] = {
                "objective": gain, "cash": 0.0, "ecosystem": 0.0, "built": 0, "capex": 0.0, **held,
            }  # fmt: skip
        for name, plan in plans.items():
            ledger = plan.ledger[plan.ledger["jurisdiction"] == TOTAL]
            built = plan.projects[plan.projects["start"].fillna("") != ""]
            columns[name] = {
                "objective": plan.objective, "cash": plan.cash, "ecosystem": plan.ecosystem, "built": len(built),
                "capex": float(built["capex"].sum()),
            }  # fmt: skip
            if plan.study.settings.finance is not None:
                columns[name]["raised"] = float(plan.financing["raised"].astype(float).sum())
                columns[name]["debt"] = float(ledger.loc[ledger["account"] == "finance.debt", "value"].max())
            columns[name] |= _areas(plan, plan.parcels)
        table = pd.DataFrame(columns)
        zones = [f"zone:{zone}" for zone in (*self.plan.study.zones["zone"], "")]
        order = ["objective", "cash", "ecosystem", "built", "capex", "raised", "debt", *zones]
        table = table.reindex([key for key in order if key in table.index])
        of_zones = table.index.str.startswith("zone:")
        table.loc[of_zones] = table.loc[of_zones].fillna(0.0)
        table.index = pd.Index([_figure(key, say, display) for key in table.index], name="figure")
        return table

    def money(self) -> pd.DataFrame:
        """Cash, debt and what is raised and served by period, million; without [finance] there is none of it."""
        plan, finance = self.plan, self.plan.study.settings.finance
        if finance is None:
            return pd.DataFrame()
        rows = plan.ledger[plan.ledger["jurisdiction"] == TOTAL]
        by_account = rows.pivot_table(index="account", columns="period", values="value", aggfunc="sum")
        periods = period_names(plan.study.periods)
        by_account = by_account.reindex(columns=periods).fillna(0.0)

        def of(*names: str) -> np.ndarray[Any, Any]:
            some = [name for name in by_account.index if name.startswith(names)]
            return np.asarray(by_account.loc[some].sum().to_numpy(dtype=float))

        def cash(name: str) -> np.ndarray[Any, Any]:
            held = by_account.reindex([name]).fillna(0.0).to_numpy(dtype=float)[0]
            return np.where(np.abs(held) < SMALL, 0.0, held)

        out = {
            "period": periods, "net": of("money.operating") + np.array(self.residuals), "drawn": of("finance.raised."),
            "served": of("finance.repaid.", "finance.interest."),
            "cash_end": cash("finance.cash"),
        }  # fmt: skip
        for name in plan.study.budgets["budget"]:
            out[f"cash_of.{name}"] = cash(f"finance.cash.{name}")
        out["debt_end"] = cash("finance.debt")
        capped = plan.limits[plan.limits["limit"] == "debt_ratio_cap"].set_index("period")
        ratios = [_ratio(finance.at("debt_ratio_cap", period), capped, period) for period in periods]
        return pd.DataFrame(out | ({"debt_ratio": ratios} if len(capped) else {}))

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """The findings as plain values."""
        plan = self.plan
        rows = self.breaches.astype(object).where(self.breaches.notna(), None)
        rows[["where", "must", "found"]] = rows[["where", "must", "found"]].map(lambda cell: translate(cell, lang))
        breaches = [{**row, "words": text} for row, text in zip(rows.to_dict("records"), self.words(lang), strict=True)]
        comparison = self.comparison(lang)
        figures = {name: getattr(plan, name) for name in ("objective", "cash", "ecosystem", "doing_nothing")}
        return {
            "ok": self.ok, "status": plan.status, "no_figures": self.no_figures, **figures,
            "given": list(self.given), "breaches": breaches,
            "comparison": {str(name): comparison[name].astype(object).where(comparison[name].notna(), None).to_dict()
                           for name in comparison},
            "instead": [_plain(rows, _Sentences(plan, lang)) for rows in self.instead],
            "money": self.money().to_dict("records"),
            "financing": plan.financing.to_dict("records"),
            "limits": plan.limits.astype(object).where(plan.limits.notna(), None).to_dict("records"),
        }  # fmt: skip

    def to_text(self, lang: str = "en") -> str:
        """The findings in words."""
        say, plan = WORDS[lang], self.plan
        title, count = plan.study.title(lang), len(self.breaches)
        lines = [say["holds" if self.ok else "broken"].format(title=title, count=count)]
        changed = plan.parcels.loc[plan.parcels["start"] != "", "parcel_id"].nunique()
        built, parcels = int((plan.projects["start"] != "").sum()), len(plan.study.parcels)
        size = {
            "listed": self.listed,
            "parcels": parcels,
            "changed": changed,
            "built": built,
            "projects": len(plan.projects),
        }
        lines += [f"  {say['size'].format(**size)}"]
        lines += [f"  {say['no_figures']}"] if self.no_figures else []
        if self.given:
            lines.append(f"  {say['given'].format(names=translate(listed(self.given), lang))}")
        elif any(len(getattr(plan, name)) for name in DECIDED):
            lines.append(f"  {say['worked']}")
        told = self.words(lang)
        for kind in KINDS:
            mine = [text for text, each in zip(told, self.breaches["kind"], strict=True) if each == kind]
            if mine:
                lines += ["", say[kind], *(f"  • {text}" for text in mine[:MOST])]
            if len(mine) > MOST:
                lines.append(f"  {say['more'].format(count=len(mine) - MOST)}")
        tell = _Sentences(plan, lang)
        for rows in self.instead:
            lines += ["", say["or"], *(f"  • {tell(row)}" for row in rows.to_dict("records"))]
        lines += ["", *_columns(self.comparison(lang))]
        if self.beside is not None and self.beside[1].study.hash != plan.study.hash:
            lines.append(f"  {say['other_study'].format(name=self.beside[0])}")
        money = self.money()
        if len(money):
            heads = {name: _head(name, say) for name in money}
            lines += ["", say["cash_table"], *_columns(money.set_index("period").rename(columns=heads))]
        return "\n".join(lines)


def _plain(rows: pd.DataFrame, tell: _Sentences) -> list[dict[str, Any]]:
    """Breaches of rows as plain values, with their words."""
    plain = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return [{**row, "words": tell(each)} for row, each in zip(plain, rows.to_dict("records"), strict=True)]


DECIDED = ("financing", "uplift", "quota_trade", "fund_transfers", "budget_transfers")


def _ratio(cap: float | None, rows: pd.DataFrame, period: str) -> float:
    if cap is None or period not in rows.index or not rows.loc[period, "bound"] > 0:
        return math.nan
    return float(cap * rows.loc[period, "value"] / rows.loc[period, "bound"])


def _gain_of_nothing(study: Study) -> float:
    """What doing nothing is worth above itself; blank where soft rules may charge it, which is not worked out here."""
    finance = study.settings.finance
    soft = (study.limits["kind"] == "soft").any() or (finance is not None and bool(finance.soft))
    return math.nan if soft else 0.0


def _areas(plan: PlanData, parts: pd.DataFrame) -> dict[str, float]:
    """Hectares by zone."""
    area = plan.study.parcels.set_index("parcel_id")["area_ha"]
    hectares = area.reindex(parts["parcel_id"]).to_numpy(dtype=float) * parts["share"].to_numpy(dtype=float)
    sums = pd.Series(hectares).groupby(parts["zone"].fillna("").to_numpy(dtype=object)).sum()
    return {f"zone:{zone}": float(value) for zone, value in sums.items()}


def _figure(key: str, say: dict[str, str], display: Display) -> str:
    if key == "zone:":
        return say["none_zone"]
    return say["zone"].format(zone=display.zone(key[5:])) if key.startswith("zone:") else say[key]


def _head(name: str, say: dict[str, str]) -> str:
    return say["cash_of"].format(name=name[8:]) if name.startswith("cash_of.") else say[name]


def _columns(table: pd.DataFrame) -> list[str]:
    """A table as lines."""
    from rich.cells import cell_len

    cells = [["", *map(str, table.columns)]]
    for name, row in zip(table.index, table.to_numpy(dtype=object).tolist(), strict=True):
        cells.append([str(name), *(number(None if each is None else float(each)) for each in row)])
    width = [max(cell_len(row[at]) for row in cells) for at in range(len(cells[0]))]

    def pad(text: str, at: int) -> str:
        blank = " " * (width[at] - cell_len(text))
        return text + blank if at == 0 else blank + text

    return ["  " + "  ".join(pad(text, at) for at, text in enumerate(row)).rstrip() for row in cells]


class _Sentences:
    """Breaches as sentences of one language."""

    def __init__(self, plan: PlanData, lang: str) -> None:
        self.say, self.lang, self.words = WORDS[lang], lang, Words(lang)
        self.display = Display(plan.study, self.words)
        self.units = {(row.limit, row.account): row.unit for row in plan.limits.itertuples(index=False)}

    def __call__(self, row: dict[str, Any]) -> str:
        """The sentence of a row."""
        if row["rule"] == "limit" or row["rule"].startswith("row:"):
            return self._row(row)
        must = translate(row["must"], self.lang)
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
