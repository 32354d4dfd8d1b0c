"""What is said of a database that is not the mesh's own."""

import asyncio
import socket
from pathlib import Path

import pytest

from mesh.errors import StartFailed
from mesh.functions import database_url
from mesh.functions.background import background
from mesh.functions.databases import Databases
from mesh.functions.local_values import LocalValues
from mesh.functions.settings import Sources
from support.hosted import TurnedClock, function

ASKING = function(DATABASE_URL="{{ secret:db:url }}")
PLACE = "functions/invoice/func.yaml:10: DATABASE_URL"
REMEDY = "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


async def reports(url: str, root: Path) -> list[str]:
    said: list[str] = []
    async with background() as tasks:
        databases = Databases(root, TurnedClock(), tasks, said.append, external=False)
        await databases.provide([ASKING], Sources({"DATABASE_URL": url}, LocalValues()))
        looking = [task for task in asyncio.all_tasks() if task.get_name() == "look for an external database"]
        await asyncio.wait(looking)
    return said


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "it does not start with postgresql://"),
        ("nonsense", "it does not start with postgresql://"),
        ("postgresql:h/db", "it does not start with postgresql://"),
        ("mysql://me:s3cret@h/db", "it does not start with postgresql://"),
        ("postgresql://me:s3cret@h:notaport/db", "a port in it is no number from 1 to 65535"),
        ("postgresql://me:s3cret@h:70000/db", "a port in it is no number from 1 to 65535"),
        ("postgresql://[::1/db", "its host cannot be read"),
    ],
)
async def test_a_url_that_is_none_of_postgres_fails_the_start_and_is_not_quoted(
    url: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(StartFailed) as raised:
        await reports(url, tmp_path)
    assert str(raised.value) == f"{PLACE}: {why}: {REMEDY}"


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql:///", ()),
        ("postgresql://postgres@/cabs?host=%2Fstate%2Fs", ()),
        ("postgres://me:p@h/db", (("h", 5432),)),
        ("postgresql://me:p%40w@h:6432/db?sslmode=require", (("h", 6432),)),
        ("postgresql://h1:1,h2/db", (("h1", 1), ("h2", 5432))),
        ("postgresql://[::1]:1/db", (("::1", 1),)),
    ],
)
def test_a_url_of_postgres_names_its_hosts(url: str, hosts: tuple[tuple[str, int], ...]) -> None:
    assert database_url.mistake(url) is None
    assert database_url.hosts(url) == hosts


async def test_a_database_that_does_not_answer_is_a_warning_and_no_obstacle(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert await reports(f"postgresql://me:s3cret@127.0.0.1:{port}/db", tmp_path) == [
        f"warning: the database of DATABASE_URL does not answer at 127.0.0.1:{port}: start it, or correct the URL"
    ]


async def test_a_database_that_answers_is_not_mentioned(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert await reports(f"postgresql://127.0.0.1:{listening.getsockname()[1]}/db", tmp_path) == []
