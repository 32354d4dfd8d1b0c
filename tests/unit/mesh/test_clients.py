"""Who stays and who gives way when a socket's places are taken."""

from mesh.clients import Clients


class Someone:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def three(at_most: int = 3) -> tuple[Clients[Someone], list[Someone]]:
    clients: Clients[Someone] = Clients(at_most)
    everyone = [Someone() for _ in range(3)]
    for one in everyone:
        clients.came(one)
    return clients, everyone


def test_there_is_room_below_the_bound() -> None:
    clients, everyone = three(at_most=4)
    assert clients.came(Someone())
    assert not any(one.aborted for one in everyone)


def test_the_one_that_has_been_quiet_the_longest_gives_way() -> None:
    clients, (first, second, third) = three()
    with clients.serving(first):
        pass
    assert clients.came(fourth := Someone())
    assert [first.aborted, second.aborted, third.aborted] == [False, True, False]
    assert set(clients) == {first, third, fourth}


def test_nobody_gives_way_while_being_answered() -> None:
    clients, everyone = three()
    for one in everyone:
        clients.busy(one)
    assert not clients.came(Someone())
    assert not any(one.aborted for one in everyone)
    clients.quiet(everyone[1])
    assert clients.came(Someone())
    assert [one.aborted for one in everyone] == [False, True, False]


def test_who_has_gone_takes_no_place_and_does_not_come_back_by_an_answer() -> None:
    clients, (first, *_) = three()
    clients.busy(first)
    clients.gone(first)
    clients.quiet(first)
    assert len(clients) == 2
    assert clients.came(Someone())
    assert not first.aborted


async def test_waiting_for_everyone_to_go_ends_with_the_last() -> None:
    clients, everyone = three()
    for one in everyone:
        clients.gone(one)
    await clients.until_gone(within=10)
    assert not clients
