"""Faults of money: what is changed in the sound study of `money_study`, and what the reader is told."""

# ruff: noqa: E501 - one fault a line, whole: the file reads as a table

from __future__ import annotations

from tests.instances.money_study import FINANCE
from tests.instances.studies import Change

_C = Change


def _toml(old: str, new: str, where: str, must: str, found: str, do: str, *more: tuple[str, str, str]) -> Change:
    return Change("study.toml", old, new, f"study.toml, {where}", must, found, do, more)


NO_FINANCE = ("study.toml", FINANCE[: FINANCE.index("[equity]")], "\n")
NO_LIMITS = (
    ("limits.csv", "m2,finance.debt,,last,<=,60,,,\n", ""),
    ("limits.csv", "m5,finance.raised.special,,total,<=,1,share_of:project.capex,,\n", ""),
)
CAPTURE = "betterment,rise,0.3,0,1,farmers,tenure=collective\nbetterment,rise,0.6,0,1,,\n"

FINANCES: dict[str, Change] = {
    "unknown": _toml("reserve_months", "reserve_month", "finance.reserve_month", "one of the study format", "'reserve_month'", "'reserve_months'"),
    "negative": _toml("own_revenue = 20.0", "own_revenue = -20.0", "finance.own_revenue", "from 0 to 1e15", "-20.0", "without quotes"),
    "not a number": _toml("opening_cash = 3.0", 'opening_cash = "3"', "finance.opening_cash", "a number", "3", "without quotes"),
    "per cent": _toml("interest_share_general = 0.1", "interest_share_general = 10", "finance.interest_share_general", "from 0 to 1", "10", "0.05 for 5 %"),
    "per cent in a period": _toml("land_sale_share_cap = 0.5", "land_sale_share_cap = { 2026 = 50 }", "finance.land_sale_share_cap.2026", "from 0 to 1", "50", "0.05 for 5 %"),
    "period of a value": _toml('{ "2026" = 1.6', '{ "2025" = 1.6', "finance.debt_ratio_cap", "names periods: 2026 or 2027-2031", "'2025'", "did you mean '2026'?"),
    "no period of a value": _toml("reserve_months = 1", "reserve_months = {}", "finance.reserve_months", "a table that names periods", "{}", "take the key out"),
    "ratio without resources": _toml("fiscal_resources = 50.0\n", "", "finance.debt_ratio_cap", "goes with fiscal_resources", "no fiscal_resources", "write fiscal_resources", ("study.toml", ", fiscal_resources = 0.01", "")),
    "growth of nothing": _toml("growth = { own_revenue = 0.02,", "growth = { transfers = 0.02,", "finance.growth.transfers", "growth of transfers goes with transfers", "no transfers", "write transfers"),
    "growth in per cent": _toml("growth = { own_revenue = 0.02,", "growth = { own_revenue = 2,", "finance.growth.own_revenue", "from -0.5 to 1", "2", "0.05 for 5 %"),
    "growth unknown": _toml("growth = { own_revenue = 0.02,", "growth = { own_revenu = 0.02,", "finance.growth.own_revenu", "one of the study format", "'own_revenu'", "'own_revenue'"),
    "growth no table": _toml("growth = { own_revenue = 0.02, fiscal_resources = 0.01 }", "growth = 0.02", "finance.growth", "a table of keys", "0.02", "[finance.growth]"),
    "scope": _toml('dscr_scope = "all"', 'dscr_scope = "old"', "finance.dscr_scope", "new or all", "old", 'dscr_scope = "new"'),
    "scope alone": _toml("dscr_min = 1.1\n", "", "finance.dscr_scope", "goes with dscr_min", "no dscr_min", "write dscr_min", ("study.toml", 'dscr_from = "2027-2031"\n', "")),
    "from alone": _toml("dscr_min = 1.1\n", "", "finance.dscr_from", "goes with dscr_min", "no dscr_min", "write dscr_min", ("study.toml", 'dscr_scope = "all"\n', "")),
    "from": _toml('dscr_from = "2027-2031"', 'dscr_from = "2027"', "finance.dscr_from", "the name of a period", "2027", "write 2026 or 2027-2031"),
    "from without quotes": _toml('dscr_from = "2027-2031"', "dscr_from = 2026", "finance.dscr_from", "the name of a period", "2026", 'dscr_from = "2026"'),
    "balance from": _toml('operating_balance_from = "2027-2031"', "operating_balance_from = 2027", "finance.operating_balance_from", "the name of a period", "2027", "2026 or 2027-2031"),
    "soft row that is off": _toml("green_share_min = 0.1\n", "", "finance.soft.green_share_min", "soft.green_share_min goes with green_share_min", "no green_share_min", "write green_share_min", ("study.toml", "golden_rule = 5.0,", "green_share_min = 5.0,")),
    "soft balance that is off": _toml('operating_balance_from = "2027-2031"\n', "", "finance.soft.operating_balance", "goes with operating_balance_from", "no operating_balance_from", "write operating_balance_from"),
    "soft without penalty": _toml("golden_rule = 5.0", "golden_rule = 0", "finance.soft.golden_rule", "a penalty above 0", "0", "make the row hard"),
    "soft penalty": _toml("golden_rule = 5.0", 'golden_rule = "yes"', "finance.soft.golden_rule", "from 0 to 1e15", "yes", "without quotes"),
    "soft unknown": _toml("golden_rule = 5.0", "golden_role = 5.0", "finance.soft.golden_role", "one of the study format", "'golden_role'", "'golden_rule'"),
    "land rent": _toml("land_rent = false", "land_rent = 0", "finance.land_rent", "true or false", "0", "without quotes"),
    "no debt in the ratio": _C("instruments.csv", "general,bond,general,1,", "general,bond,general,0,", "study.toml, finance.debt_ratio_cap", "bonds and loans with in_debt_ratio = 1", "none", "add some", (("instruments.csv", "special,bond,fund,1,", "special,bond,fund,0,"), ("instruments.csv", "rollover,bond,general,1,", "rollover,bond,general,0,"))),
    "nothing refinances": _C("instruments.csv", "rollover,bond,general,1,0.02,10,,,1,", "rollover,bond,general,1,0.02,10,,,,", "study.toml, finance.soft.refinance_share", "bonds and loans with refinances = 1", "none", "take the key out"),
    "nothing supports itself": _C("instruments.csv", "livelihood,1,1.2,discounted", "livelihood,,,", "study.toml, finance.soft.cover_min", "bonds and loans with self_supporting = 1", "none", "take the key out"),
    "nothing green": _C("projects.csv", "park,Park,other,west,1,,1,,green", "park,Park,other,west,1,,,,", "study.toml, finance.green_share_min", "practices and projects with green = 1", "none", "take the key out"),
    "finance in a limit": _C("limits.csv", "m5,finance.raised.special,,total,<=,1,share_of:project.capex,,\n", "", "limits.csv, row 5, column account", "with a table [finance]", "'finance.debt' (m2)", "add [finance]", (NO_FINANCE,)),
    "finance in a weight": _toml("waste = -1.0", '"finance.debt" = -1.0', "objective.accounts.finance.debt", "with a table [finance]", "'finance.debt'", "take the weight out", NO_FINANCE, *NO_LIMITS),
    "participation": _toml('participation = ["farmers"]', 'participation = ["famers"]', "equity.participation", "names actors of the study", "'famers'", "did you mean 'farmers'?"),
    "participation twice": _toml('participation = ["farmers"]', 'participation = ["farmers", "farmers"]', "equity.participation", "names an actor once", "['farmers', 'farmers']", "second"),
    "participation of outside": _toml('participation = ["farmers"]', 'participation = ["farmers", "outside"]', "equity.participation", "everyone else", "'outside'", "another actor"),
    "fund": _toml('fund = "relief"', 'fund = "releif"', "equity.fund", "names actors of the study", "'releif'", "did you mean 'relief'?"),
    "fund outside": _toml('fund = "relief"', 'fund = "outside"', "equity.fund", "everyone else", "'outside'", "another actor"),
    "fund without receipts": _C("shares.csv", "levy,receives,local,0.9,\nlevy,receives,relief,0.1,\n", "", "study.toml, equity.fund", "receives a share", "none", "give it a share"),
    "nobody to compare": _C("jurisdictions.csv", "east,100\nwest,200", "east,\nwest,", "study.toml, equity.jurisdiction_floor", "jurisdictions with people", "nobody in any", "fill in population", (("study.toml", 'fund = "relief"\n', ""),)),
    "nobody to compensate": _C("jurisdictions.csv", "east,100\nwest,200", "east,\nwest,", "study.toml, equity.fund", "jurisdictions with people", "nobody in any", "fill in population", (("study.toml", "jurisdiction_floor = 0.5\n", ""),)),
    "nobody gains": _C("actors.csv", "farmers,0", "farmers,1", "study.toml, equity.jurisdiction_floor", "all that are not public", "no such actor", "take the key out", (("study.toml", 'participation = ["farmers"]\n', ""),)),
    "floor in per cent": _toml("jurisdiction_floor = 0.5", "jurisdiction_floor = 50", "equity.jurisdiction_floor", "from 0 to 1", "50", "0.05 for 5 %"),
    "equity unknown": _toml("jurisdiction_floor = 0.5", "jurisdiction_flor = 0.5", "equity.jurisdiction_flor", "one of the study format", "'jurisdiction_flor'", "'jurisdiction_floor'"),
    "floor shares": _C("actors.csv", "relief,1,0.1", "relief,1,0.9", "actors.csv, rows 3, 4, column floor_share", "sum to 1 at most", "1.1", "lower"),
    "floor of outside": _C("actors.csv", "relief,1,0.1\n", "relief,1,0.1\noutside,0,0.1\n", "actors.csv, row 5, column floor_share", "everyone else", "0.1 (outside)", "blank"),
}  # fmt: skip

