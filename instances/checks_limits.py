"""What must hold for limits, their terms, and the weights of the objective."""

from __future__ import annotations

from zonevest.instances.accounts import ASSETS, GAINS, OF_QUOTA
from zonevest.instances.context import Context, advise, cells_with, given
from zonevest.instances.faults import SHOWN, choice, some, within
from zonevest.instances.finance import SOFT
from zonevest.instances.rules import Rule, advice, rule
from zonevest.instances.say import listed, say
from zonevest.instances.study import EACH, MAIN_FUNCTION
from zonevest.instances.tables import Typed

BASES = ("absolute", "share_of_start", "per_head")
OTHERS = ("share_of_start:", "share_of:")
FINANCE = "finance."
"""First word of the accounts of money raised, which are the budget entity's."""
QUOTA = "quota."
"""First word of the accounts of trade."""


def check_limits(study: Context) -> None:
    """Accounts, places, periods, bases and penalties of limits make sense together."""
    limits, terms = study.rows("limits"), study.rows("limit_terms")
    if terms is not None:
        named_accounts(study, terms, "account", terms.text("account"))
    if limits is None:
        return
    _names(study, limits)
    named_accounts(study, limits, "account", limits.text("account"))
    _places(study, limits)
    _periods(study, limits)
    _bases(study, limits)
    _each(study, limits)
    _heads(study, limits)
    _totals(study, limits, terms)
    _of_everything(study, limits, terms)
    if "account" not in limits.broken:
        _tenures(study, [*limits.text("account"), *(terms.text("account") if terms is not None else ())])
    if not limits.broken & {"kind", "penalty"}:
        kind, penalty = limits.text("kind"), limits.number("penalty").tolist()
        at = [i for i in range(limits.size) if kind[i] == "soft" and not penalty[i] > 0]
        must = rule("limits.penalty")
        study.tell(limits, at, "penalty", must)


def _tenures(study: Context, named: list[str]) -> None:
    """Land without tenure is in no account of resources by tenure: a warning, where a limit reads one."""
    parcels = study.rows("parcels")
    by_tenure = any(name.startswith("asset.") and name.endswith((".state", ".collective")) for name in named)
    if not by_tenure or parcels is None or "tenure" in parcels.broken:
        return
    blank = [i for i, tenure in enumerate(parcels.text("tenure")) if not tenure]
    if blank:
        found = say("no tenure: {parcels}", parcels=some(parcels.ids(blank)))
        study.faults.add(parcels.where(column="tenure"), rule("limits.tenure-blank"), found)


def _names(study: Context, limits: Typed) -> None:
    """A plan lists limits beside the rows of money, quotas and gains: none has the name of such a row."""
    if "limit" in limits.broken or study.settings is None:
        return
    equity, quotas, actors = study.settings.equity, study.rows("quotas"), study.rows("actors")
    rows, families = set[str](), set[str]()
    if study.settings.finance is not None:
        rows |= {"reserve", *SOFT}
        families |= {"cover_min", "instrument_total", "instrument_period"}
    if quotas is not None:
        families |= {"quota", "quota_sold", "quota_buy", "quota_sell"}
    if equity.participation:
        rows, families = rows | {"participation_jurisdiction"}, families | {"participation"}
    if actors is not None and any(given(actors, "floor_share")):
        families.add("floor_share")
    if study.rows("budgets") is not None:
        families |= {"reserve", "dscr_min", "budget_transfer"}
    if study.rows("price_steps") is not None:
        families.add("price_steps")
    rows |= {"portfolio"} if _hurdles(study) else set()
    rows |= {"fund"} if equity.fund else set()
    rows |= {"jurisdiction_floor"} if equity.jurisdiction_floor is not None else set()
    names = limits.text("limit")
    at = [i for i, name in enumerate(names) if name in rows or ("." in name and name.partition(".")[0] in families)]
    must = rule("limits.name")
    study.tell(limits, at, "limit", must)


def _hurdles(study: Context) -> bool:
    """Whether projects are held against a rate."""
    finance, projects = None if study.settings is None else study.settings.finance, study.rows("projects")
    return projects is not None and (any(given(projects, "hurdle")) or bool(finance and finance.hurdle))


