"""The closed set of check kinds, and what each is told. Checks only read, unless their sentence says otherwise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from checklist.kinds.base import ACTING, BINDINGS, CheckKind, Duration, Names, Params, Unbound, bind
from checklist.kinds.bot import (
    Attest,
    BotAck,
    BotApproval,
    BotDeadline,
    BotDeclare,
    BotMeasured,
    BotNotify,
    BotRehearsal,
    BotWatch,
    CalendarOpen,
    SlackChannel,
    SlackPost,
)
from checklist.kinds.fly import (
    EnvEquals,
    FlyEnvDiff,
    FlyEnvNames,
    FlyEnvSet,
    FlyExec,
    FlyImageDigest,
    FlyLogs,
    FlyMachineChecks,
    FlyRegistryManifest,
    FlyRollout,
    FlySecretsPresent,
    FlySnapshot,
    ImageLabel,
)
from checklist.kinds.github import (
    Assertion,
    GithubAlerts,
    GithubArtifactJson,
    GithubCheckRun,
    GithubFile,
    GithubFileJson,
    GithubPrReviews,
    GithubWorkflow,
)
from checklist.kinds.http import HttpBurst, HttpProbe, PromQuery
from checklist.words import Role

__all__ = [
    "ACTING",
    "BINDINGS",
    "AllOf",
    "AnyParams",
    "Assertion",
    "Attest",
    "BotAck",
    "BotApproval",
    "BotDeadline",
    "BotDeclare",
    "BotMeasured",
    "BotNotify",
    "BotRehearsal",
    "BotWatch",
    "CalendarOpen",
    "Check",
    "CheckKind",
    "Duration",
    "EnvEquals",
    "FlyEnvDiff",
    "FlyEnvNames",
    "FlyEnvSet",
    "FlyExec",
    "FlyImageDigest",
    "FlyLogs",
    "FlyMachineChecks",
    "FlyRegistryManifest",
    "FlyRollout",
    "FlySecretsPresent",
    "FlySnapshot",
    "GithubAlerts",
    "GithubArtifactJson",
    "GithubCheckRun",
    "GithubFile",
    "GithubFileJson",
    "GithubPrReviews",
    "GithubWorkflow",
    "HttpBurst",
    "HttpProbe",
    "ImageLabel",
    "Params",
    "PromQuery",
    "SlackChannel",
    "SlackPost",
    "Unbound",
    "bind",
]


class AllOf(Params):
    """Every check passes, and every item named has passed."""

    kind: Literal[CheckKind.ALL_OF] = CheckKind.ALL_OF
    checks: "tuple[AnyParams, ...]" = ()
    items: Names = ()

    @property
    def parts(self) -> "tuple[Check, ...]":
        return tuple(Check(params) for params in self.checks)

    @property
    def roles_named(self) -> tuple[Role, ...]:
        return tuple(role for params in self.checks for role in params.roles_named)

    @property
    def items_named(self) -> Names:
        return self.items + tuple(item for params in self.checks for item in params.items_named)


AnyParams = Annotated[
    HttpProbe
    | HttpBurst
    | FlyImageDigest
    | FlyMachineChecks
    | FlySecretsPresent
    | FlyRegistryManifest
    | FlyEnvNames
    | FlyEnvDiff
    | FlyEnvSet
    | FlyRollout
    | FlyExec
    | FlySnapshot
    | FlyLogs
    | ImageLabel
    | PromQuery
    | CalendarOpen
    | SlackChannel
    | SlackPost
    | GithubPrReviews
    | GithubCheckRun
    | GithubArtifactJson
    | GithubAlerts
    | GithubWorkflow
    | GithubFile
    | GithubFileJson
    | BotAck
    | BotApproval
    | BotMeasured
    | BotRehearsal
    | BotNotify
    | BotWatch
    | BotDeadline
    | BotDeclare
    | Attest
    | AllOf,
    Field(discriminator="kind"),
]
AllOf.model_rebuild()


@dataclass(frozen=True, slots=True)
class Check:
    """What the bot reads to prove an item; `since` is when the step was done from which on it reads."""

    params: Params
    since: datetime | None = None

    @property
    def kind(self) -> CheckKind:
        return self.params.kind
