"""Pilot jobs as pods of Kubernetes, through Parsl's provider."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.values import shown
from ..errors import InputError, MissingExtra, message_of
from ._scheduler import STATUS_SECONDS

logger = logging.getLogger(__name__)

_POD_NAME = "tunesmith"
_HOPELESS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"}
"""Why a pod waits for something that does not come by itself."""


def make_kubernetes_provider(pod: Mapping[str, Any], **options: Any) -> Any:
    """Return a provider that runs each pilot job in a pod.

    Args:
        pod: What the user gives of the options of `parsl.providers.KubernetesProvider`; these go before others.
        options: Others of its options.

    Raises:
        InputError: An option is unknown, or Kubernetes is not configured here.
        MissingExtra: Parsl or the client of Kubernetes is not installed.
    """
    try:
        from kubernetes.client import ApiException
        from kubernetes.config import ConfigException
        from parsl.jobs.states import JobState, JobStatus
        from parsl.providers import KubernetesProvider
        from typeguard import TypeCheckError
        from urllib3.exceptions import HTTPError
    except ImportError as error:
        raise MissingExtra(
            f"pods of Kubernetes need its client: pip install 'tunesmith[kubernetes]'. ({message_of(error)})",
            keys=("scheduler",),
        ) from error
    known = set(inspect.signature(KubernetesProvider.__init__).parameters) - {"self", "pod_name"}
    if unknown := sorted(set(pod) - known):
        raise InputError(f"pod has no option {shown(unknown[0])}; it has {', '.join(sorted(known))}.", keys=("pod",))
    states = {"Pending": "PENDING", "Running": "RUNNING", "Succeeded": "COMPLETED", "Failed": "FAILED"}

    class Pods(KubernetesProvider):
        """In place of Parsl's way to follow pods, to which a pod that was deleted runs for ever."""

        status_polling_interval = STATUS_SECONDS

        def _get_pod_name(self, job_id: object) -> str:
            return f"{_POD_NAME}.{job_id}"  # also for a pod of an earlier session

        def _status(self) -> None:
            for job, known in self.resources.items():
                if not known["status"].terminal:
                    known["status"] = self._status_of(job, known["status"])

        def _status_of(self, job: object, last: Any) -> Any:
            try:
                status = self.kube_client.read_namespaced_pod(self._get_pod_name(job), self.namespace).status
            except ApiException as error:
                if error.status == 404:
                    return JobStatus(JobState.CANCELLED, message="the pod was deleted")
                logger.warning("Kubernetes does not tell the state of a pod: %s", message_of(error))
                return last
            except HTTPError as error:
                logger.warning("Kubernetes does not answer: %s", message_of(error))
                return last
            for container in status.container_statuses or ():
                if container.state.waiting is not None and container.state.waiting.reason in _HOPELESS:
                    waits = f"{container.state.waiting.reason}: {container.state.waiting.message}"
                    logger.error("a pod cannot start: %s", waits)
                    return JobStatus(JobState.FAILED, message=waits)
            return JobStatus(JobState[states.get(status.phase, "UNKNOWN")])

        def cancel(self, job_ids: Sequence[object]) -> list[bool]:
            for job in job_ids:
                try:
                    self._delete_pod(self._get_pod_name(job))  # type: ignore[no-untyped-call]
                except ApiException as error:
                    if error.status != 404:
                        raise
                self.resources[job]["status"] = JobStatus(JobState.CANCELLED)
            return [True] * len(job_ids)

    volumes = [tuple(volume) for volume in pod.get("persistent_volumes", ())]
    try:
        return Pods(**{**options, **pod, "persistent_volumes": volumes, "pod_name": _POD_NAME})
    except ConfigException as error:
        raise InputError(
            f"Kubernetes is not configured here: {message_of(error)} Check that `kubectl get pods` works.",
            keys=("scheduler",),
        ) from error
    except TypeCheckError as error:
        raise InputError(f"pod: {message_of(error)}", keys=("pod",)) from error
