"""What must hold between the tables of a study."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from zonevest.instances.checks_budgets import NAMING, check_budgets
from zonevest.instances.checks_capture import check_capture, check_uplift
from zonevest.instances.checks_finance import check_equity, check_finance, check_floors
from zonevest.instances.checks_flows import check_flows
from zonevest.instances.checks_instruments import check_draws, check_instruments
from zonevest.instances.checks_limits import check_limits, check_weights
from zonevest.instances.checks_projects import check_projects, check_synergies, check_window
from zonevest.instances.checks_quotas import check_quotas
from zonevest.instances.checks_steps import check_steps
from zonevest.instances.context import HOLD, OUTSIDE, Context, advise, cells_with, words_of
from zonevest.instances.faults import Faults, choice, some, within
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import say
from zonevest.instances.schema import CLASS_GROUPS
from zonevest.instances.study import EACH, MAIN_FUNCTION, Period, Settings, items
from zonevest.instances.tables import Typed

GROUP = "class_group:"
BUILT_IN_COUNT = ("limits", "limit_terms", "quotas")
"""Tables whose accounts may be the ones that follow from the plan."""
OF_LAND = ("parcels", "projects", "land_take")
"""Tables that say which jurisdictions there are, where no table of jurisdictions does."""
SLACK = 1e-6
"""By how much shares may miss 1."""


def check(
    settings: Settings | None,
    periods: tuple[Period, ...] | None,
    tables: Mapping[str, Typed],
    faults: Faults,
    label: str = "study.toml",
    notes: list[str] | None = None,
) -> None:
    """Take down everything in the tables that does not fit together.

    Parameters
    ----------
    settings
        None where study.toml could not be read.
    periods
        None where they are not sound.
    tables
        Typed tables, the accounts complete.
    faults
        What is wrong is added here.
    label
        How the reader knows the settings.
    notes
        What the reader wants to be known is added here.
    """
    study = Context(settings, periods, tables, faults, label, [] if notes is None else notes)
    check_references(study)
    check_names(study)
    check_zones(study)
    check_accounts(study)
    check_shares(study)
    check_practices(study)
    check_parcels(study)
    check_flows(study)
    check_projects(study)
    check_synergies(study)
    check_capture(study)
    check_uplift(study)
    check_quotas(study)
    check_instruments(study)
    check_draws(study)
    check_budgets(study)
    check_steps(study)
    check_finance(study)
    check_floors(study)
    check_equity(study)
    check_limits(study)
    check_weights(study)


def check_references(study: Context) -> None:
    """Every name that one table takes from another is there."""
    for table in study.tables.values():
        if not table.size:
            continue
        for column in table.table.columns:
            if column.name in table.broken:
                continue
            if column.kind == "period":
                names = None if study.periods is None else [period.name for period in study.periods]
                _refer(study, table, column.name, say("a period of study.toml"), names)
            elif column.refers == "accounts":
                if table.table.name not in BUILT_IN_COUNT:
                    _account(study, table, column.name)
            elif column.refers and not (column.refers == "budgets" and table.table.name in NAMING):
                what = say("a row of {table}", table=column.refers)
                if column.refers == "classes":
                    what = say("a land class or class_group:…")
                if column.refers == "jurisdictions" and not study.rows(column.refers):
                    what = say("a jurisdiction of the study")
                _refer(study, table, column.name, what, _names(study, table.table.name, column.refers, column.name))


def _names(study: Context, table: str, refers: str, column: str) -> Collection[str] | None:
    """The names that a reference may take; None if they are not known or not needed."""
    if refers == "jurisdictions":
        return study.jurisdictions if study.rows(refers) or table not in OF_LAND else None
    if refers == "classes":
        codes = study.ids("land_classes")
        return None if codes is None else [*codes, *(GROUP + group for group in CLASS_GROUPS)]
    names = study.ids(refers)
    if names is None:
        return None
    if refers == "actors" and not names:
        return None  # without a table of actors those that shares name are all there are
    if refers == "actors":
        return [*names, OUTSIDE, *(study.settings.purse if study.settings else ())]
    return [*names, HOLD] if column == "locked_practice" else names


def _refer(study: Context, table: Typed, column: str, what: str, names: Collection[str] | None) -> None:
    if names is None:
        return
    strange = words_of(table, column).difference(names)
    if strange:
        must = rule("names.row", column=column, what=what)
        if table.table.column(column).kind == "list":
            must = rule("names.items", column=column, what=what)
        do = advise(strange, names, must.do)
        study.tell(table, cells_with(table, column, strange), column, must, do)


def _account(study: Context, table: Typed, column: str) -> None:
    """Flows, shares and counterparts name accounts that the study books on, not the ones that follow from areas."""
    own = study.accounts.own
    strange = words_of(table, column).difference(own)
    if not study.readable("quotas", "quota"):
        strange = {name for name in strange if not name.startswith("quota.")}
    if not strange or "account" in study.tables["accounts"].broken:
        return
    derived = {name for name in strange if study.accounts.measure(name)}
    if derived:
        must = rule("names.own-account", column=column)
        study.tell(table, cells_with(table, column, derived), column, must)
    if strange - derived:
        must = rule("names.account", column=column, what=say("a row of {table}", table="accounts"))
        do = advise(strange - derived, own, advice("names.account"))
        study.tell(table, cells_with(table, column, strange - derived), column, must, do)


def check_names(study: Context) -> None:
    """Jurisdictions and tags do not take words that limits use, nor each other's names; no practice is called hold."""
    words = choice(("total", EACH, f"{MAIN_FUNCTION}…"))
    for name in ("jurisdictions", *OF_LAND):
        table = study.rows(name)
        if table is not None and "jurisdiction" not in table.broken:
            at = cells_with(table, "jurisdiction", set(filter(_reserved, table.text("jurisdiction"))))
            must = rule("jurisdictions.word", words=words)
            study.tell(table, at, "jurisdiction", must)
    parcels, practices = study.rows("parcels"), study.rows("practices")
    if parcels is not None and study.tags is not None:
        at = cells_with(parcels, "tags", set(filter(_reserved, study.tags))) if study.tags else []
        must = rule("parcels.tag-word", words=words)
        study.tell(parcels, at, "tags", must)
        both = set(study.tags).intersection(study.jurisdictions or ())
        if both:
            at = cells_with(parcels, "tags", both)
            study.tell(parcels, at, "tags", rule("parcels.tag-jurisdiction"))
    if practices is not None and "practice" not in practices.broken:
        at = cells_with(practices, "practice", [HOLD])
        must = rule("practices.hold")
        study.tell(practices, at, "practice", must)


