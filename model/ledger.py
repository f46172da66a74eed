"""The ledger, factored (FORMULATION.md section 4): L = M x + P U + constant.

M is never written out over parcels here. A *kind* of option (pattern, practice, start) has a value per ledger item
and scale; the entry of an option is that value times the scale of its parcel (its area, say). Only what belongs to
single parcels, their own flow rows, is kept by option.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import Study, items, period_names
from zonevest.model.areas import START, TOTAL, States, is_built_in, population
from zonevest.model.assets import TENURE, asset_items, own_asset_items
from zonevest.model.atoms import Atom, atoms
from zonevest.model.builtin import actors, built_in_accounts
from zonevest.model.flows import (
    AT_START_PRICES,
    CASH,
    ECOSYSTEM,
    NEVER,
    OF_ACTOR,
    Accounts,
    Clock,
    Item,
    by_flag,
    is_worth,
)
from zonevest.model.leaving import Leaving
from zonevest.model.options import Options
from zonevest.model.starts import by_state, start_items
from zonevest.model.streams import LandRows, Streams, land_rows, land_streams, parcel_streams
from zonevest.model.takings import SITE
from zonevest.model.works import Works, build_works

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

DECIDED = ("finance.", "quota.", "gain.")
"""Accounts of which there is nothing at doing nothing: gains over it, finance and trade."""
MEASURES = {"annual": "per_year", "one_off": "period_total", "stock": "stock"}
Entry: TypeAlias = tuple[str, str, int]
"""An account, a place (total, a jurisdiction or a tag) and a period's position."""


@dataclass(frozen=True)
class Factored:
    """Combinations of ledger entries as functions of the decisions, m combinations.

    Attributes
    ----------
    by_kind : pairs of a parcel scalar, shape (parcels,), and a matrix kinds x m.
    by_option : what belongs to single options, options x m, or None.
    by_project : coefficients on U, (projects x periods) x m.
    constant : shape (m,).
    """

    by_kind: list[tuple[Floats, sparse.csr_array]]
    by_option: sparse.csr_array | None
    by_project: sparse.csr_array
    constant: Floats


