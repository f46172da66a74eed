"""What is legal but suspicious: what is changed in the sound study, and what the reader is warned of."""

# ruff: noqa: E501 - one warning a line, whole: the file reads as a table

from __future__ import annotations

from tests.instances.studies import BASE, Change

_C = Change
PARCELS = BASE["parcels.csv"]
MU = (
    PARCELS.replace("1.5,coll", "22.5,coll")
    .replace("2.5,coll", "37.5,coll")
    .replace("1.0,state", "15,state")
    .replace("4.0,state", "60,state")
)
HEADER = "x_slope,condition,land_price_factor,farmland_quality,growth_boundary"
STATED = PARCELS.replace("\n", ",1,1,1,1\n").replace("x_slope,1,1,1,1", HEADER, 1)
RENT = "build,rent,per_ha_year,1,1,30"


def _parcels(old: str, new: str, where: str, must: str, found: str, do: str) -> Change:
    """A change to parcels with columns of factors, and all inside the growth boundary."""
    assert old in STATED, old
    return _C("parcels.csv", "", STATED.replace(old, new), where, must, found, do)


def _unit(row: str, unit: str, where: str, must: str, found: str, do: str) -> Change:
    """A unit of one of the two rows of practice flows."""
    flows = BASE["practice_flows.csv"].replace("life_years\n", "life_years,unit\n").replace("2,0,\n", "2,0,,\n")
    flows = flows.replace("1,1,30\n", "1,1,30,\n")
    assert f"{row},\n" in flows, row
    told = f"practice_flows.csv, {where}, column unit"
    return _C("practice_flows.csv", "", flows.replace(f"{row},\n", f"{row},{unit}\n"), told, must, found, do)


