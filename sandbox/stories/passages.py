"""The passages that stories are made of: opening, settling, approving, starting, verifying, signing."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from itertools import groupby

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import looks
from sandbox.stories.roster import REQUESTER, Line, lines
from sandbox.stories.scene import Redrawn, Scene, Unexpected

CR = "CR-001"
ROOT = f"{CR}/-/"  # how the ids of the blocks begin that hold the deployment's own buttons
_ROUNDS = 12
_READ_WITHIN = 45.0
_LOOK_AGAIN_SECONDS = 0.5
_STATEMENT = "Gone through by hand for this release: it is as the line says."


async def opens(
    scene: Scene,
    version: str = "0.5.0",
    *,
    maintenance: str = "yes",
    migrations: str = "no",
    strategy: str = "rolling",
) -> None:
    """John opens a deployment, and Drop puts its card into the channel."""
    await scene.says("john", f"/drop deploy {version}")
    state = await scene.until(lambda state: state["view"], 3, "the modal opens")
    await scene.submits(
        "john",
        version=version,
        commit="4f9d2c7a1b",
        customers="A new screen for recurring transfers, and one minute of maintenance at night.",
        risk="Low: no change to how money moves.",
        security="None.",
        outcome=f"Drop v{version} on both machines, error rate as before.",
        migrations=migrations,
        maintenance=maintenance,
        strategy=strategy,
        window=looks.choices(state["view"], "window")[0],
        engineer=REQUESTER,
    )
    await scene.headline("preparing")


async def settles_before_approval(scene: Scene) -> None:
    """Everyone answers for what no check could read."""
    await _settles(scene, [line for line in lines(scene.checklist) if line.phase == "pre" and not line.at_start])


async def settles_before_start(scene: Scene) -> None:
    """The few lines that belong to the last minutes before the start."""
    await _settles(scene, [line for line in lines(scene.checklist) if line.phase == "pre" and line.at_start])


async def settles_after(scene: Scene) -> None:
    """Production is looked at by those who answer for it."""
    await _settles(scene, [line for line in lines(scene.checklist) if line.phase == "post"])


async def asks_for_approval(scene: Scene) -> None:
    """John asks; Alem finds the plan in his direct messages."""
    await clicks_when_there(scene, "john", "Request approval", ROOT)
    await scene.headline("awaiting approval")


async def approves(scene: Scene) -> None:
    """Alem signs the plan that he was sent."""
    approved = f"{CR} · Drop v0.5.0 · approved"
    await clicks_when_there(scene, "alem", "Approve", ROOT, private=True)
    try:
        await scene.headline(approved, 5)
    except Unexpected:  # the button belonged to a plan that had just been replaced: the card has a new one by now
        await clicks_when_there(scene, "alem", "Approve", ROOT, private=True)
        await scene.headline(approved)


async def is_approved(scene: Scene, *, maintenance: str = "yes", strategy: str = "rolling") -> None:
    """From nothing to an approved deployment, everything settled for its start."""
    await opens(scene, maintenance=maintenance, strategy=strategy)
    await settles_before_approval(scene)
    await asks_for_approval(scene)
    await approves(scene)
    await settles_before_start(scene)


async def starts(scene: Scene) -> None:
    """John starts it, and Drop says so before anything moves."""
    await clicks_when_there(scene, "john", "Start deployment", ROOT)
    await scene.sees("Deploying Drop v0.5.0 to production", 15)


async def smoke_tests(scene: Scene, step: str = "prod-smoke", within: float = 60) -> None:
    """When the machines are done, the validator runs the smoke tests and says how they went."""
    await scene.headline(f"attests {step}", within)
    await scene.says("validator", f"/drop attest {CR} {step} Ran the user-flows suite against production, all green.")


async def is_deployed(scene: Scene) -> None:
    """Started, rolled out, smoke-tested: production runs the new version and is being verified."""
    await starts(scene)
    await smoke_tests(scene)
    await scene.headline("verifying", 30)


async def rolls_back(scene: Scene, person: str, reason: str) -> None:
    """One person says so, and the previous version comes back; the validator looks at it."""
    await clicks_when_there(scene, person, "Roll back", ROOT)
    await scene.submits(person, reason=reason)
    await scene.sees("Initiating rollback to v0.4.2", 15)
    await smoke_tests(scene, "rb-verify-smoke")
    await scene.headline("rolled back")
    await scene.sees("Rolled back: Drop v0.4.2 runs in production again")
    await runs(scene, "v0.4.2")


async def has_just_been_looked_at(scene: Scene) -> None:
    """Production was looked at for changes by hand, so the next look is a minute away."""
    before = len(await _looks(scene))
    await scene.moves_clock_on(minutes=1)
    deadline = time.monotonic() + _READ_WITHIN
    while len(await _looks(scene)) == before:
        if time.monotonic() > deadline:
            raise Unexpected("nobody looks at production")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _looks(scene: Scene) -> list[Object]:
    """Each time that the bot had production's machines listed."""
    listed = f"/fly/v1/apps/{seed.PRODUCTION_APP}/machines"
    return [entry for entry in (await scene.control.log())["fly"] if entry["path"] == listed]


