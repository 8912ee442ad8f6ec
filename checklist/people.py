"""People and the roles they hold in this workplace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checklist.words import Kind, PersonId, Role


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
