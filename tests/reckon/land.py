"""Parcels: which options they have, and what each of them brings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from tests.reckon.base import FOREVER, GRADES, LINES, START, TOTAL, Cells, Row, add, holds, inside, outside, split
from tests.reckon.flows import FLAGS, Flow, Flows

HOLD, UNASSIGNED = "hold", ""
GROUPS = ("arable", "garden", "forest", "grass", "wetland", "water", "construction", "sea", "other")
RESOURCES = ("land", "mineral", "sea", "forest", "grassland", "wetland", "water", "national_park")


def open_area(land_class: str, redline: str, farmland: bool) -> str:
    """The hectares of a class on no line outside an admission."""
    return f"open.{land_class}.{redline}.{farmland:d}"


class Land(Flows):
    """Options of parcels."""

    # -- what is open -------------------------------------------------------------------------------------------------

    def suitability(self, land_class: str, zone: str) -> float:
        if not self.tables["class_zones"]:
            return 2.0
        key = (land_class, zone)
        return next((r["suitability"] for r in self.tables["class_zones"] if (r["land_class"], r["zone"]) == key), 0.0)

    def demanded(self, parcel: Row) -> list[str] | None:
        """The zones of the first line that demands the parcel; None where none does."""
        for line in LINES:
            own = [name for name, zone in self.zones.items() if zone["line"] == line]
            demands = any(self.zones[name]["line_rule"] in ("exact", "contains") for name in own)
            if demands and inside(parcel, line):
                return own
        return None

    def lines_admit(self, parcel: Row, zone: str) -> bool:
        row = self.zones[zone]
        if row["line_rule"] in ("exact", "within") and row["line"] and not inside(parcel, row["line"]):
            return False
        demanded = self.demanded(parcel)
        return demanded is None or zone in demanded

    def today(self, parcel: Row) -> str:
        """Today's zone."""
        if parcel["zone"] or not self.zones:
            return parcel["zone"]
        permitted = [zone for zone in self.zones if self.lines_admit(parcel, zone)]
        candidates = self.demanded(parcel) or permitted or list(self.zones)
        return max(candidates, key=lambda zone: self.suitability(parcel["land_class"], zone))

    def conforms(self, parcel: Row) -> bool:
        zone, land_class = self.today(parcel), parcel["land_class"]
        if not zone:
            return True
        suits = self.suitability(land_class, zone)
        stays = parcel["redline"] != "0" and (suits == 1 or "construction" in self.groups(land_class))
        if stays or (parcel["basic_farmland"] and "arable" not in self.groups(land_class)):
            return False
        return self.lines_admit(parcel, zone) and suits > 0

    def locked_out(self, parcel: Row, practice: str, zone: str) -> bool:
        line = self.lineage(zone)
        return bool(
            (parcel["locked_zone"] and parcel["locked_zone"] not in line)
            or set(split(parcel["forbidden_zones"])) & set(line)
            or (parcel["locked_practice"] and parcel["locked_practice"] != practice)
        )

    def open(self, parcel: Row, name: str) -> bool:
        """Whether a practice is open on a parcel, whatever the period."""
        practice, today, zone = self.practices[name], parcel["land_class"], self.practices[name]["zone"]
        new = practice["to_class"] or today
        changes = new != today
        admitted = split(practice["from_classes"])
        of_groups = {f"class_group:{group}" for group in self.groups(today)}
        overlay, named, mode = parcel["conversion"], split(practice["conversion"]), practice["mode"]
        if named:
            converts = overlay in named
        else:
            guarded = overlay in ("prohibited", "conditional")
            kind = mode in ("service", "symbiosis", "restoration")
            converts = not guarded or (kind and not (changes and mode != "restoration"))
        farmland = practice["basic_farmland_ok"] and not (changes and "arable" not in self.groups(new))
        grades = {"no": ("general", "core"), "general": ("core",), "core": ()}[practice["redline_ok"]]
        enabled = any(name in split(project["enables"]) for project in self.projects.values())
        return bool(
            (not admitted or today in admitted or of_groups & set(admitted))
            and self.lines_admit(parcel, zone)
            and parcel["redline"] not in grades
            and (not parcel["basic_farmland"] or farmland)
            and converts
            and practice["tenure"] in ("", parcel["tenure"])
            and (parcel["title"] or not practice["needs_title"])
            and not (parcel["title"] and practice["clears_title"])
            and practice["min_slope_class"] <= parcel["slope_class"] <= practice["max_slope_class"]
            and self.suitability(new, zone) >= (2 if changes else 1)
            and not self.locked_out(parcel, name, zone)
            and (enabled or not practice["requires_project"])
        )

    def window(self, row: Row) -> range:
        first = self.number[row["earliest"]] if row["earliest"] else 0
        last = self.number[row["latest"]] if row["latest"] else len(self.n) - 1
        return range(first, last + 1)

    def options(self, parcel: Row) -> list[tuple[str, int]]:
        """Open options as (practice, start); START where nothing starts."""
        found: list[tuple[str, int]] = []
        tolerated = not self.settings.strict_lines or self.conforms(parcel)
        if self.settings.hold and tolerated and not self.locked_out(parcel, HOLD, self.today(parcel)):
            found.append((HOLD, START))
        if self.settings.unassigned and not self.locked_out(parcel, UNASSIGNED, ""):
            found.append((UNASSIGNED, START))
        for name, practice in self.practices.items():
            if self.open(parcel, name):
                lead = int(practice["lead_years"])
                found += [(name, s) for s in self.window(practice) if self.first_year[s] + lead <= self.last]
        return found

    # -- flows --------------------------------------------------------------------------------------------------------

    def scale(self, parcel: Row, row: Row) -> float:
        """Value of a flow row on a parcel, at the prices of y0."""
        account = self.accounts[row["account"]]
        value = row["value"] * (parcel["area_ha"] if row["basis"].startswith("per_ha") else 1.0)
        value *= parcel[row["scale_by"]] if row["scale_by"] else 1.0
        value *= parcel["condition"] if account["family"] == "ecosystem" else 1.0
        return float(value * (parcel["land_price_factor"] if account["role"] == "land_sale" else 1.0))

    def rows(self, table: str, column: str, name: str, parcel: Row) -> Iterator[Row]:
        for row in self.tables[table]:
            if row[column] == name and holds(parcel, row["where"]):
                yield row

    def settled(self, parcel: Row, rows: Iterator[Row], until: int) -> list[Flow]:
        """Annual rows of today's class or zone: in full force from y0."""
        return [
            self.annual(
                row["account"],
                self.scale(parcel, row),
                self.y0,
                life=row["life_years"],
                decay=row["decay"],
                until=until,
                lasting=False,
            )
            for row in rows
            if not row["basis"].endswith("once")
        ]

    def begun(self, parcel: Row, rows: Iterator[Row], annual_from: int, start: int) -> list[Flow]:
        """Rows that begin: annual ones counted from a year, once ones from the start; with what is captured."""
        found = []
        for row in rows:
            value, offset = self.scale(parcel, row), int(row["start_year"])
            if row["basis"].endswith("once"):
                flow = self.once(row["account"], value, start + offset)
                found.append(flow)
                if self.accounts[row["account"]]["family"] == "uplift":
                    found += self.captures(flow, parcel)
            else:
                life, ramp = row["life_years"], row["ramp_years"]
                begin, decay = annual_from + offset, row["decay"]
                found.append(self.annual(row["account"], value, begin, life=life, ramp=ramp, decay=decay))
        return found

    def own_rows(self, parcel: Row, practice: str, zone: str) -> Iterator[Row]:
        """The parcel's own rows that match a practice (blank: none) and a zone."""
        for row in self.rows("parcel_flows", "parcel_id", parcel["parcel_id"], parcel):
            fits = row["practice"] in ("", practice) if practice else not row["practice"]
            if fits and row["zone"] in ("", zone):
                yield row

    def as_it_is(self, parcel: Row, class_year: int = FOREVER, year: int = FOREVER) -> list[Flow]:
        """Today's class and the parcel's own rows of the hold phase, until two years; for good where it is held."""
        found = self.settled(parcel, self.rows("class_flows", "land_class", parcel["land_class"], parcel), class_year)
        for own in self.own_rows(parcel, "", self.today(parcel)):
            if not own["basis"].endswith("once"):
                begin, value = self.y0 + int(own["start_year"]), self.scale(parcel, own)
                cells = {"life": own["life_years"], "ramp": own["ramp_years"], "decay": own["decay"]}
                found.append(self.annual(own["account"], value, begin, **cells, until=year, lasting=False))
        return found

    def flows(self, parcel: Row, practice: str, s: int) -> tuple[list[Flow], list[Flow]]:
        """What goes on from before, and what an option brings."""
        if practice == UNASSIGNED:
            return [], []
        today, zone = parcel["land_class"], self.today(parcel)
        acts = practice != HOLD
        ys = self.first_year[s] if acts else FOREVER
        row = self.practices[practice] if acts else {"zone": zone, "to_class": "", "lead_years": 0}
        served = ys + int(row["lead_years"])
        new_class, new_zone = row["to_class"] or today, row["zone"]
        class_year = served if new_class != today else FOREVER
        zone_year = ys if new_zone != zone else FOREVER
        before = self.as_it_is(parcel, class_year, ys)
        before += self.settled(parcel, self.rows("zone_flows", "zone", zone, parcel), zone_year)
        if not acts:
            return before, []
        after = self.begun(parcel, self.rows("practice_flows", "practice", practice, parcel), served, ys)
        after += self.begun(parcel, self.own_rows(parcel, practice, new_zone), ys, ys)
        if class_year < FOREVER:
            after += self.begun(parcel, self.rows("class_flows", "land_class", new_class, parcel), served, ys)
        if zone_year < FOREVER:
            after += self.begun(parcel, self.rows("zone_flows", "zone", new_zone, parcel), ys, ys)
        return before, after

    # -- states -------------------------------------------------------------------------------------------------------

    def state(self, parcel: Row, practice: str, s: int, t: int) -> tuple[str, str, str]:
        """Class, zone (with none: blank) and practice (blank before a start) at the end of a period."""
        if practice in (HOLD, UNASSIGNED) or t == START:
            return parcel["land_class"], "" if practice == UNASSIGNED else self.today(parcel), ""
        row, now = self.practices[practice], self.last_year[t]
        changed = row["to_class"] and self.first_year[s] + int(row["lead_years"]) <= now
        return (
            row["to_class"] if changed else parcel["land_class"],
            row["zone"] if s <= t else self.today(parcel),
            practice if s <= t else "",
        )

    def resource(self, parcel: Row, land_class: str) -> str:
        if parcel["national_park"]:
            return "national_park"
        return "sea" if parcel["sea"] else str(self.classes[land_class]["resource"])

    def stocks(self, cells: Cells, parcel: Row, state: tuple[str, str, str], t: int) -> None:
        """Areas by state at the end of a period."""
        land_class, zone, practice = state
        area, places = parcel["area_ha"], self.places_of(parcel)
        names = [f"area.class.{land_class}", *(f"area.class_group.{g}" for g in self.groups(land_class))]
        names += [f"area.zone.{each}" for each in self.lineage(zone)]
        names += [f"area.practice.{practice}"] if practice else []
        names += ["area.converted"] if land_class != parcel["land_class"] else []
        resource = self.resource(parcel, land_class)
        names += [f"area.resource.{resource}"] if resource else []
        for name in names:
            add(cells, name, places, t, area)
        if "arable" in self.groups(land_class):
            add(cells, "quality.arable", places, t, area * self.quality(parcel))
        for admitted in itertools.product(GRADES, (False, True)):
            if outside(parcel, *admitted):
                add(cells, open_area(land_class, *admitted), places, t, area)

    def quality(self, parcel: Row) -> float:
        quality = parcel["farmland_quality"]
        return 1.0 if quality is None else float(quality)

    def changes(self, cells: Cells, parcel: Row, practice: str, s: int) -> None:
        """What is gained and lost, once, in the period of the change."""
        row, area, places = self.practices[practice], parcel["area_ha"], self.places_of(parcel)
        add(cells, f"area.new.practice.{practice}", places, s, area)
        old, new = self.today(parcel), row["zone"]
        if old != new:
            add(cells, "area.rezoned", places, s, area)
            for way, these, those in (("gained", new, old), ("lost", old, new)):
                for zone in set(self.lineage(these)) - set(self.lineage(those)):
                    add(cells, f"area.{way}.zone.{zone}", places, s, area)
        was, becomes = parcel["land_class"], row["to_class"] or parcel["land_class"]
        t = self.period_of(self.first_year[s] + int(row["lead_years"]))
        if was == becomes or t is None:
            return
        for way, these, those in (("gained", becomes, was), ("lost", was, becomes)):
            add(cells, f"area.{way}.class.{these}", places, t, area)
            for group in set(self.groups(these)) - set(self.groups(those)):
                add(cells, f"area.{way}.class_group.{group}", places, t, area)
                if group == "arable":
                    add(cells, f"quality.{way}.arable", places, t, area * self.quality(parcel))
                if group == "construction" and way == "gained":
                    add(cells, "area.new_construction", places, t, area)

    def owner(self, parcel: Row, practice: str, s: int, t: int) -> str:
        """Whose a parcel is at the end of a period."""
        if s != START and t != START:
            row = self.practices[practice]
            if row["to_tenure"] and self.first_year[s] + row["lead_years"] < self.last_year[t] + 1:
                return str(row["to_tenure"])
        return str(parcel["tenure"])

    def assets(
        self, cells: Cells, parcel: Row, owner: str, flows: Sequence[Flow], state: tuple[str, str, str], t: int
    ) -> None:
        """The value of natural resources: what ecosystems give in the last year of a period, for good."""
        self.asset(cells, self.resource(parcel, state[0]), owner, flows, self.places_of(parcel), t)

    def asset(
        self, cells: Cells, resource: str, tenure: str, flows: Sequence[Flow], places: Sequence[str], t: int
    ) -> None:
        """The value of a resource, in one tenure."""
        year = self.y0 if t == START else self.last_year[t]
        if not resource or not self.social:
            return
        for flow in flows:
            account = self.accounts[flow.account]
            if flow.once or account["family"] != "ecosystem" or account["recurrence"] != "annual":
                continue
            names = [f"asset.{resource}", *([f"asset.{resource}.{tenure}"] if tenure else [])]
            for name in names:
                for suffix, amounts in (("", flow.amounts), ("@", flow.plain)):
                    add(cells, name + suffix, places, t, amounts.get(year, 0.0) / self.social)

    def option(self, parcel: Row, practice: str, s: int) -> Cells:
        """All that an option of a parcel adds."""
        cells: Cells = {}
        places = self.places_of(parcel)
        before, after = self.flows(parcel, practice, s)
        flags = [flag for flag in FLAGS if s != START and self.practices[practice][flag]]
        for flow in (*before, *after):
            self.book(cells, flow, places, "", flags)
        for t in range(len(self.n)):
            state = self.state(parcel, practice, s, t)
            self.stocks(cells, parcel, state, t)
            self.assets(cells, parcel, self.owner(parcel, practice, s, t), [*before, *after], state, t)
        self.worth(cells, before, places, self.y0, None)
        if s == START:
            return cells
        self.changes(cells, parcel, practice, s)
        row, served = self.practices[practice], self.first_year[s] + int(self.practices[practice]["lead_years"])
        sells = any(flow.once and self.accounts[flow.account]["role"] == "land_sale" for flow in after)
        life = row["lease_years"] if sells and row["lease_years"] is not None else row["life_years"]
        self.worth(cells, after, places, served, life)
        for t in range(len(self.n)):
            if served <= self.last_year[t]:
                add(cells, "population", places, t, row["in_migration"] * parcel["area_ha"])
        return cells

    def at_start(self) -> Cells:
        """The state before the first period: doing nothing in y0, per year."""
        cells: Cells = {}
        for parcel in self.parcels:
            places = self.places_of(parcel)
            before, _ = self.flows(parcel, HOLD, START)
            for flow in before:
                now = flow.plain.get(self.y0, 0.0)
                self.post(cells, flow.account, places, START, now, now)
            state = self.state(parcel, HOLD, START, START)
            self.stocks(cells, parcel, state, START)
            self.assets(cells, parcel, parcel["tenure"], before, state, START)
        for place in {TOTAL, *self.jurisdictions, *(tag for p in self.parcels for tag in split(p["tags"]))}:
            add(cells, "population", [place], START, self.people(place, self.y0))
        return cells
