"""Items: who may settle which, with what words, and what no word can settle."""

from checklist.marks import MarkState
from checklist.moves import Status
from checklist.words import ItemId
from sandbox.stories import looks
from tests.bot.looks import block, until
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, VALIDATOR, WORDS, Scene


async def test_a_statement_of_five_words_is_too_short(scene: Scene) -> None:
    await scene.opens()

    answer = await scene.says(VALIDATOR, f"/drop attest {CR} staging-qa it is all very good")
    longer = await scene.says(VALIDATOR, f"/drop attest {CR} staging-qa {WORDS}")

    assert "at least 20 characters" in answer
    assert "what you did, and what you saw" in answer
    assert longer.startswith("CR-001 · Drop v0.5.0")
    assert scene.deployment().mark(ItemId("staging-qa")).note == WORDS
    assert scene.refusals() == ["BadField"]


async def test_a_statement_in_the_modal_is_judged_on_its_own_fields(scene: Scene) -> None:
    await scene.opens()
    assert await scene.says(VALIDATOR, f"/drop attest {CR} staging-qa") == ""

    short = await scene.submits(VALIDATOR, items=["staging-qa"], words="good")
    no_link = await scene.submits(VALIDATOR, words=WORDS, link="file:///etc/passwd")
    errors = await scene.submits(VALIDATOR, link="https://github.com/alai-talk/drop/pull/1")

    assert list(short) == ["words"]
    assert list(no_link) == ["link"]
    assert errors == {}
    assert scene.deployment().mark(ItemId("staging-qa")).link == "https://github.com/alai-talk/drop/pull/1"


async def test_one_statement_settles_several_items_with_an_entry_for_each(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()
    await scene.says(JOHN, f"/drop attest {CR} code-quality")
    items = [option["value"] for option in block(await scene.view(JOHN), "items")["element"]["options"]]

    errors = await scene.submits(JOHN, items=items, words=WORDS)

    assert errors == {}
    assert len(items) > 2
    attested = scene.entries("item.attested")
    assert [fact.body["item"] for fact in attested] == items
    assert {fact.by for fact in attested} == {JOHN}


async def test_an_item_belongs_to_its_role(scene: Scene) -> None:
    await scene.opens()
    before = scene.deployment().mark(ItemId("staging-qa"))

    wrong = await scene.says(ALEM, f"/drop attest {CR} staging-qa {WORDS}")
    stranger = await scene.says(STRANGER, f"/drop attest {CR} staging-qa {WORDS}")

    assert "belongs to the validator" in wrong
    assert "not in the deployment team" in stranger
    assert scene.deployment().mark(ItemId("staging-qa")) == before
    assert scene.refusals() == ["WrongRole", "Stranger"]


async def test_the_requester_cannot_confirm_what_another_must_look_at(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()

    answer = await scene.says(JOHN, f"/drop attest {CR} config-reviewed {WORDS}")

    assert "somebody else" in answer
    assert scene.refusals() == ["NotIndependent"]


async def test_what_production_is_configured_with_is_read_and_a_person_adds_a_word_of_their_own(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()

    read = {name: scene.deployment().mark(ItemId(name)) for name in ("kill-switches", "config-reviewed")}
    unread = scene.deployment().mark(ItemId("env-documented"))
    await scene.says(JOHN, f"/drop confirm {CR} kill-switches")

    assert {mark.state for mark in read.values()} == {MarkState.PASSED}
    assert "have the same env, services, guest and checks" in read["config-reviewed"].note
    assert unread.state is MarkState.INCONCLUSIVE
    assert unread.note.startswith("not connected: .env.example at abcdef1 is on GitHub")
    assert scene.deployment().mark(ItemId("kill-switches")).confirmed_by == JOHN


async def test_a_setting_that_staging_alone_has_is_named_on_the_card_and_passes_once_it_is_gone(scene: Scene) -> None:
    await scene.people.faults("staging-differs")
    await scene.opens()
    await scene.is_read()
    line = await until(lambda: failed_line(scene, "config-reviewed"), "the card never showed it", within=20)
    await scene.people.faults("staging-differs", on=False)

    await scene.says(JOHN, "/drop check config-reviewed")
    await scene.is_read()

    assert "failed · LOG_LEVEL: not set in drop-app, set in drop-staging" in line
    assert "debug" not in line
    assert scene.deployment().mark(ItemId("config-reviewed")).state is MarkState.PASSED


async def failed_line(scene: Scene, item: str) -> str | None:
    """What the card says of the item, once it says that its check failed."""
    line = looks.line(await scene.people.state(JOHN), item)
    return line if line.startswith(":x:") else None


async def test_an_item_that_does_not_exist_is_answered_with_its_neighbours(scene: Scene) -> None:
    await scene.opens()

    answer = await scene.says(JOHN, f"/drop attest {CR} staging-heath {WORDS}")

    assert "no item `staging-heath`" in answer
    assert "Did you mean" in answer
    assert "`staging-health`" in answer
    assert "`/drop checklist`" in answer
    assert scene.refusals() == ["NoSuchItem"]


async def test_a_failed_check_cannot_be_attested_away(scene: Scene) -> None:
    await scene.people.faults("unhealthy-app")
    await scene.opens()
    await scene.is_read()

    answer = await scene.says(JOHN, f"/drop attest {CR} staging-health {WORDS}")

    assert scene.deployment().mark(ItemId("staging-health")).state is MarkState.FAILED
    assert "`staging-health` is failed" in answer
    assert "`/drop check staging-health`" in answer
    assert scene.refusals() == ["NotForHand"]


async def test_what_was_mended_passes_when_it_is_checked_again(scene: Scene) -> None:
    await scene.people.faults("unhealthy-app")
    await scene.opens()
    await scene.is_read()
    await scene.people.faults("unhealthy-app", on=False)

    await scene.says(JOHN, "/drop check staging-health")
    await scene.is_read()

    assert scene.deployment().mark(ItemId("staging-health")).state is MarkState.PASSED


async def test_what_is_settled_is_not_settled_twice(scene: Scene) -> None:
    await scene.opens()
    await scene.says(VALIDATOR, f"/drop attest {CR} staging-qa {WORDS}")

    again = await scene.says(VALIDATOR, f"/drop attest {CR} staging-qa {WORDS}, once more")

    assert "settled already" in again
    assert scene.deployment().mark(ItemId("staging-qa")).note == WORDS
    assert len(scene.entries("item.attested")) == 1


async def test_the_approval_is_never_an_item_to_confirm(scene: Scene) -> None:
    await scene.opens()

    answer = await scene.says(ALEM, f"/drop confirm {CR} change-approved")

    assert "given with *Approve*, never by hand" in answer
    assert scene.deployment().mark(ItemId("change-approved")).state is MarkState.OPEN


async def test_approval_is_not_asked_for_while_items_are_open(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()

    answer = await scene.says(JOHN, "/drop submit")

    assert "must be settled first" in answer
    assert "`staging-qa` open, from the validator" in answer
    assert scene.deployment().status is Status.PREPARING
    assert scene.refusals() == ["ItemsOpen"]
