"""What of a program somebody has decided and could decide otherwise: rows by name, mandates, and lines.

The rest is how things are: that cash follows from what happens, that land is taken once, that a start lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo
from scipy import sparse

from zonevest.instances.study import each, items, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.bars import EOD_INCOME, EOD_SHARE, SITE_LINE
from zonevest.model.options import LIFTED
from zonevest.model.plan import limits_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.book import Told
    from zonevest.model.compiled import Policy
    from zonevest.model.land import Block
    from zonevest.model.ledger import Ledger
    from zonevest.model.options import Options

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

NATURE = frozenset(
    {"stay", "cash", "step_area", "step_full", "step_open", "synergy_first", "synergy_second", "synergy_both"}
    | {"reach", "open", "cap", "positive", "lean", "ledger", "fund_project"}
)
"""Families of rows that only say what follows from what: they are always kept."""
UNYIELDING = frozenset(["land_take", "fund", "draw_cap", "keep"])
"""Families that may stand in a conflict, but that nobody can loosen by an amount."""
TOGETHER = {"requires": 2, "bundle": 1, "footprint": 1, "pool": 1, "enable": 1, "cover_min": 1, "draw_cap": 1}
TOGETHER |= {"land_take": 2, "site_take": 4, EOD_SHARE: 1, EOD_INCOME: 1}
"""Families whose rows are one condition where they agree in so many first parts of their names."""
WHOLE = frozenset(["requires", "bundle", "footprint", "exclusive", "mandatory"])
"""Families that give in whole numbers: a requirement that is dropped, a project more."""
UPPER_ONLY = frozenset(["quota"])
"""Equations of which one side binds: the balance that is left over."""
LINE = "line"
ON_LINES = frozenset([LINE, SITE_LINE, "site_take"])
"""Families of which a unit is a hectare on a line."""
UNITS = {"pool": "ha", "enable": "ha", "floor": "million, present value", LINE: "ha", "site_take": "ha"}
"""Of families that no plan tells of."""
LINE_FACTOR = 10.0
"""How much dearer it is by default that a line gives a hundredth of its land than a limit a hundredth of its bound."""


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes
    ----------
    name : family[key], as rows are named; of a line ``line[reason]``.
    rows : positions among the block's rows, extra rows behind them.
    upper, lower : which of their sides it is.
    gives : whether it can be loosened by an amount.
    size : its bound, or else what it compares while nothing is done, or 1: what a hundred per cent of it are.
    told : how a plan tells of it, where it does.
    least : of what keeps starts of projects out, by how much it has to give for the first of them; else NaN.
    never : of a mandate, whether no start of its project can be finished in time, whatever its window.
    """

    name: str
    family: str
    key: tuple[str, ...]
    rows: tuple[int, ...]
    upper: bool
    lower: bool
    gives: bool
    size: float
    unit: str
    told: Told | None = None
    least: float = float("nan")
    never: bool = False

    @property
    def whole(self) -> bool:
        """Whether it gives in whole numbers."""
        return self.family in WHOLE

    @property
    def price(self) -> float:
        """Of a unit of give by default: 1 for each hundredth of its size."""
        if not self.gives:
            return np.inf
        return (LINE_FACTOR if self.family in ON_LINES else 1.0) * 100.0 / self.size