def _reserved(name: str) -> bool:
    """Whether a limit would read the name of a place as something else."""
    return name in ("total", EACH) or name.startswith(MAIN_FUNCTION)


def check_zones(study: Context) -> None:
    """Zones are a forest; a line and its rule come together."""
    zones = study.rows("zones")
    if zones is None:
        return
    if study.readable("zones", "line", "line_rule"):
        line, inside = zones.text("line"), zones.text("line_rule")
        at = [i for i in range(zones.size) if line[i] and not inside[i]]
        must = rule("zones.line-rule")
        study.tell(zones, at, "line_rule", must, found=lambda i: say("line {name!r} without a rule", name=line[i]))
        at = [i for i in range(zones.size) if inside[i] and not line[i]]
        must = rule("zones.rule-alone")
        study.tell(zones, at, "line", must)
    if study.readable("zones", "zone", "parent"):
        parent = dict(zip(zones.text("zone"), zones.text("parent"), strict=True))
        loops = [i for i, zone in enumerate(zones.text("zone")) if _above(zone, parent)]
        must = rule("zones.circle")
        study.tell(zones, loops, "parent", must)


def _above(zone: str, parent: Mapping[str, str]) -> bool:
    """Whether a zone is among its own ancestors."""
    here, seen = parent[zone], set[str]()
    while here and here not in seen:
        if here == zone:
            return True
        seen.add(here)
        here = parent.get(here, "")
    return False


ROLES: Mapping[str, tuple[str, str]] = {
    "land_sale": ("revenue", "one_off"),
    "land_cost": ("cost", ""),
    "resource_income": ("revenue", ""),
    "restoration": ("cost", ""),
}
"""The family, and where it matters the recurrence, of an account of each role."""


def check_accounts(study: Context) -> None:
    """Money is paid per year or at once; it is no stock. A role is one of revenue, or one of cost."""
    accounts = study.tables["accounts"]
    if accounts.broken & {"cash", "recurrence"}:
        return
    if not accounts.broken & {"role", "family"}:
        _roles(study, accounts)
    recurrence, cash = accounts.text("recurrence"), accounts.flag("cash").tolist()
    at = [i for i in range(accounts.size) if cash[i] and recurrence[i] == "stock"]
    must = rule("accounts.stock-in-cash")
    study.tell(accounts, at, "recurrence", must)


def _roles(study: Context, accounts: Typed) -> None:
    role, family, recurrence = (accounts.text(name) for name in ("role", "family", "recurrence"))
    for name, (of, paid) in ROLES.items():
        at = [i for i in range(accounts.size) if role[i] == name]
        at = [i for i in at if family[i] != of or (paid and recurrence[i] != paid)]
        must = rule("accounts.role", role=name, what=f"{of}, {paid}" if paid else of)
        study.tell(accounts, at, "role", must, found=lambda i: f"{family[i]}, {recurrence[i]}")


