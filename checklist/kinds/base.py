"""The names of the check kinds, and what the parameters of every kind have in common."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from checklist.words import Role

BINDINGS = frozenset(
    {"prod_app", "prod_url", "staging_app", "staging_url", "version", "digest", "rollback_digest", "sha", "base_sha"}
    | {"tag", "change_id", "channel_id", "team_id", "db_app", "db_volume", "db_max_connections", "baseline_p95"}
)  # what `${…}` in a check may name; `baseline_p95` is in seconds
_BINDING = re.compile(r"\$\{([^}]*)\}")
_DURATION = re.compile(r"(\d+)(ms|[smhd])")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class CheckKind(StrEnum):
    """Everything the bot knows how to read."""

    HTTP_PROBE = "http.probe"
    HTTP_BURST = "http.burst"
    FLY_IMAGE_DIGEST = "fly.image_digest"
    FLY_MACHINE_CHECKS = "fly.machine_checks"
    FLY_SECRETS_PRESENT = "fly.secrets_present"
    FLY_REGISTRY_MANIFEST = "fly.registry_manifest"
    FLY_ENV_NAMES = "fly.env_names"
    FLY_ENV_DIFF = "fly.env_diff"
    FLY_ENV_SET = "fly.env_set"
    FLY_ROLLOUT = "fly.rollout"
    FLY_EXEC = "fly.exec"
    FLY_SNAPSHOT = "fly.snapshot"
    FLY_LOGS = "fly.logs"
    IMAGE_LABEL = "image.label"
    PROM_QUERY = "prom.query"
    CALENDAR = "calendar"
    SLACK_CHANNEL = "slack.channel"
    SLACK_POST = "slack.post"
    GITHUB_PR_REVIEWS = "github.pr_reviews"
    GITHUB_CHECK_RUN = "github.check_run"
    GITHUB_ARTIFACT_JSON = "github.artifact_json"
    GITHUB_ALERTS = "github.alerts"
    GITHUB_WORKFLOW = "github.workflow"
    GITHUB_FILE = "github.file"
    GITHUB_FILE_JSON = "github.file_json"
    BOT_ACK = "bot.ack"
    BOT_APPROVAL = "bot.approval"
    BOT_MEASURED = "bot.measured"
    BOT_REHEARSAL = "bot.rehearsal"
    BOT_NOTIFY = "bot.notify"
    BOT_WATCH = "bot.watch"
    BOT_DEADLINE = "bot.deadline"
    BOT_DECLARE = "bot.declare"
    ATTEST = "attest"
    ALL_OF = "all_of"


# To carry these out changes something outside of the bot.
ACTING = frozenset({CheckKind.BOT_REHEARSAL, CheckKind.FLY_SNAPSHOT})


class Wrong(ValueError):
    """A value that the checklist file may not hold, and what to write instead."""

    def __init__(self, message: str, instead: str) -> None:
        super().__init__(message)
        self.instead = instead


class Unbound(LookupError):
    """A check names a value that nobody knows yet; what it asks cannot be read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def near(name: str, known: Iterable[str], otherwise: str) -> str:
    """What somebody who wrote `name` most likely meant."""
    match = get_close_matches(name, sorted(known), n=1)
    return f"{match[0]} (did you mean that?)" if match else otherwise


def duration(text: object) -> object:
    """`500ms`, `30s`, `15m`, `24h` or `2d` as a timedelta; anything else is left for the type to refuse."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if isinstance(text, str) and not match:
        raise Wrong(f"{text!r} is not a duration", "30s, 15m, 24h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else text


Duration = Annotated[timedelta, BeforeValidator(duration)]
Names = tuple[str, ...]
Op = Literal["<", "<=", "==", ">=", ">"]


class Strict(BaseModel):
    """Frozen; a key that is not listed is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


class Params(Strict):
    """What one check is told. `kind` says which model this is."""

    kind: CheckKind

    @model_validator(mode="after")
    def _names_only_known_bindings(self) -> Self:
        unknown = [name for name in _names_in(self) if name not in BINDINGS]
        if unknown:
            raise Wrong(
                f"unknown name ${{{unknown[0]}}}", near(unknown[0], BINDINGS, f"one of {', '.join(sorted(BINDINGS))}")
            )
        return self

    @property
    def roles_named(self) -> tuple[Role, ...]:
        """The roles that somebody must hold for this check to be answerable."""
        return ()

    @property
    def items_named(self) -> Names:
        """The ids of other items whose result this check reads."""
        return ()


P = TypeVar("P", bound=BaseModel)


def bind(params: P, values: Mapping[str, str]) -> P:
    """The same parameters with every `${name}` replaced. Raises Unbound for a name that has no value."""
    return params.model_copy(update={name: _bound(value, values) for name, value in params})


def _bound(value: object, values: Mapping[str, str]) -> object:
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return _BINDING.sub(lambda match: _known(match[1], values), value)
    if isinstance(value, BaseModel):
        return bind(value, values)
    if isinstance(value, Mapping):
        return {key: _bound(part, values) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_bound(part, values) for part in value)
    return value


def _known(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise Unbound(name)
    return values[name]


def _names_in(value: object) -> list[str]:
    """Every `${name}` in the strings of a value, however deep."""
    if isinstance(value, str):
        return _BINDING.findall(value)
    if isinstance(value, BaseModel):
        return [name for _, part in value for name in _names_in(part)]
    if isinstance(value, Mapping):
        return [name for part in value.values() for name in _names_in(part)]
    if isinstance(value, tuple | list):
        return [name for part in value for name in _names_in(part)]
    return []
