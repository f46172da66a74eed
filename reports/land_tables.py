"""Land before and after the plan: structure of use, who becomes what, zones, control lines, what does not conform.

Hectares. Land that projects without a drawn site take leaves its class; it is construction land in the groups where
its project builds, and row or column ``land_take`` of classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.schema import CLASS_GROUPS, LINES
from zonevest.instances.study import items, lineages
from zonevest.model.options import inside_line
from zonevest.model.works import BUILDS_NOTHING
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.once import once
from zonevest.reports.tables import HOLD, TAKEN, TOTAL, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.takings import Taking
    from zonevest.reports.facts import Facts

    Bools: TypeAlias = NDArray[np.bool_]

OTHER = "other"
BUILT = "construction"
AREAS = ["before_ha", "before_share", "after_ha", "after_share", "change_ha"]


def group_of(study: Study) -> dict[str, str]:
    """The main group of every class: the first that it names, `other` where it names none."""
    table = study.land_classes
    return {
        code: next(iter(items(cell)), OTHER)
        for code, cell in zip(table["land_class"], table["class_group"], strict=True)
    }


def started(facts: Facts) -> dict[str, str]:
    """The period in which each chosen project starts."""
    starts = facts.plan.projects.set_index("project")["start"].fillna("")
    return {str(project): str(start) for project, start in starts.items() if start}


def taken(facts: Facts) -> list[Taking]:
    """What the chosen projects take of land that nobody has drawn."""
    chosen = started(facts)
    return [taking for taking in facts.ledger.works.sites.takings if taking.project in chosen]


def becomes(facts: Facts, taking: Taking) -> str:
    """The group that taken land comes to: construction where its project builds, else `land_take`."""
    category = facts.study.projects.set_index("project")["category"]
    return TAKEN if category[taking.project] in BUILDS_NOTHING else BUILT


@once
def class_pairs(facts: Facts) -> pd.DataFrame:
    """Hectares from class to class, what projects take apart.

    What is taken of a class is taken of land that was of it all along, as far as there is enough of it in the place;
    what may be taken anywhere is taken of all jurisdictions in proportion.

    Returns
    -------
    DataFrame
        ``jurisdiction, before, after`` (`land_take`: taken), ``group`` (main group after), ``area_ha``.
    """
    group, keys = group_of(facts.study), ["jurisdiction", "before", "after", "group"]
    pairs = facts.land.groupby(["jurisdiction", "class_before", "class_after"], sort=False)["area_ha"].sum()
    pairs = pairs.reset_index().set_axis([*keys[:3], "area_ha"], axis=1)
    pairs["group"] = pairs["after"].map(group)
    parts, left = [pairs], pairs.copy()
    for taking in taken(facts):
        gone = _leave(left, taking.land_class, taking.place, taking.area)
        left.loc[gone.index, "area_ha"] -= gone["area_ha"]
        parts += [gone.assign(area_ha=-gone["area_ha"]), gone.assign(after=TAKEN, group=becomes(facts, taking))]
    if len(parts) > 1:
        pairs = pd.concat(parts).groupby(keys, sort=False)["area_ha"].sum().reset_index()
    return pairs[[*keys, "area_ha"]]


def _leave(pairs: pd.DataFrame, land_class: str, place: str, area: float) -> pd.DataFrame:
    """From which pairs some hectares of a class leave: those that stayed in it first, in proportion."""
    here = pairs[(pairs["after"] == land_class) & ((pairs["jurisdiction"] == place) | (place == ""))]
    stayed = here["area_ha"].where(here["before"] == land_class, 0.0)
    others = here["area_ha"] - stayed
    first = min(area, float(stayed.sum()))
    part = stayed * (first / stayed.sum() if first > 0 else 0.0)
    if others.sum() > 0:
        part = part + others * ((area - first) / others.sum())
    elif first > 0:  # no more is there than is taken: rounding
        part = part * (area / first)
    return here.assign(area_ha=part)


def structure(facts: Facts) -> pd.DataFrame:
    """Hectares and share of every land class before and after, by jurisdiction (the total first)."""
    pairs = class_pairs(facts)
    order = [*facts.study.land_classes["land_class"], TAKEN]
    return _structure(pairs, order, "land_class")


def main_groups(facts: Facts) -> pd.DataFrame:
    """The same by main group of classes; a class of several groups counts in the first of them."""
    pairs = class_pairs(facts)
    named = pairs.assign(before=pairs["before"].map(group_of(facts.study)), after=pairs["group"])
    return _structure(named, [*CLASS_GROUPS, TAKEN], "group")


def _structure(pairs: pd.DataFrame, order: list[str], name: str) -> pd.DataFrame:
    """Areas and shares of the two sides of pairs, by jurisdiction and in total."""
    both = pd.concat([pairs.assign(jurisdiction=TOTAL), pairs])
    sides = [
        both.groupby(["jurisdiction", side], sort=False)["area_ha"].sum().rename_axis(["jurisdiction", name])
        for side in ("before", "after")
    ]
    table = pd.concat(sides, axis=1, keys=["before_ha", "after_ha"]).fillna(0.0).reset_index()
    table = in_order(table, **{"jurisdiction": both["jurisdiction"], name: order})
    return _shares(table[table[["before_ha", "after_ha"]].abs().max(axis=1) > 0].reset_index(drop=True), name)


def _shares(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The shares of a jurisdiction's land, and the change."""
    for side in ("before", "after"):
        whole = table.groupby("jurisdiction", sort=False)[f"{side}_ha"].transform("sum")
        table[f"{side}_share"] = table[f"{side}_ha"] / whole.where(whole > 0)
    table["change_ha"] = _change(table)
    return table[["jurisdiction", *names, *AREAS]]


