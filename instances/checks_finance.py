"""What must hold for [finance] and the tables that it counts by, for shares of gains, and for [equity]."""

from __future__ import annotations

from zonevest.instances.checks_instruments import DEBT
from zonevest.instances.context import OUTSIDE, Context, advise
from zonevest.instances.faults import some, within
from zonevest.instances.finance import Finance
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import listed, say

FUND = "fund"
"""The budget whose interest is compared with its own expenditure."""
RESTORATION = "ecological_restoration"
HARMLESS = (
    "interest_share_fund",
    "interest_share_general",
    "land_sale_share_cap",
    "real_estate_share_max",
    "reinvestment_min",
)
"""Keys that bind nothing where what they count is not there; others would forbid all, or let all pass unseen."""
SLACK = 1e-6
"""By how much floor shares may pass 1."""


def check_finance(study: Context) -> None:
    """What [finance] counts is there; without it nothing asks for money to be raised."""
    if study.settings is None:
        return
    finance = study.settings.finance
    if finance is None:
        _unused(study)
        return
    for key, what, there in (*_of_instruments(study, finance), *_of_flows(study, finance)):
        if there is not False:
            continue
        where = within(study.label, f"finance.{key}")
        if key in HARMLESS:
            study.notes.append(rule("finance.counts-none", where=where, what=what))
        else:
            must = rule("finance.counts", key=key, what=what)
            study.faults.add(where, must, say("none"))


def _unused(study: Context) -> None:
    """Without [finance] nothing is raised: a note, where projects speak of it."""
    projects = study.rows("projects")
    if projects is None or projects.broken & {"instruments", "equity_min"}:
        return
    used = ["instruments"] if any(projects.text("instruments")) else []
    used += ["equity_min"] if (projects.number("equity_min") > 0).any() else []
    if used:
        study.notes.append(
            rule("columns.without-finance",
                table=projects.label, columns=listed(used, last=" and "))
        )  # fmt: skip


def _of_instruments(study: Context, finance: Finance) -> list[tuple[str, str, bool | None]]:
    """Keys, the instruments that they count, and whether there are some (None: that is not known)."""
    table = study.tables.get("instruments")
    kinds, budgets, flags = list[str](), list[str](), dict[str, list[bool]]()
    names = ("in_debt_ratio", "refinances", "self_supporting")
    if table is not None:
        kinds, budgets = table.text("kind"), table.text("budget")
        flags = {name: table.flag(name).tolist() for name in names}
    debt = [i for i, kind in enumerate(kinds) if kind in DEBT]
    known = table is None or not table.broken & {"kind", "budget", *names}
    sure, main, enterprises = _borrowers(study)

    def flagged(name: str) -> bool | None:
        return any(flags[name][i] for i in debt) if known else None

    public = [budgets[i] or main for i in debt if (budgets[i] or main) not in enterprises]
    split = known and sure
    keys: list[tuple[str, bool, str, bool | None]] = [
        ("debt_ratio_cap", finance.debt_ratio_cap is not None,
         say("bonds and loans with {flag} = 1", flag="in_debt_ratio"), flagged("in_debt_ratio")),
        ("interest_share_fund", finance.interest_share_fund is not None,
         say("bonds and loans of budget fund"), FUND in public if split else None),
        ("interest_share_general", finance.interest_share_general is not None,
         say("bonds and loans of the government's budgets other than fund"),
         any(name != FUND for name in public) if split else None),
        ("soft.refinance_share", "refinance_share" in finance.soft,
         say("bonds and loans with {flag} = 1", flag="refinances"), flagged("refinances")),
        ("soft.cover_min", "cover_min" in finance.soft,
         say("bonds and loans with {flag} = 1", flag="self_supporting"), flagged("self_supporting")),
    ]  # fmt: skip
    return [(key, what, there) for key, on, what, there in keys if on]


def _borrowers(study: Context) -> tuple[bool, str, set[str]]:
    """Whether budgets can be relied on, the main one, and those whose borrower is an enterprise."""
    budgets = study.rows("budgets")
    if budgets is None:
        return study.readable("budgets"), "", {"enterprise"}
    names, borrower = budgets.text("budget"), budgets.text("borrower")
    enterprises = {name for name, who in zip(names, borrower, strict=True) if who == "enterprise"}
    return study.readable("budgets", "budget", "borrower"), names[0], enterprises


