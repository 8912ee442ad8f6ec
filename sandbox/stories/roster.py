"""Who is asked for what, read from the workplace's checklist as a person would read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REQUESTER = "john"  # and deploy engineer, in every story
BY_ITSELF = {"change-approved", "window-confirmed"}  # settled by the approval, and by the clock
ACTING = {"bot.rehearsal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the checklist, and the person who answers for it."""

    item: str
    section: str
    phase: str
    proof: str
    at_start: bool
    person: str
    acts: bool  # its check does something, and only when somebody asks for it

    def is_unread(self, sign: str) -> bool:
        """Whether Drop has still to read its check."""
        return sign == ":hourglass_flowing_sand:" or (sign == ":white_circle:" and self.proof.startswith("auto"))

    def wants_words(self, sign: str) -> bool:
        return sign == ":question:" or (sign == ":white_circle:" and self.proof == "attest")

    def wants_a_button(self, sign: str) -> bool:
        """Whether it waits for Confirm; one that was confirmed bears the same sign, so this is true once too often."""
        confirms = sign == ":white_check_mark:" and self.proof == "auto+confirm"
        return confirms or (sign == ":white_circle:" and self.proof == "acknowledge")


# The checklist is the product's document as YAML gives it; the few keys that are read here are named here.
def lines(checklist: Mapping[str, Any]) -> Iterator[Line]:
    """Every line before and after the deployment that a person may have to answer for."""
    for section in checklist.get("sections") or []:
        for item in section["items"] if section["phase"] in ("pre", "post") else []:
            if item["id"] not in BY_ITSELF:
                yield Line(
                    item=item["id"],
                    section=section["id"],
                    phase=section["phase"],
                    proof=item["proof"],
                    at_start=item.get("needed_for") == "start",
                    acts=(item.get("check") or {}).get("kind") in ACTING,
                    person=_person(checklist["roles"].get(item["role"], []), item.get("distinct_from", [])),
                )


def _person(holders: list[str], distinct_from: list[str]) -> str:
    """The first who holds the role and is not who the line says they must not be; empty when there is none."""
    return next((one for one in holders if not distinct_from or one != REQUESTER), "")
