"""Opening a deployment, and everything that can be wrong with it."""

from checklist.moves import Status
from tests.bot.scene import ALEM, CR, JOHN, RELEASE, Scene

WRONG = (
    ("version", "five", "is not a version. Write 0.5.0."),
    ("commit", "main", "is not a commit. Write 7 to 40 hex digits"),
    ("image", "nginx:latest", "is not an image of this app"),
    ("image", "drop-app:v9.9.9", "The registry does not have drop-app:v9.9.9"),
    ("customers", "   ", "must not be empty"),
    ("risk", "   ", "must not be empty"),
    ("security", "   ", "must not be empty"),
    ("outcome", "   ", "must not be empty"),
)


async def test_the_modal_opens_a_deployment_by_digest(scene: Scene) -> None:
    errors = await scene.opens(version="v0.5.0")

    assert errors == {}
    deployment = scene.deployment()
    assert deployment.status is Status.PREPARING
    assert deployment.release.version == "0.5.0"
    assert deployment.release.image == "drop-app:v0.5.0"
    assert deployment.release.digest.startswith("sha256:")
    assert await scene.view(JOHN) is None
    assert (await scene.sees("CR-001 · Drop v0.5.0 · preparing"))["edited"] is False
    assert [fact.by for fact in scene.entries("deployment.opened")] == [JOHN]


async def test_a_version_that_is_not_one_is_refused_before_a_modal_opens(scene: Scene) -> None:
    answer = await scene.says(JOHN, "/drop deploy banana")

    assert "“banana” is not a version" in answer
    assert "0.5.0" in answer
    assert await scene.view(JOHN) is None
    assert scene.refusals() == ["BadField"]


async def test_only_a_deploy_engineer_gets_the_modal(scene: Scene) -> None:
    answer = await scene.says(ALEM, "/drop deploy 0.5.0")

    assert "deploy-engineer" in answer
    assert await scene.view(ALEM) is None
    assert scene.refusals() == ["NotAllowed"]


async def test_a_wrong_field_is_an_error_on_that_field_and_opens_nothing(scene: Scene) -> None:
    await scene.says(JOHN, "/drop deploy 0.5.0")

    for field, wrong, said in WRONG:
        errors = await scene.submits(JOHN, **scene.release(**{"image": "", field: wrong}))
        assert list(errors) == [field]
        assert said in errors[field]

    assert scene.opened() is None
    assert len(scene.refusals()) == len(WRONG)


async def test_every_wrong_field_is_named_at_once_and_the_modal_stays_to_be_put_right(scene: Scene) -> None:
    errors = await scene.opens(version="five", commit="main", risk=" ")
    mended = await scene.submits(JOHN, version="0.5.0", commit="abcdef1", risk="Low")

    assert set(errors) == {"version", "commit", "risk"}
    assert mended == {}
    assert scene.deployment().release.risk == "Low"


async def test_an_image_that_the_registry_does_not_have_is_an_error_on_the_version_that_named_it(scene: Scene) -> None:
    errors = await scene.opens(version="9.9.9")

    assert "The registry does not have" in errors["image"]
    assert scene.opened() is None


async def test_while_nobody_tells_which_image_it_is_nothing_opens_and_the_modal_waits(scene: Scene) -> None:
    await scene.people.faults("registry-down")
    await scene.people.faults("graphql-down")
    errors = await scene.opens()
    await scene.people.faults("graphql-down", on=False)
    again = await scene.submits(JOHN)

    assert "did not answer" in errors["image"]
    assert again == {}
    assert scene.deployment().status is Status.PREPARING


async def test_a_second_deployment_waits_for_the_first_to_be_over(scene: Scene) -> None:
    await scene.opens()

    answer = await scene.says(JOHN, "/drop deploy 0.5.1")
    await scene.says(JOHN, "/drop abandon")
    after = await scene.says(JOHN, "/drop deploy 0.5.1")

    assert f"{CR} is still open" in answer
    assert scene.refusals() == ["AlreadyOpen"]
    assert after == ""
    assert await scene.view(JOHN) is not None


async def test_of_two_modals_open_at_once_only_the_first_opens_a_deployment(scene: Scene) -> None:
    await scene.says(JOHN, "/drop deploy 0.5.1")
    await scene.elsewhere_opens(JOHN)

    errors = await scene.submits(JOHN, **{**RELEASE, "version": "0.5.1"})

    assert "CR-001 is still open" in "".join(errors.values())
    assert [fact.body["version"] for fact in scene.entries("deployment.opened")] == ["0.5.0"]
    assert scene.refusals() == ["AlreadyOpen"]
