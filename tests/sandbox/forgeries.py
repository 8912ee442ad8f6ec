"""Histories that are not clean: each breaks one invariant, and that one alone."""

from collections.abc import Callable
from datetime import timedelta

from tests.sandbox.told import (
    FIRST,
    NEW,
    NIGHT,
    OLD,
    OTHER,
    PLAN,
    SECOND,
    Told,
    approves,
    asks_for_approval,
    canonical,
    chained,
    opens,
    ready_to_go,
    release,
    sha256,
    starts,
)


def another_image_is_sent() -> Told:
    told = release()
    told.last_update()["body"]["config"]["image"] = f"registry.fly.io/drop-app@{OTHER}"
    return told


def an_image_is_sent_by_its_tag() -> Told:
    told = release()
    told.last_update()["body"]["config"]["image"] = "registry.fly.io/drop-app:v0.5.0"
    return told


def the_old_image_is_sent_and_nobody_rolls_back() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", OLD)
    return told


def a_plan_was_shown_under_a_false_digest() -> Told:
    told = ready_to_go()
    told.last("approval.requested")["body"]["content"] = PLAN | {"app": "another-app"}
    return told


def another_plan_was_signed() -> Told:
    told = ready_to_go()
    asked, signed = told.last("approval.requested"), told.last("deployment.approved")
    told.record.insert(0, asked | {"deployment": "CR-000", "by": "bot", "kind": "note"})
    signed["body"]["plan"] = "f" * 64
    return told


def another_plan_was_confirmed() -> Told:
    told = ready_to_go()
    told.last("plan.confirmed")["body"]["plan"] = "f" * 64
    return told


def a_machine_changed_after_the_signature() -> Told:
    told = Told()
    opens(told)
    plan = {**PLAN, "machines": [{"id": FIRST, "instance_id": "as-planned"}]}
    asks_for_approval(told, plan)
    approves(told, plan)
    told.reads(FIRST, "by-another-hand", OLD)
    starts(told, plan)
    return told


def machines_move_before_the_plan_is_confirmed() -> Told:
    told = release()
    told.record.remove(told.last("plan.confirmed"))
    return told


def the_requester_approves() -> Told:
    told = ready_to_go()
    plan = PLAN | {"requester": "alem"}
    digest = sha256(canonical(plan))
    told.last("approval.requested")["body"].update(plan=digest, content=plan)
    told.last("deployment.approved")["body"]["plan"] = digest
    told.last("plan.confirmed")["body"]["plan"] = digest
    return told


def someone_who_is_no_approver_approves() -> Told:
    told = Told()
    opens(told)
    asks_for_approval(told)
    told.decides("validator", "approve", "deployment.approved", plan=sha256(canonical(PLAN)), digest=NEW)
    return told


def it_starts_before_the_window() -> Told:
    told = ready_to_go()
    told.last("deployment.started")["at"] = "2026-11-25T00:59:59+00:00"
    return told


def it_starts_on_a_monday() -> Told:
    told = ready_to_go()
    told.last("deployment.started")["at"] = "2026-11-23T02:00:00+00:00"
    return told


def it_starts_on_christmas_eve() -> Told:
    told = ready_to_go()
    told.last("deployment.started")["at"] = "2026-12-24T02:00:00+00:00"
    return told


def a_machine_moves_after_the_window() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    moved = {"at": "2026-11-25T05:00:00+00:00"}
    told.record[-1].update(moved)
    for entry in told.fly:
        entry.update(moved)
        if entry["path"].endswith("/lease") and entry["response"]:
            entry["response"]["data"]["expires_at"] += 4 * 3600
    return told


def an_update_has_no_intent() -> Told:
    told = release()
    told.record.remove(told.last("machine.update.intended"))
    return told


def an_intent_comes_after_its_update() -> Told:
    told = release()
    told.last("machine.update.intended")["at"] = (NIGHT + timedelta(seconds=told.n)).isoformat()
    return told


