"""The directory of the workspace: from Slack's user object to what we need to know of an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.troubles import translated
from checklist.errors import Outage
from checklist.people import Member, Standing

SLACKBOT = "USLACKBOT"  # the one bot that Slack does not call one
NOBODY = {"user_not_found", "user_not_visible"}


@dataclass(frozen=True, slots=True)
class SlackDirectory:
    """The port Directory over users.info."""

    client: AsyncWebClient
    team: str

    async def member(self, user: str, *, at: datetime) -> Member:
        """Raises Outage."""
        async with translated():
            try:
                answer = await self.client.users_info(user=user)
            except SlackApiError as error:
                if error.response.get("error") not in NOBODY:
                    raise
                return Member(user=user, name=user, standing=Standing.UNKNOWN, seen_at=at)
        found = answer.get("user")
        if not isinstance(found, dict) or found.get("id") != user:
            raise Outage("Slack", "answered something else than was asked", retry=True)
        return member_of(found, team=self.team, at=at)


def member_of(user: Mapping[str, Any], *, team: str, at: datetime) -> Member:
    """An account from Slack's user object. Of one that was deactivated Slack tells little but its id."""
    updated = user.get("updated")
    return Member(
        user=str(user["id"]),
        name=str(user.get("real_name") or user.get("name") or user["id"]),
        standing=_standing(user, team),
        updated=updated if isinstance(updated, int) else 0,
        seen_at=at,
    )


def _standing(user: Mapping[str, Any], team: str) -> Standing:
    """The first "no" that fits. What Slack does not say is never taken for a yes."""
    said = {
        Standing.FOREIGN: user.get("team_id") != team or user.get("is_stranger") is True,
        Standing.DEACTIVATED: user.get("deleted") is not False,
        Standing.BOT: user.get("is_bot") is not False or user["id"] == SLACKBOT,
        Standing.GUEST: user.get("is_restricted") is not False or user.get("is_ultra_restricted") is not False,
    }
    return next((standing for standing, true in said.items() if true), Standing.MEMBER)
