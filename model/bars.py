"""What keeps starts of projects out that could be finished in time: windows, lines under a site, tests of worth.

Works that are built with these lifted have the starts among the possible ones, and each bar says how far they are from
being allowed: `diagnose` asks for the least of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from zonevest.instances.study import Study, each, items, period_names
from zonevest.model.appraisal import Refusal, eod_bundles
from zonevest.model.takings import kept_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]

WINDOWS = ("earliest", "latest")
"""Families of the two ends of a window, which are columns of the projects table."""
SITE_LINE = "site_line"
"""The family of lines under a project's site."""
ADMITTED = {"redline": ("no", True), "basic_farmland": ("core", False)}
"""Lines that projects may not admit, and the admission that leaves out that line alone."""
HURDLE, EOD_SHARE, EOD_INCOME = "hurdle", "eod_share", "eod_income"
BARS = (*WINDOWS, SITE_LINE, HURDLE, EOD_SHARE, EOD_INCOME)
PRESENT = "million, present value"


@dataclass(frozen=True, eq=False)
class Bar:
    """One reason that keeps starts out.

    Attributes
    ----------
    family, key : its name: earliest[j], latest[j], site_line[j,line], hurdle[j], eod_share[bundle], eod_income[bundle].
    far : how far each start is from being allowed, 0 where it is, shape (projects, periods): periods, hectares on the
        line, million of present value, or a share of the bundle's capital.
    unit : what that is counted in.
    size : what a hundred per cent of it are.
    """

    family: str
    key: tuple[str, ...]
    far: Floats
    unit: str
    size: float

    @property
    def least(self) -> float:
        """What brings the nearest start back."""
        return float(self.far[self.far > 0.0].min())

    @property
    def projects(self) -> list[int]:
        """The projects that lose starts by it."""
        return [int(j) for j in np.flatnonzero((self.far > 0.0).any(axis=1))]

    def on_states(self, project: int) -> Floats:
        """Σ_s far_s u_s of a project, over its states: u_s = U_s - U_s-1, so U_t has far_t - far_t+1; (periods,)."""
        far = self.far[project]
        return np.asarray(far - np.append(far[1:], 0.0))


def windows(study: Study) -> Bools:
    """Whether each period lies in each project's window, shape (projects, periods)."""
    early, late = _ends(study)
    period = np.arange(len(study.periods))
    known = study.projects["mandatory"].to_numpy(dtype=bool) & (early == late)
    return np.asarray(
        (early[:, None] <= period) & (period <= late[:, None]) & ((period >= study.past) | known[:, None])
    )


def _ends(study: Study) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last period of each project's window, by position."""
    names = period_names(study.periods)
    position = {name: index for index, name in enumerate(names)}
    early = [position.get(name, 0) for name in study.projects["earliest"]]
    late = [position.get(name, len(names) - 1) for name in study.projects["latest"]]
    return np.array(early, dtype=np.int64), np.array(late, dtype=np.int64)


def lines_under(study: Study) -> dict[str, Floats]:
    """Hectares of each project's site on each line that it does not admit: line -> shape (projects,)."""
    found = {line: np.zeros(len(study.projects)) for line in ADMITTED}
    for j, row in enumerate(each(study.projects)):
        if not row.footprint:
            continue
        seen = study.parcels[study.parcels["parcel_id"].isin(items(row.footprint))]
        area = seen["area_ha"].to_numpy(dtype=float)
        found["redline"][j] = area @ kept_from(seen, row.redline_ok, basic_farmland=True)
        if not row.basic_farmland_ok:
            found["basic_farmland"][j] = area @ kept_from(seen, "core", basic_farmland=False)
    return found


def bars_of_windows(study: Study, inside: Bools, finished: Bools) -> Iterator[Bar]:
    """The ends of windows beyond which a start could still be finished, in periods."""
    early, late = _ends(study)
    period, names = np.arange(finished.shape[1]), list(study.projects["project"])
    beyond = {"earliest": early[:, None] - period, "latest": period - late[:, None]}
    for family in WINDOWS:
        for j, name in enumerate(names):
            far = np.zeros(finished.shape)
            far[j] = np.where(finished[j] & ~inside[j], np.maximum(beyond[family][j], 0), 0)
            if far.any():
                yield Bar(family, (name,), far, "periods", float(len(period)))


def bars_of_lines(study: Study, under: Mapping[str, Floats], finished: Bools) -> Iterator[Bar]:
    """The lines under sites, in hectares of the site; a hundred per cent are all that the line has in the study."""
    area = study.parcels["area_ha"].to_numpy(dtype=float)
    for line, hectares in under.items():
        whole = float(area @ kept_from(study.parcels, *ADMITTED[line])) if hectares.any() else 0.0
        for j in np.flatnonzero(hectares):
            far = np.zeros(finished.shape)
            far[j] = hectares[j] * finished[j]
            if far.any():
                yield Bar(SITE_LINE, (str(study.projects["project"].iloc[j]), line), far, "ha", whole)


def bars_of_tests(study: Study, refusal: Refusal, finished: Bools) -> Iterator[Bar]:
    """A test that starts fail: of each project by itself, or of each bundle.

    A hundred per cent are the capital, of the share of restoration the share that is asked for.
    """
    capex, short = study.projects["capex"].to_numpy(dtype=float), refusal.short * finished
    if refusal.family == HURDLE:
        of = [((str(name),), np.array([j])) for j, name in enumerate(study.projects["project"])]
    else:
        of = [((str(study.projects["bundle"].iloc[members[0]]),), members) for members in eod_bundles(study)]
    finance = study.settings.finance
    for key, members in of:
        far = np.zeros(short.shape)
        far[members] = short[members]
        if not far.any():
            continue
        if refusal.family == EOD_SHARE and finance is not None and finance.eod_eco_share:
            yield Bar(EOD_SHARE, key, far, "", float(finance.eod_eco_share))
        else:
            yield Bar(refusal.family, key, far, PRESENT, max(float(capex[members].sum()), float(far.max())))