def check_shares(study: Context) -> None:
    """Shares of an account sum to 1 for each role (and project); the purse is among the actors."""
    shares = study.rows("shares")
    if shares is not None and study.readable("shares", "account", "role", "project", "share"):
        names, role, project = shares.text("account"), shares.text("role"), shares.text("project")
        groups: dict[tuple[str, str, str], list[int]] = {}
        for i in range(shares.size):
            groups.setdefault((names[i], role[i], project[i]), []).append(i)
        share = shares.number("share").tolist()
        sums = {group: sum(share[i] for i in at) for group, at in groups.items()}
        wrong = {group: total for group, total in sums.items() if abs(total - 1.0) > SLACK}
        if wrong:
            at = [groups[group][0] for group in wrong]
            found = (f"{' '.join(filter(None, group))}: {total:.6g}" for group, total in wrong.items())
            must = rule("shares.sum")
            study.faults.add(shares.where(at, "share"), must, some(found))
    if shares is not None and not shares.broken & {"account", "project"}:
        at = [
            i
            for i, name in enumerate(shares.text("account"))
            if name.startswith("quota.") and shares.text("project")[i]
        ]
        must = rule("shares.quota-project")
        study.tell(shares, at, "project", must)
    actors = study.ids("actors")
    if actors and study.settings is not None:
        lost = [name for name in study.settings.purse if name not in actors]
        if lost:
            do = advise(lost, actors, advice("settings.purse"))
            where, must = within(study.label, "purse"), rule("settings.purse")
            study.faults.add(where, must, some(map(repr, lost)), do)


def check_practices(study: Context) -> None:
    """A practice's window is open, some slope is neither too flat nor too steep, and some title is as it asks."""
    practices = study.rows("practices")
    if practices is None:
        return
    check_window(study, practices)
    if not practices.broken & {"min_slope_class", "max_slope_class"}:
        flat, steep = practices.number("min_slope_class"), practices.number("max_slope_class")
        at = np.flatnonzero(flat > steep).tolist()
        must = rule("practices.slopes")
        study.tell(practices, at, "min_slope_class", must, found=lambda i: f"{flat[i]:g} > {steep[i]:g}")
    if not practices.broken & {"needs_title", "clears_title"}:
        at = np.flatnonzero(practices.flag("needs_title") & practices.flag("clears_title")).tolist()
        study.tell(practices, at, "clears_title", rule("practices.title"))


def check_parcels(study: Context) -> None:
    """Locks and bans of a parcel do not contradict each other."""
    parcels, practices = study.rows("parcels"), study.rows("practices")
    if parcels is None or not study.readable("parcels", "locked_zone", "locked_practice", "forbidden_zones", "zone"):
        return
    zone_lock, ban, practice_lock = (
        parcels.text(name) for name in ("locked_zone", "forbidden_zones", "locked_practice")
    )
    if study.readable("parcels", "locked_start"):
        starts = parcels.text("locked_start")
        idle = [] if {*starts} == {""} else [
            i for i, (start, practice) in enumerate(zip(starts, practice_lock, strict=True))
            if start and practice in ("", HOLD)
        ]  # fmt: skip
        study.tell(parcels, idle, "locked_start", rule("parcels.locked-start"))
    # most studies have no locks; a million parcels are passed over by three set operations
    locks = {*zone_lock, *practice_lock} != {""}
    if not locks:
        return
    zone_of: dict[str, str] = {}
    if practices is not None and study.readable("practices", "practice", "zone"):
        zone_of = dict(zip(practices.text("practice"), practices.text("zone"), strict=True))
    today = parcels.text("zone")
    banned, elsewhere, locked_out = [], [], []
    for i, (zone, bans, practice) in enumerate(zip(zone_lock, ban, practice_lock, strict=True)):
        if not zone and not practice:
            continue
        forbidden = set(items(bans))
        # holding is in the approved zone; without one the zone follows from lines and is looked at later
        at = today[i] if practice == HOLD else zone_of.get(practice, "")
        if not forbidden.isdisjoint(study.lineage.get(zone, [zone])):
            banned.append(i)
        if zone and at and zone not in study.lineage.get(at, [at]):
            elsewhere.append(i)
        if at and not forbidden.isdisjoint(study.lineage.get(at, [at])):
            locked_out.append(i)
    must = rule("parcels.locked-forbidden")
    study.tell(parcels, banned, "locked_zone", must)
    must = rule("parcels.lock-elsewhere")

    def both(i: int) -> str:
        at = today[i] if practice_lock[i] == HOLD else zone_of[practice_lock[i]]
        return say(
            "practice {practice!r} of zone {zone!r}, locked zone {locked!r}",
            practice=practice_lock[i], zone=at, locked=zone_lock[i],
        )  # fmt: skip

    study.tell(parcels, elsewhere, "locked_practice", must, found=both)
    must = rule("parcels.lock-forbidden")
    study.tell(parcels, locked_out, "locked_practice", must)
