"""`zonevest diagnose`: which conditions cannot hold together, and the least that would have to give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.study import items
from zonevest.model.areas import TOTAL
from zonevest.model.bars import BARS, EOD_INCOME, EOD_SHARE, HURDLE, WINDOWS
from zonevest.model.takings import kept_from
from zonevest.reports.check import REASON_WORDS
from zonevest.reports.diagnosis_cells import hurdle_of
from zonevest.reports.display import Display, number, percent
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.conditions import Condition

CONFLICTS = ["conflict", "condition", "family", "limit", "account", "jurisdiction", "period", "sense", "bound", "unit"]
REPAIRS = [
    "repair",
    "cost",
    "verified",
    "verified_in",
    "condition",
    "family",
    "gives",
    "unit",
    "bound",
    "needed",
    "table",
    "key",
    "column",
]
PARCELS = ["repair", "parcel_id", "practice", "start", "used_ha", "area_ha", "lines", "columns", "changes"]

WORDS = {
    "en": {
        "feasible": "{title}: nothing stands in the way of a plan",
        "title": "{title}: there is no plan",
        "unknown": "{title}: whether there is a plan was not found out in the time given",
        "conflict": "What cannot hold together ({at} of {count}); without any one of these the others could hold",
        "unproven": "What cannot hold together ({at} of {count}); in the time given it was not found out whether all "
        "of these are needed",
        "nature": "What cannot hold together ({at} of {count}): land, projects and cash, before any rule is asked",
        "whole": "only because parcels and projects are taken whole",
        "more": "there may be more: the search ended before a plan was seen without these",
        "repairs": "What would have to give, the cheapest first",
        "least": "no repair costs less than {cost}",
        "none": "nothing that may give mends it in the time given",
        "repair": "{at}. cost {cost}{verified}",
        "verified": ", verified in the study with these cells changed",
        "program": ", verified by solving again with the rules loosened, not by cells of the study",
        "unverified": ", not verified in the time given",
        "refuted": ", does not suffice when solved again",
        "limit": "limit {limit} [{place}, {period}]: {account} {sense} {bound}",
        "row": "{label} [{place}, {period}]: {account} {sense} {bound}",
        "quota": "quota {name} [{place}, {period}]: no more is used than was granted, generated or bought",
        "mandatory": "project {name} is mandated",
        "never": "project {name} is mandated, and cannot be finished within the years of the plan",
        "earliest": "project {name} starts in {old} at the earliest",
        "latest": "project {name} starts in {old} at the latest",
        "site_line": "project {name} does not admit {line}: {needs} of its site lie there ({parcels})",
        "hurdle": "project {name} has to be worth its cost at its hurdle rate of {rate}: it falls short by {needs}",
        "eod_share": "restoration has to have {old} of the capital of bundle {name}: it falls short by {needs}",
        "eod_income": "bundle {name} has to earn what it costs: it falls short by {needs}",
        "site_take": "what projects take of {name} [{place}] lies on no line that they do not admit",
        "requires": "project {name} requires {other}",
        "exclusive": "of the set {name} at most one project is built",
        "bundle": "the bundle {name} starts together",
        "footprint": "project {name} stands only on land that admits it",
        "pool": "project {name} needs {size} of {pool}",
        "enable": "land action {name} covers no more land than projects enable",
        "line": "{reason}: {size} from which it keeps land actions away",
        "floor": "{term} does not fall below its floor",
        "other": "{name}",
        "to": "{what}: from {old} to {new}",
        "by": "{what}: give {amount}",
        "give_quota": "grant {amount} more of quota {name} [{place}, {period}]",
        "give_mandatory": "do not mandate project {name}",
        "give_never": "do not mandate project {name}",
        "give_earliest": "let project {name} start {amount} earlier than its window allows",
        "give_latest": "let project {name} start {amount} later than its window allows",
        "give_site_line": "let project {name} stand on {amount} of {line} ({parcels})",
        "give_hurdle": "let project {name} be built though it falls short of its hurdle rate by {amount}",
        "give_eod_share": "let restoration have {amount} less of the capital of bundle {name}",
        "give_eod_income": "let bundle {name} be built though it earns {amount} less than it costs",
        "give_site_take": "let projects take {amount} of {name} [{place}] on lines that they do not admit",
        "give_requires": "let project {name} do without {other}",
        "give_exclusive": "let {amount} more of the set {name} be built",
        "give_bundle": "let the bundle {name} start apart",
        "give_footprint": "let project {name} stand on land that does not admit it",
        "give_pool": "let project {name} start with {amount} less of {pool}",
        "give_enable": "let land action {name} cover {amount} more than projects enable",
        "give_floor": "let {term} fall {amount} below its floor",
        "give_line": "{reason}: let {area} be used otherwise ({count} parcels: {parcels})",
        "period": "{count} period",
        "periods": "{count} periods",
        "setting": " ({column} {old} → {new})",
    },
    "zh": {
        "feasible": "{title}：未发现妨碍方案成立的冲突",
        "title": "{title}：不存在可行方案",
        "unknown": "{title}：在给定时间内未能判明是否存在可行方案",
        "conflict": "不能同时成立的条件（第 {at} 组，共 {count} 组）；去掉其中任何一条，其余即可成立",
        "unproven": "不能同时成立的条件（第 {at} 组，共 {count} 组）；在给定时间内未能判明是否每条都必要",
        "nature": "不能同时成立的条件（第 {at} 组，共 {count} 组）：土地、项目与现金本身，与任何规定无关",
        "whole": "仅因地块与项目不可分割",
        "more": "可能还有其他冲突：去掉以上条件后仍未见到方案，搜索即已结束",
        "repairs": "需要放宽的内容（代价从小到大）",
        "least": "任何修复方案的代价都不低于 {cost}",
        "none": "在给定时间内，可放宽的条件均不能消除冲突",
        "repair": "{at}. 代价 {cost}{verified}",
        "verified": "，已按修改后的数据表验证",
        "program": "，已放宽规则重新求解验证，但未能按数据表的修改验证",
        "unverified": "，在给定时间内未能验证",
        "refuted": "，重新求解表明仍不够",
        "limit": "约束 {limit} [{place}，{period}]：{account} {sense} {bound}",
        "row": "{label} [{place}，{period}]：{account} {sense} {bound}",
        "quota": "指标 {name} [{place}，{period}]：使用不超过下达、产生与购入之和",
        "mandatory": "项目 {name} 为必建",
        "never": "项目 {name} 为必建，但在规划期内无法建成",
        "earliest": "项目 {name} 最早于 {old} 启动",
        "latest": "项目 {name} 最迟于 {old} 启动",
        "site_line": "项目 {name} 不得占用{line}：其选址有 {needs} 位于其内（{parcels}）",
        "hurdle": "项目 {name} 按基准收益率 {rate} 须不亏：尚差 {needs}",
        "eod_share": "捆绑组 {name} 的生态修复投资占比须达到 {old}：尚差 {needs}",
        "eod_income": "捆绑组 {name} 的经营收益须覆盖成本：尚差 {needs}",
        "site_take": "项目占用的 {name} [{place}] 不得位于其未准入的控制线内",
        "requires": "项目 {name} 以 {other} 为前置",
        "exclusive": "互斥组 {name} 至多建一个项目",
        "bundle": "捆绑组 {name} 须同时启动",
        "footprint": "项目 {name} 只能占用准入的土地",
        "pool": "项目 {name} 需要 {size} 的 {pool}",
        "enable": "用地行动 {name} 的面积不超过项目支撑的面积",
        "line": "{reason}：{size} 土地因此不能采用某些用地行动",
        "floor": "{term}不低于其底线",
        "other": "{name}",
        "to": "{what}：由 {old} 改为 {new}",
        "by": "{what}：放宽 {amount}",
        "give_quota": "增加下达指标 {name} {amount} [{place}，{period}]",
        "give_mandatory": "项目 {name} 不再必建",
        "give_never": "项目 {name} 不再必建",
        "give_earliest": "项目 {name} 的启动比时间窗提前 {amount}",
        "give_latest": "项目 {name} 的启动比时间窗推迟 {amount}",
        "give_site_line": "项目 {name} 可占用{line} {amount}（{parcels}）",
        "give_hurdle": "项目 {name} 按基准收益率尚差 {amount}，仍予建设",
        "give_eod_share": "捆绑组 {name} 的生态修复投资占比可减少 {amount}",
        "give_eod_income": "捆绑组 {name} 的收益比成本少 {amount}，仍予建设",
        "give_site_take": "项目可在未准入的控制线内占用 {name} {amount} [{place}]",
        "give_requires": "项目 {name} 不再以 {other} 为前置",
        "give_exclusive": "互斥组 {name} 允许多建 {amount} 个",
        "give_bundle": "捆绑组 {name} 可分别启动",
        "give_footprint": "项目 {name} 可占用未准入的土地",
        "give_pool": "项目 {name} 启动所需的 {pool} 减少 {amount}",
        "give_enable": "用地行动 {name} 可超出项目支撑的面积 {amount}",
        "give_floor": "允许{term}低于底线 {amount}",
        "give_line": "{reason}：调出 {area}（{count} 个地块：{parcels}）",
        "period": "{count} 个规划期",
        "periods": "{count} 个规划期",
        "setting": "（{column} {old} → {new}）",
    },
}
TERMS = {
    "en": {"ecosystem": "ecosystem value F2", "cash": "net cash flow F1"},
    "zh": {"ecosystem": "生态系统价值 F2", "cash": "净现金流 F1"},
}
PARCELS_NAMED = 5
NEAR = 0.02
"""Where the cheapest repair costs more than this above what is proven, what is proven is told."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a study has no plan.

    Attributes
    ----------
    feasible : whether it has a plan after all; None: not found out in the time.
    conflicts : a row for each condition of each set of conditions that cannot hold together: conflict, condition,
        family, limit, account, jurisdiction, period, sense, bound (its value where land and projects decide it:
        while nothing is done) and unit.
    proven : of each conflict, whether each of its members was shown to be needed.
    whole : of each conflict, whether it is one only because something is taken whole.
    complete : whether a plan was seen with the members of all conflicts let go.
    repairs : a row for each condition that gives in a repair: repair, cost (of the repair; by default 1 for each
        hundredth of a bound), verified (whether it was seen to do) and verified_in (study: with its cells changed;
        program: with the rules loosened), condition, family, gives (by how much) and unit, the bound it
        has and the one that is needed, and the cell of the study (table, key, column, from `old` to `new`) where there
        is one.
    parcels : of lines that give, the parcels and what they are used for: repair, parcel_id, practice, start, used_ha
        (how much of the parcel), area_ha (of all of it), lines, the columns of the parcels table whose cells keep it
        from that, and changes: what has to stand there.
    least : no repair costs less.
    """

    study: Study
    feasible: bool | None
    conditions: tuple[Condition, ...]
    conflicts: pd.DataFrame
    proven: tuple[bool, ...]
    whole: tuple[bool, ...]
    complete: bool
    repairs: pd.DataFrame
    parcels: pd.DataFrame
    least: float

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """For machines, with the words of each condition and repair beside it."""
        words = _Sentences(self, lang)
        conflicts, repairs = self.conflicts, self.repairs
        return {
            "study": self.study.settings.name,
            "feasible": self.feasible,
            "complete": self.complete,
            "least": self.least,
            "conflicts": [
                {
                    "proven": self.proven[at],
                    "whole_numbers": self.whole[at],
                    "conditions": [
                        {**_plain(row), "words": words.condition(row["condition"])}
                        for row in conflicts[conflicts["conflict"] == at + 1].to_dict("records")
                    ],
                }
                for at in range(len(self.proven))
            ],
            "repairs": [
                {
                    "cost": float(rows["cost"].iloc[0]),
                    "verified": rows["verified"].iloc[0],
                    "verified_in": rows["verified_in"].iloc[0],
                    "gives": [
                        {**_plain(row._asdict()), "words": words.give(row)} for row in rows.itertuples(index=False)
                    ],
                    "parcels": self.parcels[self.parcels["repair"] == at].to_dict("records"),
                }
                for at, rows in repairs.groupby("repair")
            ],
        }

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        say, words = WORDS[lang], _Sentences(self, lang)
        title = self.study.title(lang)
        if not self.proven:
            return say["feasible" if self.feasible else "unknown"].format(title=title)
        lines = [say["title"].format(title=title)]
        count = len(self.proven)
        for at in range(count):
            mine = self.conflicts[self.conflicts["conflict"] == at + 1]
            kind = "nature" if mine.empty else "conflict" if self.proven[at] else "unproven"
            lines += ["", say[kind].format(at=at + 1, count=count)]
            lines += [f"  • {words.condition(name)}" for name in mine["condition"]]
            if self.whole[at]:
                lines.append(f"  ({say['whole']})")
        if not self.complete:
            lines += ["", say["more"]]
        lines += ["", say["repairs"]]
        if self.repairs.empty:
            lines.append(f"  {say['none']}")
        elif self.repairs["cost"].min() > self.least * (1 + NEAR):
            lines.append(f"  ({say['least'].format(cost=number(self.least))})")
        for at, rows in self.repairs.groupby("repair"):
            done = {True: "verified", False: "refuted"}.get(rows["verified"].iloc[0], "unverified")
            done = "program" if rows["verified_in"].iloc[0] == "program" else done
            cost = number(float(rows["cost"].iloc[0]))
            lines.append(f"  {say['repair'].format(at=at, cost=cost, verified=say[done])}")
            lines += [f"     • {words.give(row)}" for row in rows.itertuples(index=False)]
        return "\n".join(lines)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is not there."""
    return {name: value for name, value in row.items() if not (isinstance(value, float) and np.isnan(value))}


