"""The console's HTTP server: the routes over the running mesh's operations, and their errors as sentences."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from mesh.clients import Clients, Door
from mesh.control import metrics, openapi
from mesh.control.own_host import is_own
from mesh.control.port import Operations
from mesh.control.routes import INDEX, METRICS, OPENAPI, PAGES, ROUTES, Call, Page, Route, Stream
from mesh.control.shapes import Failure
from mesh.control.streaming import stream_lines
from mesh.errors import MeshError, NotDone, NotFound, UsageError
from mesh.listening import BACKLOG, Bound

MAX_CONNECTIONS = 128
REQUEST_SECONDS = 60.0  # for a head, and again for a body
# A replacement payload of Kafka's 1 MiB, with every character escaped as JSON.
MAX_BODY_BYTES = 8 * 1024 * 1024
# Streams end by themselves when the mesh stops; a call is answered from memory and disk.
SHUTDOWN_SECONDS = 2.0

STATUS_OF: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (UsageError, 400),
    (msgspec.ValidationError, 400),
    (msgspec.DecodeError, 400),
    (NotDone, 409),
)
TOO_SLOW = 408
INTERNAL = 500

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
logger = logging.getLogger(__name__)


@asynccontextmanager
async def serving(operations: Operations, bound: Bound, host: str) -> AsyncIterator[str]:
    """Serve on sockets that listen already until the block ends, and yield the console's URL.

    `host` is what the console was told to listen on.
    """
    clients: Clients[asyncio.Transport] = Clients(MAX_CONNECTIONS)
    runner = web.AppRunner(
        application(operations, host, clients),
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=REQUEST_SECONDS,
    )
    await runner.setup()
    loop, make = asyncio.get_running_loop(), _made_by(runner)
    servers = [
        await loop.create_server(lambda: Door(make(), clients), sock=one, backlog=BACKLOG) for one in bound.sockets
    ]
    try:
        yield bound.url
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()


def _made_by(runner: web.AppRunner) -> Callable[[], asyncio.Protocol]:
    assert runner.server is not None  # noqa: S101 - it is, once the runner is set up
    return runner.server


def application(operations: Operations, host: str, clients: Clients[asyncio.Transport]) -> web.Application:
    """Return the console as an application that answers to `host` and to the loopback names alone."""
    stopping = asyncio.Event()
    middlewares = [_kept(clients), _translated, _only_for(host)]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route, operations, stopping))
    contents = {
        INDEX: _index,
        METRICS: _metrics(operations),
        OPENAPI: _openapi,
    }
    for page, content in contents.items():
        app.router.add_get(page.path, _page_handler(page, content))
    app.on_shutdown.append(_set(stopping))
    return app


def _handler(route: Call[Any, Any] | Stream[Any, Any], operations: Operations, stopping: asyncio.Event) -> Handler:
    return _stream(route, operations, stopping) if isinstance(route, Stream) else _call(route, operations)


def _call(route: Call[Any, Any], operations: Operations) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        answered = route.run(operations, await _asked(route, request))
        return _json(await answered if inspect.isawaitable(answered) else answered)

    return answer


def _stream(route: Stream[Any, Any], operations: Operations, stopping: asyncio.Event) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await stream_lines(request, route.run(operations, await _asked(route, request)), stopping)

    return answer


def _page_handler(page: Page, content: Callable[[], Awaitable[str]]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=(await content()).encode(), headers={"Content-Type": page.media_type})

    return answer


async def _asked(route: Route[Any, Any], request: web.Request) -> Any:
    if route.method == "POST":
        async with asyncio.timeout(REQUEST_SECONDS):
            body = await request.read()
        return msgspec.json.decode(body, type=route.asks)
    return msgspec.convert({**request.query, **request.match_info}, route.asks, strict=False)


@web.middleware
async def _translated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a Failure; the only place that does."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _json(Failure(error=f"{request.method} {request.path}: {error.reason}"), error.status)
    except (MeshError, msgspec.MsgspecError) as error:
        status = next((status for kind, status in STATUS_OF if isinstance(error, kind)), INTERNAL)
        return _json(Failure(error=str(error)), status)
    except TimeoutError:
        return _json(Failure(error=f"the request did not come whole within {REQUEST_SECONDS:.0f} s"), TOO_SLOW)
    except Exception:
        logger.exception("control.failed", extra={"method": request.method, "path": request.path})
        return _json(Failure(error="a bug in the mesh: its log has the traceback"), INTERNAL)


def _kept(clients: Clients[asyncio.Transport]) -> Any:
    """Nobody gives way to another client while being answered."""

    @web.middleware
    async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
        with clients.serving(request.transport):
            return await handler(request)

    return keep


def _only_for(host: str) -> Any:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        address, port = request.transport.get_extra_info("sockname")[:2] if request.transport else ("", 0)
        hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
        if not is_own(request.raw_path, hosts, origins, name=host, address=address, port=port):
            raise web.HTTPForbidden(reason="the Host or Origin is not the console's own")
        return await handler(request)

    return check


def _json(answer: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), status=status, content_type="application/json")


def _metrics(operations: Operations) -> Callable[[], Awaitable[str]]:
    async def content() -> str:
        return metrics.exposition(await operations.status())

    return content


async def _openapi() -> str:
    return openapi.text().decode()


async def _index() -> str:
    routes = [(route.method, route.path, route.summary) for route in ROUTES]
    pages = [("GET", page.path, page.summary) for page in PAGES]
    return "mesh console\n\n" + "".join(f"{method:7}{path:29}{summary}\n" for method, path, summary in routes + pages)


def _set(stopping: asyncio.Event) -> Callable[[web.Application], Awaitable[None]]:
    async def stop(_: web.Application) -> None:
        stopping.set()

    return stop
