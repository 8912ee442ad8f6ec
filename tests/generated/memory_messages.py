"""The messages of a record in memory, and how a change is made that can be undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar  # Any: what of a message is changed

from checklist.deployment import Deployment
from checklist.ports import Message, Notice
from checklist.words import DeploymentId

K = TypeVar("K")
V = TypeVar("V")
Undo = list[Callable[[], object]]


def put(into: dict[K, V], key: K, value: V, undo: Undo) -> None:
    """Set it, and know how it was before."""
    if key in into:
        before = into[key]
        undo.append(lambda: into.__setitem__(key, before))
    else:
        undo.append(lambda: into.__delitem__(key))
    into[key] = value


@dataclass(frozen=True, slots=True)
class Messages:
    kept: dict[str, Message]
    revisions: dict[str, int]  # which revision of each deployment its cards show
    deployments: Mapping[str, Deployment]
    undo: Undo

    def put(self, notice: Notice) -> None:
        if notice.id not in self.kept:
            message = Message(id=notice.id, deployment=notice.deployment, text=notice.text, to=notice.to)
            put(self.kept, notice.id, message, self.undo)

    def said(self, id: str) -> str | None:
        found = self.kept.get(id)
        return found.ts if found and found.state == "sent" else None

    def pending(self) -> tuple[Message, ...]:
        return tuple(one for one in self.kept.values() if one.text and one.state in {"pending", "sending"})

    def get(self, id: str) -> Message | None:
        return self.kept.get(id)

    def sending(self, id: str, *, since: str) -> None:
        self._change(id, state="sending", since=self.kept[id].since or since)

    def sent(self, id: str, *, channel: str, ts: str) -> None:
        self._change(id, state="sent", channel=channel, ts=ts)

    def card(self, message: Message) -> Message:
        if message.id not in self.kept:
            put(self.kept, message.id, message, self.undo)
        return self.kept[message.id]

    def below(self, root: str) -> tuple[Message, ...]:
        return tuple(one for one in self.kept.values() if one.thread == root)

    def drawn(self, id: str, digest: str) -> None:
        self._change(id, drawn=digest)

    def gone(self, id: str) -> None:
        self._change(id, state="pending", channel="", ts="", drawn="", since=None)

    def refused(self, id: str) -> int:
        self._change(id, attempts=self.kept[id].attempts + 1)
        return self.kept[id].attempts

    def undelivered(self, id: str) -> None:
        self._change(id, state="undelivered")

    def set_aside(self) -> tuple[Message, ...]:
        return tuple(one for one in self.kept.values() if one.state == "undelivered")

    def behind(self) -> tuple[DeploymentId, ...]:
        late = (one for one in self.deployments.values() if self.revisions.get(one.id, -1) < one.revision)
        return tuple(one.id for one in late)[::-1]

    def shown(self, deployment: DeploymentId, revision: int) -> None:
        put(self.revisions, deployment, revision, self.undo)

    def _change(self, id: str, **values: Any) -> None:
        put(self.kept, id, replace(self.kept[id], **values), self.undo)
