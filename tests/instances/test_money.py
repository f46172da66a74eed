"""A sound study with money: what it becomes, what it is told, and the way back into a folder."""

from __future__ import annotations

import io
import random
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chinese import is_chinese
from tests.instances.faults_money import FINANCES, INSTRUMENTS, LIMITS, QUOTAS, TOOLS
from tests.instances.money_study import MONEY
from tests.instances.studies import faults_of, write_base
from zonevest.instances.read import make_study, read_study
from zonevest.instances.study import Study, StudyError
from zonevest.instances.write import write_study

FRAMES = {
    name.removesuffix(".csv"): pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    for name, text in MONEY.items()
    if name.endswith(".csv")
}
SETTINGS: dict[str, Any] = {
    key: value for key, value in tomllib.loads(MONEY["study.toml"]).items() if key not in ("format", "parcels")
}


@pytest.fixture
def money(tmp_path: Path) -> Study:
    return read_study(write_base(tmp_path / "money", base=MONEY))


def test_numbers_by_period(money: Study) -> None:
    finance = money.settings.finance
    assert finance is not None
    assert [finance.at("debt_ratio_cap", period.name) for period in money.periods] == [1.6, 1.4]
    assert [finance.at("reserve_months", period.name) for period in money.periods] == [1.0, 1.0]
    assert finance.at("refinance_share", "2026") == 0.85  # where nothing is said
    assert replace(finance, refinance_share={"2026": 0.5}).at("refinance_share", "2027") == 0.85
    assert finance.off() == ["transfers", "eod_eco_share", "hurdle"]
    assert finance.growth == {"own_revenue": 0.02, "fiscal_resources": 0.01}
    assert money.settings.equity.participation == ("farmers",)


def test_the_way_back(money: Study, tmp_path: Path) -> None:
    write_study(money, tmp_path / "out")
    again = read_study(tmp_path / "out")
    assert again.settings == money.settings
    assert again.hash == money.hash
    for name, frame in money.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], frame)
    assert money.replace().hash == money.hash
    assert make_study(SETTINGS, **FRAMES).hash == money.hash
    text = (tmp_path / "out" / "accounts.csv").read_text()
    assert "quota.land.sale" not in text
    assert "project.capex" not in text


def test_little_said_goes_round(tmp_path: Path) -> None:
    tables = {name: FRAMES[name] for name in ("parcels", "zones", "land_classes")}
    plain = {key: SETTINGS[key] for key in ("name", "periods", "purse", "defaults")}
    for number, finance in enumerate(({}, {"dscr_min": 1.2, "dscr_scope": "all"}, {"land_rent": False})):
        study = make_study({**plain, "finance": finance}, **tables)
        write_study(study, tmp_path / str(number))
        assert read_study(tmp_path / str(number)).settings == study.settings


def test_overrides(tmp_path: Path) -> None:
    changes = {
        "finance.debt_ratio_cap.2026": "1.2",
        "finance.dscr_from": "2026",
        "finance.land_rent": "true",
        "finance.growth.own_revenue": "0.01",
        "equity.fund": "local",
        "equity.participation": '["relief"]',
    }
    settings = read_study(write_base(tmp_path / "money", base=MONEY), changes).settings
    assert settings.finance is not None
    assert settings.finance.debt_ratio_cap == {"2026": 1.2, "2027-2031": 1.4}
    assert (settings.finance.dscr_from, settings.finance.land_rent) == ("2026", True)
    assert settings.finance.growth["own_revenue"] == 0.01
    assert (settings.equity.fund, settings.equity.participation) == ("local", ("relief",))


def test_payers_are_shares(money: Study) -> None:
    shares = money.shares
    assert shares.iloc[-1][["account", "role", "actor", "project"]].tolist() == ["levy", "pays", "farmers", ""]
    assert shares.iloc[-1]["share"] == 1.0
    assert not ((shares["account"] == "tax") & (shares["role"] == "pays")).any()  # its tool names no payer


def test_accounts_of_trade_are_the_quotas(money: Study) -> None:
    names = money.accounts["account"].tolist()
    assert names[-4:] == [f"quota.{name}" for name in ("land.purchase", "land.sale", "water.purchase", "water.sale")]
    sale = money.accounts.set_index("account").loc["quota.land.sale"]
    assert (sale["family"], sale["recurrence"], bool(sale["cash"])) == ("revenue", "one_off", True)


