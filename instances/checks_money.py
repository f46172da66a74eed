"""What must hold for capture, instruments, quotas, the uplift of projects, and [equity]."""

from __future__ import annotations

from zonevest.instances.checks_flows import condition_problem
from zonevest.instances.checks_limits import named_accounts
from zonevest.instances.context import Context, advise, given
from zonevest.instances.faults import some
from zonevest.instances.tables import Typed

SLACK = 1e-6


def check_money(study: Context) -> None:
    """Everything of the money block that rows of several tables say together."""
    check_capture(study)
    check_instruments(study)
    check_quotas(study)
    check_uplift(study)
    check_equity(study)


def check_capture(study: Context) -> None:
    """A tool takes from an uplift account, and posts on the one revenue account that names it."""
    accounts, capture = study.tables["accounts"], study.rows("capture")
    if accounts.broken & {"account", "family", "recurrence", "capture_tool"}:
        return
    family = dict(zip(accounts.text("account"), accounts.text("family"), strict=True))
    recurrence = dict(zip(accounts.text("account"), accounts.text("recurrence"), strict=True))
    at = [i for i in range(accounts.size) if accounts.text("family")[i] == "uplift"]
    at = [i for i in at if accounts.text("recurrence")[i] != "one_off" or accounts.flag("cash")[i]]
    must = "an account of family uplift is one_off and no cash: it books a rise of value"
    study.tell(accounts, at, "recurrence", must, "set recurrence = one_off and cash = 0")
    if capture is None or capture.broken & {"capture_tool", "uplift_account", "annual"}:
        return
    tool, uplift, annual = capture.text("capture_tool"), capture.text("uplift_account"), capture.flag("annual")
    at = [i for i in range(capture.size) if family.get(uplift[i], "uplift") != "uplift"]
    study.tell(capture, at, "uplift_account", "uplift_account is an account of family uplift", "name another account")
    takers: dict[str, list[str]] = {}
    for i, name in enumerate(accounts.text("capture_tool")):
        if name:
            takers.setdefault(name, []).append(accounts.text("account")[i])
    at = [i for i in range(capture.size) if len(takers.get(tool[i], ())) != 1]
    must = "one revenue account names the tool as its capture_tool: it posts there"
    do = "fill in capture_tool of one account"
    study.tell(capture, at, "capture_tool", must, do, lambda i: some(takers.get(tool[i], ["none does"])))
    single = {name: accounts_of[0] for name, accounts_of in takers.items() if len(accounts_of) == 1}
    cash = dict(zip(accounts.text("account"), accounts.flag("cash").tolist(), strict=True))
    at = [i for i in range(capture.size) if tool[i] in single]
    odd = [i for i in at if family[single[tool[i]]] != "revenue" or not cash[single[tool[i]]]]
    must = "the account of a tool is revenue in cash"
    study.tell(capture, odd, "capture_tool", must, "change the account", lambda i: f"{single[tool[i]]!r}")
    fits = {False: "one_off", True: "annual"}
    odd = [i for i in at if recurrence[single[tool[i]]] != fits[bool(annual[i])]]
    must = "a tool that takes once posts on a one_off account, one that takes yearly on an annual one"
    study.tell(
        capture, odd, "annual", must, "change annual, or the account's recurrence",
        lambda i: f"annual = {int(annual[i])}, {single[tool[i]]!r} is {recurrence[single[tool[i]]]}",
    )  # fmt: skip
    _conditions(study, capture)
    _rates(study, capture)
    _payers(study, capture, single)


def _conditions(study: Context, capture: Typed) -> None:
    cells = capture.text("where")
    for i, cell in enumerate(cells):
        problem = condition_problem(study, cell) if cell else None
        if problem:
            must, found, do = problem
            study.faults.add(capture.where(i, "where"), must, f"{cell!r}: {found}", do)


def _rates(study: Context, capture: Typed) -> None:
    """What tools take at once of the same uplift is no more than all of it."""
    if "rate" in capture.broken:
        return
    sums: dict[str, float] = {}
    once = [i for i in range(capture.size) if not capture.flag("annual")[i] and not capture.text("where")[i]]
    for i in once:
        name = capture.text("uplift_account")[i]
        sums[name] = sums.get(name, 0.0) + float(capture.number("rate")[i])
    at = [i for i in once if sums[capture.text("uplift_account")[i]] > 1 + SLACK]
    must = "the rates of tools that take once of one uplift account sum to 1 at most"
    found = sums
    study.tell(
        capture, at, "rate", must, "lower the rates", lambda i: f"{found[capture.text('uplift_account')[i]]:.6g}"
    )


