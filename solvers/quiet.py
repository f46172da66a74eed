"""HiGHS without its banner on stdout, which belongs to results, and with options that are taken or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import highspy

Setting = bool | int | float | str
"""What an option of HiGHS may be."""
Event = highspy.cb.HighsCallbackType
LISTENED = (
    Event.kCallbackMipImprovingSolution,
    Event.kCallbackMipLogging,
    Event.kCallbackMipInterrupt,
    Event.kCallbackSimplexInterrupt,
    Event.kCallbackIpmInterrupt,
)
"""What is heard while HiGHS runs."""


class Quiet(highspy.Highs):
    """A HiGHS that writes nothing to the console.

    From 1.16 on it greets on stdout while it is being made, before its first option can be set; the callbacks are what
    greets, so the console is switched off just before them.
    """

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS' own name
        """Switch the console off, then do as HiGHS does."""
        self.setOptionValue("log_to_console", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def opened(settings: Mapping[str, Setting], heard: Callable[..., None]) -> Any:
    """A HiGHS with these options, that tells `heard` of the events of `LISTENED`.

    Raises
    ------
    ValueError
        When HiGHS does not take an option.
    """
    # HiGHS keeps its threads from run to run and fails when their number changes
    highspy.Highs.resetGlobalScheduler(True)
    highs: Any = Quiet()  # type: ignore[no-untyped-call]
    for name, value in settings.items():
        set_option(highs, name, value)
    highs.setCallback(heard, None)
    for event in LISTENED:
        highs.startCallback(event)
    return highs


def set_option(highs: Any, name: str, value: Setting) -> None:
    """Set one HiGHS option, or raise: HiGHS itself goes on with its default.

    Raises
    ------
    ValueError
        When HiGHS does not take the name or the value.
    """
    if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
        raise ValueError(f"HiGHS {highs.version()} does not take the option {name} = {value!r}")
