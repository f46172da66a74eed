"""What must hold for prices that change with the amount."""

from __future__ import annotations

from itertools import pairwise

from zonevest.instances.checks_limits import named_accounts
from zonevest.instances.context import Context
from zonevest.instances.faults import some
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.tables import Typed

NEW = "area.new.practice."
SLACK = 1e-9
"""By what part of itself a price may pass the one before: roundings of factor x price."""
FALLS, RISES = "price_steps.falls", "price_steps.rises"


def check_steps(study: Context) -> None:
    """Hectares are sold or bought in steps, by place and period, at prices that get no better."""
    steps = study.rows("price_steps")
    if steps is None:
        return
    family = _money(study, steps)
    _hectares(study, steps)
    if "up_to" not in steps.broken:
        at = [i for i, most in enumerate(steps.number("up_to").tolist()) if most == 0]
        must = rule("price_steps.up-to")
        study.tell(steps, at, "up_to", must)
    if not steps.broken & {"account", "area_account", "jurisdiction"}:
        _one_place(study, steps)
        if not steps.broken & {"period", "up_to", "factor", "price"}:
            _prices(study, steps, family)
    _beside(study, steps)


def _beside(study: Context, steps: Typed) -> None:
    """What steps book comes beside what flow rows book: a warning where both are of one land action."""
    flows = study.rows("practice_flows")
    if flows is None or flows.broken & {"practice", "account"} or steps.broken & {"account", "area_account"}:
        return
    rows = set(zip(flows.text("account"), flows.text("practice"), strict=True))
    pairs = zip(steps.text("account"), steps.text("area_account"), strict=True)
    both = [pair for pair in dict.fromkeys(pairs) if (pair[0], pair[1].removeprefix(NEW)) in rows]
    names = some(say("{account} of {practice}", account=name, practice=area.removeprefix(NEW)) for name, area in both)
    if both:
        study.faults.add(steps.label, rule("price_steps.beside"), names)


def _money(study: Context, steps: Typed) -> dict[str, str]:
    """The family of the accounts on which steps may book; the others are told."""
    accounts = study.tables["accounts"]
    columns = ("account", "family", "recurrence", "cash")
    if accounts.broken & set(columns) or "account" in steps.broken:
        return {}
    cells = (accounts.text(name) for name in columns[:3])
    about = {name: row for name, *row in zip(*cells, accounts.flag("cash").tolist(), strict=True)}
    money = {
        name
        for name, (family, paid, cash) in about.items()
        if family in ("revenue", "cost") and cash and paid == "one_off"
    }
    names = steps.text("account")
    at = [i for i, name in enumerate(names) if name in about and name not in money]

    def kind(i: int) -> str:
        family, paid, cash = about[names[i]]
        return f"{names[i]}: {family}, {paid}, cash = {int(cash)}"

    must = rule("price_steps.money")
    study.tell(steps, at, "account", must, found=kind)
    return {name: about[name][0] for name in money}


def _hectares(study: Context, steps: Typed) -> None:
    """The amount is one of land that changes in a period."""
    if "area_account" in steps.broken:
        return
    cells, measure = steps.text("area_account"), study.accounts.measure
    named_accounts(study, steps, "area_account", cells)
    at = [
        i
        for i, cell in enumerate(cells)
        if measure(cell) is not None and not (measure(cell) == "one_off" and cell.startswith("area."))
    ]
    must = rule("price_steps.area")
    study.tell(steps, at, "area_account", must, found=lambda i: repr(cells[i]))


def _one_place(study: Context, steps: Typed) -> None:
    """The same hectares are sold by jurisdictions, or all together."""
    rows: dict[tuple[str, str], list[int]] = {}
    for i, pair in enumerate(zip(steps.text("account"), steps.text("area_account"), strict=True)):
        rows.setdefault(pair, []).append(i)
    place = steps.text("jurisdiction")
    must = rule("price_steps.places")
    for at in rows.values():
        named = dict.fromkeys(place[i] for i in at if place[i])
        if named and any(not place[i] for i in at):
            found = say("blank beside {places}", places=some(map(repr, named)))
            study.faults.add(steps.where(at, "jurisdiction"), must, found)


def _prices(study: Context, steps: Typed, family: dict[str, str]) -> None:
    """What is sold first brings most, what is bought first costs least: steps are filled in their order."""
    groups: dict[tuple[str, ...], list[int]] = {}
    keys = zip(*(steps.text(name) for name in ("account", "area_account", "jurisdiction", "period")), strict=True)
    for i, key in enumerate(keys):
        groups.setdefault(key, []).append(i)
    most, worth = steps.number("up_to"), steps.number("factor") * steps.number("price")
    before: dict[int, float] = {}
    worse: dict[str, list[int]] = {FALLS: [], RISES: []}
    for (account, *_), rows in groups.items():
        sign = {"revenue": 1.0, "cost": -1.0}.get(family.get(account, ""), 0.0)
        for a, b in pairwise(sorted(rows, key=lambda i: most[i])):
            if sign * (worth[b] - worth[a]) > SLACK * worth[a]:
                before[b] = worth[a]
                worse[FALLS if sign > 0 else RISES].append(b)
    for name, at in worse.items():
        study.tell(
            steps, sorted(at), "price", rule(name),
            found=lambda i: say("{price:g} after {before:g}", price=worth[i], before=before[i]),
        )  # fmt: skip
