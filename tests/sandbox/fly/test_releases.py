"""Releases of the sandbox's Fly.io: written and read over REST, and over the GraphQL that older flyctls speak."""

import pytest

from sandbox.fly.plan import Kind, PlannedFault
from tests.sandbox.fly.visitor import READ, Json, Visitor

API = "/fly/api/v1"
RELEASES = f"{API}/apps/drop-app/releases"
IMAGE = "registry.fly.io/drop-app:v0.5.0"
RELEASE: Json = {"app_name": "drop-app", "build_id": 0, "definition": {"app": "drop-app"}, "image": IMAGE}
INPUT: Json = {"appId": "drop-app", "image": IMAGE, "definition": {"app": "drop-app"}, "platformVersion": "machines"}
FIELDS = "id version description reason status imageRef stable user { id email name } createdAt"


async def create(fly: Visitor, strategy: str = "ROLLING") -> Json:
    answer = await fly.http.post(f"{API}/releases", json={**RELEASE, "strategy": strategy})
    assert answer.status_code == 201, answer.text
    release: Json = answer.json()["release"]
    return release


async def ask(fly: Visitor, query: str, headers: dict[str, str] | None = None, **variables: object) -> Json:
    answer = await fly.http.post("/fly/graphql", json={"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    found: Json = answer.json()
    return found


async def test_a_new_release_has_the_next_number_and_comes_first(fly: Visitor) -> None:
    release = await create(fly)

    listed = (await fly.http.get(RELEASES)).json()["releases"]
    assert (release["version"], release["status"], release["image_ref"]) == (64, "pending", IMAGE)
    assert [one["version"] for one in listed] == [64, 63, 62, 61]
    assert (await fly.http.get(f"{RELEASES}/current")).json() == release
    assert (await fly.http.get(f"{API}/releases/all_current")).json()["drop-app"] == release["created_at"]


@pytest.mark.parametrize(
    ("status", "in_progress", "stable"),
    [("running", True, False), ("complete", False, True), ("failed", False, False), ("interrupted", False, False)],
)
async def test_what_became_of_a_release_is_answered_bare(
    fly: Visitor, status: str, in_progress: bool, stable: bool
) -> None:
    release = await create(fly)

    answer = await fly.http.patch(f"{API}/releases/{release['id']}", json={"status": status, "metadata": None})

    assert answer.status_code == 200
    assert answer.json() == {**release, "status": status, "in_progress": in_progress, "stable": stable}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"app_name": "nobody"}, 404),
        ({"image": ""}, 422),
        ({"definition": None}, 422),
        ({"strategy": "HASTY"}, 422),
    ],
)
async def test_a_release_that_says_too_little_is_refused(fly: Visitor, change: Json, status: int) -> None:
    refused = await fly.http.post(f"{API}/releases", json={**RELEASE, "strategy": "ROLLING", **change})

    assert refused.status_code == status


async def test_an_unknown_release_or_status_is_refused(fly: Visitor) -> None:
    release = await create(fly)

    unknown = await fly.http.patch(f"{API}/releases/nothing", json={"status": "complete"})
    odd = await fly.http.patch(f"{API}/releases/{release['id']}", json={"status": "splendid"})

    assert (unknown.status_code, odd.status_code) == (404, 422)


async def test_the_read_token_lists_releases_and_writes_none(fly: Visitor) -> None:
    listed = await fly.http.get(RELEASES, headers=READ)
    written = await fly.http.post(f"{API}/releases", json={**RELEASE, "strategy": "ROLLING"}, headers=READ)

    assert (listed.status_code, written.status_code) == (200, 403)


async def test_releases_can_be_down_while_machines_are_up(fly: Visitor) -> None:
    fly.faults.switch("releases-down", on=True)

    assert (await fly.http.get(RELEASES)).status_code == 500
    assert (await fly.http.post(f"{API}/releases", json=RELEASE)).status_code == 500
    assert (await fly.machine())["state"] == "started"
    assert (await ask(fly, "{ app(name: $a) { name } }", a="drop-app"))["data"] == {"app": {"name": "drop-app"}}


async def test_the_scheme_of_a_token_may_be_refused_once(fly: Visitor) -> None:
    fly.platform.plan.add(PlannedFault(kind=Kind.REJECT, status=401, route="POST /api/v1/releases"))

    first = await fly.http.post(f"{API}/releases", json={**RELEASE, "strategy": "ROLLING"})

    assert first.status_code == 401
    assert (await create(fly))["version"] == 64


async def test_releases_are_read_over_graphql_with_their_definitions(fly: Visitor) -> None:
    await create(fly)

    answer = await ask(
        fly,
        "query($appName: String!, $limit: Int!) { app(name: $appName) {"
        f" releases: releasesUnprocessed(first: $limit) {{ nodes {{ {FIELDS} }} }}"
        " currentRelease: currentReleaseUnprocessed { version configDefinition deploymentStrategy inProgress } } }",
        appName="drop-app",
        limit=2,
    )

    newest, before = answer["data"]["app"]["releases"]["nodes"]
    assert (newest["version"], newest["imageRef"], before["version"]) == (64, IMAGE, 63)
    assert answer["data"]["app"]["currentRelease"] == {
        "version": 64,
        "configDefinition": {"app": "drop-app"},
        "deploymentStrategy": "ROLLING",
        "inProgress": False,
    }
    assert "errors" not in answer


