"""Every decision is pressed twice, sent again and pressed late; it counts once, and people are told so."""

import asyncio
from collections.abc import Awaitable, Callable

from sandbox.stories import looks, passages
from sandbox.stories.passages import CR, ROOT
from sandbox.stories.scene import Scene

_STATEMENT = "Gone through by hand for this release: it is as the line says."
_AGAIN = 3  # the same payload twice, and one more press
_BREATH_SECONDS = 1.5  # whoever presses faster for long is asked to wait, and this story is not about that


async def double_click(scene: Scene) -> None:
    """Every decision is pressed twice, sent again and pressed late; it counts once, and people are told so."""
    await _counts_once(scene, "john", "deployment.opened", lambda: passages.opens(scene))
    await _presses(scene, "john", "Confirm", "item.confirmed", f"{CR}/rollback-owner/")
    await _sends(scene, "john", "Attest", "item.attested", f"{CR}/flags/", items=["flag-audit"], words=_STATEMENT)
    await passages.settles_before_approval(scene)
    await _presses(scene, "john", "Request approval", "approval.requested")
    await _sends(scene, "alem", "Reject", "deployment.rejected", reason="The risk is not low.")
    await _presses(scene, "john", "Request approval", "approval.requested")
    await _presses(scene, "alem", "Approve", "deployment.approved", private=True)
    await passages.settles_before_start(scene)
    await _presses(scene, "john", "Sign off", "deployment.signed_off")
    await _presses(scene, "john", "Start deployment", "deployment.started")
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    await _sends(scene, "alem", "Roll back", "rollback.started", reason="Customers see errors.")
    await passages.smoke_tests(scene, "rb-verify-smoke")
    await scene.headline("rolled back")
    await passages.runs(scene, "v0.4.2")


async def _presses(
    scene: Scene, person: str, label: str, kind: str, block: str = ROOT, *, private: bool = False
) -> None:
    """Two presses in the same moment."""
    state = await scene.until(
        lambda state: looks.button(state, label, block, private=private), 30, f"{person} sees [{label}]", who=person
    )
    where = looks.button(state, label, block, private=private) or {}

    async def twice() -> None:
        await asyncio.gather(*(scene.clicks(person, label, beside="at once", **where) for _ in range(2)))

    await _counts_once(scene, person, kind, twice, refused=1)


async def _sends(scene: Scene, person: str, label: str, kind: str, block: str = ROOT, **values: object) -> None:
    """A modal, filled in and sent."""

    async def fills_in() -> None:
        await passages.clicks_when_there(scene, person, label, block, within=30)
        await scene.submits(person, **values)

    await _counts_once(scene, person, kind, fills_in)


async def _counts_once(
    scene: Scene, person: str, kind: str, act: Callable[[], Awaitable[None]], *, refused: int = 0
) -> None:
    """The act, then its payload sent again twice at once, then one more press on the screen as it was before."""
    decided, told = _entries(scene, kind), _refusals(scene, person)
    await act()
    await asyncio.gather(scene.control.again(person), scene.control.again(person))
    await scene.control.again(person, fresh=True)
    decided, told = _entries(scene, kind) - decided, _refusals(scene, person) - told
    scene.tells("Twice", f"{kind} counts {decided} time, and {told} presses are refused in words")
    scene.requires(decided == 1, f"{kind} counts once, not {decided} times")
    scene.requires(told == refused + _AGAIN, f"{refused + _AGAIN} presses are refused, not {told}")
    await asyncio.sleep(_BREATH_SECONDS)


def _entries(scene: Scene, kind: str) -> int:
    return sum(entry["kind"] == kind for entry in scene.entries())


def _refusals(scene: Scene, person: str) -> int:
    return sum(entry["kind"] == "ask.refused" and entry["by"] == person for entry in scene.entries())