TOOLS: dict[str, Change] = {
    "uplift a year": _C("accounts.csv", "rise,million,uplift,one_off", "rise,million,uplift,annual", "accounts.csv, row 10, column recurrence", "uplift is one_off", "'annual' (rise)", "recurrence = one_off", (("project_flows.csv", "road,rise,once,1\n", ""),)),
    "uplift in cash": _C("accounts.csv", "uplift,one_off,0", "uplift,one_off,1", "accounts.csv, row 10, column cash", "no cash", "1 (rise)", "cash = 0"),
    "no uplift account": _C("capture.csv", "holding_tax,rise", "holding_tax,waste", "capture.csv, row 4, column uplift_account", "family uplift", "'waste' (holding_tax)", "another account"),
    "unknown uplift account": _C("capture.csv", "holding_tax,rise", "holding_tax,rize", "capture.csv, row 4, column uplift_account", "a row of accounts", "'rize' (holding_tax)", "did you mean 'rise'?"),
    "tool of no account": _C("accounts.csv", "holding_tax", "", "capture.csv, row 4, column capture_tool", "names the tool as its capture_tool", "'holding_tax'", "fill in capture_tool"),
    "unknown tool": _C("accounts.csv", "holding_tax", "holding_taxes", "accounts.csv, row 5, column capture_tool", "a row of capture", "'holding_taxes' (tax)", "did you mean 'holding_tax'?"),
    "tool of two accounts": _C("accounts.csv", "rent,million/year,revenue,annual,1,general,resource_income,,", "rent,million/year,revenue,annual,1,general,resource_income,holding_tax,", "accounts.csv, rows 2, 5, column capture_tool", "posts on one account", "'holding_tax' (rent), 'holding_tax' (tax)", "leave capture_tool blank"),
    "tool on a cost": _C("accounts.csv", "tax,million/year,revenue", "tax,million/year,cost", "accounts.csv, row 5, column capture_tool", "is revenue in cash", "family cost, cash = 1 (tax)", "another account"),
    "tool on no cash": _C("accounts.csv", "tax,million/year,revenue,annual,1", "tax,million/year,revenue,annual,0", "accounts.csv, row 5, column capture_tool", "is revenue in cash", "cash = 0", "another account"),
    "yearly on one-off": _C("capture.csv", "holding_tax,rise,0.01,1", "holding_tax,rise,0.01,0", "capture.csv, row 4, column annual", "an annual one", "annual = 0, 'tax': annual (holding_tax)", "change annual"),
    "capture where": _C("capture.csv", "tenure=collective", "tenur=collective", "capture.csv, row 2, column where", "columns of parcels", "no column 'tenur'", "'tenure'"),
    "rates": _C("capture.csv", "betterment,rise,0.3", "betterment,rise,0.5", "capture.csv, rows 2, 3, column rate", "sum to 1 at most", "rise: 1.1", "lower"),
    "rate in per cent": _C("capture.csv", "holding_tax,rise,0.01", "holding_tax,rise,1.2", "capture.csv, row 4, column rate", "from 0 to 1", "1.2 (holding_tax)", "correct"),
    "capture twice": _C("capture.csv", CAPTURE, CAPTURE + "betterment,rise,0.1,0,1,,\n", "capture.csv, row 4, column capture_tool + uplift_account + where", "unique", "betterment/rise/", "drop"),
    "payer": _C("capture.csv", "farmers,tenure", "famers,tenure", "capture.csv, row 2, column payer", "a row of actors", "'famers' (betterment)", "'farmers'"),
    "two payers": _C("capture.csv", "betterment,rise,0.6,0,1,,", "betterment,rise,0.6,0,1,relief,", "capture.csv, row 3, column payer", "one payer in all its rows", "'relief' beside 'farmers' (betterment)", "part the tool"),
    "payer beside shares": _C("shares.csv", "levy,receives,relief,0.1,\n", "levy,receives,relief,0.1,\nlevy,pays,farmers,0.5,\nlevy,pays,relief,0.5,\n", "capture.csv, row 2, column payer", "short for a pays share of 1", "'farmers', and shares of levy: farmers 0.5, relief 0.5 (betterment)", "leave payer blank"),
    "role of a cost": _C("accounts.csv", "repair,million,cost", "repair,million,revenue", "accounts.csv, row 6, column role", "role restoration is cost", "revenue, one_off (repair)", "leave role blank"),
    "land sold every year": _C("accounts.csv", "general,resource_income", "general,land_sale", "accounts.csv, row 2, column role", "role land_sale is revenue, one_off", "revenue, annual (rent)", "leave role blank", (("study.toml", "reinvestment_min = 0.1\n", ""),)),
    "budget": _C("accounts.csv", "sale,million,revenue,one_off,1,fund", "sale,million,revenue,one_off,1,funds", "accounts.csv, row 3, column budget", "general, fund or enterprise", "'funds' (sale)", "did you mean 'fund'?"),
    "uplift without account": _C("projects.csv", "upper,0.4,rise,build", "upper,0.4,,build", "projects.csv, row 2, column uplift_account", "come together", "blank (road)", "all of them"),
    "uplift without catchment": _C("projects.csv", "upper,0.4,rise,build", ",0.4,rise,build", "projects.csv, row 2, column catchment", "come together", "blank (road)", "or none"),
    "uplift without rate": _C("projects.csv", "upper,0.4,rise,build", "upper,,rise,build", "projects.csv, row 2, column uplift_per_ha", "come together", "blank (road)", "all of them"),
    "uplift_of alone": _C("projects.csv", "upper,0.4,rise,build,0.5", ",,,build,", "projects.csv, row 2, column uplift_of", "goes with catchment", "'build' (road)", "leave uplift_of blank"),
    "uplift_cap alone": _C("projects.csv", "upper,0.4,rise,build,0.5", ",,,,0.5", "projects.csv, row 2, column uplift_cap", "goes with catchment", "0.5 (road)", "leave uplift_cap blank"),
    "uplift of a practice": _C("projects.csv", "rise,build,0.5", "rise,bild,0.5", "projects.csv, row 2, column uplift_of", "a row of practices", "'bild' (road)", "'build'"),
    "uplift account": _C("projects.csv", "lower,0.2,rise", "lower,0.2,sale", "projects.csv, row 3, column uplift_account", "family uplift", "'sale' (park)", "another account"),
    "catchment": _C("projects.csv", "lower,0.2", "lowr,0.2", "projects.csv, row 3, column catchment", "a tag of parcels", "'lowr' (park)", "did you mean 'lower'?"),
    "catchment with a slash": _C("projects.csv", "lower,0.2", "a/b,0.2", "projects.csv, row 3, column catchment", "has no /", "'a/b' (park)", "rename the tag", (("parcels.csv", "hold,,1", "hold,a/b,1"),)),
    "jurisdiction with a slash": _C("jurisdictions.csv", "west,200\n", "west,200\nfar/off,1\n", "jurisdictions.csv, row 4, column jurisdiction", "has no /", "'far/off'", "rename it"),
}  # fmt: skip

