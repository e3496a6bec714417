"""What to do about a job that waits, by the reason that Slurm gives."""

from __future__ import annotations

_WALLTIME = "it asks for more time than allowed: cancel the job, lower walltime, and run the study again"
_SPENT = "the account has no hours left: choose another account, or ask for more"
_REFUSED = "cancel the job, correct {what} in [execution] or the profile, and run the study again"

_REMEDIES = {
    "PartitionTimeLimit": _WALLTIME,
    "QOSMaxWallDurationPerJobLimit": _WALLTIME,
    "AssocMaxWallDurationPerJobLimit": _WALLTIME,
    "AssocGrpCPUMinutesLimit": _SPENT,
    "AssocGrpCPURunMinutesLimit": _SPENT,
    "AssocGrpBillingMinutes": _SPENT,
    "AssocGrpGRESMinutes": _SPENT,
    "QOSGrpCPUMinutesLimit": _SPENT,
    "QOSGrpBillingMinutes": _SPENT,
    "ReqNodeNotAvail": "the nodes are down or reserved, as for maintenance: wait, or lower walltime to end before that",
    "InvalidAccount": _REFUSED.format(what="account"),
    "InvalidQOS": _REFUSED.format(what="qos"),
    "AccountNotAllowed": _REFUSED.format(what="account or partition"),
    "QOSNotAllowed": _REFUSED.format(what="qos"),
    "BadConstraints": _REFUSED.format(what="constraint, cores, gpus or memory_gb"),
    "PartitionConfig": _REFUSED.format(what="cores, gpus or memory_gb"),
    "PartitionNodeLimit": _REFUSED.format(what="cores or gpus"),
    "PartitionDown": "the partition takes no jobs now: wait, or choose another one",
    "PartitionInactive": "the partition takes no jobs now: wait, or choose another one",
}


def remedy(reason: str) -> str:
    """Return what to do about a job that waits for a reason; empty if it is to wait for its turn.

    >>> remedy("ReqNodeNotAvail, UnavailableNodes:n1").partition(":")[0]
    'the nodes are down or reserved, as for maintenance'
    >>> remedy("Priority")
    ''
    """
    for word, words in _REMEDIES.items():
        if reason.strip("()").startswith(word):
            return words
    return ""


def explained(reason: str) -> str:
    """Return a reason and what to do about it, in words."""
    words = remedy(reason)
    return f"{reason}; {words}" if words else reason
