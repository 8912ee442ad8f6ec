"""What must hold of every history, read from what is left behind: the record, and the logs of Fly.io and Slack.

It is an oracle of its own: it shares no code with the product, and computes hashes, windows and moves anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.history.approvals import (
    independent_approvers,
    one_plan_from_signature_to_start,
    only_rehearsed_images,
    only_signed_images,
)
from sandbox.history.chain import unbroken_chain
from sandbox.history.denied import every_no_is_written_down, nobody_does_what_they_may_not
from sandbox.history.drift import drift_is_reported, drift_stops_what_goes_forward, nothing_else_is_reported
from sandbox.history.evidence import passed_only_on_evidence
from sandbox.history.heads import heads_are_extended, what_matters_is_told
from sandbox.history.hours import forward_moves_inside_the_window
from sandbox.history.instants import deadlines_have_passed, instants_are_utc
from sandbox.history.leaks import no_secret_was_told
from sandbox.history.life import declared_moves_only, steps_in_order
from sandbox.history.migrations import (
    a_backup_precedes_the_migration,
    nothing_acts_inside_of_a_machine,
    one_start_for_each_decision,
    only_the_signed_image_migrates,
)
from sandbox.history.mutations import (
    an_intent_before_each_mutation,
    each_deed_under_a_live_lease,
    nothing_forward_after_a_halt,
    nothing_sent_twice_unread,
    under_a_live_lease,
)
from sandbox.history.payloads import each_payload_acked, one_effect_for_each_payload
from sandbox.history.reading import (
    Cell,
    History,
    Violation,
    entry_of,
    read_cells,
    read_notices,
    read_record,
    update_of,
)
from sandbox.history.reads import looks_leave_nothing, only_runs_touch_machines
from sandbox.history.replacing import (
    a_machine_is_meant_and_made_once,
    an_intent_before_each_deed,
    nothing_is_left_behind,
    only_signed_machines_are_made,
    the_line_is_kept,
)
from sandbox.history.shown import (
    cards_show_the_end,
    everything_is_said,
    notices_said_once,
    said_in_order,
    slack_stops_nothing,
)
from sandbox.history.way_back import (
    a_rollback_is_never_refused,
    an_undo_restores_what_was_there,
    only_the_old_version_goes_back,
)
from sandbox.slack.wire import Object

__all__ = ["INVARIANTS", "Cell", "Violation", "check_history", "read_cells", "read_notices", "read_record"]

INVARIANTS: Mapping[str, Sequence[Callable[[History], Iterable[str]]]] = {
    "I1 only signed images are sent": [only_signed_images, only_rehearsed_images, only_signed_machines_are_made],
    "I2 what was signed is what is done": [one_plan_from_signature_to_start],
    "I3 the approver is independent": [independent_approvers],
    "I4 forward moves begin inside the window": [forward_moves_inside_the_window],
    "I5 nothing passes without evidence": [passed_only_on_evidence],
    "I6 each mutation has one intent before it": [
        an_intent_before_each_mutation,
        a_machine_is_meant_and_made_once,
        an_intent_before_each_deed,
    ],
    "I7 nothing goes forward after a halt": [nothing_forward_after_a_halt],
    "I8 nothing is sent twice without a look": [nothing_sent_twice_unread],
    "I9 each mutation is under a live lease": [under_a_live_lease, each_deed_under_a_live_lease],
    "I10 Slack shows everything, and harms nothing": [
        everything_is_said,
        said_in_order,
        cards_show_the_end,
        slack_stops_nothing,
    ],
    "I11 each payload counts once, and is answered": [one_effect_for_each_payload, each_payload_acked],
    "I12 only declared moves, steps in order": [declared_moves_only, steps_in_order],
    "I13 the chain verifies": [unbroken_chain],
    "I14 the record extends every head that was told": [heads_are_extended, what_matters_is_told],
    "I16 a migration runs once, after a backup": [
        one_start_for_each_decision,
        only_the_signed_image_migrates,
        a_backup_precedes_the_migration,
        nothing_acts_inside_of_a_machine,
    ],
    "I17 the way back is open, and leads back": [
        a_rollback_is_never_refused,
        only_the_old_version_goes_back,
        an_undo_restores_what_was_there,
    ],
    "I18 instants are UTC, deadlines are kept": [instants_are_utc, deadlines_have_passed],
    "I19 no secret is told": [no_secret_was_told],
    "I22 what nobody announced is reported": [
        drift_is_reported,
        nothing_else_is_reported,
        drift_stops_what_goes_forward,
    ],
    "I23 what is not allowed has no effect": [nobody_does_what_they_may_not, every_no_is_written_down],
    "I24 looking changes nothing": [looks_leave_nothing, only_runs_touch_machines],
    "pairs change places beyond the point of no return": [the_line_is_kept, nothing_is_left_behind],
    "notices are said once": [notices_said_once],
}


def check_history(
    record: Iterable[Object],
    fly_log: Iterable[Object],
    slack_log: Iterable[Object],
    # The checklist file as YAML gives it: the product's document, read here by the few keys that roles and steps need.
    checklist: Mapping[str, Any] | None = None,
    *,
    # Later files, each with the last entry before it came into force.
    later: Sequence[tuple[int, Mapping[str, Any]]] = (),
    notices: Iterable[Object] = (),
    cells: Iterable[Cell] = (),
    secrets: Iterable[str] = (),
) -> list[Violation]:
    """Everything that does not hold, in the order of the invariants. Without a checklist, roles and steps pass.

    `notices` and `cells` are what the database holds beside the record, at rest; `secrets` were planted.
    """
    fly = sorted(fly_log, key=lambda entry: int(entry["n"]))
    history = History(
        record=[entry_of(row) for row in record],
        fly=fly,
        slack=sorted(slack_log, key=lambda entry: int(entry["n"])),
        updates=[update for update in (update_of(entry, fly) for entry in fly) if update],
        checklist=checklist or {},
        later=list(later),
        notices=list(notices),
        cells=list(cells),
        secrets=list(secrets),
    )
    return list(_violations(history))


def _violations(history: History) -> Iterator[Violation]:
    for name, checks in INVARIANTS.items():
        for check in checks:
            yield from (Violation(name, what) for what in check(history))