INSTRUMENTS: dict[str, Change] = {
    "name": _C("instruments.csv", "gift,grant", "gift.a,grant", "instruments.csv, row 6, column instrument", "is without . / ;", "'gift.a'", "rename it", (("projects.csv", "special;gift", "special"),)),
    "kind": _C("instruments.csv", "gift,grant", "gift,grand", "instruments.csv, row 6, column kind", "bond, loan, grant or equity", "'grand' (gift)", "did you mean 'grant'?"),
    "no tenor": _C("instruments.csv", "green,loan,enterprise,0,0.03,20", "green,loan,enterprise,0,0.03,", "instruments.csv, row 5, column tenor_years", "a bond or a loan has a tenor", "blank (green)", "fill in tenor_years"),
    "tenor without end": _C("instruments.csv", "green,loan,enterprise,0,0.03,20", "green,loan,enterprise,0,0.03,9999", "instruments.csv, row 5, column tenor_years", "a whole number from 1 to 1000", "9999 (green)", "correct"),
    "grace": _C("instruments.csv", "0.025,15,2,level", "0.025,15,15,level", "instruments.csv, row 3, column grace_years", "less than tenor_years", "15 >= 15 (special)", "shorten"),
    "grace of a bullet": _C("instruments.csv", "general,bond,general,1,0.02,10,,", "general,bond,general,1,0.02,10,3,", "instruments.csv, row 2, column grace_years", "goes with repay = level_principal", "3 (general)", "leave it blank"),
    "grant in the ratio": _C("instruments.csv", "gift,grant,general,,", "gift,grant,general,1,", "instruments.csv, row 6, column in_debt_ratio", "for bonds and loans", "1, grant (gift)", "in_debt_ratio = 0"),
    "equity that refinances": _C("instruments.csv", "partner,equity,enterprise,,0.08,,,,,", "partner,equity,enterprise,,0.08,,,,1,", "instruments.csv, row 7, column refinances", "for bonds and loans", "1, equity (partner)", "refinances = 0"),
    "grant owed": _C("instruments.csv", ",5,,\n", ",5,3,2\n", "instruments.csv, row 6, column outstanding", "for bonds and loans", "3 (gift)", "leave it blank"),
    "owed for no years": _C("instruments.csv", ",30,10\n", ",30,\n", "instruments.csv, row 2, column outstanding_years", "has the years", "blank (general)", "fill in outstanding_years"),
    "refinances projects": _C("instruments.csv", "rollover,bond,general,1,0.02,10,,,1,,,", "rollover,bond,general,1,0.02,10,,,1,other,,", "instruments.csv, row 4, column refinances", "no categories, self_supporting or green_only", "categories (rollover)", "two instruments"),
    "refinances green": _C("instruments.csv", "rollover,bond,general,1,0.02,10,,,1,,,,,", "rollover,bond,general,1,0.02,10,,,1,,,,,1", "instruments.csv, row 4, column refinances", "no categories, self_supporting or green_only", "green_only (rollover)", "two instruments"),
    "cover of nothing": _C("instruments.csv", "general,bond,general,1,0.02,10,,,,,,,,", "general,bond,general,1,0.02,10,,,,,,1.2,,", "instruments.csv, row 2, column cover_min", "goes with self_supporting = 1", "1.2 (general)", "self_supporting = 1"),
    "basis of no cover": _C("instruments.csv", "general,bond,general,1,0.02,10,,,,,,,,", "general,bond,general,1,0.02,10,,,,,,,discounted,", "instruments.csv, row 2, column cover_basis", "goes with self_supporting = 1", "'discounted' (general)", "self_supporting = 1"),
    "equity for good at rate 0": _C("study.toml", "finance = 0.05", "finance = 0.0", "instruments.csv, row 7, column tenor_years", "a finance rate above 0", "blank (partner)", "rates.finance"),
    "budget": _C("instruments.csv", "green,loan,enterprise", "green,loan,company", "instruments.csv, row 5, column budget", "general, fund or enterprise", "'company' (green)", "use one"),
    "category": _C("instruments.csv", "infrastructure;livelihood", "infrastructure;livelyhood", "instruments.csv, row 3, column categories", "only infrastructure", "'infrastructure;livelyhood' (special)", "'livelihood'"),
    "unknown of a project": _C("projects.csv", "special;gift", "special;gifts", "projects.csv, row 2, column instruments", "a row of instruments", "'special;gifts' (road)", "'gift'"),
    "refinancing of a project": _C("projects.csv", "special;gift", "special;rollover", "projects.csv, row 2, column instruments", "may fund it", "'rollover' refinances (road)", "take it out"),
    "grant of another category": _C("instruments.csv", "gift,grant,general,,,,,,,", "gift,grant,general,,,,,,,industry", "projects.csv, row 2, column instruments", "may fund it", "'gift' is for industry, the project is infrastructure (road)", "take it out"),
    "bond for no category": _C("projects.csv", "road,Road,infrastructure", "road,Road,", "projects.csv, row 2, column instruments", "may fund it", "'special' is for infrastructure or livelihood, the project is of no category", "take it out"),
    "green for grey": _C("projects.csv", "special;gift", "special;green", "projects.csv, row 2, column instruments", "may fund it", "'green' is for green projects (road)", "take it out"),
    "nothing to fund": _C("projects.csv", "park,Park,other,west,1,", "park,Park,other,west,,", "projects.csv, row 3, column instruments", "goes with capex", "'green' (park)", "fill in capex"),
    "equity in per cent": _C("projects.csv", "special;gift,0.2", "special;gift,20", "projects.csv, row 2, column equity_min", "from 0 to 1", "20 (road)", "correct"),
}  # fmt: skip

