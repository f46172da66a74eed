"""What solving again with a project forced in or out says, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from zonevest.instances.study import each

if TYPE_CHECKING:
    from zonevest.reports.display import Display
    from zonevest.reports.explain import Explanation

OUT, IN, OTHER = "out", "in", "other_start"
"""The project is not built; it is built, at its best start; it is built at another start than planned."""
CASES: Final = ["case", "status", "start", "objective", "bound", "loss", "least_loss", "cash", "ecosystem"]
CHANGED: Final = ["case", "project", "before", "after"]
MOVED: Final = ["case", "practice", "before", "after"]
WHO_PAYS: Final = ["case", "actor", "received", "paid", "land_value", "passed_on", "gain"]
BREAK_EVEN: Final = ["column", "now", "number", "low", "high", "status", "solves"]
SMALL = 1e-6
"""Million that are rounding."""
WIDE = 0.1
"""A break-even is told as from where to where it may lie where that is more than this part of it."""
MOST = 8
"""So many projects or practices are named."""
WORDS = {
    "en": {
        "head": "Solved again (gap {gap:.3g} of the objective): what changes if",
        "out": "it is not built",
        "in": "it is built, in {start}",
        "other_start": "it starts at another time, in {start}",
        "loss": "{case}: the objective falls by {loss:,.6g}, by no less than {least:,.6g} in any plan",
        "unsure": "{case}: the objective falls by {loss:,.6g}; better plans of that kind may lose nothing, which the "
        "gap leaves open (a smaller --gap tells)",
        "gains": "{case}: the objective rises by {gain:,.6g}: the plan is that far from the best, within its gap",
        "none": "{case}: there is no such plan ({status})",
        "in_": "it is built",
        "other_start_": "it starts at another time",
        "worth": "cash (F1) {cash:+,.6g}, ecosystem value (F2) {ecosystem:+,.6g}",
        "built": "now built: {names}",
        "dropped": "no longer built: {names}",
        "moved": "at another time: {names}",
        "same": "no other project changes",
        "land": "hectares: {names}",
        "gain_of": "who gains (present value): {names}",
        "loss_of": "who loses: {names}",
        "mandatory": "It is mandated: no plan does without it",
        "even_head": "Break-even by solving again: it is just worth it with",
        "even": "a {column} of {number:,.6g} (now {now:,.6g}); what the gaps leave open: {low:,.6g} to "
        "{high:,.6g}; solved {often}",
        "even_wide": "a {column} between {low:,.6g} and {high:,.6g} (now {now:,.6g}), which is what the gaps leave "
        "open; about {number:,.6g} by the plans that were found; solved {often} (a smaller --gap narrows it)",
        "even_stopped": "a {column} of about {number:,.6g} (now {now:,.6g}), not told apart further, solved "
        "{often}: {low:,.6g} to {high:,.6g}",
        "at_zero": "a {column} of 0 changes nothing: {verdict} all the same",
        "always_in": "any {column}: there is no plan without it",
        "never_in": "no {column}: there is no plan with it",
        "stopped": "a {column} that was not found, solved {often} (now {now:,.6g})",
        "once": "once",
        "times": "{solves} times",
        "stays_in": "it is built",
        "stays_out": "it is not built",
        "capex": "capex",
        "annual_revenue": "yearly revenue",
        "more": "{count} more",
    },
    "zh": {
        "head": "重新求解（间隙为目标值的 {gap:.3g}）：若",
        "out": "不建",
        "in": "建设（于 {start} 启动）",
        "other_start": "改在 {start} 启动",
        "loss": "{case}：目标值减少 {loss:,.6g}；任何此类规划至少减少 {least:,.6g}",
        "unsure": "{case}：目标值减少 {loss:,.6g}；间隙之内，更优的此类规划也许毫无损失（用更小的 --gap 可判明）",
        "gains": "{case}：目标值增加 {gain:,.6g}：原规划在其间隙内离最优有此差距",
        "none": "{case}：没有这样的规划（{status}）",
        "in_": "建设",
        "other_start_": "改期启动",
        "worth": "现金流（F1）{cash:+,.6g}，生态价值（F2）{ecosystem:+,.6g}",
        "built": "改为建设：{names}",
        "dropped": "不再建设：{names}",
        "moved": "改期：{names}",
        "same": "其他项目不变",
        "land": "面积（公顷）：{names}",
        "gain_of": "受益者（现值）：{names}",
        "loss_of": "受损者：{names}",
        "mandatory": "该项目为必建项目：任何规划都包含它",
        "even_head": "重新求解的盈亏平衡点：恰好值得建设时",
        "even": "{column}为 {number:,.6g}（现 {now:,.6g}）；间隙所余范围：{low:,.6g} 至 {high:,.6g}；求解 {often}",
        "even_wide": "{column}在 {low:,.6g} 至 {high:,.6g} 之间（现 {now:,.6g}），间隙只能判明到此；"
        "按所得规划约为 {number:,.6g}；求解 {often}（更小的 --gap 可缩小范围）",
        "even_stopped": "{column}约为 {number:,.6g}（现 {now:,.6g}），求解 {often}后未能进一步区分："
        "{low:,.6g} 至 {high:,.6g}",
        "at_zero": "{column}即使为 0 也不改变结果：{verdict}",
        "always_in": "{column}不论多少：没有不建该项目的规划",
        "never_in": "{column}不论多少：没有建设该项目的规划",
        "stopped": "{column}求解 {often}仍未找到（现 {now:,.6g}）",
        "once": "1 次",
        "times": "{solves} 次",
        "stays_in": "仍会建设",
        "stays_out": "仍不建设",
        "capex": "投资",
        "annual_revenue": "年收入",
        "more": "另有 {count} 项",
    },
}
STATUS = {
    "en": {"infeasible": "proven", "no_plan": "none was found in the time", "interrupted": "stopped"},
    "zh": {"infeasible": "已证明", "no_plan": "时限内未找到", "interrupted": "已中止"},
}


def resolved_lines(found: Explanation, display: Display, lang: str) -> list[str]:
    """The words; none where nothing was solved again."""
    if "resolved" not in found.tables:
        return []
    say = WORDS[lang]
    lines = ["", say["head"].format(gap=found.figures["gap"])]
    if found.figures["mandatory"]:
        lines.append(f"  {say['mandatory']}")
    for row in each(found["resolved"]):
        if np.isnan(row.loss):
            case = say[row.case if row.case == OUT else row.case + "_"]
            lines.append("  " + say["none"].format(case=case, status=STATUS[lang].get(row.status, row.status)))
            continue
        near = 1e-9 * max(1.0, abs(row.objective))
        kind = "gains" if row.loss < -near else "loss" if row.least_loss > near else "unsure"
        case = say[row.case].format(start=row.start)
        lines.append("  " + say[kind].format(case=case, loss=row.loss, gain=-row.loss, least=row.least_loss))
        lines.append("    " + say["worth"].format(cash=row.cash, ecosystem=row.ecosystem))
        lines += [f"    {line}" for line in _others(found, row.case, display, say)]
    if "break_even" in found.tables:
        lines += ["", say["even_head"], *(f"  {line}" for line in _evens(found, say))]
    return lines


def _others(found: Explanation, case: str, display: Display, say: dict[str, str]) -> list[str]:
    """Other projects that change, and land."""
    changed = found["changed"]
    changed = changed[(changed["case"] == case) & (changed["project"] != found.name)]
    kinds: dict[str, list[str]] = {"built": [], "dropped": [], "moved": []}
    for row in each(changed):
        name = display.project(row.project)
        if not row.before:
            kinds["built"].append(f"{name} ({row.after})")
        elif not row.after:
            kinds["dropped"].append(f"{name} ({row.before})")
        else:
            kinds["moved"].append(f"{name} ({row.before} → {row.after})")
    lines = [say[kind].format(names=_listed(names, say)) for kind, names in kinds.items() if names]
    moved = found["moved"]
    land = [
        f"{display.practice(row.practice)} {row.after - row.before:+,.4g}" for row in each(moved[moved["case"] == case])
    ]
    lines = (lines or [say["same"]]) + ([say["land"].format(names=_listed(land, say))] if land else [])
    return lines + _who_pays(found, case, display, say)


def _who_pays(found: Explanation, case: str, display: Display, say: dict[str, str]) -> list[str]:
    """What actors have more or less than in the plan, all changes of the case at once."""
    rows = found["who_pays"]
    rows = rows[(rows["case"] == case) & (rows["gain"].abs() > SMALL)].sort_values("gain", key=np.abs, ascending=False)
    lines = []
    for kind, some in (("gain_of", rows[rows["gain"] > 0.0]), ("loss_of", rows[rows["gain"] < 0.0])):
        names = [f"{display.actor(row.actor)} {row.gain:+,.4g}" for row in each(some)]
        lines += [say[kind].format(names=_listed(names, say))] if names else []
    return lines


def _listed(names: list[str], say: dict[str, str]) -> str:
    more = [say["more"].format(count=len(names) - MOST)] if len(names) > MOST else []
    return ", ".join(names[:MOST] + more)


def _evens(found: Explanation, say: dict[str, str]) -> list[str]:
    lines = []
    for row in each(found["break_even"]):
        kind = row.status
        if kind in ("found", "stopped") and not np.isnan(row.number):
            wide = not row.high - row.low <= WIDE * abs(row.number)  # what the gaps leave open, where it was found
            kind = "even_stopped" if kind == "stopped" else "even_wide" if wide else "even"
        verdict = say["stays_in" if found.figures["start"] else "stays_out"]
        cells = {name: getattr(row, name) for name in BREAK_EVEN[1:]}
        often = say["once" if row.solves == 1 else "times"].format(solves=row.solves)
        lines.append(say[kind].format(**cells | {"column": say[row.column], "verdict": verdict, "often": often}))
    return lines
