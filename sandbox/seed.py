"""What the sandbox holds when it opens: the workspace, its people, the tokens, the app's versions. Plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Someone at the workplace; `key` is how the control API and the page name them."""

    key: str
    id: str
    name: str
    title: str

    @property
    def im(self) -> str:
        """The id of this person's direct message with the bot."""
        return "D" + self.id.removeprefix("U")


JOHN = Person("john", "U0JOHN", "John", "AI Director")
ALEM = Person("alem", "U0ALEM", "Alem Bašić", "CEO")
VALIDATOR = Person("validator", "U0VALIDATOR", "Validator", "Validator agent")
STRANGER = Person("stranger", "U0STRANGER", "Kari Nordmann", "Marketing")
PEOPLE = (JOHN, ALEM, VALIDATOR, STRANGER)

TEAM_ID = "T0ALAI"
TEAM_DOMAIN = "alai-talk"
APP_ID = "A0DROP"
BOT_USER = "U0DROPBOT"
BOT_ID = "B0DROP"
BOT_NAME = "Drop"
CHANNEL_ID = "C0DROPDEPLOY"
CHANNEL_NAME = "drop-deploy"

# The bot's credentials by the name of their variable. They open nothing but the sandbox; the word in the middle
# lets the bot recognise them.
CREDENTIALS = {
    "SLACK_BOT_TOKEN": "xoxb-sandbox-0drop",
    "SLACK_APP_TOKEN": "xapp-sandbox-0drop",
    "SLACK_SIGNING_SECRET": "sandbox-signing-secret",
    "FLY_API_TOKEN": "FlyV1 fm2_sandboxdeploy",
    "FLY_READ_TOKEN": "FlyV1 fm2_sandboxread",
    "GITHUB_TOKEN": "ghp_sandbox0",
}
# In the errors of the app's database, which name the connection whole.
DATABASE_LOGIN = "drop:pw-of-the-sandbox"

FLY_ORG = "drop"
FLY_REGION = "arn"
PRODUCTION_APP = "drop-app"
STAGING_APP = "drop-staging"
DATABASE_APP = "drop-db"
DATABASE_VOLUME = "vol_0drop"
DATABASE_MACHINE = "e2865e1b7d9086"
PRODUCTION_MACHINES = ("148e21ea7d0089", "3d8d9025b6e189")
STAGING_MACHINES = ("5683d4e0b10e58",)
IMAGE_REPOSITORY = "drop-app"
IMAGE_TAGS = ("v0.4.1", "v0.4.2", "v0.5.0", "v0.5.1")
PRODUCTION_TAG = "v0.4.2"
STAGING_TAG = "v0.5.0"
PRODUCTION_ENV = {
    "APP_ENV": "production",
    "APP_URL": "https://getdrop.no",
    "MAINTENANCE_MODE": "false",
    "NEXT_PUBLIC_SERVICE_MODE": "mock",
    "QR_PAYMENTS_ENABLED": "true",
    "REMITTANCE_ENABLED": "true",
}
STAGING_ENV = {**PRODUCTION_ENV, "APP_ENV": "staging", "APP_URL": "https://drop-staging.fly.dev"}
SECRETS = ("JWT_SECRET", "DATABASE_URL", "SUMSUB_API_KEY", "BAAS_API_KEY")
