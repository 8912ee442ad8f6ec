"""Someone deploys by hand between the approval and the start: the approval is void, and is asked for again."""

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import looks, passages
from sandbox.stories.passages import CR, ROOT
from sandbox.stories.scene import Scene


async def plan_changed(scene: Scene) -> None:
    """Someone deploys by hand between the approval and the start: the approval is void, and is asked for again."""
    machine = seed.PRODUCTION_MACHINES[1]
    changed = f"the plan changed: machine {machine} now runs v0.4.1"
    await passages.is_approved(scene)
    await passages.has_just_been_looked_at(scene)  # so that it is the start which finds it
    await scene.breaks("changed-by-hand")
    await passages.clicks_when_there(scene, "john", "Start deployment", ROOT)
    await scene.sees(f"{CR} needs a new approval: {changed}", 30)
    await scene.headline("preparing")
    what = "Alem's card names the line that changed"
    await scene.until(lambda state: _tells(state, changed), 15, what, who="alem")
    await _is_acknowledged(scene, machine)
    await passages.asks_for_approval(scene)
    await passages.approves(scene)
    await passages.is_deployed(scene)
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)


async def _is_acknowledged(scene: Scene, machine: str) -> None:
    """The watch has seen it too by now, and nothing starts before somebody says why it was done."""
    await scene.moves_clock_on(minutes=1)
    await scene.sees(f"was changed outside of Drop: machine {machine} now runs v0.4.1")
    await scene.says("john", "/drop acknowledge Somebody tried v0.4.1 on one machine; v0.5.0 will replace it.")


def _tells(state: Object, words: str) -> bool:
    """Whether a card in somebody's direct messages says so."""
    return any(words in text for text in looks.cards(state))
