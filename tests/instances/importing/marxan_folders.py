"""Folders of Marxan and of Marxan with Zones, drawn at random and written as planners' files come; and two programs
that find their optimum from these files alone, by the published formulas, without the package.

`least` is a mixed-integer program, `best_of_all` tries every plan. Both read the files as the peer does: cells are
what stands between any of its separators, and columns of all tables but units and features are known by place.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Rows = Sequence[Sequence[object]]
STYLES = (("\t", "\n"), (",", "\r\n"), (", ", "\n"), (" ", "\r\n"), (";", "\n"), ("\t", "\r"))
"""Separators of cells, and line ends."""


# ---- folders at random ----


def table(path: Path, header: Sequence[str], rows: Rows, style: tuple[str, str]) -> None:
    """Write a table; a blank header leaves it without one."""
    lines = [*([header] if header else []), *rows]
    path.write_bytes((style[1].join(style[0].join(map(str, line)) for line in lines) + style[1]).encode())


def parameters(folder: Path, said: Mapping[str, object], style: tuple[str, str]) -> None:
    remarks = [
        "Input file for Annealing program.",
        "",
        "General Parameters",
        "RANDSEED -1",
        "NUMREPS 10",
        "",
        "Input Files",
    ]
    lines = [*remarks, *(f"{key} {value}" for key, value in said.items())]
    (folder / "input.dat").write_bytes(style[1].join(lines).encode())


def draw(folder: Path, seed: int, *, zoned: bool, units: int, features: int) -> Path:
    """Write a folder drawn by `seed`; targets are what some plan holds, mostly."""
    dice = random.Random(seed)
    inside = folder / "input"
    inside.mkdir(parents=True)
    said: dict[str, object] = {"INPUTDIR": dice.choice(["input", "input\\", "C:\\old\\input"])}

    def write(key: str, name: str, header: Sequence[str], rows: Rows, *, bare: bool = False) -> None:
        table(inside / name, [] if bare and dice.random() < 0.3 else header, rows, dice.choice(STYLES))
        said[key] = name

    unit = dice.sample(range(1, 900), units)
    feature = dice.sample(range(1, 90), features)
    amount = {
        (f, u): round(dice.uniform(0.1, 9), dice.choice([0, 2])) for f in feature for u in unit if dice.random() < 0.5
    }
    held = {f: sum(much for (g, _), much in amount.items() if g == f) for f in feature}
    count = {f: sum(much > 0 for (g, _), much in amount.items() if g == f) for f in feature}
    share = {f: round(dice.uniform(0.1, 0.4 if zoned else 0.8), 2) for f in feature}
    by_type = dice.random() < 0.3
    spec_rows = []
    for f in feature:
        prop, target = (share[f], -1) if dice.random() < 0.5 else (-1, round(share[f] * held[f], 3))
        if by_type and dice.random() < 0.4:
            prop, target = -1, -1
        occurrence = dice.randint(0, max(1, count[f] // 3)) if dice.random() < 0.4 else -1
        spec_rows.append([f, 1, prop, target, occurrence, dice.choice([1, 2, 0.5, -1]), f"feature_{f}"])
    spf = "fpf" if zoned and dice.random() < 0.5 else "spf"
    spec_header = ["id", "type", "prop", "target", "targetocc", spf, "name"]
    write("FEATNAME" if zoned and dice.random() < 0.5 else "SPECNAME", "spec.dat", spec_header, spec_rows)
    if by_type:
        write("BLOCKDEFNAME", "block.dat", ["type", "prop", "spf"], [[1, 0.2, 3]])
    rows = [[f, u, much] for (f, u), much in amount.items()]
    dice.shuffle(rows)
    write("PUVSPRNAME", "puvspr2.dat", ["species", "pu", "amount"], [*rows, [999, unit[0], 5.0]], bare=True)
    write("BOUNDNAME", "bound.dat", ["id1", "id2", "boundary"], [[unit[0], unit[1], 1.5]])
    said["BLM"] = 2.0
    if dice.random() < 0.5:
        said["MISSLEVEL"] = dice.choice(["0.9", "1.000000e+000", "0.75"])
    if not zoned:
        status = {u: dice.choice([0, 0, 0, 0, 1, 2, 3]) for u in unit}
        header = dice.sample(["id", "cost", "status", "xloc"], 4)
        cells = {u: {"id": u, "cost": dice.choice([0, dice.randint(1, 9), round(dice.uniform(1, 9), 2)]),
                     "status": status[u], "xloc": dice.randint(0, 99)} for u in unit}  # fmt: skip
        write("PUNAME", "pu.dat", header, [[cells[u][name] for name in header] for u in unit])
        parameters(folder, said, dice.choice(STYLES))
        return folder
    zones, costs = list(range(1, dice.choice([3, 4]) + 1)), ["area", "fishing"][: dice.choice([1, 2])]
    write("ZONESNAME", "zones.dat", ["zoneid", "zonename"], [[z, f"zone_{z}"] for z in zones])
    write("COSTSNAME", "costs.dat", ["costid", "costname"], [[c + 1, name] for c, name in enumerate(costs)])
    pairs = [(z, c) for z in zones for c in range(len(costs)) if z > 1 or dice.random() < 0.2]
    if dice.random() < 0.85:
        fraction = [[z, c + 1, round(dice.uniform(0, 2), 1)] for z, c in pairs]
        write("ZONECOSTNAME", "zonecost.dat", ["zoneid", "costid", "fraction"], fraction, bare=True)
    header = ["id", *costs]
    write("PUNAME", "pu.dat", header, [[u, *(dice.randint(0, 9) for _ in costs)] for u in unit])
    kind = dice.choice(["", "ZONECONTRIBNAME", "ZONECONTRIB2NAME", "ZONECONTRIB3NAME"])
    part = lambda: round(dice.choice([0, 0.3, 0.5, 1, 1]), 1)  # noqa: E731
    if kind == "ZONECONTRIBNAME":
        lines = [[z, f, part()] for z in zones for f in feature if dice.random() < 0.8]
        write(kind, "zonecontrib.dat", ["zoneid", "speciesid", "fraction"], lines, bare=True)
    elif kind == "ZONECONTRIB2NAME":
        write(kind, "zonecontrib2.dat", ["zoneid", "fraction"], [[z, part()] for z in zones], bare=True)
    elif kind:
        lines = [[z, u, f, part()] for z in zones for u in unit for f in feature if dice.random() < 0.8]
        write(kind, "zonecontrib3.dat", ["zoneid", "puid", "speciesid", "fraction"], lines)
    kind = dice.choice(["", "ZONETARGETNAME", "ZONETARGETNAME", "ZONETARGET2NAME"])

    def asked(f: int) -> list[object]:
        of = dice.choice([0, 1, 2, 3])
        return [round((0.1 * held[f], 0.1, 1, 0.1)[of], 2), of]

    if kind == "ZONETARGETNAME":
        lines = [[z, f, *asked(f)] for z in zones for f in feature if dice.random() < 0.4]
        write(kind, "zonetarget.dat", ["zoneid", "featureid", "target", "targettype"], lines or [[1, feature[0], 0, 0]])
    elif kind:
        write(kind, "zonetarget2.dat", ["zoneid", "target", "targettype"], [[z, 0.1, 1] for z in zones[1:]])
    if dice.random() < 0.6:
        locked = dice.sample(unit, max(1, units // 6))
        write("PULOCKNAME", "pulock.dat", ["puid", "zoneid"], [[u, dice.choice(zones)] for u in locked], bare=True)
    if dice.random() < 0.6:
        some = dice.sample(unit, max(1, units // 5))
        write("PUZONENAME", "puzone.dat", ["puid", "zoneid"], [[u, z] for u in some for z in dice.sample(zones, 2)])
    parameters(folder, said, dice.choice(STYLES))
    return folder


# ---- the problem, read from the files and stated by the published formulas ----


@dataclass
class Problem:
    """cost (U, Z); `may` (U, Z); for each target: what a unit brings in a zone (U, Z), how much is wanted, and what
    a unit of it costs where it is missing."""

    cost: np.ndarray
    may: np.ndarray
    exactly_one: bool
    brings: list[np.ndarray]
    wanted: list[float]
    price: list[float]


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
    out = Problem(cost, may, zoned, [], [], [])
    if not zoned:
        out.may = np.stack([may[:, 0]], axis=1)
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
    out.may[fixed, :] |= not zoned
    out.fixed = fixed & (not zoned)  # type: ignore[attr-defined]
    return out


def base_penalty(amount, cost, fixed, may, target, occurrence):  # type: ignore[no-untyped-def]
    """The greedy estimate of the manual (appendix on the objective function), unit by unit as the program does it."""
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


def base_in_zones(amount, alone, cost, fixed, target, occurrence):  # type: ignore[no-untyped-def]
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
    fixed = it.fixed  # type: ignore[attr-defined]
    low, high = np.zeros(it.cost.shape), it.may.astype(float)
    low[fixed] = 1.0
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
    fixed = it.fixed  # type: ignore[attr-defined]
    ways = []
    for u in range(len(it.cost)):
        zones = [z for z in range(it.cost.shape[1]) if it.may[u, z]]
        ways.append([*zones, *([] if it.exactly_one or fixed[u] else [-1])])
    best = None
    for plan in itertools.product(*ways):
        chosen = [(u, z) for u, z in enumerate(plan) if z >= 0]
        value = sum(it.cost[place] for place in chosen)
        for brings, wanted, price in zip(it.brings, it.wanted, it.price, strict=True):
            short = max(0.0, wanted - sum(brings[place] for place in chosen))
            value += price * short if soft else np.inf if short > 1e-9 * wanted else 0.0
        best = value if best is None or value < best else best
    return None if best is None or not np.isfinite(best) else float(best)
