"""What tools take of a rise of land value (docs/semantics.md, "Capture")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zonevest.instances.study import Study
from zonevest.model.complete_options import Record, records
from zonevest.model.complete_rows import FOREVER, Row, Run


@dataclass(frozen=True, eq=False)
class Capture:
    """A row of the capture table.

    Attributes
    ----------
    uplift : the account whose bookings it takes from.
    where : the parcels on which it does.
    delay : years from the increase to the first payment.
    row : what it posts, its rate as the value.
    """

    uplift: str
    where: str
    delay: int
    row: Row


class Captures:
    """The capture rows of a study, by the uplift account that they take from."""

    def __init__(self, study: Study, accounts: Mapping[str, Record]) -> None:
        posts_on = {row["capture_tool"]: name for name, row in accounts.items() if row["capture_tool"]}
        self.on: dict[str, list[Capture]] = defaultdict(list)
        for row in records(study.capture):
            posted = Row(posts_on[row["capture_tool"]], not row["annual"], row["rate"])
            taken = Capture(row["uplift_account"], row["where"], int(row["delay_years"]), posted)
            self.on[taken.uplift].append(taken)

    def taken(self, run: Run, amount: float, holds: Callable[[str], bool]) -> list[tuple[Run, float]]:
        """What is captured of an uplift that a run books, year e = `begin`: rate x the uplift as booked.

        Once in e + delay, or in every year from then on, as long as years are counted (to the end of the tail; in the
        cover of a bond to the end of its tenor). Prices are those of the uplift in e. `holds` says for which `where`
        cells a tool takes.
        """
        found = []
        for capture in self.on.get(run.row.account, ()):
            if holds(capture.where):
                first = run.begin + capture.delay
                posted = Run(capture.row, first, FOREVER, lasting=False, priced=(capture.uplift, run.begin))
                found.append((posted, amount * capture.row.value))
        return found
