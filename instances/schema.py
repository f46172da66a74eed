"""The tables of a study, declared as data: one `Table` per table, one `Column` per column.

Readers, checks and the reference page of the docs follow from this list; a new column is a line here, and one in
`names.csv` says what it means and what it is called in Chinese.

Kinds of column: ``text`` (blank is ``""``), ``number`` (float64, blank is NaN unless there is a default),
``flag`` (bool), ``list`` (text with ``;`` between items) and ``period`` (text, the name of a period).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "flag", "list", "period"]


@dataclass(frozen=True)
class Column:
    """One column: its kind, its default, and what its values must be.

    Attributes
    ----------
    refers : table whose key the values must name (``"accounts"``), or ``""``. Built-in accounts count as accounts.
    low, high : inclusive range of a number; `whole` : whole numbers only (years are calendar years).
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    default: float | str | bool | None = None
    choices: tuple[str, ...] = ()
    refers: str = ""
    low: float | None = None
    high: float | None = None
    whole: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns, and its key (columns that must be unique together)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name (KeyError if there is none)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


RESOURCES = ("land", "mineral", "sea", "forest", "grassland", "wetland", "water", "national_park")
CLASS_GROUPS = ("arable", "garden", "forest", "grass", "wetland", "water", "construction", "sea", "other")
MODES = ("production", "revitalisation", "service", "symbiosis", "development", "restoration", "reclamation")
FAMILIES = ("revenue", "cost", "ecosystem", "carbon", "uplift", "quota", "social", "custom")
OVERLAY = ("prohibited", "conditional", "promoted", "free")
OVERLAY_BY_LINE = (
    ("redline", "prohibited"),
    ("national_park", "prohibited"),
    ("basic_farmland", "conditional"),
    ("growth_boundary", "promoted"),
)
"""The overlay of a parcel that states none: that of the first of these lines that it lies inside."""
OVERLAY_ELSEWHERE = "free"
LINES = ("redline", "basic_farmland", "growth_boundary", "village_boundary", "sea", "mineral_right", "national_park")
CATEGORIES = (
    "infrastructure",
    "livelihood",
    "culture_tourism",
    "ecological_restoration",
    "industry",
    "agriculture",
    "eco_bank",
    "other",
)
YEARS = 1000.0
"""The most years that anything is put off or takes: more is a slip of a hand."""
BUDGETS = ("general", "fund", "enterprise")
"""The budgets that accounts and instruments may name in a study without a table `budgets`."""
BASES = ("per_ha_year", "per_ha_once", "per_year", "once")


def _text(
    name: str,
    *choices: str,
    required: bool = False,
    default: str = "",
    refers: str = "",
) -> Column:
    return Column(name, "text", required, default, choices, refers)


def _list(name: str, *choices: str, refers: str = "") -> Column:
    return Column(name, "list", False, "", choices, refers)


def _number(
    name: str,
    default: float | None = None,
    *,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
    whole: bool = False,
) -> Column:
    return Column(name, "number", required, default, (), "", low, high, whole)


def _flag(name: str, default: bool = False) -> Column:
    return Column(name, "flag", False, default)


def _period(name: str) -> Column:
    return Column(name, "period", False, "")


_NAMES = (_text("name_en"), _text("name_zh"))
_ORIGIN = (_text("source"), _text("confidence"))
"""Where a row's numbers come from and how sure they are: every row of the default tables says so."""


def _flows(name: str, *subject: Column) -> Table:
    return Table(
        name,
        (
            *subject,
            _text("account", required=True, refers="accounts"),
            _text("basis", *BASES, required=True),
            _number("value", required=True, low=0.0),
            _text("unit"),
            _text("scale_by"),
            _text("where"),
            _number("start_year", 0.0, low=0.0, high=YEARS, whole=True),
            _number("ramp_years", 0.0, low=0.0),
            _number("life_years", low=1.0, whole=True),
            _number("decay", 0.0, low=0.0, high=1.0),
            *_ORIGIN,
        ),
    )


