"""Keys of study.toml as dotted paths: in a workbook's sheet of settings, in scenarios and on the command line.

A period is named by its name, ``periods.2026.years``; a key that holds a dot or a quote stands in double quotes, but
for the names of accounts under ``objective.accounts``, which keep their dots.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from zonevest.instances.cells import BOOLEANS, plain
from zonevest.instances.names import flags
from zonevest.instances.study import items

ACCOUNTS = ["objective", "accounts"]
TEXTS = (
    "name",
    "parcels",
    "layer",
    "currency",
    "begun",
    "title",
    "objective.method",
    "finance.dscr_scope",
    "finance.dscr_from",
    "finance.operating_balance_from",
    "equity.fund",
)
FLAGS = ("hold", "unassigned", "divisible", "strict_lines", "finance.land_rent")
LISTS = ("purse", "objective.order", "equity.participation")
"""What the keys hold that hold no number; `title` is a text, or one by language."""
PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."\s][^.]*)')


def split(path: str) -> list[str]:
    """The keys of a path; of one that is none, its parts between dots."""
    path = path.strip()
    parts, at = [], 0
    while found := PART.match(path, at):
        quoted, bare = found.groups()
        try:
            parts.append(str(json.loads(f'"{quoted}"')) if bare is None else bare.strip())
        except ValueError:
            return path.split(".")
        if found.end() == len(path):
            return [*ACCOUNTS, ".".join(parts[2:])] if parts[:2] == ACCOUNTS and len(parts) > 2 else parts
        if path[found.end()] != ".":
            break
        at = found.end() + 1
    return path.split(".")


def join(parts: Sequence[str]) -> str:
    """The path of some keys."""
    free = parts[:2] == ACCOUNTS
    return ".".join(
        part
        if re.fullmatch(r'[^."\\\s]([^."\\]*[^."\\\s])?' if not free or at < 2 else r'[^"\\\s.]+(\.[^"\\\s.]+)*', part)
        else json.dumps(part, ensure_ascii=False)
        for at, part in enumerate(parts)
    )


def kind(parts: Sequence[str]) -> str:
    """What a key holds: text, flag, list or number."""
    path = ".".join(parts)
    if path in TEXTS or parts[0] == "title" or (parts[0] == "periods" and parts[-1] == "name"):
        return "text"
    if path == "defaults":
        return "defaults"
    return "flag" if path in FLAGS else "list" if path in LISTS else "number"


def value(parts: Sequence[str], cell: Any) -> Any:
    """A cell as what its key holds; what does not fit stays as it is, to be told as what was found."""
    holds = kind(parts)
    text = cell.strip() if isinstance(cell, str) else None
    if holds == "text":
        return str(plain(cell)) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else cell
    if holds == "flag":
        word = str(plain(cell)) if text is None else text
        word = flags().get(word, word).lower()
        return BOOLEANS.get(word, cell)
    if holds in ("list", "defaults"):
        if text is None:
            return [str(plain(cell))] if isinstance(cell, (int, float)) and not isinstance(cell, bool) else cell
        if holds == "defaults" and text in ("cn", "none"):
            return text
        return _toml(text, text) if text.startswith("[") else items(text)
    if text is None:
        return plain(cell)
    number = _toml(text, text)
    return number if isinstance(number, (int, float, Mapping)) else text


def cell(held: Any) -> Any:
    """What a key holds as one cell: a list with ``;`` between its items where that can be read again."""
    if not isinstance(held, (list, tuple)):
        return held
    simple = all(item == item.strip() and ";" not in item and not item.startswith("[") for item in held)
    return ";".join(held) if simple and held else json.dumps(list(held), ensure_ascii=False)


def flattened(values: Mapping[str, Any], above: Sequence[str] = ()) -> list[tuple[str, Any]]:
    """Nested settings as paths and what they hold, periods by their names; tables without keys say nothing."""
    out: list[tuple[str, Any]] = []
    for key, held in values.items():
        parts = [*above, str(key)]
        if parts == ["periods"]:
            for period in held:
                rest = {name: each for name, each in period.items() if name != "name"}
                out += flattened(rest, [*parts, period["name"]])
        elif isinstance(held, Mapping):
            out += flattened(held, parts)
        else:
            out.append((join(parts), held))
    return out


def _toml(text: str, otherwise: Any) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return otherwise
