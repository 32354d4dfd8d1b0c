"""From a manifest's Destination to an address on this machine."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urljoin, urlsplit

from mesh.broker.delivery import Address
from mesh.functions.port import Functions
from mesh.manifests.model import Destination, Reference


class Resolver:
    """A reference to a Knative Service is the function of that name, one to a Broker that broker's ingress."""

    def __init__(self, functions: Functions, ingress_url: str) -> None:
        self._functions = functions
        self._ingress_url = ingress_url

    def address(self, destination: Destination) -> Address:
        """Find the address; raises NotFound for a function that is not here."""
        url = self.url(destination)
        parts = urlsplit(url)
        path = url.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
        return Address(url, path, f"{parts.scheme}://{parts.netloc}", self._lease(destination.ref))

    def url(self, destination: Destination) -> str:
        """Find the URL as others see it, for K_SINK, `knativeerrordest` and the status."""
        if destination.ref is None:
            return destination.uri or ""
        return urljoin(self._base(destination.ref), destination.uri or "")

    def broker_url(self, key: str) -> str:
        return f"{self._ingress_url}/{key}"

    def _base(self, ref: Reference) -> str:
        key = f"{ref.namespace}/{ref.name}"
        return self.broker_url(key) if ref.kind == "Broker" else self._functions.url(key)

    def _lease(self, ref: Reference | None) -> Callable[[], AbstractAsyncContextManager[str]] | None:
        if ref is None or ref.kind != "Service":
            return None
        key = f"{ref.namespace}/{ref.name}"
        return lambda: self._functions.replica(key)
