"""Named switches that make a stand-in misbehave in one particular way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class Part(StrEnum):
    """What a fault breaks."""

    SLACK = "Slack"
    FLY = "Fly.io"
    APP = "The app"
    HOST = "The bot's machine"


@dataclass(slots=True)
class Fault:
    """One switch: what it does, and what one should see. After `limit` strikes it is off; None is until told."""

    name: str
    part: Part
    label: str
    sight: str
    limit: int | None = None
    on: bool = False
    left: int = 0


_FAULTS = (
    Fault(
        "failing-health",
        Part.FLY,
        "New images never pass their health checks on production",
        "A rollout halts at its first machine; a finished one goes red. Rolling back heals both.",
    ),
    Fault(
        "slow-health",
        Part.FLY,
        "New machines take long to become healthy",
        "Each new machine fails its checks for five seconds, and the rollout waits for it.",
    ),
    Fault(
        "lease-held",
        Part.FLY,
        "Someone else holds a lease on the first production machine",
        "The rollout will not touch that machine, and says who holds it.",
    ),
    Fault(
        "changed-by-hand",
        Part.FLY,
        "Someone deploys v0.4.1 to the second production machine by hand",
        "What was approved is no longer what is there: the approval is void, and the card says why.",
    ),
    Fault(
        "apply-then-timeout",
        Part.FLY,
        "The next machine update is applied, then the answer is lost",
        "The bot looks at the machine before it does anything again: it is updated once.",
        limit=1,
    ),
    Fault(
        "reset-before-apply",
        Part.FLY,
        "The next machine update is cut off before it is applied",
        "The bot sees that the machine is as it was, and sends the update again.",
        limit=1,
    ),
    Fault(
        "secret-changed",
        Part.FLY,
        "Someone changes the secret SUMSUB_API_KEY of production by hand",
        "The machines run on with the old value; what was approved is no longer what is there.",
    ),
    Fault(
        "staging-differs",
        Part.FLY,
        "Someone sets LOG_LEVEL on the staging machine by hand",
        "The check of staging's configuration against production's names the setting, and never its value.",
    ),
    Fault(
        "snapshot-fails",
        Part.FLY,
        "The next snapshot of the database's volume fails",
        "Nothing that needs a backup begins.",
        limit=1,
    ),
    Fault(
        "snapshot-hangs",
        Part.FLY,
        "Snapshots of the database's volume are never ready",
        "The bot waits for the backup, and gives up after a while without a migration.",
    ),
    Fault(
        "releases-down",
        Part.FLY,
        "Fly.io's list of releases answers 500",
        "Deploying and rolling back go on; only the list at Fly.io lacks what was done.",
    ),
    Fault(
        "graphql-down",
        Part.FLY,
        "Fly.io's GraphQL answers 503",
        "Nothing, as long as the list of releases is there.",
    ),
    Fault(
        "bluegreen-limit",
        Part.FLY,
        "Fly.io allows the organisation no bluegreen deployment",
        "A bluegreen deployment is refused before any machine is made.",
    ),
    Fault(
        "stale-nodes",
        Part.FLY,
        "For half a second after a change, Fly.io's other nodes have not heard of it",
        "Nothing: the bot keeps to the node that took its change.",
    ),
    Fault(
        "silent-revert",
        Part.FLY,
        "The next machine update is taken, and then silently undone",
        "Fly says OK and the machine is healthy, on the old version: the rollout halts at that machine.",
        limit=1,
    ),
    Fault(
        "crash-loop",
        Part.FLY,
        "New images exit with code 1 on production, again and again",
        "The rollout halts at its first machine before its time for health is over.",
    ),
    Fault(
        "flapping-health",
        Part.FLY,
        "The checks of new images pass and fail in turns on production",
        "One good read is not enough: the rollout does not take the machine for healthy.",
    ),
    Fault(
        "old-version-sick",
        Part.FLY,
        "The version before never passes its health checks on staging",
        "A rehearsal of the rollback fails, staging runs the release again, and nobody can ask for approval.",
    ),
    Fault(
        "host-unreachable",
        Part.FLY,
        "The host of the second production machine does not answer",
        "The machine is named as one that cannot be updated; nothing waits for it.",
    ),
    Fault(
        "lease-expiry",
        Part.FLY,
        "The lease on the next machine is lost once its update is taken",
        "The bot takes a new lease only if the machine is still as it left it.",
        limit=1,
    ),
    Fault(
        "empty-list",
        Part.FLY,
        "Fly.io lists no machines",
        "Nothing is created and nothing is destroyed: an empty list is an error.",
    ),
    Fault(
        "migration-fails",
        Part.FLY,
        "A database migration exits with code 1",
        "The deployment halts, and the error is shown without the password in it.",
    ),
    Fault(
        "migration-hangs",
        Part.FLY,
        "A database migration never ends",
        "Its outcome is unknown: it is not run again without a person's decision.",
    ),
    Fault(
        "fly-down",
        Part.FLY,
        "Fly.io answers 503",
        "Checks of machines cannot tell, and a rollout halts where it stands.",
    ),
    Fault(
        "registry-down",
        Part.FLY,
        "The image registry answers 503",
        "Checks of images cannot tell; a release is opened from what GraphQL says, or not at all.",
    ),
    Fault(
        "tag-moved",
        Part.FLY,
        "The tag v0.5.0 now names another image",
        "What was approved goes out all the same: by its digest, not by its tag.",
    ),
    Fault(
        "unhealthy-app",
        Part.APP,
        "The app's own health page says error",
        "Production and staging turn to 503, though their machines are well.",
    ),
    Fault(
        "errors-in-log",
        Part.APP,
        "Production writes an error into its log at each look at its health page",
        "The check of the logs fails and quotes the line, without the password and the number in it.",
    ),
    Fault(
        "slack-down",
        Part.SLACK,
        "Slack answers 503",
        "Cards stand still, decisions still count; all is drawn when Slack is back.",
    ),
    Fault(
        "slack-ratelimited",
        Part.SLACK,
        "Slack rate-limits the next three writes",
        "Cards come later, in order, and none is lost.",
        limit=3,
    ),
    Fault(
        "post-then-timeout",
        Part.SLACK,
        "The next message is posted, then the answer is lost",
        "The bot reads the channel first: the message is there once, not twice.",
        limit=1,
    ),
    Fault(
        "post-then-500",
        Part.SLACK,
        "The next message is posted, then Slack answers 500",
        "The same: an error of Slack's own is no proof that nothing was done.",
        limit=1,
    ),
    Fault(
        "slack-500",
        Part.SLACK,
        "The next three calls of Slack answer 500 and do nothing",
        "The bot leaves Slack alone for a little longer each time, then says everything in order.",
        limit=3,
    ),
    Fault(
        "slack-reset",
        Part.SLACK,
        "The next write to Slack is cut off before it counts",
        "The bot reads the channel, finds nothing, and says it again.",
        limit=1,
    ),
    Fault(
        "slack-garbage",
        Part.SLACK,
        "The next three answers of Slack are a proxy's page",
        "What was asked for was done: nothing is said twice.",
        limit=3,
    ),
    Fault(
        "edit-refused",
        Part.SLACK,
        "Slack refuses the next edit of a card as invalid",
        "The other cards go on; the refused one is tried again, up to five times.",
        limit=1,
    ),
    Fault(
        "slack-half-open",
        Part.SLACK,
        "Slack's open connections fall silent without a close",
        "Clicks fail for some seconds, until the bot notices and connects again.",
        limit=1,
    ),
    Fault(
        "socket-refused",
        Part.SLACK,
        "Slack opens no connection for the bot",
        "Once the bot is cut off, commands and clicks fail until this is off; cards go on.",
    ),
    Fault(
        "channel-archived",
        Part.SLACK,
        "The deploy channel is archived",
        "Direct messages go on; the channel gets everything, in order, once it is opened again.",
    ),
    Fault(
        "token-revoked",
        Part.SLACK,
        "Slack no longer takes the bot's token",
        "Nothing is said; a deployment that is under way goes on.",
    ),
    Fault(
        "clock-slow",
        Part.HOST,
        "The bot's clock is three minutes slow, by Slack's and Fly's",
        "Within a minute Start deployment is refused, and Retry step too; rolling back is not.",
    ),
)


class UnknownFault(LookupError):
    """There is no switch of that name."""


class Faults:
    """All the switches. A stand-in asks `on(name)` for a condition, or `strikes(name)` for a thing that happens."""

    def __init__(self) -> None:
        self._faults = {fault.name: replace(fault) for fault in _FAULTS}
        self._listeners: list[Callable[[str, bool], None]] = []
        self.version = 0  # rises with each switch: on and off again is a change too

    def on(self, name: str) -> bool:
        """Whether the fault is on."""
        return self._named(name).on

    def strikes(self, name: str) -> bool:
        """Whether the fault hits this very moment; one that has a limit uses up one of its turns."""
        fault = self._named(name)
        if not fault.on:
            return False
        if fault.limit is not None:
            fault.left -= 1
            if fault.left <= 0:
                self.switch(name, on=False)
        return True

    def switch(self, name: str, *, on: bool, times: int | None = None) -> None:
        """Turn a fault on or off; `times` overrides how often it strikes."""
        fault = self._named(name)
        fault.on = on
        fault.left = (times or fault.limit or 0) if on else 0
        self.version += 1
        for listener in self._listeners:
            listener(name, on)

    def when_switched(self, listener: Callable[[str, bool], None]) -> None:
        """Call `listener(name, on)` at each switch, for what must happen at that moment."""
        self._listeners.append(listener)

    def snapshot(self) -> list[dict[str, object]]:
        """The switches as the page draws them."""
        return [_drawn(fault) for fault in self._faults.values()]

    def _named(self, name: str) -> Fault:
        try:
            return self._faults[name]
        except KeyError as error:
            raise UnknownFault(name) from error


def _drawn(fault: Fault) -> dict[str, object]:
    facts = {"name": fault.name, "part": fault.part, "label": fault.label, "sight": fault.sight, "on": fault.on}
    return facts | {"left": fault.left if fault.on and fault.limit is not None else None}
