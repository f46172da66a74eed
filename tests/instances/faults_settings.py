"""Faults of study.toml: what is changed, and what the reader is told."""

# ruff: noqa: E501 - one fault a line, whole: the file reads as a table

from __future__ import annotations

from tests.instances.studies import Change


def _toml(old: str, new: str, where: str, must: str, found: str, do: str) -> Change:
    return Change("study.toml", old, new, where, must, found, do)


PERIOD = 'name = "2027-2031"\nstart = 2027\nyears = 5'
FLOOR = 'method = "floor"'

SETTINGS: dict[str, Change] = {
    "broken toml": _toml('name = "base"', 'name = "base', "study.toml", "TOML", "line 2", "correct that line"),
    "bare key in toml": _toml('name = "base"', 'name = "base"\ntitle = { 中文名 = "x" }', "study.toml", "keys with letters beyond A to Z stand in quotes", "中文名 in line", "in quotes"),
    "bare dotted key in toml": _toml('name = "base"', 'name = "base"\ntitle.a名称 = "x"', "study.toml", "keys with letters beyond A to Z stand in quotes", "a名称 in line", "in quotes"),
    "bare text in toml": _toml('name = "base"', "name = 甲县", "study.toml", "the file is TOML", "Invalid value", "texts in quotes"),
    "deep toml": _toml('name = "base"', f"name = {'[' * 40}{']' * 40}", "study.toml", "lie side by side", "32 deep or more", "write them plainly"),
    "hopelessly deep toml": _toml('name = "base"', f"name = {'[' * 9000}", "study.toml", "lie side by side", "32 deep or more", "write them plainly"),
    "large whole number": _toml("format = 1", f"format = 0x{'f' * 5000}", "study.toml", "64 bits", "a whole number beyond", "write them plainly"),
    "format": _toml("format = 1", "format = 2", "study.toml, format", "format is 1", "2", "format = 1"),
    "no format": _toml("format = 1\n", "", "study.toml, format", "format is 1", "no format", "first line"),
    "no name": _toml('name = "base"\n', "", "study.toml, name", "has a name", "no name", 'name = "…"'),
    "typo": _toml("purse =", "purze =", "study.toml, purze", "one of the study format", "'purze'", "did you mean 'purse'?"),
    "text for flag": _toml("purse =", 'hold = "yes"\npurse =', "study.toml, hold", "true or false", "yes", "without quotes"),
    "text for number": _toml("finance = 0.05", 'finance = "5 %"', "study.toml, rates.finance", "number from 0 to 1", "5 %", "0.05 for 5 %"),
    "rate in per cent": _toml("finance = 0.05", "finance = 5", "study.toml, rates.finance", "number from 0 to 1", "5", "0.05 for 5 %"),
    "unknown rate": _toml("finance = 0.05", "finanse = 0.05", "study.toml, rates.finanse", "one of the study format", "'finanse'", "'finance'"),
    "tail": _toml("finance = 0.05", "tail_years = -1", "study.toml, rates.tail_years", "whole number from 0", "-1", "correct"),
    "not a table": _toml('[rates]\nfinance = 0.05', "[[rates]]\nfinance = 0.05", "study.toml, rates", "table of keys", "[{", "[rates]"),
    "purse": _toml('purse = ["local"]', 'purse = "local"', "study.toml, purse", "list of texts", "local", 'purse = ["…"]'),
    "purse unknown": _toml('purse = ["local"]', 'purse = ["lokal"]', "study.toml, purse", "rows of actors", "'lokal'", "did you mean 'local'?"),
    "period without years": _toml("start = 2026\nyears = 1", "start = 2026", "study.toml, periods, number 1", "has name, start and years", "no years", "[[periods]]"),
    "title of a list": _toml('purse = ["local"]', 'purse = ["local"]\ncurrency = 3', "study.toml, currency", "currency is a text", "3", 'currency = "…"'),
    "title": _toml('zh = "测试"', "zh = 3", "study.toml, title.zh", "a text", "3", 'zh = "…"'),
    "defaults no text": _toml('defaults = "none"', "defaults = 3", "study.toml, defaults", '"cn", "none" or a list', "3", '"none"'),
    "defaults list": _toml('defaults = "none"', 'defaults = ["zonse", "actors"]', "study.toml, defaults", "lists tables that have default rows", "'zonse'", "did you mean 'zones'?"),
    "defaults of no table": _toml('defaults = "none"', 'defaults = ["parcels"]', "study.toml, defaults", "lists tables that have default rows", "'parcels'", "correct the list"),
    "defaults unknown": _toml('defaults = "none"', 'defaults = "us"', "study.toml, defaults", '"cn", "none" or a list', "us", '"none"'),
    "finance no table": _toml("purse =", "finance = 3\npurse =", "study.toml, finance", "a table of keys", "3", "[finance]"),
    "equity no table": _toml("purse =", "equity = 3\npurse =", "study.toml, equity", "a table of keys", "3", "[equity]"),
    "no worst part": _toml("[rates]", "[uncertainty]\nbeta = 0\n[rates]", "study.toml, uncertainty.beta", "above 0", "0", "worst fifth"),
    "worst part in per cent": _toml("[rates]", "[uncertainty]\nbeta = 20\n[rates]", "study.toml, uncertainty.beta", "from 0 to 1", "20", "write a share"),
    "uncertainty key": _toml("[rates]", "[uncertainty]\nalfa = 0.5\n[rates]", "study.toml, uncertainty.alfa", "one of the study format", "'alfa'", "did you mean 'alpha'?"),
    "compactness": _toml("purse =", "compactness = 3\npurse =", "study.toml, compactness", "not part of this version yet", "reserved", "take the key out"),
    "layer of a table": _toml('parcels = "parcels.csv"', 'layer = "a"', "parcels.csv", "files that hold layers", "'a'", "take layer out"),
    "no period": _toml('[[periods]]\nname = "2026"\nstart = 2026\nyears = 1\n\n[[periods]]\n' + PERIOD, "", "study.toml, periods", "at least one period", "no period", "[[periods]]"),
    "period key": _toml("years = 5", "year = 5", "study.toml, periods, number 2.year", "one of the study format", "'year'", "did you mean 'years'?"),
    "period years": _toml("years = 5", "years = 0", "study.toml, periods, number 2, years", "whole number from 1", "0", "correct"),
    "period fraction": _toml("years = 5", "years = 2.5", "study.toml, periods, number 2, years", "whole number", "2.5", "correct"),
    "period gap": _toml(PERIOD, PERIOD.replace("start = 2027", "start = 2028"), "study.toml, periods, number 2, start", "starts in 2027", "a gap: it starts in 2028", "correct start"),
    "period overlap": _toml(PERIOD, PERIOD.replace("start = 2027", "start = 2026"), "study.toml, periods, number 2, start", "starts in 2027", "an overlap", "correct start"),
    "period twice": _toml('name = "2027-2031"', 'name = "2026"', "study.toml, periods, number 2, name", "name of its own", "'2026'", "rename"),
    "period reserved": _toml('name = "2027-2031"', 'name = "total"', "study.toml, periods, number 2, name", "not last, total or each", "'total'", "another name"),
    "method": _toml(FLOOR, 'method = "flor"', "study.toml, objective.method", "floor, weighted or lexicographic", "flor", "did you mean 'floor'?"),
    "key of another method": _toml(FLOOR, FLOOR + "\ncash = 1.0", "study.toml, objective.cash", "goes with method 'weighted'", "method is 'floor'", 'method = "weighted"'),
    "key of no method": _toml(FLOOR, "cash = 1.0", "study.toml, objective.cash", "goes with method 'weighted'", "stands for 'floor'", 'method = "weighted"'),
    "floor key": _toml(FLOOR, FLOOR + "\nfloor = { ecosystm = 1.0, cash = 3 }", "study.toml, objective.floor.ecosystm", "one of the study format", "ecosystm", "'ecosystem'"),
    "floor both": _toml(FLOOR, FLOOR + "\nfloor = { ecosystem = 1.0, cash = 3 }", "study.toml, objective.floor", "one of ecosystem and cash", "both", "floor = {"),
    "floor negative": _toml(FLOOR, FLOOR + "\nfloor = { ecosystem = -1.0 }", "study.toml, objective.floor.ecosystem", "a number from 0 to 1e15", "-1.0", "without quotes"),
    "floor without hold": _toml("purse =", "hold = false\npurse =", "study.toml, objective.method", "needs doing nothing", "hold = false", '"weighted"'),
    "floor unassigned": _toml("purse =", "unassigned = true\npurse =", "study.toml, objective.method", "needs doing nothing", "unassigned = true", '"weighted"'),
    "weighted nothing": _toml(FLOOR + "\n\n[objective.accounts]\nwaste = -1.0", 'method = "weighted"', "study.toml, objective", "has a weight", "no weight", "cash = 1.0"),
    "order": _toml(FLOOR + "\n\n[objective.accounts]\nwaste = -1.0", 'method = "lexicographic"', "study.toml, objective.order", "has an order", "no order", '["ecosystem", "cash"]'),
    "order term": _toml(FLOOR, 'method = "lexicographic"\norder = ["cahs", "accounts"]', "study.toml, objective.order", "cash, ecosystem or accounts", "cahs", "'cash'"),
    "order twice": _toml(FLOOR, 'method = "lexicographic"\norder = ["cash", "cash", "accounts"]', "study.toml, objective.order", "once", "cash", "drop"),
    "order leaves weights out": _toml(FLOOR, 'method = "lexicographic"\norder = ["cash"]', "study.toml, objective.order", "names \"accounts\"", "cash", "add \"accounts\""),
    "order without weights": _toml(FLOOR + "\n\n[objective.accounts]\nwaste = -1.0", 'method = "lexicographic"\norder = ["cash", "accounts"]', "study.toml, objective.order", "where there are weights", "no weight", "add [objective.accounts]"),
    "weight unknown": _toml("waste = -1.0", "wast = -1.0", "study.toml, objective.accounts.wast", "rows of accounts or built-in", "'wast'", "did you mean 'waste'?"),
    "weight nested": _toml("waste = -1.0", "area.class.07 = -1.0", "study.toml, objective.accounts.area.class.07", "built-in", "'area.class.07'", "'area.class.0"),
    "weight on assets": Change("study.toml", "waste = -1.0", "asset.forest = -1.0", "study.toml, objective.accounts.asset.forest", "where rates.social is above 0", "'asset.forest'", "take the weight out", (("study.toml", "[rates]\n", "[rates]\nsocial = 0.0\n"),)),
    "weight not finite": _toml("waste = -1.0", "waste = 1e400", "study.toml, objective.accounts.waste", "a number between -1e15 and 1e15", "inf", "number"),
    "weight no number": _toml("waste = -1.0", 'waste = "much"', "study.toml, objective.accounts.waste", "a number", "much", "without quotes"),
}  # fmt: skip