def with_bounds_as_rows(block: Block, ledger: Ledger) -> Block:
    """The block in which mandates and what one place may trade are rows too: `mandatory[j]`, `quota_buy[q,t]`, ….

    So is what keeps starts of projects out, where the works were built with it lifted (`Works.bars`): how far the start
    of a project is from being allowed is at most 0. And `fund_project[j,s]` is there for every start that something may
    fund: without it nothing but the share that equity brings would tie what is raised for a project to its start. They
    come last among its extra rows.
    """
    last = period_names(ledger.study.periods)[-1]
    # names that look like numbers stand in quotes
    at = {name.replace("'", ""): position for position, name in enumerate(block.columns)}
    lower, upper = block.column_lower.copy(), block.column_upper.copy()
    rows: list[tuple[str, Ints, Floats, float]] = []
    for row in each(ledger.study.projects):
        if row.mandatory and (column := at.get(f"U[{row.project},{last}]", -1)) >= 0:
            rows.append((f"mandatory[{row.project}]", np.array([column]), np.array([-1.0]), -1.0))
            lower[column] = 0.0
            upper[column] = max(upper[column], 0.0)
    for name, column in at.items():
        side, _, rest = name.partition("[")
        if side in ("buy", "sell") and np.isfinite(upper[column]):
            quota, _, period = rest.rstrip("]").split(",")
            rows.append((f"quota_{side}[{quota},{period}]", np.array([column]), np.array([1.0]), float(upper[column])))
            upper[column] = np.inf
    rows += [*_bars(ledger), *_raised_for_starts(ledger, at, {name.replace("'", "") for name in block.rows})]
    column_of = np.concatenate([np.zeros(0, dtype=np.int64), *(columns for _, columns, _, _ in rows)])
    value = np.concatenate([np.zeros(0), *(values for _, _, values, _ in rows)])
    row_of = np.repeat(np.arange(len(rows)), [len(columns) for _, columns, _, _ in rows])
    more = sparse.csr_array((value, (row_of, len(block.group) + column_of)), shape=(len(rows), block.extra.shape[1]))
    return replace(
        block,
        column_lower=lower,
        column_upper=upper,
        extra=sparse.csr_array(sparse.vstack([block.extra, more])),
        extra_upper=np.append(block.extra_upper, [bound for *_, bound in rows]),
        extra_rows=block.extra_rows + tuple(name for name, *_ in rows),
    )


def _bars(ledger: Ledger) -> Iterator[tuple[str, Ints, Floats, float]]:
    """Σ_s far_s u_js <= 0 of every bar and project: name, columns (states come first), values, upper bound."""
    works = ledger.works
    periods = np.arange(works.possible.shape[1])
    for bar in works.bars:
        for j in bar.projects:
            name = _named(bar.family, bar.key if TOGETHER.get(bar.family) is None else (*bar.key, works.names[j]))
            yield name, j * len(periods) + periods, bar.on_states(j), 0.0


def _raised_for_starts(
    ledger: Ledger, at: dict[str, int], known: set[str]
) -> Iterator[tuple[str, Ints, Floats, float]]:
    """Σ_fτ b_jfsτ - capex_j u_js <= 0 where no such row is known: name, columns, values, upper bound."""
    works, periods = ledger.works, period_names(ledger.study.periods)
    capex = dict(zip(works.names, ledger.study.projects["capex"].tolist(), strict=True))
    draws: dict[tuple[str, str], list[int]] = {}
    for name, column in at.items():
        if name.startswith("draw["):
            _, project, start, _ = _parsed(name)[1]
            draws.setdefault((project, start), []).append(column)
    for (project, start), columns in draws.items():
        if (name := f"fund_project[{project},{start}]") not in known:
            s = periods.index(start)
            state = works.names.index(project) * len(periods) + s  # states come first
            begun, signs = ([state, state - 1], [-1.0, 1.0]) if s else ([state], [-1.0])
            values = np.append(np.ones(len(columns)), capex[project] * np.array(signs))
            yield name, np.array([*columns, *begun]), values, 0.0


