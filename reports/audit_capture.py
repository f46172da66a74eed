"""Captures: what the tools of a study take of a rise of land value, and when."""

from __future__ import annotations

from dataclasses import dataclass

from zonevest.reports.audit_cells import number
from zonevest.reports.audit_rows import Booking, Row
from zonevest.reports.audit_tables import Tables


@dataclass(frozen=True, eq=False)
class Capture:
    """A row of `capture`: `row` is a flow row of one unit on the revenue account of the tool."""

    row: Row
    rate: float
    delay: float
    where: str

    @property
    def annual(self) -> bool:
        """Whether it takes in every year."""
        return self.row.annual


def flow(tables: Tables, account: str, annual: bool) -> Row:
    """A flow row of one unit on an account, without anything that would change it."""
    return Row(tables.accounts[tables.account[account]], annual, False, 1.0, "", "", 0.0, 0.0, float("inf"))


def read_capture(tables: Tables) -> dict[str, list[Capture]]:
    """The capture rows by uplift account."""
    posts = {str(row["capture_tool"]): str(row["account"]) for row in tables.rows("accounts") if row["capture_tool"]}
    found: dict[str, list[Capture]] = {}
    for row in tables.rows("capture"):
        on = flow(tables, posts[str(row["capture_tool"])], bool(row["annual"]))
        delay = number(row["delay_years"], 0.0)
        capture = Capture(on, float(row["rate"]), delay, str(row["where"] or ""))
        found.setdefault(str(row["uplift_account"]), []).append(capture)
    return found


def taken(tables: Tables, capture: Capture, uplift: Booking) -> Booking:
    """The capture of one unit of uplift: the uplift account's price growth up to its year is in it, no other."""
    price = (1.0 + uplift.row.account.growth) ** (uplift.first - tables.y0)
    return Booking(capture.row, uplift.first + capture.delay, price=price)
