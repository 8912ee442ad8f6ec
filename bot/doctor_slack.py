"""The doctor at Slack: tokens, scopes, the channel, and the people whom the checklist names."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.directory import SlackDirectory
from bot.findings import Finding, found, ok, warning, wrong
from bot.ground import Basis
from bot.settings import WHERE
from bot.slack import Slack
from bot.troubles import translated
from checklist.definition import Workspace
from checklist.people import Person, Standing

# What manifest.yml asks for; a test holds the two against each other.
SCOPES = frozenset(
    {"commands", "chat:write", "channels:read", "channels:history", "im:write", "im:history", "users:read"}
)
TOKENS = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})


async def examine_slack(basis: Basis, client: AsyncWebClient) -> list[Finding]:
    workspace, settings = basis.checklist.workspace, basis.settings
    findings = await _bot_token(client, workspace)
    if settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        advice = f"Make a new one: {WHERE['slack_app_token']}"
        findings.append(await found(lambda: _app_token(client, token), "SLACK_APP_TOKEN", advice))
    advice = "Look whether workspace.channel_id is right and whether the bot is in the channel"
    findings.append(await found(lambda: _channel(client, workspace), "The channel", advice))
    directory = SlackDirectory(client, workspace.team_id)
    for person in basis.checklist.team.people.values():
        findings += [await _account(directory, person, user, basis) for user in person.slack] or [_unknown(person)]
    return findings


async def _bot_token(client: AsyncWebClient, workspace: Workspace) -> list[Finding]:
    """Whose token it is, and what it may do."""
    answers: list[AsyncSlackResponse] = []

    async def ask() -> Finding:
        async with translated():
            answers.append(await client.auth_test())
        team = answers[0]["team_id"]
        if team != workspace.team_id:
            advice = "Install the app where the checklist says, or correct workspace.team_id"
            return wrong(f"SLACK_BOT_TOKEN is of workspace {team}, the checklist names {workspace.team_id}", advice)
        return ok(f"SLACK_BOT_TOKEN is of workspace {team}, as the checklist says")

    first = await found(ask, "SLACK_BOT_TOKEN", f"If it is the token, get it anew: {WHERE['slack_bot_token']}")
    return [first, *(_scopes(answer.headers) for answer in answers)]


def _scopes(headers: Mapping[str, str]) -> Finding:
    told = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes")
    if told is None:
        return warning("Slack does not say which scopes the token has", "Compare OAuth & Permissions with manifest.yml")
    missing = sorted(SCOPES - {scope.strip() for scope in told.split(",")})
    if missing:
        return wrong(f"The token lacks {', '.join(missing)}", "Update the app from manifest.yml, and install it again")
    return ok(f"The token has the {len(SCOPES)} scopes of the manifest")


async def _app_token(client: AsyncWebClient, token: str) -> Finding:
    async with translated():
        await client.apps_connections_open(app_token=token)
    return ok("SLACK_APP_TOKEN opens connections")


async def _channel(client: AsyncWebClient, workspace: Workspace) -> Finding:
    seen = await Slack(client).channel(workspace.channel_id)
    name = f"The channel {seen.id}"
    if seen.is_archived:
        return wrong(f"{name} is archived", "Bring it back in Slack, or name another in the checklist")
    if not seen.is_member:
        return wrong(f"{name} does not have the bot in it", "Type /invite @Drop there")
    if seen.is_shared:
        return wrong(f"{name} is shared with another workspace", "Nothing goes forward in it: name one that is not")
    return ok(f"{name} has the bot in it, and is the team's own")


async def _account(directory: SlackDirectory, person: Person, user: str, basis: Basis) -> Finding:
    async def look() -> Finding:
        standing = (await directory.member(user, at=basis.clock.now())).standing
        if standing is Standing.MEMBER:
            return ok(f"{person.name} ({user}) is a full member")
        advice = "Correct the checklist, or the account in Slack; as it is, they may do nothing"
        return wrong(f"{person.name} ({user}) is {standing}", advice)

    return await found(look, f"{person.name} ({user})", "Run this again when Slack answers")


def _unknown(person: Person) -> Finding:
    return warning(f"{person.name} has no Slack account in the checklist", "They can ask for nothing until they do")
