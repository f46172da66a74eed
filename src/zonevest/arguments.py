"""What a command line says: the arguments and options that commands share, and their values read."""

from __future__ import annotations

import math
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from zonevest.console import InputError
from zonevest.instances.say import say


class Lang(StrEnum):
    """Languages of what is printed."""

    en = "en"
    zh = "zh"


class BreakEven(StrEnum):
    """Numbers of a project whose break-even is told."""

    capex = "capex"
    annual_revenue = "annual_revenue"


class By(StrEnum):
    """In what alternatives differ."""

    zoning = "zoning"
    actions = "actions"
    projects = "projects"
    gains = "gains"


class Goal(StrEnum):
    """What a common decision is to be best in."""

    expectation = "expectation"
    cvar = "cvar"
    regret = "regret"


class Method(StrEnum):
    """Ways to solve."""

    auto = "auto"
    mip = "mip"
    prices = "prices"


LangOption = Annotated[Lang, typer.Option("--lang", help="Language of what is printed and reported.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, for machines.")]
StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study folder, an .xlsx workbook, or the name of a bundled case.")
]
ScenarioOption = Annotated[
    str, typer.Option("--scenario", metavar="NAME", help="A scenario of the table scenarios to be applied.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="A key of study.toml, as rates.social=0.02; repeatable."),
]
GapOption = Annotated[
    float, typer.Option("--gap", min=0.0, help="Stop when no plan can be better by more than this share.")
]
PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan folder.")]
MethodOption = Annotated[
    Method, typer.Option("--method", help="auto chooses; mip is one program for HiGHS, prices is for many parcels.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, metavar="N", help="0: the solver chooses.")]
PlanGapOption = Annotated[float | None, typer.Option("--gap", min=0.0, help="Of each solve (default: the plan's own).")]
EachTimeLimitOption = Annotated[float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each solve.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of the solver's choices.")]


def finite(given: dict[str, float]) -> None:
    """Refuse options that are no finite numbers."""
    for name, value in given.items():
        if not math.isfinite(value):
            raise InputError(name, say("it is a finite number"), str(value), say("give a number"))


def default_plan(study: str, kind: str = "plan") -> Path:
    """The plan folder of a study when none is named: ``studies/lake`` -> ``studies/lake-plan``."""
    path = Path(study)
    if path.name in ("", ".."):
        path = path.resolve()
    return path.with_name(f"{path.stem if path.suffix == '.xlsx' else path.name}-{kind}")


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """``["rates.social=0.02"]`` -> ``{"rates.social": 0.02}``; a value is read as TOML, else as plain text."""
    values: dict[str, Any] = {}
    for pair in pairs:
        path, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or not path:
            do = say("write it as --set rates.social=0.02")
            raise InputError("--set", say("a setting is PATH=VALUE"), pair, do)
        try:
            values[path] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[path] = text
    return values


def parse_weights(text: str) -> dict[str, float] | None:
    """``"dry=0.3,wet=0.7"`` -> ``{"dry": 0.3, "wet": 0.7}``; None where nothing is said."""
    found: dict[str, float] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        name, _, weight = (part.strip() for part in pair.rpartition("="))
        try:
            found[name] = float(weight)
        except ValueError:
            do = say("write it as --weights dry=0.3,wet=0.7")
            raise InputError("--weights", say("a weight is NAME=NUMBER"), pair, do) from None
    return found or None


def parse_prices(pairs: list[str]) -> dict[str, float]:
    """``["redline=inf"]`` -> ``{"redline": inf}``."""
    found: dict[str, float] = {}
    for pair in pairs:
        name, _, text = (part.strip() for part in pair.rpartition("="))
        try:
            found[name] = float(text)
        except ValueError:
            do = say("write it as --price redline=inf")
            raise InputError("--price", say("a price is NAME=NUMBER"), pair, do) from None
    return found