def _payers(study: Context, capture: Typed, account_of: dict[str, str]) -> None:
    """`payer` stands for a share of 1; where there are shares they say the same, and so do all rows of a tool."""
    shares = study.rows("shares")
    if "payer" in capture.broken or (shares is not None and shares.broken):
        return
    stated: dict[str, dict[str, float]] = {}
    if shares is not None:
        for i in range(shares.size):
            if shares.text("role")[i] == "pays" and not shares.text("project")[i]:
                stated.setdefault(shares.text("account")[i], {})[shares.text("actor")[i]] = shares.number("share")[i]
    named: dict[str, str] = {}
    payers, at = capture.text("payer"), []
    for i, tool in enumerate(capture.text("capture_tool")):
        if not payers[i]:
            continue
        rows = stated.get(account_of.get(tool, ""), {payers[i]: 1.0})
        if named.setdefault(tool, payers[i]) != payers[i] or rows.get(payers[i], 0.0) < 1 - SLACK:
            at.append(i)
    must = "a tool has one payer, who pays all of it (payer is short for a share of 1)"
    study.tell(capture, at, "payer", must, "leave payer blank, and state the pays shares of the account")


def check_instruments(study: Context) -> None:
    """What is borrowed has a rate, a tenor and a way to be repaid."""
    table = study.rows("instruments")
    if table is None or table.broken & {"kind", "tenor_years", "grace_years", "repay", "refinances"}:
        return
    kind, tenor, grace = table.text("kind"), table.number("tenor_years").tolist(), table.number("grace_years").tolist()
    everyone = range(table.size)
    debt = [i for i in everyone if kind[i] in ("bond", "loan")]
    at = [i for i in debt if tenor[i] != tenor[i]]
    study.tell(table, at, "tenor_years", "a bond or a loan has a tenor", "fill in tenor_years")
    at = [i for i in debt if table.text("repay")[i] == "level_principal" and grace[i] >= tenor[i]]
    study.tell(table, at, "grace_years", "grace_years are less than tenor_years", "shorten the grace")
    for column in ("refinances", "in_debt_ratio", "self_supporting"):
        at = [i for i in everyone if column not in table.broken and table.flag(column)[i] and i not in debt]
        must = f"{column} is for bonds and loans"
        study.tell(table, at, column, must, f"set {column} = 0", lambda i: f"1 with kind {kind[i]!r}")
    if not table.broken & {"categories", "self_supporting", "green_only"}:
        at = [i for i in everyone if table.flag("refinances")[i]]
        at = [i for i in at if table.text("categories")[i] or table.flag("self_supporting")[i]]
        must = "an instrument that refinances funds no projects: no categories, not self_supporting"
        study.tell(table, at, "refinances", must, "part it in two instruments", lambda i: repr(table.ids([i])[0]))
    outstanding = table.number("outstanding").tolist()
    at = [i for i in everyone if outstanding[i] > 0 and i not in debt]
    study.tell(table, at, "outstanding", "only bonds and loans have an outstanding balance", "leave it blank")
    years = given(table, "outstanding_years")
    at = [i for i in debt if outstanding[i] > 0 and not years[i]]
    must = "an outstanding balance has the years over which it is repaid"
    study.tell(table, at, "outstanding_years", must, "fill in outstanding_years")
    settings = study.settings
    if settings is not None and settings.rates.finance == 0:
        rate = table.number("rate").tolist()
        at = [i for i in everyone if kind[i] == "equity" and tenor[i] != tenor[i] and rate[i] > 0]
        must = "equity without a tenor needs a finance rate above 0: its return has no present value without one"
        study.tell(table, at, "tenor_years", must, "fill in tenor_years")


