"""Histories in which production was changed by another hand: each breaks one invariant, and that one alone."""

from collections.abc import Callable
from datetime import timedelta

from tests.sandbox.forged_replacing import changed_by_hand_and_destroyed
from tests.sandbox.told import FIRST, NIGHT, OTHER, SECOND, Told, asks_for_approval, opens, release

KEY = "0a1b2c3d4e5f"


def _known() -> Told:
    """The bot has looked at production once."""
    told = Told()
    told.reads(FIRST, "01A", "sha256:" + "1" * 64)
    told.enters("production.known")
    return told


def reported() -> Told:
    """Another hand changed a machine, the channel was told, and somebody acknowledged it."""
    told = _known()
    told.reads(FIRST, "01B", OTHER)
    told.enters("drift.seen", drift=1, state=KEY, machines=[FIRST], changes=[f"machine {FIRST} now runs v0.4.1"])
    told.posts(f"drift/1/{KEY}")
    told.notices.append({"number": 1, "id": f"drift/1/{KEY}", "state": "sent"})
    return told


def acknowledged() -> Told:
    told = reported()
    told.decides("john", "acknowledge", "drift.acknowledged", drift=1)
    told.later(timedelta(minutes=5))
    told.reads(FIRST, "01B", OTHER)
    opens(told)
    return told


def reported_once_the_bot_was_back() -> Told:
    """Another hand changed a machine, and then nothing was heard of the bot for a night."""
    told = _known()
    told.reads(FIRST, "01B", OTHER)
    told.n += int(timedelta(hours=8).total_seconds())
    told.reads(FIRST, "01B", OTHER)
    told.enters("drift.seen", drift=1, state=KEY, machines=[FIRST], changes=[f"machine {FIRST} now runs v0.4.1"])
    return told


def a_change_by_hand_is_not_reported() -> Told:
    told = _known()
    told.reads(FIRST, "01B", OTHER)
    told.later(timedelta(minutes=5))
    told.reads(FIRST, "01B", OTHER)
    told.later(timedelta(minutes=5))
    told.reads(SECOND, "01A", OTHER)
    return told


def a_change_by_hand_is_reported_too_late() -> Told:
    told = _known()
    told.reads(FIRST, "01B", OTHER)
    told.later(timedelta(minutes=5))
    told.reads(FIRST, "01B", OTHER)
    told.later(timedelta(minutes=5))
    told.enters("drift.seen", drift=1, state=KEY, machines=[FIRST], changes=[f"machine {FIRST} now runs v0.4.1"])
    return told


def a_machine_that_another_hand_changed_is_destroyed_long_afterwards() -> Told:
    return changed_by_hand_and_destroyed(after=timedelta(minutes=5))


def the_channel_is_not_told() -> Told:
    told = reported()
    told.notices[-1]["id"] = "drift/1/another"
    return told


def what_the_bot_did_itself_is_reported() -> Told:
    told = release()
    told.record.insert(
        0, {"kind": "production.known", "at": NIGHT.isoformat(), "by": "bot", "deployment": None, "body": {}}
    )
    told.reads(FIRST, "01B", "sha256:" + "2" * 64)
    told.enters("drift.seen", drift=1, state=KEY, machines=[FIRST], changes=[f"machine {FIRST} now runs v0.5.0"])
    return told


def a_deployment_is_opened_all_the_same() -> Told:
    told = reported()
    opens(told)
    asks_for_approval(told)
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I22": [
        a_change_by_hand_is_not_reported,
        a_change_by_hand_is_reported_too_late,
        a_machine_that_another_hand_changed_is_destroyed_long_afterwards,
        the_channel_is_not_told,
        what_the_bot_did_itself_is_reported,
        a_deployment_is_opened_all_the_same,
    ],
}
