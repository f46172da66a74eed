"""Shadow prices in words, English and Chinese: what one more of a number is worth, and from where to where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.instances.study import each
from zonevest.model.policy import objective_weights
from zonevest.reports.display import number

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.display import Display

POINT, MONTH = "point", "month"
OWN = ("cash", "draw_cap", "fund_project", "floor", "keep")
"""Rows that limits.csv does not tell of."""
WORDS = {
    "en": {
        "head": "What one more is worth, the dearest first",
        "ceiling": "one more {unit} of {what} is worth {price}",
        "floor": "one more {unit} of {what} asked for costs {price}",
        "worse": "one more {unit} of {what} costs {price}",
        "less": "the last one is worth {price}",
        "less_floor": "one less saves {price}",
        "no_more": "there is no plan with one more {unit} of {what}",
        "no_less": "nor can there be less",
        "range": "from {low} to {high}{unit} (now {bound})",
        "within": "at least from {low} to {high}{unit} (now {bound}); how far beyond was not looked for: ask for it "
        "with --limit {limit}",
        "asked": "at least from {low} to {high}{unit} (now {bound}); how far beyond was not found",
        "outside": "{end} (not at {outside})",
        "below": "below that {price}",
        "above": "above that {price}",
        "none": "no plan",
        "unknown": "how far that holds was not looked for: ask for it with --limit {limit}",
        "unknown_asked": "how far that holds was not found",
        "of": "{what} of {where}",
        "in": "{what} in {period}",
        POINT: "point (0.01)",
        MONTH: "month of recurring cost",
        "months": "months",
        "row_cash": "cash: {of}",
        "row_draw_cap": "debt and grants for {of}",
        "row_fund_project": "funds for {of}",
        "row_floor": "the floor of the objective",
        "row_keep": "what an earlier term keeps",
        "nothing": "Nothing binds",
        "loose": "{count} others do not bind: 0",
        "resolved": "Ranges: solved again with the plan's whole numbers fixed; a price holds where it changes by "
        "less than a thousandth (of a ratio, a hundredth)",
    },
    "zh": {
        "head": "再多一单位值多少（由高到低）",
        "ceiling": "{what}每增加 1 {unit}，价值 {price}",
        "floor": "{what}的要求每提高 1 {unit}，代价 {price}",
        "worse": "{what}每增加 1 {unit}，代价 {price}",
        "less": "减少 1 单位损失 {price}",
        "less_floor": "降低 1 单位节省 {price}",
        "no_more": "{what}再增加 1 {unit}则无可行规划",
        "no_less": "也不能减少",
        "range": "适用范围 {low} 至 {high}{unit}（现为 {bound}）",
        "within": "至少在 {low} 至 {high}{unit} 内适用（现为 {bound}）；其外未求解：可用 --limit {limit} 单独查询",
        "asked": "至少在 {low} 至 {high}{unit} 内适用（现为 {bound}）；其外未判明",
        "outside": "{end}（在 {outside} 处已不适用）",
        "below": "低于该范围为 {price}",
        "above": "高于该范围为 {price}",
        "none": "无可行规划",
        "unknown": "适用范围未求解：可用 --limit {limit} 单独查询",
        "unknown_asked": "适用范围未判明",
        "of": "{where}{what}",
        "in": "{period} {what}",
        POINT: "个百分点（0.01）",
        MONTH: "个月经常性支出",
        "months": "个月",
        "row_cash": "现金：{of}",
        "row_draw_cap": "{of}的债务与补助",
        "row_fund_project": "{of}的资金",
        "row_floor": "目标的下限",
        "row_keep": "前序目标的保留值",
        "nothing": "没有起作用的约束",
        "loose": "其余 {count} 项不起作用：0",
        "resolved": "范围：固定规划中的整数后重新求解；价格变化不到千分之一（比率为百分之一）即视为仍适用",
    },
}


def told_prices(table: pd.DataFrame, display: Display, lang: str) -> list[str]:
    """All that binds, the dearest first, a line each."""
    say, unit = WORDS[lang], _of_objective(display)
    table = table.rename(columns={"from": "low"})
    dear = np.maximum(np.abs(table["more"].fillna(table["price"])), np.abs(table["less"].fillna(table["price"])))
    some = table[table["binding"] & (dear > 0.0)]
    some = some.iloc[np.argsort(-dear[some.index].to_numpy(), kind="stable")]
    lines = [f"  {told_price(row, display, lang, unit)}" for row in each(some)]
    more = [say["loose"].format(count=len(table) - len(some)), say["resolved"]]
    return [say["head"], *(lines or [f"  {say['nothing']}"]), "", *more]


def told_ranges(table: pd.DataFrame, display: Display, lang: str) -> list[str]:
    """Prices and ranges of numbers that were asked for, a line each, those without a price too."""
    unit = _of_objective(display)
    return [told_price(row, display, lang, unit, asked=True) for row in each(table.rename(columns={"from": "low"}))]


def _of_objective(display: Display) -> str:
    """The unit of the objective in words: million where it weighs cash by 1, else none."""
    return display.money_unit if objective_weights(display.study).get("cash") == 1.0 else ""


def _what(limit: str, display: Display, say: dict[str, str]) -> str:
    """What there is one more of: a quota by its own name, rows that limits.csv does not tell of by theirs here."""
    kind, _, of = limit.partition(".")
    if kind == "quota":
        return display.quota(of)
    if kind not in OWN:
        return display.limit(limit)
    project, _, start = of.partition(".")
    named = {"cash": display.budget, "draw_cap": display.project, "fund_project": display.project}.get(kind)
    return say[f"row_{kind}"].format(of=named(project) if named and of else of, start=start).strip(" :：")


def told_price(row: Any, display: Display, lang: str, money: str, *, asked: bool = False) -> str:
    """One number, its price and its range; nobody who asked for it by name is told to do so."""
    say = WORDS[lang]
    unit = say[row.unit] if row.unit in (POINT, MONTH) else display.unit(row.unit)
    counted = "" if row.unit == POINT else f" {say['months'] if row.unit == MONTH else unit}"

    def amount(price: float) -> str:
        return f"{number(abs(price))} {money}".rstrip()

    what = _what(row.limit, display, say)
    if row.jurisdiction not in ("", "total"):
        what = say["of"].format(what=what, where=display.jurisdiction(row.jurisdiction))
    if row.period not in ("", "total"):
        what = say["in"].format(what=what, period=display.period(row.period))
    price = row.more if row.resolved or not np.isnan(row.more) else row.price
    if np.isnan(price):
        parts = [say["no_more"].format(unit=unit, what=what)]
    else:
        kind = "ceiling" if price >= 0.0 else "floor" if row.sense == ">=" else "worse"
        parts = [say[kind].format(unit=unit, what=what, price=amount(price))]
    comma = "，" if lang == "zh" else ", "
    if not row.resolved and not row.low < row.to:
        return comma.join([*parts, say["unknown_asked" if asked else "unknown"].format(limit=row.limit)])
    if np.isnan(row.less):
        parts += [] if row.plan_below else [say["no_less"]]  # else it is nothing already, or was not looked for
    elif np.isnan(price) or abs(row.less - price) > 1e-3 * abs(price):
        parts.append(say["less" if row.less >= 0.0 else "less_floor"].format(price=amount(row.less)))
    low, high = row.low, row.to
    told = {
        key: _end(end, outside, say)
        for key, end, outside in (("low", low, row.from_outside), ("high", high, row.to_outside))
    }
    kind = "range" if row.resolved else "asked" if asked else "within"
    parts.append(say[kind].format(**told, unit=counted, bound=number(row.bound), limit=row.limit))
    ends = ((low, row.price_below, row.plan_below, "below"), (high, row.price_above, row.plan_above, "above"))
    costs = (row.less if np.isnan(price) else price) < 0.0  # so far in words: what is below 0 costs
    for end, beyond, plan, key in ends:
        if np.isfinite(end) and not (plan and np.isnan(beyond)):
            there = 0.0 - beyond if costs else beyond
            parts.append(say[key].format(price=f"{number(there)} {money}".rstrip() if plan else say["none"]))
    return comma.join(parts)


def _end(end: float, outside: float, say: dict[str, str]) -> str:
    """An end, and where it was seen not to hold, if that is another number in words."""
    told, beyond = number(end), number(outside)
    return told if np.isnan(outside) or told == beyond else say["outside"].format(end=told, outside=beyond)
