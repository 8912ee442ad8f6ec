"""What is read from GitHub: reviews, check runs, artifacts, alerts, workflows and files."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from checklist.kinds.base import CheckKind, Duration, Names, Op, Params, Strict
from checklist.words import Role


class GithubPrReviews(Params):
    """Every pull request between two commits has its approvals; with `paths`, those that touch them."""

    kind: Literal[CheckKind.GITHUB_PR_REVIEWS] = CheckKind.GITHUB_PR_REVIEWS
    range: str
    min_approvals: int = 1
    reviewers: Role | None = None
    forbid_author: bool = True
    on_head_commit: bool = True
    forbid_direct_pushes: bool = False
    paths: Names = ()
    min_people: int = 0  # distinct people, the author among them when `count_author`
    count_author: bool = False

    @property
    def roles_named(self) -> tuple[Role, ...]:
        return (self.reviewers,) if self.reviewers else ()


class GithubCheckRun(Params):
    """A named check run on a commit; with a JUnit artifact, at least `min_tests` tests in it."""

    kind: Literal[CheckKind.GITHUB_CHECK_RUN] = CheckKind.GITHUB_CHECK_RUN
    ref: str
    check: str
    conclusion: str = "success"
    junit_artifact: str = ""
    min_tests: int = 0


class Assertion(Strict):
    """A figure (a dotted path) against `value`, or `value` times the figure `of`; per key that matches `paths`."""

    figure: str
    op: Op
    value: float = 1.0
    of: str = ""
    paths: str = ""


class GithubArtifactJson(Params):
    """Figures in a JSON file of a workflow's artifact, at `ref` or of the newest run of `workflow`."""

    kind: Literal[CheckKind.GITHUB_ARTIFACT_JSON] = CheckKind.GITHUB_ARTIFACT_JSON
    artifact: str
    file: str
    asserts: Annotated[tuple[Assertion, ...], Field(min_length=1)]
    ref: str = "${sha}"
    workflow: str = ""
    max_bytes: int = 5_000_000


class GithubAlerts(Params):
    """At most `max` open alerts; where the API is not licensed, the check run `fallback_check` on `ref` decides."""

    kind: Literal[CheckKind.GITHUB_ALERTS] = CheckKind.GITHUB_ALERTS
    source: Literal["code-scanning", "secret-scanning", "dependabot"]
    severities: Names = ()
    max: int = 0
    issue_labels: Names = ()  # open issues with all of these labels count too
    ref: str = "${sha}"
    fallback_check: str = ""
    range: str = ""
    forbid_paths: Names = ()  # in `range`; a leading ! is an exception


class GithubWorkflow(Params):
    """Acts: dispatches a workflow on `ref` and reads its conclusion at `head_sha`."""

    kind: Literal[CheckKind.GITHUB_WORKFLOW] = CheckKind.GITHUB_WORKFLOW
    workflow: str
    ref: str
    inputs: Mapping[str, str] = Field(default_factory=dict)
    head_sha: str
    conclusion: str = "success"
    timeout: Duration = timedelta(minutes=30)


class GithubFile(Params):
    """A file exists at a ref, is not trivially small, and says `contains`."""

    kind: Literal[CheckKind.GITHUB_FILE] = CheckKind.GITHUB_FILE
    path: str
    ref: str
    min_bytes: int = 1
    contains: str = ""


class GithubFileJson(Params):
    """A JSON file at two commits: keys that are new at `head` are false there."""

    kind: Literal[CheckKind.GITHUB_FILE_JSON] = CheckKind.GITHUB_FILE_JSON
    path: str
    base: str
    head: str
    rule: Literal["new-keys-false"]
