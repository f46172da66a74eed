"""The command line: ``zonevest new | import | check | solve | draw | scenarios | decide | alternatives | …``.

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
    EachTimeLimitOption,
    GapOption,
    JsonOption,
    Lang,
    LangOption,
    Method,
    MethodOption,
    PlanArgument,
    PlanGapOption,
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
    InputError,
    ProgressLine,
    ended_as_interrupted,
    faults_shown,
    plan_figures,
    plan_lines,
    show_result,
)
from zonevest.drawing import draw
from zonevest.families import alternatives, decide, milestones, pareto, replan, scenarios, sensitivity
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
    workers,
    write_or_rescue,
)
from zonevest.usage import Commands
from zonevest.words import Words

if TYPE_CHECKING:
    from zonevest.api import AuditReport, Plan

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
    gap: GapOption = 1e-3,
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


for family in (draw, scenarios, decide, pareto, alternatives):
    app.command()(family)


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
        if found.stopped:
            raise typer.Exit(INTERRUPTED)
        raise typer.Exit({True: DONE, False: CODES["infeasible"], None: CODES["no_plan"]}[found.feasible])


app.command()(sensitivity)
app.command()(replan)
app.command()(milestones)


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
    gap: PlanGapOption = None,
    time_limit: EachTimeLimitOption = 300.0,
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


@contextmanager
def large(parcels: int, lang: Lang) -> Iterator[ProgressLine | None]:
    """Progress on stderr where there are so many parcels that it takes a while."""
    if parcels <= QUIET:
        yield None
        return
    with ProgressLine(sys.stderr, lang.value) as progress:
        yield progress


def main() -> None:
    """Run the command line; the entry point of ``zonevest`` and of ``python -m zonevest``."""
    ended_as_interrupted()
    app(prog_name="zonevest")
