"""What must hold for the rise of land value: uplift accounts, projects that raise it, tools that take a part of it."""

from __future__ import annotations

import numpy as np

from zonevest.instances.checks_flows import check_where, mask
from zonevest.instances.context import Context, advise, given
from zonevest.instances.faults import nearest, some
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import say
from zonevest.instances.study import items
from zonevest.instances.tables import Typed

SLACK = 1e-6
"""By how much rates may pass 1, and shares miss it."""
UPLIFT = ("catchment", "uplift_per_ha", "uplift_account")
"""The columns by which a project raises the value of land."""


def check_capture(study: Context) -> None:
    """A tool takes from an uplift account, and posts on the one revenue account that names it."""
    accounts, capture = study.tables["accounts"], study.rows("capture")
    if accounts.broken & {"account", "family", "recurrence", "cash", "capture_tool"}:
        return
    _uplift_accounts(study, accounts)
    if capture is None or capture.broken & {"capture_tool", "uplift_account", "annual"}:
        return
    account_of = _takers(study, accounts, capture)
    family = dict(zip(accounts.text("account"), accounts.text("family"), strict=True))
    uplift, annual = capture.text("uplift_account"), capture.flag("annual").tolist()
    at = [i for i in range(capture.size) if family.get(uplift[i], "uplift") != "uplift"]
    must = rule("capture.uplift")
    study.tell(capture, at, "uplift_account", must)
    recurrence = dict(zip(accounts.text("account"), accounts.text("recurrence"), strict=True))
    posts = [account_of.get(tool, "") for tool in capture.text("capture_tool")]
    at = [i for i in range(capture.size) if posts[i] and (recurrence[posts[i]] == "annual") != annual[i]]
    must = rule("capture.recurrence")
    study.tell(
        capture, at, "annual", must, found=lambda i: f"annual = {int(annual[i])}, {posts[i]!r}: {recurrence[posts[i]]}",
    )  # fmt: skip
    _rates(study, capture, check_where(study, capture))
    _payers(study, capture, account_of)


def _uplift_accounts(study: Context, accounts: Typed) -> None:
    of_uplift = [i for i, family in enumerate(accounts.text("family")) if family == "uplift"]
    must = rule("accounts.uplift-once")
    at = [i for i in of_uplift if accounts.text("recurrence")[i] != "one_off"]
    study.tell(accounts, at, "recurrence", must)
    at = [i for i in of_uplift if accounts.flag("cash")[i]]
    must = rule("accounts.uplift-cash")
    study.tell(accounts, at, "cash", must, found=lambda i: f"1 ({accounts.text('account')[i]})")


def _takers(study: Context, accounts: Typed, capture: Typed) -> dict[str, str]:
    """The account on which each tool posts, where there is one, as there must be."""
    named: dict[str, list[int]] = {}
    for i, tool in enumerate(accounts.text("capture_tool")):
        if tool:
            named.setdefault(tool, []).append(i)
    twice = [i for rows in named.values() if len(rows) > 1 for i in rows]
    must = rule("capture.one-account")
    study.tell(accounts, twice, "capture_tool", must)
    tools = capture.text("capture_tool")
    unknown = set(named).difference(tools)  # told where references are checked, with what was meant
    at = [i for i, tool in enumerate(tools) if tool not in named and not nearest(tool, unknown)]
    must = rule("capture.no-account")
    study.tell(capture, at, "capture_tool", must)
    at = [i for tool in named if tool not in unknown for i in named[tool]]
    at = [i for i in at if accounts.text("family")[i] != "revenue" or not accounts.flag("cash")[i]]
    must = rule("capture.revenue")

    def found(i: int) -> str:
        return f"family {accounts.text('family')[i]}, cash = {int(accounts.flag('cash')[i])}"

    study.tell(accounts, at, "capture_tool", must, found=found)
    return {tool: accounts.text("account")[rows[0]] for tool, rows in named.items() if len(rows) == 1}


def _rates(study: Context, capture: Typed, sound: dict[str, bool]) -> None:
    """What tools take at once of the same uplift is no more than all of it, on any parcel."""
    if "rate" in capture.broken:
        return
    rate, annual, where = capture.number("rate"), capture.flag("annual"), capture.text("where")
    parcels, groups = study.rows("parcels"), dict[str, list[int]]()
    for i, name in enumerate(capture.text("uplift_account")):
        if not annual[i] and sound[where[i]]:
            groups.setdefault(name, []).append(i)
    for name, rows in groups.items():
        taken = np.zeros(parcels.size if parcels is not None else 1)
        for i in rows:
            if parcels is not None and where[i]:
                taken += rate[i] * mask(parcels, where[i])
            elif not where[i]:
                taken += rate[i]
        if taken.max() > 1 + SLACK:
            must = rule("capture.rates")
            place = capture.where(rows, "rate")
            study.faults.add(place, must, f"{name}: {taken.max():.6g}")


