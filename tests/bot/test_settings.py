"""Settings: Slack comes in by a socket or by signed requests, and a wrong setting is named with where to get it."""

import pytest

from bot.settings import SettingsWrong, read_settings

LEAST = {"SLACK_BOT_TOKEN": "xoxb-1-abcdefgh", "FLY_API_TOKEN": "FlyV1 fm2_production,fm2_staging"}
DOORS = ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least that is needed, but for the way in which Slack comes."""
    for name in (*DOORS, "HOST", "PORT", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in LEAST.items():
        monkeypatch.setenv(name, value)


def wrong() -> str:
    with pytest.raises(SettingsWrong) as refused:
        read_settings()
    return str(refused.value)


def test_with_an_app_level_token_the_bot_dials_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-a")

    assert read_settings().socket_mode


def test_with_a_signing_secret_alone_slack_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")

    assert not read_settings().socket_mode


def test_with_both_the_bot_dials_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-a")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")

    assert read_settings().socket_mode


def test_with_neither_both_are_named() -> None:
    said = wrong()

    assert said.startswith("SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (signed HTTP) is missing.")
    assert "App-Level Tokens" in said
    assert "Signing Secret" in said


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_one_is_refused(name: str, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, empty)

    assert wrong().startswith(f"{name} is wrong. Get it from: Slack app → Basic Information")


@pytest.mark.parametrize("port", ["http", "-1", "65536", ""])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-a")
    monkeypatch.setenv("PORT", port)

    assert wrong() == "PORT is wrong. It is a number up to 65535, 3000 if unset: the bot serves its own HTTP there."


def test_every_secret_is_known_by_the_parts_that_could_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")
    monkeypatch.setenv("DATABASE_URL", "postgresql://drop:p%40ss%2Fword@db.internal/drop")

    assert set(read_settings().secrets) == {
        "xoxb-1-abcdefgh",
        "8f742231b10e8888abcd99yyyzzz85a5",
        "FlyV1 fm2_production,fm2_staging",
        "FlyV1",
        "fm2_production",
        "fm2_staging",
        "p%40ss%2Fword",
        "p@ss/word",
    }


def test_settings_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")

    shown = repr(read_settings()) + str(read_settings())

    assert [secret for secret in read_settings().secrets if len(secret) > len("FlyV1") and secret in shown] == []
