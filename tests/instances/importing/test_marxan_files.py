"""Files of Marxan in the shapes in which they come; what becomes of them, and what is told of what is not used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import zonevest as zv
from tests.instances.importing.marxan_small import LEAST_PLAIN, LEAST_ZONES, PLAIN, ZONES, changed, write
from tests.known.cases import CASES
from zonevest.cli import app
from zonevest.instances.importing.marxan_files import FORMS


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(("files", "expected"), [(PLAIN, LEAST_PLAIN), (ZONES, LEAST_ZONES)], ids=["marxan", "zones"])
def test_from_the_folder_to_an_audited_plan(files: Mapping[str, str], expected: float, tmp_path: Path) -> None:
    study, plan = tmp_path / "study", tmp_path / "plan"
    told = json.loads(run("import", write(tmp_path / "peer", files), "-o", study, "--json"))
    assert told["parcels"] == files["input/pu.dat"].count("\n") - 1
    assert "no faults" in run("check", study)
    solved = json.loads(run("solve", study, "-o", plan, "--gap", 0, "--json"))
    assert (solved["status"], solved["objective"]) == ("optimal", pytest.approx(-expected))
    run("audit", plan)
    # what a study says, it says again when it is written anew
    read = zv.read_study(study)
    zv.write_study(read, tmp_path / "again")
    again = zv.read_study(tmp_path / "again")
    for name, table in read.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])


def test_the_plan_of_the_small_folder(tmp_path: Path) -> None:
    given = zv.import_study(write(tmp_path / "peer", PLAIN))
    plan = zv.solve(zv.make_study(given.settings, **given.tables), gap=0)
    zone = plan.parcels.set_index("parcel_id")["zone"]
    assert zone.to_dict() == {"1": "reserved", "2": "reserved", "3": "reserved", "4": "reserved", "5": ""}
    assert given.tables["parcels"]["x_xloc"].tolist() == [10, 11, 12, 13, 14]


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return dict(zv.import_study(folder).tables)


SPEC, PU, ROWS = PLAIN["input/spec.dat"], PLAIN["input/pu.dat"], PLAIN["input/puvspr.dat"]
HEAD = ROWS.split("\n")[0]
SHAPES: dict[str, dict[str, str | bytes]] = {
    "tabs": {"input/spec.dat": SPEC.replace(",", "\t"), "input/pu.dat": PU.replace(",", "\t")},
    "semicolons": {"input/puvspr.dat": ROWS.replace(",", ";")},
    "commas and blanks": {"input/pu.dat": PU.replace(",", " , ")},
    "several tabs": {"input/spec.dat": SPEC.replace(",", "\t\t")},
    "blanks": {"input/puvspr.dat": ROWS.replace(",", "   "), "input/spec.dat": SPEC.replace(",", " ")},
    "a header of commas over blanks": {"input/puvspr.dat": ROWS.replace(",", " ").replace(" ", ",", 2)},
    "Windows": {name: text.replace("\n", "\r\n") for name, text in PLAIN.items()},
    "old Macintosh": {name: text.replace("\n", "\r") for name, text in PLAIN.items()},
    "a byte order mark": {name: b"\xef\xbb\xbf" + text.encode() for name, text in PLAIN.items()},
    "UTF-16": {"input/spec.dat": SPEC.encode("utf-16")},
    "no end of line": {"input/pu.dat": PU.rstrip("\n")},
    "blank lines": {"input/puvspr.dat": ROWS.replace("\n", "\n\n") + "  \n\n"},
    "capitals": {"input/pu.dat": PU.replace("id,cost", "ID,Cost")},
    "no header": {"input/puvspr.dat": ROWS.split("\n", 1)[1], "input/bound.dat": "1 2 1.0\n"},
    "other names": {"input/puvspr.dat": ROWS.replace("species,pu,amount", "featureid,puid,coverage")},
    "quotes": {"input/spec.dat": SPEC.replace("Kelp", '"Kelp"').replace("id,", '"id",')},
    "further cells that are blank": {"input/spec.dat": SPEC.replace("\n", ",,\n")},
    "rows in another order": {"input/puvspr.dat": "\n".join([HEAD, *reversed(ROWS.split("\n")[1:])])},
    "a folder of Windows": {"input.dat": PLAIN["input.dat"].replace("INPUTDIR input", "INPUTDIR C:\\work\\INPUT\\")},
    "file names in capitals": {"input.dat": PLAIN["input.dat"].replace("pu.dat", "PU.DAT")},
    "keys with equals signs": {"input.dat": PLAIN["input.dat"].replace("MISSLEVEL ", "MISSLEVEL = ")},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_of_the_same_data(shape: str, tmp_path: Path) -> None:
    expected, found = tables(write(tmp_path / "a", PLAIN)), tables(write(tmp_path / "b", PLAIN, SHAPES[shape]))
    for name, table in expected.items():
        key = {"parcel_flows": ["account", "parcel_id"]}.get(name)
        left, right = (each.sort_values(key, ignore_index=True) if key else each for each in (table, found[name]))
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "cp1252"])
def test_names_in_other_scripts(encoding: str, tmp_path: Path) -> None:
    name = "Récif de corail" if encoding == "cp1252" else "珊瑚礁"
    folder = write(tmp_path / "peer", PLAIN, {"input/spec.dat": SPEC.replace("Rocky reef", name).encode(encoding)})
    assert name in tables(folder)["accounts"]["name_zh"].tolist()


def test_every_key_that_is_not_used_is_told(tmp_path: Path) -> None:
    told = zv.import_study(write(tmp_path / "peer", PLAIN)).told
    joined = "\n".join(told)
    assert "boundary term: BLM 1.0, BOUNDNAME bound.dat" in joined
    assert "optimum may be another for it: COSTTHRESH 25, THRESHPEN1 0" in joined
    assert "search and its files: RANDSEED -1" in joined
    assert "bound.dat: read, not used yet, there is no boundary term (rows: 2)" in told
    for used in ("PUNAME", "SPECNAME", "PUVSPRNAME", "MISSLEVEL", "INPUTDIR", "BLOCKDEFNAME"):
        assert used not in joined
    joined = "\n".join(zv.import_study(write(tmp_path / "zones", ZONES)).told)
    assert "BLM 0, ZONEBOUNDCOSTNAME zoneboundcost.dat" in joined
    assert "search" not in joined


NOTES = {
    "status 1": (PLAIN, "input/pu.dat", "2,1,1,", "2,1,1,", "units of status 1"),
    "columns of one's own": (PLAIN, "input/spec.dat", "targetocc,name", "targetocc,name,Owner", "left aside: Owner"),
    "clumps": (PLAIN, "input/spec.dat", "prop,target,spf", "prop,target,target2", "another for it: target2"),
    "an unknown unit": (PLAIN, "input/puvspr.dat", "10,1,5", "10,77,5", "as Marxan does: 1; pu.dat has no pu 77"),
    "an unknown feature": (PLAIN, "input/puvspr.dat", "20,4,2", "33,4,2", "spec.dat has no species 33"),
    "no cost": (PLAIN, "input/pu.dat", "id,cost,", "id,price,", "no column 'cost': it is 1 for all"),
    "out of reach": (PLAIN, "input/spec.dat", "10,0.5,", "10,1,", "units together do not reach feature.10: no plan"),
    "no weight": (PLAIN, "input/spec.dat", "-1,5,2,", "-1,5,0,", "so that targets have no weight, as in Marxan: 20"),
    "no folder": (PLAIN, "input.dat", "INPUTDIR input", "INPUTDIR other", "line 9, INPUTDIR: no folder 'other'"),
    "a key twice": (PLAIN, "input.dat", "BLM 1.0", "BLM 0.5\nBLM 1.0", "line 5, BLM: the key is there again"),
    "no zonecost": (ZONES, "input.dat", "ZONECOSTNAME zonecost.dat\n", "", "no ZONECOSTNAME: every cost is due"),
}  # fmt: skip


@pytest.mark.parametrize("note", NOTES)
def test_a_note(note: str, tmp_path: Path) -> None:
    files, name, old, new, said = NOTES[note]
    files = changed(files, name, old, new)
    if note == "no folder":
        files |= {key.removeprefix("input/"): text for key, text in files.items()}
    assert any(said in each for each in zv.import_study(write(tmp_path / "peer", files)).told)


def test_a_target_that_nothing_reaches_gives_at_its_penalty(tmp_path: Path) -> None:
    folder = write(tmp_path / "peer", changed(PLAIN, "input/spec.dat", "10,0.5,", "10,1,"))
    (tmp_path / "soft.toml").write_text('targets = "soft"', encoding="utf-8")
    hard, soft = zv.import_study(folder), zv.import_study(folder, tmp_path / "soft.toml")
    assert not zv.solve(zv.make_study(hard.settings, **hard.tables)).has_plan
    assert zv.solve(zv.make_study(soft.settings, **soft.tables)).has_plan
    assert set(soft.tables["limits"]["kind"]) == {"soft"}


def test_penalties_by_hand(tmp_path: Path) -> None:
    """Unit 4, always in, costs 5. Feature 10 lacks 8: no unit has it; 2 (3 for 1) goes first, then 1 (5 for 3.5), 9.5
    in all. Feature 20 has 2 of 5 there: unit 3 (4 for 2) brings the rest, 7 in all. Its spf is 2, half for each target.
    """
    (tmp_path / "soft.toml").write_text('targets = "soft"', encoding="utf-8")
    given = zv.import_study(write(tmp_path / "peer", PLAIN), tmp_path / "soft.toml")
    penalty = given.tables["limits"].set_index("account")["penalty"].to_dict()
    assert penalty == {"feature.10": 9.5 / 8, "feature.20": 2 * 7 / 5 / 2, "occurrence.20": 2 * 7 / 2 / 2}


def test_a_threshold_that_is_off_changes_nothing(tmp_path: Path) -> None:
    files = changed(PLAIN, "input.dat", "COSTTHRESH 25\nTHRESHPEN1 0", "COSTTHRESH 0.0E+00\nTHRESHPEN1 14")
    told = zv.import_study(write(tmp_path / "peer", files)).told
    assert not any("another for it" in each for each in told)
    assert any("RANDSEED -1, COSTTHRESH 0.0E+00, THRESHPEN1 14" in each for each in told)


def test_base_penalties_of_the_folder_come_before_reckoned_ones(tmp_path: Path) -> None:
    """Of feature 20 both an amount and occurrences are asked, so that each has half of spf x base over its target."""
    files = changed(PLAIN, "input.dat", "BOUNDNAME", "PENALTYNAME penalty.dat\nBOUNDNAME")
    folder = write(tmp_path / "peer", files, {"input/penalty.dat": "spid,penalty\n20,30\n10,8\n"})
    (tmp_path / "soft.toml").write_text('targets = "soft"', encoding="utf-8")
    limits = zv.import_study(folder, tmp_path / "soft.toml").tables["limits"].set_index("account")
    assert limits["penalty"].to_dict() == {
        "feature.10": 1 * 8 / 8,
        "feature.20": 2 * 30 / 5 / 2,
        "occurrence.20": 2 * 30 / 2 / 2,
    }
    assert limits["value"].to_dict() == {"feature.10": 8, "feature.20": 5, "occurrence.20": 2}  # in full: no MISSLEVEL
    assert any("PENALTYNAME penalty.dat" in each for each in zv.import_study(folder).told)


@pytest.mark.parametrize("name", ["zones_at_most_one", "zones_exactly_one"])
def test_a_published_optimum(name: str, tmp_path: Path) -> None:
    """The problem as a folder of Marxan with Zones: what counts in one zone alone is a feature of its own; a unit
    that may be in no zone is in a third one, which costs nothing and counts for nothing."""
    case, idle = CASES["zones_at_most_one"], name == "zones_at_most_one"
    units = range(7 if idle else 6)
    cost = [case["cost_zone1"], case["cost_zone2"]]
    features = {1: (case["feature1_zone1"], 1), 2: (case["feature2_zone1"], 1), 3: (case["feature1_zone2"], 2)}
    open_to = {i: [z for z in (1, 2) if cost[z - 1][i] is not None] + [3] * idle for i in units}
    lines = {
        "pu": ["id,one,two", *(f"{i + 1},{cost[0][i] or 0},{cost[1][i] or 0}" for i in units)],
        "spec": ["id,target,spf,name", *(f"{f},1,1,f{f}" for f in features)],
        "puvspr": ["species,pu,amount", *(f"{f},{i + 1},{row[i]}" for f, (row, _) in features.items() for i in units)],
        "zones": ["zoneid,zonename", "1,first", "2,second", *["3,none"] * idle],
        "costs": ["costid,costname", "1,one", "2,two"],
        "zonecost": ["zoneid,costid,fraction", "1,1,1", "2,2,1"],
        "zonecontrib": ["zoneid,speciesid,fraction", *(f"{z},{f},1" for f, (_, z) in features.items())],
        "puzone": ["puid,zoneid", *(f"{i + 1},{z}" for i in units for z in open_to[i])],
    }  # fmt: skip
    keys = "".join(f"{key.upper()}NAME {key}.dat\n" for key in lines)
    folder = write(
        tmp_path / "peer", {"input.dat": keys} | {f"{key}.dat": "\n".join(rows) for key, rows in lines.items()}
    )
    given = zv.import_study(folder)
    plan = zv.solve(zv.make_study(given.settings, **given.tables), gap=0)
    assert plan.objective == pytest.approx(-CASES[name]["optimum"])
    zone = plan.parcels.set_index("parcel_id")["zone"]
    for z in (1, 2):
        assert set(zone.index[zone == str(z)]) == {
            str(i + 1) for i, inside in enumerate(CASES[name][f"zone{z}"]) if inside
        }


def test_all_there_is_may_be_asked_for(tmp_path: Path) -> None:
    """A target of all of a feature, in amounts that no binary number is, is reached by all units."""
    amounts = [0.1, 0.2, 0.3, 1e-3, 1234.567, 0.7]
    files = {
        "input.dat": "PUNAME pu.dat\nSPECNAME spec.dat\nPUVSPRNAME puvspr.dat\n",
        "pu.dat": "id,cost\n" + "".join(f"{i},1\n" for i in range(6)),
        "spec.dat": "id,prop,spf\n1,1.0,1\n",
        "puvspr.dat": "species,pu,amount\n" + "".join(f"1,{5 - i},{much}\n" for i, much in enumerate(amounts)),
    }
    given = zv.import_study(write(tmp_path / "peer", files))
    plan = zv.solve(zv.make_study(given.settings, **given.tables), gap=0)
    assert plan.objective == pytest.approx(-6)
    assert zv.audit(plan).ok


def test_the_docs_name_every_file_and_column() -> None:
    text = (Path(__file__).parents[3] / "docs" / "marxan.md").read_text(encoding="utf-8")
    rows: dict[str, set[str]] = {}
    key = ""
    for line in text.splitlines():
        if line.startswith("| ") and len(cells := line.split("|")) == 5:
            key = cells[1].split()[0].strip(",") if cells[1].strip() else key
            rows.setdefault(key, set()).update(re.findall(r"`(\w+)`", cells[2] + cells[3]))
    lacking = {name: set(form.columns) - rows.get(name, set()) for name, form in FORMS.items()}
    assert not any(lacking.values()), lacking


def test_a_folder_of_marxan_beside_others_or_with_a_preset_is_told_so(tmp_path: Path) -> None:
    write(tmp_path / "peer", PLAIN)
    (tmp_path / "land.gpkg").touch()
    for sources, preset, beside in (
        ([tmp_path / "peer"], "cn-survey", "--preset cn-survey"),
        ([tmp_path / "land.gpkg", tmp_path / "peer"], None, "land.gpkg"),
    ):
        with pytest.raises(zv.StudyError) as caught:
            zv.import_study(sources, preset=preset)
        told = caught.value.faults
        assert len(told) == 1
        assert told["must"].iloc[0] == "a folder of Marxan is imported by itself"
        assert beside in told["found"].iloc[0]
