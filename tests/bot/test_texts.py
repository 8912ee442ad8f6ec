"""Whatever people type into whatever field, Slack shows it as the letters they typed: no mention, link or markup."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.refusals import explain
from bot.views.blocks import section
from bot.views.deployment import approval_card, deployment_card
from bot.views.sections import section_card, steps_card
from bot.views.text import escape
from checklist import errors as e
from checklist import notices
from checklist.deployment import Deployment
from checklist.errors import Refusal
from checklist.marks import MarkState
from checklist.steps import Book
from checklist.words import ItemId
from tests.bot.scene import JOHN, Scene
from tests.checklist.builders import awaiting, deploying, marked, shipped

TEXTS, TOGETHER = 10_000, 8  # so many in all, so many side by side in one field
LONGEST = 18
SEED = 20261125

FRAGMENTS = (
    *("<!channel>", "<!here|@here>", "<@U0ALEM>", "<#C0DROP>", "<!subteam^S1>", "<!date^1^{date}|x>"),
    *("<https://evil|Ok>", "https://evil", "<mailto:a@b.c|x>", "</drop>", "&lt;!channel&gt;"),
    *("*bold*", "_slanted_", "~gone~", "`code`", "```block```", "> quoted", "&gt; quoted", ">>> all", ":shipit:"),
    *("\u202egnp.exe", "zero\u200bwidth", "\u2066isolated\u2069", "line\nbreak", "\n> quoted", "\r\n*b*", "\x1b[31m"),
    *("plain words", "DATABASE_URL", "02:15", "5 * 3 > 2", "æøå 日本", "𝕏 🚀", "*", "_", "~", "`", "<", "&", ":", ">"),
)

# What makes markup in mrkdwn (docs.slack.dev, "Formatting text"). It is counted: nothing of it may come from a text.
MARKUP = {
    "angle bracket": re.compile("[<>]"),
    "bold": re.compile(r"\*"),
    "strike": re.compile("~"),
    "code": re.compile("`"),
    "italic": re.compile(r"(?<!\w)_|_(?!\w)"),
    "emoji": re.compile(r":[\w+'-]+:"),
    "quotation": re.compile(r"^\s*(?:>|&gt;)", re.MULTILINE),
    "broken entity": re.compile("&(?!amp;|lt;|gt;)"),
    "unseen": re.compile("[\u0000-\u0009\u000b-\u001f\u200b-\u200f\u202a-\u202e\u2060-\u2069]"),
}


def test_ten_thousand_texts_in_every_field_bring_no_markup_of_their_own() -> None:
    before, after = awaiting(), deploying()
    plain = markup(shown(before, after, "plain words"))
    texts = list(hostile(TEXTS))

    for first in range(0, TEXTS, TOGETHER):
        text = " ".join(texts[first : first + TOGETHER])
        assert markup(shown(before, after, text)) == plain, text


def test_ten_thousand_texts_that_are_refused_bring_none_either() -> None:
    plain = markup(answers("words"))

    for text in hostile(TEXTS):
        assert markup(answers(text)) == plain, text


def test_no_address_that_somebody_typed_becomes_a_link() -> None:
    with_address = [part for part in shown(awaiting(), deploying(), "https://evil.example") if "evil" in part.text]

    assert with_address
    assert all(part.verbatim for part in with_address)


async def test_no_address_in_an_answer_becomes_a_link_either(scene: Scene) -> None:
    answer = await scene.people.says(JOHN, "/drop https://evil.example")

    assert [block["text"]["verbatim"] for block in answer["reply"]["blocks"]] == [True]


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("DATABASE_URL is set at 02:15", "DATABASE_URL is set at 02:15"),
        ("5 < 6 & 7", "5 &lt; 6 &amp; 7"),
        ("*all* of _it_ ~now~ `here` :shipit:", "∗all∗ of ˍitˍ ∼now∼ ˋhereˋ ∶shipit:"),
        ("> quoted", "› quoted"),
        ("two\nlines", "two lines"),
        ("\u202eright to left\u200b", "right to left"),
    ],
)
def test_a_text_stays_readable(typed: str, seen: str) -> None:
    assert escape(typed) == seen


@pytest.mark.parametrize("limit", range(2, 40))
def test_a_long_text_is_cut_between_characters_and_says_so(limit: int) -> None:
    cut = escape("a&<>" * 20, limit)

    assert len(cut) <= limit
    assert cut.endswith("…")
    assert not MARKUP["broken entity"].search(cut)


def hostile(many: int) -> Iterator[str]:
    """Texts by somebody who wants the bot to say more than it should; the same ones each time."""
    chance = random.Random(SEED)
    for _ in range(many):
        text = "".join(chance.choices(FRAGMENTS, k=chance.randint(1, 4)))
        start = chance.randrange(len(text))
        yield (text[start:] + text[:start])[:LONGEST]


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of mrkdwn as Slack gets it."""

    text: str
    verbatim: bool


def markup(parts: list[Part]) -> Counter[str]:
    """How often each kind of markup stands in what Slack formats."""
    whole = "\n\n".join(part.text for part in parts)
    return Counter({kind: len(pattern.findall(whole)) for kind, pattern in MARKUP.items()})


def shown(before: Deployment, after: Deployment, text: str) -> list[Part]:
    """Everything that Slack formats when this text stands in each field that people fill."""
    checklist, team = shipped(), shipped().team
    asked, going = filled(before, text), filled(after, text)
    cards = (
        deployment_card(asked, checklist, clock_moved=False),
        approval_card(asked, checklist, clock_moved=False),
        section_card(asked, checklist.sections[0], team),
        steps_card(going, Book.DEPLOY, checklist),
    )
    said = [notices.rejected(asked, "Alem"), notices.abandoned(asked, "John"), notices.halted(asked)]
    blocks = [block for card in cards for block in card.blocks] + [section(escape(notice.text)) for notice in said]
    return [part for block in blocks for part in mrkdwn(block.to_dict())]


def answers(text: str) -> list[Part]:
    """What is answered to somebody whose words are not understood, and are said again in the answer."""
    return [Part(text=explain(refusal), verbatim=True) for refusal in refusals(text)]


def filled(deployment: Deployment, text: str) -> Deployment:
    """The deployment with the text in each field that people fill."""
    release = replace(deployment.release, customers=text, risk=text, security=text, outcome=text)
    deployment = replace(deployment, release=release, reason=text)
    for item in shipped().sections[0].items:
        deployment = marked(deployment, item, MarkState.ATTESTED, by="john")
        mark = replace(deployment.mark(item.id), note=text)
        deployment = replace(deployment, marks={**deployment.marks, item.id: mark})
    return replace(deployment, steps=tuple(replace(step, note=text, actor="john") for step in deployment.steps[:3]))


def refusals(text: str) -> Iterator[Refusal]:
    """The refusals that say again what somebody typed."""
    yield e.UnknownVerb(text)
    yield e.NoSuchDeployment(text)
    yield e.NoSuchItem(text, ())
    yield e.NoSuchSignOff(text, (ItemId("signoff-pre"),))
    yield e.NoImage(text)
    yield e.BadField("version", f"“{text}” is not a version", "0.5.0")
    yield e.BadFields((e.BadField("engineer", f"“{text}” is no deploy engineer", "john"),))


def mrkdwn(block: Any) -> Iterator[Part]:  # Block Kit, at any depth
    if isinstance(block, list):
        for each in block:
            yield from mrkdwn(each)
    elif isinstance(block, dict):
        if block.get("type") == "mrkdwn":
            yield Part(text=block["text"], verbatim=bool(block.get("verbatim")))
        yield from mrkdwn(list(block.values()))
