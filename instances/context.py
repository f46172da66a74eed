"""What the checks look at: the tables, the names in them, and a way to say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from zonevest.instances import accounts as account_names
from zonevest.instances.cells import plain
from zonevest.instances.faults import SHOWN, Faults, nearest, without_zeros
from zonevest.instances.say import listed, say
from zonevest.instances.schema import BY_NAME
from zonevest.instances.study import Period, Settings, items, lineages, places
from zonevest.instances.tables import Typed

HOLD = "hold"
"""The name that stands for holding today's class in today's zone, where a lock names a practice."""
OUTSIDE = "outside"
"""The actor that is everyone else."""


@dataclass
class Context:
    """A study that is being checked.

    Attributes
    ----------
    settings : None where study.toml could not be read.
    periods : its periods; None where they are not sound, so that nothing is concluded from them.
    tables : the tables that there are; `accounts` always, with the built-in ones.
    label : how the reader knows the settings.
    notes : what the reader wants to be known is added here.
    """

    settings: Settings | None
    periods: tuple[Period, ...] | None
    tables: Mapping[str, Typed]
    faults: Faults
    label: str = "study.toml"
    notes: list[str] = field(default_factory=list)

    def rows(self, name: str) -> Typed | None:
        """A table, if it has rows."""
        table = self.tables.get(name)
        return table if table is not None and table.size else None

    def readable(self, name: str, *columns: str) -> bool:
        """Whether columns of a table can be relied on (a table that is not there is an empty one)."""
        table = self.tables.get(name)
        return table is None or not table.broken.intersection(columns or BY_NAME[name].key)

    def ids(self, name: str) -> Collection[str] | None:
        """The keys of a table; None if they cannot be relied on."""
        if not self.readable(name):
            return None
        table = self.tables.get(name)
        if name == "parcels":
            return self._parcel_ids
        return dict.fromkeys([] if table is None else table.text(BY_NAME[name].key[0]))

    @cached_property
    def _parcel_ids(self) -> Collection[str]:
        table = self.tables.get("parcels")
        return frozenset(() if table is None else table.text("parcel_id"))

    @cached_property
    def jurisdictions(self) -> Collection[str] | None:
        """Every jurisdiction: those of the table, or without one those that are named; None if unreliable."""
        if not self.readable("jurisdictions"):
            return None
        if self.rows("jurisdictions"):
            return self.ids("jurisdictions")
        names: dict[str, None] = {}
        for name in ("parcels", "projects", "land_take"):
            if not self.readable(name, "jurisdiction"):
                return None
            if (table := self.rows(name)) is not None:
                names |= dict.fromkeys(table.text("jurisdiction"))
        names.pop("", None)
        return names

    @cached_property
    def functions(self) -> dict[str, str]:
        """Every jurisdiction with its main function, blank where it has none or it cannot be relied on."""
        named = self.rows("jurisdictions")
        if named is None or named.broken & {"jurisdiction", "main_function"}:
            return dict.fromkeys(self.jurisdictions or (), "")
        return dict(zip(named.text("jurisdiction"), named.text("main_function"), strict=True))

    def places(self, cell: str) -> list[str]:
        """The places that a limit's `jurisdiction` stands for (see `zonevest.instances.study.places`)."""
        return places(cell, self.functions)

    @cached_property
    def tags(self) -> Collection[str] | None:
        """Every tag of a parcel; None if unreliable."""
        if not self.readable("parcels", "tags"):
            return None
        parcels = self.rows("parcels")
        return {tag for cell in set(parcels.text("tags")) for tag in items(cell)} if parcels else set()

    @cached_property
    def lineage(self) -> dict[str, list[str]]:
        """Every zone with itself and the zones that it is a part of; empty if unreliable."""
        zones = self.rows("zones")
        if zones is None or not self.readable("zones", "zone", "parent"):
            return {}
        return lineages(zones.text("zone"), zones.text("parent"))

    @cached_property
    def accounts(self) -> account_names.Known:
        """The accounts that a limit or a weight may name."""
        names = {"class": self.ids("land_classes"), "zone": self.ids("zones"), "practice": self.ids("practices")}
        actors = None if self.actors is None else [*self.actors, OUTSIDE]
        others = {"quota": self.ids("quotas"), "actor": actors}
        if self.settings is None or self.settings.finance is not None:
            others |= {"instrument": self.ids("instruments"), "budget": self.ids("budgets")}
        assets = self.settings is None or self.settings.rates.social > 0
        return account_names.known(self.tables["accounts"], names, others, assets)

    @cached_property
    def actors(self) -> Collection[str] | None:
        """Every actor: those of the table, those that shares and captures name, the purse; None if unreliable."""
        if not (self.readable("actors") and self.readable("shares", "actor") and self.readable("capture", "payer")):
            return None
        named = dict.fromkeys(self.ids("actors") or ())
        for name, column in (("shares", "actor"), ("capture", "payer")):
            if (table := self.rows(name)) is not None:
                named |= dict.fromkeys(words_of(table, column))
        return [*named, *(self.settings.purse if self.settings is not None else ())]

    @cached_property
    def gaining(self) -> Collection[str] | None:
        """The actors whose gains are a jurisdiction's: those of participation, else all that are not public."""
        if self.settings is None or self.actors is None or not self.readable("actors", "public"):
            return None
        if self.settings.equity.participation:
            return self.settings.equity.participation
        table = self.rows("actors")
        rows = () if table is None else zip(table.text("actor"), table.flag("public").tolist(), strict=True)
        public = {name for name, flag in rows if flag} | {OUTSIDE, *self.settings.purse}
        return [name for name in self.actors if name not in public]

    @cached_property
    def people(self) -> set[str]:
        """The places where somebody is counted, ``""`` for all together."""
        stated: dict[str, float] = {}
        named, parcels = self.rows("jurisdictions"), self.rows("parcels")
        if named is not None:
            pairs = zip(named.text("jurisdiction"), named.number("population").tolist(), strict=True)
            stated = {name: people for name, people in pairs if people == people}
        out, tagged = {name for name, people in stated.items() if people > 0}, set[str]()
        if parcels is not None:
            at = (parcels.number("population") > 0).nonzero()[0].tolist()
            inside, tags = parcels.text("jurisdiction"), parcels.text("tags")
            out |= {inside[i] for i in at} - set(stated)  # what a jurisdiction states goes before its parcels
            tagged = {tag for cell in {tags[i] for i in at} for tag in items(cell)}
        return out | tagged | ({""} if out else set())

    def tell(
        self,
        table: Typed,
        at: Sequence[int],
        column: str,
        must: str,
        do: str = "",
        found: Callable[[int], str] | None = None,
    ) -> None:
        """Take down one fault or warning for many rows; `found` says what a row has, else it is its cell."""
        if not at:
            return
        key = table.table.key
        name = key[0] if key and key[0] not in table.broken else ""
        shown = []
        for i in at[:SHOWN]:
            row = table.data[name][i] if name and name != column else ""
            if found is None:
                cell = plain(table.data[column][i])
                cell = int(cell) if isinstance(cell, bool) else cell  # as it is written in the table
                what = say("blank") if cell == "" or cell != cell else repr(cell)
            else:
                what = found(i)
            named = row and (found is None or row not in what)
            shown.append(say("{what} ({row})", what=what, row=row) if named else what)
        text = listed(shown)
        if len(at) > SHOWN:
            text = say("{first} … ({count} in all)", first=text, count=len(at))
        self.faults.add(table.where(at, column), must, text, do)


