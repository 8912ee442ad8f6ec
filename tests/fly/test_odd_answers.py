"""Answers that Fly should not give, and sometimes does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp import web

from checklist.errors import Ambiguous, Conflict, Outage
from checklist.plan import Machine
from checklist.ports import Lease
from checklist.record import Json
from checklist.words import MachineId
from fly.fleet import FlyFleet
from fly.registry import FlyRegistry
from tests.fly.servers import Naps, Odd, fleet_at, hangs_up, says

APP, ID = "drop-app", MachineId("148e21ea7d0089")
CONFIG: dict[str, Json] = {"image": "registry.fly.io/drop-app:v0.4.2", "guest": {"cpus": 1}}
MACHINE = '{"id":"148e21ea7d0089","instance_id":"01A","state":"started","config":{"guest":{}},"image_ref":{}}'


def update(fleet: FlyFleet) -> Awaitable[Machine]:
    return fleet.update(APP, ID, config=CONFIG, current_version="01A", nonce="5c35f65c9f95", launch=True)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 307])
async def test_an_update_that_fly_did_not_clearly_answer_is_ambiguous(odd: Odd, oddly: FlyFleet, status: int) -> None:
    odd.answer(says(status=status))

    with pytest.raises(Ambiguous):
        await update(oddly)

    assert len(odd.requests) == 1


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"id":""}', '{"id":"x","state":null}', "{"])
async def test_an_update_whose_answer_cannot_be_read_is_ambiguous(odd: Odd, oddly: FlyFleet, body: str) -> None:
    odd.answer(says(body))

    with pytest.raises(Ambiguous, match="cannot be understood"):
        await update(oddly)


async def test_an_update_that_got_no_answer_is_ambiguous(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(hangs_up)

    with pytest.raises(Ambiguous, match="the answer was lost"):
        await update(oddly)

    assert len(odd.requests) == 1


async def test_an_update_that_was_never_sent_is_no_more_than_an_outage(http: httpx.AsyncClient, naps: Naps) -> None:
    nowhere = fleet_at("http://127.0.0.1:1", http, naps)

    with pytest.raises(Outage) as outage:
        await update(nowhere)

    assert not isinstance(outage.value, Ambiguous)
    assert outage.value.retry


@pytest.mark.parametrize(
    ("status", "retry"), [(400, False), (401, False), (403, False), (404, False), (422, False), (429, True)]
)
async def test_an_update_that_was_refused_is_an_outage_and_did_not_happen(
    odd: Odd, oddly: FlyFleet, status: int, retry: bool
) -> None:
    odd.answer(says('{"error":"invalid_argument: no"}', status=status))

    with pytest.raises(Outage, match=f"{status} invalid_argument: no") as outage:
        await update(oddly)

    assert type(outage.value) is not Ambiguous
    assert outage.value.retry is retry
    assert len(odd.requests) == 1


LEASE = Lease(nonce="5c35f65c9f95", owner="", description="", expires_at=datetime(2026, 11, 25, tzinfo=UTC))
TRANSIENT = [says(status=408), says(status=429), says(status=500), says(status=503), hangs_up]


@pytest.mark.parametrize("first", TRANSIENT)
async def test_what_may_come_twice_is_sent_again_until_fly_answers(
    odd: Odd, oddly: FlyFleet, naps: Naps, first: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    odd.answer(first, first, says('{"status":"success","data":{"ok":true}}'))

    await oddly.release_lease(APP, ID, LEASE)

    assert len(odd.requests) == 3
    assert naps.taken == [0.5, 1.0]


@pytest.mark.parametrize("deed", ["cordon", "uncordon", "stop", "destroy"])
async def test_what_is_done_to_a_machine_that_goes_may_come_twice(odd: Odd, oddly: FlyFleet, deed: str) -> None:
    odd.answer(hangs_up, says(status=503), says('{"ok":true}'))

    await getattr(oddly, deed)(APP, ID, nonce="5c35f65c9f95")

    assert len(odd.requests) == 3


async def test_what_may_come_twice_is_sent_five_times_and_no_more(odd: Odd, oddly: FlyFleet, naps: Naps) -> None:
    odd.answer(says(status=503))

    with pytest.raises(Ambiguous):
        await oddly.release_lease(APP, ID, LEASE)

    assert len(odd.requests) == 5


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_a_clear_no_is_not_asked_for_again(odd: Odd, oddly: FlyFleet, status: int) -> None:
    odd.answer(says(status=status))

    with pytest.raises(Outage):
        await oddly.release_lease(APP, ID, LEASE)

    assert len(odd.requests) == 1


async def test_an_update_wants_the_version_of_the_secrets_that_fly_has_told(odd: Odd, oddly: FlyFleet) -> None:
    """flyctl #4576: a machine may otherwise start without a secret that was set just before."""
    bodies: list[dict[str, Json]] = []

    async def takes(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.Response(text=MACHINE)

    odd.answer(takes, says('{"secrets":[],"version":42}'), takes)
    await update(oddly)
    await oddly.secrets(APP)
    await update(oddly)

    assert [body.get("min_secrets_version") for body in bodies] == [None, 42]


@pytest.mark.parametrize("status", [409, 412])
async def test_a_concurrent_change_is_a_conflict(odd: Odd, oddly: FlyFleet, status: int) -> None:
    odd.answer(says('{"error":"aborted: machine is replacing: concurrent update in progress"}', status=status))

    with pytest.raises(Conflict, match="concurrent update in progress"):
        await update(oddly)


@pytest.mark.parametrize("body", ["", '{"error":"deadline_exceeded: machine failed to reach desired state"}'])
async def test_a_wait_that_runs_out_says_not_yet_with_or_without_a_body(odd: Odd, oddly: FlyFleet, body: str) -> None:
    odd.answer(says(body, status=408))

    assert await oddly.wait(APP, ID, version="01A", within=timedelta(seconds=2)) is False


@pytest.mark.parametrize(("within", "asked"), [(0.2, "1"), (2.5, "3"), (60, "60"), (300, "60")])
async def test_a_wait_asks_for_between_one_second_and_a_minute(
    odd: Odd, oddly: FlyFleet, within: float, asked: str
) -> None:
    odd.answer(says('{"ok":true}'))

    assert await oddly.wait(APP, ID, version="01A", within=timedelta(seconds=within))

    assert dict(odd.requests[0].query) == {"version": "01A", "state": "started", "timeout": asked}


@pytest.mark.parametrize("first", [says(status=502), says(status=503), says(status=429), hangs_up])
async def test_a_read_is_tried_again_when_fly_is_only_busy(
    odd: Odd, oddly: FlyFleet, first: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    odd.answer(first, says(MACHINE))

    assert (await oddly.machine(APP, ID)).id == ID


@pytest.mark.parametrize("status", [502, 503, 429])
async def test_a_read_is_tried_three_times_and_no_more(odd: Odd, oddly: FlyFleet, status: int) -> None:
    odd.answer(says(status=status))

    with pytest.raises(Outage):
        await oddly.machine(APP, ID)

    assert len(odd.requests) == 3


async def test_a_read_waits_as_long_as_fly_says(odd: Odd, oddly: FlyFleet, naps: Naps) -> None:
    odd.answer(says(status=429, Retry_After="7"), says(status=429, Retry_After="3600"), says(MACHINE))

    await oddly.machine(APP, ID)

    assert naps.taken == [7.0, 10.0]


async def test_an_empty_list_of_machines_is_an_outage(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says("[]"))

    with pytest.raises(Outage, match="listed no machines for drop-app"):
        await oddly.machines(APP)


@pytest.mark.parametrize("body", ["", "null", "{}", "[1]", '[{"id":"x"}]', "404 page not found"])
async def test_a_list_that_cannot_be_read_is_an_outage_and_not_ambiguous(odd: Odd, oddly: FlyFleet, body: str) -> None:
    odd.answer(says(body))

    with pytest.raises(Outage, match="cannot be understood") as outage:
        await oddly.machines(APP)

    assert not isinstance(outage.value, Ambiguous)


async def test_a_redirect_is_not_followed(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says(status=302, Location="/elsewhere"))

    with pytest.raises(Outage):
        await oddly.machines(APP)

    assert len(odd.requests) == 1


async def test_checks_that_fly_invents_for_old_clients_do_not_count(odd: Odd, oddly: FlyFleet) -> None:
    checks = '[{"name":"bg_deployments_compat_1","status":"passing"}]'
    odd.answer(says(MACHINE[:-1] + f',"checks":{checks}}}'))

    machine = await oddly.machine(APP, ID)

    assert machine.checks == {}
    assert not machine.healthy


async def test_a_version_without_a_config_is_as_one_that_is_not_listed(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says('[{"version":"01A"},{"version":"01B","user_config":{"env":{}}}]'))

    assert await oddly.version_config(APP, ID, "01A") is None


async def test_a_machine_that_was_deployed_by_digest_has_the_tag_that_we_noted(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says(MACHINE.replace('{"guest":{}}', '{"metadata":{"drop_image_tag":"v0.5.0"}}')))

    assert (await oddly.machine(APP, ID)).tag == "v0.5.0"


async def test_a_lease_answer_that_is_no_success_is_ambiguous(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says('{"status":"error"}', status=201))

    with pytest.raises(Ambiguous):
        await oddly.take_lease(APP, ID, description="drop-bot", ttl=timedelta(seconds=13))


async def test_a_lease_that_went_away_while_we_looked_is_a_conflict_with_fly_s_own_words(
    odd: Odd, oddly: FlyFleet
) -> None:
    odd.answer(says('{"error":"aborted: lease currently held"}', status=409), says(status=404))

    with pytest.raises(Conflict, match="lease currently held"):
        await oddly.take_lease(APP, ID, description="drop-bot", ttl=timedelta(seconds=13))


async def test_a_refresh_that_answers_with_another_nonce_means_that_the_lease_was_lost(
    odd: Odd, oddly: FlyFleet
) -> None:
    claim = '{{"status":"success","data":{{"nonce":"{}","expires_at":1708569778,"owner":"x@tokens.fly.io"}}}}'
    odd.answer(says(claim.format("5c35"), status=201), says(claim.format("9f95"), status=201))
    lease = await oddly.take_lease(APP, ID, description="drop-bot", ttl=timedelta(seconds=13))

    with pytest.raises(Conflict, match="taken anew"):
        await oddly.refresh_lease(APP, ID, lease, ttl=timedelta(seconds=13))


async def test_an_error_names_fly_s_request_and_keeps_tokens_to_itself(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says('{"error":"bad token fm2_sandboxdeploy"}', status=401, fly_request_id="01HZ-arn"))

    with pytest.raises(Outage) as outage:
        await oddly.machines(APP)

    assert outage.value.advice == "token rejected: 401 bad token fm2_… (request 01HZ-arn)"


async def test_a_name_with_a_slash_cannot_reach_another_path(odd: Odd, oddly: FlyFleet) -> None:
    odd.answer(says(MACHINE))

    await oddly.machine("../orgs", MachineId("a/../../b?c"))

    assert odd.requests[0].raw_path == "/v1/apps/..%2Forgs/machines/a%2F..%2F..%2Fb%3Fc"


async def test_the_registry_s_silence_ends_in_time(odd: Odd, http: httpx.AsyncClient) -> None:
    async def silence(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return web.Response()

    odd.answer(silence)
    registry = FlyRegistry(http, base_url=odd.base, token="fm2_sandboxdeploy")

    with pytest.raises(Outage, match="in time") as outage:
        await registry.digest(APP, "v0.5.0", within=timedelta(seconds=0.03))

    assert outage.value.retry


@pytest.mark.parametrize("digest", ["", "sha256:abc", "md5:" + "a" * 64])
async def test_a_manifest_without_a_digest_is_an_outage(odd: Odd, http: httpx.AsyncClient, digest: str) -> None:
    odd.answer(says(docker_content_digest=digest))
    registry = FlyRegistry(http, base_url=odd.base, token="fm2_sandboxdeploy")

    with pytest.raises(Outage, match="without a digest"):
        await registry.digest(APP, "v0.5.0", within=timedelta(seconds=5))
