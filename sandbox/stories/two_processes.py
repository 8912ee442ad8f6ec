"""Two bots on one database: both answer, one runs. It is killed, the next one is stopped, the release completes."""

import time

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import looks, passages
from sandbox.stories.scene import Scene

_AFTER_A_KILL = 5.0  # seconds
_AFTER_A_STOP = 20.0  # nobody can know at once that a silent process is gone
_LEAVES_WITHIN = 5.0
_TRY_AGAIN_LATER = 75  # the exit code with which a process asks to be started again
FIRST, SECOND = 1, 2


async def two_processes(scene: Scene) -> None:
    """Two bots on one database: both answer, one runs. It is killed, the next one is stopped, the release completes."""
    await scene.control.starts(bot=SECOND)
    await _both_answer(scene)
    await passages.is_approved(scene)
    scene.patient = True
    await passages.starts(scene)
    await _updated(scene, 0)
    await _killed(scene, FIRST)
    await scene.control.starts(bot=FIRST)
    await _updated(scene, 1)
    await _stopped(scene, SECOND)
    await passages.smoke_tests(scene)
    await _leaves(scene, SECOND)
    await scene.headline("verifying", 30)
    await scene.control.starts(bot=SECOND)
    await _both_answer(scene)
    scene.patient = False
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)


async def _both_answer(scene: Scene) -> None:
    """Slack sends what people do to the one and to the other in turn."""
    await scene.until(lambda state: state["bot"]["connections"] == SECOND, 15, "both bots are connected to Slack")


async def _updated(scene: Scene, number: int) -> None:
    machine = seed.PRODUCTION_MACHINES[number]
    await scene.until(lambda state: _tag(state, number) == "v0.5.0", 45, f"machine {machine} is updated")


def _tag(state: Object, number: int) -> str:
    return str(looks.production(state)[number]["tag"])


async def _killed(scene: Scene, bot: int) -> None:
    begun, last = time.monotonic(), len(scene.entries())
    await scene.control.kills(bot=bot)
    scene.tells("Kill", f"bot {bot}, which runs, is dead")
    await _taken_over(scene, last, begun, _AFTER_A_KILL)


async def _stopped(scene: Scene, bot: int) -> None:
    begun, last = time.monotonic(), len(scene.entries())
    await scene.control.pauses(bot=bot)
    scene.tells("Stop", f"bot {bot}, which runs now, is stopped and does not know it")
    await _taken_over(scene, last, begun, _AFTER_A_STOP)


async def _taken_over(scene: Scene, last: int, begun: float, within: float) -> None:
    seconds = await scene.goes_on(lambda kind: kind == "step.resumed", after=last, since=begun)
    scene.tells("Takeover", f"the other one goes on after {seconds:.1f} s")
    scene.requires(seconds <= within, f"the other one goes on within {within:g} s, not {seconds:.1f} s")


async def _leaves(scene: Scene, bot: int) -> None:
    """Once it may go on, it finds that it does not run any more, and ends."""
    await scene.control.pauses(bot=bot, on=False)
    what = f"bot {bot} ends with {_TRY_AGAIN_LATER}"
    await scene.until(lambda state: _exit(state, bot) == _TRY_AGAIN_LATER, _LEAVES_WITHIN, what)
    scene.tells("Leave", f"bot {bot} goes on, finds that another one runs, and ends")


def _exit(state: Object, bot: int) -> int | None:
    code: int | None = state["bot"]["processes"][bot - 1]["exit"]
    return code
