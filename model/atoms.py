"""Atoms: land that the same projects may raise in value, and the same tools take from (FORMULATION.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from zonevest.instances.study import each, holds, items
from zonevest.model.capture import tools

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.options import Options

    Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Atom:
    """Parcels of one jurisdiction with the same catchments, and the same `where` cells of tools that hold.

    Attributes
    ----------
    jurisdiction : ``""`` for none.
    catchments, where : sorted.
    patterns : which patterns of parcels are in it, shape (patterns,).
    area : hectares.
    """

    jurisdiction: str
    catchments: tuple[str, ...]
    where: tuple[str, ...]
    patterns: Bools
    area: float

    @property
    def name(self) -> str:
        """Its name among the places of the ledger."""
        return f"{self.jurisdiction}/{';'.join(self.catchments)}/{' + '.join(self.where)}"


def atoms(options: Options) -> list[Atom]:
    """The atoms of a study, in order of their names."""
    study = options.study
    raising = study.projects[study.projects["catchment"] != ""]
    if raising.empty:
        return []
    seen = study.parcels.iloc[options.first].reset_index(drop=True)
    accounts_of: dict[str, set[str]] = {}
    for row in each(raising):
        accounts_of.setdefault(row.catchment, set()).add(row.uplift_account)
    cells = {tool.where: set[str]() for tool in tools(study) if tool.where}
    for tool in tools(study):
        if tool.where:
            cells[tool.where].add(tool.uplift_account)
    held = {cell: holds(seen, cell) for cell in cells}
    members: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for pattern, (home, tags) in enumerate(zip(seen["jurisdiction"], seen["tags"], strict=True)):
        catchments = tuple(sorted(set(items(tags)) & set(accounts_of)))
        if catchments:
            booked = set().union(*(accounts_of[name] for name in catchments))
            where = tuple(sorted(cell for cell, of in cells.items() if held[cell][pattern] and of & booked))
            members.setdefault((home, catchments, where), []).append(pattern)
    area = np.bincount(options.pattern, weights=study.parcels["area_ha"].to_numpy(), minlength=len(seen))
    found = []
    for (home, catchments, where), patterns in members.items():
        mask = np.zeros(len(seen), dtype=bool)
        mask[patterns] = True
        found.append(Atom(home, catchments, where, mask, float(area[mask].sum())))
    return sorted(found, key=lambda atom: atom.name)
