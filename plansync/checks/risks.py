"""Lines about risks that name tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plansync.checks.context import Context
from plansync.checks.finding import Finding
from plansync.document.references import named, plain
from plansync.document.spans import Span
from plansync.document.vocabulary import TASK_WORDS
from plansync.text import heading_words, words

_ID = r"\d+(?:[.\-]\d+)*[a-z]?(?![\w]|[.\-]\d)"
_NAMED = re.compile(
    rf"(?<![^\W\d_])(?P<word>{TASK_WORDS}|t)s?[\s-]*#?(?P<id>{_ID})"
    r"(?:\*\*|__)?(?:\s*[(（](?P<bracket>[^()（）\r\n]+)[)）]|\s*[:：–—]\s*(?P<tail>[^\r\n,;，；]+))?",
    re.IGNORECASE,
)


def risk_line(context: Context) -> Iterator[Finding]:
    """Find risks of tasks that are not there, and tasks with the title of something else."""
    titles = _titles(context)
    label_words = {_word(node.label) for _, node in context.tasks if node.id}
    for span in _lines(context):
        for found in _NAMED.finditer(context.document.text(span)):
            if message := _wrong(context, found, titles, label_words):
                yield context.finding("PLAN105", _at(context, span, found), message)
    for span in _lists(context):
        if _names_nothing(context, context.document.text(span), titles):
            yield context.finding("PLAN105", span, "this names no task of the plan")


def _lines(context: Context) -> list[Span]:
    """List the texts about risks: the blocks under such a heading, and the values of such keys elsewhere."""
    risks = list(context.document.risks)
    inside = {(s.start, s.end) for s in risks}
    return risks + [
        span
        for span in _lists(context)
        if not any(start <= span.start and span.end <= end for start, end in inside)
    ]


def _lists(context: Context) -> list[Span]:
    """List the values of keys that hold tasks of high risk."""
    keys = [key for key in context.document.keys if key.name == "high_risk"]
    spans = [span for key in keys for span in (key.items or (key.value,))]
    return [span for span in spans if span.end > span.start]


def _wrong(context: Context, found: re.Match[str], titles: dict[str, str], label_words: set[str]) -> str:
    bearers = context.ids.get(plain(found["id"]), ())
    word = _word(found["word"])
    if not bearers:
        is_meant = bool(label_words) and (word in label_words or word == "task")
        return f"there is no {found['word']} {found['id']}" if is_meant else ""
    said = _folded(found["bracket"] or found["tail"] or "")
    own = [_folded(context.document.title_of(node)) for node in bearers]
    if not said or any(said in title or title in said for title in own):
        return ""
    other = titles.get(said) or titles.get(_folded(heading_words(said)))
    title = context.document.title_of(bearers[0])
    return f"{context.name_of(bearers[0])} is “{title}”; that is the title of {other}" if other else ""


def _names_nothing(context: Context, text: str, titles: dict[str, str]) -> bool:
    """Say whether a list of tasks names none, by number or by title."""
    if not re.search(r"[^\W_]", text) or _NAMED.search(text):
        return False
    read = named(text, context.view.known)
    if read.tasks or (not read.words and not read.unknown):
        return False
    return bool(read.unknown) or not any(title in _folded(text) for title in titles if len(title) > 1)


def _titles(context: Context) -> dict[str, str]:
    """List every title with the name of what bears it."""
    nodes = [node for _, node in (*context.tasks, *context.phases)]
    return {
        _folded(context.document.title_of(n)): context.name_of(n)
        for n in nodes
        if n.title.end > n.title.start
    }


def _folded(text: str) -> str:
    return words(text).strip(" \"'“”`*_.").casefold()


def _word(label: str) -> str:
    """Take the word of a label; `T` and `Tasks` are tasks."""
    found = re.match(r"\W*([^\W\d_]*)", label)
    word = found[1].casefold() if found else ""
    return {"t": "task", "": "task"}.get(word, word)


def _at(context: Context, span: Span, found: re.Match[str]) -> Span:
    start = span.start + len(found.string[: found.start()].encode())
    return Span(start, start + len(found[0].encode()))
