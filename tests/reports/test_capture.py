"""Value created, captured and left: the worked example of the docs, and identities on random plans (10 s)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.model.plain import plain
from tests.reports.drawn import plainly
from zonevest.instances.study import Study
from zonevest.model.booked import books
from zonevest.model.builtin import actors
from zonevest.model.flows import OUTSIDE
from zonevest.model.plan import PlanData
from zonevest.reports.capture import BY, capture, instrument, public_actors
from zonevest.reports.capture_tables import OF_PARCEL, SHEETS
from zonevest.reports.facts import Facts
from zonevest.reports.labels import LABELS

DOCS = Path(__file__).parents[2] / "docs" / "semantics.md"
SUMS = [column.name for column in OF_PARCEL if column.name != "capture_share"]


def example() -> tuple[pd.DataFrame, pd.Series]:
    """The rows of the worked example in the docs, by account, and its sums."""
    text = DOCS.read_text(encoding="utf-8").partition("*Example.*")[2]
    lines = [line for line in text.splitlines() if line.startswith("|")][:13]
    head, _, *cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    table = pd.DataFrame(cells, columns=head).set_index("booked")
    numbers = table[["million", "created", "captured", "left"]].apply(pd.to_numeric)
    table[numbers.columns] = numbers
    return table.drop("in all"), table.loc["in all"]


def account(name: str, family: str, recurrence: str = "one_off", **cells: Any) -> dict[str, Any]:
    return {"account": name, "family": family, "recurrence": recurrence, "cash": int(family != "uplift"), **cells}


def shops(**more: Any) -> Study:
    """The example's study: ten hectares a year for five years, prices per hectare."""
    table, _ = example()
    once = {"rise": 0.6, "acquisition": 0.5, "roads": 0.3, "land_sale": 2.0, "building": 1.0, "premises": 4.0}
    yearly = {"profit": 0.2, "tax": 0.05}
    government = {"path": "government"}
    shares = [
        {"account": name, "role": role, "actor": row[side], "share": 1.0}
        for name, row in table.iterrows()
        for role, side in (("pays", "from"), ("receives", "to"))
        if row[side]
    ]
    return plain(
        settings={"purse": ["county"], "divisible": True},
        parcels=[{"parcel_id": "P", "area_ha": 10.0, "land_class": "field", "zone": "R", "jurisdiction": "J"}],
        zones=[{"zone": "R"}, {"zone": "T"}],
        land_classes=[{"land_class": "field"}, {"land_class": "built"}],
        jurisdictions=[{"jurisdiction": "J"}],
        practices=[{"practice": "shops", "zone": "T", "to_class": "built", "life_years": 5, **more}],
        accounts=[
            account("harvest", "revenue", "annual", path="market"),
            account("acquisition", "cost", role="land_cost"),
            account("roads", "cost", **government),
            account("land_sale", "revenue", role="land_sale"),
            account("building", "cost"),
            account("premises", "revenue"),
            account("rise", "uplift"),
            account("levy", "revenue", capture_tool="levying"),
            account("profit", "revenue", "annual"),
            account("tax", "revenue", "annual", **government),
        ],
        capture=[{"capture_tool": "levying", "uplift_account": "rise", "rate": 0.25}],
        class_flows=[{"land_class": "field", "account": "harvest", "basis": "per_ha_year", "value": 0.1}],
        practice_flows=[
            {"practice": "shops", "account": name, "basis": basis, "value": value}
            for basis, values in (("per_ha_once", once), ("per_ha_year", yearly))
            for name, value in values.items()
        ],
        actors=[{"actor": name} for name in ("county", "farmers", "developers", "residents", "operators")],
        shares=shares,
    )


def shopping(study: Study, *parts: tuple[str, str, float]) -> PlanData:
    """A plan that does this on P: practice, start and share."""
    plan = PlanData(study, "feasible", has_plan=True)
    plan.parcels = pd.DataFrame([("P", *part) for part in parts], columns=["parcel_id", "practice", "start", "share"])
    return plan


