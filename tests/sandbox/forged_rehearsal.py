"""Histories in which a rollback is rehearsed on staging: one as it should be, and others that break I1 alone."""

from collections.abc import Callable

from tests.sandbox.told import NEW, OLD, OTHER, Told

STAGING, MACHINE, ITEM = "drop-staging", "5683d4e0b10e58", "rollback-rehearsed"


def _begun() -> Told:
    told = Told()
    told.decides("john", "deploy", "deployment.opened", digest=NEW)
    told.decides("john", "check", "checks.queued", item=ITEM)
    told.enters("rehearsal.begun", key=ITEM, number=1, app=STAGING, to=OLD, then=NEW)
    return told


def _moves(told: Told, leg: str, image: str) -> None:
    """A machine of staging is brought to an image."""
    before = len(told.fly)
    told.moves(MACHINE, f"{ITEM}/1/{leg}", image)
    told.last("machine.update.intended")["body"]["app"] = STAGING
    for asked in told.fly[before:]:
        asked["path"] = asked["path"].replace("drop-app", STAGING)


def rehearsed() -> Told:
    """To the version that production runs, and back."""
    told = _begun()
    _moves(told, "back", OLD)
    _moves(told, "forth", NEW)
    told.enters("rehearsal.ended", key=ITEM, number=1, app=STAGING, returned=True)
    return told


def staging_is_sent_what_no_rehearsal_named() -> Told:
    told = _begun()
    _moves(told, "back", OTHER)
    return told


def staging_is_sent_an_image_by_its_tag() -> Told:
    told = rehearsed()
    told.last_update()["body"]["config"]["image"] = "registry.fly.io/drop-app:v0.5.0"
    return told


def staging_is_sent_what_the_rehearsal_of_another_app_named() -> Told:
    told = rehearsed()
    told.last("rehearsal.begun")["body"] |= {"to": OTHER, "then": OTHER}
    told.enters("rehearsal.begun", key=ITEM, number=2, app="another-app", to=OLD, then=NEW)
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I1": [
        staging_is_sent_what_no_rehearsal_named,
        staging_is_sent_an_image_by_its_tag,
        staging_is_sent_what_the_rehearsal_of_another_app_named,
    ],
}
