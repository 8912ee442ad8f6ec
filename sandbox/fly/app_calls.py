"""Apps over HTTP: the app itself, the names and digests of its secrets, its releases; and what a token is good for."""

from sandbox import seed
from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused

MOST_RELEASES = 25


async def get_app(call: Call) -> Reply:
    return Reply(call.app.document())


async def list_secrets(call: Call) -> Reply:
    """Names and digests; the values are given to nobody, whatever the query asks for."""
    return Reply({"secrets": call.app.secrets})


async def list_releases(call: Call) -> Reply:
    limit = call.query.get("limit", str(MOST_RELEASES))
    if not limit.isdecimal():
        raise Refused(400, "limit must be a number")
    return Reply({"releases": call.app.releases[: int(limit)]})


async def current_release(call: Call) -> Reply:
    return Reply(call.app.releases[0])


async def current_tokens(call: Call) -> Reply:
    """What the token that asks may reach (OpenAPI: CurrentTokenResponse)."""
    token = {
        "token_id": call.token.id,
        "org_slug": seed.FLY_ORG,
        "organization": "Drop",
        "user": "",
        "apps": sorted(call.platform.apps),
        "restricted_to_machine": "",
        "source_machine_id": "",
    }
    return Reply({"tokens": [token]})
