"""What two projects bring together (docs/semantics.md, "Synergies")."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.model.complete_flows import BROUGHT
from zonevest.model.complete_options import Record, records
from zonevest.model.complete_rows import FOREVER, Row, Run, Undertaking, flags, life
from zonevest.model.complete_terms import Posting, Start, Terms, linear

if TYPE_CHECKING:
    from zonevest.model.complete_parts import Build


@dataclass(frozen=True)
class Together:
    """A variable y_jj'ss': both are built, j from s and j' from s'."""

    first: Start
    second: Start
    variable: Any


class Synergies:
    """The pairs of projects that bring more together than each alone.

    Attributes
    ----------
    pairs : the rows of the table by (j, j').
    together : every y_jj'ss' there is, by pair.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        self.pairs: dict[tuple[str, str], list[Record]] = {}
        for row in records(build.study.synergies):
            self.pairs.setdefault((row["project"], row["with"]), []).append(row)
        self.together = {pair: list(self._together(*pair)) for pair in self.pairs}

    def _together(self, j: str, other: str) -> Iterator[Together]:
        firsts, seconds = (
            [start for start in self.build.starts if start.project["project"] == name] for name in (j, other)
        )
        for first in firsts:
            for second in seconds:
                key = (j, other, self.build.names[first.s], self.build.names[second.s])
                yield Together(first, second, self.build.model.together[key])

    def postings(self) -> Iterator[Posting]:
        """What each of them books, in the jurisdiction of j and in the total."""
        for pair, found in self.together.items():
            for both in found:
                undertaking = self._undertaking(both, self.pairs[pair])
                yield self.build.posting(both.variable, both.first.project["jurisdiction"], undertaking)

    def _undertaking(self, both: Together, rows: list[Record]) -> Undertaking:
        """It is j's: from the later opening on, to the end of the first life that ends.

        What comes once is spread for good from that opening to the end of the tail, whatever else ends.
        """
        opening = max(both.first.undertaking.service, both.second.undertaking.service)
        ends = min(each.undertaking.service + life(each.project["life_years"]) for each in (both.first, both.second))
        flows = []
        for row in rows:
            account = self.build.flows.accounts[row["account"]]
            value = row["value"]
            if account["family"] in BROUGHT:
                value *= both.first.project["deliverability"] * both.second.project["deliverability"]
            once = account["recurrence"] == "one_off"
            booked = Row(row["account"], once, value, life=math.inf if once else ends - opening)
            flows.append((Run(booked, opening, FOREVER), value))
        j = both.first.project
        return Undertaking(tuple(flows), opening, math.inf, self.build.flows.end, j["project"], flags(j))


def synergy(build: Build) -> None:
    """Σ_s' y ≤ u_js, Σ_s y ≤ u_j's', Σ y ≥ Σ_s u_js + Σ_s' u_j's' − 1: y is the product of the two starts.

    In words: both are built where each is, whatever it is worth. Applies to pairs of which both can start;
    ``synergy_first[j, j', start]``, ``synergy_second[j, j', start]``, ``synergy_both[j, j']``.
    """
    model = build.model
    model.synergy_first, model.synergy_second = pyo.Constraint(pyo.Any), pyo.Constraint(pyo.Any)
    model.synergy_both = pyo.Constraint(pyo.Any)
    for (j, other), found in build.synergies.together.items():
        firsts = {both.first.s: both.first for both in found}
        seconds = {both.second.s: both.second for both in found}
        for s, start in firsts.items():
            terms: Terms = [(1.0, both.variable) for both in found if both.first.s == s]
            model.synergy_first[j, other, build.names[s]] = linear([*terms, *build.started(start, -1.0)]) <= 0
        for s, start in seconds.items():
            terms = [(1.0, both.variable) for both in found if both.second.s == s]
            model.synergy_second[j, other, build.names[s]] = linear([*terms, *build.started(start, -1.0)]) <= 0
        if found:
            # all starts of a project, possible or not, add up to its U in the last period
            terms = [(1.0, both.variable) for both in found]
            terms += [(-1.0, model.U[project, build.names[-1]]) for project in (j, other)]
            model.synergy_both[j, other] = linear(terms) >= -1
