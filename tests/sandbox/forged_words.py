"""Histories that are not clean in what was proved, said, or refused: each breaks one invariant, and that one alone."""

from collections.abc import Callable

from sandbox.history import Cell
from tests.sandbox.told import (
    FIRST,
    NEW,
    OTHER,
    Told,
    approves,
    asks_for_approval,
    completed,
    opens,
    ready_to_go,
    release,
    release_and_undo,
)

CANARY = "xoxb-canary"


def an_item_was_never_read() -> Told:
    told = ready_to_go()
    told.record = [row for row in told.record if row["body"].get("item") != "deployed"]
    return told


def an_item_passed_and_nothing_was_observed() -> Told:
    told = ready_to_go()
    told.last("item.checked")["body"]["evidence"] = {}
    return told


def an_item_passed_on_another_release() -> Told:
    told = ready_to_go()
    told.last("item.checked")["body"]["evidence"] = {"digest": OTHER}
    return told


def an_item_was_read_too_long_ago() -> Told:
    told = ready_to_go()
    told.last("item.checked")["at"] = "2026-11-25T00:50:00+00:00"
    return told


def what_may_not_be_waived_is_not_read_again() -> Told:
    told = ready_to_go()
    told.record.remove(told.last("item.checked"))
    return told


def a_failed_check_is_attested_away() -> Told:
    told = Told()
    opens(told)
    told.checks("looks-right", outcome="failed")
    told.decides("validator", "attest", "item.attested", item="looks-right")
    return told


def what_may_not_be_waived_is_waived() -> Told:
    told = Told()
    opens(told)
    told.decides("alem", "waive", "item.waived", item="deployed")
    return told


def a_plan_shows_a_pass_that_was_none() -> Told:
    told = Told()
    opens(told)
    told.checks("deployed", outcome="inconclusive")
    told.decides("john", "attest", "item.attested", item="deployed")
    asks_for_approval(told)
    return told


def nobody_confirmed_what_was_read() -> Told:
    told = ready_to_go()
    told.record.remove(told.last("item.confirmed"))
    return told


def it_completes_with_an_item_open() -> Told:
    told = completed()
    told.last("item.checked")["body"]["outcome"] = "failed"
    return told


def a_notice_is_never_said() -> Told:
    told = completed()
    told.notices.append({"number": 9, "id": "CR-001/late", "state": "pending"})
    return told


def notices_come_in_the_wrong_order() -> Told:
    told = completed()
    told.notices[0]["number"] = 7
    return told


def a_card_shows_what_is_over() -> Told:
    told = completed()
    told.slack.pop()
    return told


def the_last_announcement_fails_for_slack() -> Told:
    told = ready_to_go()
    told.enters("step.failed", step="announce-complete", state="failed", reason="Slack: cannot be reached")
    told.enters("deployment.halted")
    return told


def the_record_was_rewritten_after_its_head_was_told() -> Told:
    told = completed()
    told.slack[-2]["request"]["metadata"]["event_payload"]["head"] = "3:" + "a" * 12
    return told


def the_tail_of_the_record_was_cut() -> Told:
    told = ready_to_go()
    told.posts("CR-001/later")
    told.record.pop()
    return told


def an_approval_is_told_to_nobody() -> Told:
    told = Told()
    opens(told)
    asks_for_approval(told)
    told.posts("CR-001/submitted/1")
    approves(told)
    return told


def a_rollback_is_refused() -> Told:
    told = release()
    told.is_refused("alem", "rollback", "WindowClosed")
    return told


def an_undo_is_refused() -> Told:
    told = release()
    told.is_refused("alem", "undo", "WindowClosed")
    return told


def an_undo_leaves_the_environment() -> Told:
    told = release_and_undo()
    told.last_update()["body"]["config"]["env"] = {"LOG_LEVEL": "debug"}
    return told


def the_new_version_is_sent_as_the_way_back() -> Told:
    told = release()
    told.decides("alem", "rollback", "rollback.started")
    told.moves(FIRST, "rb-deploy/1", NEW)
    return told


def an_entry_is_dated_in_oslo() -> Told:
    told = release()
    entry = told.last("step.done")
    entry["at"] = entry["at"].replace("T01:", "T02:").replace("+00:00", "+01:00")
    return told


def a_table_holds_an_hour_of_oslo() -> Told:
    told = release()
    told.cells.append(Cell("deployments.opened_at", "2026-11-25T02:10:00.000000+01:00"))
    return told


def an_approval_ends_before_its_window() -> Told:
    told = Told()
    opens(told)
    asks_for_approval(told)
    told.enters("approval.expired")
    return told


def a_secret_stands_in_an_entry() -> Told:
    told = release()
    told.secrets.append(CANARY)
    told.last("step.done")["body"]["note"] = f"token {CANARY}"
    return told


def a_secret_stands_in_a_table() -> Told:
    told = release()
    told.secrets.append(CANARY)
    told.cells.append(Cell("messages.text", f"halted: {CANARY}"))
    return told


def a_secret_is_said_in_slack() -> Told:
    told = release()
    told.secrets.append(CANARY)
    told.posts("CR-001/leak", f"401 for {CANARY}")
    return told


def a_secret_is_sent_to_fly() -> Told:
    told = release()
    told.secrets.append(CANARY)
    told.fly[0]["body"] = {"description": CANARY}
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I5": [
        an_item_was_never_read,
        an_item_passed_and_nothing_was_observed,
        an_item_passed_on_another_release,
        an_item_was_read_too_long_ago,
        what_may_not_be_waived_is_not_read_again,
        a_failed_check_is_attested_away,
        what_may_not_be_waived_is_waived,
        a_plan_shows_a_pass_that_was_none,
        nobody_confirmed_what_was_read,
        it_completes_with_an_item_open,
    ],
    "I10": [
        a_notice_is_never_said,
        notices_come_in_the_wrong_order,
        a_card_shows_what_is_over,
        the_last_announcement_fails_for_slack,
    ],
    "I14": [
        the_record_was_rewritten_after_its_head_was_told,
        the_tail_of_the_record_was_cut,
        an_approval_is_told_to_nobody,
    ],
    "I17": [
        a_rollback_is_refused,
        an_undo_is_refused,
        the_new_version_is_sent_as_the_way_back,
        an_undo_leaves_the_environment,
    ],
    "I18": [an_entry_is_dated_in_oslo, a_table_holds_an_hour_of_oslo, an_approval_ends_before_its_window],
    "I19": [
        a_secret_stands_in_an_entry,
        a_secret_stands_in_a_table,
        a_secret_is_said_in_slack,
        a_secret_is_sent_to_fly,
    ],
}
