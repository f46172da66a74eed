"""study.toml: from nested keys to `Settings`, with everything that is wrong in it taken down."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from zonevest.instances.cells import MOST
from zonevest.instances.faults import Faults, choice, meant, nearest, some, within
from zonevest.instances.finance import GROWING, SOFT, Equity, Finance
from zonevest.instances.rules import advice, rule
from zonevest.instances.say import foreign, listed, say
from zonevest.instances.schema import DEFAULT_TABLES
from zonevest.instances.settings_finance import equity_to_toml, finance_to_toml, parse_equity, parse_finance
from zonevest.instances.study import FORMAT, Objective, Period, Rates, Settings, Uncertainty

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
    "begun",
    "population_growth",
    "periods",
    "rates",
    "objective",
    "finance",
    "equity",
    "uncertainty",
)
TERMS = ("cash", "ecosystem", "accounts")
METHODS: Mapping[str, tuple[str, ...]] = {
    "floor": ("floor",),
    "weighted": ("cash", "ecosystem", "floor"),
    "lexicographic": ("order", "tolerance"),
}
"""The keys of [objective] that belong to each method; `method` and `accounts` belong to all."""
DEEP = 32
"""How deep tables and lists may lie within each other; no key is deeper than five."""
INTEGER = 2**63
"""TOML has whole numbers of 64 bits."""
TOML_FAULT = re.compile(r"(?P<words>.+) \(at (line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)


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


class Reader:
    """Takes values out of nested keys and takes down the ones that do not fit."""

    def __init__(self, label: str, faults: Faults) -> None:
        self.label = label
        self.faults = faults

    def where(self, path: str) -> str:
        """Say where a key stands."""
        return within(self.label, path) if path else self.label

    def wrong(self, path: str, must: str, found: object, do: str = "") -> None:
        """Take down a value that does not fit."""
        shown = found if isinstance(found, str) else repr(found)
        self.faults.add(self.where(path), must, shown, do)

    def text(self, values: Mapping[str, Any], key: str, default: str, path: str = "") -> str:
        """A text that holds something."""
        value = values.get(key, default)
        if isinstance(value, str) and (value.strip() or key not in values):
            return value
        self.wrong(path or key, rule("settings.text", key=key), value)
        return default

    def flag(self, values: Mapping[str, Any], key: str, default: bool, path: str = "") -> bool:
        """A flag."""
        value = values.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong(path or key, rule("settings.flag", key=key), value)
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
        """A number in a range."""
        value = values.get(key, default)
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST
        if number and low <= value <= high:
            return float(value)
        must = rule("settings.number", column=key)
        if math.isfinite(low):
            to = high if math.isfinite(high) else MOST
            kind = "settings.share" if high in (1.0, 0.5) else "settings.span"
            must = rule(kind, key=key, low=low, high=f"{to:g}".replace("+", ""))
        self.wrong(path or key, must, value)
        return default

    def whole(self, values: Mapping[str, Any], key: str, default: int, path: str, low: int, high: int) -> int:
        """A whole number in a range."""
        value = values.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        if key in values:
            must = rule("settings.whole", key=key, low=low, high=high)
            self.wrong(path, must, value)
        return default

    def texts(self, values: Mapping[str, Any], key: str, default: Sequence[str], path: str = "") -> tuple[str, ...]:
        """A list of texts."""
        value = values.get(key, list(default))
        if (
            isinstance(value, (list, tuple))
            and all(isinstance(each, str) and each.strip() for each in value)
            and (value or key not in values)
        ):
            return tuple(value)
        must = rule("settings.list", key=key)
        self.wrong(path or key, must, value)
        return tuple(default)

    def table(self, values: Mapping[str, Any], key: str, path: str = "") -> Mapping[str, Any]:
        """A table of keys and values."""
        value = values.get(key, {})
        if isinstance(value, Mapping):
            return value
        must = rule("settings.table", key=key, path=path or key)
        self.wrong(path or key, must, value)
        return {}

    def unknown(self, values: Mapping[str, Any], known: Sequence[str], path: str = "") -> None:
        """Take down the keys that are not known."""
        for key in values:
            if key in known:
                continue
            full = say("{path}.{key}", path=path, key=key) if path else str(key)
            if key in RESERVED:
                must = rule("settings.spatial", key=key)
                self.wrong(full, must, say("a key reserved for them"))
            else:
                do = meant(str(key), known, advice("settings.key"))
                found = say("unknown key {key!r}", key=key)
                self.wrong(full, rule("settings.key"), found, do)


def parse_toml(text: str, label: str, faults: Faults) -> dict[str, Any]:
    """Read the text of study.toml; a broken one is a fault that names the line."""
    try:
        values = tomllib.loads(text)
        if not _beyond(values, DEEP):
            return values
        faults.add(label, rule("settings.modest"), _beyond(values, DEEP))
    except RecursionError:
        faults.add(label, rule("settings.modest"), _too_deep())
    except tomllib.TOMLDecodeError as error:
        found, at = foreign(str(error)), TOML_FAULT.fullmatch(str(error))
        if at and at["line"]:
            words = foreign(at["words"])
            found = say("{words} (at line {line}, column {column})", words=words, line=at["line"], column=at["column"])
            if key := _bare_key(text.split("\n")[int(at["line"]) - 1], int(at["column"]), at["words"]):
                faults.add(label, rule("settings.toml-bare"), say("{key} in line {line}", key=key, line=at["line"]))
                return {}
        elif at:
            found = say("{words} (at end of document)", words=foreign(at["words"]))
        faults.add(label, rule("settings.toml"), found)
    except ValueError as error:  # a number of thousands of digits
        found = say("a whole number beyond ±9.2e18") if "digits" in str(error) else foreign(str(error))
        faults.add(label, rule("settings.modest"), found)
    return {}


def _bare_key(line: str, column: int, words: str) -> str:
    """The key in a line of TOML that lacks the quotes its letters ask for, or ``""`` where something else is wrong."""
    letter = line[column - 1 : column]
    if letter.isascii() or not letter.isalnum() or words == "Invalid value":
        return ""
    return next((each[0] for each in re.finditer(r"[\w-]+", line) if each.start() < column <= each.end()), "")


def _beyond(value: Any, deep: int) -> str:
    """What of a value is more than TOML programs have to read; `deep` is how deep tables and lists may still lie."""
    if isinstance(value, int):
        return "" if -INTEGER <= value < INTEGER else say("a whole number beyond ±9.2e18")
    if not isinstance(value, (dict, list)):
        return ""
    held = value.values() if isinstance(value, dict) else value
    return _too_deep() if deep == 0 else next((told for each in held if (told := _beyond(each, deep - 1))), "")


def _too_deep() -> str:
    return say("tables or lists within each other, {deep} deep or more", deep=DEEP)


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested tables as dotted names: ``{"area": {"converted": -1}}`` -> ``[("area.converted", -1)]``."""
    out: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        out += flat(value, f"{name}.") if isinstance(value, Mapping) else [(name, value)]
    return out


