"""What Slack was to show, against what it shows: everything said, in order, and no deployment harmed by its silence."""

from collections import Counter
from collections.abc import Iterator

from sandbox.history.life import statuses
from sandbox.history.reading import History
from sandbox.slack.wire import Object

_NEVER_FAIL = {"announce-complete", "rb-announce"}  # they queue a notice, and Slack may take its time


def everything_is_said(history: History) -> Iterator[str]:
    """I10: at rest nothing waits to be said."""
    for notice in history.notices:
        if notice["state"] != "sent":
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
    """A message that carries an id in its metadata is stored once in Slack, whatever broke on the way."""
    stored = Counter((entry["response"]["channel"], id) for entry, id in posts(history))
    yield from (f"“{name}” was posted {times} times" for (_, name), times in stored.items() if name and times > 1)


def posts(history: History) -> Iterator[tuple[Object, str]]:
    """Each message that Slack stored, with the id that it carries, in order."""
    for entry in history.slack:
        if entry["method"] == "chat.postMessage" and (entry["response"] or {}).get("ok"):
            yield entry, str(payload_of(entry).get("id", ""))


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
