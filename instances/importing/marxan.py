"""A folder of Marxan or of Marxan with Zones becomes a study.

Its optimum is that of the peer without the boundary term: the least cost at which every feature reaches its target.
Units are parcels, what they cost and hold are flows of the parcel in a zone, targets are limits.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from zonevest.instances.faults import Faults, choice, meant, within
from zonevest.instances.importing.imported import Imported
from zonevest.instances.importing.marxan_files import Parameters, read_lines, read_parameters
from zonevest.instances.importing.marxan_peer import plain_peer
from zonevest.instances.importing.marxan_tables import PERIOD, cost_accounts, study_tables
from zonevest.instances.importing.marxan_zones import BOUND, KEYS, zoned_peer
from zonevest.instances.rules import rule
from zonevest.instances.say import foreign, listed, say

BOUNDARY = ("BLM", "CM", "BOUNDNAME", "CONNECTIONNAME", *BOUND,
            "ASYMMETRICCONNECTIVITY", "CONNECTIVITYIN", "CONNECTIONFILESNAME")  # fmt: skip
"""Keys of the boundary term."""
THRESHOLD = ("COSTTHRESH", "THRESHPEN1", "THRESHPEN2")
"""Keys of a threshold of cost, which changes what Marxan looks for unless it is 0."""
TARGETS = ("hard", "soft")


def import_marxan(folder: Path, mapping: Path | None, faults: Faults) -> Imported:
    """Make a study of a folder of Marxan or of Marxan with Zones.

    Parameters
    ----------
    folder
        The folder with input.dat.
    mapping
        A file of TOML that may say ``targets = "soft"``: what a feature falls short of its target is paid for by the
        program's penalty. Without it targets hold, as far as MISSLEVEL asks.
    faults
        Takes everything that is wrong, with file, line and column.

    Raises
    ------
    StudyError
        With every fault of the folder.
    """
    told: list[str] = []
    soft = mapping is not None and _targets(mapping, faults) == "soft"
    given = read_parameters(folder, faults, told)
    read = plain_peer if given is None or given.said.keys().isdisjoint(KEYS) else zoned_peer
    peer = read(given, told, soft) if given is not None else None
    edges = _boundaries(given) if given is not None else []
    faults.stop_if_any()
    assert peer is not None
    assert given is not None
    tables = study_tables(peer, soft, told)
    title = re.sub(r"[^\w.-]+", "-", folder.resolve().name).strip("-") or "marxan"
    settings = {
        "name": title,
        "title": {"en": f"{title}, from Marxan", "zh": f"{title}（来自 Marxan）"},
        "defaults": "none",
        "hold": False,
        "unassigned": not peer.zoned,
        "periods": [{"name": PERIOD, "start": 1, "years": 1}],
        "objective": {"method": "weighted", "accounts": dict.fromkeys(cost_accounts(peer), -1.0)},
    }
    first = say(
        "{program}: {units} units, {features} features, {amounts} amounts, {zones} zones",
        program="Marxan with Zones" if peer.zoned else "Marxan",
        units=len(peer.units), features=len(peer.features.ids), amounts=len(peer.amounts.amount),
        zones=len(peer.zones.ids),
    )  # fmt: skip
    return Imported(settings, tables, (first, *told, *edges, *_unused(given)))


def _targets(mapping: Path, faults: Faults) -> str:
    """What the mapping file says of targets."""
    lines = read_lines(mapping, faults)
    try:
        values = tomllib.loads("\n".join(lines or []))
    except tomllib.TOMLDecodeError as error:
        faults.add(mapping.name, rule("settings.toml"), foreign(str(error)))
        return ""
    for key in values:
        if key != "targets":
            must = rule("marxan.mapping-key")
            faults.add(within(mapping.name, key), must, repr(key), meant(key, ("targets",), must.do))
    found = values.get("targets", TARGETS[0])
    if found not in TARGETS:
        faults.add(within(mapping.name, "targets"), rule("marxan.targets", choices=choice(TARGETS)), repr(found))
    return str(found)


def _boundaries(given: Parameters) -> list[str]:
    """Read the boundary files, of which nothing is used yet, and tell of them."""
    told = []
    for keys in (("BOUNDNAME", "CONNECTIONNAME"), BOUND):
        table = given.table(*keys)
        if table is not None:
            *ids, amount = table.columns
            for name in ids:
                table.whole(name)
            table.number(amount)
            told.append(say("{file}: read, not used yet, there is no boundary term (rows: {count})", file=table.label,
                            count=len(table)))  # fmt: skip
    given.used -= set(BOUNDARY)
    return told


def _unused(given: Parameters) -> Iterator[str]:
    """Name every key of input.dat that had no say."""
    left = {key: value for key, value in given.said.items() if key not in given.used}
    boundary = [key for key in left if key in BOUNDARY]
    threshold = [key for key in left if key in THRESHOLD] if re.search("[1-9]", left.get("COSTTHRESH", "")) else []
    rest = [key for key in left if key not in (*boundary, *threshold)]
    boundary, threshold, rest = ([f"{key} {left[key]}" for key in keys] for keys in (boundary, threshold, rest))
    if boundary:
        yield say("{file}: not used yet, of the boundary term: {keys}", file=given.label, keys=listed(boundary))
    if threshold:
        yield say("{file}: not used, and Marxan's optimum may be another for it: {columns}", file=given.label,
                  columns=listed(threshold))  # fmt: skip
    if rest:
        yield say("{file}: not used, of Marxan's search and its files: {keys}", file=given.label, keys=listed(rest))