def known_paths(values: Mapping[str, Any]) -> list[str]:
    """The dotted paths of study.toml that are there to be set, periods by the names that `values` give them."""
    periods = values.get("periods")
    named = [each["name"] for each in periods if isinstance(each, Mapping) and "name" in each] if periods else []
    nested: Mapping[str, Iterable[str]] = {
        **{f"periods.{name}": ("start", "years") for name in named},
        "rates": [each.name for each in fields(Rates)],
        "objective": [each.name for each in fields(Objective)],
        "objective.floor": TERMS[:2],
        "finance": [each.name for each in fields(Finance)],
        "finance.growth": GROWING,
        "finance.soft": SOFT,
        "equity": [each.name for each in fields(Equity)],
        "uncertainty": [each.name for each in fields(Uncertainty)],
    }
    return [*KEYS, *(f"{above}.{key}" for above, keys in nested.items() for key in keys)]


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
    read = Reader(label, faults)
    read.unknown(values, KEYS)
    if values.get("format") != FORMAT or isinstance(values.get("format"), bool):
        found = values.get("format", say("no {key}", key="format"))
        read.wrong("format", rule("settings.format", format=FORMAT), found)
    if "name" not in values:
        read.wrong("name", rule("settings.name", key="name"), say("no {key}", key="name"))
    defaults = _defaults(values, read)
    title = read.table({"title": {"en": values["title"]}}, "title") if isinstance(values.get("title"), str) else None
    title = read.table(values, "title") if title is None else title
    for lang, words in title.items():
        if not isinstance(words, str):
            read.wrong(f"title.{lang}", rule("settings.title", key=lang), words)
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
        begun=_begun(values, periods if sound else None, read),
        population_growth=read.number(values, "population_growth", 0.0, low=-0.5, high=1.0),
        rates=_rates(read.table(values, "rates"), read),
        objective=_objective(read.table(values, "objective"), read),
        finance=parse_finance(read.table(values, "finance"), periods if sound else None, read)
        if "finance" in values
        else None,
        equity=parse_equity(read.table(values, "equity"), read),
        uncertainty=_uncertainty(read.table(values, "uncertainty"), read),
    )
    parcels = read.text(values, "parcels", "") if "parcels" in values else None
    layer = read.text(values, "layer", "") if "layer" in values else None
    return settings, Source(parcels, layer, sound, defaults, isinstance(values.get("defaults"), (list, tuple)))


