"""auth.test, apps.connections.open, team.info and bots.info."""

from sandbox import seed
from sandbox.slack.wire import Object, Refused
from sandbox.slack.workspace import Workspace

_URL = f"https://{seed.TEAM_DOMAIN}.slack.com/"


def auth_test(workspace: Workspace, arguments: Object) -> Object:
    return {
        "ok": True,
        "url": _URL,
        "team": seed.TEAM_DOMAIN,
        "user": workspace.bot["name"],
        "team_id": seed.TEAM_ID,
        "user_id": seed.BOT_USER,
        "bot_id": seed.BOT_ID,
        "is_enterprise_install": False,
    }


def open_connection(workspace: Workspace, arguments: Object) -> Object:
    """A URL that opens one Socket Mode connection, once."""
    base = workspace.base_url.replace("http://", "ws://", 1)
    return {"ok": True, "url": f"{base}/slack/link?ticket={workspace.tickets.link()}&app_id={seed.APP_ID}"}


def info(workspace: Workspace, arguments: Object) -> Object:
    team = {"id": seed.TEAM_ID, "name": seed.TEAM_DOMAIN, "domain": seed.TEAM_DOMAIN, "url": _URL}
    return {"ok": True, "team": team | {"email_domain": "alai.example", "icon": {"image_default": True}}}


def bot(workspace: Workspace, arguments: Object) -> Object:
    if arguments.get("bot", seed.BOT_ID) != seed.BOT_ID:
        raise Refused("bot_not_found")
    about = {"id": seed.BOT_ID, "deleted": False, "name": seed.BOT_NAME, "app_id": seed.APP_ID}
    return {"ok": True, "bot": about | {"user_id": seed.BOT_USER, "updated": 1_760_000_000, "icons": {}}}
