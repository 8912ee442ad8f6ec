"""The checklist that the product ships is the mission's: its lines, in its order, with its people and its limits."""

from datetime import timedelta
from pathlib import Path

import pytest

from checklist.bind import workplace
from checklist.definition import Checklist
from checklist.kinds import CheckKind, bind
from checklist.loading import load
from checklist.words import Condition, Kind, NeededFor, Phase, Proof, Role, Tie

FILE = Path(__file__).parents[2] / "checklist.yml"

LINES = {
    Phase.PRE: """
        Code reviewed and approved
        All unit tests passing
        All integration tests passing
        Code coverage meets minimum
        No HIGH/CRITICAL security findings
        No secrets detected
        Linting passes
        TypeScript compiles
        Staging deployment complete
        E2E tests passing on staging
        Manual QA sign-off obtained
        Performance baseline not degraded
        Visual regression checks passed
        Health endpoint responding
        Database migrations reviewed
        Migrations tested on staging
        Down/rollback migration tested
        Migration script idempotent
        Estimated migration time on production documented
        Data backup taken before migration
        Pass-through model verified
        All environment variables documented
        New secrets provisioned
        Configuration changes reviewed
        External API keys
        `NEXT_PUBLIC_SERVICE_MODE`
        `NEXT_PUBLIC_FEATURE_FLAGS`
        BankID keys
        Feature flags configured
        Cards feature flag = OFF
        BankID flag = OFF
        Kill switches in place for QR payments and Remittance
        Feature flag audit complete
        Rollback plan documented
        Previous version artifact available
        Rollback tested on staging
        Rollback owner assigned
        Rollback time < 5 minutes confirmed
        On-call engineer notified
        Deployment window confirmed
        Monitoring dashboards open
        Slack channel ready
        Change request approved""",
    Phase.DURING: """
        Announce deployment start in #drop-deploy
        Enable maintenance mode (if required)
        Trigger deployment: `flyctl deploy --app drop-app`
        Monitor deployment progress
        Run database migrations (if applicable)
        Verify migration success
        Confirm new instances healthy
        Confirm all instances running new version
        Run smoke tests
        Verify health endpoint
        Disable maintenance mode (if enabled)
        Announce deployment complete in #drop-deploy""",
    Phase.POST: """
        Health checks passing
        Smoke tests pass
        Critical user journey manual test
        Error rate normal: < 0.1%
        P99 latency normal: < 500ms
        Database connections normal
        No unexpected errors in logs
        Registration flow functional
        Login + JWT cookie set
        Remittance flow functional
        QR payment flow functional
        Exchange rates returning
        Cards feature flag OFF
        Rate limiting active
        Performance baseline compared
        CPU and memory normal
        Stakeholders notified
        Release notes published
        Security audit score maintained""",
    Phase.ROLLBACK_TRIGGER: """
        Smoke tests fail after deployment
        Error rate > 1% for > 5 consecutive minutes
        P99 > 2,000ms sustained
        Data integrity issue detected
        Security vulnerability actively exploited""",
    Phase.EMERGENCY: """
        Sign-off from Alem Bašić (CEO) or John (AI Director)
        At least 1 code reviewer
        Staging deployment and smoke test
        Enhanced post-deploy monitoring for 4h
        Full retroactive change request within 24h""",
}


@pytest.fixture(scope="module")
def checklist() -> Checklist:
    return load(FILE)


@pytest.mark.parametrize(
    ("phase", "count"),
    [(Phase.PRE, 43), (Phase.DURING, 12), (Phase.POST, 19), (Phase.ROLLBACK_TRIGGER, 5), (Phase.EMERGENCY, 5)],
)
def test_every_line_of_the_mission_is_there_in_its_order(checklist: Checklist, phase: Phase, count: int) -> None:
    lines = [line.strip() for line in LINES[phase].strip().splitlines()]
    texts = [item.text for item in checklist.items(phase)]

    assert len(texts) == len(lines) == count
    assert [text[: len(line)] for text, line in zip(texts, lines, strict=True)] == lines


def test_sections_stand_in_the_mission_s_order(checklist: Checklist) -> None:
    assert [section.title for section in checklist.sections] == [
        "Code quality gates",
        "Staging verification",
        "Database & migrations",
        "Environment & configuration",
        "Feature flags",
        "Rollback readiness",
        "Operational readiness",
        "During deployment",
        "Immediate verification (first 15 minutes)",
        "Feature validation (first 30 minutes)",
        "Monitoring setup (first 60 minutes)",
        "Rollback triggers, any one sufficient",
        "Emergency deployment",
    ]


def test_six_items_are_needed_only_for_the_start_and_the_other_37_for_the_request(checklist: Checklist) -> None:
    start = {item.id for item in checklist.items() if item.needed_for is NeededFor.START}
    submit = [item for item in checklist.items() if item.needed_for is NeededFor.SUBMIT]

    assert start == {
        "change-approved",
        "window-confirmed",
        "rollback-owner",
        "oncall-notified",
        "dashboards-open",
        "backup-taken",
    }
    assert len(submit) == 37
    assert {item.phase for item in submit} == {Phase.PRE}


def test_items_after_the_deployment_have_the_deadline_of_their_section(checklist: Checklist) -> None:
    deadlines = [item.deadline for item in checklist.items(Phase.POST)]

    assert deadlines == [timedelta(minutes=15)] * 7 + [timedelta(minutes=30)] * 7 + [timedelta(minutes=60)] * 5
    assert not any(item.deadline for item in checklist.items(Phase.PRE, Phase.DURING, Phase.EMERGENCY))


