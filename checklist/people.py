"""People, the roles they hold in this workplace, and what Slack says of their accounts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checklist.words import Kind, PersonId, Role


class Standing(StrEnum):
    """What an account is in the workspace. Only a full member may ask for anything."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    FOREIGN = "foreign"  # of another workspace, who shares a channel with this one
    UNKNOWN = "unknown"  # the workspace knows no such account


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account of the workspace as it was last seen."""

    user: str
    name: str
    standing: Standing
    updated: int = 0  # Slack's own count of seconds: of two reports the later one is true
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human or agent, whatever number of Slack and GitHub accounts they use."""

    id: PersonId
    name: str
    kind: Kind
    slack: tuple[str, ...] = ()
    github: tuple[str, ...] = ()

    @property
    def is_human(self) -> bool:
        return self.kind is Kind.HUMAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Everyone the checklist names, and who holds which role. Nobody else has any part in a deployment."""

    people: Mapping[PersonId, Person]
    roles: Mapping[Role, tuple[PersonId, ...]]

    def by_slack(self, user: str) -> Person | None:
        """The person behind a Slack user id, or None for a stranger."""
        return next((person for person in self.people.values() if user in person.slack), None)

    def holds(self, person: PersonId, role: Role) -> bool:
        return person in self.roles.get(role, ())

    def holds_any(self, person: PersonId, roles: Iterable[Role]) -> bool:
        return any(self.holds(person, role) for role in roles)

    def holders(self, role: Role) -> tuple[Person, ...]:
        return tuple(self.people[person] for person in self.roles.get(role, ()))

    def name(self, person: str) -> str:
        """The person's name; an id that left the team stays readable."""
        known = self.people.get(PersonId(person))
        return known.name if known else person