def with_lines_as_rows(block: Block, ledger: Ledger) -> Block:
    """The block, without extra rows, in which no line but a row keeps options away: `line[reason]`.

    In words: the hectares under options that a line, an overlay or a lock excludes are at most 0. Unit: ha.
    """
    found = list(_lines(ledger.options, ledger.study.parcels["area_ha"].to_numpy(dtype=float)))
    if not found:
        return block
    area, count = ledger.study.parcels["area_ha"].to_numpy(dtype=float), len(found)
    more = sparse.csr_array(np.column_stack([kinds for _, kinds, _ in found]).astype(float))

    def wider(matrix: sparse.csr_array, last: sparse.csr_array | None = None) -> sparse.csr_array:
        new = sparse.csr_array((matrix.shape[0], count)) if last is None else last
        return sparse.csr_array(sparse.hstack([matrix[:, :-1], new, matrix[:, [-1]]]))

    none = sparse.csr_array((len(block.cluster), len(block.rows) + 1))
    return replace(
        block,
        by_kind=[*((scalar, wider(matrix)) for scalar, matrix in block.by_kind), (area, wider(none, more))],
        by_option=None if block.by_option is None else wider(block.by_option),
        by_column=wider(block.by_column),
        lower=np.append(block.lower, np.full(count, -np.inf)),
        upper=np.append(block.upper, np.zeros(count)),
        rows=block.rows + tuple(f"{LINE}[{reason}]" for reason, _, _ in found),
    )


def conditions_of(model: pyo.ConcreteModel, policy: Policy, block: Block) -> list[Condition]:
    """The conditions of a block of `with_bounds_as_rows` and `with_lines_as_rows`, lines last.

    Parameters
    ----------
    model : the policy model that the block comes from; its variables are given the values of doing nothing.
    """
    ledger: Ledger = model.source
    keys, told = _keys(model), {each.row: each for each in model.told if each.row}
    sizes = _sizes(model, policy)
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    names = block.rows + block.extra_rows
    soft = _soft(ledger)
    area = ledger.study.parcels["area_ha"].to_numpy(dtype=float)
    of_lines = {f"{LINE}[{reason}]": hectares for reason, _, hectares in _lines(ledger.options, area)}
    for position, name in enumerate(names):
        family, key = keys.get(name) or _parsed(name)
        if family not in NATURE and (family not in soft) and (family, *key[:1]) not in soft:
            groups.setdefault((family, key[: TOGETHER.get(family, len(key))]), []).append(position)
    bars = {(bar.family, bar.key): bar for bar in ledger.works.bars}
    bounds = dict(zip(policy.rows, zip(policy.lower, policy.upper, strict=True), strict=True))
    lower = np.append(block.lower, np.full(len(block.extra_rows), -np.inf))
    upper = np.append(block.upper, block.extra_upper)
    made = []
    for (family, key), rows in groups.items():
        name = names[rows[0]]
        sides = bounds.get(name, (lower[rows[0]], upper[rows[0]]))
        of = told.get(name) or _trade(model, family, key)
        bar = bars.get((family, key))
        unit = of.unit if of else bar.unit if bar else UNITS.get(family, "")
        own = 1.0 if family in WHOLE else max((abs(float(side)) for side in sides if np.isfinite(side)), default=0.0)
        size = own if own > 1e-9 else of_lines.get(name) or _size(ledger, family, key, sizes.get(name, 0.0))
        size = bar.size if bar else size
        below = bool(np.isfinite(lower[rows]).any()) and family not in UPPER_ONLY
        made.append(
            Condition(
                _named(family, key),
                family,
                key,
                tuple(rows),
                bool(np.isfinite(upper[rows]).any()),
                below,
                family not in UNYIELDING,
                size,
                unit,
                of,
                bar.least if bar else np.nan,
                family == "mandatory" and _never(ledger, key[0]),
            )
        )
    return made


def _never(ledger: Ledger, project: str) -> bool:
    """Whether no start of a project can be finished in time, whatever its window."""
    works = ledger.works
    return not works.possible[works.names.index(project)].any()


def needs(options: Options, conditions: list[Condition]) -> tuple[Ints, Ints]:
    """Pairs of a kind of option and a line that excludes it: kind, number of the condition."""
    of = {each.key[0]: number for number, each in enumerate(conditions) if each.family == LINE}
    none = np.zeros(len(options.pattern))
    found = [(np.flatnonzero(kinds), of[reason]) for reason, kinds, _ in _lines(options, none)]
    kind = [np.zeros(0, dtype=np.int64), *(kinds for kinds, _ in found)]
    need = [np.full(len(kinds), number, dtype=np.int64) for kinds, number in found]
    return np.concatenate(kind), np.concatenate([kind[0], *need])