def named_accounts(study: Context, table: Typed, column: str, cells: list[str]) -> None:
    """Cells name accounts of the study or built-in ones (blank cells are not looked at)."""
    if column in table.broken or "account" in study.tables["accounts"].broken:
        return
    measure = study.accounts.measure
    unknown = {name for name in set(cells) if name and measure(name) is None}
    if not unknown:
        return
    off = {name for name in unknown if _without_finance(study, name)}
    at = [i for i, name in enumerate(cells) if name in off]
    study.tell(table, at, column, rule("limits.finance"), found=lambda i: repr(cells[i]))
    worthless = unknown.intersection(ASSETS)
    at = [i for i, name in enumerate(cells) if name in worthless]
    study.tell(table, at, column, rule("limits.assets"), found=lambda i: repr(cells[i]))
    unknown -= off | worthless
    at = [i for i, name in enumerate(cells) if name in unknown]
    do = advise(unknown, study.accounts.all(), advice("limits.account"))
    must = rule("limits.account", column=column)
    study.tell(table, at, column, must, do, lambda i: repr(cells[i]))


def _without_finance(study: Context, name: str) -> bool:
    return name.startswith(FINANCE) and study.settings is not None and study.settings.finance is None


def _places(study: Context, limits: Typed) -> None:
    if "jurisdiction" in limits.broken or study.jurisdictions is None or study.tags is None:
        return
    names = [*study.jurisdictions, *study.tags, EACH]
    names += [f"{MAIN_FUNCTION}{function}" for function in dict.fromkeys(study.functions.values()) if function]
    strange = set(limits.text("jurisdiction")).difference(names, [""])
    if not study.readable("jurisdictions", "main_function"):
        strange = {cell for cell in strange if not cell.startswith(MAIN_FUNCTION)}
    must = rule("limits.place-total") if strange == {"total"} else rule("limits.place")
    do = must.do if strange == {"total"} else advise(strange, names, must.do)
    study.tell(limits, cells_with(limits, "jurisdiction", strange), "jurisdiction", must, do)


def _each(study: Context, limits: Typed) -> None:
    """`each` leaves nothing out: every parcel is in a jurisdiction, and there are some."""
    if "jurisdiction" in limits.broken or study.jurisdictions is None or not study.readable("parcels", "jurisdiction"):
        return
    at = cells_with(limits, "jurisdiction", [EACH])
    parcels = study.rows("parcels")
    blank = [i for i, name in enumerate(parcels.text("jurisdiction")) if not name] if parcels and at else []
    if not at or (study.jurisdictions and not blank):
        return
    found = say("no jurisdiction")
    if blank and parcels is not None:
        ids = listed(parcels.ids(blank[:SHOWN]))
        count = say("{count} parcels", count=len(blank)) if len(blank) > 1 else say("1 parcel")
        found = say("no jurisdiction: {parcels} ({count})", parcels=ids, count=count)
        if len(blank) > SHOWN:
            found = say("no jurisdiction: {parcels} … ({count})", parcels=ids, count=count)
    must = rule("limits.each")
    study.faults.add(limits.where(at, "jurisdiction"), must, found)


def _heads(study: Context, limits: Typed) -> None:
    """A limit per head is where people are counted: else its bound is nought, whatever its value."""
    if limits.broken & {"basis", "jurisdiction"} or "per_head" not in limits.text("basis"):
        return
    if study.jurisdictions is None or study.tags is None:
        return
    needed = {"parcels": ("jurisdiction", "tags", "population"), "jurisdictions": ("jurisdiction", "population")}
    if not all(study.readable(name, *columns) for name, columns in needed.items()):
        return
    practices = study.rows("practices")
    if practices is not None and ("in_migration" in practices.broken or practices.number("in_migration").any()):
        return  # people may come
    basis, place = limits.text("basis"), limits.text("jurisdiction")
    known = {"", *study.jurisdictions, *study.tags} - study.people

    def empty(i: int) -> list[str]:
        return [name or say("all together") for name in study.places(place[i]) if name in known]

    at = [i for i in range(limits.size) if basis[i] == "per_head" and empty(i)]
    must = rule("limits.nobody")
    study.tell(limits, at, "basis", must, found=lambda i: say("nobody in {places}", places=some(empty(i))))