def test_five_steps_lead_back_and_the_down_migration_only_where_there_was_one(checklist: Checklist) -> None:
    assert [step.id for step in checklist.rollback] == [
        "rb-announce",
        "rb-deploy",
        "rb-migrate-down",
        "rb-verify-health",
        "rb-verify-smoke",
    ]
    assert [step.id for step in checklist.rollback if step.when is Condition.MIGRATIONS] == ["rb-migrate-down"]


def test_three_sign_offs_close_a_deployment_and_the_last_takes_two_signatures(checklist: Checklist) -> None:
    assert [(sign_off.id, sign_off.roles) for sign_off in checklist.sign_offs] == [
        ("signoff-pre", (Role.DEPLOY_ENGINEER,)),
        ("signoff-deployed", (Role.DEPLOY_ENGINEER,)),
        ("signoff-verified", (Role.VALIDATOR, Role.DEPLOY_ENGINEER)),
    ]


def test_each_way_of_proof_has_as_many_items_as_the_mission_gives_it(checklist: Checklist) -> None:
    proofs = [item.proof for item in checklist.items()]

    assert {proof: proofs.count(proof) for proof in Proof} == {
        Proof.AUTO: 61,
        Proof.AUTO_CONFIRM: 14,
        Proof.ACKNOWLEDGE: 5,
        Proof.ATTEST: 4,
    }


def test_what_may_never_be_waived_is_written_down(checklist: Checklist) -> None:
    assert {item.id for item in checklist.items() if not item.waivable} == {
        *("staging-deployed", "staging-e2e", "backup-taken", "pass-through-model", "service-mode-mock"),
        *("public-flags-cards-off", "rollback-image", "window-confirmed", "change-approved", "deploy-trigger"),
        *("migrate-up", "instances-healthy", "instances-on-version", "emg-signoff", "emg-staging", "emg-retro-cr"),
    }


def test_items_about_migrations_and_maintenance_apply_only_where_there_are_any(checklist: Checklist) -> None:
    migrations = [item.id for item in checklist.items() if item.when is Condition.MIGRATIONS]
    maintenance = [item.id for item in checklist.items() if item.when is Condition.MAINTENANCE]

    assert migrations == [
        *("migration-reviewed", "migration-staged", "migration-down-tested", "migration-idempotent", "migration-time"),
        *("backup-taken", "migrate-up", "migrate-verify"),
    ]
    assert maintenance == ["maintenance-on", "maintenance-off"]


def test_what_the_requester_may_not_settle_somebody_else_can(checklist: Checklist) -> None:
    tied = [item for item in checklist.items() if item.distinct_from]

    assert {item.id: item.distinct_from for item in tied} == {
        "staging-qa": {Tie.REQUESTER},
        "migration-reviewed": {Tie.AUTHOR},
        "config-reviewed": {Tie.REQUESTER},
        "change-approved": {Tie.REQUESTER, Tie.ENGINEER},
        "post-journey": {Tie.REQUESTER},
        "emg-signoff": {Tie.REQUESTER},
        "emg-retro-cr": {Tie.REQUESTER},
    }
    for item in tied:
        assert {person.id for person in checklist.team.holders(item.role)} - {"john"}, item.id


def test_john_and_the_validator_are_agents_and_alem_approves(checklist: Checklist) -> None:
    kinds = {person.name: person.kind for person in checklist.team.people.values()}
    approvers = checklist.team.holders(Role.APPROVER)

    assert kinds == {"John": Kind.AGENT, "Alem Bašić": Kind.HUMAN, "Validator": Kind.AGENT}
    assert [person.name for person in approvers] == ["Alem Bašić"]
    assert set(checklist.team.roles) == set(Role)


def test_the_two_apps_are_the_mission_s(checklist: Checklist) -> None:
    staging, production = checklist.staging, checklist.production

    assert (staging.name, staging.url, staging.machines) == ("drop-staging", "https://drop-staging.fly.dev", 1)
    assert (production.name, production.url, production.machines) == ("drop-app", "https://getdrop.no", 2)


def test_unknown_blackouts_stay_in_sight_and_bank_holidays_are_one(checklist: Checklist) -> None:
    blackouts = {rule.id: (rule.first, rule.last, rule.holidays) for rule in checklist.window.blackouts}

    assert blackouts == {
        "finanstilsynet": (None, None, False),
        "baas-onboarding": (None, None, False),
        "bank-holidays": (None, None, True),
    }


def test_every_check_can_be_bound_from_the_file_and_a_deployment(checklist: Checklist) -> None:
    of_a_deployment = dict.fromkeys(
        ["version", "digest", "rollback_digest", "sha", "base_sha", "tag", "change_id", "baseline_p95"], "x"
    )
    values = {**workplace(checklist), **of_a_deployment}

    bound = [bind(item.check.params, values) for item in checklist.items() if item.check]

    assert len(bound) == 84
    assert "${" not in "".join(params.model_dump_json() for params in bound)


def test_every_kind_of_check_is_used(checklist: Checklist) -> None:
    kinds = {item.check.kind for item in checklist.items() if item.check}

    assert kinds == set(CheckKind)


def test_every_item_says_what_counts_as_evidence(checklist: Checklist) -> None:
    assert all(item.evidence for item in checklist.items())
