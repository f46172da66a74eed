"""The synthetic county: what its land, people, budget and list are like, drawn anew and as bundled."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest
import shapely

import zonevest as zv
from zonevest.instances.county import county, write_county
from zonevest.instances.read import CASES
from zonevest.instances.study import Study


@pytest.fixture(scope="module")
def lakeside() -> Study:
    return zv.read_study("lakeside")


def share(study: Study, parcels: pd.Series) -> float:
    """Part of the county's area, %."""
    area = study.parcels["area_ha"]
    return float(100 * area[parcels].sum() / area.sum())


def land_that_is_not_there(study: Study) -> pd.DataFrame:
    """Rows of land_take that take more of a class than their jurisdiction has."""
    there = study.parcels.groupby(["jurisdiction", "land_class"])["area_ha"].sum()
    taken = study.tables["land_take"]
    has = pd.MultiIndex.from_frame(taken[["jurisdiction", "land_class"]]).map(there).to_numpy(float, na_value=0.0)
    return taken[taken["area_ha"] > has]


def test_the_bundled_case_is_what_the_generator_writes(tmp_path: Path) -> None:
    write_county(tmp_path / "new", 1_800, 1, "lakeside", {"en": "Lakeside county (synthetic)", "zh": "湖滨县（合成）"})
    for path in sorted((CASES / "lakeside").iterdir()):
        if path.suffix != ".gpkg":
            assert path.read_text(encoding="utf-8") == (tmp_path / "new" / path.name).read_text(encoding="utf-8")
    # another machine may round a corner elsewhere
    one, other = zv.read_study("lakeside"), zv.read_study(tmp_path / "new")
    by_class = [study.parcels.groupby("land_class")["area_ha"].sum() for study in (one, other)]
    pd.testing.assert_series_equal(*by_class, rtol=0.01)


def test_the_same_seed_draws_the_same_county() -> None:
    (one, tables), (other, again), (_, different) = county(300, 7), county(300, 7), county(300, 8)
    assert one == other
    for name, table in tables.items():
        assert table.equals(again[name]), name
    assert not tables["projects"].equals(different["projects"])


@pytest.mark.parametrize("seed", [2, 3, 4])
@pytest.mark.parametrize("parcels", [100, 400])
def test_any_county_is_sound(tmp_path: Path, parcels: int, seed: int) -> None:
    count, files = zv.write_county(tmp_path / "county", parcels, seed)
    study = zv.read_study(tmp_path / "county")
    assert len(study.parcels) == count == pytest.approx(parcels, rel=0.05)
    assert files == (tmp_path / "county",)
    assert land_that_is_not_there(study).empty


@pytest.mark.parametrize(("parcels", "seed"), [(200, 3), (100, 14), (400, 1)])
def test_what_is_built_in_the_increment_may_stay(lakeside: Study, parcels: int, seed: int) -> None:
    """Of few parcels, villages may be more of the increment than may be built on by 2030."""
    _, tables = county(parcels, seed)
    classes = lakeside.land_classes.set_index("land_class")["class_group"]
    land, limits = tables["parcels"], tables["limits"].set_index("limit")["value"]
    inside = land["tags"].str.contains("increment")
    whole = land[inside].area.sum() / 1e4
    built = land[inside & land["land_class"].map(classes).eq("construction")].area.sum() / 1e4
    assert inside.any()
    assert limits["increment_2030"] == pytest.approx(max(0.65 * whole, built), abs=0.1)
    assert limits["increment_2030"] >= built
    assert limits["increment_2035"] == pytest.approx(max(0.75 * whole, built), abs=0.1)


@pytest.mark.parametrize(("parcels", "seed"), [(100, 5), (100, 6)])
def test_a_small_county_has_a_plan(tmp_path: Path, parcels: int, seed: int) -> None:
    """Bare land may all lie in the core of the red line, industry be missing."""
    zv.write_county(tmp_path / "county", parcels, seed)
    assert zv.solve(zv.read_study(tmp_path / "county"), gap=1.0, time_limit=60).has_plan


