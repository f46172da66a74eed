"""`zonevest check`: how large a sound study is, what its lines leave open, and what doing nothing breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances import names
from zonevest.instances.say import listed, silent, translate, translated
from zonevest.instances.scenarios import listing
from zonevest.instances.schema import BY_NAME, OVERLAY, OVERLAY_BY_LINE, OVERLAY_ELSEWHERE
from zonevest.instances.study import Study, each
from zonevest.model.areas import TOTAL
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.model.idle import Loosest, rows_of_doing_nothing
from zonevest.model.land import Block, land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import REASONS, build_options
from zonevest.model.plan import LIMITS
from zonevest.model.policy import policy_model
from zonevest.model.suspicious import suspicions
from zonevest.model.ties import ties
from zonevest.reports.display import Display
from zonevest.reports.labels import Words

Measured: TypeAlias = Callable[[Block], dict[str, float]]

WORDS = {
    "en": {
        "sound": "{title}: no faults",
        "under": "under the scenario {name}",
        "changes": "What it changes",
        "set": "set for this run",
        "no_place": "no place for it beside what is set for this run",
        "scenarios": "Scenarios",
        "probability": "probability {value:g}",
        "cells": "{count:,} cells",
        "size": "Size",
        "open": "What the lines leave open (pairs of parcel and practice)",
        "overlay": "Conversion overlay",
        "overlay_rule": "from the lines, by the first that a parcel lies inside: {rule}; elsewhere {free}",
        "overlay_split": "{area} {ha}, of which stated {stated}, from the lines {derived}",
        "nothing": "Doing nothing",
        "parcels": "parcels",
        "area": "area, ha",
        "patterns": "different kinds of parcels",
        "options": "options (parcel, practice, start)",
        "held": "parcels that can only be held as they are",
        "nonconforming": "held parcels that do not conform to zone or line (tolerated, listed in the report)",
        "projects": "projects, of which startable",
        "never": "projects that can never start",
        "rows": "rows of policy",
        "program": "the whole program: rows, columns, nonzeros",
        "coefficients": "coefficients of the rows, smallest and largest",
        "scaled": "the same as the solver is given them, each row scaled by a power of two",
        "ties": "Options of a parcel that nothing in the program tells apart",
        "tie": "{between}: {practices} ({zones}): parcels {parcels:,}, {area:,.1f} ha",
        "no_ties": "none",
        "allowed": "allowed",
        "cash": "net cash flow F1, million {currency}, present value",
        "ecosystem": "ecosystem value F2, million {currency}, present value",
        "breaks": "limits that doing nothing breaks",
        "off": ", off by {off:,.6g}",
        "none": "none",
        "alone": "this budget spends nothing else in the period: any interest is 100 % of it",
        "mandatory": "mandated projects that doing nothing leaves out",
        "no_state": "the study has none (hold = false or unassigned = true)",
        "notes": "Notes",
        "warnings": "Warnings: legal, but suspicious",
        "must": "must:  ",
        "found": "found: ",
        "do": "do:    ",
        "exact": "limits with == and no tolerance on land that is taken whole: seldom met exactly, so give them a "
        "tolerance ({names})",
    },
    "zh": {
        "sound": "{title}：数据无误",
        "under": "情景：{name}",
        "changes": "改动",
        "set": "本次运行设定",
        "no_place": "与本次运行的设定不相容，未能改动",
        "scenarios": "情景",
        "probability": "概率 {value:g}",
        "cells": "{count:,} 个单元格",
        "size": "规模",
        "open": "管控线留下的选择（地块 × 用地行动）",
        "overlay": "转化分区",
        "overlay_rule": "由管控线推定：按地块所在的第一条，{rule}；其余{free}",
        "overlay_split": "{area} {ha}，其中填写 {stated}，由管控线推定 {derived}",
        "nothing": "维持现状",
        "parcels": "地块数",
        "area": "面积（公顷）",
        "patterns": "地块类型数",
        "options": "可选方案数（地块、行动、起始期）",
        "held": "只能维持现状的地块",
        "nonconforming": "与分区或管控线不符的现状地块（容许保留，列入报告）",
        "projects": "项目数，其中可启动",
        "never": "任何一期均不可启动的项目",
        "rows": "政策约束行数",
        "program": "整个规划模型的行数、列数、非零元数",
        "coefficients": "约束系数的最小值与最大值",
        "scaled": "交给求解器时（每行按 2 的幂缩放）",
        "ties": "同一地块上模型无法区分的选择",
        "tie": "{between}：{practices}（{zones}）：地块 {parcels:,} 个，{area:,.1f} 公顷",
        "no_ties": "无",
        "allowed": "允许",
        "cash": "净现金流 F1（百万 {currency}，现值）",
        "ecosystem": "生态系统价值 F2（百万 {currency}，现值）",
        "breaks": "维持现状所突破的约束",
        "off": "，相差 {off:,.6g}",
        "none": "无",
        "alone": "该预算当期除付息外没有其他支出，付息占比必为 100%",
        "mandatory": "维持现状未实施的必建项目",
        "no_state": "本研究没有现状方案（hold = false 或 unassigned = true）",
        "notes": "说明",
        "warnings": "提醒：合规但可疑",
        "must": "应当：",
        "found": "实际：",
        "do": "处理：",
        "exact": "地块不可分割时，等式约束（==）若无容差通常无法恰好满足，请填写 tolerance（{names}）",
    },
}

BETWEEN_WORDS = {
    "en": {"zone": "zones", "practice": "land actions", "start": "starts"},
    "zh": {"zone": "分区", "practice": "用地行动", "start": "起始期"},
}

REASON_WORDS = {
    "en": {
        "from_class": "not for this land class",
        "line:redline": "ecological conservation red line",
        "line:basic_farmland": "permanent basic farmland",
        "line:growth_boundary": "urban development boundary",
        "line:village_boundary": "village boundary",
        "line:sea": "sea",
        "line:mineral_right": "mineral right",
        "line:national_park": "national park",
        "redline_grade": "grade of the red line",
        "basic_farmland": "basic farmland must stay",
        "conversion": "conversion overlay",
        "tenure": "tenure",
        "title": "no title",
        "titled": "has a title: nothing to clear",
        "slope": "too steep, or not steep enough",
        "suitability": "class does not suit the zone",
        "locked_zone": "locked to another zone",
        "forbidden_zones": "zone forbidden for the parcel",
        "locked_practice": "locked to another land action",
        "requires_project": "no project enables it",
        "window": "outside its window, or done too late",
        "switched_off": "switched off in study.toml",
    },
    "zh": {
        "from_class": "现状地类不适用",
        "line:redline": "生态保护红线",
        "line:basic_farmland": "永久基本农田",
        "line:growth_boundary": "城镇开发边界",
        "line:village_boundary": "村庄建设边界",
        "line:sea": "海域",
        "line:mineral_right": "矿业权",
        "line:national_park": "国家公园",
        "redline_grade": "红线级别",
        "basic_farmland": "基本农田须保留",
        "conversion": "转化分区",
        "tenure": "权属",
        "title": "未确权",
        "titled": "已确权，无需确权",
        "slope": "坡度不在允许范围",
        "suitability": "地类与分区不适宜",
        "locked_zone": "锁定于其他分区",
        "forbidden_zones": "该地块禁入此分区",
        "locked_practice": "锁定于其他用地行动",
        "requires_project": "没有项目支撑",
        "window": "不在时间窗内，或规划期内不能见效",
        "switched_off": "study.toml 中未启用",
    },
}

OVERLAY_WORDS = {
    "en": {"prohibited": "prohibited", "conditional": "conditional", "promoted": "promoted", "free": "free"},
    "zh": {"prohibited": "禁止转化", "conditional": "有条件转化", "promoted": "促进转化", "free": "自由转化"},
}


@dataclass(frozen=True)
class CheckReport:
    """What `check` found in a sound study.

    Attributes
    ----------
    size : counts, hectares, the program's size and its range of coefficients.
    reasons : reason, pairs, area_ha: pairs of parcel and practice that it excludes (reason "": allowed).
    overlay : overlay, area_ha, stated_ha, derived_ha: hectares of each conversion overlay, those of parcels that state
        it and those of parcels whose lines say it.
    ties : groups of options of a parcel that are the same to the program (see `zonevest.model.ties`).
    nothing : F1 and F2 of doing nothing, million; None without such a state.
    broken : limits that doing nothing breaks: limit, jurisdiction, period, value, bound, slack, unit.
    never : project -> why it can start in no period.
    mandatory : mandated projects that doing nothing leaves out.
    exact : limits that ask indivisible land for an exact number.
    warnings : what is legal but suspicious: those of the study, and what the ledger shows; where, must, found, do.
    scenarios : what the study's scenarios change (see `zonevest.instances.scenarios.listing`).
    """

    study: Study
    size: dict[str, float]
    reasons: pd.DataFrame
    overlay: pd.DataFrame
    ties: pd.DataFrame
    nothing: dict[str, float] | None
    broken: pd.DataFrame
    never: dict[str, str]
    mandatory: list[str]
    exact: list[str]
    warnings: pd.DataFrame
    scenarios: pd.DataFrame

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """For machines; only warnings, notes and why projects can never start are in words."""
        return {
            "study": self.study.settings.name,
            "scenario": self.study.scenario,
            "changes": self.study.changes.to_dict("records"),
            "scenarios": self.scenarios.to_dict("records"),
            "faults": 0,
            "size": self.size,
            "reasons": self.reasons.to_dict("records"),
            "overlay": self.overlay.to_dict("records"),
            "ties": self.ties.to_dict("records"),
            "doing_nothing": self.nothing,
            "breaks": self.broken.to_dict("records"),
            "never_startable": {name: translate(why, lang) for name, why in self.never.items()},
            "mandatory_left_out": self.mandatory,
            "exact": self.exact,
            "warnings": translated(self.warnings, lang).to_dict("records"),
            "notes": [translate(note, lang) for note in self.study.notes],
        }

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        say, why = WORDS[lang], REASON_WORDS[lang]
        money, display = {"currency": self.study.settings.currency}, Display(self.study, Words(lang))
        lines = [say["sound"].format(title=self.study.title(lang))]
        if self.study.scenario:
            lines.append(say["under"].format(name=self.study.scenario))
        if len(self.study.changes):
            lines += ["", say["changes"], *self._scenarios(self.study.changes, lang)]
        lines += ["", say["size"]]
        smallest, largest = self.size["smallest"], self.size["largest"]
        counted = ("parcels", "area", "patterns", "options", "held", "nonconforming", "rows")
        lines += [f"  {say[name]}: {self.size[name]:,.10g}" for name in counted]
        lines.append(f"  {say['projects']}: {self.size['projects']:,.0f}, {self.size['startable']:,.0f}")
        for reason in dict.fromkeys(self.never.values()):
            named = ", ".join(name for name, other in self.never.items() if other == reason)
            lines.append(f"  {say['never']}: {named} ({translate(reason, lang)})")
        told = ", ".join(f"{self.size[name]:,.0f}" for name in ("program_rows", "columns", "nonzeros"))
        lines.append(f"  {say['program']}: {told}")
        lines.append(f"  {say['coefficients']}: {smallest:.3g}, {largest:.3g}")
        lines.append(f"  {say['scaled']}: {self.size['scaled_smallest']:.3g}, {self.size['scaled_largest']:.3g}")
        if len(self.reasons):
            lines += ["", say["open"]]
            for row in each(self.reasons):
                lines.append(
                    f"  {why.get(row.reason, say['allowed'])}: {row.pairs:,} ({row.area_ha:,.1f} {display.unit('ha')})"
                )
        if len(self.overlay):
            lines += ["", say["overlay"], *self._overlay(lang, display.unit("ha"))]
        lines += ["", f"{say['ties']}: {'' if len(self.ties) else say['no_ties']}".rstrip()]
        for row in each(self.ties):
            between = BETWEEN_WORDS[lang][row.between]
            told = say["tie"].format(
                between=between, practices=row.practices, zones=row.zones, parcels=row.parcels, area=row.area_ha
            )
            lines.append(f"  {told}")
        lines += ["", say["nothing"]]
        if self.nothing is None:
            lines.append(f"  {say['no_state']}")
        else:
            for name in ("cash", "ecosystem"):
                lines.append(f"  {say[name].format(**money)}: {self.nothing[name]:,.6g}")
            lines.append(f"  {say['breaks']}: {say['none'] if self.broken.empty else len(self.broken)}")
            for row in each(self.broken):
                sign = f"{row.value:,.6g} / {row.bound:,.6g} {display.unit(row.unit) if row.unit else ''}".rstrip()
                alone = f" ({say['alone']})" if self._alone(row) else ""
                off = say["off"].format(off=-row.slack)
                lines.append(f"    {row.limit} [{row.jurisdiction}, {row.period}]: {sign}{off}{alone}")
            if self.mandatory:
                lines.append(f"  {say['mandatory']}: {', '.join(self.mandatory)}")
        if len(self.scenarios):
            lines += ["", say["scenarios"], *self._scenarios(self.scenarios, lang)]
        notes = [translate(note, lang) for note in self.study.notes]
        if self.exact:
            notes.append(say["exact"].format(names=", ".join(self.exact)))
        if notes:
            lines += ["", say["notes"], *(f"  {note}" for note in notes)]
        if len(self.warnings):
            lines += ["", f"{say['warnings']} ({len(self.warnings)})"]
        for row in each(translated(self.warnings, lang)):
            lines.append(f"  • {row.where}")
            lines += [f"      {say[part]}{getattr(row, part)}" for part in ("must", "found", "do")]
        return "\n".join(lines)

    def _alone(self, row: Any) -> bool:
        """Whether a row compares interest with itself: the budget has no other expenditure in the period."""
        finance = self.study.settings.finance
        if finance is None or row.limit not in ("interest_share_general", "interest_share_fund"):
            return False
        share = finance.at(row.limit, row.period)
        return share is not None and abs(row.bound - share * row.value) <= 1e-9 * max(1.0, row.value)

    def _scenarios(self, changes: pd.DataFrame, lang: str) -> list[str]:
        """Every scenario with what it changes: where, from what to what, and of many cells how many there are."""
        say, lines = WORDS[lang], []
        for name, rows in changes.groupby("scenario", sort=False):
            likely = rows["probability"].iloc[0]
            told = "" if pd.isna(likely) else f" ({say['probability'].format(value=likely)})"
            lines.append(f"  {name or say['set']}{told}")
            for row in rows.to_dict("records"):
                where = " ".join(filter(None, (*_named(row["table"], row["key"], row["column"], lang), row["period"])))
                if not row["count"]:
                    lines.append(f"    {where}: {say['no_place']}")
                    continue
                many = f" ({say['cells'].format(count=row['count'])})" if row["count"] > 1 else ""
                before, after = (_told(row, end, lang) for end in ("from", "to"))
                lines.append(f"    {where}: {before} → {after}{many}")
        return lines

    def _overlay(self, lang: str, hectares: str) -> list[str]:
        """Hectares by overlay, and the rule by which lines say it where a parcel does not."""
        say, why, name = WORDS[lang], REASON_WORDS[lang], OVERLAY_WORDS[lang]
        lines = []
        for row in each(self.overlay):
            amounts = {"area": row.area_ha, "stated": row.stated_ha, "derived": row.derived_ha}
            told = {key: f"{amount:,.1f}" for key, amount in amounts.items()}
            lines.append(f"  {name[row.overlay]}: {say['overlay_split'].format(ha=hectares, **told)}")
        if (self.overlay["derived_ha"] > 0).any():
            rule = listed(f"{why[f'line:{line}']} → {name[overlay]}" for line, overlay in OVERLAY_BY_LINE)
            told = {"rule": translate(rule, lang), "free": name[OVERLAY_ELSEWHERE]}
            lines.append(f"  {say['overlay_rule'].format(**told)}")
        return lines


def check(study: Study, loosest: Loosest, measured: Measured, tell: Callable[[str], object] = silent) -> CheckReport:
    """Look at a sound study before it is solved (reading it has found its faults).

    Parameters
    ----------
    loosest : a solver that finds doing nothing its best financing.
    measured : what the program of a block measures: rows, columns, nonzeros, smallest and largest coefficient, plain
        and as the solver is given them.
    tell : is told the phases as they begin.

    Raises
    ------
    StudyError
        If a parcel is left without any option.
    """
    tell("options")
    ledger = Ledger(build_options(study))
    options = ledger.options
    tell("policy")
    model = policy_model(ledger)
    policy = compile_policy(model)
    block = land_block(ledger, policy)
    tell("size")
    area = study.parcels["area_ha"].to_numpy(dtype=float)
    of_pattern = np.bincount(options.pattern, weights=area, minlength=len(options.first))
    count = np.bincount(options.pattern, minlength=len(options.first))
    alone = (options.per_pattern == 1) & (options.reasons[:, 0] == 0)
    size = {
        "parcels": len(study.parcels),
        "area": float(area.sum()),
        "patterns": len(options.first),
        "options": len(options.kind),
        "held": int(count[alone].sum()),
        "nonconforming": int(count[options.nonconforming].sum()),
        "rows": len(block.rows) + len(block.extra_rows),
        "projects": len(ledger.works.names),
        "startable": int(ledger.works.possible.any(axis=1).sum()),
        **measured(land_block(ledger, shared(policy))),
    }
    codes = options.reasons[:, 1:-1]
    reasons = pd.DataFrame(
        [
            (REASONS[code], int(count @ (codes == code).sum(axis=1)), float(of_pattern @ (codes == code).sum(axis=1)))
            for code in np.unique(codes)
        ],
        columns=["reason", "pairs", "area_ha"],
    )
    nothing, broken = None, pd.DataFrame(columns=LIMITS)
    mandatory: list[str] = []
    if study.has_doing_nothing:
        tell("nothing")
        held = ledger.held
        idle = np.zeros(ledger.works.possible.shape)
        weight = np.ones(len(held.options.kind))
        cash, ecosystem = held.values([(CASH, 0), (ECOSYSTEM, 0)], weight, idle, [TOTAL])[0]
        nothing = {"cash": float(cash), "ecosystem": float(ecosystem)}
        found = rows_of_doing_nothing(model, loosest)
        room = -1e-6 * np.maximum(1.0, found["bound"].abs())
        broken = found[found["slack"] < room].drop(columns="shadow_price").reset_index(drop=True)
        mandatory = list(study.projects.loc[study.projects["mandatory"], "project"])
    exact = (study.limits["sense"] == "==") & (study.limits["tolerance"] == 0) & (study.limits["kind"] == "hard")
    exact &= not study.settings.divisible and len(study.parcels) > 0
    unmet = list(study.limits.loc[exact, "limit"])
    tell("ties")
    tied, never = ties(ledger, block), ledger.works.why_not
    changes = listing(study)
    found = pd.concat([study.warnings, suspicions(model, policy, block, broken)], ignore_index=True)
    return CheckReport(
        study, size, reasons, overlays(study), tied, nothing, broken, never, mandatory, unmet, found, changes
    )


def _named(table: str, key: str, column: str, lang: str) -> tuple[str, str, str]:
    """The table, the rows and the column of a change as a reader knows them."""
    if lang == "en":
        return table, key, column
    of = names.of_column(table, column) if table == names.STUDY else None
    return names.of_table(table).zh[0], key, of.zh[0] if of else names.header(BY_NAME[table], column, lang)


def _told(row: Mapping[str, Any], end: str, lang: str) -> str:
    """What stood or stands in a change's cells, values of closed lists in words."""
    known = {} if row["table"] == names.STUDY else {each.name: each for each in BY_NAME[row["table"]].columns}
    cells = row[end] if isinstance(row[end], list) else [row[end]]
    column = known.get(row["column"])
    if column is None or lang == "en" or not (column.kind == "flag" or column.choices):
        return shown(row[end])
    return " … ".join(str(each) or "–" for each in names.spoken(column, cells, lang))


def shown(cell: Any) -> str:
    """A cell as it is told: a number to six figures, a flag as 0 or 1, a dash for a blank, two cells as a range."""
    if isinstance(cell, (bool, int, float)):
        return f"{cell:,.6g}"
    if isinstance(cell, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in cell.items())
    return " … ".join(map(shown, cell)) if isinstance(cell, list) else str(cell) or "–"


def overlays(study: Study) -> pd.DataFrame:
    """Hectares of each conversion overlay that some parcel has, stated and from the lines."""
    area = study.parcels["area_ha"].to_numpy(dtype=float)
    derived = np.zeros(len(area), dtype=bool) if study.overlay_filled is None else study.overlay_filled
    rows = []
    for name in OVERLAY:
        here = study.parcels["conversion"].to_numpy(dtype=object) == name
        if here.any():
            rows.append((name, *(float(area[mask].sum()) for mask in (here, here & ~derived, here & derived))))
    return pd.DataFrame(rows, columns=["overlay", "area_ha", "stated_ha", "derived_ha"])