def _periods(study: Context, limits: Typed) -> None:
    if "period" in limits.broken or study.periods is None:
        return
    names = [*(period.name for period in study.periods), "last", "total"]
    strange = set(limits.text("period")).difference(names, [""])
    must = rule("limits.period-each") if strange == {"each"} else rule("limits.period")
    do = must.do if strange == {"each"} else advise(strange, names, must.do)
    study.tell(limits, cells_with(limits, "period", strange), "period", must, do)


def _bases(study: Context, limits: Typed) -> None:
    if "basis" in limits.broken:
        return
    cells = limits.text("basis")
    named = [_other(cell) for cell in cells]
    strange = {cell for cell, name in zip(cells, named, strict=True) if cell not in BASES and not name}
    must = rule(
        "limits.basis", column="basis", choices=choice([*BASES, "share_of:<account>", "share_of_start:<account>"])
    )
    do = advise(strange, BASES, advice("limits.basis"))
    study.tell(limits, cells_with(limits, "basis", strange), "basis", must, do)
    named_accounts(study, limits, "basis", named)


def _other(basis: str) -> str:
    """The account that a basis names, or ``""``."""
    for prefix in OTHERS:
        if basis.startswith(prefix):
            return basis[len(prefix) :].strip()
    return ""


def _terms(limits: Typed, terms: Typed | None) -> list[list[str]]:
    """The accounts that each limit adds up."""
    further: dict[str, list[str]] = {}
    if terms is not None and not terms.broken & {"limit", "account"}:
        for limit, account in zip(terms.text("limit"), terms.text("account"), strict=True):
            further.setdefault(limit, []).append(account)
    pairs = zip(limits.text("account"), limits.text("limit"), strict=True)
    return [[account, *further.get(limit, ())] for account, limit in pairs]


def _of_everything(study: Context, limits: Typed, terms: Typed | None) -> None:
    """Gains are present values over everything, of a jurisdiction or of all; finance is the budget entity's alone.

    A quota that moves between jurisdictions is traded for all together, and no trade is of a tag.
    """
    if limits.broken & {"limit", "account", "period", "jurisdiction", "basis"}:
        return
    period, place, basis = limits.text("period"), limits.text("jurisdiction"), limits.text("basis")
    added, everyone = _terms(limits, terms), range(limits.size)
    used = [[*names, _other(basis[i])] for i, names in enumerate(added)]
    total = [period[i] == "total" or any(name.startswith(GAINS) for name in added[i]) for i in everyone]

    def first(i: int, prefix: str) -> str:
        return next((name for name in used[i] if name.startswith(prefix)), "")

    def told(at: list[int], column: str, cells: list[str], prefix: str, must: Rule) -> None:
        def found(i: int) -> str:
            return say("{cell!r} with {name!r}", cell=cells[i], name=first(i, prefix))

        study.tell(limits, at, column, must, found=found)

    gains = [i for i in everyone if first(i, GAINS)]
    at = [i for i in gains if (total[i] and period[i] not in ("", "last", "total")) or not total[i]]
    told(at, "period", period, GAINS, rule("limits.gain-period"))
    at = [i for i in gains if first(i, "gain.jurisdiction")]
    must = rule("limits.gaining-actors")
    if study.gaining is not None and not study.gaining:
        study.tell(limits, at, "account", must, found=lambda i: say("no actor for {name!r}", name=first(i, GAINS)))
    tags = set(study.tags or ())
    of_tag = [not tags.isdisjoint(study.places(cell)) for cell in place]
    at = [i for i in gains if of_tag[i]]
    told(at, "jurisdiction", place, GAINS, rule("limits.gain-tag"))
    at = [i for i in everyone if place[i] and first(i, FINANCE) and not _without_finance(study, FINANCE)]
    told(at, "jurisdiction", place, FINANCE, rule("limits.finance-place"))
    moving = _moving(study)
    at = [i for i in everyone if place[i] and first(i, QUOTA) and (of_tag[i] or first(i, QUOTA) in moving)]
    told(at, "jurisdiction", place, QUOTA, rule("limits.trade-place"))
    still = _untraded(study)
    at = [i for i in everyone if not still.isdisjoint(used[i])]
    must = rule("limits.no-trade")
    study.tell(limits, at, "account", must, found=lambda i: repr(next(name for name in used[i] if name in still)))
    compared = [used[i][-1:] if used[i][-1] else added[i] for i in everyone]
    at = [i for i in everyone if basis[i].startswith("share_of_start")]
    at = [i for i in at if any(name.startswith((GAINS, QUOTA)) for name in compared[i])]
    must = rule("limits.start-nought")
    study.tell(limits, at, "basis", must)