async def runs(scene: Scene, tag: str) -> None:
    """Both machines run this version, and customers are let in as before."""
    state = await scene.look()
    scene.requires(looks.all_run(state, tag), f"both machines run {tag} and are healthy")
    modes = [machine["maintenance"] for machine in looks.production(state)]
    scene.requires(modes == ["false", "false"], f"maintenance is as it was, but it is {modes}")


async def untouched(scene: Scene) -> None:
    """Nothing was ever sent that changes a machine of production; a look inside of one changes nothing."""
    sent = [entry["path"] for entry in (await scene.control.log())["fly"] if entry["method"] != "GET"]
    changes = [path for path in sent if f"/{seed.PRODUCTION_APP}/machines/" in path and not path.endswith("/exec")]
    scene.requires(not changes, f"nothing is sent to Fly.io, but {changes} was")


async def signs_off(scene: Scene) -> None:
    """The three sign-offs; the last signature completes the deployment."""
    for sign_off in ("signoff-pre", "signoff-deployed"):
        await scene.says("john", f"/drop signoff {CR} {sign_off}")
    for person in ("validator", "john"):
        await scene.says(person, f"/drop signoff {CR} signoff-verified")


async def clicks_when_there(
    scene: Scene, person: str, label: str, block: str = ROOT, *, private: bool = False, within: float = 15
) -> None:
    """Wait until the person sees the button, and press it; `private` is in the direct messages."""
    what = f"{person} sees [{label}]"
    state = await scene.until(
        lambda state: looks.button(state, label, block, private=private), within, what, who=person
    )
    found = looks.button(state, label, block, private=private) or {}
    section = block.split("/")[1].replace("-", " ").strip()
    beside = "in direct messages" if private else section and f"under {section}"
    await scene.clicks(person, label, beside=beside, ts=found["ts"])


async def _settles(scene: Scene, wanted: Sequence[Line]) -> None:
    """Ask for what must be asked for, wait for the checks, then let everyone answer at once, until nothing is left."""
    signs = await _read(scene, [line for line in wanted if not line.acts])
    for line in wanted:
        if line.acts and signs.get(line.item) != ":white_check_mark:":
            await scene.says(REQUESTER, f"/drop check {CR} {line.item}")
    done: set[str] = set()
    for _ in range(_ROUNDS):
        signs = await _read(scene, wanted)
        left = [line for line in wanted if _is_left(line, signs, done)]
        if not left:
            return
        people = sorted({line.person for line in left})
        await asyncio.gather(*(_answers(scene, [one for one in left if one.person == who], signs) for who in people))
        done |= {line.item for line in left}
    raise Unexpected(f"still open: {', '.join(line.item for line in left)}")


def _is_left(line: Line, signs: dict[str, str], done: set[str]) -> bool:
    sign = signs.get(line.item, "")
    return line.wants_words(sign) or (line.wants_a_button(sign) and line.item not in done)


async def _read(scene: Scene, wanted: Sequence[Line]) -> dict[str, str]:
    """The signs of all items once Drop has read what it can. Raises Unexpected for a check that failed."""
    for _ in range(int(_READ_WITHIN / _LOOK_AGAIN_SECONDS)):
        signs = looks.marks(await scene.asks("john", f"/drop checklist {CR}"))
        failed = [line.item for line in wanted if signs.get(line.item) == ":x:"]
        if failed:
            raise Unexpected(f"checks failed: {', '.join(failed)}")
        if not any(line.is_unread(signs.get(line.item, ":white_circle:")) for line in wanted):
            return signs
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    raise Unexpected("the checks were not read in time")


async def _answers(scene: Scene, mine: Sequence[Line], signs: dict[str, str]) -> None:
    """One person goes through their lines, section by section."""
    for section, several in groupby(mine, key=lambda line: line.section):
        here = list(several)
        words = [line.item for line in here if line.wants_words(signs[line.item])]
        if words:
            await _attests(scene, here[0].person, section, words)
        for line in here:
            if line.item not in words:
                await _confirms(scene, line)


async def _attests(scene: Scene, person: str, section: str, items: Sequence[str]) -> None:
    """One statement for all of them, from the section's card; without its button, typed."""
    if scene.patient:  # a modal does not outlive the process that opened it
        for item in items:
            await scene.says(person, f"/drop attest {CR} {item} {_STATEMENT}")
        return
    await clicks_when_there(scene, person, "Attest", f"{CR}/{section}/", within=30)
    await scene.submits(person, items=list(items), words=_STATEMENT)


async def _confirms(scene: Scene, line: Line) -> None:
    """By the button beside the line, or typed when the card is not that far."""
    found = looks.button(await scene.look(line.person), "Confirm", f"{CR}/{line.item}/")
    if found is not None and not scene.patient:
        with contextlib.suppress(Redrawn):
            await scene.clicks(line.person, "Confirm", beside=line.item, **found)
            return
    await scene.says(line.person, f"/drop confirm {CR} {line.item}")


async def is_completed(scene: Scene) -> None:
    """Everyone reads that it is done, and it is."""
    await scene.headline("completed")
    await scene.sees(f"{CR} completed: Drop v0.5.0 is verified and signed off")
    await runs(scene, "v0.5.0")
