"""Kept configs: everything of a machine's configuration but what is secret, and the whole of it again at an undo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.kept import KeptConfig, ValuesGone, keep, spelled
from checklist.plan import Machine
from checklist.record import Json, canonical
from checklist.redaction import Redactor
from checklist.words import ImageDigest, MachineId

PASSWORD, TOKEN = "postgres://drop:hunter2hunter2@db/drop", "a token of ours"
REDACTOR = Redactor(known=(TOKEN,))
CONFIG: dict[str, Json] = {
    "image": "registry.fly.io/drop-app:v0.4.2",
    "env": {"LOG_LEVEL": "info", "DATABASE_URL": PASSWORD, "STRIPE_KEY": "abc", "PORT": "8080"},
    "metadata": {"fly_release_version": "63"},
    "services": [{"internal_port": 8080, "headers": {"x": TOKEN}}, {"internal_port": 9090}],
    "init": {"cmd": ["run", f"--with={TOKEN}"]},
}
HIDDEN = {"/env/DATABASE_URL", "/env/STRIPE_KEY", "/services/0/headers/x", "/init/cmd/1"}


def machine(config: dict[str, Json]) -> Machine:
    return Machine(
        id=MachineId("148e"),
        instance_id="01A",
        state="started",
        digest=ImageDigest("sha256:aa"),
        tag="v0.4.2",
        config=config,
        checks={},
    )


def kept(config: dict[str, Json] = CONFIG) -> KeptConfig:
    return keep(machine(config), REDACTOR)


def changed(**env: str) -> dict[str, Json]:
    before = CONFIG["env"]
    assert isinstance(before, dict)
    return {**CONFIG, "env": {**before, **env}}


def test_no_secret_is_kept_and_none_can_be_read_out_of_its_digest() -> None:
    text = canonical(dict(kept().body)) + canonical(dict(kept().hidden))

    assert set(kept().hidden) == HIDDEN
    assert not [secret for secret in (PASSWORD, "hunter2hunter2", TOKEN, '"abc"') if secret in text]
    assert '"LOG_LEVEL":"info"' in text


def test_what_was_left_out_is_taken_from_the_machine_and_the_config_is_whole_again() -> None:
    assert kept().restored(changed(LOG_LEVEL="debug", MORE="1")) == CONFIG


def test_a_value_that_changed_is_taken_from_an_earlier_version_and_from_nowhere_else() -> None:
    now = changed(DATABASE_URL="postgres://drop:another-password@db/drop")

    assert kept().missing_in(now) == ("/env/DATABASE_URL",)
    assert kept().restored(now, CONFIG) == CONFIG
    with pytest.raises(ValuesGone, match="env DATABASE_URL"):
        kept().restored(now)


def test_a_config_without_the_place_of_a_value_does_not_have_it() -> None:
    assert set(kept().missing_in({}, {"env": None, "services": [], "init": {"cmd": "run"}})) == HIDDEN


def test_an_object_with_a_secret_among_its_keys_is_left_out_whole() -> None:
    config: dict[str, Json] = {"labels": {TOKEN: "1", "other": "2"}}

    found = kept(config)

    assert dict(found.body) == {"labels": None}
    assert found.restored(config) == config


def test_the_differences_are_named_by_key_and_never_by_value() -> None:
    now = changed(LOG_LEVEL="debug", DATABASE_URL="postgres://drop:another-password@db/drop", MORE="1")
    now = {**now, "image": "another", "metadata": {"fly_release_version": "63", "drop_image_tag": "v0.5.0"}}
    now["services"] = [{"internal_port": 8081, "headers": {"x": TOKEN}}, {"internal_port": 9090}]

    differences = kept().differences(now)

    assert [spelled(pointer) for pointer in differences] == [
        "env DATABASE_URL",
        "env LOG_LEVEL",
        "env MORE",
        "services.0.internal_port",
    ]


def test_another_number_of_services_is_one_difference() -> None:
    assert kept().differences({**CONFIG, "services": []}) == ("/services",)


def test_a_config_is_no_different_from_itself() -> None:
    assert kept().differences(CONFIG) == ()


TEXTS = st.sampled_from([TOKEN, PASSWORD, "info", "", "a/b~c"])
CONFIGS = st.dictionaries(
    st.sampled_from(["env", "a/b", "c~d", "API_TOKEN", "services"]),
    st.recursive(
        TEXTS | st.none() | st.booleans() | st.integers(),
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["KEY", "x/y", TOKEN]), inside),
        max_leaves=8,
    ),
)


@given(CONFIGS)
def test_whatever_a_config_holds_it_is_kept_without_secrets_and_restored_whole(config: dict[str, Json]) -> None:
    found = kept(config)

    assert REDACTOR.text(canonical(dict(found.body))) == canonical(dict(found.body))
    assert found.restored(config) == config
    assert found.differences(config) == ()
