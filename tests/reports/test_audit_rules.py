"""Every rule of lines, locks, practices and projects, broken one at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.reports.audit_studies import BASE, BUILD, FARM, evaluate, rules, study
from zonevest.reports.audit import Evaluator

P1, P2 = {"a": ("build", "p1")}, {"a": ("build", "p2")}
SUITABLE = [
    {"land_class": "farm", "zone": "rural", "suitability": 3},
    {"land_class": "farm", "zone": "town", "suitability": 0},
    {"land_class": "built", "zone": "town", "suitability": 2},
    {"land_class": "built", "zone": "core", "suitability": 1},
]


def broken(parcel: dict[str, Any], practice: dict[str, Any], **tables: Any) -> set[str]:
    """What is broken by building on a parcel from the first period."""
    return rules(evaluate(study(parcels=[{**FARM, **parcel}], practices=[{**BUILD, **practice}], **tables), P1))


class TestPractices:
    def test_nothing(self) -> None:
        assert broken({}, {}) == set()

    @pytest.mark.parametrize(
        ("parcel", "practice", "rule"),
        [
            ({}, {"from_classes": "wood;orchard"}, "from_class"),
            ({}, {"from_classes": "wood;class_group:forest"}, "from_class"),
            ({}, {"from_classes": "wood;class_group:arable"}, ""),
            ({"redline": "general"}, {}, "redline_grade;conversion"),  # a blank overlay is prohibited there
            ({"redline": "general", "conversion": "free"}, {"redline_ok": "general"}, ""),
            ({"redline": "core"}, {"redline_ok": "general"}, "redline_grade;conversion"),
            ({"redline": "core", "conversion": "free"}, {"redline_ok": "core"}, ""),
            ({"basic_farmland": 1}, {"to_class": ""}, "basic_farmland;conversion"),
            ({"basic_farmland": 1, "conversion": "free"}, {"to_class": "", "basic_farmland_ok": 1}, ""),
            ({"basic_farmland": 1, "conversion": "free"}, {"to_class": "orchard", "basic_farmland_ok": 1}, ""),
            ({"basic_farmland": 1}, {"basic_farmland_ok": 1}, "basic_farmland;conversion"),
            ({"conversion": "prohibited"}, {}, "conversion"),
            ({"conversion": "conditional"}, {"mode": "development"}, "conversion"),
            ({"conversion": "conditional"}, {"mode": "service"}, "conversion"),
            ({"conversion": "conditional"}, {"mode": "service", "to_class": ""}, ""),
            ({"conversion": "conditional"}, {"mode": "service", "to_class": "farm"}, ""),
            ({"conversion": "prohibited"}, {"mode": "restoration"}, ""),
            ({"conversion": "conditional"}, {"conversion": "conditional;free"}, ""),
            ({"conversion": "prohibited"}, {"conversion": "conditional", "mode": "restoration"}, "conversion"),
            ({}, {"conversion": "promoted"}, "conversion"),  # a blank overlay is that of the lines, off them free
            ({"growth_boundary": 1}, {"conversion": "promoted"}, ""),
            ({"redline": "general"}, {"redline_ok": "general"}, "conversion"),
            ({"national_park": 1}, {"conversion": "conditional;promoted;free"}, "conversion"),
            ({"basic_farmland": 1}, {"to_class": "", "basic_farmland_ok": 1}, "conversion"),
            ({"basic_farmland": 1}, {"to_class": "", "basic_farmland_ok": 1, "conversion": "conditional"}, ""),
            ({"tenure": "collective"}, {"tenure": "state"}, "tenure"),
            ({"tenure": "state"}, {"tenure": "state"}, ""),
            ({"title": 0}, {"needs_title": 1}, "title"),
            ({"title": 1}, {"needs_title": 1}, ""),
            ({"title": 0}, {"clears_title": 1}, ""),
            ({"title": 1}, {"clears_title": 1}, "titled"),
            ({"slope_class": 4}, {"max_slope_class": 3}, "slope"),
            ({"slope_class": 3}, {"max_slope_class": 3}, ""),
            ({"slope_class": 4}, {"min_slope_class": 5}, "slope"),
            ({"slope_class": 5}, {"min_slope_class": 5}, ""),
            ({"locked_zone": "rural"}, {}, "locked_zone"),
            ({"locked_zone": "town"}, {}, ""),
            ({"forbidden_zones": "core;town"}, {}, "forbidden_zones"),
            ({"forbidden_zones": "town"}, {"zone": "core"}, "forbidden_zones"),  # a ban holds for sub-zones too
            ({"forbidden_zones": "core"}, {}, ""),  # and not for what they are a part of
            ({"locked_zone": "town"}, {"zone": "core"}, ""),
            ({"locked_zone": "core"}, {}, "locked_zone"),
            ({}, {"requires_project": 1}, "requires_project"),
            ({}, {"earliest": "p2"}, "window"),
            ({}, {"latest": "p1"}, ""),
        ],
    )
    def test_rules(self, parcel: dict[str, Any], practice: dict[str, Any], rule: str) -> None:
        found = broken(parcel, practice)
        named = set(rule.split(";")) - {""}
        assert found == named | ({"project:enables"} if rule == "requires_project" else set())

    def test_every_rule_that_a_parcel_breaks_is_named(self) -> None:
        parcel = {"slope_class": 5, "tenure": "state", "title": 0, "forbidden_zones": "town", "locked_practice": "hold"}
        practice = {"max_slope_class": 3, "tenure": "collective", "needs_title": 1, "from_classes": "wood"}
        named = {"from_class", "tenure", "title", "slope", "forbidden_zones", "locked_practice"}
        assert broken(parcel, practice) == named

    @pytest.mark.parametrize(
        ("practice", "rule"),
        [
            ({}, ""),  # 2
            ({"zone": "core"}, "suitability"),  # a new class needs 2, here 1
            ({"to_class": ""}, "suitability"),  # a kept class needs more than 0
            ({"to_class": "", "zone": "rural"}, ""),
            ({"to_class": "wood"}, "suitability"),  # no row is 0
        ],
    )
    def test_suitability(self, practice: dict[str, Any], rule: str) -> None:
        assert broken({}, practice, class_zones=SUITABLE) == ({rule} if rule else set())

    def test_a_practice_after_its_window(self) -> None:
        assert rules(evaluate(study(practices=[{**BUILD, "latest": "p1"}]), P2)) == {"window"}

    @pytest.mark.parametrize(
        ("practice", "options", "rule"),
        [
            ({"lead_years": 2}, P2, ""),  # from 2028 in 2030, the last year
            ({"lead_years": 3}, P2, "window"),
            ({"lead_years": 4}, P1, ""),  # from 2026 in 2030
            ({"lead_years": 5}, P1, "window"),
            ({"lead_years": 3, "to_class": ""}, P2, "window"),  # the class stays: the same rule
        ],
    )
    def test_a_practice_is_done_inside_the_horizon(self, practice: dict[str, Any], options: Any, rule: str) -> None:
        found = rules(evaluate(study(practices=[{**BUILD, **practice}]), options))
        assert found == ({rule} if rule else set())

    def test_another_locked_practice(self) -> None:
        practices = [BUILD, {**BUILD, "practice": "plant", "to_class": "wood"}]
        given = study(parcels=[{**FARM, "locked_practice": "plant"}], practices=practices)
        assert rules(evaluate(given, P1)) == {"locked_practice"}
        assert rules(evaluate(given)) == {"locked_practice"}
        assert rules(evaluate(given, {"a": ("plant", "p1")})) == set()

    def test_many_parcels_are_one_breach(self) -> None:
        parcels = [{**FARM, "parcel_id": f"f{i}", "slope_class": 5} for i in range(7)]
        given = study(parcels=parcels, practices=[{**BUILD, "max_slope_class": 1}])
        found = evaluate(given, {f"f{i}": ("build", "p2") for i in range(7)}).breaches
        assert found[["where", "found"]].to_dict("records") == [
            {"where": "parcels f0, f1, f2, f3, f4 … (7 in all)", "found": "build from p2"}
        ]


class TestLines:
    @staticmethod
    def zones(rule: str, line: str = "growth_boundary") -> list[dict[str, Any]]:
        return [{"zone": "rural"}, {"zone": "town", "line": line, "line_rule": rule}, {"zone": "core"}]

    @pytest.mark.parametrize(
        ("rule", "outside_takes_town", "inside_takes_core"),
        [("exact", False, False), ("within", False, True), ("contains", True, False)],
    )
    def test_rules(self, rule: str, outside_takes_town: bool, inside_takes_core: bool) -> None:
        zones, line = self.zones(rule), {"line:growth_boundary"}
        inside = {"growth_boundary": 1}
        assert broken({}, {}, zones=zones) == (set() if outside_takes_town else line)
        assert broken(inside, {}, zones=zones) == set()
        assert broken(inside, {"zone": "core"}, zones=zones) == (set() if inside_takes_core else line)
        assert broken({}, {"zone": "core"}, zones=zones) == set()

    def test_the_first_line_demands_the_others_give_way(self) -> None:
        zones = [
            {"zone": "rural", "line": "sea", "line_rule": "exact"},
            {"zone": "town", "line": "growth_boundary", "line_rule": "exact"},
        ]
        both = {"growth_boundary": 1, "sea": 1}
        assert broken(both, {}, zones=zones) == set()
        assert broken(both, {"zone": "rural"}, zones=zones) == {"line:growth_boundary"}

    def test_the_red_line_has_two_grades_and_one_zone(self) -> None:
        zones = self.zones("exact", "redline")
        core = {"redline_ok": "core", "conversion": "prohibited"}
        assert broken({"redline": "core"}, core, zones=zones) == set()
        free = {"redline": "core", "conversion": "free"}
        assert broken(free, {"redline_ok": "core", "zone": "core"}, zones=zones) == {"line:redline"}
        assert broken({}, {}, zones=zones) == {"line:redline"}


class TestHeldLand:
    def test_it_is_tolerated_and_listed(self) -> None:
        parcels = [
            {**FARM, "zone": "town"},
            {**FARM, "parcel_id": "b"},
            {**FARM, "parcel_id": "c", "growth_boundary": 1},
        ]
        parcels[:2] = [{**parcel, "growth_boundary": 0} for parcel in parcels[:2]]
        zones = TestLines.zones("exact")
        found = evaluate(study(parcels=parcels, zones=zones, class_zones=SUITABLE[:2]))
        assert found.ok
        assert found.nonconforming.to_dict("records") == [
            {"parcel_id": "a", "zone": "town", "reason": "line:growth_boundary"},
            {"parcel_id": "c", "zone": "rural", "reason": "line:growth_boundary"},
        ]
        unsuitable = evaluate(study(parcels=[{**FARM, "zone": "town"}], class_zones=SUITABLE)).nonconforming
        assert unsuitable.to_dict("records") == [{"parcel_id": "a", "zone": "town", "reason": "suitability"}]

    def test_under_strict_lines_it_is_a_breach(self) -> None:
        given = study({"strict_lines": True}, parcels=[{**FARM, "zone": "town"}], class_zones=SUITABLE)
        assert rules(evaluate(given)) == {"suitability"}
        assert rules(evaluate(given, P1)) == set()

    @pytest.mark.parametrize(
        ("parcel", "zone"),
        [
            ({"zone": "core"}, "core"),  # approved
            ({"growth_boundary": 1}, "town"),  # demanded
            ({}, "rural"),  # town would suit better, but is not open to it
        ],
    )
    def test_today_s_zone(self, parcel: dict[str, Any], zone: str) -> None:
        pairs = [
            {"land_class": "farm", "zone": z, "suitability": s} for z, s in (("rural", 2), ("town", 3), ("core", 2))
        ]
        given = study(parcels=[{**FARM, "zone": "", **parcel}], zones=TestLines.zones("exact"), class_zones=pairs)
        assert Evaluator(given).tables.today_zone.tolist() == [zone]

    def test_locks(self) -> None:
        for lock, rule in (({"locked_zone": "town"}, "locked_zone"), ({"forbidden_zones": "rural"}, "forbidden_zones")):
            assert rules(evaluate(study(parcels=[{**FARM, **lock}]))) == {rule}

    def test_where_land_may_not_be_held_or_left(self) -> None:
        assert rules(evaluate(study({"hold": False}))) == {"hold"}
        assert rules(evaluate(study(), {"a": ("", "")})) == {"unassigned"}
        given = study({"unassigned": True}, parcels=[{**FARM, "locked_zone": "rural"}])
        assert rules(evaluate(given, {"a": ("", "")})) == {"locked_zone"}


class TestChoices:
    def found(self, rows: list[tuple[Any, ...]], settings: dict[str, Any] | None = None) -> set[str]:
        columns = ["parcel_id", "practice", "start", "zone", "share"]
        given = study(settings, parcels=[FARM, {**FARM, "parcel_id": "b"}])
        none = pd.DataFrame({"project": [], "start": []}, dtype=object)
        return rules(Evaluator(given).evaluate(pd.DataFrame(rows, columns=columns), none))

    HELD = ("b", "hold", "", "rural", 1.0)

    @pytest.mark.parametrize(
        ("rows", "rule"),
        [
            ([("a", "build", "p1", "town", 1.0)], ""),
            ([("a", "build", "p1", "rural", 1.0)], "choice:zone"),
            ([("a", "hold", "", "town", 1.0)], "choice:zone"),
            ([("a", "hold", "p1", "rural", 1.0)], "choice:start"),
            ([("a", "build", "p1", "town", 1.0), ("a", "hold", "", "rural", 1.0)], "choice:one"),
            ([("a", "hold", "", "rural", 1.0), ("c", "hold", "", "rural", 1.0)], "choice:parcel"),
            ([("a", "build", "p1", "town", 0.5), ("a", "hold", "", "rural", 0.5)], "choice:share"),
        ],
    )
    def test_one_fault(self, rows: list[tuple[Any, ...]], rule: str) -> None:
        found = self.found([*rows, self.HELD])
        assert found - {"area"} == ({rule} if rule else set())

    def test_what_cannot_be_read_leaves_a_gap(self) -> None:
        assert self.found([self.HELD]) == {"choice:one", "area"}
        assert self.found([("a", "mine", "p1", "town", 1.0), self.HELD]) == {"choice:practice", "area"}
        assert self.found([("a", "build", "", "town", 1.0), self.HELD]) == {"choice:start", "area"}

    def test_divisible_land(self) -> None:
        parts = [("a", "build", "p1", "town", 0.4), ("a", "hold", "", "rural", 0.6), self.HELD]
        assert self.found(parts, {"divisible": True}) == set()
        assert self.found(parts[1:], {"divisible": True}) == {"choice:one", "area"}
        assert "choice:share" in self.found([("a", "build", "p1", "town", -0.5), *parts[1:]], {"divisible": True})


class TestProjects:
    """Projects road and school; every rule of theirs."""

    def found(
        self,
        road: dict[str, Any],
        starts: dict[str, str],
        school: dict[str, Any] | None = None,
        options: dict[str, tuple[str, str]] | None = None,
        **tables: Any,
    ) -> set[str]:
        projects = [{"project": "road", **road}, {"project": "school", **(school or {})}]
        return rules(evaluate(study(**{**BASE, **tables, "projects": projects}), options, starts))

    @pytest.mark.parametrize(
        ("road", "starts", "rule"),
        [
            ({"mandatory": 1}, {}, "project:mandatory"),
            ({"mandatory": 1}, {"road": "p2"}, ""),
            ({"earliest": "p2"}, {"road": "p1"}, "project:window"),
            ({"latest": "p1"}, {"road": "p2"}, "project:window"),
            ({"build_years": 3}, {"road": "p2"}, ""),
            ({"build_years": 4}, {"road": "p2"}, "project:build_years"),
            ({"requires": "school"}, {"road": "p1"}, "project:requires"),
            ({"requires": "school"}, {"road": "p1", "school": "p1"}, ""),
            ({"requires": "school"}, {"road": "p1", "school": "p2"}, "project:requires"),
            ({"requires": "school", "requires_lag": 2}, {"road": "p2", "school": "p1"}, ""),
            ({"requires": "school", "requires_lag": 3}, {"road": "p2", "school": "p1"}, "project:requires"),
            ({}, {"bridge": "p1"}, "choice:project"),
            ({}, {"road": "p3"}, "choice:start"),
        ],
    )
    def test_starts(self, road: dict[str, Any], starts: dict[str, str], rule: str) -> None:
        assert self.found(road, starts) == ({rule} if rule else set())

    def test_one_off_rows_fall_inside(self) -> None:
        rows = [{"project": "road", "account": "cost", "basis": "once", "value": 1.0, "start_year": 3}]
        assert self.found({}, {"road": "p1"}, project_flows=rows) == set()
        assert self.found({}, {"road": "p2"}, project_flows=rows) == {"project:once"}

    @pytest.mark.parametrize(
        ("column", "rule"), [("exclusive_set", "project:exclusive_set"), ("bundle", "project:bundle")]
    )
    def test_sets(self, column: str, rule: str) -> None:
        road = school = {column: "both"}
        assert self.found(road, {}, school) == set()
        assert self.found(road, {"road": "p1"}, school) == ({rule} if column == "bundle" else set())
        assert self.found(road, {"road": "p1", "school": "p2"}, school) == {rule}
        assert self.found(road, {"road": "p1", "school": "p1"}, school) == ({rule} if column != "bundle" else set())

    def test_a_project_starts_once(self) -> None:
        projects = pd.DataFrame({"project": ["road", "road"], "start": ["p1", "p2"]})
        parcels = pd.DataFrame({"parcel_id": ["a"], "practice": ["hold"], "start": [""], "share": [1.0]})
        found = Evaluator(study(projects=[{"project": "road"}])).evaluate(parcels, projects)
        assert rules(found) == {"project:once"}

    @pytest.mark.parametrize(
        ("parcel", "road", "rule"),
        [
            ({"redline": "general"}, {}, "project:redline"),
            ({"redline": "core"}, {"redline_ok": "general"}, "project:redline"),
            ({"redline": "core"}, {"redline_ok": "core"}, ""),
            ({"basic_farmland": 1}, {}, "project:basic_farmland"),
            ({"basic_farmland": 1}, {"basic_farmland_ok": 1}, ""),
        ],
    )
    def test_lines_under_the_footprint(self, parcel: dict[str, Any], road: dict[str, Any], rule: str) -> None:
        found = self.found({"footprint": "a", **road}, {"road": "p1"}, parcels=[{**FARM, **parcel}])
        assert found == ({rule} if rule else set())

    @pytest.mark.parametrize(
        ("road", "start", "option", "holds"),
        [
            ({"footprint_zones": "town"}, "p1", ("build", "p1"), True),
            ({"footprint_zones": "town"}, "p1", ("build", "p2"), False),  # rural until 2028
            ({"footprint_zones": "town;rural"}, "p1", ("build", "p2"), True),
            ({"footprint_zones": "rural"}, "p1", ("build", "p2"), False),  # town from 2028
            ({"footprint_zones": "town"}, "p2", ("build", "p2"), True),
            ({"footprint_practice": "build"}, "p2", ("build", "p2"), True),
            ({"footprint_practice": "build"}, "p1", ("build", "p2"), False),
            ({"footprint_practice": "build"}, "p1", ("hold", ""), False),
            ({}, "p1", ("hold", ""), True),
            ({}, "p1", ("", ""), False),  # some zone
        ],
    )
    def test_zones_of_the_footprint(
        self, road: dict[str, Any], start: str, option: tuple[str, str], holds: bool
    ) -> None:
        given = study({"unassigned": True}, projects=[{"project": "road", "footprint": "a", **road}])
        found = rules(evaluate(given, {"a": option}, {"road": start}))
        assert found == (set() if holds else {"project:footprint"})

    @pytest.mark.parametrize(
        ("of", "area", "start", "holds"),
        [
            ("practice:build", 10.0, "p2", True),
            ("practice:build", 10.0, "p1", False),  # built from p2 on
            ("zone:town", 10.5, "p2", False),
            ("class_group:arable", 5.0, "p1", True),
            ("class_group:arable", 5.1, "p1", False),  # 5 ha are left in p2
        ],
    )
    def test_pools(self, of: str, area: float, start: str, holds: bool) -> None:
        found = self.found(
            {"min_area": area, "min_area_of": of},
            {"road": start},
            options=P2,
            parcels=[FARM, {**FARM, "parcel_id": "b", "area_ha": 5.0}],
        )
        assert found == (set() if holds else {"project:min_area"})

    @pytest.mark.parametrize(
        ("starts", "room", "holds"),
        [
            ({}, None, False),
            ({"road": "p1"}, None, True),
            ({"road": "p1"}, 10.0, True),
            ({"road": "p1"}, 9.0, False),
            ({"road": "p2"}, 10.0, False),
            ({"road": "p1", "school": "p1"}, 5.0, True),
        ],
    )
    def test_practices_that_need_a_project(self, starts: dict[str, str], room: float | None, holds: bool) -> None:
        each = {"enables": "build", "enables_area": room}
        found = self.found(each, starts, each, P1, practices=[{**BUILD, "requires_project": 1}])
        assert found == (set() if holds else {"project:enables"})

    @pytest.mark.parametrize(
        ("area", "place", "option", "holds"),
        [
            (10.0, "east", ("hold", ""), True),
            (10.5, "east", ("hold", ""), False),  # west has more, but not here
            (10.5, "", ("hold", ""), True),
            (1.0, "east", ("build", "p2"), False),  # none is left from 2028 on
        ],
    )
    def test_land_that_is_taken_is_there(self, area: float, place: str, option: tuple[str, str], holds: bool) -> None:
        found = self.found(
            {},
            {"road": "p1"},
            options={"a": option},
            parcels=[{**FARM, "jurisdiction": "east"}, {**FARM, "parcel_id": "b", "jurisdiction": "west"}],
            land_take=[{"project": "road", "land_class": "farm", "jurisdiction": place, "area_ha": area}],
        )
        assert found == (set() if holds else {"project:land_take"})
