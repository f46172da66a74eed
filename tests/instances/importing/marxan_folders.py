"""Folders of Marxan and of Marxan with Zones, drawn at random and written as planners' files come."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Sequence[object]]
STYLES = (("\t", "\n"), (",", "\r\n"), (", ", "\n"), (" ", "\r\n"), (";", "\n"), ("\t", "\r"))
"""Separators of cells, and line ends."""


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

    def part() -> float:
        return dice.choice([0, 0.3, 0.5, 1, 1])

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
