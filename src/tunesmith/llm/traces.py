"""Every question of a role, every request and every tool as a span, in OpenTelemetry's terms for generative AI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingExtra

if TYPE_CHECKING:
    from pydantic_ai.capabilities import Instrumentation

_SECONDS = 5.0  # That a collector may take; a study does not wait for its traces.


class Traces:
    """Sends spans to a collector, as Phoenix is one, in batches from a thread of its own.

    Nobody but this has anything to do with them: what the user's own program traces stays apart.

    Args:
        url: Where spans are sent by OTLP over HTTP, as `"http://127.0.0.1:6006/v1/traces"`.

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
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=_SECONDS)))

    def capability(self) -> Instrumentation:
        """Return what an agent needs to write its spans here."""
        from pydantic_ai.capabilities import Instrumentation
        from pydantic_ai.models.instrumented import InstrumentationSettings

        return Instrumentation(InstrumentationSettings(tracer_provider=self._provider))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
