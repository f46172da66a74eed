"""The command line: ``zonevest new | import | check | solve | scenarios | pareto | alternatives | diagnose | …``.

Results go to stdout, progress and faults to stderr. Nothing heavy is imported before a command runs:
``zonevest --help`` is read often, and by impatient people.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zonevest import __version__
from zonevest.arguments import (
    BreakEven,
    By,
    JsonOption,
    Lang,
    LangOption,
    Method,
    MethodOption,
    PlanArgument,
    ScenarioOption,
    SeedOption,
    SetOption,
    StudyArgument,
    ThreadsOption,
    default_plan,
    finite,
    parse_prices,
    parse_settings,
)
from zonevest.console import (
    CODES,
    DONE,
    FAILED,
    INTERRUPTED,
    CaseLines,
    InputError,
    ProgressLine,
    ended_as_interrupted,
    faults_shown,
    plan_figures,
    plan_lines,
    show_result,
    sweep_code,
)
from zonevest.instances import place
from zonevest.instances.say import listed, say, translate, translated
from zonevest.targets import (
    looks_solved,
    read_beside,
    refuse_existing,
    refuse_no_hand_plan,
    refuse_no_plan,
    refuse_no_replacing,
    refuse_no_study,
    refuse_unwritable,
    write_or_rescue,
)
from zonevest.usage import Commands
from zonevest.words import Words

if TYPE_CHECKING:
    from zonevest.api import AuditReport, Plan
    from zonevest.instances.study import Study

app = typer.Typer(
    cls=Commands,
    epilog="Exit codes: 0 done, 1 the audit or a comparison failed, 2 the input is wrong, 3 no plan exists, 4 no plan "
    "was found in the time, 130 interrupted.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


QUIET = 50_000
"""Of so many parcels `new` and `check` take seconds, and say nothing on the way."""


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
    method: MethodOption = Method.auto,
    gap: Annotated[
        float, typer.Option("--gap", min=0.0, help="Stop when no plan can be better by more than this share.")
    ] = 1e-3,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Stop then, with the best plan so far.")
    ] = 600.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
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
        place.recover(target)
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
        finite({"--gap": gap, "--time-limit": time_limit})
        if cluster is not None and method is Method.mip:
            do = say("leave out --cluster, or ask for --method prices")
            raise InputError("--cluster", say("a cluster is for the method prices"), "--method mip", do)
        changes = parse_settings(settings or [])
        from zonevest import api

        with place.claimed(target), workers(cluster) as client:
            if not overwrite:  # what another run has written since
                refuse_existing(target, say("name another folder with -o, or add --overwrite"))
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
                    write_or_rescue(plan, target, lang, overwrite=overwrite)
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
def scenarios(
    study: StudyArgument,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where plans and tables go (default: STUDY-scenarios)."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=A,B", help="A key of study.toml and the values it takes; repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="A scenario that is meant; repeatable.")
    ] = None,
    as_it_is: Annotated[
        bool, typer.Option("--as-it-is/--no-as-it-is", help="Whether the study without any scenario is a case too.")
    ] = True,
    regret: Annotated[
        bool, typer.Option("--regret/--no-regret", help="Whether every plan is placed in every scenario.")
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace plans in DIR that are of another study or solved otherwise.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, metavar="N", help="Cases at a time; 0: as cores and memory allow.")
    ] = 0,
    method: MethodOption = Method.auto,
    gap: Annotated[
        float, typer.Option("--gap", min=0.0, help="Stop when no plan can be better by more than this share.")
    ] = 1e-3,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each case, as in solve.")
    ] = 600.0,
    threads: Annotated[
        int, typer.Option("--threads", min=0, metavar="N", help="Of each case; 0: the cores are parted among them.")
    ] = 0,
    seed: SeedOption = 0,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS|N",
            help="Cases are solved on a Dask cluster: a scheduler's address, or N workers on this machine.",
        ),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Solve all scenarios of a study, and grids of settings, and tell what each plan is worth in the others."""
    with faults_shown(lang, as_json):
        target = default_plan(study, "scenarios") if out is None else out
        refuse_unwritable(target)
        finite({"--gap": gap, "--time-limit": time_limit})
        from zonevest.instances.read import read_study
        from zonevest.sweep_cases import SweepError, values_of
        from zonevest.sweeps import scenarios as sweep_of

        grid: dict[str, list[Any]] = {}
        for pair in settings or []:
            path, _, text = pair.partition("=")
            for value in values_of(text):
                for key, each in parse_settings([f"{path}={value}" if "=" in pair else pair]).items():
                    grid.setdefault(key, []).append(each)
        given = read_study(study)
        try:
            with workers(cluster) as client, CaseLines(sys.stderr, lang.value) as told:
                found = sweep_of(
                    given,
                    target,
                    grid=grid,
                    only=only or [],
                    as_it_is=as_it_is,
                    gap=gap,
                    time_limit=time_limit,
                    threads=threads,
                    seed=seed,
                    method=method.value,
                    jobs=jobs,
                    cluster=client,
                    regret=regret,
                    overwrite=overwrite,
                    lang=lang.value,
                    on_progress=told,
                )
        except SweepError as error:
            raise InputError(*error.row.values()) from None
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)
        raise typer.Exit(sweep_code(found))