def test_a_county_asks_for_forest_where_there_is_room() -> None:
    """1,500 ha, no more than half of what is bare, steep or mined, and nothing where nothing is."""
    drawn = ((100, 5), (150, 6), (300, 8), (400, 1))
    asked = {each: county(*each)[1]["limits"].set_index("limit")["value"] for each in drawn}
    for none in ((100, 5), (150, 6)):  # no bare land that may be planted; grass alone
        assert not set(asked[none].index) & {"restored", "restored_2028"}
    assert asked[300, 8][["restored", "restored_2028"]].tolist() == [720.0, 360.0]  # of 1,441 ha
    assert asked[400, 1][["restored", "restored_2028"]].tolist() == [1_500.0, 750.0]


def test_a_number_of_parcels_that_is_no_county(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="100 to 1,000,000"):
        zv.write_county(tmp_path / "county", 5)
    assert not (tmp_path / "county").exists()


class TestLand:
    def test_size(self, lakeside: Study) -> None:
        assert len(lakeside.parcels) == pytest.approx(1_800, rel=0.02)
        assert lakeside.parcels["area_ha"].sum() == pytest.approx(240_000, rel=0.001)
        assert lakeside.parcels["population"].sum() == pytest.approx(420_000, rel=0.001)

    @pytest.mark.parametrize(
        ("group", "percent"),
        [("arable", 21), ("garden", 4), ("forest", 55), ("grass", 7), ("wetland", 1), ("water", 2)],
    )
    def test_mix(self, lakeside: Study, group: str, percent: float) -> None:
        groups = lakeside.land_classes.set_index("land_class")["class_group"]
        parcels = lakeside.parcels["land_class"].map(groups) == group
        assert share(lakeside, parcels) == pytest.approx(percent, abs=1.2)

    @pytest.mark.parametrize(("line", "percent"), [("redline", 27), ("basic_farmland", 17), ("growth_boundary", 1.4)])
    def test_lines(self, lakeside: Study, line: str, percent: float) -> None:
        parcels = ~lakeside.parcels[line].isin(["", "0", 0, False])
        assert share(lakeside, parcels) == pytest.approx(percent, abs=0.4)

    def test_the_flexible_zone_is_a_part_of_the_boundary(self, lakeside: Study) -> None:
        flexible = lakeside.parcels["zone"] == "420"
        assert share(lakeside, flexible) == pytest.approx(0.15, abs=0.05)
        assert lakeside.parcels.loc[flexible, "growth_boundary"].all()

    def test_parcels_do_not_lie_on_each_other(self, lakeside: Study) -> None:
        shapes = shapely.from_wkb(lakeside.geometry.to_wkb()) if lakeside.geometry is not None else []
        assert shapely.area(shapes).sum() == pytest.approx(shapely.area(shapely.unary_union(shapes)), rel=1e-4)


