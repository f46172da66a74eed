"""Areas, transitions and stocks: the accounts that the model books by itself (FORMULATION.md section 4).

Each is a mask over option kinds times the area of the parcel (times its farmland quality for the quality accounts).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.schema import CLASS_GROUPS, RESOURCES
from zonevest.instances.study import Study, each, items
from zonevest.model.flows import NEVER, Clock
from zonevest.model.options import Options
from zonevest.model.takings import SITE, kept_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TOTAL = "total"
"""The place that is everything."""
START = -1
"""In place of a period: the state before the first period."""


def area_accounts(study: Study) -> list[tuple[str, str, str]]:
    """Every built-in account of areas and transitions: account, recurrence and unit."""
    classes, zones = list(study.land_classes["land_class"]), list(study.zones["zone"])
    practices = list(study.practices["practice"])
    stocks = [f"area.class.{c}" for c in classes] + [f"area.class_group.{g}" for g in CLASS_GROUPS]
    stocks += [f"area.resource.{r}" for r in RESOURCES] + [f"area.zone.{z}" for z in zones]
    stocks += [f"area.practice.{m}" for m in practices] + ["area.converted"]
    flows = [
        f"area.{way}.{what}.{name}"
        for way in ("gained", "lost")
        for what, names in (("class", classes), ("class_group", CLASS_GROUPS), ("zone", zones))
        for name in names
    ]
    flows += [f"area.new.practice.{m}" for m in practices] + ["area.rezoned", "area.new_construction"]
    quality = {"quality.arable": "stock", "quality.gained.arable": "one_off", "quality.lost.arable": "one_off"}
    rows = [(name, "stock", "ha") for name in stocks] + [(name, "one_off", "ha") for name in flows]
    rows += [(name, recurrence, "ha x quality") for name, recurrence in quality.items()]
    return [*rows, ("population", "stock", "people")]


def is_built_in(account: str) -> bool:
    """Whether the account is one of areas, transitions, quality, footprints or sites."""
    return account.startswith(("area.", "quality.", "footprint.", SITE))


def is_state(account: str) -> bool:
    """Whether a built-in account is a stock: a state, and no change of one."""
    change = ("gained.", "lost.", "new.", "rezoned", "new_construction")
    return not account.partition(".")[2].startswith(change)


@dataclass(frozen=True)
class States:
    """Class and zone of every option kind through time.

    Attributes
    ----------
    options : the options whose kinds these are.
    class_today, class_new : position in land_classes, shape (kinds,).
    zone_today, zone_new : position in zones, -1 for none.
    class_year, zone_year : year from which the new class or zone holds; NEVER where nothing changes.
    assigned : False for unassigned kinds.
    """

    options: Options
    clock: Clock
    class_today: Ints
    class_new: Ints
    class_year: Ints
    zone_today: Ints
    zone_new: Ints
    zone_year: Ints
    start_year: Ints
    service_year: Ints
    assigned: Bools

    @classmethod
    def of(cls, options: Options, clock: Clock) -> States:
        """Class and zone before and after, by kind."""
        study = options.study
        practices = study.practices
        classes, zones = pd.Index(study.land_classes["land_class"]), pd.Index(study.zones["zone"])
        seen = study.parcels.iloc[options.first]
        class_today = classes.get_indexer(seen["land_class"])[options.kind_pattern].astype(np.int64)
        zone_today = zones.get_indexer(options.zone_today)[options.kind_pattern].astype(np.int64)
        # positions in `options.practices`: hold first, unassigned last
        to_class = np.concatenate([[-1], classes.get_indexer(practices["to_class"]), [-1]])[options.kind_practice]
        to_zone = np.concatenate([[-1], zones.get_indexer(practices["zone"]), [-1]])[options.kind_practice]
        lead = np.concatenate([[0], practices["lead_years"].to_numpy(dtype=float).astype(np.int64), [0]])
        acts = options.kind_start >= 0
        start_year = np.where(acts, clock.begin[options.kind_start], NEVER)
        service_year = np.where(acts, start_year + lead[options.kind_practice], NEVER)
        class_new = np.where(acts & (to_class >= 0), to_class, class_today)
        zone_new = np.where(acts, to_zone, zone_today)
        return cls(
            options,
            clock,
            class_today,
            class_new,
            np.where(class_new != class_today, service_year, NEVER),
            zone_today,
            zone_new,
            np.where(zone_new != zone_today, start_year, NEVER),
            start_year,
            service_year,
            options.kind_practice < len(options.practices) - 1,
        )

    @cached_property
    def groups(self) -> Bools:
        """Membership of classes in class groups, shape (classes, groups)."""
        cells = self.options.study.land_classes["class_group"]
        return np.array([[group in items(cell) for group in CLASS_GROUPS] for cell in cells], dtype=bool).reshape(
            len(cells), len(CLASS_GROUPS)
        )

    @cached_property
    def within(self) -> Bools:
        """Whether zone i is zone j or one of its sub-zones, shape (zones + 1, zones); the last row is no zone."""
        zones = self.options.study.zones
        position = {code: index for index, code in enumerate(zones["zone"])}
        parents = [position.get(parent, -1) for parent in zones["parent"]]
        inside = np.zeros((len(zones) + 1, len(zones)), dtype=bool)
        for index in range(len(zones)):
            ancestor = index
            while ancestor >= 0:
                inside[index, ancestor] = True
                ancestor = parents[ancestor]
        return inside

    @cached_property
    def resource(self) -> tuple[Ints, Ints]:
        """Resource of each kind before and after a change of class: park first, then sea, then the class's own."""
        table = self.options.study.land_classes["resource"]
        own = pd.Index(RESOURCES).get_indexer(table)
        seen = self.options.study.parcels.iloc[self.options.first]
        park = seen["national_park"].to_numpy(dtype=bool)[self.options.kind_pattern]
        sea = seen["sea"].to_numpy(dtype=bool)[self.options.kind_pattern]
        fixed = np.where(park, RESOURCES.index("national_park"), np.where(sea, RESOURCES.index("sea"), -1))
        before, after = own[self.class_today], own[self.class_new]
        return np.where(fixed >= 0, fixed, before), np.where(fixed >= 0, fixed, after)

    @cached_property
    def _positions(self) -> tuple[dict[str, int], dict[str, int]]:
        """Where each land class and each zone stands in its table."""
        study = self.options.study
        classes, zones = study.land_classes["land_class"].tolist(), study.zones["zone"].tolist()
        return {name: at for at, name in enumerate(classes)}, {name: at for at, name in enumerate(zones)}

    def _class_in(self, what: str, name: str) -> tuple[Bools, Bools]:
        """Whether today's and the new class belong to a class or class group."""
        if what == "class":
            position = self._positions[0][name]
            return self.class_today == position, self.class_new == position
        member = self.groups[:, CLASS_GROUPS.index(name)]
        return member[self.class_today], member[self.class_new]

    def _zone_in(self, name: str) -> tuple[Bools, Bools]:
        """Whether today's and the new zone are the zone or one of its sub-zones."""
        member = self.within[:, self._positions[1][name]]
        return member[self.zone_today], member[self.zone_new]

    def _state(self, before: Bools, after: Bools, year: Ints, period: int) -> Bools:
        """Membership at the end of a period, given that before and after the year of a change."""
        if period == START:
            return before
        return np.asarray(np.where(year <= self.clock.last[period], after, before))

    def _change(self, before: Bools, after: Bools, year: Ints, period: int, way: str) -> Bools:
        """Whether membership is newly won (gained) or given up (lost) in a period."""
        changed = ~before & after if way == "gained" else before & ~after
        return np.asarray(changed & (self.clock.period_with(year) == period) & (period != START))

    def mask(self, account: str, period: int) -> Bools:
        """Which kinds count in a built-in area account in a period (START: before the first), shape (kinds,)."""
        head, _, tail = account.partition(".")
        word, _, name = tail.partition(".")
        everywhere = np.ones(len(self.class_today), dtype=bool)
        if head == "footprint":
            return self._footprint(tail, period)
        if account.startswith(SITE):
            return self._site(tail, period)
        if head == "quality":
            way, name = ("stock", "arable") if word == "arable" else (word, "arable")
            word, name = ("class_group", "arable") if way == "stock" else (way, f"class_group.{name}")
        match word:
            case "class" | "class_group":
                return self._state(*self._class_in(word, name), self.class_year, period)
            case "zone":
                return self._state(*self._zone_in(name), self.zone_year, period) & self.assigned
            case "resource":
                code = RESOURCES.index(name)
                before, after = self.resource
                return self._state(before == code, after == code, self.class_year, period)
            case "practice":
                return self._practice(name) & (
                    self.start_year <= (-NEVER if period == START else self.clock.last[period])
                )
            case "converted":
                return self._state(~everywhere, everywhere, self.class_year, period)
            case "gained" | "lost":
                what, _, name = name.partition(".")
                if what == "zone":
                    return self._change(*self._zone_in(name), self.zone_year, period, word)
                return self._change(*self._class_in(what, name), self.class_year, period, word)
            case "new":
                begun = (self.clock.period_with(self.start_year) == period) & (period != START)
                return np.asarray(self._practice(name.removeprefix("practice.")) & begun)
            case "rezoned":
                return self._change(~everywhere, everywhere, self.zone_year, period, "gained")
            case "new_construction":
                return self._change(*self._class_in("class_group", "construction"), self.class_year, period, "gained")
        raise KeyError(account)

    def moved_in(self, period: int) -> Floats:
        """People per hectare who have moved in by the end of a period, once what draws them is there, by kind."""
        drawn = np.concatenate([[0.0], self.options.study.practices["in_migration"], [0.0]])[self.options.kind_practice]
        here = self.service_year <= (-NEVER if period == START else self.clock.last[period])
        return np.asarray(np.where(here, drawn, 0.0))

    def new_tenure(self, period: int) -> NDArray[np.object_]:
        """The tenure that practices have given by the end of a period; ``""`` where it is the parcel's own, by kind."""
        given = np.array(["", *self.options.study.practices["to_tenure"], ""], dtype=object)[self.options.kind_practice]
        here = self.service_year <= (-NEVER if period == START else self.clock.last[period])
        return np.where(here, given, "")

    def _practice(self, name: str) -> Bools:
        return np.asarray(self.options.kind_practice == self.options.practices.index(name))

    def _site(self, tail: str, period: int) -> Bools:
        """Land of a class on no line outside an admission: the account of the rows `site_take`."""
        redline, farmland, land_class = tail.split(".", 2)
        kept = kept_from(self.options.study.parcels.iloc[self.options.first], redline, farmland == "1")
        of_class = self._state(*self._class_in("class", land_class), self.class_year, period)
        return np.asarray(of_class & ~kept[self.options.kind_pattern])

    def _footprint(self, project: str, period: int) -> Bools:
        """Drawn land of a project whose zone (and practice) in a period admits it: the account of (9)."""
        drawn = self.drawn(project)
        return drawn & self.admits(project, period)

    def drawn(self, project: str) -> Bools:
        """Kinds of parcels that lie on a project's footprint."""
        study = self.options.study
        cell = next(row.footprint for row in each(study.projects) if row.project == project)
        on = study.parcels["parcel_id"].isin(items(cell)).to_numpy()
        return np.asarray(on[self.options.first][self.options.kind_pattern])

    def admits(self, project: str, period: int) -> Bools:
        """Kinds whose zone and practice at the end of a period satisfy a project's footprint, wherever they lie."""
        row = next(row for row in each(self.options.study.projects) if row.project == project)
        zones = items(row.footprint_zones)
        begun = self.start_year <= self.clock.last[period]
        ok = self.assigned & (np.where(begun, self.zone_new, self.zone_today) >= 0)
        if zones:
            positions = [self._positions[1].get(zone, -1) for zone in zones]
            member = np.asarray(self.within[:, positions].any(axis=1))
            ok &= member[np.where(begun, self.zone_new, self.zone_today)]
        if row.footprint_practice:
            ok &= self._practice(row.footprint_practice) & begun
        return ok


