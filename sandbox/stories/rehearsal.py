"""A rollback is rehearsed on staging, and timed; one that fails keeps the approval from being asked for."""

from functools import partial

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import looks, passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene

_ITEM, _MEASURED = "rollback-rehearsed", "rollback-under-5m"
_LEG_WITHIN = 30.0


async def rehearsal(scene: Scene) -> None:
    """A rollback is rehearsed on staging, and timed; one that fails keeps the approval from being asked for."""
    await passages.opens(scene)
    await _is_offered(scene)
    await _asks(scene)
    await _is_told(scene, ":white_check_mark:", "ran v0.4.2 healthy after")
    await _is_measured(scene)
    await passages.settles_before_approval(scene)
    await scene.breaks("old-version-sick")
    await _asks(scene)
    await _is_told(scene, ":x:", "did not get to v0.4.2")
    refused = await scene.says("john", f"/drop submit {CR}")
    scene.requires(f"`{_ITEM}` failed" in refused, "nobody can ask for approval without it")
    await scene.breaks("old-version-sick", on=False)
    await _asks(scene)
    await _is_told(scene, ":white_check_mark:", "ran v0.4.2 healthy after")
    await passages.untouched(scene)
    await passages.asks_for_approval(scene)


async def _is_offered(scene: Scene) -> None:
    """The card says what asking for it does; opening alone has done nothing."""
    state = await scene.until(lambda state: looks.line(state, _ITEM), 30, "the section's card is there")
    scene.tells(seed.BOT_NAME, looks.line(state, _ITEM))
    scene.requires("rolls staging" in looks.line(state, _ITEM), "the line says what asking for it does")
    scene.requires(_runs("v0.5.0", state), "staging runs the release")


async def _asks(scene: Scene) -> None:
    """John asks for it; staging goes back, and returns."""
    await scene.says("john", f"/drop check {CR} {_ITEM}")
    for tag in ("v0.4.2", "v0.5.0"):
        await scene.until(partial(_runs, tag), _LEG_WITHIN, f"staging runs {tag}")
        scene.tells("Fly.io", f"staging runs {tag}")


async def _is_told(scene: Scene, sign: str, words: str) -> None:
    """The section's card says how it went."""

    def told(state: Object) -> bool:
        return looks.line(state, _ITEM).startswith(sign) and words in looks.line(state, _ITEM)

    state = await scene.until(told, _LEG_WITHIN, f"the card says “{words}”")
    scene.tells(seed.BOT_NAME, looks.line(state, _ITEM))


async def _is_measured(scene: Scene) -> None:
    """What was measured answers how long a rollback takes."""
    what = "the measured time is short enough, and the card says so"
    state = await scene.until(lambda state: "seconds to healthy" in looks.line(state, _MEASURED), _LEG_WITHIN, what)
    scene.tells(seed.BOT_NAME, looks.line(state, _MEASURED))
    scene.requires(looks.line(state, _MEASURED).startswith(":white_check_mark:"), what)


def _runs(tag: str, state: Object) -> bool:
    """Whether staging runs this version, healthy or not."""
    (machine,) = state["machines"][seed.STAGING_APP]
    return bool(machine["tag"] == tag)
