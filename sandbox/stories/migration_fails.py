"""The migration ends with exit code 1: the deployment halts, nobody runs it twice, and John rolls back."""

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import passages
from sandbox.stories.scene import Scene

_BACKUP, _DOWN = "backup-taken", "rb-migrate-down"
_BY_HAND = "Nothing was applied, as db:migrate:status says: there is nothing to take back."


async def migration_fails(scene: Scene) -> None:
    """The migration ends with exit code 1: the deployment halts with its last words, and nobody runs it twice."""
    await passages.opens(scene, migrations="yes")
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await passages.approves(scene)
    await has_a_backup(scene)
    await passages.settles_before_start(scene)
    await scene.breaks("migration-fails")
    await passages.starts(scene)
    await scene.headline("halted", 60)
    await scene.sees("ended with exit code 1", 15)
    scene.requires(len(await _begun(scene)) == 1, "the migration was begun once")
    await _goes_back(scene)
    scene.requires(len(await _begun(scene)) == 1, "the migration was begun once, and not again on the way back")


async def has_a_backup(scene: Scene) -> None:
    """John has the volume of the database backed up; the snapshot is known by its id before anything moves."""
    await scene.says("john", f"/drop check {passages.CR} {_BACKUP}")
    await scene.until(lambda _: any(_is_backup(entry) for entry in scene.entries()), 60, "a snapshot is taken")


def _is_backup(entry: Object) -> bool:
    body = entry["body"]
    return entry["kind"] == "item.checked" and body["item"] == _BACKUP and "snapshot" in body["evidence"]


async def _goes_back(scene: Scene) -> None:
    """John rolls back; whether the database goes back too is asked, and is his to say."""
    await passages.clicks_when_there(scene, "john", "Roll back")
    await scene.submits("john", reason="The migration cannot get its lock tonight.")
    await scene.headline(f"attests {_DOWN}", 60)
    await scene.says("john", f"/drop attest {passages.CR} {_DOWN} {_BY_HAND}")
    await passages.smoke_tests(scene, "rb-verify-smoke")
    await scene.headline("rolled back", 30)
    await passages.runs(scene, "v0.4.2")


async def _begun(scene: Scene) -> list[Object]:
    """Each start of a one-off machine that Fly.io was asked for."""
    fly = (await scene.control.log())["fly"]
    machines = f"/fly/v1/apps/{seed.PRODUCTION_APP}/machines/"
    return [entry for entry in fly if entry["path"].startswith(machines) and entry["path"].endswith("/start")]
