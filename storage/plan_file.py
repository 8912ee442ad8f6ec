"""The plan of the deployment that was begun last, in a file beside the record: the way back when the record is lost."""

import json
from dataclasses import dataclass
from pathlib import Path

from checklist.errors import RecordOutage
from checklist.plan import Plan
from checklist.ports import Record
from checklist.record import Json
from storage.codec import plan_of
from storage.files import replace_file

NOTE = (
    "The way back of the deployment that was begun last, for `drop-bot rollback` when the record cannot be used. "
    "Nobody signed this file: whoever can write here can change it."
)


class PlanFileWrong(Exception):
    """The file is not what the bot wrote."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not what the bot wrote, so nothing is done by it")


class RecordBehind(Exception):
    """The record knows nothing of the deployment that was begun last: it is an older copy."""

    def __init__(self, path: Path, plan: Plan) -> None:
        super().__init__(
            f"The record knows nothing of {plan.deployment} (plan {plan.digest[:8]}), which was begun on it: it is an "
            f"older copy. Put a newer copy in its place. If there is none, move {path} away, and start again: what "
            "happened since the copy was made is then in no record, so survey production before anything else."
        )


@dataclass(frozen=True, slots=True)
class JsonPlanFile:
    """The port PlanFile."""

    path: Path

    def write(self, plan: Plan) -> None:
        body: dict[str, Json] = {"note": NOTE, "digest": plan.digest, "plan": plan.body()}
        try:
            replace_file(self.path, json.dumps(body, indent=1, ensure_ascii=False) + "\n")
        except OSError as error:
            raise RecordOutage("The plan file", f"{self.path} cannot be written ({error.strerror})") from error

    def read(self) -> Plan | None:
        """None when no deployment was begun yet. Raises PlanFileWrong."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise PlanFileWrong(self.path) from error
        return self._checked(text)

    def refuse_older(self, record: Record) -> None:
        """A record that was restored from before the plan was begun is not to be gone on with. Raises RecordBehind."""
        plan = self.read()
        if plan is None:
            return
        with record.look() as work:
            if work.journal.newest(plan.deployment, "plan.exported", plan.digest) is None:
                raise RecordBehind(self.path, plan)

    def _checked(self, text: str) -> Plan:
        try:
            body = json.loads(text)
            plan = plan_of(body["plan"])
        except (ValueError, KeyError, TypeError) as error:
            raise PlanFileWrong(self.path) from error
        if plan.digest != body.get("digest"):
            raise PlanFileWrong(self.path)
        return plan