class TestExample:
    """The docs' table, computed."""

    def test_account_by_account(self) -> None:
        table, sums = example()
        found = capture(shopping(shops(), ("shops", "a", 1.0)))
        wide = found.pivot_table(index="account", columns="item", values="value", aggfunc="sum").fillna(0.0)
        for item in ("created", "captured", "left"):
            told = wide[item].reindex(table.index).fillna(0.0)
            assert told.to_dict() == pytest.approx(table[item].to_dict()), item
            assert told.sum() == pytest.approx(sums[item])
        assert wide["public_cost"].sum() == pytest.approx(3)
        taken = found[found["item"] == "captured"].groupby("instrument")["value"].sum()
        assert taken.to_dict() == pytest.approx({"land_premium": 15, "taxes": 2.5, "value_levies": 1.5})
        left = found[found["item"] == "left"].groupby("actor")["value"].sum()
        expected = {"operators": 7.5, "developers": 10, "residents": 4.5, "farmers": 0}
        assert left.to_dict() == pytest.approx(expected, abs=1e-9)

    def test_in_the_report(self) -> None:
        facts = Facts(shopping(shops(), ("shops", "a", 1.0)))
        tables = {sheet.key: sheet.make(facts) for sheet in SHEETS}
        for key, column, cell in (
            ("value_by_origin", "origin", "rezoning"), ("value_by_source", "practice", "shops"),
            ("value_by_jurisdiction", "jurisdiction", "J"), ("value_by_zone", "zone", "T"),
            ("value_by_period", "period", "a"), ("value_by_parcel", "parcel_id", "P"),
        ):  # fmt: skip
            (row,) = tables[key].to_dict("records")
            assert row[column] == cell
            assert [row[name] for name in SUMS] == pytest.approx([41, 6, 0, 19, 22, 3, 16]), key
            assert row["capture_share"] == pytest.approx(19 / 41)
            assert row.get("rise_booked", 6) == pytest.approx(6)
        left = tables["value_left"].set_index("actor")
        assert left["holder"].to_dict() == {
            "farmers": "owners", "residents": "residents", "developers": "firms", "operators": "firms"
        }  # fmt: skip
        assert left.loc["residents", ["rise", "paid", "left"]].tolist() == pytest.approx([6, -1.5, 4.5])
        assert left.loc["developers", ["earned", "paid", "left"]].tolist() == pytest.approx([30, -20, 10])

    def test_half_of_it_on_half_of_the_land(self) -> None:
        plan = shopping(shops(), ("shops", "a", 0.5), ("hold", "", 0.5))
        (row,) = (
            Facts(plan).capture.query("item == 'created'").groupby("practice" if False else "source")["value"].sum()
        )
        assert row == pytest.approx(20.5)

    def test_land_that_is_held_creates_nothing(self) -> None:
        plan = shopping(shops(), ("hold", "", 1.0))
        assert capture(plan).empty
        assert all(sheet.make(Facts(plan)).empty for sheet in SHEETS)

    @pytest.mark.parametrize(
        ("more", "origin"),
        [({}, "rezoning"), ({"zone": "R"}, "practice"), ({"space": "scene"}, "scene"), ({"space": "flow"}, "flow")],
    )
    def test_what_creates_it(self, more: dict[str, Any], origin: str) -> None:
        found = Facts(shopping(shops(**more), ("shops", "a", 1.0))).capture
        assert set(found["origin"]) == {origin}

    @pytest.mark.parametrize(("space", "means"), [("", "dividends"), ("scene", "dividends"), ("flow", "third_party")])
    def test_what_flow_space_earns_is_a_third_partys_payment(self, space: str, means: str) -> None:
        """Ten hectares for five years; a centre earns 3 a year from 2027 and takes a hectare, a square 0.2 a hectare.

        What the field brought, 0.5 a hectare, is lost by the centre in five years; the square goes on bringing it.
        """
        market, government = {"path": "market"}, {"path": "government"}
        centre = {"project": "centre", "capex": 1.0, "build_years": 1, "life_years": 4, "annual_revenue": 3.0}
        study = plain(
            parcels=[{"parcel_id": "P", "area_ha": 10.0, "land_class": "field", "zone": "R", "jurisdiction": "J"}],
            land_classes=[{"land_class": "field"}],
            practices=[{"practice": "square", "zone": "R", "life_years": 5, "space": space}],
            projects=[{**centre, "space": space, "jurisdiction": "J"}],
            land_take=[{"project": "centre", "land_class": "field", "area_ha": 1.0}],
            accounts=[account("yard", "revenue", "annual", **market), account("fee", "revenue", "annual", **market),
                      account("tax", "revenue", "annual", **government)],
            class_flows=[{"land_class": "field", "account": "yard", "basis": "per_ha_year", "value": 0.5}],
            practice_flows=[{"practice": "square", "account": name, "basis": "per_ha_year", "value": value}
                            for name, value in (("fee", 0.2), ("tax", 0.1))],
        )  # fmt: skip
        centre_alone, square_alone = shopping(study, ("hold", "", 1.0)), shopping(study, ("square", "a", 1.0))
        centre_alone.projects = pd.DataFrame([("centre", "a")], columns=["project", "start"])
        for plan, expected in (
            (centre_alone, {("project.revenue", means): 12.0, ("yard", "dividends"): -2.5}),
            (square_alone, {("fee", means): 10.0, ("tax", "taxes"): 5.0}),
        ):
            taken = capture(plan).query("item == 'captured'").groupby(["account", "instrument"])["value"].sum()
            assert taken.to_dict() == pytest.approx(expected)

    def test_who_is_not_named_holds_the_rise_and_pays_the_levy(self) -> None:
        study = shops().replace(shares=None)
        found = capture(shopping(study, ("shops", "a", 1.0)))
        rise = found[found["account"].isin(["rise", "levy"])].groupby(["item", "actor"])["value"].sum()
        expected = {("created", ""): 6, ("captured", "county"): 1.5, ("left", OUTSIDE): 4.5, ("rise_booked", ""): 6}
        assert rise.to_dict() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rent", "works", "rise", "counted"),
    [
        # ten a year for five years less what they cost is 50 - 20: a rise of 12 is worth no more than that
        (1.0, 2.0, 1.2, 0.0),
        # what the land brings is 10 - 8: of a rise of 12 ten are more than that
        (0.2, 0.8, 1.2, 10.0),
        # a rise is all there is, whether nothing is earned or less
        (0.0, 0.0, 1.2, 12.0),
        (0.2, 1.4, 1.2, 12.0),
    ],
)
def test_a_rise_that_capitalises_income_counts_once(rent: float, works: float, rise: float, counted: float) -> None:
    """Ten hectares of an owner: he has the larger of what they earn and of what they could be sold for above today.

    A quarter of the rise is levied, whatever of it counts; what a neighbour earns takes nothing off the owner's rise.
    """
    shares = [{"account": "rent", "role": "receives", "actor": "owner", "share": 1.0},
              {"account": "works", "role": "pays", "actor": "owner", "share": 1.0},
              {"account": "trade", "role": "receives", "actor": "tenant", "share": 1.0},
              {"account": "rise", "role": "receives", "actor": "owner", "share": 1.0},
              {"account": "levy", "role": "pays", "actor": "owner", "share": 1.0}]  # fmt: skip
    study = plain(
        parcels=[{"parcel_id": "P", "area_ha": 10.0, "land_class": "field", "zone": "R", "jurisdiction": "J"}],
        land_classes=[{"land_class": "field"}],
        practices=[{"practice": "renewal", "zone": "R", "life_years": 5}],
        accounts=[account("rent", "revenue", "annual"), account("trade", "revenue", "annual"),
                  account("works", "cost"), account("rise", "uplift"),
                  account("levy", "revenue", capture_tool="levying")],
        capture=[{"capture_tool": "levying", "uplift_account": "rise", "rate": 0.25}],
        # what the field brings today is no income of the renewal
        class_flows=[{"land_class": "field", "account": "rent", "basis": "per_ha_year", "value": 0.3}],
        practice_flows=[{"practice": "renewal", "account": name, "basis": f"per_ha_{basis}", "value": value}
                        for name, basis, value in (("rent", "year", rent), ("trade", "year", 3.0),
                                                   ("works", "once", works), ("rise", "once", rise))],
        actors=[{"actor": "purse", "public": 1}, {"actor": "owner"}, {"actor": "tenant"}],
        shares=shares, settings={"purse": ["purse"]},
    )  # fmt: skip
    facts = Facts(shopping(study, ("renewal", "a", 1.0)))
    earned, levied = 50 * rent - 10 * works, 0.25 * 10 * rise
    (row,) = {sheet.key: sheet.make(facts) for sheet in SHEETS}["value_by_source"].to_dict("records")
    assert row["rise"] == pytest.approx(counted)
    assert row["capitalised"] == pytest.approx(10 * rise - counted)
    assert row["rise_booked"] == pytest.approx(10 * rise)
    assert row["captured"] == pytest.approx(levied)
    left = facts.capture.query("item == 'left'").groupby("actor")["value"].sum().to_dict()
    assert left["owner"] == pytest.approx(earned + counted - levied)
    assert left["tenant"] == pytest.approx(150)
    assert row["created"] == pytest.approx(row["captured"] + row["left"])
    if earned >= 0:
        assert earned + counted == pytest.approx(max(earned, 10 * rise))


