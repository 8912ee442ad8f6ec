"""The rehearsal of a rollback: asked for, timed on staging, never done by itself, and in nobody's way."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from checklist.marks import Mark, MarkState
from checklist.plan import with_image
from checklist.record import Fact, Json
from checklist.words import ImageDigest, ItemId, NeededFor
from sandbox import seed
from sandbox.fly.images import Reference
from sandbox.history import check_history, read_record
from tests.bot.looks import Seen, until
from tests.bot.scene import CR, JOHN, Scene
from tests.checklist.builders import shipped
from tests.conftest import brisk
from tests.haste import HASTE

pytestmark = pytest.mark.journey

REHEARSED, UNDER_5M = ItemId("rollback-rehearsed"), ItemId("rollback-under-5m")
(STAGING,) = seed.STAGING_MACHINES


@pytest.fixture(scope="module")
def brisk_checklist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the rehearsal as the product ships it."""
    return brisk(tmp_path_factory.mktemp("workplace") / "checklist.yml")


async def opened(scene: Scene) -> None:
    assert await scene.opens() == {}
    await scene.is_read()


async def rehearsed(scene: Scene, asked: str = REHEARSED) -> Mark:
    """John asks for it; the mark once it is over."""
    answer = await scene.says(JOHN, f"/drop check {CR} {asked}")
    assert "CR-001" in answer, answer
    await scene.is_read()
    return scene.deployment().mark(REHEARSED)


async def sent_to_staging(scene: Scene) -> list[str]:
    """The images that staging was sent, by the first digits of their digests."""
    log = (await scene.people.log())["fly"]
    sent = [entry["body"] for entry in log if entry["method"] == "POST" and entry["path"].endswith(f"/{STAGING}")]
    return [str(body["config"]["image"]) for body in sent]


def runs_healthy(scene: Scene) -> str:
    """The version that staging runs; empty while it is not healthy."""
    (machine,) = scene.sandbox.world.platform.snapshot()[seed.STAGING_APP]
    well = machine["state"] == "started" and {check["status"] for check in machine["checks"]} == {"passing"}
    return str(machine["tag"]) if well else ""


def image(scene: Scene, tag: str) -> str:
    """How a machine names the image of this version."""
    found = scene.sandbox.world.platform.registry.tagged(tag)
    assert found is not None
    return f"registry.fly.io/{seed.PRODUCTION_APP}@{found.digest}"


def deploys_on_staging(scene: Scene, tag: str) -> None:
    """Another hand, or a bot that has died since."""
    platform = scene.sandbox.world.platform
    (machine,) = platform.machines(seed.STAGING_APP)
    digest = ImageDigest(image(scene, tag).partition("@")[2])
    config = with_image(machine.version.config, app=seed.PRODUCTION_APP, image=digest, tag=tag)
    reference = Reference.parse(str(config["image"]))
    assert reference is not None
    machine.update(config, reference, platform.registry.pulled(reference), launch=True)


async def test_nothing_is_rehearsed_until_somebody_asks_for_it(scene: Scene) -> None:
    await opened(scene)
    await scene.says(JOHN, f"/drop check {CR}")
    await scene.is_read()

    assert scene.deployment().mark(REHEARSED).state is MarkState.OPEN
    assert await sent_to_staging(scene) == []
    offer = f"`/drop check {CR} {REHEARSED}` rolls staging to the version that production runs, and back again"
    await until(lambda: on_a_card(scene, offer), "no card offers it", within=20)


async def on_a_card(scene: Scene, words: str) -> bool | None:
    """Whether a block of some card says so by now."""
    blocks = [block for message in await scene.messages() for block in message["blocks"]]
    return any(words in (block.get("text") or {}).get("text", "") for block in blocks) or None


async def test_a_rehearsal_takes_staging_to_the_old_version_and_back_and_tells_the_time(scene: Scene) -> None:
    await opened(scene)

    mark = await rehearsed(scene)

    assert (mark.state, mark.by) == (MarkState.PASSED, "bot"), mark.note
    assert await sent_to_staging(scene) == [image(scene, "v0.4.2"), image(scene, "v0.5.0")]
    assert runs_healthy(scene) == "v0.5.0"
    evidence: Seen = dict(mark.evidence)
    seconds, machine = evidence["seconds_to_healthy"], evidence["back"]["machines"][STAGING]
    assert 0.7 / HASTE <= seconds < 10  # a move and a first passing check of the sandbox
    assert f"drop-staging ran v0.4.2 healthy after {seconds:.1f} s, and v0.5.0 again" in mark.note
    assert (machine["before"], machine["after"]) == (digest(scene, "v0.5.0"), digest(scene, "v0.4.2"))
    assert machine["seconds"] <= seconds
    assert set(machine["checks"].values()) == {"passing"}


