"""Fly's tokens: what goes into the Authorization header, and into the registry's password.

Source: fly-go auth.go `AuthorizationHeader` and tokens/tokens.go `StripAuthorizationScheme`.
"""

_SCHEMES = ("Bearer ", "FlyV1 ")
_MACAROONS = frozenset({"fm1r", "fm1a", "fm2"})


def authorization(raw: str) -> str:
    """The header for the Machines API. `fly tokens create` prints a scheme of its own, which is not doubled."""
    tokens = _tokens(raw)
    scheme = "FlyV1" if any(token.startswith(("fm1r_", "fm2_")) for token in tokens) else "Bearer"
    return f"{scheme} {','.join(tokens)}"


def password(raw: str) -> str:
    """The token without its scheme: the registry takes it by basic auth, as the password of user `x`."""
    return ",".join(_tokens(raw))


def _tokens(raw: str) -> list[str]:
    """The macaroons of a pasted token; a user's token only when there is no macaroon."""
    parts = [token for part in _bare(raw).split(",") if (token := part.strip())]
    macaroons = [token for token in parts if token.split("_")[0] in _MACAROONS]
    return macaroons or parts


def _bare(raw: str) -> str:
    text = raw.strip()
    while text.startswith(_SCHEMES):
        text = text.split(" ", 1)[1].strip()
    return text
