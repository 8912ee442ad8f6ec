"""The Slack app's manifest: what Slack would accept, and nothing that the bot does not need."""

import json
import re
from pathlib import Path
from typing import Any  # a manifest is whatever its file says, until the schemas have judged it

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).parent.parent
MANIFEST = ROOT / "manifest.yml"
SCHEMAS = ("manifest-schema-v1.json", "manifest-schema-v2.json")


@pytest.fixture
def manifest() -> dict[str, Any]:
    """The manifest as JSON knows it, which is how Slack reads it."""
    as_json: dict[str, Any] = json.loads(json.dumps(yaml.safe_load(MANIFEST.read_text())))
    return as_json


def validator(name: str) -> Draft7Validator:
    schema = json.loads((ROOT / "tests" / "schemas" / name).read_text())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_slack_accepts_the_manifest(schema: str, manifest: dict[str, Any]) -> None:
    complaints = [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(manifest)]

    assert complaints == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_slack_refuses_a_manifest_with_a_word_that_it_does_not_know(schema: str, manifest: dict[str, Any]) -> None:
    manifest["settings"]["socket_mode"] = True

    assert not validator(schema).is_valid(manifest)


def test_the_bot_needs_no_address_that_slack_can_reach(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert "url" not in json.dumps(manifest)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_slack_accepts_the_manifest_with_the_addresses_that_http_needs(schema: str, manifest: dict[str, Any]) -> None:
    by_http = merged(manifest, difference())

    assert [error.message for error in validator(schema).iter_errors(by_http)] == []
    assert json.dumps(by_http).count("/slack/events") == 3
    assert by_http["settings"]["socket_mode_enabled"] is False
    assert by_http["settings"]["interactivity"]["is_enabled"] is True
    assert by_http["features"]["slash_commands"][0]["usage_hint"]


def difference() -> Any:
    """What docs/http.md says of the manifest."""
    text = (ROOT / "docs" / "http.md").read_text()
    return yaml.safe_load(text.partition("```yaml")[2].partition("```")[0])


def merged(one: Any, other: Any) -> Any:
    """The first with what the second says; lists are merged line by line."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: merged(one.get(key), other[key]) if key in other else one[key] for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(*pair) for pair in zip(one, other, strict=True)]
    return other


def test_there_is_one_command_and_it_is_drop(manifest: dict[str, Any]) -> None:
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/drop"]


def test_the_bot_asks_for_the_least_that_it_can_work_with(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]

    assert list(scopes) == ["bot"]
    assert set(scopes["bot"]) == {
        "commands",
        "chat:write",
        "channels:read",
        "channels:history",
        "im:write",
        "im:history",
        "users:read",
    }


def test_every_scope_and_every_event_says_what_it_is_for(manifest: dict[str, Any]) -> None:
    argued = set(re.findall(r"^ +- (\S+) # \S.+$", MANIFEST.read_text(), flags=re.MULTILINE))

    asked = {*manifest["oauth_config"]["scopes"]["bot"], *manifest["settings"]["event_subscriptions"]["bot_events"]}
    assert asked <= argued
