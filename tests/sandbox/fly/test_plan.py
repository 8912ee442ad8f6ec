"""The fault plan of the sandbox's Fly.io: which call goes wrong, how, and what has taken effect by then."""

import httpx
import pytest

from sandbox.fly.plan import ANY_CHANGE, ANY_READ, Kind, Misplanned, PlannedFault
from tests.sandbox.fly.visitor import APP, MACHINE, SECOND, Visitor

UPDATE = "POST /v1/apps/{app}/machines/{machine}"
READ_MACHINE = "GET /v1/apps/{app}/machines/{machine}"
CORDON = "POST /v1/apps/{app}/machines/{machine}/cordon"


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (
            PlannedFault(kind=Kind.REJECT, status=412, text="insufficient resources"),
            412,
            "failed_precondition: insuffi",
        ),
        (PlannedFault(kind=Kind.UNAVAILABLE), 503, "unavailable: "),
        (PlannedFault(kind=Kind.RATE_LIMITED), 429, "resource exhausted: "),
    ],
)
async def test_a_planned_refusal_takes_no_effect(fly: Visitor, fault: PlannedFault, status: int, error: str) -> None:
    fly.platform.plan.add(fault)

    refused = await fly.http.post(f"{MACHINE}/cordon")

    assert refused.status_code == status
    assert refused.json()["error"].startswith(error)
    assert "Retry-After" not in refused.headers
    assert (await fly.machine())["cordoned"] is False


async def test_a_planned_rate_limit_may_say_when_to_come_back(fly: Visitor) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.RATE_LIMITED, retry_after="2"))

    assert (await fly.http.get(MACHINE)).headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("kind", "applied"),
    [
        (Kind.TIMEOUT_BEFORE_APPLY, False),
        (Kind.RESET_BEFORE_APPLY, False),
        (Kind.APPLY_THEN_TIMEOUT, True),
        (Kind.APPLY_THEN_RESET, True),
    ],
)
async def test_an_answer_is_lost_before_or_after_the_call_took_effect(fly: Visitor, kind: Kind, applied: bool) -> None:
    fly.platform.plan.add(PlannedFault(kind=kind, route=CORDON))

    with pytest.raises(httpx.RemoteProtocolError):
        await fly.http.post(f"{MACHINE}/cordon")

    assert (await fly.machine())["cordoned"] is applied
    lost = fly.platform.log[0]
    assert (lost["status"], lost["applied"]) == (None, applied)


@pytest.mark.parametrize("kind", [Kind.TIMEOUT_BEFORE_APPLY, Kind.APPLY_THEN_TIMEOUT, Kind.SLOW])
async def test_a_caller_with_little_patience_times_out(fly: Visitor, kind: Kind) -> None:
    fly.platform.plan.add(PlannedFault(kind=kind, seconds=0.08))

    with pytest.raises(httpx.ReadTimeout):
        await fly.http.get(MACHINE, timeout=0.02)


async def test_a_slow_answer_comes_all_the_same(fly: Visitor) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.SLOW, seconds=0.02))

    answer = await fly.http.get(MACHINE)

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.02


@pytest.mark.parametrize("text", ["", '{"hello": "world"}'])
async def test_a_garbled_answer_is_a_200_though_the_call_took_effect(fly: Visitor, text: str) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.GARBAGE, text=text))

    answer = await fly.http.post(f"{MACHINE}/cordon")

    assert answer.status_code == 200
    assert answer.text == text or answer.text.startswith("<html>")
    assert (await fly.machine())["cordoned"] is True


async def test_a_stale_read_answers_what_was_true_before_the_last_change(fly: Visitor) -> None:
    before = await fly.machine()
    fly.platform.plan.add(PlannedFault(kind=Kind.STALE_READ, route=READ_MACHINE))
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)

    stale, true = (await fly.http.get(MACHINE)).json(), (await fly.http.get(MACHINE)).json()

    assert stale == before
    assert true["state"] == "stopped"


async def test_a_stale_read_before_any_change_is_just_a_read(fly: Visitor) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.STALE_READ))

    assert (await fly.machine())["state"] == "started"


