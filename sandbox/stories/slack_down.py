"""Slack goes away in the middle of a rollout: the night goes on without it, and the channel catches up."""

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import looks, passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene

_TOLD = (
    "Deploying Drop v0.5.0 to production",
    "Deployment complete: Drop v0.5.0",
    "Initiating rollback to v0.4.2",
    "Rolled back: Drop v0.4.2",
)
_LATE = "Slack did not take it then"


async def slack_down(scene: Scene) -> None:
    """Slack goes away in the middle of a rollout: the night goes on without it, and the channel catches up."""
    await passages.is_approved(scene)
    await passages.starts(scene)
    await scene.breaks("slack-down")
    await _smoke_tests(scene, "prod-smoke")
    await _is_recorded(scene, "deployment.deployed")
    await passages.runs(scene, "v0.5.0")
    await scene.moves_clock(to="02:50")
    await scene.says("alem", f"/drop rollback {CR} Customers report wrong exchange rates.")
    await _smoke_tests(scene, "rb-verify-smoke")
    await _is_recorded(scene, "rollback.completed")
    await passages.runs(scene, "v0.4.2")
    scene.requires(_told(await scene.look()) == list(_TOLD[:1]), "Slack holds nothing of what happened without it")
    await scene.moves_clock(to="03:40")
    await _slack_comes_back(scene)


async def _slack_comes_back(scene: Scene) -> None:
    """Its servers ask for new connections; what waited is told once, in order, with the time at which it was true."""
    await scene.breaks("slack-down", on=False)
    await scene.control.disconnects("refresh_requested")
    state = await scene.until(lambda state: len(_told(state)) >= len(_TOLD), 60, "the channel is told everything")
    scene.requires(_told(state) == list(_TOLD), f"it is told once and in order, but it was {_told(state)}")
    late = [text for text in looks.said(state) if _LATE in text]
    scene.requires(len(late) == len(_TOLD) - 1, f"all that came late says so, but only {late}")
    await scene.headline("rolled back", 30)
    await scene.until(lambda state: _is_drawn(state, "Rollback"), 30, "the run-book in the thread is at its end")


def _told(state: Object) -> list[str]:
    """Which of the story's notices stand in the channel, in order."""
    said = [str(message["text"]) for message in looks.roots(state)]
    return [notice for text in said for notice in _TOLD if text.startswith(notice)]


def _is_drawn(state: Object, book: str) -> bool:
    """Whether the run-book's card shows all of its steps as over."""
    titles = [text.rpartition(" · ")[2] for text in looks.said(state) if f" · {book} · " in text]
    return any(done == of for done, of in (title.split("/") for title in titles))


async def _smoke_tests(scene: Scene, step: str) -> None:
    """No card asks for it now: the validator knows that it comes, and types."""
    await _is_recorded(scene, "step.waiting", step=step)
    await scene.says("validator", f"/drop attest {CR} {step} Ran the user-flows suite against production, all green.")


async def _is_recorded(scene: Scene, kind: str, **body: str) -> None:
    """Wait until the record says so, whatever Slack shows."""

    def found(_: Object) -> bool:
        return any(entry["kind"] == kind and body.items() <= entry["body"].items() for entry in scene.entries())

    await scene.until(found, 60, f"the record says {kind} {' '.join(body.values())}".rstrip(), who=seed.JOHN.key)
