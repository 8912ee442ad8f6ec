"""Settings from the environment. A missing or wrong one is named, with where to get it."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

WHERE = {
    "slack_bot_token": "Slack app → OAuth & Permissions → Bot User OAuth Token (xoxb-…)",
    "slack_app_token": "Slack app → Basic Information → App-Level Tokens, with connections:write (xapp-…)",
    "fly_api_token": "fly tokens create deploy -a APP --expiry …, one per app, joined by commas",
    "drop_checklist": "the path of checklist.yml",
}


def _begins(prefix: str) -> AfterValidator:
    """A token that is there, and of the right kind."""

    def check(secret: SecretStr) -> SecretStr:
        token = secret.get_secret_value()
        if not token or not token.startswith(prefix):
            raise ValueError(f"must begin with {prefix}")
        return secret

    return AfterValidator(check)


class Settings(BaseSettings):
    """The variables of the product, by their own names in lower case."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    slack_bot_token: Annotated[SecretStr, _begins("xoxb-")]
    slack_app_token: Annotated[SecretStr, _begins("xapp-")]
    slack_api_url: str = "https://slack.com/api/"
    fly_api_token: Annotated[SecretStr, _begins("")]
    fly_read_token: SecretStr = SecretStr("")
    fly_flaps_base_url: str = "https://api.machines.dev"
    fly_api_base_url: str = "https://api.fly.io"
    fly_registry_url: str = "https://registry.fly.io"
    github_token: SecretStr = SecretStr("")
    github_api_url: str = "https://api.github.com"
    database_url: str = "sqlite:///drop.db"
    drop_checklist: Path = Path("checklist.yml")
    drop_clock_file: Path | None = None

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
            self.fly_api_token,
            self.fly_read_token,
            self.github_token,
        )
        return tuple(secret.get_secret_value() for secret in secrets if secret.get_secret_value())


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
    what = "is missing" if problem == "missing" else "is wrong"
    return f"{name.upper()} {what}. Get it from: {WHERE.get(name, 'see the README')}"


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
