"""Faults of budgets, steps of prices, synergies and hurdles: changes of `whole_study`, and what the reader is told."""

# ruff: noqa: E501 - one fault a line, whole: the file reads as a table

from __future__ import annotations

from tests.instances.faults_money import NO_LIMITS
from tests.instances.studies import Change
from tests.instances.whole_study import WHOLE

_C = Change
OF_CASH = ("limits.csv", "n2,finance.cash.fund,,,>=,0,,,\n", "")
FINANCE = WHOLE["study.toml"][WHOLE["study.toml"].index("\n[finance]") : WHOLE["study.toml"].index("[equity]")]
NO_FINANCE = (("study.toml", FINANCE, "\n"), *NO_LIMITS, OF_CASH)
ONLY = {
    "budgets": (("budget_transfers.csv", WHOLE["budget_transfers.csv"], "from,to\n"), ("set_asides.csv", WHOLE["set_asides.csv"], "account,budget,share\n")),
    "budget_transfers": (("budgets.csv", WHOLE["budgets.csv"], "budget\n"), ("set_asides.csv", WHOLE["set_asides.csv"], "account,budget,share\n")),
}  # fmt: skip

BUDGETS: dict[str, Change] = {
    "budgets without finance": _C("jurisdictions.csv", "east,100", "east,101", "budgets.csv", "the table budgets goes with [finance]", "no [finance]", "leave the table out", (*NO_FINANCE, *ONLY["budgets"])),
    "name with a dot": _C("budgets.csv", "enterprise,enterprise,1", "enter.prise,enterprise,1", "budgets.csv, row 4, column budget", "is without . / ;", "'enter.prise'", "rename it", (("instruments.csv", "green,loan,enterprise", "green,loan,fund"), ("instruments.csv", "partner,equity,enterprise", "partner,equity,"), ("set_asides.csv", "sale,enterprise,0.3\n", ""))),
    "budget twice": _C("budgets.csv", "enterprise,enterprise,1,,,\n", "enterprise,enterprise,1,,,\nfund,,,,,\n", "budgets.csv, row 5, column budget", "unique", "more than once: fund", "drop"),
    "borrower": _C("budgets.csv", "enterprise,enterprise", "enterprise,enterprize", "budgets.csv, row 4, column borrower", "government or enterprise", "'enterprize' (enterprise)", "did you mean 'enterprise'?"),
    "reserve": _C("budgets.csv", "government,,0.5", "government,,-0.5", "budgets.csv, row 3, column reserve", "at least 0", "-0.5 (fund)", "correct"),
    "opening cash twice": _C("study.toml", "eod_eco_share = 0.3", "eod_eco_share = 0.3\nopening_cash = 2", "budgets.csv, row 2, column opening_cash", "stated once", "3, finance.opening_cash = 2", "leave one of the two out"),
    "budget of an account": _C("accounts.csv", "sale,million,revenue,one_off,1,fund", "sale,million,revenue,one_off,1,funds", "accounts.csv, row 3, column budget", "a row of budgets", "'funds' (sale)", "did you mean 'fund'?"),
    "budget of an instrument": _C("instruments.csv", "green,loan,enterprise", "green,loan,company", "instruments.csv, row 5, column budget", "a row of budgets", "'company' (green)", "add the row it means"),
    "budget of a project": _C("projects.csv", "0.04,0.9,fund", "0.04,0.9,fond", "projects.csv, row 3, column budget", "a row of budgets", "'fond' (park)", "did you mean 'fund'?"),
    "budget of a project alone": _C("budgets.csv", WHOLE["budgets.csv"], "budget\n", "projects.csv, row 3, column budget", "budget goes with budgets", "'fund' (park)", "leave budget blank", (*ONLY["budgets"], OF_CASH)),
    "default rows": _C("study.toml", 'defaults = "none"', 'defaults = ["instruments"]', "the default rows of instruments, column budget", "the budgets that default rows name", "'enterprise' (policy_loan), 'enterprise' (outside_equity)", "add these budgets", (("budgets.csv", "enterprise,enterprise,1,,,\n", ""), ("set_asides.csv", "sale,enterprise,0.3\n", ""), ("instruments.csv", "green,loan,enterprise", "green,loan,fund"), ("instruments.csv", "partner,equity,enterprise", "partner,equity,"))),
    "debt for the government": _C("projects.csv", "west,1,,1,,gift", "west,1,,1,,green", "projects.csv, row 3, column instruments", "may fund it", "'green' is raised by an enterprise, the project is the government's (park)", "take it out"),
    "transfer to itself": _C("budget_transfers.csv", "fund,general", "fund,fund", "budget_transfers.csv, row 3, column to", "from one budget to another", "'fund'", "correct one"),
    "transfer from nowhere": _C("budget_transfers.csv", "fund,general", "fond,general", "budget_transfers.csv, row 3, column from", "a row of budgets", "'fond'", "did you mean 'fund'?"),
    "transfer twice": _C("budget_transfers.csv", "fund,general", "general,fund", "budget_transfers.csv, row 3, column from + to", "unique", "general/fund", "drop"),
    "set aside for nobody": _C("set_asides.csv", "rent,fund", "rent,fond", "set_asides.csv, row 4, column budget", "a row of budgets", "'fond' (rent)", "did you mean 'fund'?"),
    "set aside of a cost": _C("set_asides.csv", "rent,fund", "repair,fund", "set_asides.csv, row 4, column account", "comes in as cash", "repair: cost, cash = 1", "another account"),
    "set aside of no cash": _C("set_asides.csv", "rent,fund", "water,fund", "set_asides.csv, row 4, column account", "comes in as cash", "water: ecosystem, cash = 0", "another account"),
    "set aside of nothing": _C("set_asides.csv", "rent,fund", "rant,fund", "set_asides.csv, row 4, column account", "a row of accounts", "'rant'", "did you mean 'rent'?"),
    "more than all": _C("set_asides.csv", "sale,enterprise,0.3", "sale,enterprise,0.95", "set_asides.csv, rows 2, 3, column share", "sum to 1 at most", "sale: 1.05", "lower"),
    "share": _C("set_asides.csv", "rent,fund,0.5", "rent,fund,50", "set_asides.csv, row 4, column share", "from 0 to 1", "50 (rent)", "correct"),
    "cash of no budget": _C("limits.csv", "finance.cash.fund", "finance.cash.fond", "limits.csv, row 10, column account", "a built-in account", "'finance.cash.fond' (n2)", "did you mean 'finance.cash.fund'?"),
    "limit called like a reserve": _C("limits.csv", "n2,finance", "reserve.fund,finance", "limits.csv, row 10, column limit", "called like a row of money", "'reserve.fund'", "rename it"),
    "limit called like a transfer": _C("limits.csv", "n2,finance", "budget_transfer.fund.general,finance", "limits.csv, row 10, column limit", "called like a row of money", "'budget_transfer.fund.general'", "rename it"),
    "limit called portfolio": _C("limits.csv", "n2,finance", "portfolio,finance", "limits.csv, row 10, column limit", "called like a row of money", "'portfolio'", "rename it"),
    "limit called like a step": _C("limits.csv", "n2,finance", "price_steps.sale,finance", "limits.csv, row 10, column limit", "called like a row of money", "'price_steps.sale'", "rename it"),
}  # fmt: skip

