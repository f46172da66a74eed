"""Projects: when they may start, what each start brings, and what two of them bring together."""

from __future__ import annotations

from tests.reckon.base import FOREVER, TOTAL, Cells, Row, add, admission, outside, split
from tests.reckon.flows import FLAGS, Flow
from tests.reckon.land import Land

DELIVERED = ("revenue", "ecosystem", "carbon", "uplift", "social")
"""Families whose benefits count times deliverability."""
BUILDS_NOTHING = ("ecological_restoration", "agriculture", "eco_bank")
COLUMNS = {
    "annual_revenue": "project.revenue",
    "annual_cost": "project.cost",
    "annual_ecosystem": "project.ecosystem",
    "jobs": "project.jobs",
}
ROUNDING = 1e-9


class Works(Land):
    """Projects of the opportunity list."""

    # -- time ---------------------------------------------------------------------------------------------------------

    def opening(self, project: Row, s: int) -> int:
        return self.first_year[s] + int(project["build_years"])

    def finishes(self, project: Row, s: int) -> bool:
        """Whether building and what is booked once fall inside the horizon."""
        last = self.opening(project, s) - 1
        for row in self.tables["project_flows"]:
            if row["project"] == project["project"] and row["basis"].endswith("once"):
                last = max(last, self.first_year[s] + int(row["start_year"]))
        return last <= self.last

    def admitted(self, project: Row) -> bool:
        """Whether no parcel of the footprint lies on a line that the project does not admit."""
        drawn = [parcel for parcel in self.parcels if parcel["parcel_id"] in split(project["footprint"])]
        return all(outside(parcel, *admission(project)) for parcel in drawn)

    def starts(self, name: str) -> list[int]:
        """The periods in which a project may start: its window, its line, its hurdle and its bundle allow it."""
        project = self.projects[name]
        found = [s for s in self.window(project) if self.finishes(project, s) and self.admitted(project)]
        return [s for s in found if self.passes(name, s) and self.bundle_passes(project["bundle"], s)]

    # -- flows --------------------------------------------------------------------------------------------------------

    def delivered(self, project: Row, account: str, value: float) -> float:
        """A value with deliverability, where it is a benefit."""
        counts = value > 0 and self.accounts[account]["family"] in DELIVERED
        return value * project["deliverability"] if counts else value

    def project_flows(self, name: str, s: int, years: range | None = None) -> list[Flow]:
        """Columns and rows of a project that starts in a period, captures apart."""
        project, ys = self.projects[name], self.first_year[s]
        build = int(project["build_years"])
        paying = range(ys, ys + max(build, 1)) if project["capex"] else ()
        found = [self.once("project.capex", project["capex"] / max(build, 1), year) for year in paying]
        span = years or self.years
        for column, account in COLUMNS.items():
            value = self.delivered(project, account, project[column])
            if value:
                ramp, life = project["ramp_years"], project["life_years"]
                found.append(self.annual(account, value, ys + build, life=life, ramp=ramp, years=span))
        for row in self.tables["project_flows"]:
            if row["project"] != name:
                continue
            value, year = self.delivered(project, row["account"], row["value"]), ys + int(row["start_year"])
            if row["basis"].endswith("once"):
                found.append(self.once(row["account"], value, year))
            else:
                cells = {"life": row["life_years"], "ramp": row["ramp_years"], "decay": row["decay"]}
                found.append(self.annual(row["account"], value, year, **cells, years=span))
        return found

    def start(self, name: str, s: int) -> Cells:
        """All that a start of a project adds."""
        project, cells = self.projects[name], {}
        flows = self.project_flows(name, s)
        for flow in list(flows):
            if flow.once and self.accounts[flow.account]["family"] == "uplift":
                flows += self.captures(flow, None)
        places = self.project_places(name)
        for flow in flows:
            self.book(cells, flow, places, name, [flag for flag in FLAGS if project[flag]])
        self.worth(cells, flows, places, self.opening(project, s), project["life_years"], name)
        self.take(cells, project, s)
        add(cells, f"u:{name}", [TOTAL], s, 1.0)
        add(cells, "portfolio", [TOTAL], 0, self.in_portfolio(name, s))
        return cells

    def last_annual(self, name: str, s: int) -> int | None:
        """The last year in which an annual flow of a project runs; None without one."""
        ends = [flow.end for flow in self.project_flows(name, s) if flow.lasting]
        return max(ends) if ends else None

    def take(self, cells: Cells, project: Row, s: int) -> None:
        """The land that a start takes."""
        for row in self.tables["land_take"]:
            if row["project"] != project["project"]:
                continue
            area, land_class = row["area_ha"], row["land_class"]
            places = [name for name in (TOTAL, self.taken_in(row)) if name]
            groups, resource = self.groups(land_class), self.classes[land_class]["resource"]
            builds = project["category"] not in BUILDS_NOTHING
            add(cells, f"area.lost.class.{land_class}", places, s, area)
            for group in groups:
                add(cells, f"area.lost.class_group.{group}", places, s, area)
            if builds:
                add(cells, "area.gained.class_group.construction", places, s, area)
                if "construction" not in groups:
                    add(cells, "area.new_construction", places, s, area)
            for t in range(s, len(self.n)):
                add(cells, f"area.class.{land_class}", places, t, -area)
                for group in groups:
                    add(cells, f"area.class_group.{group}", places, t, -area)
                if resource:
                    add(cells, f"area.resource.{resource}", places, t, -area)
                if builds:
                    add(cells, "area.class_group.construction", places, t, area)
                    add(cells, "area.resource.land", places, t, area)
            self.take_site(cells, project, row, places, s)

    def taken_in(self, row: Row) -> str:
        """The jurisdiction of a row of land_take; blank: the total only."""
        return str(row["jurisdiction"] or self.projects[row["project"]]["jurisdiction"])

    def take_site(self, cells: Cells, project: Row, row: Row, places: list[str], s: int) -> None:
        """What the mean hectare of the site is and brings, held as it is, leaves with the land."""
        land_class, place, year = row["land_class"], self.taken_in(row), self.first_year[s]
        there = [p for p in self.parcels if p["land_class"] == land_class and place in ("", p["jurisdiction"])]
        site = [parcel for parcel in there if outside(parcel, *admission(project))]
        if not site:
            return
        share = row["area_ha"] / sum(parcel["area_ha"] for parcel in site)
        if "arable" in self.groups(land_class):
            quality = share * sum(parcel["area_ha"] * self.quality(parcel) for parcel in site)
            add(cells, "quality.lost.arable", places, s, quality)
            for t in range(s, len(self.n)):
                add(cells, "quality.arable", places, t, -quality)
        resource = self.classes[land_class]["resource"]
        for parcel in site:
            lost = [self.leaving(flow, share, year) for flow in self.as_it_is(parcel)]
            for flow in lost:
                self.book(cells, flow, places, "", [])
            self.worth(cells, lost, places, self.y0, None)
            for t in range(s, len(self.n)):
                self.asset(cells, resource, parcel["tenure"], lost, places, t)

    # -- hurdles and bundles ------------------------------------------------------------------------------------------

    def hurdle(self, project: Row) -> float | None:
        """The rate at which a project is tested."""
        if project["hurdle"] is not None:
            return float(project["hurdle"])
        return self.settings.finance.hurdle.get(project["category"]) if self.settings.finance else None

    def present(self, name: str, s: int, rate: float, operating: bool = False) -> float:
        """NPV_js: revenue less cost of a project's own rows, whoever has a part of them."""
        total = 0.0
        for flow in self.project_flows(name, s, range(self.y0, self.first_year[s] + 400)):
            row = self.accounts[flow.account]
            aside = row["role"] in ("land_sale", "land_cost") or row["path"] == "government"
            if not self.is_money(flow.account) or (operating and aside):
                continue
            sign = 1.0 if row["family"] == "revenue" else -1.0
            first = min(flow.amounts, default=0)
            for year, amount in flow.amounts.items():
                if flow.end < FOREVER - 1 or flow.once or year < first + 100:
                    total += sign * amount * self.delta(year, rate)
        return total

    def earns(self, name: str) -> bool:
        """Whether a project has a row of revenue above 0."""
        if self.projects[name]["annual_revenue"] > 0:
            return True
        rows = [row for row in self.tables["project_flows"] if row["project"] == name and row["value"] > 0]
        return any(self.accounts[r["account"]]["family"] == "revenue" and self.is_money(r["account"]) for r in rows)

    def raises(self, project: Row) -> bool:
        """Whether a project brings uplift."""
        if project["catchment"] and (project["uplift_per_ha"] or 0) > 0:
            return True
        rows = [row for row in self.tables["project_flows"] if row["project"] == project["project"]]
        return any(self.accounts[row["account"]]["family"] == "uplift" for row in rows)

    def passes(self, name: str, s: int) -> bool:
        """Whether a start is worth its rate, or need not be."""
        project = self.projects[name]
        rate = self.hurdle(project)
        if rate is None or project["mandatory"] or self.raises(project) or not self.earns(name):
            return True
        return self.present(name, s, rate) >= -ROUNDING

    def bundle_passes(self, bundle: str, s: int) -> bool:
        """Whether an EOD bundle restores enough and earns its keep from a start on."""
        finance = self.settings.finance
        if not bundle or finance is None or finance.eod_eco_share is None:
            return True
        members = {name: row for name, row in self.projects.items() if row["bundle"] == bundle}
        restores = {name for name, row in members.items() if row["category"] == "ecological_restoration"}
        if not restores or len(restores) == len(members) or any(row["mandatory"] for row in members.values()):
            return True
        capital = sum(row["capex"] for row in members.values())
        green = sum(members[name]["capex"] for name in restores)
        if green < finance.eod_eco_share * capital - ROUNDING:
            return False
        return sum(self.present(name, s, self.r, operating=True) for name in members) >= -ROUNDING

    def in_portfolio(self, name: str, s: int) -> float:
        """What a start adds to the portfolio: NPV and what it raises once, at its rate."""
        rate = self.hurdle(self.projects[name])
        if rate is None:
            return 0.0
        total = self.present(name, s, rate)
        for flow in self.project_flows(name, s):
            if flow.once and self.accounts[flow.account]["family"] == "uplift":
                total += sum(amount * self.delta(year, rate) for year, amount in flow.amounts.items())
        return total

    # -- synergies ----------------------------------------------------------------------------------------------------

    def synergy(self, row: Row, s: int, other: int) -> Cells:
        """What a row of synergies adds where its projects start in two periods."""
        one, two = self.projects[row["project"]], self.projects[row["with"]]
        opened = self.opening(one, s), self.opening(two, other)
        begin, account, value, cells = max(opened), row["account"], row["value"], {}
        if self.accounts[account]["family"] in ("revenue", "ecosystem", "carbon", "social"):
            value *= one["deliverability"] * two["deliverability"]
        stops = [o + p["life_years"] for o, p in zip(opened, (one, two), strict=True) if p["life_years"] is not None]
        name = one["project"]
        flags = [flag for flag in FLAGS if one[flag]]
        places = self.project_places(name)
        if self.accounts[account]["recurrence"] == "annual":
            flow = self.annual(account, value, begin, until=int(min(stops, default=FOREVER)))
        else:
            flow = self.once(account, value, begin)
        self.book(cells, flow, places, name, flags)
        for worth, rate, part in self.worths(name):
            if flow.once:
                amount = flow.amounts[begin] * rate / (1.0 + rate) * self.deltas(begin, None, rate)
            else:
                amount = sum(a * self.delta(year, rate) for year, a in flow.amounts.items())
            everywhere = places if worth.startswith("gain.") else [TOTAL]
            add(cells, worth, everywhere, 0, part(account) * amount)
        return cells

    # -- rules --------------------------------------------------------------------------------------------------------

    def rules_hold(self, begun: dict[str, int]) -> bool:
        """Whether mandates, precedence, exclusive sets and bundles hold; `begun` are the starts of what is built."""
        built = set(begun)
        if any(row["mandatory"] and name not in built for name, row in self.projects.items()):
            return False
        for name, s in begun.items():
            row = self.projects[name]
            for needed in split(row["requires"]):
                if needed not in built or self.first_year[begun[needed]] + row["requires_lag"] > self.first_year[s]:
                    return False
        exclusive = [self.projects[name]["exclusive_set"] for name in built]
        if any(exclusive.count(name) > 1 for name in exclusive if name):
            return False
        for bundle in {row["bundle"] for row in self.projects.values()} - {""}:
            if len({begun.get(name, -1) for name, row in self.projects.items() if row["bundle"] == bundle}) > 1:
                return False
        return True

    def fits(self, project: Row, parcel: Row, practice: str, s: int, t: int) -> bool:
        """Whether an option of a footprint parcel admits a project at the end of a period."""
        _, zone, followed = self.state(parcel, practice, s, t)
        wanted = split(project["footprint_zones"])
        if not zone or (wanted and not set(wanted) & set(self.lineage(zone))):
            return False
        return not project["footprint_practice"] or project["footprint_practice"] == followed
