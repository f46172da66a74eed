"""What helps HiGHS on the one program: variants of how it is solved, each on the same studies (docs/one_program.md).

    python -m benchmarks.one_program --studies village lakeside 500:1 1000:1 --variants base no-scout

A study is a bundled case, a folder, or PARCELS:SEED of a synthetic county (PARCELS:SEED:whole with land that may not be
divided). Each run is a process of its own with one thread; time is the process' own processor time. Beside it stand
counts that a busy machine does not change: nodes and iterations.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from zonevest.api import scale_of, start_of
from zonevest.instances.read import read_study
from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers import highs
from zonevest.solvers.answer import Progress, SolveOptions, gap_of
from zonevest.solvers.groups import Groups
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.program import Program
from zonevest.solvers.reach import Rows, finite_bounds

GAP = 1e-3
ROOT = Path(__file__).parents[1]
NO_FOLD, ALL_FOLD = 10**6, 1
Variant = dict[str, Any]
"""What a variant changes: `highs` options, constants of `solvers.highs`, `fold` (rows that must read an entry), ..."""

VARIANTS: dict[str, Variant] = {
    "base": {},
    # the program of promising columns, from which the first point comes
    "as it was: half the gap, heuristics": {"constants": {"_SCOUT_SETTINGS": {}, "SCOUT_GAP": 0.5}},
    "promising: half the gap": {"constants": {"SCOUT_GAP": 0.5}},
    "promising: heuristics": {"constants": {"_SCOUT_SETTINGS": {}}},
    "promising: 30 nodes": {
        "constants": {"_SCOUT_SETTINGS": highs._FEW_WHOLE_SETTINGS | {"mip_max_nodes": 30}},
    },
    "promising: 10 % of columns": {"kept": 0.1},
    "promising: 40 % of columns": {"kept": 0.4},
    "promising: none": {"constants": {"SCOUT_SHARE": 0.0}},
    # the program
    "ledger: every entry a column": {"fold": 1},
    "ledger: columns where 3 rows read": {"fold": 3},
    "ledger: columns where 5 rows read": {"fold": 5},
    "ledger: no columns": {"fold": NO_FOLD},
    "bounds of every column": {"bounds": True},
    "whole numbers fixed by reduced cost": {"fixed": True},
    "dominated options left out": {"dominated": True},
    "objective not above the bound": {"cut": True},
    # options of HiGHS
    "HiGHS as it comes": {"plain": True},
    "heuristics on": {"constants": {"_FEW_WHOLE_SETTINGS": {}, "_SCOUT_SETTINGS": {}}},
    "presolve off": {"highs": {"presolve": "off"}},
    "presolve light": {"highs": {"presolve_mode": 2}},
    "presolve sweep": {"highs": {"presolve_mode": 1}},
    "symmetry off": {"highs": {"mip_detect_symmetry": False}},
    "root by IPM": {"highs": {"mip_lp_solver": "ipm"}},
    "root by HiPO": {"highs": {"mip_lp_solver": "hipo"}},
    "scaling off": {"highs": {"simplex_scale_strategy": 0}},
    "scaling forced": {"highs": {"simplex_scale_strategy": 3}},
    "dual simplex edges: Devex": {"highs": {"simplex_dual_edge_weight_strategy": 1}},
    "restarts off": {"highs": {"mip_allow_restart": False}},
    "cut age 5": {"highs": {"mip_lp_age_limit": 5}},
    "pool age 10": {"highs": {"mip_pool_age_limit": 10}},
    "presolve at the root only": {"highs": {"mip_root_presolve_only": True}},
    "pseudo-costs 4": {"constants": {"_FEW_WHOLE_SETTINGS": highs._FEW_WHOLE_SETTINGS | {"mip_pscost_minreliable": 4}}},
    "pseudo-costs 0": {"constants": {"_FEW_WHOLE_SETTINGS": highs._FEW_WHOLE_SETTINGS | {"mip_pscost_minreliable": 0}}},
    "seed 1": {"seed": 1},
    "seed 2": {"seed": 2},
}


def study_of(name: str) -> Study:
    """A case, a folder, or a synthetic county."""
    parts = name.split(":")
    if parts[0] == "small":
        from benchmarks.small_county import county

        return county(int(parts[1]), int(parts[2]))
    if not parts[0].isdigit():
        return read_study(name)
    from zonevest.instances.county import write_county

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "county"
        write_county(place, int(parts[0]), int(parts[1]), "county", polygons=False)
        if parts[2:] == ["whole"]:
            toml = place / "study.toml"
            toml.write_text(toml.read_text().replace("divisible = true", "divisible = false"))
        return read_study(place)


def prepared(name: str, fold: int) -> tuple[Block, Program, float, Any]:
    """Block, program, size of the objective and first point of a study."""
    study = study_of(name)
    ledger = Ledger(build_options(study))
    block = land_block(ledger, shared(compile_policy(policy_model(ledger)), fold))
    program = join(block)
    return block, program, scale_of(block, program, len(study.periods)), start_of(ledger, block, program, None)


def bounded(block: Block, program: Program) -> Program:
    """The program with every finite bound of its policy columns that rows imply."""
    alone = without_extra(block)
    rows = len(alone.rows)
    least, most = Groups(alone).extent()
    matrix = sparse.csr_array(alone.by_column)
    ends = Rows(sparse.csc_array(matrix[:, :rows].T), alone.lower, alone.upper, least[:-1], most[:-1])
    # without sense: what costs is bounded by the best plan only
    free, whole = np.zeros(len(block.columns)), np.asarray(block.column_integer)
    low, high = finite_bounds(ends, block.column_lower, block.column_upper, free, whole)
    first = len(block.group)
    lower, upper = program.col_lower.copy(), program.col_upper.copy()
    lower[first:], upper[first:] = np.maximum(lower[first:], low - 1e-6), np.minimum(upper[first:], high + 1e-6)
    return replace(program, col_lower=lower, col_upper=upper)


def one_signed(block: Block) -> tuple[Any, Any]:
    """Which rows' prices may be positive, and which negative, in some best plan: inequalities have one sign.

    So have equations through which a column without an end in that direction can carry what is left over to rows that
    gain by it.
    """
    rows = len(block.rows)
    matrix = sparse.csr_array(block.by_column)
    cost, entries = matrix[:, [rows]].toarray().ravel(), matrix[:, :rows].tocoo()
    column, row, value = entries.coords[0], entries.coords[1], entries.data
    positive, negative = np.isfinite(block.upper), np.isfinite(block.lower)
    free = ~np.asarray(block.column_integer)
    while True:
        before = int(positive.sum() + negative.sum())
        for open_end, sign in (
            (free & np.isinf(block.column_upper) & (cost >= 0), 1.0),
            (free & np.isinf(block.column_lower) & (cost <= 0), -1.0),
        ):
            up = sign * value > 0
            helps = np.where(up, positive[row], negative[row])
            alone = open_end[column] & (np.bincount(column, helps, len(cost))[column] - helps == 0)
            negative[row[alone & up]] = False
            positive[row[alone & ~up]] = False
        if int(positive.sum() + negative.sum()) == before:
            return positive, negative


def dominated(block: Block) -> Any:
    """Options that another of the same parcel makes unneeded: worth no less, and no worse in any row.

    Compared once for a run of kinds, in every scalar's matrix; what has entries of its own is left alone.
    """
    block, rows = without_extra(block), len(without_extra(block).rows)
    positive, negative = one_signed(block)
    start = np.searchsorted(block.group, np.arange(block.groups + 1))
    first, size = block.kind[start[:-1]], np.diff(start)
    worse = np.zeros(int(block.kind.max(initial=-1)) + 1, dtype=bool)
    for begin, count in np.unique(np.column_stack([first, size]), axis=0).tolist():
        beats = ~np.eye(count, dtype=bool)  # [k, l]: k makes l unneeded
        for _, matrix in block.by_kind:
            part = matrix[begin : begin + count]
            columns = np.unique(part.indices)
            amounts = part[:, columns].toarray()
            for column, amount in zip(columns.tolist(), amounts.T, strict=True):
                less = amount[:, None] <= amount[None, :]
                if column == rows or negative[column]:
                    beats &= less.T
                if column < rows and positive[column]:
                    beats &= less
        earlier = np.arange(count)[:, None] < np.arange(count)[None, :]
        worse[begin : begin + count] |= (beats & (~beats.T | earlier)).any(axis=0)
    own = np.zeros(len(block.group), dtype=bool)
    if block.by_option is not None:
        own = np.diff(block.by_option.indptr) > 0
    touched = np.isin(block.group, np.unique(block.group[own]))
    return worse[block.kind] & ~touched


def cut_off(program: Program) -> Program:
    """The program with its objective as one row more, not above the bound of its relaxation."""
    free = solve_here(replace(program, integer=np.zeros(program.n_cols, dtype=bool)), SolveOptions(threads=1))
    matrix = sparse.csc_array((program.value, program.index, program.start), (program.n_rows, program.n_cols))
    whole = sparse.csc_array(sparse.vstack([matrix, sparse.csr_array(program.cost[None, :])]))
    return replace(
        program,
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, free.bound - program.offset),
        start=whole.indptr,
        index=whole.indices,
        value=whole.data,
    )


@contextmanager
def changed(variant: Variant) -> Iterator[None]:
    """The solver with a variant's constants."""
    for name, value in variant.get("constants", {}).items():
        setattr(highs, name, value)
    if "kept" in variant:
        from zonevest.solvers import parts

        parts.KEPT = variant["kept"]
    if variant.get("plain"):
        highs._few_whole = lambda _: False
        highs.tightened = lambda program, *_: (program, None)
    if variant.get("fixed"):
        _fix_before_the_search()
    yield


