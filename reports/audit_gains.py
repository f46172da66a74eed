"""Who gains: transfers of the compensation fund, the gains of jurisdictions, and rows (24)."""

from __future__ import annotations

from zonevest.instances.say import say
from zonevest.reports.audit_accounts import FUND_ACTOR, JURISDICTION_GAIN
from zonevest.reports.audit_cells import Floats
from zonevest.reports.audit_flows import Flows, Unit
from zonevest.reports.audit_places import Places
from zonevest.reports.audit_program import Decision, Line, Sum, System, Told, total


class Gains:
    """[equity] and floor_share of a study.

    Attributes
    ----------
    people : of the jurisdictions with people, at the start.
    from_purse : what the purse pays as the fund, by period, of the system that was last drawn.
    """

    def __init__(self, flows: Flows, places: Places, people: Floats) -> None:
        self.tables, self.flows, self.places, self.width = flows.tables, flows, places, flows.width
        self.equity, self.actors = flows.tables.settings.equity, flows.tables.actors
        named = ((name, float(people[places.position(name)])) for name in self.tables.named_jurisdictions)
        self.people = {name: count for name, count in named if count > 0}

    def why_not(self, jurisdiction: str) -> tuple[str, str]:
        """Why there is no such transfer: the rule, and what must hold."""
        if not self.actors.fund:
            return "fund", say("[equity] has a fund that pays")
        if jurisdiction not in self.people:
            return "jurisdiction", say("it is a jurisdiction with people")
        return "period", say("it is a period of the study")

    def transfers(self, system: System) -> list[Sum]:
        """Add the transfers; what the purse pays of them, by period."""
        tables, periods = self.tables, self.tables.periods
        self.paid: list[Sum] = [Sum() for _ in periods]
        fund = self.actors.fund
        pays = fund in tables.settings.purse
        for place in self.people if fund else ():
            for t, period in enumerate(periods):
                # what the purse pays is cash of it, in F1 as in its cash
                cash = -self.flows.calendar.mean_discount(t) if pays else 0.0
                key, unit = ("transfer", place, t), self._unit(t)
                decision = Decision(f"transfer[{place},{period}]", key, unit, self._where(place), cash)
                self.paid[t].add(system.decide(decision))
        self.from_purse = [each if pays else Sum() for each in self.paid]
        return self.from_purse

    def _where(self, place: str) -> tuple[int, ...]:
        return (0, self.places.position(place))

    def _unit(self, t: int) -> Unit:
        """What one unit makes: a gain of the jurisdiction (and so in the total), in equal yearly parts."""
        unit = self.flows.blank()
        unit.ledger[:, self._total(JURISDICTION_GAIN)] += self.flows.calendar.mean_discount(t)
        return unit

    def _total(self, account: str) -> int:
        """The column of an account over everything."""
        return (self.tables.account[account] + 1) * self.width - 1

    def gain(self, system: System, actor: str, place: str = "total") -> Sum:
        """The gain of an actor."""
        return system.watch(self.places.position(place), self._total(f"gain.actor.{actor}"))

    def draw(self, system: System) -> None:
        """Add the accounts of jurisdictions, and the rows; transfers have been added."""
        fund, periods = self.actors.fund, self.tables.periods
        given = total(each * self.flows.calendar.mean_discount(t) for t, each in enumerate(self.paid))
        if fund in self.actors.names:
            # what it pays is of the whole: it lessens its gain in the total, in no jurisdiction
            system.derive(0, self._total(f"gain.actor.{fund}"), given * -1.0)
        before: dict[str, Sum] = {}
        for place in self.places.names:
            before[place] = total(self.gain(system, actor, place) for actor in self.actors.counted)
            system.derive(self.places.position(place), self._total(JURISDICTION_GAIN), before[place])
        if fund and self.people:
            paid, received = Sum(), Sum()
            for t, period in enumerate(periods):
                paid.add(self.paid[t])
                received.add(system.watch(0, self.tables.account[FUND_ACTOR] * self.width + t))
                told = Told("fund", JURISDICTION_GAIN, "total", period)
                system.lines.append(Line("gain", f"fund[{period}]", paid + 0.0, "<=", received + 0.0, told=told))
        self._jurisdictions(system, before)
        self._actors(system)

    def _jurisdictions(self, system: System, before: dict[str, Sum]) -> None:
        def gain(place: str) -> Sum:
            return system.watch(self.places.position(place), self._total(JURISDICTION_GAIN))

        for place in self.tables.named_jurisdictions if self.equity.participation else ():
            told = Told("participation_jurisdiction", JURISDICTION_GAIN, place, "total")
            name = f"participation_jurisdiction[{place}]"
            system.lines.append(Line("gain", name, gain(place), ">=", Sum(), told=told))
        share = self.equity.jurisdiction_floor
        if share is None:
            return
        everybody, everything = sum(self.people.values()), total(before[place] for place in self.people)
        for place, count in self.people.items():
            bound = everything * (share * count / everybody)
            told = Told("jurisdiction_floor", JURISDICTION_GAIN, place, "total")
            system.lines.append(Line("gain", f"jurisdiction_floor[{place}]", gain(place), ">=", bound, told=told))

    def _actors(self, system: System) -> None:
        def told(row: str, actor: str) -> Told:
            return Told(f"{row}.{actor}", f"gain.actor.{actor}", "total", "total")

        for actor in self.equity.participation:
            value = self.gain(system, actor)
            line = Line("gain", f"participation[{actor}]", value, ">=", Sum(), told=told("participation", actor))
            system.lines.append(line)
        if not self.actors.floors:
            return
        positive = Sum()
        for actor in self.actors.tabled:
            p = system.decide(Decision(f"positive[{actor}]", ("positive", actor), counts=False))
            positive.add(p)
            system.lines.append(Line("gain", f"positive[{actor}]", p, ">=", self.gain(system, actor)))
        for actor, share in self.actors.floors.items():
            bound, value = positive * share, self.gain(system, actor)
            line = Line("gain", f"floor_share[{actor}]", value, ">=", bound, told=told("floor_share", actor))
            system.lines.append(line)

    def settle(self, system: System, cells: Floats, decisions: Floats) -> None:
        """Set the positive parts to what they are at least."""
        for actor in self.actors.tabled if self.actors.floors else ():
            value = self.gain(system, actor).value(cells, decisions)
            decisions[system.at["positive", actor]] = max(0.0, value)
