"""The sound study with money of `money_study`, and what else a study may hold: budgets, steps, synergies, hurdles."""

from __future__ import annotations

from collections.abc import Mapping

from tests.instances.money_study import MONEY

WHOLE: Mapping[str, str] = {
    **MONEY,
    "study.toml": MONEY["study.toml"].replace(
        "opening_cash = 3.0\n", "eod_eco_share = 0.3\nhurdle = { infrastructure = 0.05, livelihood = 0.06 }\n"
    ),
    "jurisdictions.csv": "jurisdiction,population,main_function\neast,100,main farm area\nwest,200,urbanisation\n",
    "practices.csv": """\
practice,zone,mode,from_classes,to_class,earliest,latest,in_migration
build,Z2,development,class_group:arable;02,02,2026,2027-2031,
rest,Z2a,restoration,02,,,,
""",
    "projects.csv": """\
project,name,category,jurisdiction,capex,mandatory,green,real_estate,instruments,equity_min,catchment,uplift_per_ha,uplift_account,uplift_of,uplift_cap,bundle,hurdle,deliverability,budget
road,Road,infrastructure,east,3,1,,,special;gift,0.2,upper,0.4,rise,build,0.5,,,,
park,Park,ecological_restoration,west,1,,1,,gift,,lower,0.2,rise,,,spring,0.04,0.9,fund
hall,Hall,livelihood,west,2,,,1,,,,,,,,spring,,0.5,
""",
    "budgets.csv": """\
budget,borrower,opening_cash,reserve,name_en,name_zh
general,,3,,General,一般公共预算
fund,government,,0.5,,
enterprise,enterprise,1,,,
""",
    "budget_transfers.csv": "from,to,cap\ngeneral,fund,2\nfund,general,\n",
    "set_asides.csv": "account,budget,share\nsale,general,0.1\nsale,enterprise,0.3\nrent,fund,0.5\n",
    "price_steps.csv": """\
account,area_account,up_to,factor,price,jurisdiction,period
sale,area.new.practice.build,1.5,0.8,2,east,
sale,area.new.practice.build,0.5,1,2,east,
sale,area.new.practice.build,0.5,1,2,west,2026
sale,area.new.practice.build,0.5,1,3,west,2027-2031
repair,area.rezoned,1,1,0.1,,
repair,area.rezoned,2,1.5,0.1,,
""",
    "synergies.csv": """\
project,with,account,value
road,park,rent,0.2
park,hall,water,0.1
park,road,water,0.3
""",
    "limits.csv": MONEY["limits.csv"]
    + """\
n1,asset.land.collective,main_function:main farm area,last,>=,0.9,share_of_start,,
n2,finance.cash.fund,,,>=,0,,,
n3,asset.water,,last,>=,0,,,
n4,area.class_group.construction,main_function:urbanisation,,<=,1,per_head,,
""",
}
"""Files by name."""
