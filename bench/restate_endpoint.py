"""A service that Restate may send to: it says what it has, and takes its time over every invocation, so that accepting
alone is measured.

`python bench/restate_endpoint.py` says its port.
"""

import asyncio

import msgspec

SERVICES = [{"name": "rides", "ty": "SERVICE", "handlers": [{"name": "take"}]}]
VERSIONS = {"protocolMode": "REQUEST_RESPONSE", "minProtocolVersion": 5, "maxProtocolVersion": 5}
MANIFEST = msgspec.json.encode(VERSIONS | {"services": SERVICES})
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.restate.endpointmanifest.v1+json\r\n"
    b"content-length: %d\r\n\r\n" % len(MANIFEST)
) + MANIFEST


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while received := await reader.read(65_536):
        if received.startswith(b"GET /discover"):
            writer.write(ANSWER)


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
