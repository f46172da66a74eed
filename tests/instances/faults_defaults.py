"""Faults of rows that fall back to the default tables: the file that a study has, and what the reader is told."""

# ruff: noqa: E501 - one fault a line, whole: the file reads as a table

from __future__ import annotations

from tests.instances.studies import Change

_C = Change

DEFAULTS: dict[str, Change] = {
    "typo": _C("practices.csv", "", "practice,drop\nminig,1\n", "practices.csv, row 2", "drop = 1 names a default row of practices", "'minig'", "did you mean 'mining'?"),
    "typo of a pair": _C("class_zones.csv", "", "land_class,zone,drop\n0101,1000,1\n", "class_zones.csv, row 2", "names a default row", "'0101/1000'", "did you mean '0101/100'?"),
    "no such flow": _C("practice_flows.csv", "", "practice,account,drop\nmining,jobz,1\n", "practice_flows.csv, row 2", "names a default row", "'mining/jobz'", "did you mean 'mining/jobs'?"),
    "no such share": _C("shares.csv", "", "account,role,actor,share,drop\nland_sale,paid,,,1\n", "shares.csv, row 2", "names a default row", "'land_sale/paid/'", "did you mean 'land_sale/pays/'?"),
    "drop is no flag": _C("practices.csv", "", "practice,zone,drop\nmining,700,yes\n", "practices.csv, row 2, column drop", "0, 1, true or false", "'yes'", "write 0 or 1"),
    "key column missing": _C("practices.csv", "", "name_en,drop\nMining,1\n", "practices.csv", "practice is required", "no such column", "add it"),
    "key column misspelt": _C("practices.csv", "", "practise,drop\nmining,1\n", "practices.csv, column practise", "one of the study format", "'practise'", "did you mean 'practice'?"),
    "further column misspelt": _C("practices.csv", "", "practice,zome,drop\nmining,700,1\n", "practices.csv, column zome", "one of the study format", "'zome'", "did you mean 'zone'?"),
    "nothing to drop": _C("projects.csv", "", "project,drop\nroad,1\n", "projects.csv, column drop", "whose default rows are in use", "no default rows of projects", "take the column out"),
    "recurrence": _C("accounts.csv", "", "account,family,recurrence,cash\ntending,cost,one_off,1\n", "accounts.csv, row 2, column recurrence", "default rows book keeps its recurrence", "'one_off' (tending)", "keep the recurrence"),
    "broken settings": _C("study.toml", "", "name = \"a", "study.toml", "TOML", "Unterminated string", "correct that line"),
}  # fmt: skip
