"""Fly's tokens: what goes into the Authorization header, and into the registry's password.

Source: fly-go auth.go `AuthorizationHeader` and tokens/tokens.go `StripAuthorizationScheme`.
"""

import re

_SCHEMES = re.compile(r"\s*(?:(?:Bearer|FlyV1)(?:\s+|$))*", re.IGNORECASE)
_MACAROONS = frozenset({"fm1r", "fm1a", "fm2"})


def authorization(raw: str) -> str:
    """The header for the Machines API. `fly tokens create` prints a scheme of its own, which is not doubled.

    Raises ValueError, without repeating it, for what is no token.
    """
    tokens = _tokens(raw)
    scheme = "FlyV1" if any(token.startswith(("fm1r_", "fm2_")) for token in tokens) else "Bearer"
    return f"{scheme} {','.join(tokens)}"


def bearer(raw: str) -> str:
    """The header that flyctl sends to the list of releases, whatever kind of token it has."""
    return f"Bearer {','.join(_tokens(raw))}"


def password(raw: str) -> str:
    """The token without its scheme: the registry takes it by basic auth, as the password of user `x`."""
    return ",".join(_tokens(raw))


def _tokens(raw: str) -> list[str]:
    """The macaroons of a pasted token; a user's token only when there is no macaroon."""
    parts = [token for part in _SCHEMES.sub("", raw, count=1).split(",") if (token := part.strip())]
    if not parts or not all(token.isascii() and token.isprintable() and " " not in token for token in parts):
        raise ValueError("Fly's token is empty, or has characters that no token has")
    macaroons = [token for token in parts if token.split("_")[0] in _MACAROONS]
    return macaroons or parts
