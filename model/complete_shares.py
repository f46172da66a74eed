"""Whose an amount is: receives less pays of an actor, or of the purse (docs/semantics.md, "Who gains")."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from zonevest.instances.study import Study
from zonevest.model.complete_options import Record, records

OUTSIDE = "outside"
"""The actor on the other side of every account that no shares speak of."""


class Shares:
    """Who receives and who pays what is booked on each account.

    Attributes
    ----------
    accounts : rows of the accounts table by name.
    purse : the actors of the budget entity, whose cash F1 counts.
    """

    def __init__(self, study: Study, accounts: Mapping[str, Record]) -> None:
        self.accounts = accounts
        self.purse = study.settings.purse
        self._table = {row["actor"]: row for row in records(study.actors)}
        self._rows = records(study.shares)
        self._found: dict[tuple[str, Collection[str], str], float] = {}

    def is_money(self, account: str) -> bool:
        """Whether an account is cash: of family revenue or cost, and marked as such."""
        row = self.accounts.get(account)
        return row is not None and bool(row["cash"]) and row["family"] in ("revenue", "cost")

    def purse_part(self, account: str, project: str = "") -> float:
        """What one unit of an account is to the purse in cash; 0 if the account is no cash."""
        return self.part(account, self.purse, project) if self.is_money(account) else 0.0

    def cash_part(self, account: str, actor: str, project: str = "") -> float:
        """What one unit of an account is to an actor in cash; 0 if the account is no cash."""
        return self.part(account, (actor,), project) if self.is_money(account) else 0.0

    def gain_part(self, account: str, actor: str, project: str = "") -> float:
        """What one unit of an account is to an actor in cash or in the value of land."""
        row = self.accounts.get(account)
        counts = self.is_money(account) or (row is not None and row["family"] == "uplift")
        return self.part(account, (actor,), project) if counts else 0.0

    def part(self, account: str, actors: tuple[str, ...], project: str) -> float:
        """Σ receives − Σ pays of some actors; a project's own rows go before the general ones of their role.

        Without rows the purse's first actor receives a revenue and pays a cost, and `outside` is on the other side;
        a rise of land value is received by `outside`, and nobody pays it.
        """
        key = (account, actors, project)
        if key not in self._found:
            default = {
                "revenue": {"receives": self.purse[0], "pays": OUTSIDE},
                "cost": {"receives": OUTSIDE, "pays": self.purse[0]},
                "uplift": {"receives": OUTSIDE, "pays": ""},
            }[self.accounts[account]["family"]]
            sums = {}
            for role, alone in default.items():
                rows = [row for row in self._rows if row["account"] == account and row["role"] == role]
                own = [row for row in rows if project and row["project"] == project]
                rows = own or [row for row in rows if not row["project"]]
                named = sum(row["share"] for row in rows if row["actor"] in actors)
                sums[role] = named if rows else float(alone in actors)
            self._found[key] = sums["receives"] - sums["pays"]
        return self._found[key]

    def private(self) -> list[str]:
        """The actors that are not public, `outside` apart; without a table those of shares beside the purse."""
        if self._table:
            names = [name for name, row in self._table.items() if not row["public"]]
        else:
            names = [name for name in dict.fromkeys(row["actor"] for row in self._rows) if name not in self.purse]
        return [name for name in names if name != OUTSIDE]
