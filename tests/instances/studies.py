"""A small sound study as files, and one change after another that makes it unsound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests.chinese import check_faults, names_in
from zonevest.instances.read import read_study
from zonevest.instances.study import StudyError

TOML = """\
format = 1
name = "base"
title = { en = "A base for tests", zh = "测试" }
parcels = "parcels.csv"
purse = ["local"]
defaults = "none"

[[periods]]
name = "2026"
start = 2026
years = 1

[[periods]]
name = "2027-2031"
start = 2027
years = 5

[rates]
finance = 0.05

[objective]
method = "floor"

[objective.accounts]
waste = -1.0
"""

BASE: Mapping[str, str] = {
    "study.toml": TOML,
    "parcels.csv": """\
parcel_id,land_class,jurisdiction,area_ha,tenure,zone,redline,basic_farmland,locked_zone,forbidden_zones,locked_practice,tags,x_slope
0101,01,east,1.5,collective,Z1,0,0,,,,upper,1.5
0102,01,east,2.5,collective,Z1,general,1,,,,upper;lower,2.5
0103,02,west,1.0,state,Z2,0,0,,,,lower,0.5
0104,02,west,4.0,state,Z2,0,0,Z2,Z1,hold,,1
""",
    "jurisdictions.csv": "jurisdiction,population\neast,100\nwest,200\n",
    "zones.csv": "zone,parent,line,line_rule,urban\nZ1,,,,0\nZ2,,,,1\nZ2a,Z2,redline,within,0\n",
    "land_classes.csv": "land_class,class_group,resource\n01,arable,land\n02,construction,land\n",
    "class_zones.csv": "land_class,zone,suitability\n01,Z1,3\n01,Z2,1\n02,Z2,3\n02,Z2a,2\n01,Z2a,1\n",
    "accounts.csv": """\
account,unit,family,recurrence,cash,growth
rent,million/year,revenue,annual,1,0.01
sale,million,revenue,one_off,1,
water,million/year,ecosystem,annual,0,
waste,t/year,custom,annual,0,
store,t,custom,stock,0,
""",
    "actors.csv": "actor,public\nlocal,1\nfarmers,0\n",
    "shares.csv": "account,role,actor,share,project\nrent,receives,local,0.6,\nrent,receives,farmers,0.4,\n",
    "practices.csv": """\
practice,zone,mode,from_classes,to_class,earliest,latest
build,Z2,development,class_group:arable;02,02,2026,2027-2031
rest,Z2a,restoration,02,,,
""",
    "class_flows.csv": """\
land_class,account,basis,value,scale_by,where
01,water,per_ha_year,1,x_slope,tenure=collective|state; redline=0
""",
    "zone_flows.csv": "zone,account,basis,value\nZ2,waste,per_ha_year,1\n",
    "practice_flows.csv": """\
practice,account,basis,value,start_year,life_years
build,sale,per_ha_once,2,0,
build,rent,per_ha_year,1,1,30
""",
    "project_flows.csv": "project,account,basis,value,start_year\nroad,waste,per_year,3,\nroad,sale,once,1,1\n",
    "parcel_flows.csv": "parcel_id,practice,zone,account,basis,value\n0101,build,,rent,per_year,2\n",
    "projects.csv": """\
project,name,category,jurisdiction,capex,build_years,annual_revenue,earliest,latest,mandatory,requires,requires_lag,exclusive_set,bundle,footprint,footprint_zones,footprint_practice,min_area,min_area_of,enables,enables_area
road,Road,infrastructure,east,3,1,1,,,1,,,,,,,,,,,
park,Park,other,west,1,1,,2027-2031,,,road,0,,,0103;0104,Z2,build,1,practice:build,build,3
mill,,,,2,1,,,,,,,one,,,,,,,,
farm,,,,2,1,,,,,,,one,pair,,,,,,,
shop,,,,2,1,,,,,,,,pair,,,,,,,
""",
    "land_take.csv": "project,land_class,jurisdiction,area_ha\nroad,01,east,0.5\n",
    "limits.csv": """\
limit,account,jurisdiction,period,sense,value,basis,kind,penalty
l1,area.class_group.arable,each,last,>=,0.5,share_of_start,,
l2,waste,,total,<=,20,,soft,3
l3,rent,upper,2026,>=,0,share_of:sale,hard,
l4,area.converted,east,,<=,1,per_head,,
l5,area.new.practice.build,,total,<=,9,,,
""",
    "limit_terms.csv": "limit,account,coefficient\nl2,rent,-1\n",
}


@dataclass(frozen=True)
class Change:
    """A change to the base (old text -> new text in one file), and the fault that it makes.

    `old` blank: `new` is the whole file. Each of where, must, found, do is a part of what the fault says. `more` are
    further edits (file, old, new) without which there would be other faults beside it.
    """

    file: str
    old: str
    new: str
    where: str
    must: str
    found: str
    do: str
    more: tuple[tuple[str, str, str], ...] = ()


def write_base(folder: Path, changes: tuple[Change, ...] | list[Change] = (), base: Mapping[str, str] = BASE) -> Path:
    """Write the base with some changes into a folder."""
    files = dict(base)
    for change in changes:
        for name, old, new in (*change.more, (change.file, change.old, change.new)):
            if old:
                assert files[name].count(old) == 1, f"{old!r} is not once in {name}"
                files[name] = files[name].replace(old, new)
            else:
                files[name] = new
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path | str) -> pd.DataFrame:
    """The faults of a study folder, each of which is told in Chinese too; without any, a table without rows."""
    try:
        read_study(folder)
    except StudyError as error:
        check_faults(error.faults, names_in(Path(folder)))
        return error.faults
    return pd.DataFrame(columns=["where", "must", "found", "do"])