def _moving(study: Context) -> set[str]:
    """Accounts of the trade of quotas that move between jurisdictions."""
    quotas = study.rows("quotas")
    if quotas is None or quotas.broken & {"quota", "movable"}:
        return set()
    names = [name for i, name in enumerate(quotas.text("quota")) if quotas.flag("movable")[i]]
    return {f"{QUOTA}{name}.{what}" for name in names for what in (*OF_QUOTA, "purchase", "sale")}


def _untraded(study: Context) -> set[str]:
    """Accounts of the trade of quotas on a side without a price."""
    quotas = study.rows("quotas")
    if quotas is None or quotas.broken & {"quota", "buy_price", "sell_price"}:
        return set()
    out = set()
    for side, accounts in (("buy", ("bought", "purchase")), ("sell", ("sold", "sale"))):
        priced = given(quotas, f"{side}_price")
        names = [name for i, name in enumerate(quotas.text("quota")) if not priced[i]]
        out |= {f"{QUOTA}{name}.{what}" for name in names for what in accounts}
    return out


def _totals(study: Context, limits: Typed, terms: Typed | None) -> None:
    """Stocks, and people, have no sum over the periods."""
    if limits.broken & {"period", "account", "basis", "limit"}:
        return
    added, periods = _terms(limits, terms), limits.text("period")
    total = [periods[i] == "total" or any(name.startswith(GAINS) for name in added[i]) for i in range(limits.size)]
    if not any(total):
        return
    measure, bases = study.accounts.measure, limits.text("basis")

    def stocks(i: int) -> list[str]:
        share = _other(bases[i]) if bases[i].startswith("share_of:") else ""
        return [name for name in (*added[i], share) if name and measure(name) == "stock"]

    at = [i for i in range(limits.size) if total[i] and stocks(i)]
    must = rule("limits.total-stock")
    study.tell(limits, at, "period", must, found=lambda i: say("'total' with {name!r}", name=stocks(i)[0]))
    at = [i for i in range(limits.size) if periods[i] == "total" and bases[i] == "per_head"]
    must = rule("limits.total-heads")
    study.tell(limits, at, "period", must, found=lambda _: say("'total' with {name!r}", name="per_head"))


def check_weights(study: Context) -> None:
    """Weights are on accounts that there are; a floor has a doing nothing to refer to."""
    settings, parcels = study.settings, study.tables.get("parcels")
    if settings is None:
        return
    readable = "account" not in study.tables["accounts"].broken
    for name in settings.objective.accounts if readable else ():
        if study.accounts.measure(name) is None:
            must, known = rule("objective.account"), study.accounts.all()
            if _without_finance(study, name):
                must, known = rule("objective.finance"), []
            elif name in ASSETS:
                must, known = rule("objective.assets"), []
            do = advise([name], known, must.do)
            where = within(study.label, f"objective.accounts.{name}")
            study.faults.add(where, must, say("no account {name!r}", name=name), do)
    if settings.objective.floor and parcels is not None and not (settings.hold and not settings.unassigned):
        must = rule("objective.floor-state")
        stated = "hold = false" if not settings.hold else "unassigned = true"
        study.faults.add(within(study.label, "objective.method"), must, stated)
