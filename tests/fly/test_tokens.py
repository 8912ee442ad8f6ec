"""What becomes of a pasted token."""

import base64
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fly.registry import FlyRegistry
from fly.tokens import authorization, password
from tests.fly.servers import Odd, says

LETTERS = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789+/=-", min_size=1, max_size=40)
MACAROONS = st.builds("{}_{}".format, st.sampled_from(["fm1r", "fm1a", "fm2"]), LETTERS)
USERS = st.builds("fo1_{}".format, LETTERS)
SCHEMES = st.lists(st.sampled_from(["FlyV1 ", "Bearer ", "FlyV1  ", " "]), max_size=3).map("".join)


@pytest.mark.parametrize(
    ("pasted", "header"),
    [
        ("FlyV1 fm2_abc", "FlyV1 fm2_abc"),
        ("fm2_abc", "FlyV1 fm2_abc"),
        ("Bearer FlyV1 fm2_abc\n", "FlyV1 fm2_abc"),
        ("FlyV1 fm2_abc,fm2_discharge", "FlyV1 fm2_abc,fm2_discharge"),
        ("fo1_user,fm2_abc", "FlyV1 fm2_abc"),
        ("fm1r_abc", "FlyV1 fm1r_abc"),
        ("fm1a_abc", "Bearer fm1a_abc"),
        ("Bearer fo1_user", "Bearer fo1_user"),
    ],
)
def test_a_token_gets_the_scheme_that_its_kind_needs(pasted: str, header: str) -> None:
    assert authorization(pasted) == header


@given(SCHEMES, st.lists(MACAROONS | USERS, min_size=1, max_size=4))
def test_a_scheme_is_never_doubled_however_the_token_was_pasted(schemes: str, tokens: list[str]) -> None:
    header = authorization(schemes + ",".join(tokens))

    assert header == authorization(header) == authorization(",".join(tokens))
    assert header.count("FlyV1 ") + header.count("Bearer ") == 1


@given(st.lists(MACAROONS, min_size=1, max_size=3), st.lists(USERS, max_size=3))
def test_a_user_s_token_is_left_out_when_there_is_a_macaroon(macaroons: list[str], users: list[str]) -> None:
    assert password(",".join([*users, *macaroons])) == ",".join(macaroons)


@pytest.mark.parametrize("pasted", ["", "  ", "FlyV1 ", ",", "fm2_a b", "fm2_a\r\nX-Evil: 1", "fm2_ø"])
def test_what_is_no_token_is_refused_without_repeating_it(pasted: str) -> None:
    with pytest.raises(ValueError, match="no token has") as refusal:
        authorization(pasted)

    assert "Evil" not in str(refusal.value)


async def test_the_registry_gets_the_token_without_its_scheme_as_the_password_of_x(
    odd: Odd, http: httpx.AsyncClient
) -> None:
    odd.answer(says(docker_content_digest=f"sha256:{'a' * 64}"))

    registry = FlyRegistry(http, base_url=odd.base, token="FlyV1 fm2_sandboxdeploy")
    await registry.digest("drop-app", "v0.5.0", within=timedelta(seconds=5))

    sent = odd.requests[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"x:fm2_sandboxdeploy"