@pytest.mark.parametrize(
    ("name", "means"),
    [("land_sale", "land_premium"), ("acquisition", "land_premium"), ("land_discount", "land_premium"),
     ("land_rent", "land_premium"), ("industrial_tax", "taxes"), ("infrastructure_fee", "fees"),
     ("flow_fee", "third_party"), ("asset_rent", "dividends"), ("project.revenue", "dividends"),
     ("concession_fee", "concession"), ("royalty", "concession"), ("eco_transfer", "compensation"),
     ("eco_payment", "compensation"), ("land_value_tax", "value_levies"), ("quota.land.sale", "quota_trade")],
)  # fmt: skip
def test_instruments_of_the_default_accounts(name: str, means: str) -> None:
    land = {"quota": "land", "account_generated": "carbon_credits", "sell_price": 1.0, "sell_max": 1.0}
    study = plain(settings={"defaults": ["accounts"]}, quotas=[land])
    table = study.accounts.set_index("account", drop=False)
    assert instrument(table.loc[name], captured=name == "land_value_tax") == means


@pytest.fixture(scope="module")
def plans() -> list[tuple[int, Facts]]:
    return plainly(16)


def test_what_is_created_is_captured_or_left(plans: list[tuple[int, Facts]]) -> None:
    for seed, facts in plans:
        found = capture(facts.plan, facts.books, BY)
        for by in (*([name] for name in BY), list(BY), ["jurisdiction", "zone", "period"]):
            sums = found.pivot_table(index=by, columns="item", values="value", aggfunc="sum").fillna(0.0)
            sums = sums.reindex(columns=["created", "captured", "left"], fill_value=0.0)
            np.testing.assert_allclose(sums["created"], sums["captured"] + sums["left"], atol=1e-7, err_msg=str(seed))
            alone = capture(facts.plan, facts.books, by).groupby([*by, "item"])["value"].sum()
            again = found.groupby([*by, "item"])["value"].sum()
            np.testing.assert_allclose(alone, again.reindex(alone.index).fillna(0.0), atol=1e-7)


