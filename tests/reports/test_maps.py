"""What the maps show: values per hectare by hand and on random plans, their classes, and legends told apart (10 s)."""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reports.drawn import plainly
from tests.reports.plans import village
from tests.reports.test_capture import shopping, shops
from tests.reports.test_tables import SIGHT, oklab
from zonevest.instances.read import read_study
from zonevest.model.flows import ECOSYSTEM
from zonevest.model.plan import LIMITS
from zonevest.reports import colours
from zonevest.reports.display import Display
from zonevest.reports.distinct import PATTERNS, dealt
from zonevest.reports.facts import Facts
from zonevest.reports.labels import Words
from zonevest.reports.map_layers import VIEWS, layers, map_data, parcels, sites
from zonevest.reports.map_values import VALUES, by_parcel, classes, prices_known

CAP = {"limit": "cap", "account": "area.practice.shops", "period": "a", "sense": "<=", "value": 5.0, "kind": "hard"}


def priced(price: float | None, **settings: Any) -> Facts:
    """The worked example of the docs (ten hectares of shops) under a limit on shops with a shadow price."""
    study = shops().replace(limits=pd.DataFrame([CAP]))
    if settings:
        objective = replace(study.settings.objective, **settings)
        study = replace(study, settings=replace(study.settings, objective=objective))
    row = ("cap", CAP["account"], "total", "a", 10.0, 5.0, -5.0, np.nan if price is None else price, "ha")
    return Facts(replace(shopping(study, ("shops", "a", 1.0)), limits=pd.DataFrame([row], columns=LIMITS)))


class TestValues:
    """Per hectare, by hand."""

    def test_of_the_example(self) -> None:
        # docs/semantics.md: created 41, captured 19, left 22, the public spends 3 outside; ten hectares
        (row,) = Facts(shopping(shops(), ("shops", "a", 1.0))).parcel_values.to_dict("records")
        found = [row[name] for name in ("worth", "captured", "left", "nature")]
        assert found == pytest.approx([3.8, 1.9, 2.2, 0.0])

    def test_of_a_parcel_half_of_which_is_held(self) -> None:
        facts = Facts(shopping(shops(), ("shops", "a", 0.5), ("hold", "", 0.5)))
        rows = facts.parcel_values
        assert rows["worth"].tolist() == pytest.approx([3.8, 0.0]), "each part per hectare of its own"
        assert by_parcel(facts, rows)["worth"].tolist() == pytest.approx([1.9])

    def test_the_shadow_value_pays_for_the_limit(self) -> None:
        # F1 of the county: 19 captured less 3 spent, 1.6 a hectare; each hectare takes one of the cap, worth 0.7
        study = shops().settings.objective
        assert (study.method, study.cash) == ("weighted", 1.0)
        assert priced(0.0).parcel_values["shadow"].tolist() == pytest.approx([1.6])
        assert priced(0.7).parcel_values["shadow"].tolist() == pytest.approx([0.9])

    def test_the_shadow_value_may_not_be_known(self) -> None:
        assert prices_known(priced(0.7))
        for facts in (priced(None), priced(0.7, method="lexicographic", order=("cash", "ecosystem"))):
            assert not prices_known(facts)
            assert facts.parcel_values["shadow"].isna().all()
        assert Facts(shopping(shops(), ("shops", "a", 1.0))).parcel_values["shadow"].notna().all(), "no limit, no price"