QUOTAS: dict[str, Change] = {
    "name": _C("quotas.csv", "water,waste", "wa/ter,waste", "quotas.csv, row 3, column quota", "is without . / ;", "'wa/ter'", "rename it", (("quota_grants.csv", "water,east,2026,5\nwater,west,2026,5\n", "wa/ter,east,2026,5\n"),)),
    "account used": _C("quotas.csv", "water,waste", "water,wast", "quotas.csv, row 3, column account_used", "a built-in account", "'wast' (water)", "did you mean 'waste'?"),
    "account generated": _C("quotas.csv", "area.lost.class_group.construction", "area.lost.class_group.built", "quotas.csv, row 2, column account_generated", "a built-in account", "'area.lost.class_group.built' (land)", "correct"),
    "stock used": _C("quotas.csv", "water,waste", "water,store", "quotas.csv, row 3, column account_used", "an annual or a one_off account", "'store' (water)", "area.new_construction"),
    "gain used": _C("quotas.csv", "water,waste", "water,gain.actor.local", "quotas.csv, row 3, column account_used", "no account of gains", "'gain.actor.local' (water)", "another account"),
    "trade used": _C("quotas.csv", "water,waste", "water,quota.land.sold", "quotas.csv, row 3, column account_used", "or of trade", "'quota.land.sold' (water)", "another account"),
    "finance by place": _C("quotas.csv", "water,waste", "water,finance.raised.general", "quotas.csv, row 3, column account_used", "has movable = 1", "'finance.raised.general' (water)", "movable = 1"),
    "finance without finance": _C("quotas.csv", "water,waste", "water,finance.raised.general", "quotas.csv, row 3, column account_used", "with a table [finance]", "'finance.raised.general' (water)", "add [finance]", (NO_FINANCE, *NO_LIMITS)),
    "counts nothing": _C("quotas.csv", "water,waste", "water,", "quotas.csv, row 3, column account_used", "what is used, what is generated", "blank (water)", "fill in account_used"),
    "price without cap": _C("quotas.csv", "0.5,2,0.4,2,0.5", "0.5,,0.4,2,0.5", "quotas.csv, row 2, column buy_max", "buy_price, buy_max come together", "blank (land)", "all of them"),
    "cap without price": _C("quotas.csv", "0.5,2,0.4,2,0.5", "0.5,2,,2,0.5", "quotas.csv, row 2, column sell_price", "sell_price, sell_max come together", "blank (land)", "all of them"),
    "sold, not generated": _C("quotas.csv", "area.lost.class_group.construction,1,0.5,2,0.4,2,0.5,1,1,1", ",1,0.5,2,0.4,2,0.5,1,0,1", "quotas.csv, row 2, column sell_price", "has account_generated", "0.4 (land)", "fill in account_generated"),
    "later, not generated": _C("quotas.csv", "area.lost.class_group.construction,1,0.5,2,0.4,2,0.5,1,1,1", ",1,0.5,2,,,0.5,1,1,1", "quotas.csv, row 2, column available_after", "goes with account_generated", "1 (land)", "leave available_after blank"),
    "granted in place of grants": _C("quotas.csv", "water,waste,,,", "water,waste,,4,", "quotas.csv, row 3, column granted", "in quota_grants", "4 (water)", "movable = 1"),
    "granted without any grants": _C("quotas.csv", "water,waste,,,", "water,waste,,4,", "quotas.csv, row 3, column granted", "in quota_grants", "4 (water)", "movable = 1", (("quota_grants.csv", "water,east,2026,5\nwater,west,2026,5\n", ""),)),
    "opening in place of grants": _C("quotas.csv", "water,waste,,,,,,,,0,,0", "water,waste,,,,,,,3,0,,0", "quotas.csv, row 3, column opening", "in quota_grants", "3 (water)", "movable = 1"),
    "grant of no quota": _C("quota_grants.csv", "water,east", "watr,east", "quota_grants.csv, row 2, column quota", "a row of quotas", "'watr'", "'water'"),
    "grant to nobody": _C("quota_grants.csv", "water,east", "water,esat", "quota_grants.csv, row 2, column jurisdiction", "a row of jurisdictions", "'esat' (water)", "correct the name"),
    "grant in no period": _C("quota_grants.csv", "west,2026", "west,2025", "quota_grants.csv, row 3, column period", "a period of study.toml", "'2025' (water)", "'2026'"),
    "grant twice": _C("quota_grants.csv", "water,west", "water,east", "quota_grants.csv, row 3, column quota + jurisdiction + period", "unique", "water/east/2026", "drop"),
    "parcel without jurisdiction": _C("parcels.csv", "0103,02,west", "0103,02,", "quotas.csv, row 3, column movable", "every parcel in one", "no jurisdiction: 0103", "movable = 1", (("limits.csv", "l1,area.class_group.arable,each,last,>=,0.5,share_of_start,,\n", ""),)),
    "own account of trade": _C("accounts.csv", "store,t,custom", "quota.land.store,t,custom", "accounts.csv, row 9, column account", "do not begin with", "'quota.land.store'", "another first word"),
    "share of trade by project": _C("shares.csv", "quota.land.sale,receives,farmers,1,", "quota.land.sale,receives,farmers,1,road", "shares.csv, row 6, column project", "belongs to no project", "'road' (quota.land.sale)", "leave project blank"),
    "share of unknown trade": _C("shares.csv", "quota.land.sale", "quota.lnd.sale", "shares.csv, row 6, column account", "a row of accounts", "'quota.lnd.sale'", "'quota.land.sale'"),
    "share of what is sold": _C("shares.csv", "quota.land.sale", "quota.land.sold", "shares.csv, row 6, column account", "follow from the plan", "'quota.land.sold'", "account of your own"),
}  # fmt: skip

