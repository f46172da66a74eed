"""What a sound study becomes: codes, blanks, defaults, derived rows, settings, and the way back into a folder."""

from __future__ import annotations

import io
import random
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chinese import check_faults, names_in
from tests.instances.faults_tables import CELLS, PROJECTS, REFERENCES, SENSE
from tests.instances.studies import BASE, TOML, faults_of, write_base
from zonevest.instances import files
from zonevest.instances.cells import texts
from zonevest.instances.faults import Faults
from zonevest.instances.read import make_study, read_study
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, BY_NAME, TABLES
from zonevest.instances.study import Study, StudyError
from zonevest.instances.write import write_study

SETTINGS = {"name": "a", "defaults": "none", "periods": [{"name": "p", "start": 2026, "years": 2}]}
FRAMES = {
    name.removesuffix(".csv"): pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    for name, text in BASE.items()
    if name.endswith(".csv")
}


@pytest.fixture
def base(tmp_path: Path) -> Study:
    return read_study(write_base(tmp_path / "base"))


def test_every_table_has_every_column(base: Study) -> None:
    for table in TABLES:
        frame = base.tables[table.name]
        names = [column.name for column in table.columns]
        assert frame.columns.tolist()[: len(names)] == names
        for column in table.columns:
            kind = {"number": "f", "flag": "b"}.get(column.kind, "O")
            assert frame[column.name].dtype.kind == kind, (table.name, column.name)
            assert kind != "O" or all(type(cell) is str for cell in frame[column.name])


def test_codes_stay_text_and_blanks_are_filled(base: Study) -> None:
    assert base.parcels["parcel_id"].tolist() == ["0101", "0102", "0103", "0104"]
    assert base.parcels["land_class"].tolist() == ["01", "01", "02", "02"]
    assert base.parcels["slope_class"].tolist() == [1.0] * 4
    assert base.parcels["title"].tolist() == [True] * 4
    assert base.parcels["tenure"].tolist() == ["collective", "collective", "state", "state"]
    assert base.limits["basis"].tolist()[1] == "absolute"
    assert np.isnan(base.projects["life_years"]).all()
    assert base.title("zh") == "测试"


def test_built_in_accounts_are_last_and_may_be_changed(base: Study) -> None:
    names = base.accounts["account"].tolist()
    assert names == ["rent", "sale", "water", "waste", "store", *BUILT_IN_ACCOUNTS]
    rows = FRAMES["accounts"].assign(name_en="")
    rows.loc[5] = ["project.cost", "", "", "", "", "0.02", "Upkeep"]
    changed = base.replace(accounts=rows.sort_values("account"))
    upkeep = changed.accounts.set_index("account").loc["project.cost"]
    assert (upkeep["growth"], upkeep["name_en"], upkeep["family"], upkeep["cash"]) == (0.02, "Upkeep", "cost", True)
    assert changed.accounts["account"].tolist()[-5:] == list(BUILT_IN_ACCOUNTS)


CELL = st.text('a1 ,;"\t\u00e9\u2028\x0b\x1a\x85\ufeff', max_size=3)


@given(
    st.lists(st.lists(CELL, min_size=2, max_size=2) | st.lists(CELL, min_size=1, max_size=3), max_size=4),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(["", "\n", "\r\n", " ", "\n\n", "\n,"]),
)
def test_a_plain_file_needs_no_parser(rows: list[list[str]], end: str, last: str) -> None:
    """The rows of a small file as they are split are those that the parser finds, and so are the faults."""
    text = end.join(map(",".join, rows)) + last
    found = []
    for most in (files.PLAIN, 0):
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
            patch.setattr(files, "PLAIN", most)
            path, faults = Path(folder) / "zones.csv", Faults()
            path.write_bytes(f"zone,x_a\n{text}".encode())
            raw = files.read_csv(path, BY_NAME["zones"], "zones.csv", faults)
            cells = raw and [{name: texts(column) for name, column in raw.cells.items()}, list(raw.rows)]
            found.append((cells, faults.frame().to_numpy().tolist()))
    assert found[0] == found[1]


