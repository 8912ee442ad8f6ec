"""/drop history: the past in plain words, short enough to be read at once."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.views.history import LONGEST, chronicle, past
from checklist.moves import Status
from checklist.ports import Passage
from checklist.record import Entry, Fact, Json, chained
from checklist.words import DeploymentId, PersonId
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, Scene
from tests.checklist.builders import in_status, shipped

NIGHT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
TEAM = shipped().team


def passage(number: int, status: Status = Status.COMPLETED, took: timedelta | None = None) -> Passage:
    return Passage(
        id=DeploymentId(f"CR-{number:03d}"),
        version="0.5.0",
        status=status,
        requester=PersonId(ALEM),
        engineer=PersonId(JOHN),
        opened_at=NIGHT,
        ended_at=NIGHT + took if took is not None else None,
    )


def entries(*facts: tuple[str, str, dict[str, Json]], each: timedelta = timedelta(minutes=1)) -> list[Entry]:
    made: list[Entry] = []
    for number, (kind, by, body) in enumerate(facts):
        fact = Fact(kind=kind, at=NIGHT + number * each, by=by, deployment=CR, body=body)
        made.append(chained(fact, after=made[-1] if made else None))
    return made


def told(*facts: tuple[str, str, dict[str, Json]], earlier: int = 0) -> list[str]:
    return chronicle(in_status(Status.DEPLOYING), entries(*facts), earlier, TEAM).splitlines()


@pytest.mark.parametrize(
    ("took", "words"),
    [
        (timedelta(minutes=7, seconds=59), "took 7 min"),
        (timedelta(hours=14, minutes=20), "took 14 h 20 min"),
        (timedelta(days=2, hours=3, minutes=59), "took 2 d 3 h"),
    ],
)
def test_a_line_of_the_past_says_what_who_when_and_how_long(took: timedelta, words: str) -> None:
    line = past([passage(7, took=took)], TEAM).splitlines()[0]

    assert line == f"• *CR-007* v0.5.0 completed · Alem Bašić, John · Wed 25 Nov 02:00 CET, {words}"


def test_a_deployment_that_is_not_over_took_no_time_yet() -> None:
    assert "took" not in past([passage(1, Status.DEPLOYING)], TEAM)


def test_each_entry_is_told_in_plain_words_on_oslo_s_clock_the_newest_last() -> None:
    lines = told(
        ("deployment.opened", JOHN, {"version": "0.5.0", "digest": "sha256:1"}),
        ("item.attested", ALEM, {"item": "qa", "words": "seen <!channel>", "link": ""}),
        ("step.failed", "bot", {"step": "deploy-trigger", "state": "failed", "reason": "not healthy"}),
    )

    assert lines == [
        "*CR-001 · v0.5.0 · deploying*",
        "Wed 25 Nov 02:00 · John opened the deployment `0.5.0`",
        "Wed 25 Nov 02:01 · Alem Bašić spoke for `qa` — seen &lt;!channel&gt;",
        "Wed 25 Nov 02:02 · Drop could not do `deploy-trigger` — not healthy",
    ]


def test_a_kind_of_entry_that_has_no_words_yet_is_told_by_its_name() -> None:
    assert told(("moon.waxed_again", "bot", {}))[1].endswith("Drop moon waxed again")


def test_what_one_person_did_many_times_in_a_row_is_one_line() -> None:
    checks: list[tuple[str, str, dict[str, Json]]] = [
        ("item.checked", "bot", {"item": f"item-{n}", "outcome": "failed" if n == 3 else "passed", "reason": "so"})
        for n in range(30)
    ]

    lines = told(*checks)

    assert lines[1:] == [
        "Wed 25 Nov 02:29 · Drop read `item-0`, `item-1`, `item-2`, `item-3` and 26 more — 1 failed, 29 passed"
    ]


def test_a_long_story_is_told_from_its_end_and_says_how_much_is_left_out() -> None:
    facts: list[tuple[str, str, dict[str, Json]]] = [
        ("item.attested", (JOHN, ALEM)[n % 2], {"item": f"i{n}", "words": "x" * 200}) for n in range(300)
    ]

    text = chronicle(in_status(Status.DEPLOYING), entries(*facts), 100, TEAM)

    shown = text.splitlines()[2:]
    assert len(text) < LONGEST + 200
    assert text.splitlines()[1] == f"… {400 - len(shown)} earlier entries"
    assert "`i299`" in shown[-1]


def test_before_the_first_deployment_the_past_says_how_to_begin() -> None:
    assert past([], TEAM) == "There was no deployment yet. `/drop deploy` opens one."


async def test_the_past_and_what_happened_are_told_to_whoever_may_read(scene: Scene) -> None:
    nothing = await scene.says(STRANGER, "/drop history")
    await scene.prepares()
    await scene.says(JOHN, f"/drop abandon {CR} not today")

    lines = await scene.says(STRANGER, "/drop history")
    story = await scene.says(STRANGER, "/drop history cr-001")

    assert nothing.startswith("There was no deployment yet.")
    assert lines.startswith("• *CR-001* v0.5.0 abandoned · John · ")
    assert "John opened the deployment `0.5.0`" in story
    assert story.splitlines()[-1].endswith("John gave it up — not today")
    assert len(story) < 4000
    assert scene.refusals() == []


async def test_of_a_deployment_that_never_was_there_is_nothing_to_tell(scene: Scene) -> None:
    assert await scene.says(JOHN, "/drop history CR-999") == (
        "There is no CR-999. `/drop status` shows the open deployment."
    )