def _defaults(values: Mapping[str, Any], read: Reader) -> tuple[str, ...]:
    """The tables with default rows: all of "cn" where nothing is said, none, or those listed."""
    value = values.get("defaults", "cn")
    if value == "none":
        return ()
    if value == "cn":
        return DEFAULT_TABLES
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        strange = [each for each in value if each not in DEFAULT_TABLES]
        if strange:
            must = rule("settings.default-tables", tables=choice(DEFAULT_TABLES))
            do = meant(strange[0], DEFAULT_TABLES, advice("settings.default-tables"))
            read.wrong("defaults", must, some(map(repr, strange)), do)
        return tuple(each for each in DEFAULT_TABLES if each in value)
    must = rule("settings.defaults")
    read.wrong("defaults", must, value)
    return DEFAULT_TABLES


def _periods(values: Mapping[str, Any], read: Reader) -> tuple[Period, ...]:
    given = values.get("periods")
    if not isinstance(given, (list, tuple)) or not given or not all(isinstance(each, Mapping) for each in given):
        found = say("no period") if given is None or given == [] else repr(given)
        read.wrong("periods", rule("periods.none"), found)
        return (Period("period", 2000, 1),)
    periods: list[Period] = []
    sound = True
    for at, each in enumerate(given):
        path = within("periods", say("number {number}", number=at + 1))
        read.unknown(each, ("name", "start", "years"), path)
        before = len(read.faults)
        for key in ("name", "start", "years"):
            # a misspelt key has been told as unknown, with this one as what was meant
            if key not in each and not nearest(key, set(each) - {"name", "start", "years"}):
                read.wrong(path, rule("periods.keys"), say("no {key}", key=key))
        name = read.text(each, "name", f"period {at + 1}", within(path, "name")).strip()
        start = read.whole(each, "start", 2000 + at, within(path, "start"), 1, 9999)
        years = read.whole(each, "years", 1, within(path, "years"), 1, 1000)
        sound &= len(read.faults) == before
        if name in RESERVED_NAMES or ";" in name:
            must = rule("periods.word", words=choice(RESERVED_NAMES))
            read.wrong(within(path, "name"), must, repr(name))
        if name in [period.name for period in periods]:
            must = rule("periods.name")
            read.wrong(within(path, "name"), must, repr(name))
        if sound and periods and start != periods[-1].last + 1:
            last = periods[-1]
            must = rule("periods.follow", name=name, year=last.last + 1, before=last.name)  # fmt: skip
            found = say("an overlap: it starts in {year}", year=start)
            if start > last.last + 1:
                found = say("a gap: it starts in {year}", year=start)
            read.wrong(within(path, "start"), must, found)
        periods.append(Period(name, start, years))
    return tuple(periods)


def _begun(values: Mapping[str, Any], periods: tuple[Period, ...] | None, read: Reader) -> str:
    """The last period that has begun, ``""`` for none."""
    name = read.text(values, "begun", "")
    known = [each.name for each in periods or ()]
    if name and periods is not None and name not in known:
        must = rule("settings.begun", periods=listed(known))
        read.wrong("begun", must, repr(name), meant(name, known, must.do))
    return name


def _rates(values: Mapping[str, Any], read: Reader) -> Rates:
    read.unknown(values, ("finance", "social", "tail_years"), "rates")
    return Rates(
        finance=read.number(values, "finance", 0.05, "rates.finance", low=0.0, high=1.0),
        social=read.number(values, "social", 0.03, "rates.social", low=0.0, high=1.0),
        tail_years=read.whole(values, "tail_years", 0, "rates.tail_years", 0, 1000),
    )


def _uncertainty(values: Mapping[str, Any], read: Reader) -> Uncertainty:
    read.unknown(values, [each.name for each in fields(Uncertainty)], "uncertainty")
    own = Uncertainty()
    alpha = read.number(values, "alpha", own.alpha, "uncertainty.alpha", low=0.0, high=1.0)
    beta = read.number(values, "beta", own.beta, "uncertainty.beta", low=0.0, high=1.0)
    if beta == 0.0:
        read.wrong("uncertainty.beta", rule("settings.worst-part", key="beta"), values["beta"])
        beta = own.beta
    return Uncertainty(alpha, beta)


