"""The sound study of `studies` with money: [finance], [equity], tools, instruments, quotas, uplift of projects."""

from __future__ import annotations

from collections.abc import Mapping

from tests.instances.studies import BASE, TOML

FINANCE = """
[finance]
own_revenue = 20.0
fixed_cost = 12.0
fiscal_resources = 50.0
growth = { own_revenue = 0.02, fiscal_resources = 0.01 }
opening_cash = 3.0
reserve_months = 1
debt_ratio_cap = { "2026" = 1.6, "2027-2031" = 1.4 }
interest_share_fund = 0.1
interest_share_general = 0.1
dscr_min = 1.1
dscr_scope = "all"
dscr_from = "2027-2031"
operating_balance_from = "2027-2031"
land_sale_share_cap = 0.5
reinvestment_min = 0.1
green_share_min = 0.1
real_estate_share_max = 0.5
soft = { debt_ratio_cap = 10.0, golden_rule = 5.0, cover_min = 2.0, refinance_share = 3.0, operating_balance = 4.0 }
land_rent = false

[equity]
participation = ["farmers"]
jurisdiction_floor = 0.5
fund = "relief"
"""

MONEY: Mapping[str, str] = {
    **BASE,
    "study.toml": TOML + FINANCE,
    "accounts.csv": """\
account,unit,family,recurrence,cash,budget,role,capture_tool,growth
rent,million/year,revenue,annual,1,general,resource_income,,0.01
sale,million,revenue,one_off,1,fund,land_sale,,
levy,million,revenue,one_off,1,fund,,betterment,
tax,million/year,revenue,annual,1,general,,holding_tax,
repair,million,cost,one_off,1,general,restoration,,
water,million/year,ecosystem,annual,0,,,,
waste,t/year,custom,annual,0,,,,
store,t,custom,stock,0,,,,
rise,million,uplift,one_off,0,,,,
""",
    "actors.csv": "actor,public,floor_share\nlocal,1,\nfarmers,0,0.2\nrelief,1,0.1\n",
    "shares.csv": """\
account,role,actor,share,project
rent,receives,local,0.6,
rent,receives,farmers,0.4,
levy,receives,local,0.9,
levy,receives,relief,0.1,
quota.land.sale,receives,farmers,1,
""",
    "capture.csv": """\
capture_tool,uplift_account,rate,annual,delay_years,payer,where
betterment,rise,0.3,0,1,farmers,tenure=collective
betterment,rise,0.6,0,1,,
holding_tax,rise,0.01,1,1,,x_slope=0.5|1
""",
    "instruments.csv": """\
instrument,kind,budget,in_debt_ratio,rate,tenor_years,grace_years,repay,refinances,categories,self_supporting,cover_min,cover_basis,green_only,limit_total,outstanding,outstanding_years
general,bond,general,1,0.02,10,,,,,,,,,,30,10
special,bond,fund,1,0.025,15,2,level_principal,,infrastructure;livelihood,1,1.2,discounted,,20,,
rollover,bond,general,1,0.02,10,,,1,,,,,,,,
green,loan,enterprise,0,0.03,20,,,,,,,,1,,,
gift,grant,general,,,,,,,,,,,,5,,
partner,equity,enterprise,,0.08,,,,,,,,,,,,
""",
    "quotas.csv": """\
quota,account_used,account_generated,granted,buy_price,buy_max,sell_price,sell_max,opening,bank,available_after,movable
land,area.new_construction,area.lost.class_group.construction,1,0.5,2,0.4,2,0.5,1,1,1
water,waste,,,,,,,,0,,0
""",
    "quota_grants.csv": "quota,jurisdiction,period,amount\nwater,east,2026,5\nwater,west,2026,5\n",
    "projects.csv": """\
project,name,category,jurisdiction,capex,mandatory,green,real_estate,instruments,equity_min,catchment,uplift_per_ha,uplift_account,uplift_of,uplift_cap
road,Road,infrastructure,east,3,1,,,special;gift,0.2,upper,0.4,rise,build,0.5
park,Park,other,west,1,,1,,green,,lower,0.2,rise,,
hall,Hall,livelihood,west,2,,,1,,,,,,,
""",
    "project_flows.csv": "project,account,basis,value\nroad,rise,once,1\nroad,repair,once,1\n",
    "limits.csv": """\
limit,account,jurisdiction,period,sense,value,basis,kind,penalty
l1,area.class_group.arable,each,last,>=,0.5,share_of_start,,
l2,waste,,total,<=,20,,soft,3
m1,gain.actor.farmers,east,,>=,0,,,
m2,finance.debt,,last,<=,60,,,
m3,quota.land.bought,,total,<=,4,,,
m4,money.operating,,,>=,-5,,,
m5,finance.raised.special,,total,<=,1,share_of:project.capex,,
""",
}
"""Files by name."""