def _of_flows(study: Context, finance: Finance) -> list[tuple[str, str, bool | None]]:
    """Keys, the accounts or undertakings that they count, and whether there are some (None: that is not known)."""
    accounts = study.tables["accounts"]

    def role(name: str) -> bool | None:
        return None if "role" in accounts.broken else name in accounts.text("role")

    def flag(name: str) -> bool | None:
        if not (study.readable("practices", name) and study.readable("projects", name)):
            return None
        tables = [table for table in (study.rows("practices"), study.rows("projects")) if table is not None]
        return any(table.flag(name).any() for table in tables)

    found: list[tuple[str, str, bool | None]] = []
    for key, name in (("land_sale_share_cap", "land_sale"), ("reinvestment_min", "resource_income")):
        if getattr(finance, key) is not None:
            found.append((key, say("accounts of role {role}", role=name), role(name)))
    for key, name in (("green_share_min", "green"), ("real_estate_share_max", "real_estate")):
        if getattr(finance, key) is not None:
            found.append((key, say("practices and projects with {flag} = 1", flag=name), flag(name)))
    if finance.eod_eco_share is not None:
        what = say("bundles with a project of category ecological_restoration and one of another category")
        found.append(("eod_eco_share", what, _eod(study)))
    return found


def _eod(study: Context) -> bool | None:
    """Whether some bundle restores and builds; None if that is not known."""
    if not study.readable("projects", "bundle", "category"):
        return None
    projects = study.rows("projects")
    if projects is None:
        return False
    restores: dict[str, set[bool]] = {}
    for bundle, category in zip(projects.text("bundle"), projects.text("category"), strict=True):
        restores.setdefault(bundle, set()).add(category == RESTORATION)
    return any(len(both) == 2 for bundle, both in restores.items() if bundle)


def check_floors(study: Context) -> None:
    """Least shares of all gains leave room for each other, and none is asked for who is everyone else."""
    actors = study.rows("actors")
    if actors is None or actors.broken & {"actor", "floor_share"}:
        return
    share, names = actors.number("floor_share"), actors.text("actor")
    at = [i for i in range(actors.size) if share[i] > 0]
    total = float(sum(share[i] for i in at))
    if total > 1 + SLACK:
        must, found = rule("actors.floor-shares"), f"{total:.6g}"
        study.faults.add(actors.where(at, "floor_share"), must, found)
    at = [i for i in range(actors.size) if names[i] == OUTSIDE and share[i] == share[i]]
    must = rule("actors.outside")
    study.tell(actors, at, "floor_share", must)


def check_equity(study: Context) -> None:
    """[equity] names actors; who is compared or compensated is there."""
    settings, actors = study.settings, study.actors
    if settings is None:
        return
    equity = settings.equity
    for key, names in (("participation", equity.participation), ("fund", (equity.fund,) if equity.fund else ())):
        where = within(study.label, f"equity.{key}")
        if OUTSIDE in names:
            must = rule("equity.outside")
            study.faults.add(where, must, repr(OUTSIDE))
        lost = [name for name in names if actors is not None and name not in (*actors, OUTSIDE)]
        if lost:
            do = advise(lost, actors or (), advice("names.actor"))
            must = rule("names.actor", column=key, what=say("actors of the study"))
            study.faults.add(where, must, some(map(repr, lost)), do)
    needed = {"parcels": ("jurisdiction", "population"), "jurisdictions": ("jurisdiction", "population")}
    known = study.jurisdictions is not None and all(study.readable(name, *names) for name, names in needed.items())
    peopled = not known or bool(study.people & set(study.jurisdictions or ()))
    if equity.jurisdiction_floor is not None and not peopled:
        must = rule("equity.people")
        study.faults.add(within(study.label, "equity.jurisdiction_floor"), must, say("nobody in any jurisdiction"))
    if equity.jurisdiction_floor is not None and study.gaining is not None and not study.gaining:
        must = rule("equity.actors")
        found = say("no such actor")
        study.faults.add(within(study.label, "equity.jurisdiction_floor"), must, found)
    if equity.fund is None or (actors is not None and equity.fund not in actors):
        return
    if not peopled:
        must = rule("equity.fund-people")
        study.faults.add(within(study.label, "equity.fund"), must, say("nobody in any jurisdiction"))
    shares = study.tables.get("shares")
    if equity.fund in settings.purse or (shares is not None and shares.broken & {"role", "actor", "share"}):
        return
    rows = () if shares is None else zip(
        shares.text("role"), shares.text("actor"), shares.number("share").tolist(), strict=True
    )  # fmt: skip
    if not any(role == "receives" and actor == equity.fund and share > 0 for role, actor, share in rows):
        must, found = rule("equity.fund-receipts"), say("none")
        study.faults.add(within(study.label, "equity.fund"), must, found)