@app.command()
def pareto(
    study: StudyArgument,
    terms: Annotated[
        str,
        typer.Option(
            "--terms",
            metavar="A,B[,C]",
            help="Two or three of cash, ecosystem and accounts; with - before an account, less of it is better.",
        ),
    ] = "cash,ecosystem",
    points: Annotated[
        int, typer.Option("--points", min=2, metavar="N", help="How many, evenly spaced over each floored term.")
    ] = 15,
    every: Annotated[bool, typer.Option("--every", help="Every point; for small studies with whole land.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where the curve and a plan for each point go."),
    ] = None,
    method: MethodOption = Method.auto,
    gap: Annotated[
        float, typer.Option("--gap", min=0.0, help="How near to its bound each point has to be: a part of the range.")
    ] = 1e-3,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each solve, as in solve.")
    ] = 600.0,
    threads: ThreadsOption = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, metavar="N", help="Solves at a time; 0: as cores and memory allow.")
    ] = 0,
    seed: SeedOption = 0,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Find the trade-off between cash, ecosystem value and a further account."""
    with faults_shown(lang, as_json):
        finite({"--gap": gap, "--time-limit": time_limit})
        if out is not None:
            refuse_existing(out, say("choose another folder"))
            refuse_unwritable(out)
        from zonevest.instances.read import read_study
        from zonevest.instances.study import StudyError
        from zonevest.tradeoff import pareto as front_of

        given = read_study(study, parse_settings(settings or []), scenario=scenario)
        try:
            with ProgressLine(sys.stderr, lang.value) as told:
                found = front_of(
                    given, terms=terms.split(","), points=points, every=every, gap=gap, time_limit=time_limit,
                    threads=threads, seed=seed, method=method.value, jobs=jobs, on_progress=told,
                )  # fmt: skip
        except StudyError:
            raise
        except ValueError as error:
            must, do = say("a front is over terms that the study has"), say("name terms with --terms")
            raise InputError("--terms", must, error.args[0], do) from None
        if out is not None:
            found.write(out, lang.value)
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)
        if not found.complete:
            raise typer.Exit(INTERRUPTED)
        if not len(found.points):
            statuses = [*found.solves["status"]]
            raise typer.Exit(CODES["infeasible" if "infeasible" in statuses else "no_plan"])


@app.command()
def alternatives(
    study: Annotated[
        str, typer.Argument(metavar="STUDY|PLAN", help="A study, which is solved first, or a plan folder of one.")
    ],
    by: Annotated[
        By, typer.Option("--by", help="In what plans differ: zoning, actions (and starts), projects, or who gains.")
    ] = By.zoning,
    within: Annotated[
        float, typer.Option("--within", min=0.0, metavar="SHARE", help="What a plan may give up of the best objective.")
    ] = 0.05,
    count: Annotated[int, typer.Option("--count", min=0, metavar="N", help="How many alternatives, at most.")] = 5,
    resolve: Annotated[
        int,
        typer.Option("--resolve", min=0, metavar="N", help="Parcels that are solved again: zones forbidden in turn."),
    ] = 0,
    parcel: Annotated[
        list[str] | None,
        typer.Option("--parcel", metavar="NAME", help="Solve again with this parcel's zone forbidden; repeatable."),
    ] = None,
    projects: Annotated[
        bool, typer.Option("--projects/--no-projects", help="Whether each project is forced out, or in, too.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Where page, tables and plans go.")
    ] = None,
    method: MethodOption = Method.auto,
    gap: Annotated[
        float, typer.Option("--gap", min=0.0, help="Stop when no plan can be better by more than this share.")
    ] = 1e-3,
    spread_gap: Annotated[
        float, typer.Option("--spread-gap", min=0.0, help="How near to its bound each distance has to be.")
    ] = 0.05,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each solve, as in solve.")
    ] = 120.0,
    resolve_time: Annotated[
        float,
        typer.Option("--resolve-time", min=0.0, metavar="SECONDS", help="Of all single projects and parcels."),
    ] = 300.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Find plans near the best that differ as much as possible, and how much depends on each parcel and project."""
    with faults_shown(lang, as_json):
        finite({"--within": within, "--gap": gap, "--spread-gap": spread_gap, "--time-limit": time_limit,
                "--resolve-time": resolve_time})  # fmt: skip
        if out is not None:
            refuse_existing(out, say("choose another folder"))
            refuse_unwritable(out)
        given = study_or_plan(study, settings, scenario)
        if parcel:
            known = set(getattr(given, "study", given).parcels["parcel_id"])
            for name in [name for name in parcel if name not in known]:
                do = say("name one of the table parcels")
                raise InputError("--parcel", say("there is such a parcel"), name, do)
        from zonevest.apart import EndlessError
        from zonevest.diverging import alternatives as find
        from zonevest.pricing import UnpricedError

        try:
            with ProgressLine(sys.stderr, lang.value) as told:
                found = find(
                    given, by=by.value, within=within, count=count, parcels=parcel or resolve, dearest=resolve,
                    projects=projects, gap=gap, spread_gap=spread_gap, time_limit=time_limit,
                    resolve_time=resolve_time, threads=threads, seed=seed, method=method.value, on_progress=told,
                )  # fmt: skip
        except UnpricedError as error:
            raise InputError(study, say("a plan can be solved again"), error.args[0], error.do) from None
        except EndlessError as error:
            must, do = say("distances have a greatest one"), say("choose another distance with --by")
            raise InputError("--by", must, error.args[0], do) from None
        if out is not None and found.best.has_plan:
            found.write(out, lang.value)
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)
        if not found.complete:
            raise typer.Exit(INTERRUPTED)
        raise typer.Exit(FAILED if not found.holds else DONE if found.best.has_plan else CODES[found.best.status])


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
    threads: ThreadsOption = 0,
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

        given = read_study(study, changes, scenario=scenario, for_diagnosis=True)
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
def sensitivity(
    study: Annotated[
        str, typer.Argument(metavar="STUDY|PLAN", help="A study, which is solved first, or a plan folder of one.")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="PATH=LOW,HIGH",
            help="A coefficient, as projects/*/capex=-20%,+20% or rates.finance=0.04,0.06; repeatable.",
        ),
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Change each two of them together too.")] = False,
    ranges: Annotated[
        bool, typer.Option("--ranges", help="Find out how far the plan's land use stays the best; takes many solves.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where tables and pictures go; must not exist yet."),
    ] = None,
    method: MethodOption = Method.auto,
    gap: Annotated[
        float, typer.Option("--gap", min=0.0, help="Stop when no plan can be better by more than this share.")
    ] = 1e-3,
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each solve; the best plan by then counts."),
    ] = 600.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Solve a study again with coefficients changed, beside the plan held as it is."""
    with faults_shown(lang, as_json) as label:
        if out is not None:
            refuse_existing(out, say("name another folder with -o"))
            refuse_unwritable(out)
        from zonevest import api
        from zonevest.sensing import NoPlanError
        from zonevest.sensing import sensitivity as find

        given = study_or_plan(study, settings, scenario)
        of_plan = isinstance(given, api.Plan)
        held = api.audit(study) if of_plan else None
        if held is not None and not held.ok:  # before hours of solving: every difference is to what it states
            print(held.to_text(lang.value), file=sys.stderr)
        goal = (given.study if isinstance(given, api.Plan) else given).settings.objective.method
        if ranges and goal == "lexicographic":
            must = say("a range needs one objective, and the lexicographic method has several in turn")
            raise InputError("--ranges", must, goal, say("leave out --ranges"))
        try:
            with ProgressLine(sys.stderr, lang.value) as progress:
                found = find(
                    given,
                    vary or (),
                    pairs=pairs,
                    ranges=ranges,
                    gap=gap,
                    time_limit=time_limit,
                    threads=threads,
                    seed=seed,
                    method=method.value,
                    on_progress=progress,
                )
        except NoPlanError as error:
            plan = error.plan
            show_result(plan_figures(plan, None, lang.value), plan_lines(plan, None, label, lang.value), as_json)
            raise typer.Exit(CODES[plan.status]) from None
        lines = [found.to_text(lang.value)]
        if out is not None:
            try:
                written = found.write(out, lang.value)
            except OSError:
                if not as_json:  # hours of solving are told, if they cannot be written; of JSON there is one object
                    print(*lines, sep="\n")
                raise
            lines.append(label["report_done"].format(paths=label["comma"].join(map(str, written))))
        show_result(found.to_dict(), lines, as_json)
        done = DONE if held is None or held.ok else FAILED
        raise typer.Exit(done if found.complete else INTERRUPTED)


@app.command()
def report(plan: PlanArgument, as_json: JsonOption = False, lang: LangOption = Lang.en) -> None:
    """Write the report of a plan folder anew."""
    with faults_shown(lang, as_json) as label:
        refuse_no_plan(plan)
        from zonevest import api

        told = api.read_plan(plan)
        told.audit = api.audit(plan)
        written = api.report(told, plan, lang=lang.value)
        paths = [f"{path}/" if path.is_dir() else str(path) for path in written]
        named = label["comma"].join([paths[0], *(path.name + "/" * path.is_dir() for path in written[1:])])
        show_result({"report": paths[0], "files": paths}, [label["report_done"].format(paths=named)], as_json)
        exit_unless_held(told, told.audit, lang)


@app.command()
def audit(
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN", help="A plan folder, or a plan drawn by hand."),
    ],
    study: Annotated[
        str | None,
        typer.Option("--study", metavar="STUDY", help="The study of a plan drawn by hand (default: its folder study)."),
    ] = None,
    projects: Annotated[
        Path | None,
        typer.Option("--projects", metavar="FILE", help="Its projects, where the plan is a file of parcels."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write the evaluated plan as a plan folder.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the plan folder if it exists.")] = False,
    beside: Annotated[
        Path | None, typer.Option("--beside", metavar="PLAN", help="A plan folder to be shown beside it.")
    ] = None,
    settings: SetOption = None,
    scenario: ScenarioOption = "",
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Recompute a plan from its own tables, apart from the solver; exit 0 only if all holds."""
    with faults_shown(lang, as_json) as label:
        by_hand = study is not None or bool(settings) or bool(scenario) or not (plan / "plan.json").is_file()
        if not by_hand:
            for name, value in (("--projects", projects), ("-o", out), ("--beside", beside)):
                if value is not None:
                    must = say("it is for a plan drawn by hand")
                    do = say("name its study with --study")
                    raise InputError(name, must, say("{plan} is a plan folder", plan=plan), do)
            from zonevest import api

            found = api.audit(plan)
            show_result(found.to_dict(lang.value), [found.to_text(lang.value)], as_json)
            raise typer.Exit(DONE if found.ok else FAILED)
        refuse_no_hand_plan(plan, study)
        if out is not None:
            if not overwrite:
                refuse_existing(out, say("name another folder with -o, or add --overwrite"))
            refuse_no_replacing(out)
            refuse_unwritable(out)
        if beside is not None:
            refuse_no_plan(beside)
        _audit_given(
            plan, study or str(plan / "study"), projects, out, beside, settings or [], scenario, as_json, lang, label
        )