async def test_a_release_is_written_over_graphql_and_read_over_rest(fly: Visitor) -> None:
    made = await ask(
        fly,
        "mutation CreateRelease($input: CreateReleaseInput!) {"
        " createRelease(input: $input) { release { id version } } }",
        input={**INPUT, "strategy": "BLUEGREEN"},
    )
    id = made["data"]["createRelease"]["release"]["id"]
    await ask(
        fly,
        "mutation UpdateRelease($input: UpdateReleaseInput!) { updateRelease(input: $input) { release { id } } }",
        input={"releaseId": id, "status": "complete"},
    )

    current = (await fly.http.get(f"{RELEASES}/current")).json()
    assert (current["id"], current["version"], current["status"]) == (id, 64, "complete")
    assert current["strategy"] == "BLUEGREEN"


@pytest.mark.parametrize(
    ("ref", "tag"),
    [(IMAGE, "v0.5.0"), ("registry.fly.io/drop-app:v9", None), ("drop-app:v0.5.0", None), ("a b", None)],
)
async def test_graphql_knows_an_image_by_its_whole_name_only(fly: Visitor, ref: str, tag: str | None) -> None:
    query = (
        "query ($a: String!, $r: String!) { app(name: $a) { id image(ref: $r) { digest size: compressedSizeFull } } }"
    )

    image = (await ask(fly, query, a="drop-app", r=ref))["data"]["app"]["image"]

    assert (image["digest"] if image else None) == (fly.digest(tag) if tag else None)


async def test_bluegreen_may_be_refused_to_the_organisation(fly: Visitor) -> None:
    query = "query ($appName: String!) { canPerformBluegreenDeployment(name: $appName) }"

    before = await ask(fly, query, appName="drop-app")
    fly.faults.switch("bluegreen-limit", on=True)
    after = await ask(fly, query, appName="drop-app")

    assert before == {"data": {"canPerformBluegreenDeployment": True}}
    assert after == {"data": {"canPerformBluegreenDeployment": False}}


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ('{ app(name: "nobody") { id } }', "NOT_FOUND", "Could not find App"),
        (
            '{ app(name: "drop-app") { colour } }',
            "GRAPHQL_VALIDATION_FAILED",
            "Field 'colour' doesn't exist on type 'App'",
        ),
        ('{ app(name: "drop-app") }', "GRAPHQL_VALIDATION_FAILED", "Field must have selections"),
        ('{ app(name: "drop-app") { id { id } } }', "GRAPHQL_VALIDATION_FAILED", "Selections can't be made on scalars"),
        ("{ app { id } }", "GRAPHQL_VALIDATION_FAILED", "doesn't accept these arguments"),
        ("{ app(name: $gone) { id } }", "GRAPHQL_VALIDATION_FAILED", "Variable $gone was not provided"),
        ("{ app(", "GRAPHQL_VALIDATION_FAILED", "Unexpected end of document"),
        ("{ app } ; drop", "GRAPHQL_VALIDATION_FAILED", "Unexpected character"),
        ("", "GRAPHQL_VALIDATION_FAILED", "Unexpected end of document"),
        ('mutation { updateRelease(input: {releaseId: "x", status: "complete"}) { release { id } } }', "NOT_FOUND", ""),
    ],
)
async def test_a_query_that_goes_wrong_is_a_200_with_errors(fly: Visitor, query: str, code: str, message: str) -> None:
    answer = await ask(fly, query)

    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == code
    assert message in answer["errors"][0]["message"]


async def test_a_token_that_is_wrong_or_may_not_write_is_told_so_in_a_200(fly: Visitor) -> None:
    wrong = await ask(fly, '{ app(name: "drop-app") { id } }', headers={"Authorization": "Bearer nonsense"})
    weak = await ask(
        fly,
        "mutation ($input: CreateReleaseInput!) { createRelease(input: $input) { release { id } } }",
        headers=READ,
        input={**INPUT, "strategy": "ROLLING"},
    )

    assert [answer["errors"][0]["extensions"]["code"] for answer in (wrong, weak)] == ["UNAUTHORIZED", "UNAUTHORIZED"]
    assert (await fly.http.get(f"{RELEASES}/current")).json()["version"] == 63


async def test_graphql_can_be_down_while_releases_are_up(fly: Visitor) -> None:
    fly.faults.switch("graphql-down", on=True)

    assert (await fly.http.post("/fly/graphql", json={"query": "{ app }"})).status_code == 503
    assert (await fly.http.get(RELEASES)).status_code == 200
