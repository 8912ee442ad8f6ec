"""What can go wrong with Slack, and how much of it: everything, one method, one conversation, or one message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from http import HTTPStatus

import aiohttp
from slack_sdk.errors import SlackApiError, SlackObjectFormationError

from checklist.errors import Ambiguous, Outage

RETRY_AFTER = 30.0  # seconds, when Slack limits the rate and does not say for how long

# Slack's own failures: what was asked may have been done all the same.
FAILED = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
# Nothing at all is taken until somebody repairs the installation of the app.
LOCKED_OUT = {
    "access_denied",
    "account_inactive",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
# One conversation takes nothing until somebody opens it to the bot.
CLOSED = {
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "missing_scope",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "user_disabled",
    "user_not_found",
}
DELETED = {"cant_update_message", "edit_window_closed", "message_not_found", "thread_not_found"}
LIMITED = {"ratelimited", "rate_limited"}


class Reach(StrEnum):
    """How much a trouble concerns."""

    WORKSPACE = "workspace"
    METHOD = "method"
    CONVERSATION = "conversation"
    MESSAGE = "message"


class Trouble(Outage):
    """Slack did not do what was asked. `pause` is how many seconds it wants to be left alone."""

    def __init__(self, advice: str, *, reach: Reach, pause: float = 0, retry: bool = False) -> None:
        super().__init__("Slack", advice, retry=retry)
        self.reach = reach
        self.pause = pause


class Doubt(Trouble, Ambiguous):
    """Nobody knows whether Slack did it."""


class Deleted(Trouble):
    """The message, or the one that its thread hangs on, no longer stands there."""


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Slack's failures as ours. Raises Trouble, and Doubt when what was asked may have been done."""
    try:
        yield
    except SlackApiError as error:
        raise _named(error) from error
    except SlackObjectFormationError as error:  # Slack's own client refuses it before it leaves
        raise Trouble(str(error), reach=Reach.MESSAGE) from error
    except aiohttp.ClientConnectorError as error:
        raise Trouble("cannot be reached", reach=Reach.WORKSPACE, retry=True) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Doubt("did not answer", reach=Reach.WORKSPACE, retry=True) from error


def _named(error: SlackApiError) -> Trouble:
    """The trouble that Slack gives a name to."""
    status = HTTPStatus(error.response.status_code)
    name = str(error.response.get("error") or f"HTTP {status}")
    if status is HTTPStatus.TOO_MANY_REQUESTS or name in LIMITED:
        return Trouble("limits the rate", reach=Reach.METHOD, pause=_pause(error), retry=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or name in FAILED:
        return Doubt(name, reach=Reach.WORKSPACE, retry=True)
    if name in DELETED:
        return Deleted(name, reach=Reach.MESSAGE)
    reaches = {**dict.fromkeys(LOCKED_OUT, Reach.WORKSPACE), **dict.fromkeys(CLOSED, Reach.CONVERSATION)}
    return Trouble(name, reach=reaches.get(name, Reach.MESSAGE))


def _pause(error: SlackApiError) -> float:
    try:
        return float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return RETRY_AFTER