def _change(table: pd.DataFrame) -> pd.Series:
    """What there is more after, without what rounding leaves."""
    change = table["after_ha"] - table["before_ha"]
    return change.where(change.abs() > 1e-9 * (1.0 + table["before_ha"].abs()), 0.0)


@once
def class_moves(facts: Facts) -> pd.DataFrame:
    """Hectares from every land class to every other, what stays included.

    Returns
    -------
    DataFrame
        ``class_before, class_after, area_ha, share`` (of the class before), ``moved``.
    """
    pairs = class_pairs(facts).groupby(["before", "after"], sort=False)["area_ha"].sum().reset_index()
    pairs = pairs.rename(columns={"before": "class_before", "after": "class_after"})
    return _moves(pairs, [*facts.study.land_classes["land_class"], TAKEN])


def zone_moves(facts: Facts) -> pd.DataFrame:
    """Hectares from every zone to every other, what stays included; land without a zone is of zone ``""``.

    Returns
    -------
    DataFrame
        ``zone_before, zone, area_ha, share`` (of the zone before), ``moved``.
    """
    pairs = facts.land.groupby(["zone_before", "zone"], sort=False)["area_ha"].sum().reset_index()
    return _moves(pairs, [*facts.study.zones["zone"], ""])


def _moves(pairs: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Pairs in order (of the first two columns), with their share of what there was before."""
    before, after = pairs.columns[:2]
    pairs = pairs[pairs["area_ha"].abs() > 1e-12]
    pairs = in_order(pairs, **{before: order, after: order})
    whole = pairs.groupby(before, sort=False)["area_ha"].transform("sum")
    return pairs.assign(share=pairs["area_ha"] / whole, moved=pairs[before] != pairs[after])


def matrix(moves: pd.DataFrame) -> pd.DataFrame:
    """Moves as a matrix: a row for each code before, a column for each after, `before_ha` what each row sums to.

    The last row, of code ``total``, is what each column sums to.
    """
    before, after = moves.columns[:2]
    if moves.empty:
        return pd.DataFrame({before: pd.Series(dtype=object), "before_ha": pd.Series(dtype=float)})
    order = list(dict.fromkeys([*moves[before], *moves[after]]))
    table = moves.pivot_table(index=before, columns=after, values="area_ha", aggfunc="sum", fill_value=0.0)
    table = table.reindex(index=[c for c in order if c in table.index], columns=[c for c in order if c in table])
    table.loc[TOTAL] = table.sum(axis=0)
    table.insert(0, "before_ha", table.sum(axis=1))
    table.columns.name = None
    return table.reset_index()


def class_matrix(facts: Facts) -> pd.DataFrame:
    """Land classes before (rows) and after (columns), hectares."""
    return matrix(class_moves(facts))


def zone_matrix(facts: Facts) -> pd.DataFrame:
    """Zones before (rows) and after (columns), hectares."""
    return matrix(zone_moves(facts))


def zone_statistics(facts: Facts) -> pd.DataFrame:
    """Every zone with its sub-zones, by jurisdiction: areas, and what lies in it after the plan.

    Returns
    -------
    DataFrame
        ``jurisdiction, zone, zone_level`` (1: the first, whose rows add up to the land), `AREAS`,
        ``parcels`` (after), ``arable_ha, construction_ha, nonconforming_ha`` (after).
    """
    study, land = facts.study, facts.land
    lineage = lineages(study.zones["zone"], study.zones["parent"]) | {"": [""]}
    groups = {code: items(cell) for code, cell in zip(*_columns(study.land_classes, "class_group"), strict=True)}
    after = land["class_after"]
    odd = facts.plan.nonconforming["parcel_id"]
    marked = land.assign(
        arable_ha=land["area_ha"].where(after.map({c: "arable" in g for c, g in groups.items()}), 0.0),
        construction_ha=land["area_ha"].where(after.map({c: BUILT in g for c, g in groups.items()}), 0.0),
        nonconforming_ha=land["area_ha"].where(land["parcel_id"].isin(odd) & (land["practice"] == HOLD), 0.0),
        parcels=(~land.duplicated(["parcel_id", "zone"])).astype(int),
    )
    sums = ["area_ha", "parcels", "arable_ha", "construction_ha", "nonconforming_ha"]
    sides = {
        side: marked.groupby(["jurisdiction", zone], sort=False)[sums].sum().reset_index()
        for side, zone in (("before", "zone_before"), ("after", "zone"))
    }
    parts = []
    for side, table in sides.items():
        table = table.set_axis(["jurisdiction", "zone", f"{side}_ha", *sums[1:]], axis=1)
        if side == "before":
            table = table[["jurisdiction", "zone", "before_ha"]]
        table = table.assign(zone=table["zone"].map(lineage)).explode("zone")
        parts += [table.assign(jurisdiction=TOTAL), table]
    keys = ["jurisdiction", "zone", "zone_level"]
    table = pd.concat(parts)
    table = table.assign(zone_level=table["zone"].map({code: len(chain) for code, chain in lineage.items()}))
    table = table.groupby(keys, sort=False).sum().reset_index()
    table = in_order(table, jurisdiction=[TOTAL, *land["jurisdiction"].unique()], zone=study.zones["zone"])
    whole = land.groupby("jurisdiction")["area_ha"].sum().to_dict() | {TOTAL: float(land["area_ha"].sum())}
    of = table["jurisdiction"].map(whole)
    for side in ("before", "after"):
        table[f"{side}_share"] = table[f"{side}_ha"] / of.where(of > 0)
    table["change_ha"] = _change(table)
    return table[[*keys, *AREAS, *sums[1:]]]


def _columns(table: pd.DataFrame, other: str) -> tuple[pd.Series, pd.Series]:
    return table["land_class"], table[other]


def control_lines(facts: Facts) -> pd.DataFrame:
    """What lies inside every control line, by jurisdiction, and how much of it conforms before and after the plan.

    Returns
    -------
    DataFrame
        ``jurisdiction, line, parcels, area_ha, share`` (of the jurisdiction's land), ``zoned_ha`` (after the plan in a
        zone that names the line), ``conforming_before_ha, conforming_after_ha`` (not held as nonconforming),
        ``changed_ha`` (zone or class changes).
    """
    columns = ["jurisdiction", "line", "parcels", "area_ha", "share", "zoned_ha", "conforming_before_ha",
               "conforming_after_ha", "changed_ha"]  # fmt: skip
    study, land = facts.study, facts.land
    options, at = facts.ledger.options, facts.chosen.parcel
    odd = options.nonconforming[options.pattern][at]
    area, parts = land["area_ha"].to_numpy(), []
    held, once = (land["practice"] == HOLD).to_numpy(), (~land.duplicated("parcel_id")).astype(int)
    for line in LINES:
        inside = inside_line(study.parcels, line)[at] if len(study.parcels) else np.zeros(0, dtype=bool)
        if not inside.any():
            continue
        zones = study.zones.loc[study.zones["line"] == line, "zone"]
        parts.append(
            pd.DataFrame(
                {
                    "jurisdiction": land["jurisdiction"],
                    "line": line,
                    "parcels": once,
                    "area_ha": area,
                    "zoned_ha": area * land["zone"].isin(zones).to_numpy(),
                    "conforming_before_ha": area * ~odd,
                    "conforming_after_ha": area * ~(odd & held),
                    "changed_ha": area * land["changed"].to_numpy(),
                }
            )[inside]
        )
    if not parts:
        return pd.DataFrame({name: [] for name in columns})
    every = pd.concat(parts)
    both = pd.concat([every.assign(jurisdiction=TOTAL), every])
    table = both.groupby(["line", "jurisdiction"], sort=False).sum().reset_index()
    whole = land.groupby("jurisdiction")["area_ha"].sum().to_dict() | {TOTAL: float(area.sum())}
    table["share"] = table["area_ha"] / table["jurisdiction"].map(whole)
    return table[columns]


def nonconforming(facts: Facts) -> pd.DataFrame:
    """Held parcels that do not conform, and why.

    Returns
    -------
    DataFrame
        ``parcel_id, jurisdiction, zone, land_class, area_ha, nonconforming_why``: the first that holds of ``class``
        (it never suits the zone), ``redline`` (inside the red line it is built on, or may only stay),
        ``basic_farmland`` (on basic farmland it is not arable) and ``line`` (a control line asks for another zone).
    """
    columns = ["parcel_id", "jurisdiction", "zone", "land_class", "area_ha", "nonconforming_why"]
    study, odd = facts.study, facts.plan.nonconforming
    if odd.empty:
        return pd.DataFrame({name: [] for name in columns})
    at = pd.Index(study.parcels["parcel_id"]).get_indexer(odd["parcel_id"])
    own = study.parcels.iloc[at].reset_index(drop=True)
    held = facts.land[facts.land["practice"] == HOLD].groupby("parcel_id")["area_ha"].sum()
    pairs = study.class_zones
    suits = dict(zip(zip(pairs["land_class"], pairs["zone"], strict=True), pairs["suitability"], strict=True))
    given = zip(odd["land_class"], odd["zone"], strict=True)
    suit = np.array([suits.get(pair, 0.0 if suits else 2.0) for pair in given])
    groups = dict(zip(*_columns(study.land_classes, "class_group"), strict=True))
    cells = [items(groups[code]) for code in own["land_class"]]
    built, arable = (np.array([name in cell for cell in cells], dtype=bool) for name in (BUILT, "arable"))
    redline, farmland = inside_line(own, "redline"), inside_line(own, "basic_farmland")
    why = np.select(
        [suit == 0, redline & (built | (suit < 2)), farmland & ~arable], ["class", "redline", "basic_farmland"], "line"
    )
    table = odd[["parcel_id", "zone", "land_class"]].reset_index(drop=True)
    table["jurisdiction"] = own["jurisdiction"]
    table["area_ha"] = table["parcel_id"].map(held).to_numpy(dtype=float)
    return table.assign(nonconforming_why=why)[columns]


def _areas() -> tuple[Column, ...]:
    return (
        Column("before_ha", unit="ha"),
        Column("before_share", "share"),
        Column("after_ha", unit="ha"),
        Column("after_share", "share"),
        Column("change_ha", unit="ha"),
    )


_PLACE = Column("jurisdiction", "jurisdiction")
_HA = Column("area_ha", unit="ha")
SHEETS = (
    Sheet("structure", "land", structure, (_PLACE, Column("land_class", "land_class"), *_areas())),
    Sheet("main_groups", "land", main_groups, (_PLACE, Column("group", "word:group_"), *_areas())),
    Sheet(
        "class_moves", "land", class_moves,
        (Column("class_before", "land_class"), Column("class_after", "land_class"), _HA, Column("share", "share"),
         Column("moved", "yes")),
    ),
    Sheet(
        "class_matrix", "land", class_matrix,
        (Column("class_before", "land_class"), Column("before_ha", unit="ha")),
        more=Column("", unit="ha", head="land_class"),
    ),
    Sheet(
        "zone_moves", "land", zone_moves,
        (Column("zone_before", "zone"), Column("zone", "zone"), _HA, Column("share", "share"), Column("moved", "yes")),
    ),
    Sheet(
        "zone_matrix", "land", zone_matrix, (Column("zone_before", "zone"), Column("before_ha", unit="ha")),
        more=Column("", unit="ha", head="zone"),
    ),
    Sheet(
        "zone_statistics", "land", zone_statistics,
        (_PLACE, Column("zone", "zone"), Column("zone_level", "count"), *_areas(), Column("parcels", "count"),
         Column("arable_ha", unit="ha"), Column("construction_ha", unit="ha"), Column("nonconforming_ha", unit="ha")),
    ),
    Sheet(
        "control_lines", "statutory", control_lines,
        (_PLACE, Column("line", "word:line_"), Column("parcels", "count"), _HA, Column("share", "share"),
         Column("zoned_ha", unit="ha"), Column("conforming_before_ha", unit="ha"),
         Column("conforming_after_ha", unit="ha"), Column("changed_ha", unit="ha")),
    ),
    Sheet(
        "nonconforming", "land", nonconforming,
        (Column("parcel_id", "text"), _PLACE, Column("zone", "zone"), Column("land_class", "land_class"), _HA,
         Column("nonconforming_why", "word:why_")),
    ),
)  # fmt: skip