def test_values_add_up_on_random_plans() -> None:
    for seed, facts in plainly(12):
        values, area = facts.parcel_values, facts.land["area_ha"].to_numpy()
        sums = {name: float((values[name] * area).sum()) for name in VALUES}
        on_land = facts.capture[facts.capture["on_land"]].groupby("item")["value"].sum()
        told = {item: float(on_land.get(item, 0.0)) for item in ("created", "captured", "left", "public_cost")}
        assert sums["captured"] == pytest.approx(told["captured"], abs=1e-6), seed
        assert sums["left"] == pytest.approx(told["left"], abs=1e-6), seed
        assert sums["worth"] == pytest.approx(told["created"] - told["public_cost"], abs=1e-6), seed
        # ecosystem accounts as each parcel books them, less what the same land would if it were held
        worth, weight = facts.parcel_worth, facts.ledger.accounts.weight(ECOSYSTEM)
        held = facts.chosen.share * (worth.nothing @ weight)[facts.chosen.parcel]
        expected = np.divide(worth.plan @ weight - held, area, out=np.zeros_like(area), where=area > 0)
        np.testing.assert_allclose(values["nature"], expected, atol=1e-7, err_msg=str(seed))
        held_rows = (facts.land["practice"] == "hold").to_numpy() & facts.study.has_doing_nothing
        assert (values.loc[held_rows, ["nature", "shadow"]].fillna(0.0).abs() < 1e-9).all(axis=None), seed


def bounds_of(name: str) -> tuple[float, float]:
    """The bounds that the name of a class states."""
    numbers = [float(part.replace(",", "")) for part in re.findall(r"-?[\d.,]+", name.replace("\u2212", "-"))]
    if name.startswith(">"):
        return numbers[0], np.inf
    if name.startswith("<"):
        return -np.inf, numbers[0]
    return numbers[0], numbers[1]


@pytest.mark.parametrize("seed", range(12))
def test_classes_are_what_their_names_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([-1.0, 1.0][: 1 + seed % 3 % 2], 400) * 10 ** rng.normal(rng.integers(-4, 5), 1.2, 400)
    values[rng.random(400) < 0.3] = 0.0
    if seed > 8:
        values[rng.random(400) < 0.1] = np.nan
    found = classes(values)
    assert len(found.names) <= 10
    for at, name in enumerate(found.names):
        mine = values[found.codes == at]
        if name == "?":
            assert np.isnan(mine).all()
        elif name:
            low, high = bounds_of(name)
            assert ((mine >= low * (1 - 1e-6) - 1e-12) & (mine <= high * (1 + 1e-6) + 1e-12)).all(), name
            assert (found.patterns[at] == "falling") == (high <= 0)
        else:
            assert np.abs(mine).max(initial=0.0) <= 1e-6 * np.nanmax(np.abs(values))
    told = [bounds_of(name)[0] for name in found.names if name not in ("", "?")]
    assert told == sorted(told), "from low to high"
    assert_apart(found.names, found.colours, found.patterns)


def test_classes_of_what_is_all_the_same() -> None:
    assert classes(np.zeros(5)).names == [""]
    assert classes(np.full(5, np.nan)).names == ["?"]
    assert classes(np.full(5, 3.0)).names == ["", "> 0"]


# --- legends --------------------------------------------------------------------------------------------------------


def lightness(colour: str) -> float:
    """CIE L* of what a black-and-white printer makes of a colour."""
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * float(np.cbrt(luminance)) - 16 if luminance > (6 / 29) ** 3 else luminance * (29 / 3) ** 3


def assert_apart(names: list[str], fills: list[str], patterns: list[str]) -> None:
    """Any two entries have different patterns, or colours that differ to all eyes and in grey."""
    entries = list(zip(names, fills, patterns, strict=True))
    for (one, first, hatch), (other, second, its) in itertools.combinations(entries, 2):
        if hatch != its:
            continue
        assert abs(lightness(first) - lightness(second)) > 7.9, (one, other, "in grey")
        for sight, matrix in SIGHT.items():
            assert np.linalg.norm(oklab(first, matrix) - oklab(second, matrix)) > 0.049, (one, other, sight)


@pytest.mark.parametrize("case", ["village", "lakeside"])
def test_every_legend_of_a_case_can_be_told_apart(case: str) -> None:
    study = read_study(case)
    starts = colours.start_colours(study) | {"": colours.HOLD}
    kinds = (colours.zone_colours(study), colours.class_colours(study), colours.action_colours(study), starts)
    for named in (*(kind | {" ": colours.NONE} for kind in kinds), colours.CHANGES):
        rng = np.random.default_rng(len(named))
        for weights in (np.ones(len(named)), rng.random(len(named))):
            fills, patterns = dealt(list(named.values()), weights.tolist())
            assert_apart(list(named), fills, patterns)
            assert set(patterns) <= set(PATTERNS)