LIMITS: dict[str, Change] = {
    "name of a row of money": _C("limits.csv", "m2,finance", "reserve,finance", "limits.csv, row 5, column limit", "called like a row of money", "'reserve'", "rename it"),
    "name of a row of a quota": _C("limits.csv", "m2,finance", "quota.water,finance", "limits.csv, row 5, column limit", "called like a row of money", "'quota.water'", "rename it"),
    "name of a row of gains": _C("limits.csv", "m2,finance", "participation.us,finance", "limits.csv, row 5, column limit", "called like a row of money", "'participation.us'", "rename it"),
    "gain in a period": _C("limits.csv", "m1,gain.actor.farmers,east,,", "m1,gain.actor.farmers,east,2026,", "limits.csv, row 4, column period", "a present value over everything", "'2026' with 'gain.actor.farmers' (m1)", "period = total"),
    "gain of a tag": _C("limits.csv", "m1,gain.actor.farmers,east", "m1,gain.actor.farmers,upper", "limits.csv, row 4, column jurisdiction", "not on a tag", "'upper' with 'gain.actor.farmers' (m1)", "leave it blank"),
    "share of a gain": _C("limits.csv", "m4,money.operating,,,>=,-5,,,", "m4,money.operating,,,>=,-5,share_of:gain.actor.local,,", "limits.csv, row 7, column period", "a present value over everything", "'' with 'gain.actor.local' (m4)", "period = total"),
    "gain of nobody": _C("limits.csv", "m1,gain.actor.farmers", "m1,gain.actor.framers", "limits.csv, row 4, column account", "a built-in account", "'gain.actor.framers' (m1)", "did you mean 'gain.actor.farmers'?"),
    "gain of no actors": _C("limits.csv", "m1,gain.actor.farmers", "m1,gain.jurisdiction", "limits.csv, row 4, column account", "all that are not public", "no actor for 'gain.jurisdiction' (m1)", "add such an actor", (("actors.csv", "farmers,0", "farmers,1"), ("study.toml", 'participation = ["farmers"]\njurisdiction_floor = 0.5\n', ""))),
    "stock beside a gain": _C("limit_terms.csv", "", "limit,account,coefficient\nm1,store,1\n", "limits.csv, row 4, column period", "a stock has no sum", "'store' (m1)", "period = last"),
    "share of gains at the start": _C("limits.csv", "m1,gain.actor.farmers,east,,>=,0,", "m1,gain.actor.farmers,east,,>=,0,share_of_start", "limits.csv, row 4, column basis", "nothing is gained or traded", "'share_of_start' (m1)", "another basis"),
    "share of trade at the start": _C("limits.csv", "<=,60,", "<=,60,share_of_start:quota.land.bought", "limits.csv, row 5, column basis", "nothing is gained or traded", "(m2)", "another basis"),
    "debt of a place": _C("limits.csv", "m2,finance.debt,,", "m2,finance.debt,east,", "limits.csv, row 5, column jurisdiction", "the budget entity as a whole", "'east' with 'finance.debt' (m2)", "leave it blank"),
    "share of debt in a place": _C("limits.csv", "m4,money.operating,,,>=,-5,", "m4,money.operating,east,,>=,-5,share_of:finance.debt", "limits.csv, row 7, column jurisdiction", "the budget entity as a whole", "'east' with 'finance.debt' (m4)", "leave it blank"),
    "unknown instrument": _C("limits.csv", "finance.raised.special", "finance.raised.specials", "limits.csv, row 8, column account", "a built-in account", "'finance.raised.specials' (m5)", "did you mean 'finance.raised.special'?"),
    "unknown quota": _C("limits.csv", "quota.land.bought", "quota.lnd.bought", "limits.csv, row 6, column account", "a built-in account", "'quota.lnd.bought' (m3)", "did you mean 'quota.land.bought'?"),
    "trade of a place": _C("limits.csv", "m3,quota.land.bought,,", "m3,quota.land.bought,west,", "limits.csv, row 6, column jurisdiction", "a movable quota is traded for all together", "'west' with 'quota.land.bought' (m3)", "leave it blank"),
    "trade of a tag": _C("limits.csv", "m3,quota.land.bought,,", "m3,quota.land.purchase,upper,", "limits.csv, row 6, column jurisdiction", "a movable quota is traded for all together", "'upper' with 'quota.land.purchase' (m3)", "leave it blank"),
    "trade without a price": _C("limits.csv", "m3,quota.land.bought", "m3,quota.water.sold", "limits.csv, row 6, column account", "a side that has a price", "'quota.water.sold' (m3)", "fill in the price"),
    "stock of finance in total": _C("limits.csv", "m2,finance.debt,,last", "m2,finance.debt,,total", "limits.csv, row 5, column period", "a stock has no sum", "'total' with 'finance.debt' (m2)", "period = last"),
}  # fmt: skip