def test_actors_have_what_they_gain(plans: list[tuple[int, Facts]]) -> None:
    """A gain has both an income and the rise that capitalises it."""
    some = False
    for seed, facts in plans:
        study, plan, clock = facts.study, facts.plan, facts.ledger.clock
        found = facts.capture
        found = found.assign(value=found["value"].where(found["item"] != "public_cost", -found["value"]))
        had = found[found["actor"] != ""].groupby(["actor", "jurisdiction"])["value"].sum()
        stated = plan.ledger[plan.ledger["account"].str.startswith("gain.actor.")]
        stated = stated.set_index(["account", "jurisdiction"])["value"]
        passed = 0.0
        if len(plan.fund_transfers):
            mean = dict(zip([p.name for p in study.periods], clock.mean(clock.discount(clock.finance)), strict=True))
            passed = float((plan.fund_transfers["amount"] * plan.fund_transfers["period"].map(mean)).sum())
        for actor in set(actors(study)) - {OUTSIDE}:
            gain = float(stated.get((f"gain.actor.{actor}", "total"), 0.0))
            gain += passed if actor == study.settings.equity.fund else 0.0
            mine = had[had.index.get_level_values("actor") == actor]
            assert mine.sum() == pytest.approx(gain, rel=1e-9, abs=1e-7), (seed, actor)
            for place in study.jurisdictions["jurisdiction"]:
                gain = float(stated.get((f"gain.actor.{actor}", place), 0.0))
                assert mine.get((actor, place), 0.0) == pytest.approx(gain, rel=1e-9, abs=1e-7), (seed, actor, place)
        public = public_actors(study, facts.ledger.accounts)
        assert set(found["actor"][found["item"].isin(["captured", "public_cost"])]) <= public
        some = some or (found["item"] == "capitalised").any()
        assert not set(found["actor"][found["item"] == "left"]) & public
    assert some


