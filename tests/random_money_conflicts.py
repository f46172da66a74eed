"""Conflicts of quotas, debt, budgets and gains to plant in random studies.

Each returns the conditions that it planted. Where it is not said otherwise all amounts of a random study are small: a
few hectares, some ten million; what is asked for beyond that by a factor of a hundred cannot be had in any other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.random_rows import joined, records, table

if TYPE_CHECKING:
    from tests.random_conflicts import Ground, Planted

FAR = 5_000.0
"""Beyond all that a random study has, in hectares or million."""


def harden(finance: dict[str, Any], *rules: str) -> None:
    """Let rows give no longer at a penalty."""
    finance["soft"] = {name: cost for name, cost in finance.get("soft", {}).items() if name not in rules}


def _quota(ground: Ground, **cells: Any) -> str:
    """A new quota that may move, without a bank; its name."""
    name = f"y{len(ground.limits)}"
    row = {"quota": name, "granted": 0.0, "movable": 1, "bank": 0, "opening": 0}
    ground.tables["quotas"] = joined(ground.tables.get("quotas"), table([row | cells]))
    return name


def _instrument(ground: Ground, **cells: Any) -> str:
    """A new bond that no ratio counts and all may draw, but for some cells; its name."""
    name = f"b{len(ground.limits)}"
    row = {"instrument": name, "kind": "bond", "in_debt_ratio": 0, "rate": 0.02, "tenor_years": 4, "grace_years": 0}
    row |= {"repay": "level_principal", "refinances": 0, "self_supporting": 0, "green_only": 0, "outstanding": 0}
    ground.tables["instruments"] = joined(ground.tables["instruments"], table([row | cells]))
    return name


def _owing(ground: Ground, amount: float, **cells: Any) -> str:
    """A bond of old that is owed."""
    return _instrument(ground, rate=0.05, outstanding=amount, outstanding_years=5, **cells)


def _flow(ground: Ground, project: str, account: str, basis: str, value: float) -> None:
    row = {"project": project, "account": account, "basis": basis, "value": value, "start_year": 0, "ramp_years": 0}
    flows = ground.tables.get("project_flows")
    ground.tables["project_flows"] = joined(flows, table([row | {"life_years": None, "decay": 0}]))


def _share(ground: Ground, account: str, role: str, actor: str) -> bool:
    """Let one actor receive or pay all of an account, where nobody is said to."""
    shares = ground.tables.get("shares")
    if shares is not None and any(each["account"] == account for each in records(shares)):
        return False
    row = {"account": account, "role": role, "actor": actor, "share": 1.0, "project": ""}
    ground.tables["shares"] = joined(shares, table([row]))
    return True


def _unbound(ground: Ground, project: str, **cells: Any) -> None:
    """Let a project ask for nothing else, so that it can start."""
    asks = ("requires", "bundle", "exclusive_set", "footprint", "footprint_zones", "footprint_practice", "min_area_of")
    ground.set(project, **dict.fromkeys((*asks, "instruments"), ""), min_area=None, hurdle=None, **cells)


def _peopled(ground: Ground) -> list[str]:
    """The jurisdictions with people."""
    parcels = ground.study.parcels
    people = parcels[parcels["jurisdiction"] != ""].groupby("jurisdiction")["population"].sum()
    return [str(place) for place in people.index[people > 0]]


def quota_buy(ground: Ground) -> Planted | None:
    """Nothing granted, a quarter of what a plan uses to be bought at most, and a limit that asks for all of it."""
    period = ground.rnd.choice(ground.periods)
    used = ground.has("area.rezoned", period)
    if used < 0.25:
        return None
    length = next(each["years"] for each in ground.settings["periods"] if each["name"] == period)
    cells = {"account_used": "area.rezoned", "buy_price": 0.0, "buy_max": used / 4 / length}
    name = _quota(ground, **cells)
    least = ground.limit("area.rezoned", ">=", round(used * 0.999, 6), period)
    return {f"quota_buy[{name},{period}]", f"quota[{name},total,{period}]", least}


def quota_sell(ground: Ground) -> Planted | None:
    """A limit that asks for twice as much sold as may be in a period."""
    period = ground.rnd.choice(ground.periods)
    made = ground.has("area.rezoned", period)
    if made < 0.25:
        return None
    length = next(each["years"] for each in ground.settings["periods"] if each["name"] == period)
    cells = {"account_generated": "area.rezoned", "sell_price": 0.125, "sell_max": made / 4 / length}
    name = _quota(ground, **cells)
    least = ground.limit(f"quota.{name}.sold", ">=", round(made / 2, 6), period)
    return {f"quota_sell[{name},{period}]", least}


def quota_sold(ground: Ground) -> Planted | None:
    """More granted and asked to be sold than land there is: only what a plan generates may be sold."""
    if ground.tables["parcels"] is None:
        return None
    cells = {"account_generated": "area.rezoned", "granted": FAR, "sell_price": 0.125, "sell_max": FAR}
    name = _quota(ground, **cells)
    least = ground.limit(f"quota.{name}.sold", ">=", FAR / 5, ground.periods[-1])
    return {f"quota_sold[{name},total]", least}


def fund_interest(ground: Ground) -> Planted | None:
    """Debt of old in the budget `fund`, whose interest may be all but nothing of what that budget spends.

    Golden rule: more debt is no way to spend more.
    """
    finance = ground.settings.get("finance")
    if finance is None or "budgets" in ground.used:
        return None
    _owing(ground, 0.5, budget="fund")
    finance["interest_share_fund"] = 1e-5
    harden(finance, "interest_share_fund", "golden_rule")
    return {f"interest_share_fund[{period}]" for period in ground.periods}


def balance(ground: Ground) -> Planted | None:
    """Interest of old debt beyond all that recurs in the first period; cash is there to pay it."""
    finance, first = ground.settings.get("finance"), ground.periods[0]
    if finance is None:
        return None
    _owing(ground, FAR)
    for rule in ("dscr_min", "dscr_scope", "dscr_from", "interest_share_general"):
        finance.pop(rule, None)
    harden(finance, "dscr_min", "interest_share_general", "operating_balance")
    finance |= {"operating_balance_from": first, "opening_cash": 3 * FAR}
    return {f"operating_balance[{first}]"}


def reinvestment(ground: Ground) -> Planted | None:
    """A mandated project of the first period with much resource income, and a limit of next to no restoration.

    The project has its income from its second year on; what land may lose of it is far less.
    """
    finance = ground.settings.get("finance")
    if finance is None or len(ground.periods) < 2:
        return None
    project = ground.project()
    if project is None:
        return None
    _unbound(
        ground,
        project,
        mandatory=1,
        earliest="",
        latest=ground.periods[0],
        build_years=1,
        restoration=0,
        life_years=None,
    )
    _flow(ground, project, "ore", "per_year", FAR)
    finance["reinvestment_min"] = 0.25
    harden(finance, "reinvestment_min")
    named = {
        f"mandatory[{project}]",
        f"latest[{project}]",
        *(f"reinvestment_min[{each}]" for each in ground.periods[1:]),
    }
    most = {ground.limit("money.outlay.restoration", "<=", 0.01, each) for each in ground.periods}
    return {*named, *most}


def refinancing(ground: Ground) -> Planted | None:
    """A limit asks for far more refinanced in the first period than falls due; golden rule: no other debt falls due."""
    finance, first = ground.settings.get("finance"), ground.periods[0]
    if finance is None:
        return None
    name = _instrument(ground, refinances=1)
    finance["refinance_share"] = 0.5
    harden(finance, "refinance_share", "golden_rule")
    least = ground.limit(f"finance.raised.{name}", ">=", FAR, first)
    return {f"refinance_share[{first}]", f"golden_rule[{first}]", least}


def borrowed(ground: Ground) -> Planted | None:
    """A limit asks for twice what an instrument may raise, in a period or in all, at the end of the plan."""
    finance, last = ground.settings.get("finance"), ground.periods[-1]
    if finance is None:
        return None
    of = ground.rnd.choice(["total", "period"])
    name = _instrument(ground, **{f"limit_{of}": 1.0})
    finance["soft"] = dict(finance.get("soft", {})) | {"golden_rule": 0.125}
    condition = f"instrument_total[{name}]" if of == "total" else f"instrument_period[{name},{last}]"
    return {condition, ground.limit(f"finance.raised.{name}", ">=", 2.0, last)}


def golden(ground: Ground) -> Planted | None:
    """A limit asks for far more debt than there are outlays: what is borrowed is built with."""
    finance = ground.settings.get("finance")
    if finance is None:
        return None
    name, period = _instrument(ground), ground.rnd.choice(ground.periods)
    harden(finance, "golden_rule")
    return {f"golden_rule[{period}]", ground.limit(f"finance.raised.{name}", ">=", FAR, period)}


def drawn(ground: Ground) -> Planted | None:
    """A limit asks for three quarters of what projects cost in debt, where equity has to bring half of each."""
    finance = ground.settings.get("finance")
    costs = ground.study.projects.set_index("project")["capex"]
    if finance is None or "drawn" in ground.used or not (costs > 1).any():
        return None
    ground.used.add("drawn")
    name = _instrument(ground, categories="infrastructure")  # so that it is raised for projects alone
    for project in ground.projects:
        _unbound(ground, project, equity_min=0.5, category="infrastructure", earliest="", latest="")
    finance["soft"] = dict(finance.get("soft", {})) | {"golden_rule": 0.125}
    finance["opening_cash"] = 3 * FAR  # debt may cost what it does
    if (
        "floor" not in ground.settings.get("objective", {})
        or ground.settings["objective"]["floor"].get("cash", 0.0) < FAR
    ):
        ground.settings["objective"] = {"method": "weighted", "cash": 1.0, "ecosystem": 0.02}
    named = {f"draw_cap[{project}]" for project in ground.projects}
    return {*named, ground.limit(f"finance.raised.{name}", ">=", round(0.75 * float(costs.sum()), 3), "total")}


def taken(ground: Ground) -> Planted | None:
    """Two mandated projects take of a class more than there is land: land is taken once."""
    frame, projects = ground.tables["parcels"], [ground.project(), ground.project()]
    if frame is None or None in projects or "line" in ground.used:
        return None
    ground.used.add("line")
    land_class = ground.rnd.choice(sorted(frame["land_class"].unique()))
    area = round(0.6 * float(frame["area_ha"].sum()), 3)
    for project in projects:
        assert project is not None
        _unbound(ground, project, mandatory=1, jurisdiction="", basic_farmland_ok=1, redline_ok="core")
        row = {"project": project, "land_class": land_class, "jurisdiction": "", "area_ha": area}
        ground.tables["land_take"] = joined(ground.tables.get("land_take"), table([row]))
    return {*(f"mandatory[{project}]" for project in projects), f"land_take[{land_class},total]"}


def self_support(ground: Ground) -> Planted | None:
    """A limit asks for debt that income has to cover ten thousand times, by an instrument that projects alone draw."""
    finance = ground.settings.get("finance")
    project = ground.project(lambda row: row["capex"] > 1) if finance is not None else None
    if finance is None or project is None:
        return None
    name = _instrument(ground, self_supporting=1, cover_min=1e4, cover_basis="undiscounted")
    ground.set(project, instruments="", equity_min=None)
    harden(finance, "cover_min")
    named = {f"cover_min[{each}]" for each in ground.projects}
    return {*named, ground.limit(f"finance.raised.{name}", ">=", 0.5, "total")}


def passed_on(ground: Ground) -> Planted | None:
    """Much cash in the main budget, little to be passed on, and a limit that asks for much in the fund's.

    Golden rule: nor is it borrowed.
    """
    finance = ground.settings.get("finance")
    if finance is None or ground.tables.get("budgets") is not None or ground.limits:
        return None
    ground.used.add("budgets")
    ground.tables["budgets"] = table([{"budget": "general"}, {"budget": "fund"}])
    ground.tables["budget_transfers"] = table([{"from": "general", "to": "fund", "cap": 0.25}])
    finance["opening_cash"] = 3 * FAR
    harden(finance, "golden_rule")
    named = {f"budget_transfer[general,fund,{period}]" for period in ground.periods}
    return {*named, ground.limit("finance.cash.fund", ">=", FAR, ground.periods[-1])}


def participation(ground: Ground) -> Planted | None:
    """Farmers, or a place, are not to lose, and a limit asks that they do; a project could make them."""
    places = _peopled(ground)
    project = ground.project(lambda row: not row["mandatory"])
    if project is None or not places or not _share(ground, "mend", "pays", "farmers"):
        return None
    place = ground.rnd.choice(["", *places])
    _unbound(ground, project, jurisdiction=place or places[0], capex=0.0, earliest="", latest="", build_years=1)
    _flow(ground, project, "mend", "once", 400.0)
    ground.settings["equity"] = dict(ground.settings.get("equity", {})) | {"participation": ["farmers"]}
    if not place:
        return {"participation[farmers]", ground.limit("gain.actor.farmers", "<=", -0.5, "total")}
    return {
        f"participation_jurisdiction[{place}]",
        ground.limit("gain.jurisdiction", "<=", -0.5, "total", place),
    }


def place_floor(ground: Ground) -> Planted | None:
    """A mandated project gives the farmers of one place far more than all else, and a limit the other place nothing."""
    frame, project = ground.tables["parcels"], ground.project()
    if frame is None or len(frame) < 2 or project is None or not _share(ground, "wage", "receives", "farmers"):
        return None
    one, other = ground.rnd.sample(["A", "B"], 2)
    frame["jurisdiction"] = [[one, other][at % 2] for at in range(len(frame))]
    frame["population"] = 5
    _unbound(ground, project, mandatory=1, jurisdiction=one)
    _flow(ground, project, "wage", "per_year", FAR)
    equity = dict(ground.settings.get("equity", {})) | {"participation": ["farmers"], "jurisdiction_floor": 0.5}
    ground.settings["equity"] = equity
    finance = ground.settings.get("finance")
    if finance is not None:  # wages are the purse's
        finance["opening_cash"] = 100 * FAR
    named = {f"mandatory[{project}]", f"jurisdiction_floor[{other}]"}
    return {*named, ground.limit("gain.jurisdiction", "<=", 0.0, "total", other)}


def compensation(ground: Ground) -> Planted | None:
    """A limit asks that a place gains far more than there is: the fund hands on no more than it takes in."""
    places = _peopled(ground)
    if not places:
        return None
    ground.settings["equity"] = dict(ground.settings.get("equity", {})) | {"fund": "fund"}
    least = ground.limit("gain.jurisdiction", ">=", FAR, "total", ground.rnd.choice(places))
    return {*(f"fund[{period}]" for period in ground.periods), least}


def enable(ground: Ground) -> Planted | None:
    """A practice needs a project that enables a quarter of what a plan has of it, and a limit asks for half."""
    last, practices = ground.periods[-1], ground.tables["practices"]
    names = [] if practices is None else list(practices["practice"])
    names = [name for name in names if ground.has(f"area.practice.{name}", last) > 0.5]
    project = ground.project() if names else None
    if practices is None or project is None:
        return None
    name = ground.rnd.choice(names)
    has = ground.has(f"area.practice.{name}", last)
    for other in ground.projects:
        cell = str(ground.tables["projects"].set_index("project").loc[other, "enables"] or "")
        if name in cell.split("; "):
            ground.set(other, enables="", enables_area=None)
    ground.set(project, enables=name, enables_area=round(has / 4, 3))
    practices["requires_project"] = practices["requires_project"].mask(practices["practice"] == name, 1)
    return {f"enable[{name}]", ground.limit(f"area.practice.{name}", ">=", round(has / 2, 3), last)}


MONEY_KINDS = [
    quota_buy, quota_sell, quota_sold, fund_interest, balance, reinvestment, refinancing, borrowed, self_support,
    passed_on, participation, place_floor, compensation, enable, golden, drawn, taken,
]  # fmt: skip
