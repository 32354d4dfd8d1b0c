"""An example, for `func create`: an event comes in, an event goes out."""

from cloudevents.http import CloudEvent
from parliament import Context


def main(context: Context) -> CloudEvent | tuple[str, int]:
    """Answer an event, or an empty body: to a broker, any other body of a 2xx answer is a failed delivery."""
    came = context.cloud_event
    if came is None:
        return "this function takes CloudEvents", 400
    attributes = {"type": "example.answered", "source": "/example", "datacontenttype": "application/json"}
    return CloudEvent(attributes | {"id": f"answer-to-{came['id']}"}, came.data)
