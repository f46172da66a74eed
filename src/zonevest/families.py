"""Commands that solve often: ``scenarios | decide | pareto | alternatives | sensitivity | replan | milestones``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from zonevest.arguments import (
    By,
    EachTimeLimitOption,
    GapOption,
    Goal,
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
    parse_settings,
    parse_weights,
)
from zonevest.console import (
    CODES,
    DONE,
    FAILED,
    INTERRUPTED,
    CaseLines,
    InputError,
    ProgressLine,
    faults_shown,
    plan_figures,
    plan_lines,
    show_result,
    sweep_code,
)
from zonevest.instances.say import say
from zonevest.targets import (
    refuse_existing,
    refuse_foreign,
    refuse_no_plan,
    refuse_unwritable,
    study_or_plan,
    workers,
)


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
    gap: GapOption = 1e-3,
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


def decide(
    study: StudyArgument,
    only: Annotated[
        str, typer.Option("--scenarios", metavar="A,B", help="The scenarios that are meant (default: all).")
    ] = "",
    weights: Annotated[
        str,
        typer.Option("--weights", metavar="A=W,B=W", help="What they count (default: the table's probabilities)."),
    ] = "",
    objective: Annotated[
        Goal, typer.Option("--objective", help="The mean gain, that of the worst scenarios, or the largest regret.")
    ] = Goal.expectation,
    alpha: Annotated[
        float | None,
        typer.Option(
            "--alpha",
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="cvar: what the worst scenarios count (default: the study's).",
        ),
    ] = None,
    beta: Annotated[
        float | None,
        typer.Option(
            "--beta", min=0.0, max=1.0, metavar="SHARE", help="The worst part of probability (default: the study's)."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where tables and plans go (default: STUDY-decision)."),
    ] = None,
    method: MethodOption = Method.auto,
    gap: GapOption = 1e-3,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of all solves together.")
    ] = 600.0,
    threads: ThreadsOption = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, metavar="N", help="Scenarios at a time; 0: as cores and memory allow.")
    ] = 0,
    seed: SeedOption = 0,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS|N",
            help="Scenarios are solved on a Dask cluster: a scheduler's address, or N workers on this machine.",
        ),
    ] = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Find one decision for now that can be carried out in all scenarios, and what may wait until more is known."""
    with faults_shown(lang, as_json):
        shares = {name: share for name, share in (("--alpha", alpha), ("--beta", beta)) if share is not None}
        finite(shares | {"--gap": gap, "--time-limit": time_limit})
        if beta == 0.0:
            raise InputError("--beta", say("it is above 0, and 1 at most"), str(beta), say("give a number"))
        target = default_plan(study, "decision") if out is None else out
        refuse_existing(target, say("name another folder with -o"))
        refuse_unwritable(target)
        from zonevest.instances.read import read_study
        from zonevest.sweep_cases import SweepError

        given = read_study(study, parse_settings(settings or []))
        if given.settings.objective.method == "lexicographic":
            must, do = (
                say("the objective of a common decision is one"),
                say("set objective.method to floor or weighted"),
            )
            raise InputError(study, must, "lexicographic", do)
        from zonevest.deciding import decide as decision_of

        names = [name.strip() for name in only.split(",") if name.strip()] or None
        try:
            with workers(cluster) as client, ProgressLine(sys.stderr, lang.value) as told:
                found = decision_of(
                    given, names, weights=parse_weights(weights), objective=objective.value, alpha=alpha, beta=beta,
                    gap=gap, time_limit=time_limit, threads=threads, seed=seed, method=method.value, jobs=jobs,
                    cluster=client, on_progress=told,
                )  # fmt: skip
        except SweepError as error:
            raise InputError(*error.row.values()) from None
        if found.has_plan:
            _written(found, target, lang, as_json)
        folder = str(target) if found.has_plan else None
        show_result({"folder": folder} | found.to_dict(), [found.to_text(lang.value)], as_json)
        raise typer.Exit(CODES[found.status] if found.ok else FAILED)


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
            _written(found, out, lang, as_json)
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)
        if not found.complete:
            raise typer.Exit(INTERRUPTED)
        if not len(found.points):
            statuses = [*found.solves["status"]]
            raise typer.Exit(CODES["infeasible" if "infeasible" in statuses else "no_plan"])


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
    gap: GapOption = 1e-3,
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
        given = study_or_plan(study, settings, scenario, lang)
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
            _written(found, out, lang, as_json)
        show_result(found.to_dict(), [found.to_text(lang.value)], as_json)
        if not found.complete:
            raise typer.Exit(INTERRUPTED)
        raise typer.Exit(FAILED if not found.holds else DONE if found.best.has_plan else CODES[found.best.status])


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
    gap: GapOption = 1e-3,
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

        given = study_or_plan(study, settings, scenario, lang)
        held = given.audit if isinstance(given, api.Plan) else None
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
            written = _written(found, out, lang, as_json)
            lines.append(label["report_done"].format(paths=label["comma"].join(map(str, written))))
        show_result(found.to_dict(), lines, as_json)
        done = DONE if held is None or held.ok else FAILED
        raise typer.Exit(done if found.complete else INTERRUPTED)