class Ledger:
    """The ledger of a study's options and projects.

    Attributes
    ----------
    options, study, clock, accounts, states : what it was made of.
    works : the projects' side.
    scales : parcel scalars, each of shape (parcels,).
    scale_of_rows : for each flow table the position of each row's scale.
    land_rows : the flow rows of classes, zones and practices.
    land, own : what kinds of options carry, and what single options do (None: nothing).
    leaving : what leaves with land that projects take without a drawn site.
    """

    def __init__(self, options: Options, like: Ledger | None = None) -> None:
        """Build the ledger; `like` is one of the same study: clock, accounts, rows and projects are its."""
        self.options = options
        self.study: Study = options.study
        self.clock: Clock = Clock.of(self.study) if like is None else like.clock
        self.accounts: Accounts = Accounts.of(self.study) if like is None else like.accounts
        self.states = States.of(options, self.clock)
        self.atoms: list[Atom] = atoms(options)
        lifted = options.barred is not None
        made = build_works(self.study, self.clock, self.accounts, lifted=lifted) if like is None else like.works
        self.works: Works = made
        self._nothing: dict[tuple[str, ...], dict[str, float]] = {}
        self._gains: dict[tuple[str, str], float] = {}
        self.scales: list[Floats] = [] if like is None else like.scales
        self._columns: list[tuple[str, ...]] = [] if like is None else like._columns
        self._area, self._quality = self._scale("area_ha"), self._scale("area_ha", "farmland_quality")
        self.scale_of_rows: dict[str, Ints] = self._scales_of_rows() if like is None else like.scale_of_rows
        rows = land_rows(self.study, self.accounts, self.scale_of_rows) if like is None else like.land_rows
        self.land_rows: LandRows = rows
        self.land = land_streams(rows, self.clock, self.accounts, self.states)
        self.own: Streams | None = parcel_streams(
            self.study, self.clock, self.accounts, self.states, self.scale_of_rows["parcel_flows"], self.scales
        )
        self.leaving: Leaving = Leaving.of(self) if like is None else like.leaving

    # -- scales and places ------------------------------------------------------------------------------------------

    def _scale(self, *columns: str) -> int:
        """Position in `scales` of the product of parcel columns (none: one; a blank quality: one)."""
        if columns not in self._columns:
            product, parcels = np.ones(len(self.study.parcels)), self.study.parcels
            for column in columns if len(product) else ():
                if column.startswith(TENURE):
                    values = (parcels["tenure"] == column.removeprefix(TENURE)).to_numpy(dtype=float)
                else:
                    values = parcels[column].to_numpy(dtype=float)
                if column == "farmland_quality":
                    values = np.where(np.isnan(values), 1.0, values)
                product = product * values
            self._columns.append(columns)
            self.scales.append(product)
        return self._columns.index(columns)

    def scale_with(self, scale: int, column: str) -> int:
        """The position of a scale times a further parcel column, or `tenure=` with a tenure: 1 where it is that."""
        return self._scale(*self._columns[scale], column)

    def _scales_of_rows(self) -> dict[str, Ints]:
        tables = ("class_flows", "zone_flows", "practice_flows", "parcel_flows")
        return {name: self._scales_of(self.study.tables[name]) for name in tables}

    def _scales_of(self, table: pd.DataFrame) -> Ints:
        """The scale of each flow row: area by basis, scale_by, condition and land price factor by account."""
        if table.empty:
            return np.zeros(0, dtype=np.int64)
        account = self.accounts.names.get_indexer(table["account"])
        by, columns = pd.factorize(table["scale_by"])
        per_ha = table["basis"].str.startswith("per_ha").to_numpy()
        code = per_ha + 2 * self.accounts.natural[account] + 4 * self.accounts.sale[account] + 8 * by
        seen, position = np.unique(code, return_inverse=True)
        scales = []
        for key in seen:
            named = ["area_ha"] * bool(key & 1) + [name for name in [str(columns[key // 8])] if name]
            scales.append(self._scale(*named, *["condition"] * bool(key & 2), *["land_price_factor"] * bool(key & 4)))
        return np.array(scales, dtype=np.int64)[position]

    @cached_property
    def places(self) -> dict[str, Bools]:
        """Every place and the patterns that lie in it; a tag's patterns may overlap others'."""
        seen = self.study.parcels.iloc[self.options.first]
        inside = {TOTAL: np.ones(len(seen), dtype=bool)}
        jurisdiction = seen["jurisdiction"].to_numpy(dtype=object)
        for name in self.study.jurisdictions["jurisdiction"]:
            inside[name] = jurisdiction == name
        tags = [items(cell) for cell in seen["tags"]]
        for tag in dict.fromkeys(tag for cell in tags for tag in cell):
            inside[tag] = np.array([tag in cell for cell in tags], dtype=bool)
        return inside

    @cached_property
    def _patterns(self) -> dict[str, Bools]:
        """The patterns of every place, and of every atom."""
        return self.places | {atom.name: atom.patterns for atom in self.atoms}

    def recurrence(self, account: str) -> str:
        """annual, one_off or stock.

        Raises
        ------
        KeyError
            If there is no such account.
        """
        account = account.removesuffix(AT_START_PRICES)
        if account.startswith(("footprint.", SITE)):
            return "stock"
        if account in self.accounts.names:
            return str(self.accounts.recurrence[self.accounts.names.get_loc(account)])
        return str(self._built_in.loc[account, "recurrence"])

    @cached_property
    def _built_in(self) -> pd.DataFrame:
        return built_in_accounts(self.study)

    # -- combinations -----------------------------------------------------------------------------------------------

    def combine(self, entries: Sequence[Entry], weights: sparse.csr_array, *, land: bool = True) -> Factored:
        """Linear combinations of ledger entries as functions of the decisions.

        Parameters
        ----------
        entries : n entries of the ledger.
        weights : m x n.
        land : whether the land's side is asked for.
        """
        wanted = list(dict.fromkeys((account, period) for account, _, period in entries))
        column = {item: index for index, item in enumerate(wanted)}
        m = weights.shape[0]
        weighed = sparse.coo_array(weights)
        row, entry = weighed.coords
        item = np.array([column[account, period] for account, _, period in entries], dtype=np.int64)[entry]
        where = np.array([place for _, place, _ in entries], dtype=object)[entry]
        by_item = {}  # place -> items x m
        for place in dict.fromkeys(place for _, place, _ in entries):
            at = where == place
            by_item[place] = sparse.csr_array((weighed.data[at], (item[at], row[at])), shape=(len(wanted), m))
        # the scales one below the other: every place is gone through once
        of_kinds, size = self.kind_items(wanted) if land else {}, len(self.options.kind_pattern)
        below = sparse.csr_array(sparse.vstack([*of_kinds.values(), sparse.csr_array((0, len(wanted)))]))
        inside = {place: np.tile(self._patterns[place][self.options.kind_pattern], len(of_kinds)) for place in by_item}
        mixed = _by_rows(below, by_item, inside, m)
        by_kind = [(self.scales[scale], mixed[row * size : (row + 1) * size]) for row, scale in enumerate(of_kinds)]
        by_option = None
        own = self._own_items(wanted) if land else None
        if own is not None:
            at = self.own_options
            pattern = self.options.pattern[self.options.parcel[at]]
            part = _by_rows(own, by_item, {place: self._patterns[place][pattern] for place in by_item}, m)
            filled = np.zeros(len(self.options.kind) + 1, dtype=np.int64)
            filled[at + 1] = np.diff(part.indptr)
            by_option = sparse.csr_array((part.data, part.indices, np.cumsum(filled)), shape=(len(filled) - 1, m))
        starts = sparse.csr_array((self.works.possible.size, m))
        if by_item:
            of_starts = start_items(self.works, self.leaving, wanted, list(by_item))  # in the order of by_item
            starts = sparse.hstack(list(of_starts.values())) @ sparse.vstack(list(by_item.values()))
        constant = np.array([self.constant(*entry) for entry in entries])
        return Factored(by_kind, by_option, sparse.csr_array(by_state(self.works) @ starts), weights @ constant)

    def constant(self, account: str, place: str, period: int) -> float:
        """What an entry holds whatever is decided: the people who are there without anybody moving in."""
        if account != "population":
            return 0.0
        return float(population(self.study, place, None if period == START else self.clock, period))

    # -- the land's side --------------------------------------------------------------------------------------------

    def kind_items(self, wanted: Sequence[Item], kinds: Ints | None = None) -> dict[int, sparse.csr_array]:
        """The items' value per unit of scale: scale -> kinds x items (all kinds, or those asked for)."""
        carried = self.land.carried if kinds is None else self.land.carried[kinds]
        factors = {name: self.factor(name) for name, _ in wanted if is_worth(name)}
        if kinds is not None:
            factors = {name: factor[kinds] for name, factor in factors.items()}
        plain, parts = by_flag(wanted)
        result: dict[int, sparse.csr_array] = {}
        for scale, value in self.land.items(plain).items():
            result[scale] = self._flagged(carried @ value, parts, kinds)
        for name in factors:
            at = [index for index, item in enumerate(wanted) if item[0] == name]
            for scale, (annual, once) in self.land.worth(name).items():
                worth = carried @ annual + factors[name] * (carried @ once)
                row = np.flatnonzero(worth)
                place = np.repeat(row, len(at)), np.tile(at, len(row))
                column = sparse.csr_array((np.repeat(worth[row], len(at)), place), shape=(len(worth), len(wanted)))
                result[scale] = result[scale] + column if scale in result else column
        for scale, counted in self._area_items(wanted, kinds).items():
            result[scale] = result[scale] + counted if scale in result else counted
        for scale, worth in asset_items(self, wanted, kinds).items():
            result[scale] = result[scale] + worth if scale in result else worth
        return {scale: sparse.csr_array(value) for scale, value in result.items() if value.nnz}

    def _flagged(
        self, value: sparse.csr_array, parts: dict[str, sparse.csr_array], kinds: NDArray[np.integer[Any]] | None
    ) -> sparse.csr_array:
        """Sum up plainer items (rows: the kinds given), those with a flag only where the practice has it."""
        result = sparse.csr_array((value.shape[0], next(iter(parts.values())).shape[1]) if parts else value.shape)
        for flag, mixing in parts.items():
            part = value @ mixing
            if flag:
                has = np.concatenate([[False], self.study.practices[flag].to_numpy(dtype=bool), [False]])
                of_kind = has[self.options.kind_practice]
                part = sparse.diags_array((of_kind if kinds is None else of_kind[kinds]).astype(float)) @ part
            result = result + part
        return sparse.csr_array(result)

    def _area_items(self, wanted: Sequence[Item], kinds: Ints | None) -> dict[int, sparse.csr_array]:
        """Areas and people who move in: masks over kinds, or people per hectare, by scale (area, or area x quality)."""
        parts: dict[int, list[tuple[Ints, Ints, Floats]]] = {self._area: [], self._quality: []}
        for column, (account, period) in enumerate(wanted):
            amount: Bools | Floats
            if account == "population":
                amount = self.states.moved_in(period)
            elif is_built_in(account):
                amount = self.states.mask(account.removesuffix(AT_START_PRICES), period)
            else:
                continue
            amount = amount if kinds is None else amount[kinds]
            at = np.flatnonzero(amount)
            scale = self._quality if account.startswith("quality.") else self._area
            parts[scale].append((at, np.full(len(at), column), amount[at].astype(float)))
        size = len(self.options.kind_pattern) if kinds is None else len(kinds)
        result = {}
        for scale, found in parts.items():
            if found:
                row, column_of, value = (np.concatenate(part) for part in zip(*found, strict=True))
                result[scale] = sparse.csr_array((value, (row, column_of)), shape=(size, len(wanted)))
        return result

    @cached_property
    def own_options(self) -> Ints:
        """The options that carry something of the parcels' own rows, in order: few of many."""
        assert self.own is not None
        return np.flatnonzero(np.diff(self.own.carried.indptr))

    def _own_items(self, wanted: Sequence[Item]) -> sparse.csr_array | None:
        """The items' value from the parcels' own rows: `own_options` x items, or None without such rows."""
        if self.own is None:
            return None
        at = self.own_options
        carried, kind = self.own.carried[at], self.options.kind[at]
        plain, parts = by_flag(wanted)
        value = sum(self.own.items(plain).values(), sparse.csr_array((carried.shape[1], len(plain))))
        result = self._flagged(carried @ value, parts, kind)
        for column, (name, _) in enumerate(wanted):
            if is_worth(name):
                factor = self.factor(name)[kind]
                for annual, once in self.own.worth(name).values():
                    worth = carried @ annual + factor * (carried @ once)
                    result = result + sparse.csr_array(
                        (worth, (np.arange(len(worth)), np.full(len(worth), column))), shape=result.shape
                    )
        assets = own_asset_items(self, wanted)
        return sparse.csr_array(result if assets is None else result + assets)

    def factor(self, name: str) -> Floats:
        """What one unit of one-off money carried to y0 is worth in annual equivalents, by kind (0: no start)."""
        rate, acts = self.clock.rate(name), self.options.kind_start >= 0
        if not acts.any():
            return np.zeros(len(acts))
        end = self.land.end if self.own is None else np.maximum(self.land.end, self.own.end)
        service = np.where(acts, self.states.service_year, self.clock.years[0])
        last = np.where(end == 0, NEVER, end - 1)
        carried = (1.0 + rate) ** (service - self.clock.years[0]).astype(float)
        return np.where(acts, carried * self.clock.annuity(rate, service, self.lives, last), 0.0)

    @cached_property
    def lives(self) -> Floats:
        """Years over which one-off amounts are spread, by kind: the lease of land that is sold, else the practice's.

        NaN where it is for good, and where nothing is begun.
        """
        practices, acts = self.study.practices, self.options.kind_start >= 0
        if not acts.any():
            return np.full(len(acts), np.nan)
        position = np.clip(self.options.kind_practice - 1, 0, len(practices) - 1)
        sale = self.land.sale if self.own is None else self.land.sale | self.own.sale
        life = practices["life_years"].to_numpy(dtype=float)[position]
        lease = practices["lease_years"].to_numpy(dtype=float)[position]
        return np.where(acts, np.where(sale & ~np.isnan(lease), lease, life), np.nan)

    # -- values -----------------------------------------------------------------------------------------------------

    def values(
        self, wanted: Sequence[Item], weight: Floats, started: Floats, places: Sequence[str] | None = None
    ) -> Floats:
        """The items' values for given decisions, shape (places, items).

        Parameters
        ----------
        weight : x of each option, shape (options,).
        started : U, shape (projects, periods).
        places : those asked for; default every one of `places`, in order.
        """
        options = self.options
        places = list(self.places) if places is None else list(places)
        chosen = np.flatnonzero(weight)
        kinds, position = np.unique(options.kind[chosen].astype(np.int64), return_inverse=True)
        parcel, x = options.parcel[chosen], weight[chosen]
        inside = [self._patterns[place][options.pattern[parcel]] for place in places]
        result = np.zeros((len(places), len(wanted)))
        for scale, value in self.kind_items(wanted, kinds).items():
            amount = x * self.scales[scale][parcel]
            sums = np.stack([np.bincount(position, weights=amount * mask, minlength=len(kinds)) for mask in inside])
            result += sums @ value
        own = self._own_items(wanted)
        if own is not None:
            at = self.own_options
            pattern = options.pattern[options.parcel[at]]
            result += np.stack([(weight[at] * self._patterns[place][pattern]) @ own for place in places])
        begun = by_state(self.works).T @ started.ravel()
        of_starts = start_items(self.works, self.leaving, wanted, places) if begun.any() else {}
        for row, place in enumerate(places):
            if of_starts:
                result[row] += begun @ of_starts[place]
            result[row] += [self.constant(account, place, period) for account, period in wanted]
        return result

    @cached_property
    def start_values(self) -> pd.DataFrame:
        """The state before the first period, account x place, per year: doing nothing in y0, 0 for one-off accounts.

        The accounts are those that limits name.
        """
        limits, terms = self.study.limits, self.study.limit_terms
        of = limits["basis"].str.partition(":")[2] if len(limits) else limits["basis"]
        accounts = [*dict.fromkeys([*limits["account"], *terms["account"], *(name for name in of if name)])]
        held, idle = self.held, np.zeros((len(self.works.names), len(self.clock.length)))
        value = held.values([(account, START) for account in accounts], np.ones(len(held.options.kind)), idle)
        table = pd.DataFrame(value.T, index=accounts, columns=list(self.places))
        finance = self.study.settings.finance
        for account in accounts:
            if account.startswith(DECIDED):
                table.loc[account] = 0.0
        opening = self.accounts.budgets.opening
        before = {"finance.debt": self.study.instruments["outstanding"].sum(), "finance.cash": sum(opening.values())}
        before |= {f"finance.cash.{budget}": cash for budget, cash in opening.items()}
        for account, stated in before.items() if finance is not None else ():
            if account in table.index:
                table.loc[account, TOTAL] = float(stated)
        return table

    @cached_property
    def held(self) -> Ledger:
        """The ledger of doing nothing: every parcel on hold, whether or not that is an option."""
        size = len(self.options.first)
        alone = replace(
            self.options,
            kind_pattern=np.arange(size),
            kind_practice=np.zeros(size, dtype=np.int64),
            kind_start=np.full(size, -1),
        )
        return Ledger(alone, like=self)

    def doing_nothing(self, accounts: tuple[str, ...] = ()) -> dict[str, float]:
        """F1 (`cash`), F2 (`ecosystem`) and totals of accounts with every parcel held and no project."""
        if accounts in self._nothing:
            return dict(self._nothing[accounts])
        held, periods = self.held, range(len(self.clock.length))
        booked = [account for account in accounts if not account.startswith(DECIDED)]
        wanted = [(CASH, 0), (ECOSYSTEM, 0), *((account, period) for account in booked for period in periods)]
        idle = np.zeros((len(self.works.names), len(periods)))
        cash, ecosystem, *rest = held.values(wanted, np.ones(len(held.options.kind)), idle, [TOTAL])[0]
        value = dict.fromkeys(accounts, 0.0) | {"cash": float(cash), "ecosystem": float(ecosystem)}
        for account, by_period in zip(booked, np.reshape(rest, (len(booked), len(periods))), strict=True):
            value[account] = self.total(account, by_period)
        self._nothing[accounts] = value
        return dict(value)

    def gain_of_nothing(self, name: str, place: str) -> float:
        """What an actor's account of gain is at doing nothing, where there is such a state."""
        if not self.study.has_doing_nothing:
            return 0.0
        if not self._gains:
            names = [OF_ACTOR + actor for actor in actors(self.study)]
            held, idle = self.held, np.zeros((len(self.works.names), len(self.clock.length)))
            value = held.values([(name, 0) for name in names], np.ones(len(held.options.kind)), idle)
            self._gains.update(
                {(n, p): float(value[i, k]) for i, p in enumerate(self.places) for k, n in enumerate(names)}
            )
        return self._gains[name, place]

    def total(self, account: str, by_period: Floats) -> float:
        """An account over all periods: Σ years x annual, Σ one-off, a stock's last state."""
        recurrence = self.recurrence(account)
        if recurrence == "stock":
            return float(by_period[-1])
        return float(by_period @ (self.clock.length if recurrence == "annual" else np.ones(len(by_period))))

    def accounts_and_units(self) -> pd.DataFrame:
        """Every account of the study, built-in ones included: index account, columns recurrence and unit."""
        return self._listed

    @cached_property
    def _listed(self) -> pd.DataFrame:
        own = self.study.accounts.set_index("account")[["recurrence", "unit"]]
        return pd.concat([own, self._built_in])

    def table(self, weight: Floats, started: Floats) -> pd.DataFrame:
        """The ledger of land and projects under given decisions: account, jurisdiction, period, measure, value.

        Accounts of the study are listed for every place and period, built-in ones where they are not zero.
        """
        listed = self.accounts_and_units()
        listed = listed[~listed.index.str.startswith(DECIDED) | listed.index.isin(self.accounts.names)]
        periods = range(len(self.clock.length))
        wanted = [(account, period) for account in listed.index for period in periods]
        value = self.values(wanted, weight, started).reshape(len(self.places), len(listed), len(periods))
        measure = listed["recurrence"].map(MEASURES)
        names = period_names(self.study.periods)
        place, account, period = (axis.ravel() for axis in np.indices(value.shape))
        table = pd.DataFrame(
            {
                "account": listed.index.to_numpy()[account],
                "jurisdiction": np.array(list(self.places), dtype=object)[place],
                "period": np.array(names, dtype=object)[period],
                "measure": measure.to_numpy()[account],
                "value": value.ravel(),
            }
        )
        own = account < len(self.study.accounts)
        return table[own | (table["value"] != 0.0)].reset_index(drop=True)


def _by_rows(
    values: sparse.csr_array, mixing: dict[str, sparse.csr_array], inside: dict[str, Bools], width: int
) -> sparse.csr_array:
    """Σ over places of (rows inside the place) values @ mixing, without touching the other rows."""
    row, column, value = [], [], []
    for place, matrix in mixing.items():
        at = np.flatnonzero(inside[place])
        part = (values[at] @ matrix).tocoo()
        row.append(at[part.coords[0]])
        column.append(part.coords[1])
        value.append(part.data)
    if not row:
        return sparse.csr_array((values.shape[0], width))
    where = (np.concatenate(row), np.concatenate(column))
    return sparse.csr_array((np.concatenate(value), where), shape=(values.shape[0], width))
