"""The way back: open from the first mutation to the end, to each of its roles, and to what was there before alone."""

from collections.abc import Iterator
from datetime import datetime

from sandbox.history.reading import Entry, History
from sandbox.slack.wire import Object

_ROLES = ("deploy-engineer", "rollback-owner", "on-call", "approver")
_WAYS_BACK = {"rollback", "undo"}
# Of a machine's metadata, what no way back restores: the note of the tag, and the release that it belongs to.
_RELEASE = ("fly_release_id", "fly_release_version", "fly_flyctl_version", "fly_platform_version")
NEW_EACH_TIME = frozenset({"drop_image_tag", "drop_launch_id", *_RELEASE})
_ENDS = {"deployment.completed", "rollback.completed", "deployment.abandoned"}
_OF_ANOTHER = {"NotNow", "NoSuchDeployment"}  # what is said when a button of another deployment is pressed
_ANSWERS = {"AlreadyDone", "CountedAlready"}  # it is on its way, or this very click was taken before


def a_rollback_is_never_refused(history: History) -> Iterator[str]:
    """I17: whoever may roll back is not turned away while there is something to bring back."""
    touched = ""
    for entry in history.record:
        if entry.kind == "machine.update.intended" and entry.in_production:
            touched = entry.deployment
        elif entry.kind in _ENDS and entry.deployment == touched:
            touched = ""
        elif entry.kind == "ask.refused" and touched and _turned_away(history, entry, touched):
            yield f"entry {entry.seq}: {entry.by} asked to roll {touched} back, and was told {entry.body['refusal']}"


def _turned_away(history: History, entry: Entry, touched: str) -> bool:
    verb, named = str(entry.body["verb"]).split(" ")[0], _named(entry)
    about_it = named == touched or (not named and entry.body["refusal"] not in _OF_ANOTHER)
    asked = verb in _WAYS_BACK and about_it and history.holds(entry, _ROLES)
    return asked and entry.body["refusal"] not in _ANSWERS


def _named(entry: Entry) -> str:
    """The deployment that was asked about, if the refusal names one."""
    words = str(entry.body["verb"]).upper().split()
    return str(entry.body.get("about") or next((word for word in words if word.startswith("CR-")), ""))


def only_the_old_version_goes_back(history: History) -> Iterator[str]:
    """I17: a rollback sends the digest that the signed plan names for it, an undo that of the machine, and no other."""
    for update in history.updates:
        intent = history.intent_of(update)
        if intent is not None and _goes_back(intent) and update.digest not in _way_back(history, intent):
            yield f"{update} rolled {intent.deployment} back to {update.image}"


def _way_back(history: History, intent: Entry) -> set[str]:
    signed = [e for e in history.of("deployment.approved") if e.deployment == intent.deployment and e.seq < intent.seq]
    plan = history.plan_signed_with(signed[-1]) if signed else {}
    planned = history.origin(intent)
    own = {str(one.get("digest")) for one in plan.get("machines", []) if one["id"] == planned}
    return own if own and _is_undo(history, intent) else {str(plan.get("rollback", ""))}


def an_undo_restores_what_was_there(history: History) -> Iterator[str]:
    """I17: an undo sends each machine the configuration that it had before its deployment was begun."""
    sent = {
        entry["n"]: entry["body"]["config"]
        for entry in history.fly
        if isinstance(entry["body"], dict) and isinstance(entry["body"].get("config"), dict)
    }
    for update in history.updates:
        intent = history.intent_of(update)
        if intent is None or not _goes_back(intent) or not _is_undo(history, intent):
            continue
        before = history.last_seen(history.origin(intent), _begun(history, intent))
        if before is None or _but_for_image(sent[update.n]) != _but_for_image(before["config"]):
            yield f"{update} does not restore the configuration that was there before {intent.deployment}"


def _goes_back(intent: Entry) -> bool:
    return intent.in_production and not intent.is_forward


def _is_undo(history: History, intent: Entry) -> bool:
    asked = [e for e in history.of("rollback.started") if e.deployment == intent.deployment and e.seq < intent.seq]
    return bool(asked) and asked[-1].body.get("restores") == "config"


def _begun(history: History, intent: Entry) -> datetime:
    """When the deployment kept how each machine was, or else was about to change this one for the first time."""
    same = history.origin(intent)
    begins = history.of("configs.kept", "machine.update.intended", "machine.create.intended")
    ours = (entry for entry in begins if entry.deployment == intent.deployment)
    return next(entry.when for entry in ours if entry.body.get("blue", entry.body.get("machine", same)) == same)


def _but_for_image(config: Object) -> Object:
    """An image that was named by its tag is restored by its digest, with a note of the tag, in a release of its own."""
    metadata = {key: value for key, value in (config.get("metadata") or {}).items() if key not in NEW_EACH_TIME}
    return {key: value for key, value in config.items() if key != "image"} | {"metadata": metadata}
