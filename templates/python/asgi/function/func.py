"""An example, for `func create`: an event comes in, an event goes out."""

from typing import Any

from cloudevents.core.v1.event import CloudEvent


def new() -> "Function":
    return Function()


class Function:
    async def handle(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        """Answer an event, or an empty 204: to a broker, any other body of a 2xx answer is a failed delivery."""
        came = scope["event"]
        attributes = {"type": "example.answered", "source": "/example", "datacontenttype": "application/json"}
        attributes |= {"specversion": "1.0", "id": f"answer-to-{came.get_id()}"}
        await send(CloudEvent(attributes, came.get_data()))