def _written(found: Any, out: Path, lang: Lang, as_json: bool) -> Any:
    """Write what was found; where it cannot be, it is told all the same (of JSON there is one object)."""
    try:
        return found.write(out, lang.value)
    except OSError:
        if not as_json:
            print(found.to_text(lang.value))
        raise


def replan(
    plan: PlanArgument,
    observed: Annotated[
        Path,
        typer.Option("--observed", metavar="FILE", help="What was observed, year by year: .csv, .parquet or .xlsx."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where plans and tables go (default: PLAN-replan)."),
    ] = None,
    cap: Annotated[
        str | None,
        typer.Option(
            "--rezone-cap", metavar="HA|SHARE%", help="Land that may be zoned otherwise than in the approved plan."
        ),
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold/--no-hold", help="Whether the approved plan, held on to, is evaluated beside.")
    ] = True,
    method: MethodOption = Method.auto,
    gap: GapOption = 1e-3,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.0, metavar="SECONDS", help="Of each solve, as in solve.")
    ] = 600.0,
    threads: ThreadsOption = 0,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Fix what has been done, take what was observed for what was assumed, and plan the rest anew, year by year."""
    with faults_shown(lang, as_json):
        finite({"--gap": gap, "--time-limit": time_limit})
        target = plan.with_name(f"{plan.resolve().name}-replan") if out is None else out
        refuse_no_plan(plan)
        refuse_unwritable(target)
        refuse_foreign(target)
        from zonevest import api
        from zonevest.replanning import hectares as cap_of
        from zonevest.replanning import replan as plan_anew

        approved = api.read_plan(plan)
        if not approved.has_plan:
            must, do = say("there is a plan to be carried out"), say("solve the study first")
            raise InputError(str(plan), must, approved.status, do)
        try:
            hectares = None if cap is None else cap_of(approved.study, cap)
        except ValueError:
            do = say("write it as --rezone-cap 50 or --rezone-cap 5%")
            raise InputError("--rezone-cap", say("a cap is hectares, or per cent of all land"), str(cap), do) from None
        with ProgressLine(sys.stderr, lang.value) as told:
            found = plan_anew(
                approved, observed, target, cap=hectares, hold=hold, gap=gap, time_limit=time_limit,
                threads=threads, seed=seed, method=method.value, lang=lang.value, on_progress=told,
            )  # fmt: skip
        show_result({"folder": str(target)} | found.to_dict(), [found.to_text(lang.value)], as_json)
        if found.interrupted:
            raise typer.Exit(INTERRUPTED)
        if (found.years["audit"] == False).any():  # noqa: E712  (None is no audit)
            raise typer.Exit(FAILED)
        raise typer.Exit(CODES[str(found.years["status"].iloc[-1])])


def milestones(
    plan: PlanArgument,
    resolve: Annotated[
        int, typer.Option("--resolve", min=0, metavar="N", help="Steps that are solved again, the dearest first.")
    ] = 3,
    periods: Annotated[
        int,
        typer.Option("--periods", min=0, metavar="N", help="Steps of so many periods are asked what a delay costs."),
    ] = 2,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where page, picture, workbook and tables go."),
    ] = None,
    gap: PlanGapOption = None,
    time_limit: EachTimeLimitOption = 120.0,
    threads: ThreadsOption = 0,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Tell the milestones of a plan, what each step unlocks, and what it costs where a step comes later."""
    with faults_shown(lang, as_json) as label:
        finite({"--time-limit": time_limit} | ({} if gap is None else {"--gap": gap}))
        refuse_no_plan(plan)
        if out is not None:
            refuse_existing(out, say("choose another folder"))
            refuse_unwritable(out)
        from zonevest import api
        from zonevest.delaying import milestones as find
        from zonevest.pricing import UnpricedError

        told = api.read_plan(plan)
        try:
            with ProgressLine(sys.stderr, lang.value) as progress:
                found = find(
                    told, resolve=resolve, periods=periods, gap=gap, time_limit=time_limit, threads=threads,
                    on_progress=progress,
                )  # fmt: skip
        except UnpricedError as error:
            raise InputError(str(plan), say("a plan can be solved again"), error.args[0], error.do) from None
        lines = [found.to_text(lang.value)]
        if out is not None:
            written = _written(found, out, lang, as_json)
            lines.append(label["report_done"].format(paths=label["comma"].join(map(str, written))))
        show_result(found.to_dict(), lines, as_json)
        held = api.audit(plan)
        if not held.ok:
            print(held.to_text(lang.value), file=sys.stderr)
        raise typer.Exit(INTERRUPTED if not found.complete else DONE if held.ok else FAILED)
