"""Trials in pilot jobs of a batch system, through Parsl's HighThroughputExecutor."""

from __future__ import annotations

import concurrent.futures
import logging
import math
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from ..core.schema import expect_range
from ..core.trial import OnReport, TrialRequest
from ..errors import InputError
from ..execution.leftovers import KEPT, TRIAL_VARIABLE
from ..execution.portable import PortableTask
from ._kubernetes import make_kubernetes_provider
from ._scheduler import Scheduler, make_provider
from ._walltime import seconds_of
from .pool import PoolExecutor
from .process.alone import BLOCK_END_VARIABLE, closing_seconds

logger = logging.getLogger(__name__)

_HTEX = "parsl.executors.high_throughput"
_BLOCKS_FILE = "jobs/blocks"
_HEARTBEAT_SECONDS = 10
_POD_GIBIBYTES = 4
"""The memory of a pod for each trial, unless the user gives another."""
_DRAIN_LEAD_SECONDS = 10.0
"""A pilot job stops to take trials so long before those that run are stopped, or they would be started there again.

Its workers count from their own start, which takes some seconds on a busy node.
"""


@dataclass(frozen=True, kw_only=True)
class ParslExecutor(PoolExecutor):
    """Runs trials in pilot jobs: a job of the batch system starts workers, which run one trial after another.

    It suits trials that are shorter than the wait for a job of their own. Each has a process of its own. The pilot jobs
    end with the session. Shortly before its end a pilot job starts no more trials: with the study's limit of
    `seconds_per_trial` none that might not end in time, if that leaves it half of its time. A trial that does not end
    before its pilot job is stopped, and goes on from its checkpoint in another one.

    Args:
        slots: The number of trials that run at once.
        scheduler: `"local"` (this machine, to try it), `"slurm"`, `"pbs"` or `"kubernetes"`, where a pilot job is a
            pod, which has no walltime and no queue.
        trials_per_node: The number of trials that run at once on a node.
        nodes: The number of nodes of a pilot job. There are as many pilot jobs as the slots need.
        cores: Cores for each trial; also its number of threads.
        gpus_per_node: GPUs of a node, of which each trial sees its share: with as many trials one each, with fewer
            trials several, with more trials a part.
        walltime: The time of a pilot job, as `"HH:MM:SS"`.
        queue: The partition or queue.
        account: The account or project to charge.
        select: PBS: what a node must have, as `"ngpus=4:system=polaris"`. None asks for the GPUs.
        options: Further lines of the batch script, as `"#PBS -l filesystems=home:eagle"`.
        worker_init: Shell commands that a pilot job runs first.
        launcher: Where a pilot job starts workers: on its `"first node"`, or on all of them by `"srun"` or `"mpiexec"`.
        pod: Kubernetes: options of `parsl.providers.KubernetesProvider`, as `{"image": "me/train:1"}`. By
            default a pod gets the cores, 4 GiB of memory for each trial, and the GPUs as `nvidia.com/gpu`.
        python: The interpreter on the compute nodes, with tunesmith and all that the trials need. None is this one, and
            `python3` in a pod.
        address: The address at which compute nodes reach this machine. None tries all that it has.

    >>> ParslExecutor(slots=64, scheduler="slurm", trials_per_node=32).blocks
    2
    """

    withdraws: ClassVar[bool] = False

    scheduler: Literal["local", "slurm", "pbs", "kubernetes"] = "local"
    trials_per_node: int = 1
    nodes: int = 1
    cores: int = 1
    gpus_per_node: int = 0
    walltime: str = "01:00:00"
    queue: str | None = None
    account: str | None = None
    select: str | None = None
    options: str = ""
    worker_init: str = ""
    launcher: Literal["srun", "mpiexec", "first node"] = "first node"
    pod: Mapping[str, Any] = field(default_factory=dict)
    python: str | None = None
    address: str | None = None
    isolated: bool = True
    _folder: list[Path] = field(default_factory=list, init=False, repr=False, compare=False)
    _limit: list[float | None] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("trials_per_node", "nodes", "cores"):
            expect_range(self, option, 1)
        expect_range(self, "gpus_per_node", 0)
        seconds_of(self.walltime)
        if self.scheduler == "kubernetes" and not self.pod.get("image"):
            raise InputError('pod must name an image: pod = { image = "me/train:1" }, got none.', keys=("pod",))
        if self.scheduler == "kubernetes" and self.nodes > 1:
            raise InputError(f"nodes must be 1, as a pod has one node, got {self.nodes}.", keys=("nodes",))

    @property
    def threads(self) -> int:
        """Threads of numerical libraries for each trial."""
        return self.threads_per_trial or self.cores

    @property
    def on_this_machine(self) -> bool:
        """Whether the workers run on this machine."""
        return self.scheduler == "local"

    @property
    def blocks(self) -> int:
        """The number of pilot jobs."""
        return math.ceil(self.slots / (self.trials_per_node * self.nodes))

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Get ready, and end pilot jobs that a killed session left."""
        super().open(on_report, folder=folder)
        if folder is not None:
            self._folder[:] = [folder]
            self._cancel_left_blocks(folder / _BLOCKS_FILE)

    def make_pool(self) -> concurrent.futures.Executor:
        """Return a pool of workers in new pilot jobs."""
        folder = self._folder[0] if self._folder else Path(tempfile.mkdtemp(prefix="tunesmith-"))
        (folder / _BLOCKS_FILE).parent.mkdir(parents=True, exist_ok=True)
        provider = self._make_provider(folder)
        from parsl import Config, HighThroughputExecutor
        from parsl.executors.high_throughput.executor import DEFAULT_LAUNCH_CMD

        python = shlex.quote(self.python or ("python3" if self.scheduler == "kubernetes" else sys.executable))
        workers = HighThroughputExecutor(
            label="trials",
            provider=provider,
            address="127.0.0.1" if self.scheduler == "local" else self.address,
            max_workers_per_node=self.trials_per_node,
            cores_per_worker=1e-6,  # `max_workers_per_node` alone says how many there are.
            available_accelerators=shares_of_gpus(self.gpus_per_node, self.trials_per_node),
            launch_cmd=DEFAULT_LAUNCH_CMD.replace("process_worker_pool.py", f"{python} -m {_HTEX}.process_worker_pool"),
            interchange_launch_cmd=[sys.executable, "-m", f"{_HTEX}.interchange"],
            drain_period=self._drain_seconds,
            heartbeat_period=_HEARTBEAT_SECONDS,
            heartbeat_threshold=3 * _HEARTBEAT_SECONDS,
        )
        config = Config(
            executors=[workers],
            retries=0,  # Retries are the study's decision.
            run_dir=str(folder / "jobs" / "parsl"),
            initialize_logging=False,
            usage_tracking=0,
            max_idletime=1e9,
        )
        with _marked(folder):
            return _ParslPool(config)

    @property
    def _drain_seconds(self) -> int | None:
        """After how many seconds a pilot job starts no more trials; None for one that ends with the session."""
        if self.scheduler in ("local", "kubernetes"):
            return None
        walltime = seconds_of(self.walltime)
        last = walltime - closing_seconds(walltime, self.grace_seconds) - _DRAIN_LEAD_SECONDS
        limit = self._limit[0] if self._limit else None
        return max(1, int(last - limit if limit is not None and last - limit > walltime / 2 else last))

    def _start(self, task: PortableTask, request: TrialRequest, files: dict[str, bytes] | None) -> Future[Any]:
        self._limit[:] = [request.timeout_seconds]
        return super()._start(task, request, files)

    def _make_provider(self, folder: Path) -> Any:
        """Return the provider of the pilot jobs, which tell their workers when they end."""
        sizes: dict[str, Any] = {"init_blocks": self.blocks, "min_blocks": 0, "max_blocks": self.blocks}
        if self.scheduler == "kubernetes":
            provider = make_kubernetes_provider(self.pod, worker_init=self.worker_init, **self._size_of_pod, **sizes)
            Scheduler(provider).note_jobs(folder / _BLOCKS_FILE)
            return provider
        init = f"{self.worker_init}\nexport {BLOCK_END_VARIABLE}=$(($(date +%s) + {int(seconds_of(self.walltime))}))\n"
        if self.scheduler == "local":
            mark = f"export {TRIAL_VARIABLE}={shlex.quote(str(folder))}\n"
            return make_provider("LocalProvider", worker_init=mark + init, **sizes)
        sizes |= {"nodes_per_block": self.nodes, "walltime": self.walltime, "launcher": self.launcher}
        sizes |= {"worker_init": init, "account": self.account, "scheduler_options": self.options, "cmd_timeout": 60}
        cores = self.cores * self.trials_per_node
        if self.scheduler == "slurm":
            sizes |= {"partition": self.queue, "cores_per_node": cores, "gpus_per_node": self.gpus_per_node or None}
            provider = make_provider("SlurmProvider", exclusive=False, **sizes)
        else:
            gpus = f"ngpus={self.gpus_per_node}" if self.gpus_per_node else ""
            select = gpus if self.select is None else self.select
            sizes |= {"queue": self.queue, "cpus_per_node": cores, "select_options": select}
            provider = make_provider("PBSProProvider", **sizes)
        Scheduler(provider).note_jobs(folder / _BLOCKS_FILE)
        return provider

    @property
    def _size_of_pod(self) -> dict[str, Any]:
        cores = self.cores * self.trials_per_node
        gpus = {"nvidia.com/gpu": str(self.gpus_per_node)} if self.gpus_per_node else {}
        memory = f"{_POD_GIBIBYTES * self.trials_per_node}Gi"
        sizes = {"init_cpu": cores, "max_cpu": cores, "init_mem": memory, "max_mem": memory}
        return {**sizes, "extra_requests": gpus, "extra_limits": gpus}

    def _cancel_left_blocks(self, file: Path) -> None:
        """Cancel the pilot jobs that are noted in a file: their driver is gone, and they would run idle."""
        jobs = file.read_text().split() if file.exists() else []
        if jobs and self.scheduler != "local":
            scheduler = Scheduler(self._make_provider(file.parents[1]))
            for job, state in scheduler.states(dict.fromkeys(jobs, file.parent)).items():
                if not state.is_final:
                    logger.info("cancelling pilot job %s of an earlier session", job)
                    scheduler.cancel(job, file.parent)
        file.unlink(missing_ok=True)


class _ParslPool(concurrent.futures.Executor):
    """A pool over a Parsl kernel of its own, so that several studies can run in one process."""

    def __init__(self, config: Any) -> None:
        from parsl import DataFlowKernel

        self._kernel = DataFlowKernel(config)
        self._is_open = True

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        """Run a function in a worker."""
        job: Future[Any] = self._kernel.submit(
            function, app_args=arguments, executors=["trials"], cache=False, ignore_for_cache=[], app_kwargs=options
        )
        return job

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pilot jobs, and with them what still runs there."""
        if self._is_open:
            self._is_open = False
            self._kernel.cleanup()


def shares_of_gpus(gpus: int, trials: int) -> list[str]:
    """Return the GPUs of each trial of a node: several for one trial, or one for several trials.

    >>> shares_of_gpus(4, 2), shares_of_gpus(2, 4)
    (['0,1', '2,3'], ['0', '0', '1', '1'])
    """
    if trials > gpus:
        return [str(trial * gpus // trials) for trial in range(trials)] if gpus else []
    each = gpus // trials
    return [",".join(str(trial * each + index) for index in range(each)) for trial in range(trials)]


@contextmanager
def _marked(folder: Path) -> Iterator[None]:
    """Mark processes that are started meanwhile as the study's, so that the next session ends what a kill leaves."""
    marks = {TRIAL_VARIABLE: str(folder), **KEPT}
    before = {name: os.environ.get(name) for name in marks}
    os.environ.update(marks)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
