"""Explanations in words, English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances.say import translate
from zonevest.instances.study import each
from zonevest.reports.check import REASON_WORDS
from zonevest.reports.display import Display
from zonevest.reports.explain_prices import told_prices, told_ranges
from zonevest.reports.explain_resolved import resolved_lines
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zonevest.reports.explain import Explanation

MOST = 12
"""So many rows of a table are told in words; the rest is counted."""
WORDS = {
    "en": {
        "unit": "Values in units of the objective",
        "fixed": "Prices: of the linear program with the plan's whole numbers fixed and land divisible",
        "near": "Prices: near the best, of the price method's certificate",
        "parcel": "Parcel {name}: {area:,.2f} {ha}, {place}",
        "options": "Options (value + rows = worth)",
        "taken": "{share:.0%} taken",
        "excluded": "Not possible",
        "would": "But for lines, overlays and locks (worth at the plan's prices; chosen: {chosen:,.6g})",
        "would_be": "{option}: {would:,.6g} ({more:+,.6g}); excluded by {reasons}",
        "and": " and ",
        "wins": "Chosen is worth {chosen:,.6g}, the best other option ({other}) {next:,.6g}: {margin:,.6g} more",
        "loses": "Chosen is worth {chosen:,.6g}, "
        "the best other option ({other}) {next:,.6g}: {margin:,.6g} more than what is "
        "chosen; land that is taken whole, or the gap, keeps it from being taken",
        "ties": "Chosen is worth {chosen:,.6g}, "
        "and so is another option ({other}): the rows' bounds divide land between them",
        "alone": "It has no other option",
        "why": "Why (chosen less the best other option)",
        "more": "… and {count} more",
        "limit": "{name}: its rows (price x bound = worth)",
        "row": "{place}, {period}: {price:,.6g} x {bound:,.6g} = {worth:,.6g}; the plan adds {amount:,.6g}",
        "ranges": "One more, and how far that holds (solved again, whole numbers fixed)",
        "payers": "Who pays (below 0) or is paid",
        "giving": "Parcels that would do something else without it, all else at its price",
        "forgone": "{parcel} ({place}): {practice} {start} -> {instead} {instead_start}, {forgone:,.6g}",
        "nobody": "nobody",
        "projects": "Projects that would start at another time, or not, without it, all else at its price",
        "turned": "{project}: {start} -> {instead}, {forgone:,.6g}",
        "unbuilt_start": "not built",
        "actors": "Who would have more (below 0: less) if all these did so, present value",
        "actor": "{actor}: {forgone:+,.6g} {unit}",
        "row_plain": "{place}, {period}: not short (price 0); bound {bound:,.6g}, the plan adds {amount:,.6g}",
        "row_corner": "{place}, {period}: nothing left over, price 0 (what one more and the last one are worth: below)"
        "; bound {bound:,.6g}, the plan adds {amount:,.6g}",
        "project": "Project {name}",
        "built": "It starts in {start}, and is worth {worth:,.6g} at these prices",
        "unbuilt": "It is not built; its best start, {start}, would be worth {worth:,.6g} at these prices",
        "never": "It can start in no period: {why}",
        "starts": "Starts (value + rows = worth)",
        "of_starts": "Each start is told at the plan's prices, for a small change. That a project starts whole, once, "
        "and that prices and other projects move with it is not in this table; {how}",
        "better_start": "{start} is worth {more:,.6g} more at these prices, and yet is not what the plan chose. Prices "
        "are for a small change: that a project starts whole, once, and that prices and other projects move with it "
        "(or the plan's gap) is not in this table; {how}",
        "how_built": "--resolve tells what another start costs",
        "how_unbuilt": "--resolve tells what it costs to build it",
        "how_below": "what solving again tells is below",
        "even": "It would be worth nothing with {evens}; from the prices, for a small change",
        "left_out": "That number leaves out what has no price: {needs}; {how}",
        "how_even": "--break-even capex (or annual_revenue) solves again with all of it",
        "need": "{of} ({how})",
        "semicolon": "; ",
        "land_take": "What is lost on the land that it takes",
        "capex": "a capex of {number:,.6g} (now {now:,.6g})",
        "annual_revenue": "a yearly revenue of {number:,.6g} (now {now:,.6g})",
        "no_capex": "no capex (now {now:,.6g})",
        "no_annual_revenue": "no yearly revenue (now {now:,.6g})",
        "or": " or ",
        "parts": "Of what that is made",
        "needs": "What it needs, and what needs it",
        "requires": "project {of}",
        "bundle": "together with {of}",
        "exclusive_set": "without {of}",
        "min_area": "land: {of}",
        "footprint": "its site, parcel {of}",
        "comma": ", ",
        "met": "given",
        "unmet": "not given",
        "needed_by": "project {of} asks for it",
        "enables": "land action {of} waits for it",
        "relies": "built, so it relies on it",
        "relies_worth": "its land would lose {value:,.6g} without it",
        "idle": "not the case in the plan",
        "not_alone": "Prices alone do not decide it: see what it needs and what needs it below; --resolve tells what "
        "the other choice costs",
        "cash": "cash of the budgets",
        "raising": "what may be raised",
        "debt": "room for debt",
        "land": "land that it takes",
        "binds": "short, {value:+,.6g} at the prices",
        "binding": "short there",
        "mandated": "It is mandated: it is built whatever it is worth",
        "funding": "Raised for it",
    },
    "zh": {
        "unit": "数值以目标函数的单位计",
        "fixed": "价格：固定规划中的整数、土地可分割时线性规划的影子价格",
        "near": "价格：价格法证书中的近似最优价格",
        "parcel": "地块 {name}：{area:,.2f} {ha}，{place}",
        "options": "可选方案（自身价值 + 约束 = 净值）",
        "taken": "采用 {share:.0%}",
        "excluded": "不可选",
        "would": "若无控制线、转化分区与锁定（按规划价格的净值；所选：{chosen:,.6g}）",
        "would_be": "{option}：{would:,.6g}（{more:+,.6g}）；排除原因：{reasons}",
        "and": "、",
        "wins": "所选方案净值 {chosen:,.6g}，其余最优方案（{other}）{next:,.6g}：高出 {margin:,.6g}",
        "loses": "所选方案净值 {chosen:,.6g}，其余最优方案（{other}）{next:,.6g}，"
        "比所选高 {margin:,.6g}；因地块不可分割或求解间隙而未被采用",
        "ties": "所选方案净值 {chosen:,.6g}，另有方案（{other}）与之相等：土地在其间的分配由约束的界限决定",
        "alone": "没有其他可选方案",
        "why": "原因（所选减其余最优方案）",
        "more": "……另有 {count} 项",
        "limit": "{name}：各行（价格 × 界限 = 价值）",
        "row": "{place}，{period}：{price:,.6g} × {bound:,.6g} = {worth:,.6g}；规划计入 {amount:,.6g}",
        "ranges": "再多一单位的价值及其适用范围（固定整数后重新求解）",
        "payers": "由谁承担（负数）或受益",
        "giving": "若无此约束（其余价格不变）会改变用途的地块",
        "forgone": "{parcel}（{place}）：{practice} {start} → {instead} {instead_start}，{forgone:,.6g}",
        "nobody": "无",
        "projects": "若无此约束（其余价格不变）会改期、增建或不建的项目",
        "turned": "{project}：{start} → {instead}，{forgone:,.6g}",
        "unbuilt_start": "不建",
        "actors": "若上述全部改变，各主体的增益（负数为损失），现值",
        "actor": "{actor}：{forgone:+,.6g} {unit}",
        "row_plain": "{place}，{period}：未用满（价格为 0）；界限 {bound:,.6g}，规划计入 {amount:,.6g}",
        "row_corner": "{place}，{period}：没有余量，价格为 0（再多一单位与最后一单位的价值见下）；"
        "界限 {bound:,.6g}，规划计入 {amount:,.6g}",
        "project": "项目 {name}",
        "built": "于 {start} 启动，按此价格净值 {worth:,.6g}",
        "unbuilt": "未建设；最优启动期 {start}，按此价格净值 {worth:,.6g}",
        "never": "任何一期均不可启动：{why}",
        "starts": "启动期（自身价值 + 约束 = 净值）",
        "of_starts": "各启动期均按规划价格计算，适用于小幅变动；"
        "项目整体启动且只启动一次、价格与其他项目随之变动，表中均未计入；{how}",
        "better_start": "按此价格，{start} 启动的净值高出 {more:,.6g}，规划却未选择。价格适用于小幅变动："
        "项目整体启动且只启动一次、价格与其他项目随之变动（或求解间隙），表中均未计入；{how}",
        "how_built": "用 --resolve 可知改期的代价",
        "how_unbuilt": "用 --resolve 可知建设的代价",
        "how_below": "重新求解的结果见下",
        "even": "盈亏平衡：{evens}；由价格推算，适用于小幅变动",
        "left_out": "上述数值未计入没有价格者：{needs}；{how}",
        "how_even": "用 --break-even capex（或 annual_revenue）重新求解可全部计入",
        "need": "{of}（{how}）",
        "semicolon": "；",
        "land_take": "所占土地上的损失",
        "capex": "投资 {number:,.6g}（现 {now:,.6g}）",
        "annual_revenue": "年收入 {number:,.6g}（现 {now:,.6g}）",
        "no_capex": "任何投资额都不能达到（现 {now:,.6g}）",
        "no_annual_revenue": "任何年收入都不能达到（现 {now:,.6g}）",
        "or": "，或",
        "parts": "构成",
        "needs": "前提条件与所支撑的项目",
        "requires": "项目 {of}",
        "bundle": "与 {of} 同期",
        "exclusive_set": "不建 {of}",
        "min_area": "用地：{of}",
        "footprint": "选址地块 {of}",
        "comma": "，",
        "met": "已满足",
        "unmet": "未满足",
        "needed_by": "项目 {of} 以其为前置",
        "enables": "用地行动 {of} 以其为前提",
        "relies": "已建，依赖该项目",
        "relies_worth": "若无该项目，其土地损失 {value:,.6g}",
        "idle": "规划中未用到",
        "not_alone": "仅凭价格不能判定：见下文其前提与所支撑者；用 --resolve 可知另一选择的代价",
        "cash": "预算现金",
        "raising": "可筹资额度",
        "debt": "举债空间",
        "land": "所占土地",
        "binds": "紧缺，按价格 {value:+,.6g}",
        "binding": "紧缺",
        "mandated": "该项目为必建项目：无论净值如何都要建设",
        "funding": "为其筹集",
    },
}
NEAR = 1e-7
LAND_TAKEN = "land_take"
"""What is lost on the land that a project takes, among the accounts of its starts."""


def text_of(found: Explanation, lang: str) -> str:
    """The words of an explanation, ``en`` or ``zh``."""
    display, say = Display(found.study, Words(lang)), WORDS[lang]
    kinds = {"parcel": _parcel, "limit": _limit, "project": _project, "prices": _prices}
    told = kinds[found.kind](found, display, say, lang)
    return "\n".join([*told, "", say["unit"], say[found.basis]])


def _most(lines: list[str], say: dict[str, str]) -> Iterator[str]:
    yield from (f"  {line}" for line in lines[:MOST])
    if len(lines) > MOST:
        yield f"  {say['more'].format(count=len(lines) - MOST)}"


def _what(row: Any, display: Display, say: dict[str, str]) -> str:
    """An account or a row."""
    if row.kind == "account" and row.name == LAND_TAKEN:
        return say[LAND_TAKEN]
    if row.kind == "account":
        return display.account(row.name)
    if not (row.jurisdiction or row.period):  # a row that limits.csv does not tell
        return display.row(row.row)
    place = ", ".join(filter(None, (_place(row.jurisdiction, display), _period(row.period, display))))
    return f"{display.limit(row.name)} [{place}]"


def _place(name: str, display: Display) -> str:
    return display.jurisdiction(name) if name else ""


def _period(name: str, display: Display) -> str:
    return display.period(name) if name else ""


def _sums(parts: pd.DataFrame, column: str, display: Display, say: dict[str, str]) -> list[str]:
    """What is not nothing, the largest first."""
    size = parts[column].abs()
    some = parts[size > NEAR * max(1.0, float(size.max()) if len(size) else 0.0)]
    some = some.iloc[(-some[column].abs()).argsort(kind="stable")]
    return [f"{_what(row, display, say)}: {getattr(row, column):+,.6g}" for row in each(some)]


def _parcel(found: Explanation, display: Display, say: dict[str, str], lang: str) -> list[str]:
    figures, options, reasons = found.figures, found["options"], REASON_WORDS[lang]
    place = display.jurisdiction(figures["jurisdiction"]) if figures["jurisdiction"] else "–"
    lines = [say["parcel"].format(name=found.name, area=figures["area_ha"], ha=display.unit("ha"), place=place), ""]
    margin, size = figures["margin"], max(1.0, abs(figures["chosen"]))
    if margin is None:
        lines.append(say["alone"])
    else:
        kind = "wins" if margin > NEAR * size else "loses" if margin < -NEAR * size else "ties"
        other = f"{display.practice(figures['next_practice'])} {figures['next_start']}".rstrip()
        lines.append(say[kind].format(**{**figures, "margin": abs(margin), "other": other}))
    lines += ["", say["options"]]
    told = []
    for row in each(options[options["possible"]]):
        share = f" ({say['taken'].format(share=row.share)})" if row.share > NEAR else ""
        named = f"{display.practice(row.practice)} {row.start}".rstrip()
        told.append(f"{named}: {row.value:,.6g} {row.rows:+,.6g} = {row.worth:,.6g}{share}")
    lines += _most(told, say)
    if margin is not None:
        lines += ["", say["why"], *_most(_sums(found["why"], "difference", display, say), say)]
    lines += ["", say["excluded"]]
    missing = options[~options["possible"]]
    for reason, rows in missing.groupby("excluded_by", sort=False):
        names = [f"{display.practice(row.practice)} {row.start}".rstrip() for row in each(rows)]
        lines.append(f"  {reasons.get(str(reason), str(reason))}: {', '.join(dict.fromkeys(names))}")
    would = missing[missing["would"].notna()].sort_values("would", ascending=False, kind="stable")
    if len(would):
        lines += ["", say["would"].format(chosen=figures["chosen"])]
        told = []
        for row in each(would):
            keep = [reasons.get(name, name) for name in [row.excluded_by, *row.also.split(";")] if name]
            named = f"{display.practice(row.practice)} {row.would_start}".rstrip()
            told.append(say["would_be"].format(option=named, would=row.would, more=row.would - figures["chosen"],
                                               reasons=say["and"].join(keep)))  # fmt: skip
        lines += _most(told, say)
    return lines


def _prices(found: Explanation, display: Display, _: dict[str, str], lang: str) -> list[str]:
    return told_prices(found["ranges"], display, lang)


def _limit(found: Explanation, display: Display, say: dict[str, str], lang: str) -> list[str]:
    first = found["rows"].iloc[0]
    title = display.limit(found.name) if first["jurisdiction"] else display.row(first["row"])
    lines = [say["limit"].format(name=title)]
    rows: list[str] = []
    for row in each(found["rows"]):
        place, period = _place(row.jurisdiction, display) or display.row(row.row), _period(row.period, display)
        cells = {"price": row.price, "bound": row.bound, "worth": row.worth + 0.0, "amount": row.amount}  # no -0
        left = abs(row.amount - row.bound) > NEAR * max(1.0, abs(row.bound))
        kind = "row" if row.price else "row_plain" if left or "ranges" not in found.tables else "row_corner"
        rows.append(say[kind].format(place=place, period=period or "–", **cells))
    lines += _most(rows, say)
    ranges = found.tables.get("ranges")
    if ranges is not None and len(ranges):
        lines += ["", say["ranges"], *_most(told_ranges(ranges, display, lang), say)]
    payers = found["payers"]
    sums = payers.groupby(["kind", "name"], sort=False)["value"].sum().reset_index()
    sums = sums[sums["value"].abs() > NEAR].sort_values("value", kind="stable")
    of_kind: dict[str, Callable[[str], str]] = {"project": display.project, "decision": display.column, "parcel": str}
    named = [f"{of_kind[row.kind](row.name)}: {row.value:+,.6g}" for row in each(sums)]
    lines += ["", say["payers"], *_most(named or [say["nobody"]], say)]
    for name, of in (("jurisdictions", display.jurisdiction), ("practices", display.practice)):
        column = found[name].columns[0]
        some = found[name][found[name]["value"].abs() > NEAR]
        lines += [f"  · {of(getattr(row, column))}: {row.value:+,.6g}" for row in each(some)]
    told = [
        say["forgone"].format(
            parcel=row.parcel_id,
            place=_place(row.jurisdiction, display),
            practice=display.practice(row.practice),
            start=row.start,
            instead=display.practice(row.instead),
            instead_start=row.instead_start,
            forgone=row.forgone,
        )
        for row in each(found["giving"])
    ]
    lines += ["", say["giving"], *_most(told or [say["nobody"]], say)]
    if len(found["giving_projects"]):
        turned = [
            say["turned"].format(project=display.project(row.project), start=row.start or say["unbuilt_start"],
                                 instead=row.instead or say["unbuilt_start"], forgone=row.forgone)
            for row in each(found["giving_projects"])
        ]  # fmt: skip
        lines += ["", say["projects"], *_most(turned, say)]
    if len(found["actors"]):
        named = [say["actor"].format(actor=display.actor(row.actor), forgone=row.forgone, unit=display.money_unit)
                 for row in each(found["actors"])]  # fmt: skip
        lines += ["", say["actors"], *(f"  {line}" for line in named)]
    return lines


def _project(found: Explanation, display: Display, say: dict[str, str], lang: str) -> list[str]:
    figures, starts = found.figures, found["starts"]
    lines = [say["project"].format(name=display.project(found.name)), ""]
    if figures["told"]:
        kind = "built" if figures["start"] else "unbuilt"
        how = say["how_below" if "resolved" in found.tables else f"how_{kind}"]
        lines.append(say[kind].format(start=figures["told"], worth=figures["worth"]))
        if figures["mandatory"]:
            lines.append(say["mandated"])
        elif bool(figures["start"]) != (figures["worth"] > 0.0):
            lines.append(say["not_alone"])
        lines += _even(found, display, say)
        possible = starts[starts["possible"]]
        told = [f"{row.start}: {row.value:,.6g} {row.rows:+,.6g} = {row.worth:,.6g}" for row in each(possible)]
        lines += ["", say["starts"], *_most(told, say)]
        if len(possible) > 1:
            best = possible.loc[possible["worth"].idxmax()]
            more = float(best["worth"]) - figures["worth"]
            kind = "better_start" if more > NEAR * max(1.0, abs(figures["worth"])) else "of_starts"
            lines.append(f"  {say[kind].format(start=best['start'], more=more, how=how)}")
        parts = found["parts"]
        lines += ["", say["parts"], *_most(_sums(parts[parts["start"] == figures["told"]], "value", display, say), say)]
    else:
        lines.append(say["never"].format(why=translate(figures["why_not"], lang)))
    if len(found["needs"]):
        needs = (_need(row, display, say) for row in each(found["needs"]))
        lines += ["", say["needs"], *(f"  {named}: {told}" for named, told, _ in needs)]
    if len(found["funding"]):
        lines += ["", say["funding"]]
        sums = found["funding"].groupby("instrument", sort=False)["raised"].sum()
        lines += [f"  {display.instrument(str(name))}: {value:,.6g}" for name, value in sums.items()]
    return lines + resolved_lines(found, display, lang)


def _even(found: Explanation, display: Display, say: dict[str, str]) -> list[str]:
    """At which numbers a project is worth nothing at the prices, and what these leave out."""
    row, evens = found["starts"].set_index("start").loc[found.figures["told"]], []
    for name in ("capex", "annual_revenue"):
        number = row[f"{name}_break_even"]
        kind = name if number >= 0.0 else f"no_{name}"  # also where it is unknown
        evens.append(say[kind].format(number=number, now=found.figures[name]))
    lines = [say["even"].format(evens=say["or"].join(evens))]
    needs = [_need(row, display, say) for row in each(found["needs"])]
    left = [say["need"].format(of=named, how=told) for named, told, is_left in needs if is_left]
    if left and not found.figures["mandatory"]:
        how = say["how_below" if "break_even" in found.tables else "how_even"]
        lines.append(say["left_out"].format(needs=say["semicolon"].join(left), how=how))
    return lines


def _need(row: Any, display: Display, say: dict[str, str]) -> tuple[str, str, bool]:
    """A need in words, whether the plan has it, and whether the worth at the prices leaves it out.

    What others need is no part of a project's worth, and nor is what it lacks where no row with a price stands for it.
    """
    named = display.practice(row.of) if row.need == "enables" else display.project(row.of)
    if row.need == "min_area":
        account, _, least = row.of.partition(" >= ")
        named = f"{display.account(account)} >= {least} {display.unit('ha')}"
    named, valued = say[row.need].format(of=named), row.value == row.value and abs(row.value) > NEAR
    if row.need in ("needed_by", "enables"):
        kind = "relies_worth" if valued else "relies" if row.binds else "idle"
        return named, say[kind].format(value=row.value), kind != "idle"
    binds = say["binds"].format(value=row.value) if valued else say["binding"]
    told = [say["met" if row.met else "unmet"], *([binds] if row.binds and row.met else [])]
    return named, say["comma"].join(told), not row.met and not valued