def _payers(study: Context, capture: Typed, account_of: dict[str, str]) -> None:
    """`payer` stands for a share of 1; where there are shares they say the same, and so do all rows of a tool."""
    shares = study.rows("shares")
    if "payer" in capture.broken or (shares is not None and shares.broken):
        return
    stated: dict[str, dict[str, float]] = {}
    if shares is not None:
        columns = (shares.text("account"), shares.text("role"), shares.text("project"), shares.text("actor"))
        for account, role, project, actor, share in zip(*columns, shares.number("share").tolist(), strict=True):
            if role == "pays" and not project:
                stated.setdefault(account, {})[actor] = share
    first: dict[str, str] = {}
    payers, tools = capture.text("payer"), capture.text("capture_tool")
    other, parted = [], []
    for i, tool in enumerate(tools):
        if not payers[i]:
            continue
        if first.setdefault(tool, payers[i]) != payers[i]:
            other.append(i)
        elif stated.get(account_of.get(tool, ""), {payers[i]: 1.0}).get(payers[i], 0.0) < 1 - SLACK:
            parted.append(i)
    must = rule("capture.one-payer")
    study.tell(
        capture, other, "payer", must,
        found=lambda i: say("{name!r} beside {other!r}", name=payers[i], other=first[tools[i]]),
    )  # fmt: skip
    must = rule("capture.payer-shares")

    def paid(i: int) -> str:
        rows = (f"{actor} {share:.6g}" for actor, share in stated[account_of[tools[i]]].items())
        return say("{name!r}, and shares of {account}: {rows}", name=payers[i], account=account_of[tools[i]],
                   rows=some(rows))  # fmt: skip

    study.tell(capture, parted, "payer", must, found=paid)


def check_uplift(study: Context) -> None:
    """A project's uplift has a catchment, a rate and an account; the catchment is a tag of parcels."""
    projects = study.rows("projects")
    if projects is None or projects.broken & set(UPLIFT):
        return
    has = {name: [bool(cell) for cell in projects.text(name)] for name in ("catchment", "uplift_account")}
    has["uplift_per_ha"] = given(projects, "uplift_per_ha")
    everyone = range(projects.size)
    for name in UPLIFT:
        at = [i for i in everyone if not has[name][i] and any(has[other][i] for other in UPLIFT)]
        must = rule("columns.together", columns=some(UPLIFT))
        study.tell(projects, at, name, must)
    for name in ("uplift_of", "uplift_cap"):
        if name not in projects.broken:
            filled = given(projects, name) if name == "uplift_cap" else [bool(cell) for cell in projects.text(name)]
            at = [i for i in everyone if filled[i] and not any(has[other][i] for other in UPLIFT)]
            must = rule("columns.needs", column=name, needs="catchment")
            study.tell(projects, at, name, must)
    accounts = study.tables["accounts"]
    if not accounts.broken & {"account", "family"}:
        family = dict(zip(accounts.text("account"), accounts.text("family"), strict=True))
        at = [i for i, cell in enumerate(projects.text("uplift_account")) if family.get(cell, "uplift") != "uplift"]
        must = rule("capture.uplift")
        study.tell(projects, at, "uplift_account", must)
    _catchments(study, projects)


def _catchments(study: Context, projects: Typed) -> None:
    """Catchments are tags; land that projects raise in value is named after them and after jurisdictions."""
    cells, tags = projects.text("catchment"), study.tags
    if tags is None or not any(cells):
        return
    at = [i for i, cell in enumerate(cells) if cell and cell not in tags]
    do = advise({cells[i] for i in at}, tags, advice("projects.catchment"))
    study.tell(projects, at, "catchment", rule("projects.catchment"), do)
    must = rule("parcels.tag-slash")
    at = [i for i, cell in enumerate(cells) if cell in tags and "/" in cell]
    study.tell(projects, at, "catchment", must)
    must = rule("jurisdictions.slash")
    slashed = {name for name in study.jurisdictions or () if "/" in name}
    for name in ("jurisdictions", "parcels") if slashed else ():
        if (table := study.rows(name)) is not None and "jurisdiction" not in table.broken:
            at = [i for i, cell in enumerate(table.text("jurisdiction")) if cell in slashed]
            study.tell(table, at, "jurisdiction", must)
            break
    _reachable(study, projects)


def _reachable(study: Context, projects: Typed) -> None:
    """A note where no land of a catchment can be under one of the practices whose land a project raises."""
    parcels, practices = study.rows("parcels"), study.rows("practices")
    needed = {
        "parcels": ("tags", "land_class", "tenure"),
        "practices": ("practice", "from_classes", "tenure"),
        "land_classes": ("land_class", "class_group"),
    }
    if parcels is None or practices is None or "uplift_of" in projects.broken:
        return
    if not any(projects.text("uplift_of")) or not all(study.readable(name, *each) for name, each in needed.items()):
        return
    land: dict[str, set[tuple[str, str]]] = {}
    for cell, code, owned in set(
        zip(parcels.text("tags"), parcels.text("land_class"), parcels.text("tenure"), strict=True)
    ):
        for tag in items(cell):
            land.setdefault(tag, set()).add((code, owned))
    groups = _groups(study)
    starts = {
        name: (set(items(cell)), tenure)
        for name, cell, tenure in zip(
            practices.text("practice"), practices.text("from_classes"), practices.text("tenure"), strict=True
        )
    }

    def can_lie(name: str, tag: str) -> bool:
        if name not in starts or tag not in land:
            return True  # told elsewhere
        wanted, of_tenure = starts[name]
        return any(
            (not wanted or not wanted.isdisjoint({code, *groups.get(code, ())})) and of_tenure in ("", tenure)
            for code, tenure in land[tag]
        )

    places, named = projects.text("catchment"), [items(cell) for cell in projects.text("uplift_of")]
    at = [i for i in range(projects.size) if places[i] and named[i]]
    at = [i for i in at if not any(can_lie(name, places[i]) for name in named[i])]
    if at:  # harmless, but seldom what is meant
        study.notes.append(
            rule("projects.uplift-nowhere",
                table=projects.label, projects=some(projects.ids(at)))
        )  # fmt: skip


def _groups(study: Context) -> dict[str, list[str]]:
    """The groups of every class, as from_classes writes them."""
    classes = study.rows("land_classes")
    if classes is None:
        return {}
    pairs = zip(classes.text("land_class"), classes.text("class_group"), strict=True)
    return {code: [f"class_group:{group}" for group in items(cell)] for code, cell in pairs}