def _fix_before_the_search() -> None:
    """Whole numbers whose change loses more than lies between the relaxation and the cutoff are fixed at once."""
    tightened, decided = highs.tightened, highs._decided
    known: list[Any] = []

    def heard(*given: Any) -> Any:
        working, relaxed = tightened(*given)
        known.append(relaxed)
        return working, relaxed

    def fixing(program: Program, *given: Any) -> Any:
        if given[-1] is not None and known[0] is not None:
            x, reduced = known[0]
            room = (program.value_at(x) - given[-1]) + 1e-6 * abs(given[-1])
            lower, upper = program.col_lower.copy(), program.col_upper.copy()
            upper[program.integer & (reduced < -room) & (x <= lower + 1e-7)] = 0.0
            lower[program.integer & (reduced > room) & (x >= upper - 1e-7)] = 1.0
            fixed = replace(
                program, col_lower=np.minimum(lower, program.col_upper), col_upper=np.maximum(upper, program.col_lower)
            )
            print(f"{int((lower == upper)[program.integer].sum())} whole numbers are fixed", file=sys.stderr)
            program = fixed
        return decided(program, *given)

    highs.tightened, highs._decided = heard, fixing


def measure(name: str, variant: Variant, seconds: float, folder: Path) -> dict[str, Any]:
    """Solve once; what was known when, by processor time."""
    fold = variant.get("fold", 2)
    kept = folder / f"{name.replace('/', '_').replace(':', '_')}-{fold}.pickle"
    if not kept.exists():
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_bytes(pickle.dumps(prepared(name, fold)))
        new.replace(kept)
    block, program, scale, start = pickle.loads(kept.read_bytes())
    course: list[tuple[float, float | None, float | None]] = []
    with changed(variant):
        began = time.process_time()
        if variant.get("bounds"):
            program = bounded(block, program)

        if variant.get("dominated"):
            out = np.flatnonzero(dominated(block))
            upper = program.col_upper.copy()
            upper[out] = 0.0
            program = replace(program, col_upper=upper)
            print(f"{len(out)} of {len(block.group)} options are dominated", file=sys.stderr)
        if variant.get("cut"):
            program = cut_off(program)

        def spent() -> float:
            return time.process_time() - began

        def tell(now: Progress) -> None:
            course.append((spent(), now.value, now.bound))

        options = SolveOptions(
            gap=GAP, threads=1, seed=variant.get("seed", 0), start=start, scale=scale, highs=variant.get("highs", {})
        )
        solution = solve_here(program, options, tell, stop=lambda: spent() > seconds)
        course.append((spent(), solution.value, solution.bound))
    return {
        "study": name,
        "seconds": course[-1][0],
        "status": solution.status,
        "value": solution.value,
        "bound": solution.bound,
        "gap": solution.gap,
        "nodes": solution.nodes,
        "iterations": solution.iterations,
        "size": [block.groups, program.n_cols, program.n_rows, program.n_nonzeros, int(program.integer.sum())],
        "course": course,
        "scale": scale,
    }


