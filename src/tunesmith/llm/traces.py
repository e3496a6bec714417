"""OpenTelemetry spans of roles, requests and tools, by the conventions for generative AI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingExtra

if TYPE_CHECKING:
    from pydantic_ai.capabilities import Instrumentation

_EXPORT_SECONDS = 5.0  # A short limit, so that a study does not wait for its traces.


class Traces:
    """Sends spans to a collector such as Phoenix, in batches, from a thread of its own.

    It uses its own tracer provider, separate from any that the user's program installs.

    Args:
        url: The collector's address for OTLP over HTTP, such as `"http://127.0.0.1:6006/v1/traces"`.

    Raises:
        MissingExtra: The exporter is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise MissingExtra("traces need an extra: pip install 'tunesmith[traces]'") from None
        self._provider = TracerProvider(resource=Resource({"service.name": "tunesmith"}), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=url, timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))

    def capability(self) -> Instrumentation:
        """Return the capability that makes an agent write its spans here."""
        from pydantic_ai.capabilities import Instrumentation
        from pydantic_ai.models.instrumented import InstrumentationSettings

        return Instrumentation(InstrumentationSettings(tracer_provider=self._provider))

    def close(self) -> None:
        """Send the remaining spans."""
        self._provider.shutdown()