async def test_a_fault_strikes_the_nth_call_of_its_route_and_no_other(fly: Visitor) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.UNAVAILABLE, route=CORDON, nth=2))

    other = await fly.http.get(MACHINE)
    codes = [(await fly.http.post(f"{MACHINE}/cordon")).status_code for _ in range(3)]

    assert other.status_code == 200
    assert codes == [200, 503, 200]


async def test_a_fault_may_go_on_for_ever(fly: Visitor) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.UNAVAILABLE, nth=2, forever=True))

    codes = [(await fly.http.get(path)).status_code for path in (MACHINE, APP, MACHINE, APP)]

    assert codes == [200, 503, 503, 503]


@pytest.mark.parametrize(("route", "codes"), [(ANY_READ, [503, 200]), (ANY_CHANGE, [200, 503])])
async def test_reads_and_changes_can_be_hit_apart(fly: Visitor, route: str, codes: list[int]) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.UNAVAILABLE, route=route, forever=True))

    answers = [await fly.http.get(MACHINE), await fly.http.post(f"{MACHINE}/cordon")]

    assert [answer.status_code for answer in answers] == codes


async def test_each_call_in_turn_can_be_made_to_fail_until_the_scenario_runs_clean(fly: Visitor) -> None:
    failed: list[int] = []
    for nth in range(1, 10):
        fly.passes(5)
        fly.platform.plan.replace(PlannedFault(kind=Kind.UNAVAILABLE, nth=nth))
        codes = [(await fly.http.get(path)).status_code for path in (APP, MACHINE, f"{APP}/machines/{SECOND}")]
        if not fly.platform.plan.struck:
            break
        failed.append(codes.index(503))

    assert failed == [0, 1, 2]
    assert [(call.index, call.method, call.route, call.fault) for call in fly.platform.plan.calls] == [
        (1, "GET", "GET /v1/apps/{app}", None),
        (2, "GET", READ_MACHINE, None),
        (3, "GET", READ_MACHINE, None),
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ({"kind": "explode"}, "unknown kind: explode; there are reject, "),
        ({}, "unknown kind: None"),
        ({"kind": "slow", "route": "GET /nowhere"}, 'unknown route: GET /nowhere; there are "any", "any read"'),
        ({"kind": "slow", "when": 3}, "unknown: when; a fault has forever, kind, nth"),
        ({"kind": "slow", "nth": "3"}, "nth is not int"),
        ({"kind": "slow", "nth": True}, "nth is not int"),
        ({"kind": "slow", "nth": 0}, "nth begins at 1"),
        ({"kind": "slow", "seconds": -1}, "seconds are not negative"),
        ({"kind": "reject", "status": 200}, "a status of an error"),
        ({"kind": "stale-read", "route": UPDATE}, "is no read that an old copy could answer"),
        ("slow", "each fault is an object"),
    ],
)
async def test_a_plan_that_could_not_strike_is_refused_with_what_is_possible(
    fly: Visitor, line: object, complaint: str
) -> None:
    with pytest.raises(Misplanned, match=complaint):
        fly.platform.plan.add(PlannedFault(kind=Kind.SLOW), PlannedFault.read(line))

    assert fly.platform.plan.comes("GET", READ_MACHINE) is None


async def test_a_node_that_has_not_heard_of_a_change_answers_whoever_keeps_no_cookie(fly: Visitor) -> None:
    fly.faults.switch("stale-nodes", on=True)
    await fly.http.post(f"{MACHINE}/cordon")

    led = await fly.machine()
    async with httpx.AsyncClient(base_url=fly.http.base_url, headers=fly.http.headers) as stranger:
        lost = (await stranger.get(MACHINE)).json()
        fly.passes(0.5)
        later = (await stranger.get(MACHINE)).json()

    assert (led["cordoned"], lost["cordoned"], later["cordoned"]) == (True, False, True)


async def test_a_wait_is_asked_of_the_machine_itself_however_old_the_copies_are(fly: Visitor) -> None:
    fly.faults.switch("stale-nodes", on=True)
    reply = await fly.updates(fly.image("v0.5.0"))
    fly.http.cookies.clear()
    fly.passes(0.3)

    waited = await fly.http.get(f"{MACHINE}/wait", params={"state": "started", "version": reply["instance_id"]})

    assert (waited.status_code, waited.json()["version"]) == (200, reply["instance_id"])