STEPS: dict[str, Change] = {
    "account a year": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "rent,area.new.practice.build,0.5,1,2,west,2026", "price_steps.csv, row 4, column account", "one_off, with cash = 1", "rent: revenue, annual, cash = 1", "another account"),
    "account of no money": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "rise,area.new.practice.build,0.5,1,2,west,2026", "price_steps.csv, row 4, column account", "one_off, with cash = 1", "rise: uplift, one_off, cash = 0", "another account"),
    "unknown account": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "sail,area.new.practice.build,0.5,1,2,west,2026", "price_steps.csv, row 4, column account", "a row of accounts", "'sail'", "did you mean 'sale'?"),
    "stock of hectares": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "sale,area.practice.build,0.5,1,2,west,2026", "price_steps.csv, row 4, column area_account", "hectares of a period", "'area.practice.build'", "area.new_construction"),
    "quality": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "sale,quality.lost.arable,0.5,1,2,west,2026", "price_steps.csv, row 4, column area_account", "hectares of a period", "'quality.lost.arable'", "area.new_construction"),
    "money for hectares": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "sale,levy,0.5,1,2,west,2026", "price_steps.csv, row 4, column area_account", "hectares of a period", "'levy'", "area.new_construction"),
    "unknown hectares": _C("price_steps.csv", "sale,area.new.practice.build,0.5,1,2,west,2026", "sale,area.new.practice.bild,0.5,1,2,west,2026", "price_steps.csv, row 4, column area_account", "a built-in account", "'area.new.practice.bild'", "did you mean 'area.new.practice.build'?"),
    "no hectares": _C("price_steps.csv", "build,0.5,1,2,east", "build,0,1,2,east", "price_steps.csv, row 3, column up_to", "above 0", "0 (sale)", "drop the row"),
    "step twice": _C("price_steps.csv", "build,1.5,0.8,2,east", "build,0.50,1,2,east", "price_steps.csv, row 3, column account + area_account + jurisdiction + period + up_to", "unique", "sale/area.new.practice.build/east//0.5", "drop"),
    "the more, the dearer": _C("price_steps.csv", "build,1.5,0.8,2,east", "build,1.5,1.1,2,east", "price_steps.csv, row 2, column price", "of a revenue, factor x price does not rise", "2.2 after 2 (sale)", "correct the prices"),
    "the more, the cheaper": _C("price_steps.csv", "rezoned,2,1.5,0.1", "rezoned,2,0.9,0.1", "price_steps.csv, row 7, column price", "of a cost, factor x price does not fall", "0.09 after 0.1 (repair)", "correct the prices"),
    "of places and of all": _C("price_steps.csv", "2,west,2027-2031", "2,,2027-2031", "", "", "", ""),
    "no place": _C("price_steps.csv", "2,west,2026", "2,wset,2026", "price_steps.csv, row 4, column jurisdiction", "a row of jurisdictions", "'wset' (sale)", "did you mean 'west'?"),
    "no period": _C("price_steps.csv", "west,2027-2031", "west,2028", "price_steps.csv, row 5, column period", "a period of study.toml", "'2028' (sale)", "correct"),
}  # fmt: skip
STEPS["of places and of all"] = _C(
    "price_steps.csv", "1,3,west,2027-2031", "1,3,,2027-2031", "price_steps.csv, rows 2, 3, 4, 5, column jurisdiction",
    "of jurisdictions, or of all together", "blank beside 'east', 'west'", "in each of them, or in none",
)  # fmt: skip

