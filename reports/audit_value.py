"""What a plan's decisions create of value, what the public captures and what is left: the audit's own arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zonevest.reports.audit_cells import HOLD, UNASSIGNED, Floats, Record
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_undertakings import TAKEN, Undertakings

if TYPE_CHECKING:
    from zonevest.reports.audit_accounts import Account
    from zonevest.reports.audit_choices import Choices
    from zonevest.reports.audit_evaluate import Evaluator

PRESENT = "million, present value"
OUTSIDE = "outside"
ONCE = "capitalised"
NEW_LAND = "area.new.practice."


@dataclass
class Told:
    """The rows of one table by what they are known by: numbers, and further words.

    Attributes
    ----------
    optional : rows of nothing, which need not be there.
    """

    rows: dict[tuple[str, ...], tuple[tuple[float, ...], tuple[str, ...]]] = field(default_factory=dict)
    optional: set[tuple[str, ...]] = field(default_factory=set)


def value_told(evaluator: Evaluator, choices: Choices, found: Undertakings, nothing: Undertakings) -> Told:
    """By source and account: what is created, who of the public captures it, to whom it is left, what works cost.

    Of one unit each actor inside (all but `outside`, which of a rise of value and of captures of it is a holder too)
    has what it receives less what it pays; what the public pays outside of a cost is told apart. A rise counts as far
    as it is more than what the same holder earns by the same land action on the same land.
    """
    tables, out = evaluator.tables, Told()
    marked = {str(row["actor"]) for row in tables.rows("actors") if row["public"]}
    public = (marked | set(tables.actors.purse)) - {OUTSIDE}
    rows = {str(row["account"]): row for row in tables.rows("accounts")}
    flowing = {
        (kind, name)
        for kind, named in (("practice", tables.practices), ("project", tables.projects))
        for name, row in named.items()
        if row["space"] == "flow"
    }
    sums: dict[tuple[str, str, str, str, str, str], float] = {}
    for undertakings, sign in ((found, 1.0), (nothing, -1.0)):
        for key, amounts in undertakings.sums.items():
            account, value, taken = undertakings.account(key), sign * float(amounts[-1]), bool(key.captured_from)
            shares = tables.actors.sides(account, key.source if key.kind == "project" else "")
            means = _means(account, rows.get(key.account, {}), taken, (key.kind, key.source) in flowing)
            within_ = account.uplift or taken
            works = account.family == "cost" and means not in ("land_premium", "quota_trade")
            abroad = shares[0].get(OUTSIDE, 0.0) if works and not within_ else 0.0
            parts: list[tuple[str, str, str, float]] = []
            for actor in {*shares[0], *shares[1]} - (set() if within_ else {OUTSIDE}):
                gives = shares[1].get(actor, 0.0)
                net = value * (shares[0].get(actor, 0.0) - gives)
                if actor in public:
                    net += value * gives * abroad
                    parts.append(("captured", means, actor, net))
                    parts.append(("public_cost", "", actor, value * gives * abroad))
                else:
                    parts.append(("left", "", actor, net))
                parts.append(("created", "", "", net))
                if account.uplift:
                    booked = sign * float(amounts[:-1].sum())
                    parts.append(("rise_booked", "", "", booked * (shares[0].get(actor, 0.0) - gives)))
            for item, by, actor, amount in parts:
                at = (*_undertaking(key.kind, key.source), item, by, key.account, actor)
                sums[at] = sums.get(at, 0.0) + amount
    for (practice, name, actor), amount in _capitalised(evaluator, choices, found).items():
        means = _means(tables.accounts[tables.account[name]], rows.get(name, {}), False, False)
        side = ("captured", means) if actor in public else ("left", "")
        for part, whose, more in (
            (("created", ""), "", -amount),
            (side, actor, -amount),
            ((ONCE, ""), actor, amount),
        ):
            at = (*_undertaking("practice", practice), *part, name, whose)
            sums[at] = sums.get(at, 0.0) + more
    for at, amount in sums.items():
        out.rows[at] = ((amount,), ("million" if at[2] == "rise_booked" else PRESENT,))
        if abs(amount) <= TOLERANCE:
            out.optional.add(at)
    return out


def _capitalised(evaluator: Evaluator, choices: Choices, found: Undertakings) -> dict[tuple[str, str, str], float]:
    """Of rises of land value what the same holder earns on the same land anyway, by practice, account and actor.

    Parcel by parcel and actor by actor it is the lesser of the rise and of what he earns, above the same land held;
    what is taken of the rise is no cost of earning.
    """
    tables, out = evaluator.tables, dict[tuple[str, str, str], float]()
    for (practice, start), members, share in choices.by_option():
        rises: dict[tuple[str, str], Floats] = {}
        earned: dict[str, Floats] = {}
        both = ((1.0, practice, start), (-1.0, HOLD, -1))
        for sign, option, begin in both if evaluator.study.has_doing_nothing else both[:1]:
            for account, captured, at, worth in found.worth(members, option, begin):
                receives, pays = tables.actors.sides(account)
                for actor in {*receives, *pays} - {OUTSIDE} if not captured else ():
                    amounts = sign * worth * (receives.get(actor, 0.0) - pays.get(actor, 0.0))
                    none = np.zeros(len(members))
                    if account.uplift:
                        np.add.at(rises.setdefault((account.name, actor), none), at, amounts)
                    else:
                        np.add.at(earned.setdefault(actor, none), at, amounts)
        for actor in {whose for _, whose in rises}:
            mine = {name: np.maximum(rise, 0.0) for (name, whose), rise in rises.items() if whose == actor}
            rise = np.sum(list(mine.values()), axis=0)
            least = np.minimum(rise, np.maximum(earned.get(actor, 0.0 * rise), 0.0))
            for name, each in mine.items():
                part = np.divide(each * least, rise, out=np.zeros(len(rise)), where=rise > 0)
                key = (practice, name, actor)
                out[key] = out.get(key, 0.0) + float((part * share).sum())
    return out


def _undertaking(kind: str, source: str) -> tuple[str, str]:
    """Kind and name of the source under which it is told."""
    if kind == TAKEN:
        return "project", source
    if kind == "price_steps" and source.startswith(NEW_LAND):
        return "practice", source[len(NEW_LAND) :]
    return kind, "" if source == UNASSIGNED else source


def _means(account: Account, row: Record, taken: bool, flow: bool) -> str:
    """The instrument of an account (docs/semantics.md, "Value created, captured and left")."""
    route, cost = str(row.get("route") or ""), account.family == "cost"
    let = route == "property_transfer"
    if taken:
        return "value_levies"
    if account.role in ("land_sale", "land_cost") or (cost and let):
        return "land_premium"
    if account.name.startswith("quota.") or route == "quota_trade":
        return "quota_trade"
    if account.role == "resource_income":
        return "concession"
    if cost or route == "compensation":
        return "compensation"
    if account.path == "government":
        return "land_premium" if let else ("taxes" if account.recurrence == "annual" else "fees")
    if flow or route == "rights_trade":
        return "third_party"
    return "dividends" if account.path or account.name.startswith("project.") else "other"
