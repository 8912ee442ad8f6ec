"""The life of a deployment: its states, its moves, and the one table that joins them."""

from collections.abc import Mapping
from enum import StrEnum


class Move(StrEnum):
    """Everything that can be asked of a deployment, or happen to it."""

    OPEN = "open"
    SETTLE = "settle"  # a mark or a waiting step: by a check, a confirmation, a statement
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    VOID = "void"  # the plan changed, or the approval ended
    START = "start"
    HALT = "halt"
    RETRY = "retry"
    PROCEED = "proceed"  # the run goes on to verification
    SIGN_OFF = "sign_off"
    COMPLETE = "complete"
    ROLL_BACK = "roll_back"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    ABANDON = "abandon"


class Status(StrEnum):
    PREPARING = "preparing"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    DEPLOYING = "deploying"
    HALTED = "halted"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_INCOMPLETE = "rollback_incomplete"
    ABANDONED = "abandoned"


S, M = Status, Move
BEFORE_START = (S.PREPARING, S.AWAITING_APPROVAL, S.APPROVED)
ON_THE_WAY = (S.DEPLOYING, S.HALTED, S.ROLLING_BACK, S.ROLLBACK_INCOMPLETE)
CAN_ROLL_BACK = (S.DEPLOYING, S.HALTED, S.VERIFYING, S.COMPLETED, S.ROLLBACK_INCOMPLETE)
OVER = frozenset({S.COMPLETED, S.ROLLED_BACK, S.ABANDONED})

# The one table of moves: from where, to where. What is not here cannot happen.
MOVES: Mapping[Move, Mapping[Status, Status]] = {
    M.SETTLE: {status: status for status in (*BEFORE_START, *ON_THE_WAY, S.VERIFYING)},
    M.SUBMIT: {S.PREPARING: S.AWAITING_APPROVAL},
    M.APPROVE: {S.AWAITING_APPROVAL: S.APPROVED},
    M.REJECT: {S.AWAITING_APPROVAL: S.PREPARING},
    M.VOID: {S.AWAITING_APPROVAL: S.PREPARING, S.APPROVED: S.PREPARING, S.DEPLOYING: S.PREPARING},
    M.START: {S.APPROVED: S.DEPLOYING},
    M.HALT: {S.DEPLOYING: S.HALTED},
    M.RETRY: {S.HALTED: S.DEPLOYING},
    M.PROCEED: {S.DEPLOYING: S.VERIFYING},
    M.SIGN_OFF: {status: status for status in (*BEFORE_START, S.VERIFYING)},
    M.COMPLETE: {S.VERIFYING: S.COMPLETED},
    M.ROLL_BACK: dict.fromkeys(CAN_ROLL_BACK, S.ROLLING_BACK),
    M.ROLLED_BACK: {S.ROLLING_BACK: S.ROLLED_BACK},
    M.ROLLBACK_FAILED: {S.ROLLING_BACK: S.ROLLBACK_INCOMPLETE},
    M.ABANDON: dict.fromkeys((*BEFORE_START, S.HALTED), S.ABANDONED),
}
