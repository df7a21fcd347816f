"""Prometheus' route, with a place in the OpenAPI document."""

from litestar import Response, get
from litestar.plugins.prometheus import PrometheusController


class MetricsController(PrometheusController):
    """`/metrics`."""

    tags = ("Operation",)

    @get(operation_id="metrics", media_type="text/plain")
    async def get(self) -> Response[bytes]:
        """Counters and gauges of this process, for Prometheus."""
        answer: Response[bytes] = await PrometheusController.get.fn(self)
        return answer
