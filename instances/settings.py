"""study.toml: from nested keys to `Settings`, with everything that is wrong in it taken down."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zonevest.instances.cells import MOST
from zonevest.instances.faults import Faults, choice, meant, nearest
from zonevest.instances.schema import DEFAULT_TABLES
from zonevest.instances.settings_finance import equity_to_toml, finance_to_toml, parse_equity, parse_finance
from zonevest.instances.study import FORMAT, Objective, Period, Rates, Settings

NOT_YET = ("uncertainty",)
RESERVED = ("compactness", "spatial", "adjacency", "contiguity", "connectivity", "boundary")
RESERVED_NAMES = ("last", "total", "each")
"""Words that a limit uses in place of a period or a jurisdiction."""
TEXT_KEYS = ("name", "parcels", "layer", "currency")
FLAG_KEYS = ("hold", "unassigned", "divisible", "strict_lines")
KEYS = (
    "format",
    *TEXT_KEYS,
    "title",
    "purse",
    "defaults",
    *FLAG_KEYS,
    "population_growth",
    "periods",
    "rates",
    "objective",
    "finance",
    "equity",
)
TERMS = ("cash", "ecosystem", "accounts")
METHODS: Mapping[str, tuple[str, ...]] = {
    "floor": ("floor",),
    "weighted": ("cash", "ecosystem"),
    "lexicographic": ("order", "tolerance"),
}
"""The keys of [objective] that belong to each method; `method` and `accounts` belong to all."""
YET = "is not part of this version yet"


@dataclass(frozen=True)
class Source:
    """What study.toml says beside the settings: the parcels file (None where it says nothing), and defaults.

    Attributes
    ----------
    sound_periods : whether nothing is wrong with the periods.
    defaults : the tables with default rows; `listed` where the study lists them.
    """

    parcels: str | None = None
    layer: str | None = None
    sound_periods: bool = False
    defaults: tuple[str, ...] = ()
    listed: bool = False


class _Reader:
    """Takes values out of nested keys and takes down the ones that do not fit."""

    def __init__(self, label: str, faults: Faults) -> None:
        self.label = label
        self.faults = faults

    def where(self, path: str) -> str:
        return f"{self.label}, {path}" if path else self.label

    def wrong(self, path: str, must: str, found: object, do: str) -> None:
        shown = found if isinstance(found, str) else repr(found)
        self.faults.add(self.where(path), must, shown, do)

    def text(self, values: Mapping[str, Any], key: str, default: str, path: str = "") -> str:
        value = values.get(key, default)
        if isinstance(value, str) and (value.strip() or key not in values):
            return value
        self.wrong(path or key, f"{key} is a text", value, f'write {key} = "…"')
        return default

    def flag(self, values: Mapping[str, Any], key: str, default: bool, path: str = "") -> bool:
        value = values.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong(
            path or key, f"{key} is true or false", value, f"write {key} = true or {key} = false, without quotes"
        )
        return default

    def number(
        self,
        values: Mapping[str, Any],
        key: str,
        default: float,
        path: str = "",
        *,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> float:
        value = values.get(key, default)
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST
        if number and low <= value <= high:
            return float(value)
        if math.isfinite(low) and math.isfinite(high):
            must = f"a number from {low:g} to {high:g}"
        else:
            must = f"a number from {low:g} to 1e15" if math.isfinite(low) else "a number between -1e15 and 1e15"
        do = "write a share, 0.05 for 5 %" if high in (1.0, 0.5) else "write the number without quotes"
        self.wrong(path or key, f"{key} is {must}", value, do)
        return default

    def whole(self, values: Mapping[str, Any], key: str, default: int, path: str, low: int, high: int) -> int:
        value = values.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        if key in values:
            self.wrong(path, f"{key} is a whole number from {low} to {high}", value, "correct the number")
        return default

    def texts(self, values: Mapping[str, Any], key: str, default: Sequence[str], path: str = "") -> tuple[str, ...]:
        value = values.get(key, list(default))
        if (
            isinstance(value, (list, tuple))
            and all(isinstance(each, str) and each.strip() for each in value)
            and (value or key not in values)
        ):
            return tuple(value)
        self.wrong(path or key, f"{key} is a list of texts with at least one", value, f'write {key} = ["…"]')
        return tuple(default)

    def table(self, values: Mapping[str, Any], key: str, path: str = "") -> Mapping[str, Any]:
        value = values.get(key, {})
        if isinstance(value, Mapping):
            return value
        self.wrong(path or key, f"{key} is a table of keys and values", value, f"write [{path or key}] above its keys")
        return {}

    def unknown(self, values: Mapping[str, Any], known: Sequence[str], path: str = "") -> None:
        for key in values:
            if key in known:
                continue
            full = f"{path}.{key}" if path else str(key)
            if key in RESERVED:
                must = f"{key} is absent: rules on the shape of areas are not part of this version yet"
                self.wrong(full, must, "a key reserved for them", "take the key out")
            else:
                do = meant(str(key), known, "take the key out")
                self.wrong(full, "every key is one of the study format", f"unknown key {key!r}", do)


def parse_toml(text: str, label: str, faults: Faults) -> dict[str, Any]:
    """Read the text of study.toml; a broken one is a fault that names the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        do = "correct that line: texts in quotes, key = value, no key twice"
        faults.add(label, "the file is TOML", message, do)
        return {}


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested tables as dotted names: ``{"area": {"converted": -1}}`` -> ``[("area.converted", -1)]``."""
    out: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        out += flat(value, f"{name}.") if isinstance(value, Mapping) else [(name, value)]
    return out


def parse_settings(values: Mapping[str, Any], label: str, faults: Faults) -> tuple[Settings, Source]:
    """Check the keys of study.toml and fill in the ones that are absent.

    Parameters
    ----------
    values
        Settings nested like study.toml.
    label
        How the reader knows them: ``study.toml`` or ``the settings``.
    faults
        What is wrong is added here; what is returned then is only good for further checks.
    """
    read = _Reader(label, faults)
    for key in NOT_YET:
        if key in values:
            read.wrong(key, f"[{key}] is absent: it {YET}", f"a table [{key}]", "take the table out")
    read.unknown({key: None for key in values if key not in NOT_YET}, KEYS)
    if values.get("format") != FORMAT or isinstance(values.get("format"), bool):
        found = values.get("format", "no format")
        read.wrong("format", f"format is {FORMAT}", found, f"write format = {FORMAT} on the first line")
    if "name" not in values:
        read.wrong("name", "the study has a name", "no name", 'write name = "…"')
    defaults = _defaults(values, read)
    title = read.table({"title": {"en": values["title"]}}, "title") if isinstance(values.get("title"), str) else None
    title = read.table(values, "title") if title is None else title
    for lang, words in title.items():
        if not isinstance(words, str):
            read.wrong(f"title.{lang}", "a title is a text", words, f'write {lang} = "…"')
    before = len(faults)
    periods = _periods(values, read)
    sound = len(faults) == before
    settings = Settings(
        name=read.text(values, "name", "study"),
        periods=periods,
        title={str(lang): words for lang, words in title.items() if isinstance(words, str)},
        currency=read.text(values, "currency", "CNY"),
        purse=read.texts(values, "purse", ("local",)),
        hold=read.flag(values, "hold", True),
        unassigned=read.flag(values, "unassigned", False),
        divisible=read.flag(values, "divisible", False),
        strict_lines=read.flag(values, "strict_lines", False),
        population_growth=read.number(values, "population_growth", 0.0, low=-0.5, high=1.0),
        rates=_rates(read.table(values, "rates"), read),
        objective=_objective(read.table(values, "objective"), read),
        finance=parse_finance(read.table(values, "finance"), periods if sound else None, read)
        if "finance" in values
        else None,
        equity=parse_equity(read.table(values, "equity"), read),
    )
    parcels = read.text(values, "parcels", "") if "parcels" in values else None
    layer = read.text(values, "layer", "") if "layer" in values else None
    return settings, Source(parcels, layer, sound, defaults, isinstance(values.get("defaults"), (list, tuple)))


def _defaults(values: Mapping[str, Any], read: _Reader) -> tuple[str, ...]:
    """The tables with default rows: all of "cn" where nothing is said, none, or those listed."""
    value = values.get("defaults", "cn")
    if value == "none":
        return ()
    if value == "cn":
        return DEFAULT_TABLES
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        strange = [each for each in value if each not in DEFAULT_TABLES]
        if strange:
            must = f"defaults lists tables that have default rows: {choice(DEFAULT_TABLES)}"
            read.wrong("defaults", must, ", ".join(map(repr, strange)), meant(strange[0], DEFAULT_TABLES, "correct it"))
        return tuple(each for each in DEFAULT_TABLES if each in value)
    must, do = 'defaults is "cn", "none" or a list of tables', 'write defaults = "cn" or defaults = "none"'
    read.wrong("defaults", must, value, do)
    return ()


def _periods(values: Mapping[str, Any], read: _Reader) -> tuple[Period, ...]:
    given = values.get("periods")
    example = 'write [[periods]] with name = "2026", start = 2026, years = 1'
    if not isinstance(given, (list, tuple)) or not given or not all(isinstance(each, Mapping) for each in given):
        found = "no period" if given is None or given == [] else repr(given)
        read.wrong("periods", "the study has at least one period", found, example)
        return (Period("period", 2000, 1),)
    periods: list[Period] = []
    sound = True
    for at, each in enumerate(given):
        path = f"periods, number {at + 1}"
        read.unknown(each, ("name", "start", "years"), path)
        before = len(read.faults)
        for key in ("name", "start", "years"):
            # a misspelt key has been told as unknown, with this one as what was meant
            if key not in each and not nearest(key, set(each) - {"name", "start", "years"}):
                read.wrong(path, "a period has name, start and years", f"no {key}", example)
        name = read.text(each, "name", f"period {at + 1}", f"{path}, name").strip()
        start = read.whole(each, "start", 2000 + at, f"{path}, start", 1, 9999)
        years = read.whole(each, "years", 1, f"{path}, years", 1, 1000)
        sound &= len(read.faults) == before
        if name in RESERVED_NAMES or ";" in name:
            must = f"a period's name is not {choice(RESERVED_NAMES)} and has no semicolon"
            read.wrong(f"{path}, name", must, repr(name), "give it another name, its years for one")
        if name in [period.name for period in periods]:
            read.wrong(f"{path}, name", "every period has a name of its own", repr(name), "rename one of the two")
        if sound and periods and start != periods[-1].last + 1:
            last = periods[-1]
            kind = "a gap" if start > last.last + 1 else "an overlap"
            must = f"periods follow each other: {name!r} starts in {last.last + 1}, the year after {last.name!r} ends"
            read.wrong(
                f"{path}, start", must, f"{kind}: it starts in {start}", "correct start, or years of the one before"
            )
        periods.append(Period(name, start, years))
    return tuple(periods)


def _rates(values: Mapping[str, Any], read: _Reader) -> Rates:
    read.unknown(values, ("finance", "social", "tail_years"), "rates")
    return Rates(
        finance=read.number(values, "finance", 0.05, "rates.finance", low=0.0, high=1.0),
        social=read.number(values, "social", 0.03, "rates.social", low=0.0, high=1.0),
        tail_years=read.whole(values, "tail_years", 0, "rates.tail_years", 0, 1000),
    )


def _objective(values: Mapping[str, Any], read: _Reader) -> Objective:
    belongs = {key: method for method, keys in METHODS.items() for key in keys}
    read.unknown(values, ("method", "accounts", *belongs), "objective")
    method = values.get("method", "floor")
    if method not in METHODS:
        do = meant(str(method), METHODS, "use one of the three")
        read.wrong("objective.method", f"method is {choice(tuple(METHODS))}", method, do)
        method = ""
    for key, owner in belongs.items():
        if method and key in values and owner != method:
            said = f"method is {method!r}" if "method" in values else "no method, which stands for 'floor'"
            do = f'take {key} out, or write method = "{owner}"'
            read.wrong(f"objective.{key}", f"{key} goes with method {owner!r}", said, do)
    accounts = {
        name: read.number({name: weight}, name, 0.0, f"objective.accounts.{name}")
        for name, weight in flat(read.table(values, "accounts", "objective.accounts"))
    }
    floor: dict[str, float] = {}
    if method == "floor":
        floor = _floor(read.table(values, "floor", "objective.floor"), "floor" in values, read)
    order = read.texts(values, "order", (), "objective.order") if method == "lexicographic" else ()
    if method == "lexicographic":
        _order(order, accounts, values, read)
    if method == "weighted" and not accounts and not {"cash", "ecosystem"} & set(values):
        must = "method 'weighted' has a weight: cash, ecosystem or one on an account"
        read.wrong("objective", must, "no weight", "write cash = 1.0, or a weight under [objective.accounts]")
    return Objective(
        method=method or "floor",
        floor=floor,
        cash=read.number(values, "cash", 0.0, "objective.cash") if method == "weighted" else 0.0,
        ecosystem=read.number(values, "ecosystem", 0.0, "objective.ecosystem") if method == "weighted" else 0.0,
        order=order,
        tolerance=read.number(values, "tolerance", 0.01, "objective.tolerance", low=0.0, high=1.0),
        accounts=accounts,
    )


def _floor(values: Mapping[str, Any], given: bool, read: _Reader) -> dict[str, float]:
    if not given:
        return {"ecosystem": 1.0}
    read.unknown(values, ("ecosystem", "cash"), "objective.floor")
    known = [key for key in ("ecosystem", "cash") if key in values]
    if len(known) != 1:
        found = "both" if known else "neither"
        do = "write floor = { ecosystem = 1.0 }"
        read.wrong("objective.floor", "floor holds one of ecosystem and cash", found, do)
    low = {"ecosystem": 0.0, "cash": -math.inf}
    return {key: read.number(values, key, 0.0, f"objective.floor.{key}", low=low[key]) for key in known}


def _order(order: Sequence[str], accounts: Mapping[str, float], values: Mapping[str, Any], read: _Reader) -> None:
    strange = [term for term in order if term not in TERMS]
    if "order" not in values:
        do = 'write order = ["ecosystem", "cash"]'
        read.wrong("objective.order", "method 'lexicographic' has an order", "no order", do)
    if strange:
        must = "order names cash, ecosystem or accounts (the weighted sum of [objective.accounts])"
        read.wrong("objective.order", must, repr(strange), meant(strange[0], TERMS, "correct the list"))
    if len(set(order)) < len(order):
        read.wrong("objective.order", "order names a term once", list(order), "drop the second one")
    if "accounts" in order and not accounts:
        do = "add [objective.accounts], or drop it from order"
        read.wrong("objective.order", "order names accounts only where there are weights on them", "no weight", do)
    if accounts and order and "accounts" not in order:
        must = 'weights on accounts have their turn: order names "accounts"'
        read.wrong("objective.order", must, list(order), 'add "accounts" to order, or drop [objective.accounts]')


def to_toml(settings: Settings, parcels: str | None) -> dict[str, Any]:
    """Settings nested like study.toml, nothing left to a default, `parcels` the name of the parcels file if any."""
    objective: dict[str, Any] = {"method": settings.objective.method}
    if objective["method"] == "floor":
        objective["floor"] = dict(settings.objective.floor)
    elif objective["method"] == "weighted":
        objective |= {"cash": settings.objective.cash, "ecosystem": settings.objective.ecosystem}
    else:
        objective |= {"order": list(settings.objective.order), "tolerance": settings.objective.tolerance}
    if settings.objective.accounts:
        objective["accounts"] = dict(settings.objective.accounts)
    rates = settings.rates
    return {
        "format": FORMAT,
        "name": settings.name,
        **({"title": dict(settings.title)} if settings.title else {}),
        **({"parcels": parcels} if parcels else {}),
        "currency": settings.currency,
        "purse": list(settings.purse),
        "defaults": "none",
        "hold": settings.hold,
        "unassigned": settings.unassigned,
        "divisible": settings.divisible,
        "strict_lines": settings.strict_lines,
        "population_growth": settings.population_growth,
        "periods": [{"name": each.name, "start": each.start, "years": each.years} for each in settings.periods],
        "rates": {"finance": rates.finance, "social": rates.social, "tail_years": rates.tail_years},
        "objective": objective,
        **({"finance": finance_to_toml(settings.finance)} if settings.finance is not None else {}),
        **({"equity": stated} if (stated := equity_to_toml(settings.equity)) else {}),
    }