def advise(strange: Iterable[str], known: Collection[str], otherwise: str) -> str:
    """Name the nearest known name of each of the first unknown ones, then say what else can be done."""
    names = sorted(set(strange))
    pairs = [(name, nearest(name, list(known)[:5_000])) for name in names[:SHOWN]]
    hints = [repr(close) for _, close in pairs if close]
    if any(close and without_zeros(close) == without_zeros(name) for name, close in pairs):
        otherwise = say("a zero in front was lost: keep codes as text")
    if len(names) > 1:
        hints = [say("{close!r} for {name!r}", close=close, name=name) for name, close in pairs if close]
    if not hints:
        return otherwise
    return say("did you mean {close}? {otherwise}", close=listed(hints, " and "), otherwise=otherwise)


def cells_with(table: Typed, column: str, bad: Collection[str]) -> list[int]:
    """The rows whose cell is, or whose list contains, one of some words."""
    cells = table.text(column)
    if table.table.column(column).kind == "list":
        return [i for i, cell in enumerate(cells) if cell and not set(items(cell)).isdisjoint(bad)]
    return [i for i, cell in enumerate(cells) if cell in bad]


def words_of(table: Typed, column: str) -> set[str]:
    """All words in a text or list column, blanks left out."""
    cells = set(table.text(column))
    if table.table.column(column).kind == "list":
        cells = {word for cell in cells for word in items(cell)}
    cells.discard("")
    return cells


def given(table: Typed, column: str) -> list[bool]:
    """In which rows a number column holds a value."""
    return [value == value for value in table.number(column).tolist()]
