"""Who signed what, and whether it is that which was done."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sandbox.history.reading import TOLERANCE, Entry, History, Update
from sandbox.slack.wire import Object

_UNSIGNED_BY = {"deployment.rejected", "approval.withdrawn", "approval.voided", "approval.expired"}


def only_signed_images(history: History) -> Iterator[str]:
    """I1: an image goes to Fly.io only by the digest that was approved, or by the one to which that plan goes back."""
    for update in history.updates:
        if update.in_production and update.changes_image and update.digest not in _signed(history, update):
            yield f"{update} sent {update.image}, which nobody had signed"


def only_rehearsed_images(history: History) -> Iterator[str]:
    """I1: staging is sent what a rehearsal named: what production would go back to, and the release."""
    for update in history.updates:
        if not update.in_production and update.digest not in _rehearsed(history, update):
            yield f"{update} sent {update.image} to {update.app}, which no rehearsal named"


def _rehearsed(history: History, update: Update) -> set[str]:
    begun = [entry for entry in history.of("rehearsal.begun") if entry.when <= update.when + TOLERANCE]
    return {str(entry.body[name]) for entry in begun if entry.body["app"] == update.app for name in ("to", "then")}


def _signed(history: History, update: Update) -> set[str]:
    """The digests that may be sent at this moment, in the deployment that meant to send it."""
    intent = history.intent_of(update)
    before = [
        entry
        for entry in history.of("deployment.approved", "rollback.started")
        if entry.when <= update.when + TOLERANCE and (intent is None or entry.deployment == intent.deployment)
    ]
    approvals = [entry for entry in before if entry.kind == "deployment.approved"]
    going_back = {entry.deployment for entry in before if entry.kind == "rollback.started"}
    left = [history.plan_signed_with(entry) for entry in approvals if entry.deployment in going_back]
    back = {digest for plan in left for digest in _replaced(plan)}
    return {str(digest) for digest in (*(entry.body["digest"] for entry in approvals), *back)}


def _replaced(plan: Object) -> set[str]:
    """What a plan replaces: the version to which it goes back, and what each machine ran."""
    return {str(plan.get("rollback"))} | {str(machine.get("digest")) for machine in plan.get("machines", [])}


def one_plan_from_signature_to_start(history: History) -> Iterator[str]:
    """I2: the digest is of the plan that was shown, it alone is signed once and confirmed before anything moves."""
    for entries in history.deployments().values():
        yield from _one_plan(history, entries)


def _one_plan(history: History, entries: Sequence[Entry]) -> Iterator[str]:
    asked, signed, confirmed = "", "", False
    for entry in entries:
        if entry.kind == "approval.requested":
            asked, signed, confirmed = entry.body["plan"], "", False
            yield from _digest_of_the_plan(entry)
        elif entry.kind in _UNSIGNED_BY:
            asked, signed, confirmed = "", "", False
        elif entry.kind == "deployment.approved":
            yield from _one_signature(entry, asked, signed)
            signed = entry.body["plan"]
        elif entry.kind == "plan.confirmed":
            confirmed = True
            yield from _confirmation(history, entry, signed)
            yield from _as_fly_shows_it(history, entry)
        elif entry.kind == "machine.update.intended" and entry.is_forward and not confirmed:
            yield f"entry {entry.seq}: machine {entry.body['machine']} moves before the signed plan was confirmed"


def _digest_of_the_plan(entry: Entry) -> Iterator[str]:
    if entry.body["plan"] != sha256(canonical(entry.body["content"])):
        yield f"entry {entry.seq}: the digest shown is not the digest of the plan shown"


def _one_signature(entry: Entry, asked: str, signed: str) -> Iterator[str]:
    if entry.body["plan"] != asked:
        yield f"entry {entry.seq}: {entry.by} signed a plan that was not asked for"
    if signed:
        yield f"entry {entry.seq}: the plan was signed already"


def _confirmation(history: History, entry: Entry, signed: str) -> Iterator[str]:
    if entry.body["plan"] != signed:
        yield f"entry {entry.seq}: the plan confirmed before the first mutation is not the one signed"
    window = history.plan_signed_with(entry).get("window")
    if window and entry.when >= datetime.fromisoformat(window.partition("/")[2]):
        yield f"entry {entry.seq}: the approval had ended with its window"


def _as_fly_shows_it(history: History, entry: Entry) -> Iterator[str]:
    """Each machine of the plan is still on the version on which it was when the plan was made."""
    for machine in history.plan_signed_with(entry).get("machines", []):
        seen = history.last_seen(machine["id"], entry.when)
        if seen and seen["instance_id"] != machine["instance_id"]:
            yield f"entry {entry.seq}: machine {machine['id']} was on {seen['instance_id']}, not as in the plan"


def independent_approvers(history: History) -> Iterator[str]:
    """I3: a human approver signs, neither requester nor engineer of the plan, and is still one at the start."""
    signed: dict[str, str] = {}
    for entry in history.of("deployment.approved", "deployment.started"):
        if entry.kind == "deployment.approved":
            signed[entry.deployment] = entry.by
            yield from _independent(history, entry)
        elif history.checklist and entry.deployment in signed and not _still(history, entry, signed):
            yield f"entry {entry.seq}: {entry.deployment} starts, and who had signed is no approver any more"


def _still(history: History, entry: Entry, signed: Mapping[str, str]) -> bool:
    return signed[entry.deployment] in history.holders(entry, "approver")


def _independent(history: History, entry: Entry) -> Iterator[str]:
    plan = history.plan_signed_with(entry)
    if entry.by in (plan.get("requester"), plan.get("engineer")):
        yield f"entry {entry.seq}: {entry.by} approved a plan of their own"
    if history.checklist:
        yield from _approver(history, entry)


def _approver(history: History, entry: Entry) -> Iterator[str]:
    person = history.checklist_at(entry)["people"].get(entry.by, {})
    if person.get("kind") != "human":
        yield f"entry {entry.seq}: {entry.by} approved, and is no human"
    if entry.by not in history.holders(entry, "approver"):
        yield f"entry {entry.seq}: {entry.by} approved, and is no approver"


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