def digest(scene: Scene, tag: str) -> str:
    return image(scene, tag).partition("@")[2]


async def test_what_the_rehearsal_measured_answers_how_long_a_rollback_takes(scene: Scene) -> None:
    await opened(scene)
    assert scene.deployment().mark(UNDER_5M).state is MarkState.INCONCLUSIVE

    seconds = (await rehearsed(scene)).evidence["seconds_to_healthy"]

    measured = await scene.until(lambda found: found.mark(UNDER_5M).state is not MarkState.INCONCLUSIVE)
    assert measured.mark(UNDER_5M).state is MarkState.PASSED
    assert measured.mark(UNDER_5M).evidence["seconds_to_healthy"] == seconds


async def test_production_is_left_alone_and_every_rule_of_a_rollout_holds_on_staging(scene: Scene) -> None:
    await opened(scene)

    await rehearsed(scene)

    assert await scene.updates() == []
    log = await scene.people.log()
    record = read_record(scene.sandbox.environment()["DATABASE_URL"])
    checklist = yaml.safe_load(scene.sandbox.world.checklist.read_text(encoding="utf-8"))
    assert check_history(record, log["fly"], log["slack"], checklist) == []
    steps = [fact.body["step"] for fact in scene.entries("machine.update.intended")]
    assert steps == [f"{REHEARSED}/1/back", f"{REHEARSED}/1/forth"]


async def test_a_rehearsal_that_fails_is_told_and_keeps_the_approval_from_being_asked_for(scene: Scene) -> None:
    await scene.people.faults("old-version-sick")
    await opened(scene)

    mark = await rehearsed(scene)

    assert mark.state is MarkState.FAILED
    assert "drop-staging did not get to v0.4.2, and runs v0.5.0 again: " in mark.note
    assert "does not pass its health checks" in mark.note
    assert runs_healthy(scene) == "v0.5.0"
    still_open = [item.id for item, _ in scene.deployment().open_items(shipped(), NeededFor.SUBMIT)]
    assert {REHEARSED, UNDER_5M} <= set(still_open)
    attested = await scene.says(JOHN, f"/drop attest {CR} {REHEARSED} It went well when I tried it by hand")
    assert f"`{REHEARSED}` is failed" in attested


async def test_staging_that_runs_something_else_is_not_touched(scene: Scene) -> None:
    await opened(scene)
    deploys_on_staging(scene, "v0.5.1")

    mark = await rehearsed(scene)

    assert mark.state is MarkState.FAILED
    assert mark.note == f"drop-staging does not run v0.5.0 on {STAGING}: deploy it there first"
    assert await sent_to_staging(scene) == []


async def test_a_registry_that_does_not_answer_proves_nothing_and_staging_is_not_touched(scene: Scene) -> None:
    await opened(scene)
    await scene.people.faults("registry-down")

    mark = await rehearsed(scene)

    assert mark.state is MarkState.INCONCLUSIVE
    assert await sent_to_staging(scene) == []


async def test_asked_for_with_its_section_it_is_rehearsed_once_and_by_its_name_again(scene: Scene) -> None:
    await opened(scene)
    section = scene.house.ground.checklist.item(REHEARSED)
    assert section is not None

    await rehearsed(scene, section.section)
    assert scene.deployment().mark(REHEARSED).state is MarkState.PASSED
    await rehearsed(scene, section.section)
    assert len(scene.entries("rehearsal.begun")) == 1

    await rehearsed(scene)
    assert [fact.body["number"] for fact in scene.entries("rehearsal.begun")] == [1, 2]


async def test_what_a_bot_that_died_left_on_staging_is_brought_back_before_the_next_rehearsal(scene: Scene) -> None:
    await opened(scene)
    deploys_on_staging(scene, "v0.4.2")
    body: Mapping[str, Json] = {
        "key": REHEARSED,
        "number": 1,
        "app": seed.STAGING_APP,
        "to": "",
        "then": digest(scene, "v0.5.0"),
    }
    with scene.house.ground.record.work() as work:
        at = scene.house.ground.clock.now()
        work.journal.append(Fact(kind="rehearsal.begun", at=at, by="bot", deployment=CR, body=body))
        work.commit()

    mark = await rehearsed(scene)

    assert mark.state is MarkState.PASSED, mark.note
    assert await sent_to_staging(scene) == [image(scene, tag) for tag in ("v0.5.0", "v0.4.2", "v0.5.0")]
    ended = [(fact.body["number"], fact.body["returned"]) for fact in scene.entries("rehearsal.ended")]
    assert ended == [(1, True), (2, True)]
