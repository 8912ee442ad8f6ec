"""Histories in which someone had an effect who may not, or by a look: each breaks one invariant, and that one alone."""

from collections.abc import Callable
from datetime import timedelta

from tests.sandbox.told import FIRST, Told, approves, asks_for_approval, opens, ready_to_go, release_and_back, starts


def a_stranger_decides() -> Told:
    told = ready_to_go()
    told.decides("stranger", "check", "checks.queued")
    told.is_refused("stranger", "check", "Stranger")
    return told


def an_engineer_s_move_is_made_by_the_validator() -> Told:
    told = Told()
    opens(told)
    asks_for_approval(told)
    approves(told)
    starts(told)
    told.enters("deployment.halted")
    told.decides("validator", "retry", "deployment.retried")
    return told


def a_signature_is_taken_back_by_somebody_else() -> Told:
    told = Told()
    opens(told)
    asks_for_approval(told)
    approves(told)
    told.decides("john", "withdraw", "approval.withdrawn")
    return told


def an_item_is_confirmed_without_its_role() -> Told:
    told = Told()
    opens(told)
    told.decides("john", "confirm", "item.confirmed", item="looks-right")
    return told


def a_stranger_is_turned_away_and_nobody_writes_it_down() -> Told:
    told = ready_to_go()
    told.is_refused("stranger", "approve", "Stranger")
    told.record.pop()
    return told


def an_unknown_verb_leaves_nothing() -> Told:
    told = ready_to_go()
    told.is_refused("john", "explode", "UnknownVerb")
    told.record.pop()
    return told


def a_look_leaves_an_entry() -> Told:
    told = ready_to_go()
    told.decides("john", "status", "status.shown")
    return told


def a_lease_is_taken_while_nothing_is_under_way() -> Told:
    told = release_and_back()
    told.n += 60
    told.leases(FIRST)
    return told


def a_machine_is_leased_before_the_start() -> Told:
    told = ready_to_go()
    told.leases(FIRST)
    before = timedelta(minutes=5)
    told.fly[-1]["at"] = (told.at(told.fly[-1]) - before).isoformat()
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I23": [
        a_stranger_decides,
        an_engineer_s_move_is_made_by_the_validator,
        an_item_is_confirmed_without_its_role,
        a_signature_is_taken_back_by_somebody_else,
        a_stranger_is_turned_away_and_nobody_writes_it_down,
        an_unknown_verb_leaves_nothing,
    ],
    "I24": [
        a_look_leaves_an_entry,
        a_lease_is_taken_while_nothing_is_under_way,
        a_machine_is_leased_before_the_start,
    ],
}
