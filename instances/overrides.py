"""Settings changed one by one: dotted paths of study.toml, as on the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zonevest.instances.faults import Faults, meant, within
from zonevest.instances.keys import kind, split
from zonevest.instances.rules import Rule, advice, rule
from zonevest.instances.say import Said, say
from zonevest.instances.settings import METHODS, flat, known_paths


def override(values: Mapping[str, Any], changes: Mapping[str, object], faults: Faults) -> dict[str, Any]:
    """Settings with some values set anew.

    Parameters
    ----------
    values
        Settings nested like study.toml; left as they are.
    changes
        Dotted path -> value, e.g. ``{"rates.finance": 0.04}``. A period is named by its name or its place
        (``periods.2026.years``, ``periods.0.years``); names of accounts keep their dots
        (``objective.accounts.area.converted``) or stand in quotes. A text is read as a TOML value where it is one and
        the key is no text. With another ``objective.method`` the keys of the one before are left behind.
    faults
        A path that leads nowhere is added here.
    """
    out: dict[str, Any] = _copy(values)
    asked = {tuple(split(path)): value for path, value in changes.items()}
    if ("objective", "method") in asked:
        _leave(out, asked)
    for path, value in changes.items():
        keys = split(path)
        if keys[:2] == ["objective", "accounts"] and len(keys) > 2:
            objective = out.setdefault("objective", {})
            if isinstance(objective, dict):
                accounts = dict(flat(_mapping(objective.get("accounts", {}))))
                objective["accounts"] = accounts | {keys[2]: _value(keys, value)}
            continue
        here: Any = out
        for key in keys[:-1]:
            if isinstance(here, list):
                named = [each for each in here if isinstance(each, dict) and each.get("name") == key]
                placed = here[int(key)] if key.isdigit() and int(key) < len(here) else None
                here = named[0] if named else placed
            else:
                here = here.setdefault(key, {})
            if not isinstance(here, (dict, list)):
                break
        if isinstance(here, dict) and keys[-1]:
            here[keys[-1]] = _value(keys, value)
        else:
            must = rule("settings.path")
            found = say("nothing to set at {path!r}", path=path)
            faults.add(set_at(path), must, found, meant(path, known_paths(values), must.do))
    return out


def set_at(path: str) -> str:
    """Name what was set for this run as a place."""
    return say("--set {path}", path=path)


def place(key: str, label: str, paths: Iterable[str]) -> str:
    """Where a key of study.toml stands: in the settings, or among the paths that were set anew for this run."""
    path = setting(key, paths)
    return set_at(path) if path else within(label, key)


def setting(key: str, paths: Iterable[str]) -> str:
    """The path, of those set anew, that is meant by a key: by itself, by what lies below it, by a table above it."""
    parts = split(key.partition(",")[0])  # ``periods, number 2, start`` is of periods
    for path in paths:
        own = split(path)
        if parts[: len(own)] == own or own[: len(parts)] == parts:
            return path
    return ""


def blame(faults: Faults, label: str, changes: Mapping[str, object], values: Mapping[str, Any]) -> None:
    """Let what is wrong with a setting stand where it was set: faults of study.toml that `changes` have made."""

    def moved(where: str, must: str, do: str) -> tuple[str, str]:
        given = where.given if isinstance(where, Said) and where.template == WITHIN else {}
        if given.get("where") != label:
            return where, do
        path = setting(str(given["part"]), changes)
        if path and isinstance(must, Rule) and must.name == "settings.key":
            do = meant(path, known_paths(values), advice("settings.path"))
        return (set_at(path) if path else where), do

    faults.move(moved)


WITHIN = "{where}, {part}"
"""How a key is named as a place, see `zonevest.instances.faults.within`."""


def _leave(out: dict[str, Any], asked: Mapping[tuple[str, ...], object]) -> None:
    """Another method of the objective leaves behind the keys that belong to the one before."""
    objective: dict[str, Any] = _mapping(out.get("objective"))
    method = asked["objective", "method"]
    owner = {key: first for first, keys in reversed(list(METHODS.items())) for key in keys}
    for key in list(objective):
        if owner.get(key, method) != method and not any(path[:2] == ("objective", key) for path in asked):
            del objective[key]


def _mapping(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _value(keys: Sequence[str], value: object) -> object:
    """A text from the command line as the value it stands for."""
    if not isinstance(value, str) or kind(keys) in ("text", "defaults"):
        return value
    try:
        read = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        return value
    return value if isinstance(read, int) and abs(read) >= 2**63 else read


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, (list, tuple)) else value
