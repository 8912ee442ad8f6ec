"""Settings from the environment. A missing or wrong one is named, with where to get it."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

WHERE = {
    "slack_bot_token": "Slack app → OAuth & Permissions → Bot User OAuth Token (xoxb-…)",
    "slack_app_token": "Slack app → Basic Information → App-Level Tokens, with connections:write (xapp-…)",
    "slack_signing_secret": "Slack app → Basic Information → App Credentials → Signing Secret",
    "fly_api_token": "fly tokens create deploy -a APP --expiry …, one per app, joined by commas",
    "drop_checklist": "the path of checklist.yml",
}
NO_DOOR = "no_door"


def _begins(prefix: str) -> AfterValidator:
    """A token that is there, and of the right kind."""

    def check(secret: SecretStr) -> SecretStr:
        token = secret.get_secret_value()
        if not token.strip() or not token.startswith(prefix):
            raise ValueError(f"must begin with {prefix}")
        return secret

    return AfterValidator(check)


class DatabaseSettings(BaseSettings):
    """All that it takes to reach the record."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    database_url: str = "sqlite:///drop.db"


class Settings(DatabaseSettings):
    """The variables of the product, by their own names in lower case."""

    slack_bot_token: Annotated[SecretStr, _begins("xoxb-")]
    slack_app_token: Annotated[SecretStr, _begins("xapp-")] | None = None
    slack_signing_secret: Annotated[SecretStr, _begins("")] | None = Field(default=None, validate_default=True)
    slack_api_url: str = "https://slack.com/api/"
    fly_api_token: Annotated[SecretStr, _begins("")]
    fly_read_token: SecretStr = SecretStr("")
    fly_flaps_base_url: str = "https://api.machines.dev"
    fly_api_base_url: str = "https://api.fly.io"
    fly_registry_url: str = "https://registry.fly.io"
    github_token: SecretStr = SecretStr("")
    github_api_url: str = "https://api.github.com"
    drop_checklist: Path = Path("checklist.yml")
    drop_clock_file: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000

    @field_validator("slack_signing_secret")
    @classmethod
    def _one_of_two(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Slack comes in by a socket that the bot opens, or by requests that it signs."""
        if secret is None and info.data.get("slack_app_token", ...) is None:
            raise PydanticCustomError(NO_DOOR, "neither is set")
        return secret

    @property
    def socket_mode(self) -> bool:
        """Whether the bot dials out to Slack; otherwise Slack sends signed requests."""
        return self.slack_app_token is not None

    @property
    def endpoints(self) -> tuple[str, ...]:
        return (
            self.slack_api_url,
            self.fly_flaps_base_url,
            self.fly_api_base_url,
            self.fly_registry_url,
            self.github_api_url,
        )

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every token that is set."""
        secrets = (
            self.slack_bot_token,
            self.slack_app_token,
            self.slack_signing_secret,
            self.fly_api_token,
            self.fly_read_token,
            self.github_token,
        )
        return tuple(secret.get_secret_value() for secret in secrets if secret and secret.get_secret_value())

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may be repeated nowhere: every token, each part of one that is a list, and the database's password."""
        parts = [part for token in self.tokens for part in re.split(r"[\s,]+", token)]
        password = urlsplit(self.database_url).password or ""
        return tuple(secret for secret in {*self.tokens, *parts, password, unquote(password)} if secret)


class SettingsWrong(Exception):
    """One or more settings are missing or wrong; each line names one and says where to get it."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read_settings() -> Settings:
    """Raises SettingsWrong with a line for each."""
    try:
        return Settings()
    except ValidationError as wrong:
        raise SettingsWrong(tuple(_line(error["loc"], error["type"]) for error in wrong.errors())) from None


def _line(where: tuple[int | str, ...], problem: str) -> str:
    name = str(where[0])
    if problem == NO_DOOR:
        return (
            f"SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (signed HTTP) is missing. Get one from: "
            f"{WHERE['slack_app_token']}; or {WHERE['slack_signing_secret']}"
        )
    if name == "port":
        return "PORT is wrong. It is a number up to 65535, 3000 if unset: the bot serves its own HTTP there."
    what = "is missing" if problem == "missing" else "is wrong"
    return f"{name.upper()} {what}. Get it from: {WHERE.get(name, 'see the README')}"


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
