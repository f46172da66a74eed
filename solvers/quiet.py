"""HiGHS without its banner on stdout, which belongs to results."""

from __future__ import annotations

import highspy


class Quiet(highspy.Highs):
    """A HiGHS that writes nothing to the console.

    From 1.16 on it greets on stdout while it is being made, before its first option can be set; the callbacks are what
    greets, so the console is switched off just before them.
    """

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS' own name
        """Switch the console off, then do as HiGHS does."""
        self.setOptionValue("log_to_console", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]
