"""The maps along a front: which points have one, what changes between two, and the page in a browser (10 s)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import zonevest as zv
from tests.reports.plans import village as drawn_village
from zonevest.reports.front import Front, Term
from zonevest.reports.front_forms import page
from zonevest.reports.front_maps import MAPS, rezoned, shown
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TERMS = (Term("cash"), Term("ecosystem"))


def a_front(plans: list[Any], cash: list[float], ecosystem: list[float], knee: int | None = None) -> Front:
    """A front whose points are stated."""
    points = pd.DataFrame({"point": np.arange(1, len(cash) + 1), "cash": cash, "ecosystem": ecosystem})
    points = points.assign(knee=np.arange(len(cash)) == knee, bound=ecosystem, gap=0.0, penalties=0.0)
    points = points.assign(changed_ha=1.0, projects=0)
    study = plans[0].study if plans else SimpleNamespace()
    solves = points.assign(status="optimal")
    return Front(study, TERMS, "ecosystem", points, solves, {"cash": 1.0, "ecosystem": 1.0}, plans)


def test_few_points_all_have_a_map() -> None:
    assert shown(a_front([], [0.0, 0.5, 1.0], [1.0, 0.8, 0.0])) == [0, 1, 2]


def test_of_many_points_ends_knee_and_what_is_farthest_have_one() -> None:
    cash = [0.0, *np.linspace(0.001, 0.01, 30), 0.25, 0.5, 0.75, 0.8, 1.0]
    ecosystem = [1.0 - each**2 for each in cash]
    knee = 20
    found = shown(a_front([], cash, ecosystem, knee))
    assert len(found) == MAPS
    assert {0, knee, len(cash) - 1} <= set(found)
    # what is left lies apart, and not among the many that are next to the first
    assert {31, 32, 33} <= set(found)


def parts(plan: Any, rows: list[tuple[str, str, float]]) -> Any:
    """A plan in which the parcels of these rows are zoned otherwise, in parts."""
    table = plan.parcels
    made = [table[~table["parcel_id"].isin([row[0] for row in rows])]]
    made += [table[table["parcel_id"] == name].iloc[:1].assign(zone=zone, share=share) for name, zone, share in rows]
    return replace(plan, parcels=pd.concat(made, ignore_index=True))


def test_hectares_that_are_zoned_otherwise_count_parts() -> None:
    plan = drawn_village()
    area = plan.study.parcels.set_index("parcel_id")["area_ha"]
    one, other = plan.study.parcels["parcel_id"].iloc[[0, 1]]
    first = parts(plan, [(one, "100", 1.0), (other, "300", 0.4), (other, "410", 0.6)])
    second = parts(plan, [(one, "300", 1.0), (other, "300", 0.9), (other, "410", 0.1)])
    front = a_front([first, second], [0.0, 1.0], [1.0, 0.0])
    assert rezoned(front, 0, 1) == pytest.approx(area[one] + 0.5 * area[other])
    assert rezoned(front, 0, 0) == 0.0


def test_without_shapes_the_page_says_so() -> None:
    plan = drawn_village()
    bare = replace(plan, study=replace(plan.study, geometry=None))
    text = page(a_front([bare, bare], [0.0, 1.0], [1.0, 0.0]), "en")
    assert Words("en")("no_map") in text
    assert "<canvas" not in text
    assert "<script" not in text


@pytest.fixture(scope="module")
def front() -> Front:
    return zv.pareto(zv.read_study("village"), points=4, gap=0.01)


PIXELS = """stage => {
    const canvas = stage.querySelector("canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const count = {};
    for (let at = 0; at < data.length; at += 4) {
        if (!data[at + 3]) continue;
        const name = [0, 1, 2].map(k => data[at + k]).join(",");
        count[name] = (count[name] || 0) + 1;
    }
    return count;
}"""
PALE = {"250,249,247", "180,179,178"}
"""What is as before, and the lines between its parcels."""


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_in_a_browser(browser: Browser, front: Front, tmp_path: Path, lang: str) -> None:
    from tests.reports.test_page import Opened

    path, words, count = tmp_path / "front.html", Words(lang), len(front.points)
    path.write_text(page(front, lang), encoding="utf-8")
    area = front.study.parcels.set_index("parcel_id")["area_ha"]
    for width in (1280, 390):
        with Opened(browser, path, width=width) as opened:
            shown_page = opened.drawn()
            assert opened.said == []
            assert opened.asked == [path.as_uri()]
            assert shown_page.evaluate("document.documentElement.scrollWidth") <= width
            assert shown_page.locator("h2").inner_text() == words("front_maps")
            heads = shown_page.locator("#maps figcaption").all_inner_texts()
            assert [head.split(" ")[1] for head in heads] == [str(at + 1) for at in range(count)]
            assert [head.endswith("*") for head in heads] == front.points["knee"].tolist()
            assert words("front_unchanged") in shown_page.locator(".legend li").last.inner_text()
            stages = shown_page.locator("#maps .stage")
            assert stages.count() == 2 * count - 1
            pixels = [stages.nth(at).evaluate(PIXELS) for at in range(stages.count())]
            for at in range(1, count):
                before, after = (front.plans[each].parcels.set_index("parcel_id")["zone"] for each in (at - 1, at))
                part = area[before.index[before != after.reindex(before.index)]].sum() / area.sum()
                own = pixels[2 * at]
                changed = 1.0 - sum(own.get(colour, 0) for colour in PALE) / sum(own.values())
                assert changed == pytest.approx(part, abs=0.02), "land whose zone changes is drawn in colour"
                assert pixels[2 * at - 1] != pixels[2 * at]
            assert len({str(sorted(each.items())) for each in [pixels[0], *pixels[1::2]]}) > 1, "zones differ"
