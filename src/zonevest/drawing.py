"""The command `draw`: scenarios made from ranges, and ready-made stresses, into a table or a new study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zonevest.arguments import JsonOption, Lang, LangOption, StudyArgument
from zonevest.console import InputError, faults_shown, show_result
from zonevest.instances.say import say, translate
from zonevest.targets import refuse_existing, refuse_unwritable

ALL = "all"
TABLE = ".csv"


def draw(
    study: StudyArgument,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="OUT", help="A new study with these scenarios, or the table alone (.csv)."),
    ],
    ranges: Annotated[
        Path | None,
        typer.Option("--ranges", metavar="FILE", help="A table of uncertain amounts and how they are distributed."),
    ] = None,
    correlations: Annotated[
        Path | None,
        typer.Option("--correlations", metavar="FILE", help="A table of rank correlations between ranges."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="How many are drawn from the ranges.")] = 200,
    keep: Annotated[int, typer.Option("--keep", metavar="N", help="How many scenarios are kept of them.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="What they are drawn by.")] = 0,
    stress: Annotated[
        list[str] | None,
        typer.Option(
            "--stress", metavar="NAME", help="A ready-made stress, or all that the study has anything of; repeatable."
        ),
    ] = None,
    replacing: Annotated[
        bool, typer.Option("--replace", help="In the new study they stand in place of its own scenarios.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.en,
) -> None:
    """Make scenarios: drawn from ranges and reduced to a few with weights, or ready-made stresses."""
    with faults_shown(lang, as_json) as label:
        refuse_existing(out, say("name another target with -o"))
        refuse_unwritable(out)
        if ranges is None and not stress:
            must, do = say("scenarios are made of ranges or stresses"), say("add --ranges or --stress")
            raise InputError("draw", must, say("neither is named"), do)
        if correlations is not None and ranges is None:
            must, do = say("correlations are between ranges"), say("add --ranges")
            raise InputError("--correlations", must, str(correlations), do)
        if replacing and out.suffix.lower() == TABLE:
            must, do = say("scenarios are replaced in a study"), say("leave out --replace, or name a folder with -o")
            raise InputError("--replace", must, str(out), do)
        import pandas as pd

        from zonevest.draws import drawn, with_scenarios
        from zonevest.instances.place import fresh
        from zonevest.instances.read import read_study
        from zonevest.instances.study import StudyError
        from zonevest.stresses import stress_text, stressed

        given = read_study(study)
        made, lines, told = list[pd.DataFrame](), list[str](), dict[str, Any]()
        faults = list[pd.DataFrame]()
        if ranges is not None:
            try:
                found = drawn(given, ranges, correlations, draws, keep, seed)
                made.append(found.scenarios)
                lines.append(found.to_text(lang.value))
                told |= found.to_dict()
            except StudyError as error:
                faults.append(error.faults)
        if stress:
            try:
                scenarios, without = stressed(given, None if ALL in stress else stress)
                made.append(scenarios)
                lines.append(stress_text(scenarios, without, lang.value))
                told |= {"stresses": list(dict.fromkeys(scenarios["scenario"])), "left_out": without}
            except StudyError as error:
                faults.append(error.faults)
        if faults:
            raise StudyError(pd.concat(faults, ignore_index=True))
        table = pd.concat(made, ignore_index=True)
        if out.suffix.lower() == TABLE:
            with fresh(out) as new:
                table.to_csv(new, index=False, lineterminator="\n")
            done = [say("the table is in {path}: put it into a study folder as scenarios.csv", path=out)]
        else:
            with_scenarios(given, table, replacing=replacing).write(out)
            if not replacing and given.scenarios["probability"].notna().any() and table["probability"].notna().any():
                kept = say("the study's own scenarios stay in it, without their probabilities")
                lines.append(translate(kept, lang.value))
            done = [say("the study with these scenarios was written to {path}", path=out)]
            done.append(label["new_next"].format(path=out))
        told = {"out": str(out), "scenarios": list(dict.fromkeys(table["scenario"]))} | told
        show_result(told, [*lines, *(translate(each, lang.value) for each in done)], as_json)