LAND: dict[str, Change] = {
    "square metres": _C("parcels.csv", "", PARCELS.replace("1.5,coll", "15000,coll").replace("2.5,coll", "25000,coll").replace("1.0,state", "10000,state").replace("4.0,state", "40000,state"), "parcels.csv, column area_ha", "larger than 10,000 ha", "half of the parcels have 25,000 ha", "15 mu"),
    "square metres of a county": _C("parcels.csv", "4.0,state", "2000000000,state", "parcels.csv, column area_ha", "more than China has", "2e+09 ha in all", "15 mu", (("jurisdictions.csv", "west,200", "west,2000000"),)),
    "mu": _C("parcels.csv", "", MU, "parcels.csv, column area_ha", "more than 1,500 m2 a head", "2,500 m2 a head: 75 ha of built land, 300 people", "divide mu by 15"),
    "people": _C("jurisdictions.csv", "west,200", "west,20000", "jurisdictions.csv, column population", "between 0.0001 and 500", "west: 20,000 on 5 ha", "in people"),
    "ten thousand people": _C("jurisdictions.csv", "west,200", "west,0.0004", "jurisdictions.csv, column population", "between 0.0001 and 500", "west: 0.0004 on 5 ha", "in people"),
    "condition in per cent": _parcels("1.5,1,1,1,1", "1.5,80,1,1,1", "parcels.csv, row 2, column condition", "usually from 0 to 3", "80 (0101)", "if they are meant"),
    "price of land": _parcels("1.5,1,1,1,1", "1.5,1,300,1,1", "parcels.csv, row 2, column land_price_factor", "usually from 0.01 to 20", "300 (0101)", "if they are meant"),
    "quality of farmland": _parcels("1.5,1,1,1,1", "1.5,1,1,900,1", "parcels.csv, row 2, column farmland_quality", "usually from 0 to 100", "900 (0101)", "if they are meant"),
    "no jurisdiction": _C("parcels.csv", "0104,02,west", "0104,02,", "parcels.csv, row 5, column jurisdiction", "in a jurisdiction where some are", "1 of 4 parcels (25 %)", "in the total alone", (("limits.csv", "l1,area.class_group.arable,each,", "l1,area.class_group.arable,east,"),)),
    "a jurisdiction elsewhere": _C("jurisdictions.csv", "west,200", "west,200\nnorth,5", "jurisdictions.csv, row 4, column jurisdiction", "has parcels, or projects", "'north'", "how parcels name it"),
    "a line elsewhere": _parcels("1,1\n", "1,0\n", "parcels.csv, column growth_boundary", "meets the territory", "none of 4 parcels", "its coordinate system"),
    "a zone without its line": _C("zones.csv", "Z2,,,,1", "Z2,,,,1\nZ3,,sea,within,0", "zones.csv, row 4, column line", "parcels inside a line has some", "'sea' (Z3)", "take the zone out"),
    "where of nothing": _C("class_flows.csv", "redline=0", "redline=core", "class_flows.csv, row 2, column where", "values that some parcel has", "redline=core", "holds nowhere"),
    "where of no flag": _C("class_flows.csv", "redline=0", "sea=1", "class_flows.csv, row 2, column where", "values that some parcel has", "sea=1", "holds nowhere"),
    "where of no number": _C("class_flows.csv", "redline=0", "x_slope=7|9", "class_flows.csv, row 2, column where", "values that some parcel has", "x_slope=7|9", "holds nowhere"),
    "square metres taken": _C("land_take.csv", "road,01,east,0.5", "road,01,east,5000", "land_take.csv, row 2, column area_ha", "no more of a class than there is", "5,000 of 4 ha (road)", "check the class"),
    "taken where there is none": _C("land_take.csv", "road,01,east,0.5", "road,02,,0.5", "land_take.csv, row 2, column area_ha", "no more of a class than there is", "0.5 of 0 ha (road)", "check the class"),
}  # fmt: skip
AMOUNTS: dict[str, Change] = {
    "yuan a hectare": _C("practice_flows.csv", RENT, "build,rent,per_ha_year,30000,1,30", "practice_flows.csv, row 3, column value", "million of the currency", "30000 (rent)", "divide them by a million"),
    "yuan once": _C("project_flows.csv", "road,sale,once,1,1", "road,sale,once,3000000,1", "project_flows.csv, row 3, column value", "million of the currency", "3e+06 (sale)", "divide them by a million"),
    "capex in yuan": _C("projects.csv", "mill,,,,2,1", "mill,,,,2000000,1", "projects.csv, row 4, column capex", "capex is in million", "2000000 (mill)", "divide it by a million"),
    "growth in per cent": _C("accounts.csv", "rent,million/year,revenue,annual,1,0.01", "rent,million/year,revenue,annual,1,0.5", "accounts.csv, row 2, column growth", "seldom beyond 0.2", "0.5 (rent)", "0.02 for 2 %"),
    "growth of people": _C("study.toml", 'purse = ["local"]', 'purse = ["local"]\npopulation_growth = -0.3', "study.toml, population_growth", "seldom beyond 0.1", "-0.3", "0.02 for 2 %"),
    "growth of people there": _C("jurisdictions.csv", BASE["jurisdictions.csv"], "jurisdiction,population,population_growth\neast,100,0.5\nwest,200,0.005\n", "jurisdictions.csv, row 2, column population_growth", "seldom beyond 0.1", "0.5 (east)", "0.02 for 2 %"),
    "rate": _C("study.toml", "finance = 0.05", "finance = 0.5", "study.toml, rates.finance", "seldom above 0.25", "0.5", "0.05 for 5 %"),
    "social rate": _C("study.toml", "finance = 0.05", "social = 0.3", "study.toml, rates.social", "seldom above 0.25", "0.3", "0.05 for 5 %"),
    "unit of a hectare": _C("accounts.csv", "water,million/year", "water,million/ha/year", "accounts.csv, row 4, column unit", "not of a hectare", "'million/ha/year' (water)", "flow rows have a basis"),
    "unit of a mu": _C("accounts.csv", "water,million/year", "water,百万元/亩", "accounts.csv, row 4, column unit", "not of a hectare", "'百万元/亩' (water)", "flow rows have a basis"),
    "unit of a year": _C("accounts.csv", "sale,million,", "sale,million/year,", "accounts.csv, row 3, column unit", "only the unit of an annual account", "'million/year', one_off (sale)", "the recurrence"),
    "unit without a year": _C("accounts.csv", "water,million/year", "water,million", "accounts.csv, row 4, column unit", "annual account of money has a unit of a year", "'million', annual (water)", "as million/year"),
    "unit of yuan": _C("accounts.csv", "water,million/year", "water,10000 yuan", "accounts.csv, row 4, column unit", "counted in million", "'10000 yuan' (water)", "see that the amounts are million"),
    "unit of another scale": _C("practice_flows.csv", BASE["practice_flows.csv"], "practice,account,basis,value,start_year,life_years,unit\nbuild,sale,per_ha_once,2,0,,yuan/mu\nbuild,rent,per_ha_year,1,1,30,\n", "practice_flows.csv, column unit", "in the unit of their account", "'yuan/mu' (sale: million)", "convert the amounts"),
    "once a year": _C("practice_flows.csv", BASE["practice_flows.csv"], "practice,account,basis,value,start_year,life_years,unit\nbuild,sale,per_ha_once,2,0,,million/ha/year\nbuild,rent,per_ha_year,1,1,30,\n", "practice_flows.csv, row 2, column unit", "has no unit of a year", "per_ha_once", "change the basis"),
    "once a year, in words": _C("practice_flows.csv", BASE["practice_flows.csv"], "practice,account,basis,value,start_year,life_years,unit\nbuild,sale,per_ha_once,2,0,,million per ha and year\nbuild,rent,per_ha_year,1,1,30,\n", "practice_flows.csv, row 2, column unit", "has no unit of a year", "per_ha_once", "change the basis"),
    "a hectare without a year": _unit("rent,per_ha_year,1,1,30", "million per ha", "row 3", "by the year has a unit of a year", "'million per ha', per_ha_year", "change the basis"),
    "a year without a hectare": _unit("rent,per_ha_year,1,1,30", "million/year", "row 3", "of a hectare has a unit of a hectare", "'million/year', per_ha_year", "of the whole parcel"),
    "a hectare of a whole parcel": _C("parcel_flows.csv", "", "parcel_id,practice,zone,account,basis,value,unit\n0101,build,,rent,per_year,2,million/ha/year\n", "parcel_flows.csv, row 2, column unit", "has no unit of land", "'million/ha/year', per_year", "per_ha_year or per_ha_once"),
    "years of a name": _C("study.toml", 'name = "2027-2031"\nstart = 2027\nyears = 5', 'name = "2027-2031"\nstart = 2027\nyears = 4', "study.toml, periods", "has these years", "'2027-2031': from 2027 to 2030", "correct start or years"),
}  # fmt: skip
FINANCE: dict[str, Change] = {
    "yuan a head": _C("study.toml", "fiscal_resources = 50.0", "fiscal_resources = 50000000.0", "study.toml, finance.fiscal_resources", "million of the currency a year", "a head", "divide them by a million"),
    "yuan a hectare": _C("study.toml", "fiscal_resources = 50.0", "fiscal_resources = 50000000.0", "study.toml, finance.fiscal_resources", "million of the currency a year", "a hectare", "divide them by a million", (("jurisdictions.csv", "jurisdiction,population\neast,100\nwest,200", "jurisdiction\neast\nwest"), ("limits.csv", "", "limit,account,sense,value\nl1,area.converted,<=,9\n"), ("limit_terms.csv", "", "limit,account,coefficient\n"), ("study.toml", "jurisdiction_floor = 0.5\nfund = \"relief\"\n", ""))),
    "a poor budget": _C("study.toml", "fiscal_resources = 50.0", "fiscal_resources = 0.1", "parcels.csv, column area_ha", "less than 0.05 million a year", "0.02 million: 5 ha of built land, 0.1 million a year", "divide mu by 15", (("jurisdictions.csv", "jurisdiction,population\neast,100\nwest,200", "jurisdiction\neast\nwest"), ("limits.csv", "", "limit,account,sense,value\nl1,area.converted,<=,9\n"), ("limit_terms.csv", "", "limit,account,coefficient\n"), ("study.toml", "jurisdiction_floor = 0.5\nfund = \"relief\"\n", ""))),
    "growth of revenue": _C("study.toml", "fiscal_resources = 0.01", "fiscal_resources = 0.3", "study.toml, finance.growth.fiscal_resources", "seldom beyond 0.2", "0.3", "0.02 for 2 %"),
    "hurdle": _C("study.toml", "land_rent = false", "land_rent = false\nhurdle = { livelihood = 0.5 }", "study.toml, finance.hurdle.livelihood", "seldom above 0.25", "0.5", "0.05 for 5 %"),
    "rate of a bond": _C("instruments.csv", "general,bond,general,1,0.02,", "general,bond,general,1,0.3,", "instruments.csv, row 2, column rate", "seldom above 0.25", "0.3 (general)", "0.05 for 5 %"),
    "rate of a yearly tax": _C("capture.csv", "holding_tax,rise,0.01,1,1", "holding_tax,rise,0.5,1,1", "capture.csv, row 4, column rate", "seldom above 0.1", "0.5 (holding_tax)", "0.01 for 1 %"),
    "bond in yuan": _C("instruments.csv", "general,bond,general,1,0.02,10,,,,,,,,,,30,10", "general,bond,general,1,0.02,10,,,,,,,,,,30000000,10", "instruments.csv, row 2, column outstanding", "outstanding is in million", "30000000 (general)", "divide it by a million"),
    "capex in 10,000 yuan": _C("projects.csv", "road,Road,infrastructure,east,3,", "road,Road,infrastructure,east,1500,", "projects.csv, column capex", "20 times what the budget takes in a year", "1,503 million in all, 50 million a year", "by 100 what is in 10,000 yuan"),
    "debt in 10,000 yuan": _C("instruments.csv", "general,bond,general,1,0.02,10,,,,,,,,,,30,10", "general,bond,general,1,0.02,10,,,,,,,,,,3000,10", "instruments.csv, column outstanding", "20 times what the budget takes in a year", "3,000 million in all, 50 million a year", "by 100 what is in 10,000 yuan"),
    "tenure": _C("parcels.csv", "0104,02,west,4.0,state", "0104,02,west,4.0,", "parcels.csv, column tenure", "by tenure", "no tenure: 0104", "are not seen", (("limits.csv", "m4,money.operating,", "m4,asset.land.state,"),)),
}  # fmt: skip