PARCELS = Table(
    "parcels",
    (
        _text("parcel_id", required=True),
        _text("land_class", required=True, refers="land_classes"),
        _text("jurisdiction", refers="jurisdictions"),
        _number("area_ha", low=0.0),
        _text("tenure", "state", "collective"),
        _text("zone", refers="zones"),
        _text("redline", "0", "general", "core", default="0"),
        _flag("basic_farmland"),
        _flag("growth_boundary"),
        _flag("village_boundary"),
        _flag("sea"),
        _flag("mineral_right"),
        _flag("national_park"),
        _text("conversion", *OVERLAY),
        _number("slope_class", 1.0, low=1.0, high=5.0, whole=True),
        _flag("title", True),
        _number("farmland_quality", low=0.0),
        _number("condition", 1.0, low=0.0),
        _number("land_price_factor", 1.0, low=0.0),
        _number("population", 0.0, low=0.0),
        _text("locked_zone", refers="zones"),
        _list("forbidden_zones", refers="zones"),
        _text("locked_practice", refers="practices"),
        _period("locked_start"),
        _list("tags"),
    ),
    key=("parcel_id",),
)

TABLES: tuple[Table, ...] = (
    PARCELS,
    Table(
        "jurisdictions",
        (
            _text("jurisdiction", required=True),
            *_NAMES,
            _number("population", low=0.0),
            _number("population_growth", low=-0.5, high=1.0),
            _text("main_function"),
        ),
        key=("jurisdiction",),
    ),
    Table(
        "zones",
        (
            _text("zone", required=True),
            _text("parent", refers="zones"),
            _text("line", *LINES),
            _text("line_rule", "exact", "contains", "within"),
            _flag("urban"),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("zone",),
    ),
    Table(
        "land_classes",
        (
            _text("land_class", required=True),
            _list("class_group", *CLASS_GROUPS),
            _text("resource", *RESOURCES),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("land_class",),
    ),
    Table(
        "class_zones",
        (
            _text("land_class", required=True, refers="land_classes"),
            _text("zone", required=True, refers="zones"),
            _number("suitability", required=True, low=0.0, high=3.0, whole=True),
            *_ORIGIN,
        ),
        key=("land_class", "zone"),
    ),
    Table(
        "accounts",
        (
            _text("account", required=True),
            _text("unit"),
            _text("family", *FAMILIES, default="custom"),
            _text("recurrence", "annual", "one_off", "stock", default="annual"),
            _flag("cash"),
            _text("budget", refers="budgets"),
            _text("role", "land_sale", "land_cost", "resource_income", "restoration"),
            _text("capture_tool", refers="capture"),
            _text("path", "government", "government_market", "market"),
            _text("route", "compensation", "rights_trade", "property_transfer", "quota_trade"),
            _text(
                "circulation",
                "resource_asset",
                "asset_capital",
                "capital_fund",
                "fund_resource",
                "resource_fund",
            ),
            _text("counterpart_of", refers="accounts"),
            _number("growth", 0.0, low=-0.5, high=1.0),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("account",),
    ),
    Table(
        "actors",
        (
            _text("actor", required=True),
            _flag("public"),
            _number("floor_share", low=0.0, high=1.0),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("actor",),
    ),
    Table(
        "shares",
        (
            _text("account", required=True, refers="accounts"),
            _text("role", "receives", "pays", required=True),
            _text("actor", required=True, refers="actors"),
            _number("share", required=True, low=0.0, high=1.0),
            _text("project", refers="projects"),
            *_ORIGIN,
        ),
        key=("account", "role", "project", "actor"),
    ),
    Table(
        "practices",
        (
            _text("practice", required=True),
            _text("zone", required=True, refers="zones"),
            _text("mode", *MODES),
            _list("from_classes", refers="classes"),
            _text("to_class", refers="land_classes"),
            _text("redline_ok", "no", "general", "core", default="no"),
            _flag("basic_farmland_ok"),
            _list("conversion", *OVERLAY),
            _text("tenure", "state", "collective"),
            _text("to_tenure", "state", "collective"),
            _flag("needs_title"),
            _flag("clears_title"),
            _number("min_slope_class", 1.0, low=1.0, high=5.0, whole=True),
            _number("max_slope_class", 5.0, low=1.0, high=5.0, whole=True),
            _flag("irreversible"),
            _flag("requires_project"),
            _number("lead_years", 0.0, low=0.0, high=YEARS, whole=True),
            _number("life_years", low=1.0, whole=True),
            _number("lease_years", low=1.0),
            _number("in_migration", 0.0),
            _text("space", "order", "scene", "flow", "public_space"),
            _flag("green"),
            _flag("real_estate"),
            _flag("restoration"),
            _period("earliest"),
            _period("latest"),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("practice",),
    ),
    _flows("class_flows", _text("land_class", required=True, refers="land_classes")),
    _flows("zone_flows", _text("zone", required=True, refers="zones")),
    _flows("practice_flows", _text("practice", required=True, refers="practices")),
    _flows("project_flows", _text("project", required=True, refers="projects")),
    _flows(
        "parcel_flows",
        _text("parcel_id", required=True, refers="parcels"),
        _text("practice", refers="practices"),
        _text("zone", refers="zones"),
    ),
    Table(
        "projects",
        (
            _text("project", required=True),
            _text("name"),
            _text("category", *CATEGORIES),
            _text("jurisdiction", refers="jurisdictions"),
            _number("capex", 0.0, low=0.0),
            _number("build_years", 1.0, low=0.0, high=YEARS, whole=True),
            _number("life_years", low=1.0, whole=True),
            _number("annual_revenue", 0.0, low=0.0),
            _number("annual_cost", 0.0, low=0.0),
            _number("ramp_years", 0.0, low=0.0),
            _number("annual_ecosystem", 0.0),
            _number("jobs", 0.0),
            _period("earliest"),
            _period("latest"),
            _flag("mandatory"),
            _list("requires", refers="projects"),
            _number("requires_lag", 0.0, low=0.0),
            _text("exclusive_set"),
            _text("bundle"),
            _list("footprint", refers="parcels"),
            _list("footprint_zones", refers="zones"),
            _text("footprint_practice", refers="practices"),
            _number("min_area", low=0.0),
            _text("min_area_of"),
            _list("enables", refers="practices"),
            _number("enables_area", low=0.0),
            _text("catchment"),
            _number("uplift_per_ha", low=0.0),
            _list("uplift_of", refers="practices"),
            _text("uplift_account", refers="accounts"),
            _number("uplift_cap", low=0.0),
            _text("space", "order", "scene", "flow", "public_space"),
            _flag("green"),
            _flag("real_estate"),
            _flag("restoration"),
            _text("redline_ok", "no", "general", "core", default="no"),
            _flag("basic_farmland_ok"),
            _number("equity_min", 0.0, low=0.0, high=1.0),
            _list("instruments", refers="instruments"),
            _number("hurdle", low=0.0, high=1.0),
            _number("deliverability", 1.0, low=0.0, high=1.0),
            _text("budget", refers="budgets"),
        ),
        key=("project",),
    ),
    Table(
        "land_take",
        (
            _text("project", required=True, refers="projects"),
            _text("land_class", required=True, refers="land_classes"),
            _text("jurisdiction", refers="jurisdictions"),
            _number("area_ha", required=True, low=0.0),
        ),
        key=("project", "land_class", "jurisdiction"),
    ),
    Table(
        "limits",
        (
            _text("limit", required=True),
            _text("account", required=True, refers="accounts"),
            _text("jurisdiction"),
            _text("period"),
            _text("sense", "<=", ">=", "==", required=True),
            _number("value", required=True),
            _text("basis", default="absolute"),
            _text("kind", "hard", "soft", default="hard"),
            _number("penalty", low=0.0),
            _number("tolerance", 0.0, low=0.0),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("limit",),
    ),
    Table(
        "limit_terms",
        (
            _text("limit", required=True, refers="limits"),
            _text("account", required=True, refers="accounts"),
            _number("coefficient", required=True),
        ),
    ),
    Table(
        "capture",
        (
            _text("capture_tool", required=True),
            _text("uplift_account", required=True, refers="accounts"),
            _number("rate", required=True, low=0.0, high=1.0),
            _flag("annual"),
            _number("delay_years", 0.0, low=0.0, high=YEARS, whole=True),
            _text("payer", refers="actors"),
            _text("where"),
            *_ORIGIN,
        ),
        key=("capture_tool", "uplift_account", "where"),
    ),
    Table(
        "instruments",
        (
            _text("instrument", required=True),
            _text("kind", "bond", "loan", "grant", "equity", required=True),
            _text("budget", refers="budgets"),
            _flag("in_debt_ratio"),
            _number("rate", 0.0, low=0.0, high=1.0),
            _number("tenor_years", low=1.0, high=YEARS, whole=True),
            _number("grace_years", 0.0, low=0.0, high=YEARS, whole=True),
            _text("repay", "bullet", "level_principal", default="bullet"),
            _flag("refinances"),
            _number("limit_total", low=0.0),
            _number("limit_period", low=0.0),
            _list("categories", *CATEGORIES),
            _flag("self_supporting"),
            _number("cover_min", 1.0, low=0.0),
            _text("cover_basis", "undiscounted", "discounted", default="undiscounted"),
            _flag("green_only"),
            _number("outstanding", 0.0, low=0.0),
            _number("outstanding_years", low=1.0, high=YEARS, whole=True),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("instrument",),
    ),
    Table(
        "quotas",
        (
            _text("quota", required=True),
            _text("account_used", refers="accounts"),
            _text("account_generated", refers="accounts"),
            _number("granted", 0.0, low=0.0),
            _number("buy_price", low=0.0),
            _number("buy_max", low=0.0),
            _number("sell_price", low=0.0),
            _number("sell_max", low=0.0),
            _number("opening", 0.0, low=0.0),
            _flag("bank"),
            _number("available_after", 0.0, low=0.0, whole=True),
            _flag("movable", True),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("quota",),
    ),
    Table(
        "quota_grants",
        (
            _text("quota", required=True, refers="quotas"),
            _text("jurisdiction", required=True, refers="jurisdictions"),
            Column("period", "period", True, ""),
            _number("amount", required=True, low=0.0),
        ),
        key=("quota", "jurisdiction", "period"),
    ),
    Table(
        "budgets",
        (
            _text("budget", required=True),
            _text("borrower", "government", "enterprise", default="government"),
            _number("opening_cash"),
            _number("reserve", low=0.0),
            *_NAMES,
            *_ORIGIN,
        ),
        key=("budget",),
    ),
    Table(
        "budget_transfers",
        (
            _text("from", required=True, refers="budgets"),
            _text("to", required=True, refers="budgets"),
            _number("cap", low=0.0),
            *_ORIGIN,
        ),
        key=("from", "to"),
    ),
    Table(
        "set_asides",
        (
            _text("account", required=True, refers="accounts"),
            _text("budget", required=True, refers="budgets"),
            _number("share", required=True, low=0.0, high=1.0),
            *_ORIGIN,
        ),
        key=("account", "budget"),
    ),
    Table(
        "price_steps",
        (
            _text("account", required=True, refers="accounts"),
            _text("area_account", required=True),
            _number("up_to", required=True, low=0.0),
            _number("factor", required=True, low=0.0),
            _number("price", required=True, low=0.0),
            _text("jurisdiction", refers="jurisdictions"),
            _period("period"),
            *_ORIGIN,
        ),
        key=("account", "area_account", "jurisdiction", "period", "up_to"),
    ),
    Table(
        "synergies",
        (
            _text("project", required=True, refers="projects"),
            _text("with", required=True, refers="projects"),
            _text("account", required=True, refers="accounts"),
            _number("value", required=True, low=0.0),
            *_ORIGIN,
        ),
        key=("project", "with", "account"),
    ),
    Table(
        "scenarios",
        (
            _text("scenario", required=True),
            _number("probability", low=0.0, high=1.0),
            _text("table", required=True),
            _text("key", required=True),
            _text("column", required=True),
            _period("period"),
            _text("op", "factor", "value", required=True),
            _text("amount", required=True),
            *_ORIGIN,
        ),
    ),
)

DEFAULT_TABLES = (
    "zones",
    "land_classes",
    "class_zones",
    "actors",
    "capture",
    "accounts",
    "practices",
    "class_flows",
    "zone_flows",
    "practice_flows",
    "instruments",
    "shares",
    "limits",
)
"""The tables that have defaults, each after those that its rows name."""
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
FLOW_TABLES = ("class_flows", "zone_flows", "practice_flows", "project_flows", "parcel_flows")

BUILT_IN_ACCOUNTS: dict[str, dict[str, object]] = {
    "project.capex": {"family": "cost", "recurrence": "one_off", "cash": True, "unit": "million"},
    "project.revenue": {"family": "revenue", "recurrence": "annual", "cash": True, "unit": "million/year"},
    "project.cost": {"family": "cost", "recurrence": "annual", "cash": True, "unit": "million/year"},
    "project.ecosystem": {"family": "ecosystem", "recurrence": "annual", "cash": False, "unit": "million/year"},
    "project.jobs": {"family": "social", "recurrence": "annual", "cash": False, "unit": "jobs"},
}
"""Accounts that the project columns write; an `accounts` row of the same name may change budget, growth and source."""
