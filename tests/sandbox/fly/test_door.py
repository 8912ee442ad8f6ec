"""What stands before every endpoint of the sandbox's Fly.io: tokens, limits, outages, the log."""

import pytest

from tests.sandbox.fly.visitor import APP, MACHINE, READ, SECOND, Visitor


@pytest.mark.parametrize("scheme", ["Bearer ", "FlyV1 ", "Bearer FlyV1 ", "FlyV1 fm2_other,"])
async def test_a_token_is_good_under_either_scheme(fly: Visitor, scheme: str) -> None:
    answer = await fly.http.get(MACHINE, headers={"Authorization": f"{scheme}fm2_sandboxdeploy"})

    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["", "fm2_sandboxdeploy", "Bearer nonsense", "Basic eDp5"])
async def test_a_wrong_token_is_a_401(fly: Visitor, header: str) -> None:
    refused = await fly.http.get(MACHINE, headers={"Authorization": header})

    assert refused.status_code == 401
    assert refused.json() == {"error": "Authenticate: token validation error", "status": "unknown"}


@pytest.mark.parametrize("path", [MACHINE, f"{MACHINE}/stop", f"{MACHINE}/lease", f"{MACHINE}/cordon"])
async def test_the_read_token_may_look_but_not_write(fly: Visitor, path: str) -> None:
    look = await fly.http.get(MACHINE, headers=READ)
    write = await fly.http.post(path, json={}, headers=READ)

    assert (look.status_code, write.status_code) == (200, 403)


@pytest.mark.parametrize(
    "path", ["/fly/v1/apps/nobody", f"{APP}/machines/0000", "/fly/v1/apps/drop-staging/machines/148e"]
)
async def test_an_unknown_app_or_machine_is_a_404_in_json(fly: Visitor, path: str) -> None:
    answer = await fly.http.get(path)

    assert answer.status_code == 404
    assert answer.json()["error"].startswith("not_found: ")


async def test_an_unknown_path_is_a_404_in_plain_text(fly: Visitor) -> None:
    answer = await fly.http.get("/fly/v1/nothing")

    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


@pytest.mark.parametrize(("method", "path"), [("GET", f"{APP}/secrets/ONE"), ("DELETE", f"{APP}/volumes/vol_0")])
async def test_an_endpoint_that_is_not_built_says_so(fly: Visitor, method: str, path: str) -> None:
    answer = await fly.http.request(method, path)

    assert answer.status_code == 501
    assert "does not serve this endpoint" in answer.json()["error"]


async def test_every_answer_has_a_request_id(fly: Visitor) -> None:
    good, bad = await fly.http.get(MACHINE), await fly.http.get("/fly/v1/apps/nobody")

    assert good.headers["fly-request-id"]
    assert bad.headers["fly-request-id"] not in {"", good.headers["fly-request-id"]}


async def test_after_a_change_a_client_keeps_to_one_node(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))

    assert [(cookie.name, cookie.path) for cookie in fly.http.cookies.jar] == [("fly_flaps_affinity", APP)]


async def test_an_action_on_a_machine_may_come_three_times_and_then_once_a_second(fly: Visitor) -> None:
    codes = [(await fly.http.post(f"{MACHINE}/cordon")).status_code for _ in range(4)]
    other = await fly.http.post(f"{APP}/machines/{SECOND}/cordon")
    fly.passes(1)
    later = [(await fly.http.post(f"{MACHINE}/cordon")).status_code for _ in range(2)]

    assert codes == [200, 200, 200, 429]
    assert other.status_code == 200
    assert later == [200, 429]


async def test_the_list_of_an_app_has_one_bucket(fly: Visitor) -> None:
    answers = [await fly.http.get(f"{APP}/machines") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json() == {"error": "resource exhausted: rate limit exceeded", "status": "unknown"}
    assert "Retry-After" not in answers[-1].headers


async def test_a_machine_may_be_read_ten_times_and_then_five_times_a_second(fly: Visitor) -> None:
    first = [(await fly.http.get(MACHINE)).status_code for _ in range(11)]
    fly.passes(1)
    later = [(await fly.http.get(MACHINE)).status_code for _ in range(6)]

    assert first == [200] * 10 + [429]
    assert later == [200] * 5 + [429]


async def test_moving_the_clock_fills_no_bucket(fly: Visitor) -> None:
    for _ in range(3):
        await fly.http.get(f"{APP}/machines")
    fly.clock.move(3600)

    assert (await fly.http.get(f"{APP}/machines")).status_code == 429


async def test_fly_can_be_down_while_the_registry_is_up(fly: Visitor) -> None:
    fly.faults.switch("fly-down", on=True)

    down = await fly.http.get(MACHINE)
    up = await fly.http.head(
        "/registry/v2/drop-app/manifests/v0.5.0", headers={"Authorization": ""}, auth=("x", "fm2_sandboxread")
    )

    assert (down.status_code, up.status_code) == (503, 200)
    assert down.json()["error"].startswith("unavailable: ")


async def test_every_request_is_in_the_log_the_refused_ones_too(fly: Visitor) -> None:
    await fly.http.get(MACHINE, headers={"Authorization": ""})
    await fly.http.post(f"{MACHINE}/lease", params={"ttl": 13}, json={"description": "CR-001"})

    refused, lease = fly.platform.log
    assert (refused["n"], refused["status"], refused["applied"]) == (1, 401, False)
    assert (lease["n"], lease["status"], lease["applied"]) == (2, 201, True)
    assert (lease["method"], lease["path"]) == ("POST", f"{MACHINE}/lease")
    assert (lease["query"], lease["body"], lease["headers"]) == ({"ttl": "13"}, {"description": "CR-001"}, {})
    assert lease["response"]["status"] == "success"
    assert set(lease) == {
        "n", "at", "t", "method", "path", "query", "headers", "body", "status", "response", "applied"
    }  # fmt: skip
