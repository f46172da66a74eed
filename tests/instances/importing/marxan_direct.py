"""Two programs that find the optimum of a folder of Marxan from its files alone, by the published formulas.

`least` is a mixed-integer program, `best_of_all` tries every plan; nothing of the package is in them. The files are
read as Marxan does it: cells are what stands between any of its separators, and the columns of all tables but those of
units and features are known by place.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

Array = NDArray[Any]


@dataclass
class Problem:
    """cost, and whether a unit may, and must, be in a zone (U, Z each); for each target what a unit brings in a zone
    (U, Z), how much is wanted, and what one that is missing costs."""

    cost: Array
    may: Array
    must: Array
    exactly_one: bool
    brings: list[Array] = field(default_factory=list)
    wanted: list[float] = field(default_factory=list)
    price: list[float] = field(default_factory=list)


def cells(path: Path) -> list[list[str]]:
    lines = re.split(r"\r\n|\r|\n", path.read_text(encoding="utf-8"))
    return [re.findall(r"[^\s,;:^*\"/'\\]+", line) for line in lines if line.strip()]


def by_place(path: Path) -> list[list[float]]:
    rows = cells(path)
    first = rows[0][0][0].isalpha()
    return [[float(cell) for cell in row] for row in rows[1 if first else 0 :]]


def by_name(path: Path) -> list[dict[str, str]]:
    header, *rows = cells(path)
    return [dict(zip(header, row, strict=False)) for row in rows]


def problem(folder: Path, *, soft: bool) -> Problem:
    """Read a folder of `draw`; with `soft` every target in full, at its penalty, else at the share of MISSLEVEL."""
    said = dict(
        line.split(maxsplit=1) for line in re.split(r"[\r\n]+", (folder / "input.dat").read_text()) if " " in line
    )
    at = {key: folder / "input" / name for key, name in said.items() if key.endswith("NAME")}
    pu, spec = by_name(at["PUNAME"]), by_name(at.get("SPECNAME") or at["FEATNAME"])
    unit, feature = [int(row["id"]) for row in pu], [int(row["id"]) for row in spec]
    zoned = "ZONESNAME" in at
    zone = [int(row[0]) for row in cells(at["ZONESNAME"])[1:]] if zoned else [0]
    amount = np.zeros((len(feature), len(unit)))
    for f, u, much in by_place(at["PUVSPRNAME"]):
        if f in feature:
            amount[feature.index(int(f)), unit.index(int(u))] = much
    # costs and where a unit may be
    may = np.ones((len(unit), len(zone)), dtype=bool)
    if zoned:
        name = {int(row[0]): row[1] for row in cells(at["COSTSNAME"])[1:]}
        bare = {c: np.array([float(row[n]) for row in pu]) for c, n in name.items()}
        factor = {(z, c): 1.0 for z in zone for c in name}
        if "ZONECOSTNAME" in at:
            factor = {(int(z), int(c)): much for z, c, much in by_place(at["ZONECOSTNAME"])}
        cost = np.array(
            [[sum(bare[c][u] * factor.get((z, c), 0.0) for c in name) for z in zone] for u in range(len(unit))]
        )
        alone = sum(bare.values())
        only: dict[int, set[int]] = {}
        for u, z in by_place(at["PUZONENAME"]) if "PUZONENAME" in at else []:
            only.setdefault(int(u), set()).add(int(z))
        lock = {int(u): int(z) for u, z in (by_place(at["PULOCKNAME"]) if "PULOCKNAME" in at else [])}
        only |= {u: {z} for u, z in lock.items()}
        for u, zones in only.items():
            may[unit.index(u)] = [z in zones for z in zone]
        fixed = np.array([u in lock for u in unit])
    else:
        alone = np.array([float(row["cost"]) for row in pu])
        cost, status = alone[:, None], np.array([int(row["status"]) for row in pu])
        fixed, may[status == 3] = status == 2, False
    # targets
    held, present = amount.sum(axis=1), (amount > 0).sum(axis=1)
    block = {row["type"]: row for row in by_name(at["BLOCKDEFNAME"])} if "BLOCKDEFNAME" in at else {}
    target, occurrence, spf = np.zeros(len(feature)), np.zeros(len(feature)), np.ones(len(feature))
    for f, row in enumerate(spec):
        of = block.get(row["type"], {})
        stated, prop, factor_of = (
            float(row["target"]),
            float(row["prop"]),
            float(row.get("spf") or row.get("fpf") or -1),
        )
        if stated < 0 and of:
            stated = float(of["prop"]) * held[f]
        target[f] = prop * held[f] if prop > 0 else max(stated, 0.0)
        occurrence[f] = max(float(row["targetocc"]), 0.0)
        spf[f] = factor_of if factor_of >= 0 else float(of.get("spf", 1))
    part = np.ones((len(feature), len(unit), len(zone)))
    for key, columns in (("ZONECONTRIBNAME", 3), ("ZONECONTRIB2NAME", 2), ("ZONECONTRIB3NAME", 4)):
        if key in at:
            part[:] = 0
            for row_ in by_place(at[key]):
                z, much = zone.index(int(row_[0])), row_[-1]
                f_ = feature.index(int(row_[columns - 2])) if columns > 2 else slice(None)
                part[f_, unit.index(int(row_[1])) if columns == 4 else slice(None), z] = much
    inside = {}
    for key in ("ZONETARGETNAME", "ZONETARGET2NAME"):
        for row_ in by_place(at[key]) if key in at else []:
            z, much, kind = zone.index(int(row_[0])), row_[-2], int(row_[-1])
            for f in [feature.index(int(row_[1]))] if key == "ZONETARGETNAME" else range(len(feature)):
                inside[f, z, kind // 2] = much if kind == 0 else much * held[f] if kind == 1 else (
                    float(np.ceil(much * (present[f] if kind == 3 else 1))))  # fmt: skip
    # rows
    level = 1.0 if soft else float(said.get("MISSLEVEL", 1))
    out = Problem(cost, may, (fixed & (not zoned))[:, None] & may, zoned)
    for f in range(len(feature)):
        rows = [(amount[f][:, None] * part[f], target[f]), ((amount[f][:, None] * part[f] > 0) * 1.0, occurrence[f])]
        for z in range(len(zone)):
            here = np.arange(len(zone)) == z
            rows += [(amount[f][:, None] * here, inside.get((f, z, 0), 0.0))]
            rows += [((amount[f] > 0)[:, None] * 1.0 * here, inside.get((f, z, 1), 0.0))]
        wanted = [row for row in rows if row[1] > 0]
        if zoned:
            sums = [sum(inside.get((f, z, k), 0.0) for z in range(len(zone))) for k in (0, 1)]
            base = base_in_zones(amount[f], alone, cost, fixed, max(target[f], sums[0]), max(occurrence[f], sums[1]))
        else:
            base = base_penalty(amount[f], alone, fixed, may[:, 0], target[f], occurrence[f])
        both = not zoned and target[f] > 0 and occurrence[f] > 0
        for brings, much in wanted:
            out.brings.append(brings)
            out.wanted.append(much * level)
            out.price.append(spf[f] * base / much / (2 if both else 1))
    return out


def base_penalty(amount: Array, cost: Array, fixed: Array, may: Array, target: float, occurrence: float) -> float:
    """The greedy estimate of what one feature costs alone, unit by unit as the program goes."""
    reached, count, spent = amount[fixed].sum(), int(fixed.sum()), cost[fixed].sum()
    taken = fixed | ~may
    while reached < target or count < occurrence:
        choice, price, ratio, enough = -1, 0.0, 0.0, False
        for u in range(len(amount)):
            if taken[u] or amount[u] <= 0:
                continue
            due = cost[u] if cost[u] else 1e-14
            if amount[u] >= target - reached and (not enough or due < price):
                choice, price, enough = u, due, True
            elif ratio < amount[u] / due:
                choice, price, ratio = u, due, amount[u] / due
        if choice < 0:
            factor = 0.0
            if reached < target:
                factor = target / (reached or 1e-14)
            if count < occurrence and count:
                factor += occurrence / count
            return spent * factor
        taken[choice] = True
        reached, count, spent = reached + amount[choice], count + 1, spent + price
    return spent


def base_in_zones(amount: Array, alone: Array, cost: Array, fixed: Array, target: float, occurrence: float) -> float:
    """The same for zones: locked units at their dearest, then the others by amount for cost."""
    units = [u for u in range(len(amount)) if amount[u] > 0]
    reached = sum(amount[u] for u in units if fixed[u])
    count, spent = sum(fixed[u] for u in units), sum(max(0.0, *cost[u]) for u in units if fixed[u])
    rest = sorted(
        (u for u in units if not fixed[u]),
        key=lambda u: (-np.inf if alone[u] == 0 else -amount[u] / alone[u], -amount[u]),
    )
    while reached < target or count < occurrence:
        if not rest:
            factor = 0.0
            if reached < target:
                factor = target / (reached or 1e-14)
            if count < occurrence and count:
                factor += occurrence / count
            return spent * factor
        u = rest.pop(0)
        reached, count, spent = reached + amount[u], count + 1, spent + alone[u]
    return spent


def least(folder: Path, *, soft: bool = False) -> float | None:
    """The least cost (with `soft`: plus penalties) as a mixed-integer program; None where no plan exists."""
    it = problem(folder, soft=soft)
    count, size = len(it.wanted), it.cost.size
    low, high = it.must.astype(float), it.may.astype(float)
    rows = [np.kron(np.eye(len(it.cost)), np.ones(it.cost.shape[1]))]
    lower, upper = [np.full(len(it.cost), 1.0 if it.exactly_one else 0.0)], [np.ones(len(it.cost))]
    for brings, wanted in zip(it.brings, it.wanted, strict=True):
        rows.append(brings.reshape(1, -1))
        lower.append(np.array([wanted]))
        upper.append(np.array([np.inf]))
    matrix = np.vstack(rows)
    short = np.vstack([np.zeros((len(it.cost), count)), np.eye(count)])
    found = milp(
        np.concatenate([it.cost.ravel(), it.price]),
        constraints=LinearConstraint(np.hstack([matrix, short]), np.concatenate(lower) - 1e-9, np.concatenate(upper)),
        integrality=np.concatenate([np.ones(size), np.zeros(count)]),
        bounds=Bounds(np.concatenate([low.ravel(), np.zeros(count)]),
                      np.concatenate([high.ravel(), np.full(count, np.inf if soft else 0.0)])),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    return float(found.fun) if found.status == 0 else None


def best_of_all(folder: Path, *, soft: bool = False) -> float | None:
    """The same by trying every plan."""
    it = problem(folder, soft=soft)
    ways = []
    for u in range(len(it.cost)):
        zones = [z for z in range(it.cost.shape[1]) if it.may[u, z]]
        ways.append([*zones, *([] if it.exactly_one or it.must[u].any() else [-1])])
    best = None
    for plan in itertools.product(*ways):
        chosen = [(u, z) for u, z in enumerate(plan) if z >= 0]
        value = sum(it.cost[place] for place in chosen)
        for brings, wanted, price in zip(it.brings, it.wanted, it.price, strict=True):
            short = max(0.0, wanted - sum(brings[place] for place in chosen))
            value += price * short if soft else np.inf if short > 1e-9 * wanted else 0.0
        best = value if best is None or value < best else best
    return None if best is None or not np.isfinite(best) else float(best)
