"""What the audit finds of a plan that somebody drew, in the planner's words, and the plan beside others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.say import listed, translate
from zonevest.instances.study import period_names
from zonevest.reports.breaches import TOTAL, Grouped
from zonevest.reports.display import Display, number
from zonevest.reports.labels import Words
from zonevest.reports.verdict_words import WORDS

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

SMALL = 1e-6
"""Millions of cash that are rounding."""


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
        return self._grouped(self.breaches).words(lang)

    def _grouped(self, rows: pd.DataFrame) -> Grouped:
        return Grouped(self.plan.study, rows, self.plan.limits)

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
            "instead": [_plain(rows, self._grouped(rows).words(lang)) for rows in self.instead],
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
        lines += self._grouped(self.breaches).lines(lang)
        for rows in self.instead:
            lines += ["", say["or"], *(f"  • {text}" for text in self._grouped(rows).words(lang))]
        lines += ["", *_columns(self.comparison(lang))]
        if self.beside is not None and self.beside[1].study.hash != plan.study.hash:
            lines.append(f"  {say['other_study'].format(name=self.beside[0])}")
        money = self.money()
        if len(money):
            heads = {name: _head(name, say) for name in money}
            lines += ["", say["cash_table"], *_columns(money.set_index("period").rename(columns=heads))]
        return "\n".join(lines)


def _plain(rows: pd.DataFrame, words: list[str]) -> list[dict[str, Any]]:
    """Breaches of rows as plain values, with their words."""
    plain = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return [{**row, "words": text} for row, text in zip(plain, words, strict=True)]


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