def _audit_given(
    plan: Path,
    study: str,
    projects: Path | None,
    out: Path | None,
    beside: Path | None,
    settings: list[str],
    scenario: str,
    as_json: bool,
    lang: Lang,
    label: Words,
) -> None:
    """Evaluate a plan drawn by hand, tell what it breaks, and write it where that is asked for."""
    changes = parse_settings(settings)
    from zonevest import api
    from zonevest.given import given_plan

    read = api.read_study(study, changes, scenario=scenario)
    other = None if beside is None else (beside.name, read_beside(beside))
    with large(len(read.parcels), lang) as told:
        found = given_plan(read, plan, projects, on_progress=told)
    assert found.verdict is not None
    found.verdict.beside = other
    found.verdict.no_figures = looks_solved(plan)
    for note in found.verdict.notes:
        print(f"{label['note']}{translate(note, lang.value)}", file=sys.stderr)
    if out is not None:
        try:  # what must not be replaced was refused before
            write_or_rescue(found, out, lang, overwrite=True)
        except InputError:
            if not as_json:  # what was found is told all the same; of JSON there is one object
                print(found.verdict.to_text(lang.value))
            raise
    lines = [found.verdict.to_text(lang.value), *([label["told_in"].format(path=out)] if out else [])]
    show_result(found.verdict.to_dict(lang.value) | {"plan": None if out is None else str(out)}, lines, as_json)
    raise typer.Exit(DONE if found.verdict.ok else FAILED)


