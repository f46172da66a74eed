"""What the command line says, in both languages. Kept free of imports: `zonevest --help` reads it."""

from __future__ import annotations

Words = dict[str, str]

_TABLE: dict[str, tuple[str, str]] = {
    # faults
    "faults": ("{count} fault(s) in the input; nothing was written", "输入有 {count} 处错误；未写入任何文件"),
    "disk_faults": (
        "a file could not be read or written; what was there before is as it was",
        "有文件无法读取或写入；原有内容保持不变",
    ),
    "must": ("must:  ", "应当："),
    "found": ("found: ", "实际："),
    "do": ("do:    ", "处理："),
    "note": ("note: ", "说明："),
    "warnings": ("warnings, which may say why", "提醒（可能说明原因）"),
    "warning": ("warning: {where}: {found} (must: {must})", "提醒：{where}：{found}（应当：{must}）"),
    # new
    "new_done": (
        "a study was written to {path} (from the bundled case {case})",
        "已由内置算例 {case} 生成研究：{path}",
    ),
    "new_county": (
        "a synthetic county of {parcels:,} parcels was written to {path} (seed {seed}): no place on earth",
        "已生成合成县域（{parcels:,} 个地块，种子 {seed}，并非真实地方）：{path}",
    ),
    "new_beside": (
        "its parcels are in {path}, which belongs beside it",
        "地块在 {path} 中，须与其放在一起",
    ),
    "new_next": ("next: zonevest check {path}", "下一步：zonevest check {path}"),
    # import
    "import_done": (
        "the study was written to {path}; next: zonevest check {path}",
        "研究已写入 {path}；下一步：zonevest check {path}",
    ),
    "import_starter": (
        "a starter mapping was written to {path}/mapping.toml; fill it in and import again with --mapping",
        "已写入映射模板 {path}/mapping.toml；填写后用 --mapping 重新导入",
    ),
    # solve: progress
    "seconds": ("{seconds:.0f} s", "{seconds:.0f} 秒"),
    "plan": ("plan", "方案"),
    "bound": ("bound", "上界"),
    "gap": ("gap", "差距"),
    # solve: result
    "status_optimal": ("optimal within the gap asked for", "在要求的差距内最优"),
    "status_feasible": ("a plan, but not proven within the gap asked for", "有可行方案，但未证明达到要求的差距"),
    "status_infeasible": (
        "no plan exists: the limits, projects and locks cannot all hold",
        "不存在任何方案：约束、项目与锁定无法同时满足",
    ),
    "status_no_plan": (
        "no plan was found in the time given; one may exist (a longer --time-limit may find it)",
        "在给定时间内未找到方案；方案可能存在（可延长 --time-limit）",
    ),
    "status_fault": ("could not be solved", "未能求解"),
    "status_kept": ("there already, not solved again", "已有结果，不再求解"),
    "status_interrupted": ("interrupted", "已中断"),
    "objective": ("gain over doing nothing", "相对维持现状的增益"),
    "objective_total": ("objective (a plain total)", "目标值（总量）"),
    "cash_gain": ("gain in cash flow (F1)", "现金流增益（F1）"),
    "ecosystem_gain": ("gain in ecosystem value (F2)", "生态系统价值增益（F2）"),
    "cash": ("cash flow (F1)", "可持续现金流（F1）"),
    "ecosystem": ("ecosystem value (F2)", "生态系统价值（F2）"),
    "parcels": ("parcels with a land action", "采取用地行动的地块"),
    "projects": ("projects built", "实施的项目"),
    "of": ("{part} of {whole}", "{part} / {whole}"),
    "time": ("time", "用时"),
    "folder": ("plan folder", "方案文件夹"),
    "nothing_written": ("the plan folder that was there is left as it is", "原有方案文件夹保持不变"),
    "resumable": (
        "what is known so far is in {path}: the same command with --resume --overwrite goes on from there",
        "已知结果保存在 {path}：用同一命令加 --resume --overwrite 可由此继续",
    ),
    "told_in": ("told in {path}", "详见 {path}"),
    "million": ("million {currency}", "百万 {currency}"),
    "audit": ("audit", "审计"),
    "audit_ok": ("all holds", "全部成立"),
    "audit_failed": (
        "FAILED: what is wrong tells zonevest audit {path}",
        "未通过：详见 zonevest audit {path}",
    ),
    # report
    "comma": (", ", "、"),
    "report_done": ("report written: {paths}", "报告已写入：{paths}"),
}

PHASES: dict[str, tuple[str, str]] = {
    "land": ("drawing the land", "绘制地块"),
    "classes": ("classes and lines", "地类与控制线"),
    "writing": ("writing", "写入"),
    "options": ("options", "选项"),
    "conflict": ("what cannot hold together", "查找冲突"),
    "repair": ("what would have to give", "查找放宽办法"),
    "verify": ("repairs in the study", "按修改后的数据表验证"),
    "instead": ("what could be broken instead", "查找可替代的不符项"),
    "policy": ("policy model", "政策模型"),
    "size": ("size of the program", "规划问题规模"),
    "nothing": ("doing nothing", "维持现状"),
    "ties": ("ties", "等价选项"),
    "prices": ("shadow prices", "影子价格"),
    "build": ("building", "组装"),
    "solve": ("solving", "求解"),
    "pricing": ("pricing the land", "为用地定价"),
    "projects": ("settling projects", "确定项目"),
    "settling": ("settling the land", "确定用地"),
    "branches": ("telling cases apart", "分情形求解"),
    "plan": ("reading off the plan", "整理方案"),
    "placing": ("placing plans in the scenario", "将各方案放入该情景"),
    "sent": ("sent to the cluster", "已发送到集群"),
    "audit": ("audit", "审计"),
    "read": ("reading the plans", "读取方案"),
    "compare": ("comparing", "比选"),
}
"""What the phases of a run are called; a phase that is not listed is shown by its own name."""


def words(lang: str) -> Words:
    """Every phrase in one language (``en`` or ``zh``)."""
    column = 1 if lang == "zh" else 0
    return {name: pair[column] for name, pair in _TABLE.items()}


def phase(name: str, lang: str) -> str:
    """What a phase of the run is called in a language."""
    return PHASES.get(name, (name, name))[1 if lang == "zh" else 0]