def _objective(values: Mapping[str, Any], read: Reader) -> Objective:
    belongs = {key: [m for m, keys in METHODS.items() if key in keys] for keys in METHODS.values() for key in keys}
    read.unknown(values, ("method", "accounts", *belongs), "objective")
    method = values.get("method", "floor")
    if not isinstance(method, str) or method not in METHODS:
        do = meant(str(method), METHODS, advice("settings.choice"))
        read.wrong(
            "objective.method",
            rule("settings.choice", column="method", choices=choice(tuple(METHODS))),
            method,
            do,
        )
        method = ""
    for key, owners in belongs.items():
        if method and key in values and method not in owners:
            found = say("no method, which stands for 'floor'")
            if "method" in values:
                found = say("method is {method!r}", method=method)
            read.wrong(f"objective.{key}", rule("objective.method-key", key=key, method=owners[0]), found)
    accounts = {
        name: read.number({name: weight}, name, 0.0, f"objective.accounts.{name}")
        for name, weight in flat(read.table(values, "accounts", "objective.accounts"))
    }
    floor: dict[str, float] = {}
    if method in ("floor", "weighted"):
        floor = _floor(read.table(values, "floor", "objective.floor"), "floor" in values, method, read)
    order = read.texts(values, "order", (), "objective.order") if method == "lexicographic" else ()
    if method == "lexicographic":
        _order(order, accounts, values, read)
    if method == "weighted" and not accounts and not {"cash", "ecosystem"} & set(values):
        must = rule("objective.weights")
        read.wrong("objective", must, say("no weight"))
    return Objective(
        method=method or "floor",
        floor=floor,
        cash=read.number(values, "cash", 0.0, "objective.cash") if method == "weighted" else 0.0,
        ecosystem=read.number(values, "ecosystem", 0.0, "objective.ecosystem") if method == "weighted" else 0.0,
        order=order,
        tolerance=read.number(values, "tolerance", 0.01, "objective.tolerance", low=0.0, high=1.0),
        accounts=accounts,
    )


def _floor(values: Mapping[str, Any], given: bool, method: str, read: Reader) -> dict[str, float]:
    if not given:
        return {"ecosystem": 1.0} if method == "floor" else {}
    read.unknown(values, ("ecosystem", "cash"), "objective.floor")
    known = [key for key in ("ecosystem", "cash") if key in values]
    if len(known) != 1 and (method == "floor" or not known):
        found = say("both") if known else say("neither of them")
        read.wrong("objective.floor", rule("objective.floor"), found)
    low = {"ecosystem": 0.0, "cash": -math.inf}
    return {key: read.number(values, key, 0.0, f"objective.floor.{key}", low=low[key]) for key in known}


def _order(order: Sequence[str], accounts: Mapping[str, float], values: Mapping[str, Any], read: Reader) -> None:
    strange = [term for term in order if term not in TERMS]
    if "order" not in values:
        must = rule("objective.order")
        read.wrong("objective.order", must, say("no order"))
    if strange:
        must = rule("objective.order-terms")
        read.wrong("objective.order", must, repr(strange), meant(strange[0], TERMS, advice("objective.order-terms")))
    if len(set(order)) < len(order):
        read.wrong("objective.order", rule("objective.order-twice"), list(order))
    if "accounts" in order and not accounts:
        must = rule("objective.order-accounts")
        read.wrong("objective.order", must, say("no weight"))
    if accounts and order and "accounts" not in order:
        must = rule("objective.order-weights")
        read.wrong("objective.order", must, list(order))


def to_toml(settings: Settings, parcels: str | None) -> dict[str, Any]:
    """Settings nested like study.toml, nothing left to a default, `parcels` the name of the parcels file if any."""
    objective: dict[str, Any] = {"method": settings.objective.method}
    if objective["method"] == "floor":
        objective["floor"] = dict(settings.objective.floor)
    elif objective["method"] == "weighted":
        objective |= {"cash": settings.objective.cash, "ecosystem": settings.objective.ecosystem}
        if settings.objective.floor:
            objective["floor"] = dict(settings.objective.floor)
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
        **({"begun": settings.begun} if settings.begun else {}),
        "population_growth": settings.population_growth,
        "periods": [{"name": each.name, "start": each.start, "years": each.years} for each in settings.periods],
        "rates": {"finance": rates.finance, "social": rates.social, "tail_years": rates.tail_years},
        "objective": objective,
        **({"finance": finance_to_toml(settings.finance)} if settings.finance is not None else {}),
        **({"equity": stated} if (stated := equity_to_toml(settings.equity)) else {}),
        **({} if settings.uncertainty == Uncertainty() else {"uncertainty": asdict(settings.uncertainty)}),
    }