def test_notes() -> None:
    """What does no harm but is seldom meant is told, and no fault."""
    frames = dict(FRAMES)
    frames["projects"] = frames["projects"].assign(uplift_of=["rest", "", ""])
    frames["practices"] = frames["practices"].assign(tenure=["", "collective"])  # land of class 02 is the state's
    (told,) = make_study(SETTINGS, **frames).notes
    assert told.startswith("the table projects: no land of the catchment can be under a practice of uplift_of")
    assert told.endswith(": road")
    assert is_chinese(told, ["road"])
    frames = dict(FRAMES)
    frames["accounts"] = frames["accounts"].assign(role="")
    frames["instruments"] = frames["instruments"].assign(rate=["0.02"] * 4 + ["0.01", "0.08"], budget="general")
    frames["projects"] = frames["projects"].assign(real_estate="")
    told = make_study(SETTINGS, **frames).notes
    assert told[0] == (
        "the table instruments: a grant bears no interest and has no tenor, what is stated of gift is not looked at"
    )
    assert [each.partition(": it counts ")[0] for each in told[1:]] == [
        "the settings, finance.interest_share_fund",
        "the settings, finance.land_sale_share_cap",
        "the settings, finance.reinvestment_min",
        "the settings, finance.real_estate_share_max",
    ]
    assert all(is_chinese(each, ["gift"]) for each in told)
    bare = {key: value for key, value in SETTINGS.items() if key != "finance"}
    limits = FRAMES["limits"][~FRAMES["limits"]["account"].str.startswith("finance.")]
    (told,) = make_study(bare, **{**FRAMES, "limits": limits}).notes
    assert told == "the table projects: instruments and equity_min are not looked at, study.toml has no [finance]"
    assert is_chinese(told)


def test_everyone_else_may_be_limited_and_weighed(money: Study) -> None:
    outside = money.replace(settings={"objective": {"accounts": {"gain.actor.outside": 1.0}}})
    assert dict(outside.settings.objective.accounts) == {"gain.actor.outside": 1.0}


def test_grants_where_jurisdictions_follow_from_the_tables() -> None:
    frames = {name: frame for name, frame in FRAMES.items() if name != "jurisdictions"}
    frames["parcels"] = frames["parcels"].assign(population=10)
    assert len(make_study(SETTINGS, **frames).quota_grants) == 2
    frames["quota_grants"] = frames["quota_grants"].assign(jurisdiction=["east", "north"])
    with pytest.raises(StudyError, match="a jurisdiction of the study") as caught:
        make_study(SETTINGS, **frames)
    assert caught.value.faults["found"].tolist() == ["'north' (water)"]


def test_shares_of_trade_where_quotas_cannot_be_read(tmp_path: Path) -> None:
    """Nothing is concluded from a table that cannot be read."""
    folder = write_base(tmp_path / "study", base=MONEY)
    (folder / "quotas.csv").write_text("quota;granted\nland;3\n")
    (folder / "accounts.csv").write_text(MONEY["accounts.csv"] + "quota.land.sale,,,,,general,,,\n")
    told = faults_of(folder)
    assert told["where"].tolist() == ["quotas.csv"]


def test_faults_are_told_together(tmp_path: Path) -> None:
    picked = [
        FINANCES["per cent"],
        FINANCES["from"],
        FINANCES["participation"],
        FINANCES["fund"],
        TOOLS["unknown uplift account"],
        TOOLS["uplift without account"],
        TOOLS["two payers"],
        INSTRUMENTS["no tenor"],
        INSTRUMENTS["grant owed"],
        INSTRUMENTS["owed for no years"],
        QUOTAS["price without cap"],
        QUOTAS["stock used"],
        LIMITS["gain of nobody"],
        LIMITS["debt of a place"],
        LIMITS["trade without a price"],
    ]
    faults = faults_of(write_base(tmp_path / "study", picked, MONEY))
    for change in picked:
        told = faults[faults["where"].str.startswith(change.where)]
        assert any(change.must in row.must and change.found in row.found for row in told.itertuples()), change
    assert len(faults) == len(picked), faults.to_string()


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), broken=st.booleans())
def test_order_of_rows_does_not_matter(seed: int, broken: bool) -> None:
    draw = random.Random(seed)
    frames = dict(FRAMES)
    if broken:
        for name, column, value in (
            ("instruments", "repay", "never"),
            ("quotas", "account_used", "nothing"),
            ("capture", "payer", "nobody"),
            ("limits", "period", "2026"),
            ("projects", "instruments", "rollover"),
        ):
            frames[name] = frames[name].assign(**{column: value})
    found = []
    for tables in (frames, {name: f.sample(frac=1, random_state=draw.randrange(2**31)) for name, f in frames.items()}):
        try:
            study = make_study(SETTINGS, **tables)
            found.append([sorted(study.tables[name].iloc[:, 0]) for name in ("shares", "accounts", "capture")])
        except StudyError as error:
            found.append(sorted(zip(error.faults["must"], error.faults["do"], strict=True)))
    assert found[0] == found[1]
    assert isinstance(found[0][0], tuple) == broken