def check_quotas(study: Context) -> None:
    """What a quota counts are flows, and what is traded has a price and a cap."""
    quotas, grants = study.rows("quotas"), study.rows("quota_grants")
    if quotas is None:
        return
    for column in ("account_used", "account_generated"):
        if column not in quotas.broken:
            cells = quotas.text(column)
            named_accounts(study, quotas, column, cells)
            at = [i for i in range(quotas.size) if cells[i] and study.accounts.measure(cells[i]) == "stock"]
            must = f"{column} is an annual or a one-off account: a quota counts what is used and generated in time"
            study.tell(quotas, at, column, must, "name the account of the change (area.new_construction, …)")
    for side in ("buy", "sell"):
        if quotas.broken & {f"{side}_price", f"{side}_max"}:
            continue
        price, most = given(quotas, f"{side}_price"), given(quotas, f"{side}_max")
        at = [i for i in range(quotas.size) if price[i] != most[i]]
        must = f"{side}_price and {side}_max come together: trade is priced and capped"
        blank = f"{side}_max" if at and price[at[0]] else f"{side}_price"
        study.tell(quotas, at, blank, must, "fill in the other, or leave both blank")
    if "quota" in quotas.broken:
        return
    at = [i for i, name in enumerate(quotas.text("quota")) if "." in name]
    study.tell(quotas, at, "quota", "a quota's name has no dot: accounts are named after it", "rename it")
    if grants is not None and not grants.broken & {"quota"} and not quotas.broken & {"granted", "movable"}:
        fixed = {name for i, name in enumerate(quotas.text("quota")) if not quotas.flag("movable")[i]}
        at = [i for i, name in enumerate(quotas.text("quota")) if name in fixed]
        at = [i for i in at if quotas.number("granted")[i] > 0 or quotas.number("opening")[i] > 0]
        must = "a quota that does not move between jurisdictions is granted to each of them, in quota_grants"
        study.tell(quotas, at, "granted", must, "move it to quota_grants, or set movable = 1")


def check_uplift(study: Context) -> None:
    """A project's uplift has a catchment, a rate and an account; the catchment is a tag of parcels."""
    projects = study.rows("projects")
    if projects is None:
        return
    columns = ("catchment", "uplift_per_ha", "uplift_account")
    if projects.broken & set(columns):
        return
    parts = {name: [bool(cell) for cell in projects.text(name)] for name in ("catchment", "uplift_account")}
    parts["uplift_per_ha"] = given(projects, "uplift_per_ha")
    for name in columns:
        at = [i for i in range(projects.size) if not parts[name][i] and any(parts[other][i] for other in columns)]
        must = "catchment, uplift_per_ha and uplift_account come together"
        study.tell(projects, at, name, must, "fill in all three, or none", lambda i: projects.ids([i])[0])
    for name in ("uplift_of", "uplift_cap"):
        if name not in projects.broken:
            filled = given(projects, name) if name == "uplift_cap" else [bool(cell) for cell in projects.text(name)]
            at = [i for i in range(projects.size) if filled[i] and not parts["catchment"][i]]
            study.tell(projects, at, name, f"{name} goes with catchment", f"fill in catchment, or leave {name} blank")
    if study.tags is not None:
        at = [i for i, cell in enumerate(projects.text("catchment")) if cell and cell not in study.tags]
        strange = {projects.text("catchment")[i] for i in at}
        do = advise(strange, study.tags, "correct the name, or add the tag to parcels")
        study.tell(projects, at, "catchment", "catchment is a tag of parcels", do)
    accounts = study.tables["accounts"]
    if not accounts.broken & {"account", "family"}:
        family = dict(zip(accounts.text("account"), accounts.text("family"), strict=True))
        at = [i for i, cell in enumerate(projects.text("uplift_account")) if family.get(cell, "uplift") != "uplift"]
        must = "uplift_account is an account of family uplift"
        study.tell(projects, at, "uplift_account", must, "name another account")


def check_equity(study: Context) -> None:
    """[equity] names actors, and where jurisdictions are compared they have people."""
    settings = study.settings
    if settings is None:
        return
    equity, actors = settings.equity, study.actors
    named = {"participation": equity.participation, "fund": (equity.fund,) if equity.fund else ()}
    for key, names in named.items():
        lost = [name for name in names if actors is not None and name not in actors]
        if lost:
            do = advise(lost, actors or (), "correct the name, or add it to actors")
            study.faults.add(f"{study.label}, equity.{key}", f"{key} names actors", some(map(repr, lost)), do)
    if equity.fund == "outside":
        study.faults.add(
            f"{study.label}, equity.fund", "the fund is an actor of the study", "'outside'", "name another"
        )
    if equity.jurisdiction_floor is None or study.jurisdictions is None:
        return
    needed = {"parcels": ("jurisdiction", "population"), "jurisdictions": ("jurisdiction", "population")}
    if all(study.readable(name, *columns) for name, columns in needed.items()) and not study.people & set(
        study.jurisdictions
    ):
        must = "gains per head are compared between jurisdictions with people"
        do = "fill in population in jurisdictions or parcels, or take the key out"
        study.faults.add(f"{study.label}, equity.jurisdiction_floor", must, "nobody in any jurisdiction", do)
