"""What only the bot itself, its channel and its people can answer."""

from typing import Annotated, Literal

from pydantic import Field

from checklist.kinds.base import CheckKind, Duration, Names, Params
from checklist.words import Role


class SlackChannel(Params):
    """The bot is a member of the channel, which is alive, in this team, and shared with nobody outside."""

    kind: Literal[CheckKind.SLACK_CHANNEL] = CheckKind.SLACK_CHANNEL
    channel: str
    team: str


class SlackPost(Params):
    """Acts in a run: says one of the bot's announcements."""

    kind: Literal[CheckKind.SLACK_POST] = CheckKind.SLACK_POST
    channel: str
    template: Literal["announce_start", "announce_complete"]


class BotAck(Params):
    """A holder of the role pressed the button for this window."""

    kind: Literal[CheckKind.BOT_ACK] = CheckKind.BOT_ACK
    role: Role

    @property
    def roles_named(self) -> tuple[Role, ...]:
        return (self.role,)


class BotApproval(Params):
    """`count` holders of any of the roles signed the plan; `reasons` are the only ones that allow it."""

    kind: Literal[CheckKind.BOT_APPROVAL] = CheckKind.BOT_APPROVAL
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    count: int = Field(default=1, ge=1)
    expires: Duration | None = None  # None: with the window
    reasons: Names = ()

    @property
    def roles_named(self) -> tuple[Role, ...]:
        return self.roles


class BotMeasured(Params):
    """A figure that another item's evidence holds is at most `max`."""

    kind: Literal[CheckKind.BOT_MEASURED] = CheckKind.BOT_MEASURED
    source: str
    metric: str
    max: float

    @property
    def items_named(self) -> Names:
        return (self.source,)


class BotRehearsal(Params):
    """Acts: rolls an app to one digest and then to another, healthy after each, and takes the time."""

    kind: Literal[CheckKind.BOT_REHEARSAL] = CheckKind.BOT_REHEARSAL
    app: str
    to: str
    then: str


class BotNotify(Params):
    """Acts: tells the holders of the roles in a direct message; passed when each has acknowledged it."""

    kind: Literal[CheckKind.BOT_NOTIFY] = CheckKind.BOT_NOTIFY
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]

    @property
    def roles_named(self) -> tuple[Role, ...]:
        return self.roles


class BotWatch(Params):
    """None of these items has failed, and each has a result."""

    kind: Literal[CheckKind.BOT_WATCH] = CheckKind.BOT_WATCH
    items: Annotated[Names, Field(min_length=1)]

    @property
    def items_named(self) -> Names:
        return self.items


class BotDeadline(Params):
    """Settled by a person before this much time has passed since the deployment."""

    kind: Literal[CheckKind.BOT_DEADLINE] = CheckKind.BOT_DEADLINE
    due: Duration


class BotDeclare(Params):
    """Failed as soon as a holder of one of the roles declares it, with a reason."""

    kind: Literal[CheckKind.BOT_DECLARE] = CheckKind.BOT_DECLARE
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]

    @property
    def roles_named(self) -> tuple[Role, ...]:
        return self.roles


class CalendarOpen(Params):
    """The deployment's window is open by the file's own calendar."""

    kind: Literal[CheckKind.CALENDAR] = CheckKind.CALENDAR


class Attest(Params):
    """Nothing to read: a person states the fields, with a link whose host is one of `url_hosts` if any are given."""

    kind: Literal[CheckKind.ATTEST] = CheckKind.ATTEST
    fields: Names = ()
    url_hosts: Names = ()
    assist: str = ""