def test_tables_add_up_to_each_other(plans: list[tuple[int, Facts]]) -> None:
    for seed, facts in plans:
        tables = {sheet.key: sheet.make(facts) for sheet in SHEETS}
        for sheet in SHEETS:
            assert list(tables[sheet.key].columns) == [column.name for column in sheet.columns]
        whole = tables["value_by_origin"][SUMS].sum()
        for key in ("source", "jurisdiction", "zone", "period", "parcel"):
            np.testing.assert_allclose(tables[f"value_by_{key}"][SUMS].sum(), whole, atol=1e-6, err_msg=f"{seed} {key}")
        assert tables["value_by_account"]["created"].sum() == pytest.approx(whole["created"], abs=1e-6)
        assert tables["value_captured"]["captured"].sum() == pytest.approx(whole["captured"], abs=1e-6)
        assert tables["value_left"]["left"].sum() == pytest.approx(whole["left"], abs=1e-6)
        parcels = tables["value_by_parcel"]
        on_land = parcels[parcels["parcel_id"] != ""]
        told = facts.capture[facts.capture["on_land"] & (facts.capture["item"] == "created")]
        for column in ("jurisdiction", "zone"):
            mine, stated = on_land.groupby(column)["created"].sum(), told.groupby(column)["value"].sum()
            np.testing.assert_allclose(mine, stated.reindex(mine.index).fillna(0.0), atol=1e-6, err_msg=str(seed))
        np.testing.assert_allclose(on_land["created"], on_land["captured"] + on_land["left"], atol=1e-7)


def test_every_table_and_column_has_its_words() -> None:
    words = {"word:origin_": ["rezoning", "practice", "project", "order", "scene", "flow", "public_space", "quota",
                              "price_steps", "hold"],
             "word:capture_": ["value_levies", "land_premium", "quota_trade", "concession", "compensation", "taxes",
                               "fees", "third_party", "dividends", "other"],
             "word:holder_": ["owners", "residents", "firms", "others", "unnamed"]}  # fmt: skip
    for sheet in SHEETS:
        keys = [f"table_{sheet.key}", f"about_{sheet.key}"]
        for column in sheet.columns:
            keys.append(f"col_{column.name}")
            keys += [column.kind.partition(":")[2] + code for code in words.get(column.kind, [])]
        assert not [key for key in keys if key not in LABELS], sheet.key


def test_without_a_plan_there_is_nothing() -> None:
    plan = PlanData(shops(), "infeasible")
    assert capture(plan).empty
    assert list(capture(plan, by=["zone"]).columns) == [
        "zone",
        "item",
        "instrument",
        "account",
        "actor",
        "value",
        "unit",
    ]


def test_the_books_need_no_second_look() -> None:
    plan = shopping(shops(), ("shops", "a", 1.0))
    pd.testing.assert_frame_equal(capture(plan), capture(plan, books(plan)))