def test_jurisdictions_follow_from_the_tables(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    (folder / "jurisdictions.csv").unlink()
    (folder / "limits.csv").write_text((folder / "limits.csv").read_text().replace("per_head", ""))
    (folder / "land_take.csv").write_text("project,land_class,jurisdiction,area_ha\nroad,01,south,1\n")
    study = read_study(folder)
    assert study.jurisdictions["jurisdiction"].tolist() == ["east", "west", "south"]
    write_study(study, tmp_path / "out")
    assert not (tmp_path / "out" / "jurisdictions.csv").exists()
    assert read_study(tmp_path / "out").hash == study.hash
    moved = study.replace(land_take=None)
    assert moved.jurisdictions["jurisdiction"].tolist() == ["east", "west"]


def test_round_trip(base: Study, tmp_path: Path) -> None:
    write_study(base, tmp_path / "out")
    again = read_study(tmp_path / "out")
    assert again.hash == base.hash
    assert again.settings == base.settings
    for name, frame in base.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], frame)
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == sorted(path.split(".")[0] for path in BASE)
    assert "project.capex" not in (tmp_path / "out" / "accounts.csv").read_text()
    with pytest.raises(FileExistsError):
        write_study(base, tmp_path / "out")


@pytest.mark.parametrize(
    "objective",
    [
        {"method": "floor", "floor": {"cash": -2.5}},
        {"method": "weighted", "cash": 1, "ecosystem": 0.05},
        {"method": "weighted", "accounts": {"area.converted": -1}},
        {"method": "weighted", "accounts": {"area": {"class": {"01": 2.0}}}},
        {"method": "lexicographic", "order": ["ecosystem", "accounts"], "tolerance": 0.0, "accounts": {"waste": -1}},
    ],
)
def test_objectives_go_round(base: Study, tmp_path: Path, objective: dict[str, object]) -> None:
    study = base.replace(settings={"objective": objective})
    write_study(study, tmp_path / "out")
    assert read_study(tmp_path / "out").settings == study.settings


@settings(max_examples=40)
@given(
    numbers=st.lists(
        st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=1e15), min_size=1, max_size=4
    ),
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=4, max_size=4),
)
def test_any_number_and_text_goes_round(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], texts: list[str]
) -> None:
    parcels = pd.DataFrame({"parcel_id": ["a", "b", "c", "d"], "land_class": "01", "area_ha": 1.0, "x_own": texts})
    flows = pd.DataFrame({"land_class": "01", "account": "water", "basis": "per_year", "value": numbers})
    flows["source"], flows["x_note"] = texts[0], texts[: len(numbers)]
    tables = {"land_classes": pd.DataFrame({"land_class": ["01"]}), "accounts": pd.DataFrame({"account": ["water"]})}
    study = make_study(SETTINGS, parcels=parcels, class_flows=flows, **tables)
    folder = tmp_path_factory.mktemp("round") / "out"
    write_study(study, folder)
    again = read_study(folder)
    assert again.class_flows["value"].tolist() == numbers
    assert again.hash == study.hash


def test_tables_in_memory_are_the_same_study(base: Study) -> None:
    study = make_study({"format": 1, **_nested()}, **FRAMES)
    assert study.hash == base.hash
    assert make_study(_nested(), **base.tables).hash == base.hash
    assert base.replace().hash == base.hash
    assert base.replace(limits=base.limits.iloc[:0], limit_terms=None).limits.empty


def _nested() -> dict[str, object]:
    import tomllib

    values = tomllib.loads(TOML)
    return {key: value for key, value in values.items() if key not in ("format", "parcels")}