def population(study: Study, place: str, clock: Clock | None, period: int) -> float:
    """People of a place at the end of a period (clock None: before the first), apart from those who move in.

    Jurisdictions' people, or those of their parcels where none are stated; a tag's people are those of its parcels.
    They grow at the jurisdiction's rate, else the study's.
    """
    if place == TOTAL or (study.jurisdictions["jurisdiction"] == place).any():
        return residents(study, clock, period)[place]
    parcels = study.parcels
    _, code, homes, people, grown = _grown(study, clock, period)
    which, cells = pd.factorize(parcels["tags"])
    tagged = np.array([place in items(cell) for cell in cells], dtype=bool)[which]
    return float(np.bincount(code[tagged], people[tagged], len(homes)) @ grown)


def residents(study: Study, clock: Clock | None, period: int) -> dict[str, float]:
    """People of every jurisdiction, and of all (`TOTAL`), at the end of a period (see `population`)."""
    table = study.jurisdictions
    growth, code, homes, people, grown = _grown(study, clock, period)
    of_parcels = dict(zip(homes, np.bincount(code, people, len(homes)) * grown, strict=True))
    names, elapsed = table["jurisdiction"].tolist(), _elapsed(clock, period)
    stated = table["population"].to_numpy(dtype=float) * (1.0 + growth) ** elapsed
    told = np.array([of_parcels.get(name, 0.0) for name in names], dtype=float)
    stated = np.where(np.isnan(stated), told, stated)
    there = dict(zip(names, stated.tolist(), strict=True))
    return there | {TOTAL: float(stated.sum() + of_parcels.get("", 0.0))}


def _elapsed(clock: Clock | None, period: int) -> int:
    return 0 if clock is None else int(clock.last[period] - clock.years[0])


def _grown(study: Study, clock: Clock | None, period: int) -> tuple[Any, ...]:
    """Growth of each jurisdiction; home of each parcel, names of homes, people of parcels, factor of each home."""
    table, parcels = study.jurisdictions, study.parcels
    common = study.settings.population_growth
    growth = table["population_growth"].to_numpy(dtype=float)
    growth = np.where(np.isnan(growth), common, growth)
    # a million parcels live in few places and have few different tags: names are looked at once each
    code, homes = pd.factorize(parcels["jurisdiction"])
    rate = dict(zip(table["jurisdiction"], growth, strict=True))
    grown = np.array([(1.0 + rate.get(home, common)) ** _elapsed(clock, period) for home in homes])
    people = parcels["population"].to_numpy(dtype=float)
    return growth, code, homes, np.where(np.isnan(people), 0.0, people), grown