PROJECTS: dict[str, Change] = {
    "synergy with itself": _C("synergies.csv", "park,hall", "park,park", "synergies.csv, row 3, column with", "two different projects", "'park'", "another project"),
    "synergy with nobody": _C("synergies.csv", "park,hall", "park,hull", "synergies.csv, row 3, column with", "a row of projects", "'hull' (park)", "did you mean 'hall'?"),
    "synergy of nobody": _C("synergies.csv", "park,hall", "perk,hall", "synergies.csv, row 3, column project", "a row of projects", "'perk'", "did you mean 'park'?"),
    "synergy in a stock": _C("synergies.csv", "hall,water", "hall,store", "synergies.csv, row 3, column account", "annual or one_off", "'store' (park)", "another account"),
    "synergy in land value": _C("synergies.csv", "hall,water", "hall,rise", "synergies.csv, row 3, column account", "not of family uplift", "'rise' (park)", "another account"),
    "synergy in areas": _C("synergies.csv", "hall,water", "hall,area.rezoned", "synergies.csv, row 3, column account", "follow from the plan", "'area.rezoned' (park)", "account of your own"),
    "synergy both ways": _C("synergies.csv", "park,road,water", "park,road,rent", "synergies.csv, row 4, column with", "one row of synergies", "'road' (park)", "add the two rows up"),
    "synergy of a set": _C("projects.csv", "deliverability,budget", "deliverability,budget,exclusive_set", "synergies.csv, rows 2, 4, column with", "not of one exclusive_set", "'road' (park)", "take one of them out", (("projects.csv", "spring,0.04,0.9,fund", "spring,0.04,0.9,fund,one"), ("projects.csv", "rise,build,0.5,,,,", "rise,build,0.5,,,,,one"))),
    "synergy twice": _C("synergies.csv", "park,road,water", "park,hall,water", "synergies.csv, row 4, column project + with + account", "unique", "park/hall/water", "drop"),
    "nothing delivered": _C("projects.csv", "0.04,0.9,fund", "0.04,0,fund", "projects.csv, row 3, column deliverability", "above 0", "0 (park)", "leave the project out"),
    "more than promised": _C("projects.csv", "0.04,0.9,fund", "0.04,1.1,fund", "projects.csv, row 3, column deliverability", "from 0 to 1", "1.1 (park)", "correct"),
    "hurdle in per cent": _C("projects.csv", "0.04,0.9,fund", "4,0.9,fund", "projects.csv, row 3, column hurdle", "from 0 to 1", "4 (park)", "correct"),
    "hurdle of no category": _C("study.toml", "livelihood = 0.06", "livelyhood = 0.06", "study.toml, finance.hurdle.livelyhood", "one of the study format", "'livelyhood'", "did you mean 'livelihood'?"),
    "hurdle of a category in per cent": _C("study.toml", "livelihood = 0.06", "livelihood = 6", "study.toml, finance.hurdle.livelihood", "from 0 to 1", "6", "0.05 for 5 %"),
    "eod in per cent": _C("study.toml", "eod_eco_share = 0.3", "eod_eco_share = 30", "study.toml, finance.eod_eco_share", "from 0 to 1", "30", "0.05 for 5 %"),
    "no eod bundle": _C("projects.csv", "park,Park,ecological_restoration", "park,Park,eco_bank", "study.toml, finance.eod_eco_share", "bundles with a project of category ecological_restoration", "none", "take the key out"),
    "no bundle": _C("projects.csv", ",,,,,,spring,,0.5,", ",,,,,,,,0.5,", "study.toml, finance.eod_eco_share", "and one of another category", "none", "take the key out"),
}  # fmt: skip

