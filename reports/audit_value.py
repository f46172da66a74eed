"""What a plan's decisions create of value, what the public captures and what is left: the audit's own arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zonevest.reports.audit_cells import UNASSIGNED, Record
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_undertakings import TAKEN, Undertakings

if TYPE_CHECKING:
    from zonevest.reports.audit_accounts import Account
    from zonevest.reports.audit_evaluate import Evaluator

PRESENT = "million, present value"
OUTSIDE = "outside"
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


def value_told(evaluator: Evaluator, found: Undertakings, nothing: Undertakings) -> Told:
    """By source and account: what is created, who of the public captures it, to whom it is left, what works cost.

    Of one unit each actor inside (all but `outside`, which of a rise of value and of captures of it is a holder too)
    has what it receives less what it pays; what the public pays outside of a cost is told apart.
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
            for item, by, actor, amount in parts:
                at = (*_undertaking(key.kind, key.source), item, by, key.account, actor)
                sums[at] = sums.get(at, 0.0) + amount
    for at, amount in sums.items():
        out.rows[at] = ((amount,), (PRESENT,))
        if abs(amount) <= TOLERANCE:
            out.optional.add(at)
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