def test_the_commonest_entries_are_plain() -> None:
    red, pink = "#da5d55", "#d9605a"
    assert dealt([red, pink, colours.HOLD], [1, 2, 0])[1] == ["rising", "", ""]
    assert dealt([red, pink, colours.HOLD], [2, 1, 0])[1] == ["", "rising", ""]


def test_before_and_after_have_one_legend() -> None:
    facts = Facts(village())
    found = layers(facts, parcels(facts), Display(facts.study, Words("en")))
    for one, other in (VIEWS["zone"], VIEWS["class"]):
        assert (found[one].names, found[one].colours, found[one].patterns) == (
            found[other].names, found[other].colours, found[other].patterns,
        )  # fmt: skip
    assert {name for sides in VIEWS.values() for name in sides} == set(found)


# --- data -----------------------------------------------------------------------------------------------------------


def unpacked(packed: dict[str, list[str]]) -> dict[str, Any]:
    """The arrays of a page, by the words of `Packing` alone."""
    found: dict[str, Any] = {}
    for name, (kind, text) in packed.items():
        part = base64.b64decode(text)
        half = len(part) // 2
        pairs = bytes(itertools.chain(*zip(part[:half], part[half:], strict=False)))
        if kind == "halves":
            found[name] = np.frombuffer(pairs, "<f2")
        elif kind == "steps":
            found[name] = np.cumsum(np.frombuffer(pairs, "<u2").astype(int)).astype(np.uint16).astype(np.int16)
        else:
            found[name] = np.frombuffer(part, f"<{kind}")
    return found


def test_the_page_gets_what_is_so() -> None:
    facts = Facts(village())
    rows, display, shapes = parcels(facts), Display(facts.study, Words("zh")), facts.shapes
    assert shapes is not None
    found = layers(facts, rows, display)
    data = map_data(shapes, found, rows, sites(facts, display), display)
    got = unpacked(data["packed"])
    assert np.column_stack([got["x"], got["y"]]).tolist() == shapes.corners.tolist()
    assert got["sizes"].tolist() == shapes.ring_sizes.tolist()
    assert np.cumsum(got["owners"]).tolist() == shapes.ring_parcels.tolist()
    assert data["ids"] == facts.study.parcels["parcel_id"].tolist()
    zones = [display.zone(code) for code in rows["zone"]]
    assert [data["layers"]["zone_after"]["names"][code] for code in got["codes.zone_after"]] == zones
    for name in VALUES:
        told = got[f"values.{name}"].astype(float) * data["factors"][name]
        np.testing.assert_allclose(told, rows[name], rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(got["area"].astype(float) * data["factors"]["area"], rows["area_ha"], rtol=1e-3)


def test_projects_stand_where_their_site_is() -> None:
    plan = village()
    ids = plan.study.parcels["parcel_id"]
    table = plan.study.projects.assign(footprint=["", f"{ids[7]};{ids[8]}", ids[3]])
    facts = Facts(replace(plan, study=plan.study.replace(projects=table)))
    park, mill = sites(facts, Display(facts.study, Words("en")))
    assert (park["name"], park["built"], park["parcels"]) == ("Lake <park>", True, [7, 8])
    assert (mill["built"], mill["told"]) == (False, "not built")
    shapes, geometry = facts.shapes, facts.study.geometry
    assert shapes is not None
    assert geometry is not None
    low_x, _, high_x, high_y = geometry.total_bounds
    metres = max(high_x - low_x, high_y - geometry.total_bounds[1]) / max(shapes.width, shapes.height)
    inside = geometry.iloc[3].buffer(2 * metres)
    import shapely

    assert inside.contains(shapely.Point(low_x + mill["x"] * metres, high_y - mill["y"] * metres))