PLACES: dict[str, Change] = {
    "main function": _C("limits.csv", "main_function:urbanisation", "main_function:urbanization", "limits.csv, row 12, column jurisdiction", "main_function:…, each, or blank", "'main_function:urbanization' (n4)", "did you mean 'main_function:urbanisation'?"),
    "no main function": _C("limits.csv", "main_function:urbanisation", "main_function:", "limits.csv, row 12, column jurisdiction", "main_function:…, each, or blank", "'main_function:' (n4)", "correct"),
    "nobody in a main function": _C("jurisdictions.csv", "west,200", "west,", "limits.csv, row 12, column basis", "people are counted there", "nobody in west (n4)", "fill in population"),
    "debt of a main function": _C("limits.csv", "n2,finance.cash.fund,,", "n2,finance.cash.fund,main_function:urbanisation,", "limits.csv, row 10, column jurisdiction", "the budget entity as a whole", "'main_function:urbanisation' with 'finance.cash.fund' (n2)", "leave it blank"),
    "trade of a main function": _C("limits.csv", "m3,quota.land.bought,,", "m3,quota.land.bought,main_function:urbanisation,", "limits.csv, row 6, column jurisdiction", "a movable quota is traded for all together", "'main_function:urbanisation' with 'quota.land.bought' (m3)", "leave it blank"),
    "jurisdiction like a main function": _C("jurisdictions.csv", "west,200,urbanisation\n", "west,200,urbanisation\nmain_function:x,1,\n", "jurisdictions.csv, row 4, column jurisdiction", "limits use these words", "'main_function:x'", "rename it"),
    "assets at no rate": _C("study.toml", "[rates]\n", "[rates]\nsocial = 0.0\n", "limits.csv, rows 9, 11, column account", "where rates.social is above 0", "'asset.land.collective' (n1), 'asset.water' (n3)", "set rates.social above 0"),
    "assets of whom": _C("limits.csv", "asset.land.collective", "asset.land.collectives", "limits.csv, row 9, column account", "a built-in account", "'asset.land.collectives' (n1)", "did you mean 'asset.land.collective'?"),
    "assets of all periods": _C("limits.csv", "n3,asset.water,,last", "n3,asset.water,,total", "limits.csv, row 11, column period", "a stock has no sum", "'total' with 'asset.water' (n3)", "period = last"),
    "assets in a quota": _C("quotas.csv", "water,waste", "water,asset.water", "quotas.csv, row 3, column account_used", "an annual or a one_off account", "'asset.water' (water)", "area.new_construction"),
    "cash of a budget in a quota": _C("quotas.csv", "land,area.new_construction", "land,finance.cash.fund", "quotas.csv, row 2, column account_used", "an annual or a one_off account", "'finance.cash.fund' (land)", "area.new_construction"),
    "assets of a flow": _C("project_flows.csv", "road,repair", "road,asset.land", "project_flows.csv, row 3, column account", "follow from the plan", "'asset.land'", "account of your own"),
}  # fmt: skip
