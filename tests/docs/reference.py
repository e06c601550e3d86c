"""The pages of reference that follow from the program: `python -m tests.docs.reference` writes them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import typer.main
from pydantic import BaseModel

from plansync import config
from plansync.cli.main import app
from plansync.cli.outcome import OUTCOMES
from plansync.config import Check, Settings, Watching, When
from plansync.plans import PlanEntry
from tests.docs.pages import ROOT, read

COMMAND = "python -m tests.docs.reference"

ANY = (2, 3, 130)
"""What any command may end with."""
_LOOK, _CHANGE = (0, 1), (0, 1, 9)
_RUN = (0, 1, 4, 5, 6, 7, 8, 9)
ENDS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("push", "pull", "sync", "apply", "resolve", "link", "adopt", "undo", "prune"), _RUN),
    "diff": (0, 1, 4, 5, 6, 7, 8),
    "status": (0, 1, 7, 8),
    **dict.fromkeys(("inspect", "log", "health", "demo", "sandbox", "schedule"), _LOOK),
    "check": _CHANGE,
    "doctor": (0, 1, 7, 9),
    "unlink": (0, 1, 7, 9),
    **dict.fromkeys(("new", "completion"), (0,)),
    "init": (0,),
    "watch": (0, 9),
    "state show": _LOOK,
    "state rebuild": _RUN,
    "state merge": _CHANGE,
    "state rekey": (0, 1, 7, 9),
    "state retarget": (0, 1, 7, 9),
    "state lineage": (0, 1, 7, 9),
    "state forget": (0, 1, 7, 9),
}
"""With which codes each command may end, besides those of any; the tests of pages hold real runs against it."""
_MEANS = {
    ("check", 1): "an error is left in a plan",
    ("doctor", 1): "something is in the way of a sync",
    ("doctor", 7): "`--fix` without a terminal and without `--yes`",
    ("status", 7): "with `--remote`, as `plansync diff`",
    ("status", 8): "with `--remote`: the tracker lets nobody in with this token",
    ("health", 1): "a plan was not synced for too long",
    ("diff", 6): "with `--exit-code`: something would change",
    ("watch", 9): "somebody watches the plan already",
}


class Verb(NamedTuple):
    """A command as it is typed, and what the command line knows of it."""

    name: str
    command: Any


def verbs() -> Iterator[Verb]:
    """List the commands in the order of `--help`, those of `state` last."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield Verb(name, command)
        else:
            yield from (Verb(f"{name} {each}", found) for each, found in inner.items())


# ------------------------------------------------------------------ commands


def commands() -> str:
    """Write the page of commands."""
    group: Any = typer.main.get_command(app)
    found = list(verbs())
    lines = [
        "# Commands",
        "",
        f"What the program itself says of each of them (`{COMMAND}` makes this page). Without a command,",
        "`plansync` gives an overview of the plans that it finds.",
        "",
        "| Command | |",
        "|---|---|",
        *(f"| [{verb.name}](#{verb.name.replace(' ', '-')}) | {_summary(verb)} |" for verb in found),
        "",
        f"Besides the codes below any command may end with {_codes('', ANY)}. What to do about each:",
        "[exit codes](exit-codes.md).",
        "",
        "## Common options",
        "",
        "They stand before or after the command.",
        "",
        *_options(group),
    ]
    for verb in found:
        lines += ["", *_section(verb)]
    return "\n".join(lines) + "\n"


def _summary(verb: Verb) -> str:
    return " ".join(verb.command.help.partition("\n\n")[0].split())


def _section(verb: Verb) -> list[str]:
    context = verb.command.make_context(f"plansync {verb.name}", [], resilient_parsing=True)
    usage = " ".join(verb.command.get_usage(context).removeprefix("Usage: ").split())
    paragraphs = [" ".join(text.split()) for text in verb.command.help.split("\n\n")]
    body = [line for text in paragraphs for line in (text, "")]
    return [
        *(f"## {verb.name}", "", *body, "```text", usage, "```", ""),
        *_options(verb.command, context),
        *("", f"Ends with {_codes(verb.name, ENDS[verb.name])}."),
    ]


def _options(command: Any, context: Any = None) -> list[str]:
    context = context or command.make_context("plansync", [], resilient_parsing=True)
    records = ((each, each.get_help_record(context)) for each in command.params)
    return [
        f"- `{_spelt(each, record[0])}`: {' '.join(record[1].split())}" for each, record in records if record
    ]


def _spelt(parameter: Any, words: str) -> str:
    """Spell an option with what it takes, an argument as its place in the usage."""
    is_argument = parameter.param_type_name == "argument"
    return words.partition(" <")[0] if is_argument else words.replace("list[str]", "str")


def _codes(verb: str, codes: tuple[int, ...]) -> str:
    return ", ".join(f"{code} ({_MEANS.get((verb, code), OUTCOMES[code])})" for code in codes)


# ------------------------------------------------------------------ configuration

_TABLES: dict[str, type[BaseModel]] = {"when": When, "check": Check, "watch": Watching}
_OPTION = re.compile(r"^(?:# )?(\w+) = .*$")
_TABLE = re.compile(r"^(?:# )?\[+(\w+)\]+$")
_LINE = re.compile(r"\*\*\w+\*\*(?:: (?:\[#12\]\(…\)|\w+))?")
"""A line of a plan in the reasons, which is to be shown and not to be rendered."""
_VARIABLE = re.compile(r"\b[A-Z]+_[A-Z_]*")


