"""The way back: open from the first mutation to the end, to each of its roles, and to the old version alone."""

from collections.abc import Iterator

from sandbox.history.reading import Entry, History

_ROLES = ("deploy-engineer", "rollback-owner", "on-call", "approver")
_ENDS = {"deployment.completed", "rollback.completed", "deployment.abandoned"}
_OF_ANOTHER = {"NotNow", "NoSuchDeployment"}  # what is said when a button of another deployment is pressed
_ANSWERS = {"AlreadyDone", "CountedAlready"}  # it is on its way, or this very click was taken before


def a_rollback_is_never_refused(history: History) -> Iterator[str]:
    """I17: whoever may roll back is not turned away while there is something to bring back."""
    touched = ""
    for entry in history.record:
        if entry.kind == "machine.update.intended":
            touched = entry.deployment
        elif entry.kind in _ENDS and entry.deployment == touched:
            touched = ""
        elif entry.kind == "ask.refused" and touched and _turned_away(history, entry, touched):
            yield f"entry {entry.seq}: {entry.by} asked to roll {touched} back, and was told {entry.body['refusal']}"


def _turned_away(history: History, entry: Entry, touched: str) -> bool:
    verb, named = str(entry.body["verb"]).split(" ")[0], _named(entry)
    about_it = named == touched or (not named and entry.body["refusal"] not in _OF_ANOTHER)
    asked = verb == "rollback" and about_it and history.holds(entry, _ROLES)
    return asked and entry.body["refusal"] not in _ANSWERS


def _named(entry: Entry) -> str:
    """The deployment that was asked about, if the refusal names one."""
    words = str(entry.body["verb"]).upper().split()
    return str(entry.body.get("about") or next((word for word in words if word.startswith("CR-")), ""))


def only_the_old_version_goes_back(history: History) -> Iterator[str]:
    """I17: a rollback sends the digest that the signed plan names for it, and no other."""
    for update in history.updates:
        intent = history.intent_of(update)
        if intent is not None and not intent.is_forward and update.digest != _way_back(history, intent):
            yield f"{update} rolled {intent.deployment} back to {update.image}"


def _way_back(history: History, intent: Entry) -> str:
    signed = [e for e in history.of("deployment.approved") if e.deployment == intent.deployment and e.seq < intent.seq]
    return str(history.plan_signed_with(signed[-1]).get("rollback")) if signed else ""