def seconds_to(found: dict[str, Any], gap: float) -> float:
    """Processor seconds until the gap was known; inf if it never was."""
    for spent, value, bound in found["course"]:
        if value is not None and bound is not None and gap_of(bound, value, found["scale"]) <= gap:
            return float(spent)
    return math.inf


def table(found: list[dict[str, Any]], seconds: float) -> str:
    """Variants as rows: geometric means of ratios to the base over the studies that both were run on."""
    base = {each["study"]: each for each in found if each["variant"] == "base"}
    lines = [
        "| variant | studies | seconds | to 0.5 % | iterations | worst | best | gap at the end |",
        "|---|" + "--:|" * 7,
    ]
    for variant in dict.fromkeys(each["variant"] for each in found):
        pairs = [(each, base[each["study"]]) for each in found if each["variant"] == variant and each["study"] in base]
        if not pairs:
            continue
        time_to = [max(a["seconds"], 0.1) / max(b["seconds"], 0.1) for a, b in pairs]
        early = [
            max(min(seconds_to(a, 5e-3), seconds), 0.1) / max(min(seconds_to(b, 5e-3), seconds), 0.1) for a, b in pairs
        ]
        work = [max(a["iterations"], 1) / max(b["iterations"], 1) for a, b in pairs]
        gaps = [a["gap"] for a, _ in pairs if a["status"] != "optimal"]
        end = ", ".join("none" if gap is None else f"{100 * gap:.2f} %" for gap in gaps)
        mean = [f"{math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}" for ratios in (time_to, early, work)]
        cells = [variant, str(len(pairs)), *mean, f"{max(time_to):.2f}", f"{min(time_to):.2f}", end or "proven"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> None:
    """Run variants on studies, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--studies", nargs="+", default=["lakeside", *(f"{n}:{s}" for n in (500, 1000) for s in (1, 2, 3))]
    )
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time for a run")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "zonevest-one-program")
    parser.add_argument("--json", type=Path, help="every run, added to what the file holds")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    given.folder.mkdir(exist_ok=True)
    if given.one:
        print(json.dumps(measure(given.studies[0], VARIANTS[given.one], given.seconds, given.folder)))
        return
    found = json.loads(given.json.read_text()) if given.json and given.json.exists() else []
    done = {(each["study"], each["variant"]) for each in found}

    def run(pair: tuple[str, str]) -> None:
        study, variant = pair
        command = [sys.executable, "-m", "benchmarks.one_program", "--one", variant, "--studies", study]
        command += ["--seconds", str(given.seconds), "--folder", str(given.folder)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if said.returncode:
            print(study, variant, said.stderr.strip().splitlines()[-1:], file=sys.stderr, flush=True)
            return
        found.append({"variant": variant, **json.loads(said.stdout.splitlines()[-1])})
        each = found[-1]
        told = f"{study:12} {variant:34} {each['status']:10} {each['seconds']:7.1f} s"
        told += f"  0.5 % after {seconds_to(each, 5e-3):6.1f} s  gap {each['gap']}"
        print(f"{told}  nodes {each['nodes']}  iterations {each['iterations']}", file=sys.stderr, flush=True)
        if given.json:
            given.json.write_text(json.dumps(found))

    pairs = [(study, variant) for variant in given.variants for study in given.studies if (study, variant) not in done]
    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(run, pairs))
    print(table(found, given.seconds))


if __name__ == "__main__":
    main()