@app.command()
def explain(
    plan: PlanArgument,
    parcel: Annotated[str | None, typer.Option("--parcel", metavar="ID", help="A parcel: why it does what.")] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="ID", help="A project: why in or out.")] = None,
    limit: Annotated[str | None, typer.Option("--limit", metavar="NAME", help="A limit: who pays for it.")] = None,
    prices: Annotated[bool, typer.Option("--prices", help="What one more of everything that binds is worth.")] = False,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Solve again with the project forced out, or in: what that costs.")
    ] = False,
    break_even: Annotated[
        list[BreakEven] | None,
        typer.Option("--break-even", help="Solve again for the number at which the project is just worth it."),
    ] = None,
    gap: Annotated[
        float | None, typer.Option("--gap", min=0.0, help="Of each solve (default: the plan's own).")
    ] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each solve.")
    ] = 300.0,
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
        if (resolve or break_even) and project is None:
            must = say("what is solved again is a project")
            raise InputError("--resolve", must, say("none is named"), say("name one by --project"))
        from zonevest import api
        from zonevest.pricing import UnpricedError

        ((kind, name),) = asked.items()
        evens = tuple(each.value for each in break_even or ())
        try:
            told = api.read_plan(plan)
            if resolve or evens:
                with ProgressLine(sys.stderr, lang.value) as progress:
                    found = told.explain(
                        project=project, resolve=resolve, break_even=evens, gap=gap, time_limit=time_limit,
                        on_progress=progress,
                    )  # fmt: skip
            else:
                found = told.explain(parcel=parcel or None, project=project or None, limit=limit or None, prices=prices)
        except KeyError:
            must, do = say("the study has what is to be explained"), say("take a name of the plan folder's tables")
            raise InputError(f"--{kind}", must, name, do) from None
        except UnpricedError as error:
            raise InputError(str(plan), say("a plan has prices that explain it"), error.args[0], error.do) from None
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)
        exit_unless_held(told, api.audit(plan), lang)


