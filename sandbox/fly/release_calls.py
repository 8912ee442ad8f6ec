"""Releases over REST, as newer flyctls write them. No public API: it has no version, and may go."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused

MOST_RELEASES = 25


async def create_release(call: Call) -> Reply:
    """201 with the release in an envelope."""
    app = call.platform.apps.get(str(call.body.get("app_name")))
    if app is None:
        raise Refused(404, "app not found")
    release = call.platform.releases.create(app, call.body, image=call.body.get("image"), by=call.token)
    return Reply({"release": release}, status=201, applied=True)


async def update_release(call: Call) -> Reply:
    """200 with the bare release, where creating one answers with an envelope."""
    release = call.platform.releases.update(call.params["release"], call.body.get("status"))
    return Reply(release, applied=True)


async def list_releases(call: Call) -> Reply:
    limit = call.query.get("limit", str(MOST_RELEASES))
    if not limit.isdecimal():
        raise Refused(400, "limit must be a number")
    return Reply({"releases": call.app.releases[: int(limit)]})


async def current_release(call: Call) -> Reply:
    if not call.app.releases:
        raise Refused(404, "release not found")
    return Reply(call.app.releases[0])


async def all_current(call: Call) -> Reply:
    """When each app was last released."""
    apps = call.platform.apps.values()
    return Reply({app.name: app.releases[0]["created_at"] for app in apps if app.releases})