class _Sentences:
    """Conditions, and what gives, in words."""

    def __init__(self, found: Diagnosis, lang: str) -> None:
        self.say, self.reasons, self.lang = WORDS[lang], REASON_WORDS[lang], lang
        self.words = Words(lang)
        self.display = Display(found.study, self.words)
        self.of = {each.name: each for each in found.conditions}
        self.bounds = dict(zip(found.conflicts["condition"], found.conflicts["bound"], strict=True))
        self.parcels = found.parcels

    def condition(self, name: str) -> str:
        """A condition."""
        of, say = self.of[name], self.say
        kind, values = self._kind(of)
        if kind in ("limit", "row"):
            bound = self.bounds.get(name, np.nan)
            values["sense"] = {"<=": "≤", ">=": "≥", "==": "="}[of.told.sense] if of.told else ""
            values["bound"] = self._amount(bound, of.unit)
        return say[kind].format(**values)

    def give(self, row: Any) -> str:
        """What gives."""
        of, say = self.of[row.condition], self.say
        kind, values = self._kind(of)
        amount = percent(row.gives, 3) if of.family == EOD_SHARE else self._amount(row.gives, of.unit)
        if kind == "line":
            mine = self.parcels[self.parcels["repair"] == row.repair]
            mine = mine[[of.key[0] in lines for lines in mine["lines"]]]
            ids = list(mine["parcel_id"].unique())
            named = ", ".join(ids[:PARCELS_NAMED]) + (" …" if len(ids) > PARCELS_NAMED else "")
            return say["give_line"].format(**values, area=amount, count=len(ids), parcels=named)
        if f"give_{kind}" in say:
            setting = self._setting(row) if of.family in BARS and row.column else ""
            return say[f"give_{kind}"].format(**values, amount=amount) + setting
        if kind == "other" or np.isnan(row.needed):
            return say["by"].format(what=values.get("name", of.name), amount=amount)
        what = say[kind].format(**values, sense="", bound="").rstrip()
        old, new = (
            self._amount(row.bound, of.unit),
            self._amount(row.needed, of.unit),
        )
        text = say["to"].format(what=what, old=old, new=new)
        same = isinstance(row.new, float) and np.isclose([row.old, row.new], [row.bound, row.needed]).all()
        if row.column and isinstance(row.new, float) and not same:
            text += self._setting(row)
        return text

    def _setting(self, row: Any) -> str:
        """The cell that has to say something else."""
        old, new = (
            number(each) if isinstance(each, float) else str(int(each) if isinstance(each, bool) else each)
            for each in (row.old, row.new)
        )
        return self.say["setting"].format(column=row.column, old=old, new=new)

    def _kind(self, of: Condition) -> tuple[str, dict[str, str]]:
        """Which sentence, and what fills it in."""
        key, told = of.key, of.told
        if of.family == "line":
            return "line", {"reason": self.reasons[key[0]], "size": self._amount(of.size, "ha")}
        if of.family in BARS:
            return of.family, self._bar(of)
        if of.family == "mandatory" and np.isinf(of.least):
            return "never", {"name": self._code(key[0], self.display.project)}
        if of.family == "site_take":
            return "site_take", {"name": self._code(key[0], self.display.land_class), "place": self._place(key[1])}
        if of.family in ("mandatory", "requires", "exclusive", "bundle", "footprint", "enable"):
            kinds: dict[str, Callable[[str], str]] = {"exclusive": str, "bundle": str, "enable": self.display.practice}
            named = kinds.get(of.family, self.display.project)
            return of.family, {"name": self._code(key[0], named), "other": self._code(key[-1], named)}
        if of.family == "floor":
            return "floor", {"term": TERMS[self.lang][key[0]]}
        if of.family == "pool":
            project = self.display.study.projects.set_index("project").loc[key[0]]
            return "pool", {
                "name": self._code(key[0], self.display.project),
                "size": self._amount(float(project["min_area"]), "ha"),
                "pool": str(project["min_area_of"]),
            }
        if told is None:
            return "other", {"name": self.display.row(of.name)}
        values = {"place": self._place(told.place), "period": self._place(told.period), "name": key[0] if key else ""}
        if of.family == "quota":
            return "quota", values | {"name": self._code(key[0], self.display.quota)}
        values |= {"limit": self._code(told.limit, self.display.limit), "account": told.account}
        values["label"] = self.words.or_code("row_", of.family)
        return ("limit" if of.family == "limit" else "row"), values

    def _bar(self, of: Condition) -> dict[str, str]:
        """What fills in the sentence of what keeps starts of a project, or of a bundle, out."""
        study, name = self.display.study, of.key[0]
        of_bundle = of.family in (EOD_SHARE, EOD_INCOME)
        share = of.family == EOD_SHARE
        values = {
            "name": name if of_bundle else self._code(name, self.display.project),
            "needs": percent(of.least, 3) if share else self._amount(of.least, of.unit),
        }
        if share and study.settings.finance is not None:
            return values | {"old": percent(study.settings.finance.eod_eco_share, 3)}
        if of_bundle:
            return values
        project = study.projects.set_index("project").loc[name]
        if of.family in WINDOWS:
            return values | {"old": str(project[of.family])}
        if of.family == HURDLE:
            return values | {"rate": percent(hurdle_of(study, project), 3)}
        seen = study.parcels[study.parcels["parcel_id"].isin(items(project["footprint"]))]
        on = kept_from(seen, *((project["redline_ok"], True) if of.key[1] == "redline" else ("core", False)))
        ids = self._parcels_named(seen.loc[on, "parcel_id"].tolist())
        return values | {"line": self.reasons[f"line:{of.key[1]}"], "parcels": ids}

    def _parcels_named(self, ids: list[str]) -> str:
        """How many parcels, and the first of them."""
        named = ", ".join(ids[:PARCELS_NAMED]) + (" …" if len(ids) > PARCELS_NAMED else "")
        return f"{self.display.parcels(len(ids))}{self.words('colon')}{named}"

    def _code(self, code: str, named: Callable[[str], str]) -> str:
        """A code of the study, by which it is found there, and its name, where it has one."""
        name = named(code)
        return code if name == code else {"en": "{} ({})", "zh": "{}（{}）"}[self.lang].format(code, name)

    def _place(self, code: str) -> str:
        return {"en": "in all", "zh": "合计"}[self.lang] if code == TOTAL else code

    def _amount(self, value: float, unit: str) -> str:
        if unit == "periods":
            return self.say["period" if round(value) == 1 else "periods"].format(count=round(value))
        return f"{number(value)} {self.display.unit(unit) if unit else ''}".rstrip()
