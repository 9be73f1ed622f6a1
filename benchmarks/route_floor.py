"""What no controller can beat here: the time from writing weights to the last old answer."""

from typing import Final

from bertrelease_operator.api.names import child_name
from demo.release import GATEWAY
from demo.stage import Stage

_NAME: Final = "bare-route"


class BareRoute:
    """A VirtualService of our own over the Services of two versions."""

    host: Final = "bare.example.com"

    def __init__(self, stage: Stage, first: str, second: str) -> None:
        self._stage = stage
        self._versions = (first, second)

    def create(self) -> None:
        """All traffic to the first version."""
        self.send_all_to(self._versions[0])

    def send_all_to(self, version: str) -> None:
        routes = [
            {"destination": {"host": self._host_of(v)}, "weight": 100 if v == version else 0} for v in self._versions
        ]
        document = {
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {"name": _NAME, "namespace": self._stage.namespace},
            "spec": {
                "hosts": [self.host],
                "gateways": [GATEWAY],
                "http": [{"route": routes}],
            },
        }
        self._stage.client.apply_custom("networking.istio.io", "v1", "virtualservices", document)

    def remove(self) -> None:
        self._stage.cluster.kubectl("delete", "virtualservice", _NAME, "-n", self._stage.namespace)

    def _host_of(self, version: str) -> str:
        return f"{child_name('fill-mask', version)}.{self._stage.namespace}.svc.cluster.local"
