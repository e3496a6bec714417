"""Trials on a Dask cluster."""

from __future__ import annotations

import concurrent.futures
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..errors import InputError, MissingExtra, message_of
from .pool import PoolExecutor

_ANY_PORT = "127.0.0.1:0"
"""Where a cluster of this process shows its pages: on this machine alone, as Dask itself does not."""


@dataclass(frozen=True, kw_only=True)
class DaskExecutor(PoolExecutor):
    """Runs trials on the workers of a Dask cluster, each in a process of its own.

    The workers need tunesmith and what the trials need. A worker that dies loses its trial, which then runs again on
    another one.

    Args:
        address: The scheduler's address, such as `"tcp://login1:8786"`. None starts a cluster in this
            process, to try it.
        shared_folder: Whether the workers see the study's folder.

    >>> DaskExecutor(slots=8, address="tcp://login1:8786").capabilities.can_stop
    True
    """

    withdraws: ClassVar[bool] = False

    address: str | None = None
    isolated: bool = True
    _cluster: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def on_this_machine(self) -> bool:
        """Whether the workers run on this machine."""
        return self.address is None

    def make_pool(self) -> concurrent.futures.Executor:
        """Return the cluster's executor."""
        try:
            import dask.config
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise MissingExtra(
                f"executor 'dask' needs Dask: pip install 'tunesmith[dask]'. ({message_of(error)})", keys=("executor",)
            ) from error
        self._close_cluster()
        # Retries are the study's decision.
        with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
            # Threads do, as every trial has a process of its own; and they need no guard in the user's script.
            cluster = self.address or LocalCluster(
                n_workers=1,
                threads_per_worker=self.slots,
                processes=False,
                dashboard_address=_ANY_PORT,
                worker_dashboard_address=_ANY_PORT,
                memory_limit=0,
            )
        try:
            client = Client(cluster, timeout=30)
        except OSError as error:
            raise InputError(
                f"no Dask scheduler answers at {self.address}: {message_of(error)}. Start one with `dask scheduler`, "
                "or give the address that it prints.",
                keys=("address",),
            ) from error
        self._cluster.append(client)
        if self.address is None:
            self._cluster.append(cluster)
        pool: concurrent.futures.Executor = client.get_executor(pure=False, retries=0)
        return pool

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._close_cluster()

    def _close_cluster(self) -> None:
        while self._cluster:
            self._cluster.pop(0).close()
