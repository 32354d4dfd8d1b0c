"""Sends events to the sink that a SinkBinding names (K_SINK, K_CE_OVERRIDES)."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping

import msgspec
from opentelemetry import propagate

from step import binding
from step.errors import SettingError, Unavailable
from step.event import Event
from step.settings import Settings

TIMEOUT_SECONDS = 10


class Overrides(msgspec.Struct, frozen=True):
    extensions: dict[str, str] = {}


class KnativeSink:
    """The sink of this function's binding."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, event: Event, trace: Mapping[str, str]) -> None:
        """Post it in binary mode; raises Unavailable unless the sink answers 2xx."""
        attributes = {**event.attributes, **self._overrides().extensions}
        headers = binding.write(Event(attributes, event.data)) | dict(trace)
        propagate.inject(headers)  # the span of the step, where there is one, is the parent
        await asyncio.to_thread(_post, self._address(), headers, event.data)

    def _address(self) -> str:
        address = self._settings.get("K_SINK")
        if address is None or not address.startswith(("http://", "https://")):
            raise SettingError(f"K_SINK is {address or 'not set'}: a SinkBinding must bind this function to its broker")
        return address

    def _overrides(self) -> Overrides:
        text = self._settings.text("K_CE_OVERRIDES", "{}")
        try:
            return msgspec.json.decode(text, type=Overrides)
        except msgspec.DecodeError as error:
            raise SettingError(f"K_CE_OVERRIDES cannot be read: {error}") from error


def _post(address: str, headers: dict[str, str], body: bytes) -> None:
    request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310 - http or https, see _address
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({})
    )  # a sink is in the cluster, not behind a proxy
    try:
        direct.open(request, timeout=TIMEOUT_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
        raise Unavailable(f"{address} answered {error.code}") from error
    except OSError as error:
        raise Unavailable(f"{address} does not answer: {error}") from error
