"""What Slack was to show, against what it shows: everything said, in order, and no deployment harmed by its silence."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.history.life import statuses
from sandbox.history.reading import History
from sandbox.slack.wire import Object

_DELETED = {"message_not_found", "thread_not_found", "cant_update_message"}
_NEVER_FAIL = {"announce-complete", "rb-announce"}  # they queue a notice, and Slack may take its time


def everything_is_said(history: History) -> Iterator[str]:
    """I10: at rest nothing waits to be said; what Slack refuses for good is written down."""
    refused = {entry.body["message"] for entry in history.of("message.undelivered")}
    for notice in history.notices:
        if notice["state"] != "sent" and notice["id"] not in refused:
            yield f"“{notice['id']}” was never said: it is {notice['state']}"


def said_in_order(history: History) -> Iterator[str]:
    """I10: whoever reads a conversation reads its notices in the order in which they came to be."""
    places = {str(notice["id"]): int(notice["number"]) for notice in history.notices}
    last: dict[str, str] = {}
    for entry, id in posts(history):
        channel = str(entry["response"]["channel"])
        if id in places:
            earlier = last.get(channel)
            if earlier and places[earlier] > places[id]:
                yield f"“{earlier}” was said before “{id}”, which had come to be before it"
            last[channel] = id


def cards_show_the_end(history: History) -> Iterator[str]:
    """I10: the card of each deployment ends on the status that the record ends on."""
    shown = {id: text for id, text in _texts(history).items() if id.endswith("/root")}
    for handle, entries in history.deployments().items():
        text, status = shown.get(f"{handle}/root"), [status for _, _, status in statuses(entries)][-1:]
        if text is not None and status and f" · {status[0]} ·" not in f"{text} ·":
            yield f"the card of {handle} says “{text}”, and it is {status[0]}"


def slack_stops_nothing(history: History) -> Iterator[str]:
    """I10: once production was touched, what Slack does changes nothing."""
    for entry in history.of("step.failed"):
        if entry.body["step"] in _NEVER_FAIL:
            yield f"entry {entry.seq}: {entry.body['step']} failed, for which nobody needs Slack"


def notices_said_once(history: History) -> Iterator[str]:
    """A message that carries an id stands in Slack once, whatever broke on the way; one that was deleted comes anew."""
    standing: dict[str, _Standing] = {}  # by their ts
    for entry in history.slack:
        gone = _gone(entry)
        standing = {ts: one for ts, one in standing.items() if gone not in (ts, one.thread)} if gone else standing
        if _stored(entry):
            channel, id = str(entry["response"]["channel"]), str(payload_of(entry).get("id", ""))
            if id and any((one.channel, one.id) == (channel, id) for one in standing.values()):
                yield f"“{id}” was posted again at {entry['at']}, and stands there twice"
            thread = str(entry["request"].get("thread_ts"))
            standing[str(entry["response"]["ts"])] = _Standing(channel, id, thread)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A message that stands in Slack, and the one on which it hangs: with that one it is gone."""

    channel: str
    id: str
    thread: str


def _gone(entry: Object) -> str:
    """The ts of a message of which this call, or its failure, says that it stands there no more."""
    answer, request = entry["response"] or {}, entry["request"]
    if entry["method"] == "chat.delete" and (answer.get("ok") or answer.get("error") in _DELETED):
        return str(request["ts"])
    if entry["method"] == "chat.update" and answer.get("error") in _DELETED:
        return str(request["ts"])
    if entry["method"] == "chat.postMessage" and answer.get("error") in _DELETED:
        return str(request.get("thread_ts"))
    return ""


def posts(history: History) -> Iterator[tuple[Object, str]]:
    """Each message that Slack stored, with the id that it carries, in order."""
    for entry in history.slack:
        if _stored(entry):
            yield entry, str(payload_of(entry).get("id", ""))


def _stored(entry: Object) -> bool:
    return entry["method"] == "chat.postMessage" and bool((entry["response"] or {}).get("ok"))


def payload_of(entry: Object) -> Object:
    """What the metadata of a posted message holds."""
    metadata = entry["request"].get("metadata")
    payload: Object = metadata.get("event_payload", {}) if isinstance(metadata, dict) else {}
    return payload


def _texts(history: History) -> dict[str, str]:
    """The text of each message that carries an id, as it was last drawn."""
    names = {(entry["response"]["channel"], entry["response"]["ts"]): id for entry, id in posts(history)}
    texts = {}
    for entry in history.slack:
        if entry["method"] in {"chat.postMessage", "chat.update"} and (entry["response"] or {}).get("ok"):
            id = names.get((entry["response"]["channel"], entry["response"]["ts"]), "")
            texts[id] = str(entry["request"].get("text", ""))
    return texts