def exit_unless_held(plan: Plan, found: AuditReport, lang: Lang) -> None:
    """Whoever reads what was told of a plan is told too where the audit finds that the plan does not hold."""
    if plan.has_plan and not found.ok:
        print(found.to_text(lang.value), file=sys.stderr)
        raise typer.Exit(FAILED)


@app.command()
def compare(
    plans: Annotated[list[Path], typer.Argument(metavar="PLAN", help="Two or more plan folders.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="A folder for page, workbook and tables; else it is printed."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the comparison if it exists.")] = False,
    prices: Annotated[
        bool, typer.Option("--prices", help="The worth of every parcel and project at the first plan's prices too.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Put plans side by side: what was given, what came out, where they agree, what each difference is worth."""
    with faults_shown(lang, as_json):
        if len(plans) < 2:
            must, do = say("two or more plans are compared"), say("name another plan folder")
            raise InputError("compare", must, say("{count} are named", count=len(plans)), do)
        for plan in plans:
            refuse_no_plan(plan)
        if out is not None:
            if not overwrite:
                refuse_existing(out, say("name another folder with -o, or add --overwrite"))
            refuse_unwritable(out)
        from zonevest import comparing
        from zonevest.pricing import UnpricedError

        try:
            with ProgressLine(sys.stderr, lang.value) as progress:
                found = comparing.compare(plans, prices=prices, on_progress=progress)
                if out is not None:
                    found.write(out, overwrite=overwrite, lang=lang.value)
        except UnpricedError as error:
            do = say("leave out --prices")
            raise InputError(str(plans[0]), say("a plan has prices that explain it"), error.args[0], do) from None
        written = {} if out is None else {"comparison": str(out)}
        show_result(written | found.to_dict(), [found.to_text(lang.value, out)], as_json)
        raise typer.Exit(DONE if found.ok else FAILED)


def study_or_plan(name: str, settings: list[str] | None, scenario: str) -> Study | Plan:
    """A study, changed as asked, or a plan folder, which is as it was solved."""
    changes, of_plan = parse_settings(settings or []), (Path(name) / "plan.json").is_file()
    if of_plan and (changes or scenario):
        do = say("name the study, not its plan, or leave them out")
        raise InputError(name, say("--set and --scenario are for a study that is solved"), say("a plan"), do)
    from zonevest import api

    return api.read_plan(name) if of_plan else api.read_study(name, changes, scenario=scenario)


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


def main() -> None:
    """Run the command line; the entry point of ``zonevest`` and of ``python -m zonevest``."""
    ended_as_interrupted()
    app(prog_name="zonevest")
