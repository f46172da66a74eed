"""The command line: ``zonevest new | import | check | solve | diagnose | report | audit | explain``.

Results go to stdout, progress and faults to stderr. Nothing heavy is imported before a command runs:
``zonevest --help`` is read often, and by impatient people.
"""

from __future__ import annotations

import math
import os
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from zonevest import __version__
from zonevest.console import (
    CODES,
    DONE,
    FAILED,
    InputError,
    ProgressLine,
    faults_shown,
    plan_figures,
    plan_lines,
    show_result,
)
from zonevest.instances.say import foreign, listed, say, translate, translated
from zonevest.usage import Commands
from zonevest.words import Words

app = typer.Typer(
    cls=Commands,
    epilog="Exit codes: 0 done, 1 the audit failed, 2 the input is wrong, 3 no plan exists, 4 no plan was found in "
    "the time, 130 interrupted.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class Lang(StrEnum):
    """Languages of what is printed."""

    en = "en"
    zh = "zh"


class Method(StrEnum):
    """Ways to solve."""

    auto = "auto"
    mip = "mip"
    prices = "prices"


QUIET = 50_000
"""Of so many parcels `new` and `check` take seconds, and say nothing on the way."""
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
PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan folder.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zonevest {__version__}")
        raise typer.Exit


@app.callback()
def _front_door(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Decide in one model how every parcel is zoned and which projects are built, and report who gains."""


@app.command()
def new(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Where the study goes: a folder, or a workbook (.xlsx); must not exist yet."
        ),
    ],
    case: Annotated[
        str | None, typer.Option("--case", metavar="NAME", help="The bundled case to copy (default: village).")
    ] = None,
    parcels: Annotated[
        int | None, typer.Option("--parcels", metavar="N", help="A synthetic county of about N parcels instead.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="What the county is drawn by (default: 1).")] = None,
    no_polygons: Annotated[
        bool, typer.Option("--no-polygons", help="Leave out the shapes of the county's parcels.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Write a ready study, to be edited: a copy of a bundled case, or a synthetic county."""
    with faults_shown(lang, as_json) as label:
        refuse_existing(folder, say("choose another name, or remove it first"))
        refuse_unwritable(folder)
        if parcels is None:
            if no_polygons:
                must = say("shapes are left out of a synthetic county only")
                raise InputError("--no-polygons", must, "--no-polygons", say("add --parcels"))
            told, done = _copy(folder, case or "village", seed, lang, label)
        else:
            told, done = _county(folder, case, parcels, 1 if seed is None else seed, not no_polygons, lang, label)
        show_result({"study": str(folder), **told}, [*done, label["new_next"].format(path=folder)], as_json)


def _copy(folder: Path, case: str, seed: int | None, lang: Lang, label: Words) -> tuple[dict[str, object], list[str]]:
    from zonevest import api

    if seed is not None:
        raise InputError("--seed", say("a seed is for a synthetic county"), str(seed), say("add --parcels"))
    cases = api.bundled_cases()
    if case not in cases:
        must = say("a bundled case is one of: {cases}", cases=listed(cases))
        raise InputError("--case", must, case, say("name one of these"))
    files = api.copy_case(case, folder, lang.value)
    more, lines = _beside(files, label)
    return {"case": case, **more}, [label["new_done"].format(path=folder, case=case), *lines]


def _beside(files: Sequence[Path], label: Words) -> tuple[dict[str, object], list[str]]:
    """What is told of the file that belongs to a workbook, if it is one."""
    if len(files) == 1:
        return {}, []
    return {"parcels_file": str(files[1])}, [label["new_beside"].format(path=files[1])]


def _county(
    folder: Path, case: str | None, parcels: int, seed: int, polygons: bool, lang: Lang, label: Words
) -> tuple[dict[str, object], list[str]]:
    from zonevest import api

    if case is not None:
        must = say("a study is a copy of a case, or a synthetic county")
        raise InputError("--case", must, case, say("leave out --case or --parcels"))
    try:
        with large(parcels, lang) as told:
            count, files = api.write_county(folder, parcels, seed, lang.value, polygons=polygons, on_progress=told)
    except ValueError as error:
        raise InputError("--parcels", error.args[0], str(parcels), say("give another number")) from None
    done = label["new_county"].format(parcels=count, path=folder, seed=seed)
    more, lines = _beside(files, label)
    return {"parcels": count, "seed": seed, **more}, [done, *lines]


@app.command("import")
def import_(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The study folder to write.")],
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="SOURCE", help="Layers, a survey database, or a folder of Marxan."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="What is what in the layers; without it a starter is written."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", metavar="NAME", help="cn-survey: the layers of China's third national survey."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the study folder if it exists.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Make a study of layers, of a survey database, or of a folder of Marxan."""
    with faults_shown(lang, as_json) as label:
        if not overwrite:
            refuse_existing(out, say("name another folder with -o, or add --overwrite"))
        refuse_no_study(out, [*(sources or []), *([mapping] if mapping else [])])
        refuse_unwritable(out)
        from zonevest.instances.importing.dispatch import import_study

        found = import_study(sources or [], mapping, preset, lang.value)
        found.write(out, overwrite=overwrite)
        told = [translate(each, lang.value) for each in found.told]
        done = label["import_done" if found.is_study else "import_starter"].format(path=out)
        rows = len(found.tables.get("parcels", ()))
        figures = {"study": str(out), "is_study": found.is_study, "parcels": rows, "told": told}
        show_result(figures, [*told, done], as_json)


@app.command()
def check(
    study: StudyArgument,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Tell every fault of a study at once; then its size, its scenarios, and what doing nothing breaks."""
    with faults_shown(lang, as_json):
        changes = parse_settings(settings or [])
        from zonevest import api

        given = api.read_study(study, changes, scenario=scenario)
        with large(len(given.parcels), lang) as told:
            found = api.check(given, on_progress=told)
        show_result(found.to_dict(lang.value), [found.to_text(lang.value)], as_json)


@app.command()
def solve(
    study: StudyArgument,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="PLAN", help="The plan folder (default: STUDY-plan).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the plan folder if it exists.")] = False,
    method: Annotated[
        Method, typer.Option("--method", help="auto chooses; mip is one program for HiGHS, prices is for many parcels.")
    ] = Method.auto,
    gap: Annotated[
        float, typer.Option("--gap", min=0.0, help="Stop when no plan can be better by more than this share.")
    ] = 1e-3,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Stop then, with the best plan so far.")
    ] = 600.0,
    threads: Annotated[int, typer.Option("--threads", min=0, metavar="N", help="0: the solver chooses.")] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of the solver's choices.")] = 0,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS|N",
            help="Land answers prices on a Dask cluster: a scheduler's address, or N workers on this machine.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run left its checkpoint, beside the plan folder.")
    ] = False,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Solve a study and write a plan folder, with its report."""
    with faults_shown(lang, as_json) as label:
        target = default_plan(study) if out is None else out
        if not overwrite:
            refuse_existing(target, say("name another folder with -o, or add --overwrite"))
        refuse_no_replacing(target)
        refuse_unwritable(target)
        checkpoint = target.with_name(f"{target.name}.checkpoint.npz")
        if checkpoint.exists() and not (resume or overwrite):
            do = say("go on with it by --resume, or begin anew with --overwrite")
            raise InputError(
                str(checkpoint), say("no run was cut off before its end"), say("its checkpoint is there"), do
            )
        for name, value in (("--gap", gap), ("--time-limit", time_limit)):
            if not math.isfinite(value):
                raise InputError(name, say("it is a finite number"), str(value), say("give a number"))
        if cluster is not None and method is Method.mip:
            do = say("leave out --cluster, or ask for --method prices")
            raise InputError("--cluster", say("a cluster is for the method prices"), "--method mip", do)
        changes = parse_settings(settings or [])
        from zonevest import api

        with workers(cluster) as client:
            given = api.read_study(study, changes, scenario=scenario)
            for note in given.notes:
                print(f"{label['note']}{translate(note, lang.value)}", file=sys.stderr)
            for where, must, found, _ in translated(given.warnings, lang.value).to_numpy().tolist():
                print(label["warning"].format(where=where, must=must, found=found), file=sys.stderr)
            with ProgressLine(sys.stderr, lang.value) as progress:
                plan = api.solve(
                    given,
                    gap=gap,
                    time_limit=time_limit,
                    threads=threads,
                    seed=seed,
                    method=method.value,
                    cluster=client,
                    checkpoint=checkpoint,
                    resume=resume,
                    on_progress=progress,
                )
                # a run that found nothing says so in a folder of its own, but never takes the place of a plan
                if plan.has_plan or not target.exists():
                    plan.write(target, overwrite=overwrite, lang=lang.value)
                    written = str(target)
                else:
                    written = None
        if plan.status in ("optimal", "infeasible"):
            checkpoint.unlink(missing_ok=True)
        elif checkpoint.exists():
            print(label["resumable"].format(path=checkpoint), file=sys.stderr)
        show_result(plan_figures(plan, written, lang.value), plan_lines(plan, written, label, lang.value), as_json)
        raise typer.Exit(FAILED if plan.audit is not None and not plan.audit.ok else CODES[plan.status])


@app.command()
def diagnose(
    study: StudyArgument,
    prices: Annotated[
        list[str] | None,
        typer.Option(
            "--price",
            metavar="NAME=NUMBER",
            help="What a unit of a limit, line or family costs that gives, as redline=inf; repeatable.",
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Stop then, with what was found so far.")
    ] = 600.0,
    threads: Annotated[int, typer.Option("--threads", min=0, metavar="N", help="0: the solver chooses.")] = 0,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Tell why a study has no plan, and the least that would have to give."""
    with faults_shown(lang, as_json):
        changes, given_prices = parse_settings(settings or []), parse_prices(prices or [])
        from zonevest.diagnosing import diagnose as find
        from zonevest.instances.read import read_study

        given = read_study(study, changes, scenario=scenario)
        try:
            with ProgressLine(sys.stderr, lang.value) as told:
                found = find(given, prices=given_prices, time_limit=time_limit, threads=threads, on_progress=told)
        except ValueError as error:
            if not given_prices:
                raise
            do = say("look at the names that `zonevest diagnose --json` gives")
            raise InputError("--price", error.args[0], listed(sorted(given_prices)), do) from None
        show_result(found.to_dict(lang.value), [found.to_text(lang.value)], as_json)
        raise typer.Exit({True: DONE, False: CODES["infeasible"], None: CODES["no_plan"]}[found.feasible])


@app.command()
def report(plan: PlanArgument, as_json: JsonOption = False, lang: LangOption = Lang.en) -> None:
    """Write the report of a plan folder anew."""
    with faults_shown(lang, as_json) as label:
        refuse_no_plan(plan)
        from zonevest import api

        found = api.audit(plan)
        try:
            told = api.read_plan(plan)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            must = say("every file of a plan folder can be read")
            do = say("solve the study again; `zonevest audit` says which file is at fault")
            raise InputError(str(plan), must, foreign(str(error)), do) from None
        told.audit = found
        written = api.report(told, plan, lang=lang.value)
        paths = [f"{path}/" if path.is_dir() else str(path) for path in written]
        named = label["comma"].join([paths[0], *(path.name + "/" * path.is_dir() for path in written[1:])])
        show_result({"report": paths[0], "files": paths}, [label["report_done"].format(paths=named)], as_json)


@app.command()
def audit(plan: PlanArgument, as_json: JsonOption = False, lang: LangOption = Lang.en) -> None:
    """Recompute a plan from its own tables, apart from the solver; exit 0 only if all holds."""
    with faults_shown(lang, as_json):
        refuse_no_plan(plan)
        from zonevest import api

        found = api.audit(plan)
        show_result(found.to_dict(lang.value), [found.to_text(lang.value)], as_json)
        raise typer.Exit(DONE if found.ok else FAILED)


@app.command()
def explain(
    plan: PlanArgument,
    parcel: Annotated[str | None, typer.Option("--parcel", metavar="ID", help="A parcel: why it does what.")] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="ID", help="A project: why in or out.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", metavar="NAME", help="A limit: who pays for it.")] = None,
    prices: Annotated[bool, typer.Option("--prices", help="What one more of everything that binds is worth.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Explain a parcel, a project, a limit or all shadow prices of a plan."""
    with faults_shown(lang, as_json):
        refuse_no_plan(plan)
        named = (("parcel", parcel), ("project", project), ("limit", limit), ("prices", prices))
        asked: dict[str, Any] = {name: value for name, value in named if value}
        if len(asked) != 1:
            must = say("one thing is explained at a time")
            do = say("name one of --parcel, --project, --limit and --prices")
            raise InputError("explain", must, say("{count} are named", count=len(asked)), do)
        from zonevest import api
        from zonevest.pricing import UnpricedError

        ((kind, name),) = asked.items()
        try:
            found = api.read_plan(plan).explain(**asked)
        except KeyError:
            must, do = say("the study has what is to be explained"), say("take a name of the plan folder's tables")
            raise InputError(f"--{kind}", must, name, do) from None
        except UnpricedError as error:
            must, do = say("a plan has prices that explain it"), say("solve the study again")
            raise InputError(str(plan), must, error.args[0], do) from None
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)


@contextmanager
def large(parcels: int, lang: Lang) -> Iterator[ProgressLine | None]:
    """Progress on stderr where there are so many parcels that it takes a while."""
    if parcels <= QUIET:
        yield None
        return
    with ProgressLine(sys.stderr, lang.value) as progress:
        yield progress


@contextmanager
def workers(cluster: str | None) -> Iterator[Any]:
    """A client of the cluster, where one is asked for."""
    if cluster is None:
        yield None
        return
    from zonevest.solvers.cluster import ClusterError, opened

    try:
        with opened(cluster) as client:
            yield client
    except ClusterError as error:
        raise InputError("--cluster", error.must, error.found, error.do) from None


def default_plan(study: str) -> Path:
    """The plan folder of a study when none is named: ``studies/lake`` -> ``studies/lake-plan``."""
    path = Path(study)
    if path.name in ("", ".."):
        path = path.resolve()
    return path.with_name(f"{path.stem if path.suffix == '.xlsx' else path.name}-plan")


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


def refuse_existing(path: Path, do: str) -> None:
    """A target that exists is not written over unless that was asked for."""
    if path.exists() or path.is_symlink():
        raise InputError(str(path), say("the target does not exist yet"), say("it exists"), do)


def refuse_no_replacing(path: Path) -> None:
    """`--overwrite` replaces a plan folder, never a study or anything else; see `api.replaceable`."""
    if not (path.exists() or path.is_symlink()):
        return
    from zonevest import api

    if not api.replaceable(path):
        must = say("only a plan folder is replaced (it has a plan.json, and is no study itself)")
        raise InputError(str(path), must, say("something else is there"), say("name another folder with -o"))


def refuse_no_study(path: Path, read: list[Path]) -> None:
    """`--overwrite` replaces a study folder, never anything else, nor what the import itself reads."""
    if not (path.exists() or path.is_symlink()):
        return
    for each in read:
        if each.resolve().is_relative_to(path.resolve()):
            must = say("the folder that is replaced does not hold what is read")
            raise InputError(str(path), must, str(each), say("name another folder with -o"))
    names = {each.name for each in path.iterdir()} if path.is_dir() and not path.is_symlink() else {"?"}
    if names and ("study.toml" not in names or "plan.json" in names):
        must = say("only a study folder is replaced (it has a study.toml)")
        raise InputError(str(path), must, say("something else is there"), say("name another folder with -o"))


def refuse_unwritable(path: Path) -> None:
    """Say before the work, not after it, that the target cannot be written."""
    parent = path.absolute().parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        must = say("the target is in a folder that can be written to")
        raise InputError(str(path), must, say("{folder} cannot be", folder=parent), say("name another target"))


def refuse_no_plan(folder: Path) -> None:
    """A plan folder is known by its plan.json."""
    if not (folder / "plan.json").is_file():
        found = say("none in it") if folder.is_dir() else say("no such folder")
        do = say("name the folder that `zonevest solve` wrote")
        raise InputError(str(folder), say("a plan folder has a plan.json"), found, do)


def main() -> None:
    """Run the command line; the entry point of ``zonevest`` and of ``python -m zonevest``."""
    app(prog_name="zonevest")