def two_updates_have_one_intent() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    told.fly.pop()
    told.reads(FIRST, "deploy-trigger-before", OLD)
    told.updates(FIRST, "deploy-trigger-before", NEW)
    return told


def a_machine_moves_after_the_halt() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    told.enters("deployment.halted")
    told.moves(SECOND, "deploy-trigger", NEW)
    return told


def an_update_is_sent_again_unread() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    told.fly.pop()
    told.intends(FIRST, "deploy-trigger-before")
    told.updates(FIRST, "deploy-trigger-before", NEW)
    return told


def an_update_bears_no_nonce() -> Told:
    told = release()
    told.last_update()["headers"] = {}
    return told


def an_update_bears_the_nonce_of_another_machine() -> Told:
    told = release()
    told.last_update()["headers"] = {"fly-machine-lease-nonce": f"nonce-{FIRST}"}
    return told


def the_lease_had_run_out() -> Told:
    told = release()
    for entry in told.fly:
        if entry["path"].endswith("/lease") and entry["response"]:
            entry["response"]["data"]["expires_at"] -= 14
    return told


def the_lease_was_released() -> Told:
    told = release()
    update, release_of_it = told.fly[-2], told.fly[-1]
    release_of_it["n"], release_of_it["at"] = update["n"] - 1, update["at"]
    return told


def an_update_names_no_version() -> Told:
    told = release()
    told.last_update()["body"]["current_version"] = ""
    told.last("machine.update.intended")["body"]["before"] = ""
    return told


def one_command_signs_twice() -> Told:
    told = release()
    told.enters("deployment.signed_off", by="john", sign_off="signoff-deployed")
    return told


def a_payload_is_never_acked() -> Told:
    told = release()
    told.slack[-2]["status"] = None
    return told


def it_starts_without_the_approval_of_anyone() -> Told:
    told = Told()
    opens(told)
    told.decides("john", "start", "deployment.started")
    return told


def a_step_is_left_out() -> Told:
    told = release()
    told.record = [row for row in told.record if row["body"].get("step") != "announce-start"]
    return told


def an_abandoned_deployment_goes_on() -> Told:
    told = ready_to_go()
    told.decides("john", "abandon", "deployment.abandoned")
    told.says("abandoned")
    return told


def an_entry_was_rewritten() -> Told:
    told = release()
    told.record = chained(told.record)
    told.last("step.done")["body"]["note"] = "all was well"
    return told


def a_notice_is_posted_twice() -> Told:
    told = release()
    told.posts("CR-001/announce-start")
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I1": [another_image_is_sent, an_image_is_sent_by_its_tag, the_old_image_is_sent_and_nobody_rolls_back],
    "I2": [
        a_plan_was_shown_under_a_false_digest,
        another_plan_was_signed,
        another_plan_was_confirmed,
        a_machine_changed_after_the_signature,
        machines_move_before_the_plan_is_confirmed,
    ],
    "I3": [the_requester_approves, someone_who_is_no_approver_approves],
    "I4": [
        it_starts_before_the_window,
        it_starts_on_a_monday,
        it_starts_on_christmas_eve,
        a_machine_moves_after_the_window,
    ],
    "I6": [an_update_has_no_intent, an_intent_comes_after_its_update, two_updates_have_one_intent],
    "I7": [a_machine_moves_after_the_halt],
    "I8": [an_update_is_sent_again_unread],
    "I9": [
        an_update_bears_no_nonce,
        an_update_bears_the_nonce_of_another_machine,
        the_lease_had_run_out,
        the_lease_was_released,
        an_update_names_no_version,
    ],
    "I11": [one_command_signs_twice, a_payload_is_never_acked],
    "I12": [it_starts_without_the_approval_of_anyone, a_step_is_left_out, an_abandoned_deployment_goes_on],
    "I13": [an_entry_was_rewritten],
    "notices": [a_notice_is_posted_twice],
}
