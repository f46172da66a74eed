"""Scenarios that were drawn, in words and a small table, for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zonevest.instances import names
from zonevest.instances.say import say, translate
from zonevest.reports.display import number
from zonevest.reports.labels import Words
from zonevest.reports.sweep_text import aligned

if TYPE_CHECKING:
    import pandas as pd

MOMENTS = ("mean", "mean_drawn", "mean_kept", "sd", "sd_drawn", "sd_kept")
SHOWN = 12
"""Pairs of ranges that are told on the screen."""


class Draws(Protocol):
    """What is told of: scenarios that were drawn (`zonevest.draws.Drawn`)."""

    @property
    def ranges(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def correlations(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def draws(self) -> int: ...  # noqa: D102
    @property
    def kept(self) -> int: ...  # noqa: D102
    @property
    def distance(self) -> float: ...  # noqa: D102
    @property
    def distance_one(self) -> float: ...  # noqa: D102


def draw_text(told: Draws, lang: str) -> str:
    """What each range is, has become by drawing, and by keeping a few; how far these are from all."""
    words = Words(lang)
    rows = [[words(f"draw_{name}") for name in ("range", "distribution", *MOMENTS)]]
    for row in told.ranges.to_dict("records"):
        kind = row["distribution"] if lang == "en" else names.of_value("distribution", row["distribution"]).zh[0]
        rows.append([row["range"], kind, *(number(row[name]) for name in MOMENTS)])
    lines = [say("{kept} scenarios of {draws} draws", kept=told.kept, draws=told.draws), *aligned(rows, 2)]
    share = told.distance / told.distance_one if told.distance_one else 0.0
    lines.append(
        say(
            "Kantorovich distance of those that are kept to all draws: {distance} standard deviations ({share:.0%} of "
            "what the best single draw leaves)",
            distance=number(told.distance), share=share,
        )
    )  # fmt: skip
    asked = told.correlations[told.correlations["asked"] != 0]
    pairs = [
        say("{one} and {other}: rank correlation {reached:.3f} of {asked:.3f}",
            one=one, other=other, reached=reached, asked=wanted)
        for one, other, wanted, reached in asked.head(SHOWN).itertuples(index=False)
    ]  # fmt: skip
    lines += [f"  • {translate(each, lang)}" for each in pairs]
    return "\n".join(translate(line, lang) for line in lines)
