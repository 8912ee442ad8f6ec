"""A secret is repeated nowhere, and what is none is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.redaction import HIDDEN, Redactor

KNOWN = ("s3cr3t(signing)*", "hunter2-hunter2")
LOOK_LIKE_SECRETS = (
    "xoxb-1234567890-abcdef",
    "xoxe.xoxp-1-abcdefghij",
    "xapp-1-A0DROP-123-abc",
    "fm2_lJPECAAAAAAAAAAB/x+y=",
    "fo1_abcdefgh",
    "FlyV1 fm2_aaaaaaaaaa,fm2_bbbbbbbbbb",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghij",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "https://hooks.slack.com/commands/T0/1/abcdef",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAB==\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEow: the rest was cut off",
)
HARMLESS = (
    "registry.fly.io/drop-app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "machine 148e21ea7d0089 went to 01KC9Z3T7N2T8M9YQ0V5J4Q3ZB, not to the version we sent",
    "must begin with xoxb-",
    "https://getdrop.no/api/health answered 200 as expected in 2 ms",
    "http://127.0.0.1:8080/production/api/health?who=a@b.no",
    "a statement for john@alai.example, DATABASE_URL and FLY_API_TOKEN are set",
    "CR-001 approved by Alem Bašić: plan 88744975",
)


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(KNOWN)


@pytest.mark.parametrize("secret", [*KNOWN, *LOOK_LIKE_SECRETS])
def test_a_secret_is_hidden_and_the_words_around_it_stay(secret: str, redactor: Redactor) -> None:
    assert redactor.text(f"401 for {secret}") == f"401 for {HIDDEN}"
    assert redactor.text(f'"{secret}"').startswith(f'"{HIDDEN}')


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_left_as_it_is(text: str, redactor: Redactor) -> None:
    assert redactor.text(text) == text


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "https", "redis"])
def test_a_url_loses_its_user_and_password(scheme: str) -> None:
    url = f"{scheme}://drop:pa$$w0rd:x@db.internal:5432/drop"

    assert Redactor().text(f"cannot reach {url}") == f"cannot reach {scheme}://{HIDDEN}@db.internal:5432/drop"


def test_secrets_are_hidden_at_every_depth_keys_included(redactor: Redactor) -> None:
    seen = redactor.json({"exit": 0, "lines": ["ok", {KNOWN[0]: [f"DB={KNOWN[1]}", None, 1.5, True]}]})

    assert seen == {"exit": 0, "lines": ["ok", {HIDDEN: [f"DB={HIDDEN}", None, 1.5, True]}]}


def test_a_known_secret_of_a_few_letters_does_not_blot_out_words() -> None:
    assert Redactor(("drop", "")).text("drop-bot serves") == "drop-bot serves"


def test_the_longer_of_two_secrets_is_hidden_as_a_whole() -> None:
    assert Redactor(("abcdefgh", "abcdefgh-ijklmnop")).text("abcdefgh-ijklmnop") == HIDDEN


@given(st.text(), st.text(), st.sampled_from([*KNOWN, *LOOK_LIKE_SECRETS[:8]]))
def test_whatever_stands_around_a_secret_it_is_hidden(before: str, after: str, secret: str) -> None:
    assert secret not in Redactor(KNOWN).text(f"{before} {secret} {after}")


@given(st.text())
def test_what_was_redacted_once_stays_as_it_is(text: str) -> None:
    once = Redactor(KNOWN).text(text)

    assert Redactor(KNOWN).text(once) == once
