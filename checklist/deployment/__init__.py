"""A deployment: one passage of one version through the checklist. Frozen; a move returns the next value.

The aggregate is read in chapters, each building on the one before: state, items, approval, run, end.
"""

from checklist.deployment.end import Deployment
from checklist.deployment.run import UNDER_WAY
from checklist.deployment.state import BEFORE_DEPLOYMENT, CHANGE_APPROVED, ROLLOUT, Approval, Signature

__all__ = ["BEFORE_DEPLOYMENT", "CHANGE_APPROVED", "ROLLOUT", "UNDER_WAY", "Approval", "Deployment", "Signature"]