def test_cells_of_other_types() -> None:
    study = make_study(
        SETTINGS,
        parcels=pd.DataFrame(
            {
                "parcel_id": [1, 2],
                "land_class": [101.0, 102.0],  # codes that a program has read as numbers
                "area_ha": pd.array([1, 2], dtype="Int64"),
                "zone": pd.Categorical(["A", None], categories=["A"]),
                "basic_farmland": [True, None],
                "tags": [["up", "low"], None],
                "x_flag": [True, False],
            }
        ),
        zones=pd.DataFrame({"zone": ["A"]}, index=[7]),
        land_classes=pd.DataFrame({"land_class": [101, 102]}),
    )
    row = study.parcels.iloc[0]
    assert (row["parcel_id"], row["land_class"], row["area_ha"], row["tags"]) == ("1", "101", 1.0, "up;low")
    assert study.parcels["zone"].tolist() == ["A", ""]
    assert study.parcels["basic_farmland"].tolist() == [True, False]
    assert study.parcels["x_flag"].tolist() == [1.0, 0.0]


def test_own_columns_pass_through(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    (folder / "zones.csv").write_text(
        "zone,parent,x_code,x_hue,line,line_rule\nZ1,,01,1.5,,\nZ2,,02,2,,\nZ2a,Z2,10,,,\n"
    )
    study = read_study(folder)
    assert study.zones["x_code"].tolist() == ["01", "02", "10"]
    assert study.zones["x_hue"].tolist()[:2] == [1.5, 2.0]
    write_study(study, tmp_path / "out")
    assert read_study(tmp_path / "out").hash == study.hash


def test_byte_order_mark_blank_rows_and_header_only(tmp_path: Path, base: Study) -> None:
    folder = write_base(tmp_path / "study")
    for name in ("study.toml", "parcels.csv", "zones.csv"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    text = (folder / "limits.csv").read_text().replace("l2,", "\n,,,,,,,,\nl2,").replace("\n", "\r\n")
    (folder / "limits.csv").write_bytes(text.encode())
    assert read_study(folder).hash == base.hash
    (folder / "limits.csv").write_text(text.replace("l5,area.new", "l5,area.nwe"))
    assert faults_of(folder)["where"].tolist() == ["limits.csv, row 8, column account"]
    (folder / "limits.csv").write_text("limit,account,sense,value\n")
    (folder / "limit_terms.csv").unlink()
    assert read_study(folder).limits.empty


def test_other_encodings_are_a_fault(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    (folder / "zones.csv").write_bytes("zone,name_zh\nZ1,湖\nZ2,a\nZ2a,b\n".encode("gbk"))
    faults = faults_of(folder)
    assert faults["where"].tolist() == ["zones.csv"]
    assert faults["found"].tolist() == ["Chinese in GBK"]
    assert "CSV UTF-8" in faults["do"][0]
    (folder / "zones.csv").write_bytes("zone,name_en\nZ1,café\nZ2,a\nZ2a,b\n".encode("latin-1"))
    assert "line 2" in faults_of(folder)["found"][0]


def test_projects_only(tmp_path: Path) -> None:
    study = make_study(SETTINGS, projects=pd.DataFrame({"project": ["a"], "capex": [2], "jurisdiction": ["x"]}))
    assert study.has_doing_nothing
    assert study.parcels.empty
    assert study.jurisdictions["jurisdiction"].tolist() == ["x"]
    write_study(study, tmp_path / "out")
    assert read_study(tmp_path / "out").hash == study.hash


def test_overrides(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    changes = {
        "rates.finance": "0.02",
        "rates.tail_years": 10,
        "name": "2026",
        "title.en": "true",
        "periods.2027-2031.years": 4,
        "periods.0.name": "first",
        "objective.accounts.area.converted": "-0.5",
        "divisible": "true",
        "purse": '["local", "farmers"]',
    }
    (folder / "limits.csv").unlink()
    (folder / "limit_terms.csv").unlink()
    practices = BASE["practices.csv"].replace("2026,", "first,")
    (folder / "practices.csv").write_text(practices)
    settings = read_study(folder, changes).settings
    assert (settings.rates.finance, settings.rates.tail_years, settings.divisible) == (0.02, 10, True)
    assert (settings.name, settings.title["en"], settings.purse) == ("2026", "true", ("local", "farmers"))
    assert [(period.name, period.years) for period in settings.periods] == [("first", 1), ("2027-2031", 4)]
    assert dict(settings.objective.accounts) == {"waste": -1.0, "area.converted": -0.5}
    with pytest.raises(StudyError, match=r"rates\.finanse"):
        read_study(folder, {"rates.finanse": 1})
    with pytest.raises(StudyError, match="nothing to set"):
        read_study(folder, {"periods.1999.years": 1})
    with pytest.raises(StudyError, match="without quotes"):
        read_study(folder, {"hold": "perhaps"})


SET = {
    "rates.social": ("abc", "from 0 to 1", "0.05 for 5 %"),
    "rate.social": (0.1, "every key", "did you mean 'rates.social'?"),
    "periods.2099.years": (1, "the path", "correct the path"),
    "periods.2026.years": (2, "follow each other", "correct start"),
    "objective.accounts.wast": (1, "weights are on", "'waste'"),
    "purse": (["mayor"], "rows of actors", "correct the name"),
}


@pytest.mark.parametrize("path", SET)
def test_what_is_wrong_with_a_setting_of_a_run_is_told_of_it(path: str, tmp_path: Path) -> None:
    value, must, do = SET[path]
    with pytest.raises(StudyError) as error:
        read_study(write_base(tmp_path / "study"), {path: value})
    (told,) = error.value.faults.to_dict("records")
    assert told["where"] == f"--set {path}"
    assert must in told["must"]
    assert do in told["do"]
    check_faults(error.value.faults, [*names_in(tmp_path / "study"), "abc", "rate", "2099", "wast", "mayor"])


def test_what_a_run_does_not_set_is_told_of_the_file(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    (folder / "study.toml").write_text(TOML.replace("finance = 0.05", "finance = 5.0"))
    with pytest.raises(StudyError) as error:
        read_study(folder, {"rates.social": "abc", "hold": True})
    assert error.value.faults["where"].tolist() == ["study.toml, rates.finance", "--set rates.social"]
    warned = read_study(write_base(tmp_path / "b"), {"rates.finance": 0.5}).warnings
    assert warned["where"].tolist() == ["--set rates.finance"]


def test_another_method_leaves_the_keys_of_the_one_before(tmp_path: Path) -> None:
    toml = TOML.replace('method = "floor"', 'method = "floor"\nfloor = { ecosystem = 0.9 }')
    folder = write_base(tmp_path / "study")
    (folder / "study.toml").write_text(toml)
    changes = {"objective.method": "weighted", "objective.cash": 1.0, 'objective.accounts."area.converted"': "-0.5"}
    objective = read_study(folder, changes).settings.objective
    assert (objective.method, objective.cash, dict(objective.floor)) == ("weighted", 1.0, {})
    assert dict(objective.accounts) == {"waste": -1.0, "area.converted": -0.5}
    with pytest.raises(StudyError, match="tolerance goes with method"):
        read_study(folder, {"objective.method": "weighted", "objective.cash": 1.0, "objective.tolerance": 0.1})


def test_a_path_that_is_no_study(tmp_path: Path) -> None:
    assert "bundled case" in faults_of(str(tmp_path / "nowhere"))["must"][0]
    assert "study.toml" in faults_of(tmp_path)["must"][0]
    assert faults_of(str(tmp_path / "a.xlsx"))["found"][0] == "no such file"
    (tmp_path / "a.ods").write_text("ods")
    assert "save it as .xlsx" in faults_of(str(tmp_path / "a.ods"))["do"][0]
    folder = write_base(tmp_path / "study")
    assert read_study(folder / "study.toml").settings.name == "base"


def test_a_dozen_faults_are_told_together(tmp_path: Path) -> None:
    """The faults of bad input that a reader meets first, all in one study."""
    picked = [
        CELLS["text in a number"],
        CELLS["unknown table"],
        CELLS["flag"],
        CELLS["empty file"],
        CELLS["choice"],
        CELLS["not whole"],
        REFERENCES["to class"],
        REFERENCES["limit account"],
        REFERENCES["account of term"],
        SENSE["shares"],
        SENSE["lock of two zones"],
        SENSE["soft"],
        PROJECTS["own cycle"],
    ]
    picked.remove(CELLS["empty file"])  # it is the zones that the flag is in
    folder = write_base(tmp_path / "study", picked)
    (folder / "study.toml").write_text(TOML.replace("purse", "purze").replace("finance = 0.05", "finance = 5"))
    (folder / "class_zones.csv").write_text("land_class,zone\n01,Z1\n")
    (folder / "land_take.csv").write_bytes(b"")
    faults = faults_of(folder)
    for change in picked:
        told = faults[faults["where"].str.startswith(change.where)]
        assert any(
            change.must in row.must and change.found in row.found and change.do in row.do for row in told.itertuples()
        ), change
    told = faults["where"].tolist()
    assert {"study.toml, purze", "study.toml, rates.finance", "class_zones.csv", "land_take.csv"} <= set(told)
    assert len(faults) == len(picked) + 4, faults.to_string()


def test_many_bad_rows_are_one_fault(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "study")
    rows = "".join(f"x{i},09,east,1\n" for i in range(100))
    (folder / "parcels.csv").write_text(BASE["parcels.csv"] + rows.replace("\n", ",,,,,,,,,1\n"))
    faults = faults_of(folder)
    assert len(faults) == 1
    assert faults["where"][0] == "parcels.csv, rows 6, 7, 8, 9, 10 … (100 in all), column land_class"
    assert faults["found"][0] == "'09' (x0), '09' (x1), '09' (x2), '09' (x3), '09' (x4) … (100 in all)"


def test_the_message_of_the_error_is_the_faults(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        read_study(write_base(tmp_path / "study", [SENSE["soft"], SENSE["shares"]]))
    text = str(caught.value)
    assert "2 faults" in text
    for part in caught.value.faults.to_numpy().ravel():
        assert part in text


def test_tables_in_memory_have_faults_too() -> None:
    with pytest.raises(StudyError) as caught:
        make_study(
            {**SETTINGS, "parcels": "a.csv"},
            parcel=pd.DataFrame({"a": [1]}),
            zones=pd.DataFrame([["A", "B"]], columns=["zone", "zone"]),
            limits=pd.DataFrame({"limit": ["a", "b"], "account": "c", "sense": "=<", "value": [1, "x"]}),
        )
    check_faults(caught.value.faults, ["parcel", "zones", "limits", "read_study"])
    chinese = caught.value.in_language("zh")
    assert chinese["where"].tolist()[2:4] == ["表 zones，zone 列", "表 limits，位置 0、1，sense 列"]
    told = caught.value.faults["where"].tolist()
    assert told == [
        "the settings, parcels",
        "the table parcel",
        "the table zones, column zone",
        "the table limits, positions 0, 1, column sense",
        "the table limits, position 1, column value",
        "the table limits, positions 0, 1, column account",
    ]


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), broken=st.booleans())
def test_order_of_rows_does_not_matter(seed: int, broken: bool) -> None:
    """Rows in another order give the same faults, but for the row numbers and which of the bad ones come first."""
    draw = random.Random(seed)
    frames = {name: frame.sample(frac=1, random_state=draw.randrange(2**31)) for name, frame in FRAMES.items()}
    if broken:
        for name, column, value in (
            ("parcels", "zone", "nowhere"),
            ("limits", "account", "nothing"),
            ("shares", "share", "0.9"),
            ("projects", "requires", "road"),
        ):
            frame = frames[name].copy()
            frame[column] = value
            frames[name] = frame
    found = []
    for tables in (frames, {name: frame.sort_index() for name, frame in frames.items()}):
        try:
            study = make_study(_nested(), **tables)
            found.append(sorted(study.parcels["parcel_id"]))
        except StudyError as error:
            found.append(sorted(zip(error.faults["must"], error.faults["do"], strict=True)))
    assert found[0] == found[1]
    assert isinstance(found[0][0], tuple) == broken


def test_schema_is_the_format() -> None:
    assert set(FRAMES) <= set(BY_NAME)
    assert len(BY_NAME) == len(TABLES)