def _lines(options: Options, area: Floats) -> Iterator[tuple[str, NDArray[np.bool_], float]]:
    """The lines, overlays and locks that exclude some option: reason, kinds, and hectares of the parcels concerned."""
    if options.barred is None:
        return
    bits = options.barred[options.kind_pattern, options.kind_practice]
    of_pattern = np.bincount(options.pattern, weights=area, minlength=len(options.first))
    for bit, reason in enumerate(LIFTED):
        mine = (bits >> bit) & 1 == 1
        if mine.any():
            yield reason, mine, float(of_pattern[np.unique(options.kind_pattern[mine])].sum())


def _keys(model: pyo.ConcreteModel) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Family and key of every row of the model, by its name; rules of a user's own have their component's name."""
    return {
        row.name: (row.parent_component().name, tuple(map(str, _tuple(row.index()))))
        for row in model.component_data_objects(pyo.Constraint)
    }


def _tuple(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else () if index is None else (index,)


def _parsed(name: str) -> tuple[str, tuple[str, ...]]:
    """Family and key of a row that is not the model's: footprints by parcel, bounds, entries as columns."""
    family, _, rest = name.partition("[")
    return family, tuple(rest.removesuffix("]").replace("'", "").split(","))


def _named(family: str, key: tuple[str, ...]) -> str:
    return f"{family}[{','.join(key)}]" if key else family


def _soft(ledger: Ledger) -> set[Any]:
    """Families that give at a penalty anyway, and (limit, name) of soft limits."""
    finance, limits = ledger.study.settings.finance, ledger.study.limits
    soft: set[Any] = set() if finance is None else set(finance.soft)
    return soft | {("limit", name) for name in limits.loc[limits["kind"] == "soft", "limit"]}


def _trade(model: pyo.ConcreteModel, family: str, key: tuple[str, ...]) -> Told | None:
    """How a plan tells of a trade that is a bound of one column."""
    if family not in ("quota_buy", "quota_sell"):
        return None
    mine = (each for each in model.told if each.limit == f"{family}.{key[0]}" and each.period == key[-1])
    return next(mine, None)


def _sizes(model: pyo.ConcreteModel, policy: Policy) -> dict[str, float]:
    """What rows compare while every parcel is held and nothing is built, by name."""
    ledger: Ledger = model.source
    idle = np.zeros(ledger.works.possible.shape)
    policy.load(np.zeros(len(policy.columns)))
    for variable in model.component_data_objects(pyo.Var):
        if variable.value is None:  # no row reads it, a plan tells of it
            variable.set_value(0.0, skip_validation=True)
    if not ledger.study.has_doing_nothing:
        model.ledger.load(np.zeros(len(ledger.options.kind)), idle)
        return {}
    model.ledger.load(np.ones(len(ledger.held.options.kind)), idle, ledger.held)
    told = limits_table(model)
    size = told[["value", "bound"]].abs().max(axis=1)
    rows = [each.row for each in model.told if each.when is None or pyo.value(each.when) >= 0.5]
    return dict(zip(rows, size.tolist(), strict=True))


def _size(ledger: Ledger, family: str, key: tuple[str, ...], compared: float) -> float:
    """What a hundred per cent are of a condition whose bound is 0."""
    projects = ledger.study.projects.set_index("project")
    if family == "site_take":
        where = ledger.study.parcels["land_class"] == key[0]
        where &= (key[1] == TOTAL) | (ledger.study.parcels["jurisdiction"] == key[1])
        return max(float(ledger.study.parcels.loc[where, "area_ha"].sum()), 1.0)
    if family == "pool":
        return max(float(projects.loc[key[0], "min_area"]), 1.0)
    if family == "enable":
        of = [row.enables_area for row in each(ledger.study.projects) if key[0] in items(row.enables)]
        return max(float(np.nansum(of)), 1.0)
    return compared if compared > 1e-6 else 1.0
