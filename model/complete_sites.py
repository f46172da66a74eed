"""Land that projects take without a drawn site: its site, and what leaves with it (docs/semantics.md, "Projects")."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace

from zonevest.model.complete_flows import Flows
from zonevest.model.complete_options import Record, records
from zonevest.model.complete_rows import Run, Undertaking


@dataclass(frozen=True)
class Left:
    """What a row of land_take takes out of the books when its project starts.

    Attributes
    ----------
    place : the jurisdiction of the land, ``""`` where it is of the total alone.
    undertaking : what the hectares brought, less than zero: annual cash of the place, of no project.
    of_tenure : the same flows, by the tenure of the parcels that they are of.
    resource : of the class, ``""`` for none.
    quality : hectares x farmland quality of arable land that is lost.
    """

    place: str
    undertaking: Undertaking
    of_tenure: dict[str, list[tuple[Run, float]]]
    resource: str
    quality: float


class Sites:
    """The takings of a study.

    Attributes
    ----------
    takes : the rows of land_take; one that names no jurisdiction is in the project's own.
    """

    def __init__(self, flows: Flows) -> None:
        self.flows, self.land = flows, flows.land
        self.takes = [
            row | {"jurisdiction": row["jurisdiction"] or self.land.projects[row["project"]]["jurisdiction"]}
            for row in records(flows.study.land_take)
        ]
        self._found: dict[tuple[str, int], list[Left]] = {}

    def parcels(self, take: Record) -> list[Record]:
        """The site: today's parcels of the class, in the place, on no line that keeps the project out."""
        project = self.land.projects[take["project"]]
        return [
            parcel
            for parcel in self.land.parcels.values()
            if parcel["land_class"] == take["land_class"]
            and take["jurisdiction"] in ("", parcel["jurisdiction"])
            and self.land.clear_of_lines(parcel, project["redline_ok"], project["basic_farmland_ok"])
        ]

    def of_start(self, project: Record, s: int) -> list[Left]:
        """What leaves when a project starts in period s."""
        key = (project["project"], s)
        if key not in self._found:
            self._found[key] = [self._left(take, s) for take in self.takes if take["project"] == key[0]]
        return self._found[key]

    def _left(self, take: Record, s: int) -> Left:
        """The mean hectare of the site, held as it is, from the start on: so many hectares of it with a minus."""
        flows, parcels, start = self.flows, self.parcels(take), self.flows.periods[s].start
        whole = sum(parcel["area_ha"] for parcel in parcels)
        found: dict[str, dict[Run, float]] = defaultdict(lambda: defaultdict(float))
        quality = 0.0
        for parcel in parcels if whole > 0 else ():
            part = take["area_ha"] / whole
            if "arable" in self.land.groups[take["land_class"]]:
                good = parcel["farmland_quality"]
                quality += part * parcel["area_ha"] * (1.0 if good != good else good)
            zone_rows = flows.zone_rows.get(self.land.zone_today(parcel), [])
            for run in flows.runs(parcel, self.land.hold(parcel)):
                if run.row not in zone_rows:  # how it is zoned stays
                    left = replace(run, since=start, lasting=False)
                    found[parcel["tenure"]][left] -= part * flows.scale(parcel, run.row)
        of_tenure = {tenure: list(runs.items()) for tenure, runs in found.items()}
        every = tuple(flow for runs in of_tenure.values() for flow in runs)
        undertaking = Undertaking(every, flows.end + 1, math.inf, flows.end)
        return Left(take["jurisdiction"], undertaking, of_tenure, str(self.land.resource[take["land_class"]]), quality)
