"""What a machine's config says, setting by setting."""

import pytest

from checklist.record import Json
from checks.settings import settings

VALUE = "hunter2hunter2"  # what nobody may read again
Config = dict[str, Json]


@pytest.mark.parametrize("autostop", [None, False, "off"])
def test_that_fly_never_stops_a_machine_is_one_thing_however_it_is_written(autostop: Json) -> None:
    written = settings({"services": [{"internal_port": 80, "autostop": autostop}]}, ["services"])

    assert written == settings({"services": [{"internal_port": 80}]}, ["services"])


def test_services_and_ports_are_told_apart_by_what_they_listen_on_whatever_their_order() -> None:
    tcp: Config = {"internal_port": 80, "protocol": "tcp", "ports": [{"port": 80}, {"port": 443}]}
    udp: Config = {"internal_port": 80, "protocol": "udp", "autostop": True}
    other: Config = {**tcp, "ports": [{"port": 443}, {"port": 80}]}

    read = settings({"services": [tcp, udp]}, ["services"])

    assert read == settings({"services": [udp, other]}, ["services"])
    assert (read["services.80/udp.autostop"].shown, read["services.80/tcp.ports.443.port"].shown) == ("stop", "443")


def test_two_services_of_one_name_are_both_read() -> None:
    one: Config = {"internal_port": 80, "autostart": True}

    read = settings({"services": [one, {**one, "autostart": False}]}, ["services"])

    assert [value.shown for name, value in read.items() if name.endswith("autostart")] == ["true", "false"]


def test_a_true_is_no_one_and_what_is_empty_is_not_set() -> None:
    true, one = (settings({"guest": {"gpus": value}}, ["guest"]) for value in (True, 1))

    assert true != one
    assert settings({"guest": {"a": None, "b": [], "c": {}}, "checks": None}, ["guest", "checks"]) == {}


def test_what_a_container_has_of_its_own_is_read_by_its_name() -> None:
    inside: Config = {"name": "proxy", "env": {"PORT": "1"}, "healthchecks": [{"name": "up", "interval": 5}]}

    read = settings({"env": {"A": "1"}, "containers": [inside]}, ["env", "checks", "guest"])

    assert set(read) == {
        "A",
        "containers.proxy.env.PORT",
        "containers.proxy.healthchecks.up.name",
        "containers.proxy.healthchecks.up.interval",
    }


def test_the_text_of_a_value_is_not_told_by_the_value_itself() -> None:
    assert VALUE not in repr(settings({"env": {"A": VALUE}}, ["env"]))
