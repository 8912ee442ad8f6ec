"""Apps over HTTP: the app itself, and what a token is good for."""

from sandbox import seed
from sandbox.fly.calls import Call, Reply


async def get_app(call: Call) -> Reply:
    return Reply(call.app.document())


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
