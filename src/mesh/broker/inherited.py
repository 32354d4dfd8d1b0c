"""The delivery settings that hold for a trigger, and where they come from."""

from dataclasses import dataclass
from datetime import timedelta

from mesh.manifests.model import DeliverySpec

NOT_SET = DeliverySpec()
# knative/eventing config/core/configmaps/default-broker.yaml, applied to a Broker created without spec.delivery
STOCK_DEFAULTS = DeliverySpec(retry=10, backoff_policy="exponential", backoff_delay=timedelta(milliseconds=200))
STOCK_ORIGIN = "config-br-defaults, since the Broker has no spec.delivery"


@dataclass(frozen=True, slots=True)
class Inherited:
    """`origin` holds for every setting whose own place is not among `spec.origins`."""

    spec: DeliverySpec
    origin: str

    def origin_of(self, field: str) -> str:
        """Where a setting was written, by its name in the manifest."""
        return str(self.spec.origins.get(field, self.origin))
