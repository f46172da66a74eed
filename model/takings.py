"""Land that projects take without a drawn site (`land_take`), and the sites that it is taken from.

A *site* is where a taking may lie: the parcels of a class today, in a jurisdiction or everywhere, on no line that the
project does not admit. What is taken of it is its mean hectare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import Study, each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

REFUSED = {"no": ("general", "core"), "general": ("core",), "core": ()}
"""Grades of the red line that each value of `redline_ok` keeps a project from; the narrowest admission first."""
SITE = "site."
"""First word of the accounts of hectares that an admission leaves: `site.<redline_ok>.<basic_farmland_ok>.<class>`."""
Where: TypeAlias = tuple[str, str, str, bool]
"""What makes a site: class, jurisdiction (``""``: everywhere), redline_ok and basic_farmland_ok."""


def kept_from(parcels: pd.DataFrame, redline: str, basic_farmland: bool) -> Bools:
    """Which parcels lie on a line that an admission (redline_ok, basic_farmland_ok) leaves out, shape (parcels,)."""
    refused = parcels["redline"].isin(REFUSED[redline]).to_numpy(dtype=bool)
    return np.asarray(refused if basic_farmland else refused | parcels["basic_farmland"].to_numpy(dtype=bool))


def site_account(land_class: str, redline: str, basic_farmland: bool) -> str:
    """The account of hectares of a class that an admission leaves, less what is taken under it or a narrower one."""
    return f"{SITE}{redline}.{int(basic_farmland)}.{land_class}"


@dataclass(frozen=True)
class Taking:
    """A row of land_take: `area` hectares; `place` is its jurisdiction, else the project's, else ``""``."""

    project: str
    land_class: str
    place: str
    area: float
    redline: str
    basic_farmland: bool

    @property
    def where(self) -> Where:
        """Which site it is taken from."""
        return self.land_class, self.place, self.redline, self.basic_farmland

    def admissions(self) -> Iterator[tuple[str, bool]]:
        """Every admission that is no narrower than the project's."""
        grades = list(REFUSED)
        for redline in grades[grades.index(self.redline) :]:
            yield from ((redline, farmland) for farmland in (False, True) if farmland >= self.basic_farmland)


def takings(study: Study) -> tuple[Taking, ...]:
    """The rows of land_take."""
    projects = {row.project: row for row in each(study.projects)} if len(study.land_take) else {}
    return tuple(
        Taking(
            row.project,
            row.land_class,
            row.jurisdiction or projects[row.project].jurisdiction,
            float(row.area_ha),
            projects[row.project].redline_ok,
            bool(projects[row.project].basic_farmland_ok),
        )
        for row in each(study.land_take)
    )


@dataclass(frozen=True)
class Sites:
    """What is taken, and from where.

    Attributes
    ----------
    takings : the rows of land_take, in order.
    """

    study: Study
    takings: tuple[Taking, ...]

    @classmethod
    def of(cls, study: Study) -> Sites:
        """Read land_take."""
        return cls(study, takings(study))

    @cached_property
    def parcels(self) -> dict[Where, Ints]:
        """The parcels of each site, by position."""
        of_class = self.study.parcels.groupby("land_class", sort=False).indices
        lines, home = self.study.parcels[["redline", "basic_farmland"]], self._home
        found: dict[Where, Ints] = {}
        for where in dict.fromkeys(taking.where for taking in self.takings):
            land_class, place, redline, farmland = where
            at = np.asarray(of_class.get(land_class, ()), dtype=np.int64)
            at = at[home[at] == place] if place else at
            found[where] = at[~kept_from(lines.iloc[at], redline, farmland)]
        return found

    @cached_property
    def _home(self) -> NDArray[np.object_]:
        return np.asarray(self.study.parcels["jurisdiction"].to_numpy(dtype=object))

    def area(self, where: Where) -> float:
        """Hectares of a site."""
        return float(self.study.parcels["area_ha"].to_numpy(dtype=float)[self.parcels[where]].sum())

    def quality(self, where: Where) -> float:
        """Farmland quality of the mean hectare of a site (blank: 1); 0 where there is no site."""
        seen, area = self.study.parcels.iloc[self.parcels[where]], self.area(where)
        whole = float((seen["area_ha"] * seen["farmland_quality"].fillna(1.0)).sum())
        return whole / area if area > 0 else 0.0

    def bounded(self) -> list[Where]:
        """The classes, places and admissions by which some parcel of the place is kept from what is taken there.

        Admissions of the projects, and the least that is no narrower than two of them: neither may bound the other.
        """
        found = dict.fromkeys(self.parcels)
        for land_class, place, redline, farmland in self.parcels:
            for other_class, elsewhere, grade, basic in self.parcels:
                if (land_class, place) == (other_class, elsewhere):
                    wider = max(redline, grade, key=list(REFUSED).index)
                    found[land_class, place, wider, farmland or basic] = None
        admissions = {(redline, farmland) for *_, redline, farmland in found}
        barred = {each: set(self._home[kept_from(self.study.parcels, *each)]) for each in admissions}
        of_place = {where: {where[1]} if where[1] else barred[where[2:]] for where in found}
        return [where for where, places in of_place.items() if places & barred[where[2:]]]