def configuration() -> str:
    """Write the page of settings."""
    head, reasons = _reasons()
    properties = Settings.model_json_schema()["properties"]
    sections = [
        "# Configuration",
        *(_prose(part) for part in re.split(r" (?=An option on the|Tokens never)", head)),
        f"`{COMMAND}` makes this page of the program's settings and of `config.example.toml`,\n"
        "which holds the same as a file to copy.",
        "## For all plans",
    ]
    for name in (name for name in properties if name not in {*_TABLES, "people", "plan"}):
        sections += _option(name, properties[name], reasons[name])
    sections += [r"## \[people\]", _prose(reasons["people"])]
    for table, model in _TABLES.items():
        sections.append(rf"## \[{table}\]")
        for key, told in model.model_json_schema()["properties"].items():
            sections += _option(f"{table}.{key}", told, reasons[f"{table}.{key}"])
    keys = ", ".join(f"`{key}`" for key in sorted(PlanEntry.model_fields))
    sections += [r"## \[\[plan\]\]", _prose(reasons["plan"]), f"Takes {keys}."]
    return "\n\n".join(sections) + "\n"


def _option(name: str, told: Any, reason: str) -> list[str]:
    variable = f" · Environment: `PLANSYNC_{name.upper()}`" if name in config._FROM_ENVIRONMENT else ""
    facts = f"Takes {_takes(told)} · Default: {_default(told)}{variable}"
    words = _prose(reason)
    for value in _values(told):
        words = words.replace(f'"{value}"', f'`"{value}"`')
    return [f"### {name}", facts, words]


def _values(told: Any) -> list[str]:
    return [value for each in told.get("anyOf", [told]) for value in each.get("enum", [])]


_WORDS = {
    "boolean": "`true` or `false`",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list of texts",
    "object": "a table",
}
_BOUNDS = {
    "minimum": ", {:g} or more",
    "exclusiveMinimum": " above {:g}",
    "maxLength": " of at most {} characters",
}


def _takes(told: Any) -> str:
    """Say what an option takes, from its JSON schema."""
    (kind,) = (each for each in told.get("anyOf", [told]) if each.get("type") != "null")
    if "enum" in kind:
        *others, last = (f"`{_toml(value)}`" for value in kind["enum"])
        return f"{', '.join(others)} or {last}"
    bounds = (words.format(kind[name]) for name, words in _BOUNDS.items() if name in kind)
    return _WORDS[kind["type"]] + "".join(bounds)


def _default(told: Any) -> str:
    default = told["default"]
    return "not set" if default is None else f"`{_toml(default)}`"


def _toml(value: object) -> str:
    """Write a value as the file has it; what JSON and TOML write differently is not among the defaults."""
    text = json.dumps(value, ensure_ascii=False)
    assert value == {} or tomllib.loads(f"value = {text}")["value"] == value
    return text


def _reasons() -> tuple[str, dict[str, str]]:
    """Read the example: what stands before the first option, and the reason of each by its name."""
    head, _, rest = read("config.example.toml").partition("\n\n")
    found: dict[str, str] = {}
    table = ""
    for block in rest.split("\n\n"):
        words: list[str] = []
        name = ""
        for line in block.splitlines():
            option, heading = _OPTION.match(line), _TABLE.match(line)
            if heading:
                table = heading[1]
                if line.startswith("# "):  # what stands below it are its keys
                    name = table
                    break
                name = table if table not in _TABLES else ""
            elif option:
                name = option[1] if table in ("", "people") else f"{table}.{option[1]}"
                break
            else:
                words.append(line.removeprefix("# "))
        found[name] = " ".join(words)
    return " ".join(line.removeprefix("# ") for line in head.splitlines()), found


def _prose(text: str) -> str:
    text = _LINE.sub(lambda match: f"`{match[0]}`", text).replace("*.ghe.com", "`*.ghe.com`")
    text = _VARIABLE.sub(r"`\g<0>`", text)
    pages = re.compile(r"\bdocs/([a-z-]+)\.md")
    return pages.sub(lambda m: f"[{m[1]}]({m[1]}.md)" if (ROOT / m[0]).exists() else m[0], text)


# ------------------------------------------------------------------ JSON

_FROM = re.compile(r" Readers ignore properties that they do not know\.$")


def schemas() -> str:
    """Write the page of JSON schemas."""
    lines = [
        "# JSON schemas",
        "",
        "With `--json` a command prints one document, whose `schema` names what it is. Readers pass over properties",
        "that they do not know, as more may come. Tests hold what real runs print against these files.",
        f"(`{COMMAND}` makes this page.)",
        "",
        "| Document | What it is |",
        "|---|---|",
    ]
    for file in sorted((ROOT / "docs" / "schemas").glob("*.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        lines.append(f"| [{schema['title']}](schemas/{file.name}) | {_FROM.sub('', schema['description'])} |")
    return "\n".join([*lines, "", *_JSON_FOOT]) + "\n"


_JSON_FOOT = (
    "Several plans at once come in one document, [plansync/runs/1](schemas/runs-1.json) or",
    "[plansync/plans/1](schemas/plans-1.json). Messages for people go to stderr, so stdout holds the document",
    "alone. It is empty where a command could not begin: the exit code and stderr say why.",
    "",
    "```sh",
    "plansync status --json PLAN.md",
    "plansync diff --json PLAN.md",
    "```",
)

PAGES: dict[str, Callable[[], str]] = {
    "docs/commands.md": commands,
    "docs/configuration.md": configuration,
    "docs/json.md": schemas,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