class TestListAndBudget:
    def test_ninety_projects(self, lakeside: Study) -> None:
        found = lakeside.projects["category"].value_counts().to_dict()
        assert len(lakeside.projects) == 90
        assert (found["infrastructure"], found["livelihood"], found["culture_tourism"]) == (22, 20, 18)
        assert lakeside.projects["capex"].between(2, 600).all()

    def test_what_it_asks_for(self, lakeside: Study) -> None:
        """A fifth of new land is stock used anew; 0.8 to 1.2 jobs for two in five people; a place for fifty; tax."""
        rows = lakeside.limits.set_index("limit")
        asked = {
            "renewed": ("area.new.practice.urban_renewal", ">=", 0.2, "share_of:area.new_construction"),
            "jobs_least": ("jobs", ">=", 0.8 * 0.4, "per_head"),
            "jobs_most": ("jobs", "<=", 1.2 * 0.4, "per_head"),
            "service_places": ("service_places", ">=", 0.02, "per_head"),
            "tax_of_built_land": ("industrial_tax", ">=", 0.11, "share_of:area.class_group.construction"),
            "private_investment": ("finance.raised.outside_equity", ">=", 0.02, "share_of:money.outlay"),
        }
        for name, (account, sense, value, basis) in asked.items():
            assert rows.loc[name, ["account", "sense", "basis"]].tolist() == [account, sense, basis], name
            assert rows.loc[name, "value"] == pytest.approx(value), name
        terms = lakeside.limit_terms.groupby("limit")["account"].apply(set)
        entry = "area.new.practice.collective_entry"
        assert terms["renewed"] == {entry, f"{entry}_clearing", "area.new.practice.rural_processing"}
        assert terms["tax_of_built_land"] == {"commercial_tax", "land_use_tax"}

    def test_projects_that_work_for_a_practice_work_for_its_way_by_a_title(self, lakeside: Study) -> None:
        """Land that waits for its title first has the same bank and roads; a limit holds both in the bank."""
        variants = lakeside.practices.loc[lakeside.practices["clears_title"], "practice"]
        bases = set(variants.str.removesuffix("_clearing"))
        lists = pd.concat([lakeside.projects["enables"], lakeside.projects["uplift_of"]]).str.split(";")
        assert lists.explode().isin(bases).any()
        for names in lists:
            assert {f"{name}_clearing" for name in bases.intersection(names)} <= set(names)
        bank = lakeside.projects.set_index("project").loc["P89", "enables_area"]
        assert lakeside.limits.set_index("limit").loc["demand_forest_bank", "value"] == bank

    def test_projects_take_land_that_is_there(self, lakeside: Study) -> None:
        assert len(lakeside.tables["land_take"]) >= 5
        assert land_that_is_not_there(lakeside).empty

    def test_projects_lie_where_their_name_says(self, lakeside: Study) -> None:
        """In the town that holds most of the place's land."""
        area, tags = lakeside.parcels["area_ha"], lakeside.parcels["tags"].str.split(";")
        towns = lakeside.projects.set_index("project")["jurisdiction"]
        places = {
            "hot_spring": ("P47", "P48"), "tea_valley": ("P49",), "stone_bridge": ("P21", "P60"),
            "shore": ("P44", "P45", "P46"), "old_town": ("P26", "P33", "P43"), "station": ("P25", "P41"),
            "north_river": ("P11", "P62"),
        }  # fmt: skip
        for tag, projects in places.items():
            held = area[tags.map(lambda each, tag=tag: tag in each)].groupby(lakeside.parcels["jurisdiction"]).sum()
            assert set(towns[list(projects)]) == {held.idxmax()}, tag

    def test_every_limit_says_where_it_is_from(self, lakeside: Study) -> None:
        assert (lakeside.limits["source"] != "").all()
        assert set(lakeside.limits["confidence"]) <= {
            "synthetic", "recalled", "published", "modelling default", "stated in the paper",
        }  # fmt: skip

    def test_periods(self, lakeside: Study) -> None:
        assert [period.years for period in lakeside.periods] == [1, 1, 1, 2, 5]
        assert lakeside.settings.rates.tail_years == 30

    def test_debt_is_in_the_yellow_grade(self, lakeside: Study) -> None:
        owed = lakeside.instruments["outstanding"].sum()
        assert lakeside.settings.finance is not None
        assert 1.2 < owed / 5_900 < 2.0
        with (CASES / "lakeside" / "study.toml").open("rb") as file:
            assert tomllib.load(file)["finance"]["fiscal_resources"] == 5_900

    def test_its_numbers_are_of_a_size_that_solvers_bear(self, lakeside: Study) -> None:
        # what revenue and cost leave of each other by rounding, 1e-17 or so, is no coefficient
        size = zv.check(lakeside).size
        assert size["largest"] / size["smallest"] < 1e13

    def test_it_says_that_it_is_made_up(self, lakeside: Study) -> None:
        assert "synthetic" in lakeside.title("en")
        assert "合成" in lakeside.title("zh")
        text = (CASES / "lakeside" / "study.toml").read_text(encoding="utf-8")
        assert "exchange rate" in text.partition("[objective]")[0]
