"""Who is waited for, read off the cards as people read them, and who acted last."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox import seed
from sandbox.clock import OSLO
from sandbox.slack.messages import Message
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace
from sandbox.stories.roster import Line, lines

_LONGEST = 60
_TO_BE_ASKED_FOR = "`/drop check "
_SIGN = re.compile(r":\w+:")
_WAITING_STEP = re.compile(r"^(\S+) attests (\S+)$")
# Buttons of a deployment's root card that wait for the holders of a role.
_DECISIONS = {
    "Request approval": "deploy-engineer",
    "Approve": "approver",
    "Start deployment": "deploy-engineer",
    "Retry step": "deploy-engineer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What someone did, in a few words, and when by the moved clock."""

    what: str
    at: datetime

    def snapshot(self) -> Object:
        """The deed as the page draws it."""
        return {"what": self.what, "at": self.at.astimezone(OSLO).isoformat()}


class Team:
    """The people of the workspace as colleagues. Without a checklist nobody is known to be waited for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lines: dict[str, Line] = {}
        self._roles: Mapping[str, list[str]] = {}
        self.deeds: dict[str, Deed] = {}

    def know(self, checklist: Mapping[str, Any]) -> None:
        """Learn from the workplace's checklist, as YAML gives it, who answers for what."""
        self._roles = checklist.get("roles") or {}
        self._lines = {line.item: line for line in lines(checklist)}

    def did(self, person: seed.Person, what: str) -> None:
        """Remember what this person did last; they move to the end of `deeds`."""
        self.deeds.pop(person.key, None)
        short = what if len(what) <= _LONGEST else what[: _LONGEST - 1] + "…"
        self.deeds[person.key] = Deed(what=short, at=self._workspace.now())

    def waiting(self) -> dict[str, list[str]]:
        """What waits for each person, by key: decisions by their button, steps and items by their id."""
        cards = self._workspace.conversations[seed.CHANNEL_ID].kept()
        asks = [ask for card in cards if card.by_bot for ask in self._asks(card)]
        return {person.key: [what for what, whom in asks if person.key in whom] for person in seed.PEOPLE}

    def _asks(self, card: Message) -> Iterator[tuple[str, list[str]]]:
        """What one card asks for, and whom."""
        labels = {label for block in card.blocks or [] for label in _labels(block)}
        for label in sorted(labels & _DECISIONS.keys()):
            yield label, self._roles.get(_DECISIONS[label], [])
        step = _WAITING_STEP.match(card.text.rpartition(" · ")[2])
        if step is not None:
            yield step[2], self._roles.get(step[1], [])
        for block in card.blocks or []:
            line = self._lines.get(str(block.get("block_id")).partition("/")[2].partition("/")[0])
            if line is not None and _waits_for_its_person(line, block, labels):
                yield line.item, [line.person]


def _waits_for_its_person(line: Line, block: Object, labels: set[str]) -> bool:
    """For a button, for words, or to be asked for: a check that acts does so at somebody's word alone."""
    if _TO_BE_ASKED_FOR in str((block.get("text") or {}).get("text")):
        return True
    return "Confirm" in _labels(block) or ("Attest" in labels and _wants_words(line, block))


def _wants_words(line: Line, block: Object) -> bool:
    sign = _SIGN.match(str((block.get("text") or {}).get("text")))
    return sign is not None and line.wants_words(sign[0])


def _labels(block: Object) -> set[str]:
    """What stands on the block's buttons."""
    elements = [*(block.get("elements") or []), block.get("accessory") or {}]
    return {str(element["text"]["text"]) for element in elements if element.get("type") == "button"}
