"""Help, and what is wrong with a command line, in the language that the command line itself asks for.

Both are the framework's own, which speaks English; it is asked for little more than the public parts of its commands.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from zonevest.console import WRONG_INPUT, show_faults
from zonevest.instances.say import LANGUAGES, catalogue, foreign, listed, say, translate
from zonevest.words import words

NUMBER, WHOLE = say("a number"), say("a whole number")
TAKES = {
    "--gap": say("{column} is {number} of at least {low}", column="--gap", number=NUMBER, low=0),
    "--time-limit": say("{column} is {number} of at least {low}", column="--time-limit", number=NUMBER, low=0),
    "--threads": say("{column} is {number} of at least {low}", column="--threads", number=WHOLE, low=0),
    "--seed": say("{column} is {number} of at least {low}", column="--seed", number=WHOLE, low=0),
    "--method": say("{column} is {choices}", column="--method", choices=listed(["auto", "mip", "prices"], last=" or ")),
    "--lang": say("{column} is {choices}", column="--lang", choices=listed(["en", "zh"], last=" or ")),
}
"""What the values of options are, where the framework may refuse one."""


class Commands(TyperGroup):
    """The commands, in the language of ``--lang`` before any of them has read it."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run a command line."""
        given = sys.argv[1:] if args is None else list(args)
        lang = asked(given)
        if lang is None or rest:
            return super().main(args, *rest, **more)
        for owner, name in _texts(self):
            text = getattr(owner, name, None)
            if text:
                setattr(owner, name, catalogue(lang).get(text, text))
        _fold_lines()
        try:
            code = super().main(args, **{**more, "standalone_mode": False})
        except Exception as error:
            # the class of all wrong command lines has no public name
            if not isinstance(error, typer.BadParameter.mro()[1]):
                raise
            row = {part: translate(told, lang) for part, told in _fault(error, given).items()}
            show_faults([row], words(lang), as_json=False)
            sys.exit(WRONG_INPUT)
        sys.exit(code)


def _fold_lines() -> None:
    """Let lines of help end between any two characters, for languages without spaces; no public part of typer does."""
    from typer import rich_utils

    made = vars(rich_utils).get("_make_rich_text")
    if made is None or made.__name__ == "folded":
        return

    def folded(*given: Any, **more: Any) -> Any:
        text = made(*given, **more)
        text.overflow = "fold"
        return text

    vars(rich_utils)["_make_rich_text"] = folded


def asked(given: Sequence[str]) -> str | None:
    """The language that a command line asks for, if it is another than English and there are words in it."""
    for at, word in enumerate(given):
        option, equals, value = word.partition("=")
        value = value if equals else "".join(given[at + 1 : at + 2])
        if option == "--lang" and value in LANGUAGES:
            return value
    return None


def help_texts(group: Any) -> set[str]:
    """The English texts that the help of the commands shows."""
    return {text for owner, name in _texts(group) if (text := getattr(owner, name, None))}


def _texts(group: Any) -> Iterator[tuple[Any, str]]:
    """Where the commands and their options keep the texts of their help."""
    for command in (group, *group.commands.values()):
        yield from ((command, name) for name in ("help", "epilog"))
        for option in command.get_params(typer.Context(command)):
            yield option, "help"


def _fault(error: Any, given: Sequence[str]) -> dict[str, str]:
    """Where, must, found and do of a command line that the framework refuses."""
    command = error.ctx.command_path if error.ctx is not None else " ".join(["zonevest", *given[:1]])
    option = getattr(error, "option_name", "") or "".join(getattr(getattr(error, "param", None), "opts", ())[:1])
    kind, message = type(error).__name__, error.format_message()
    row = {
        "where": command,
        "must": say("commands, options and their values are as the help shows them"),
        "found": foreign(message),
        "do": say("look at {command} --help", command=command),
    }
    unexpected = re.fullmatch(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)\.?", message)
    unknown = re.fullmatch(r"No such command '(.*?)'\..*", message)
    if kind == "NoSuchOption":
        row["found"] = say("there is no option {option}", option=option)
    elif kind == "MissingParameter":
        row["found"] = say("{name} is missing", name=error.param.metavar or option)
    elif kind == "BadOptionUsage":
        row["found"] = say("{option} takes no value", option=option)
        if "requires" in message:
            row["found"] = say("{option} has no value", option=option)
    elif option in TAKES:
        row |= {"where": option, "must": TAKES[option], "found": _value(option, given)}
    elif unexpected:
        row["found"] = say("more than there is room for: {words}", words=unexpected[1])
    elif unknown:
        row["found"] = say("there is no command {name}", name=unknown[1])
    return row


def _value(option: str, given: Sequence[str]) -> str:
    """The value that an option was given last."""
    found = ""
    for at, word in enumerate(given):
        if word == option:
            found = "".join(given[at + 1 : at + 2])
        elif word.startswith(f"{option}="):
            found = word.partition("=")[2]
    return found
