"""Notifications, as a plain function against a real database and a real mail server."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from cabs.events import DriverFee, InvoiceIssued, MilesAwarded
from step import Connection, Reject, SettingError
from support.steps import context, event, load_step, settings_of

step = load_step("notify")
notify, MailServer = step.notify, step.MailServer

INVOICE = InvoiceIssued.of(
    {
        "ride_id": "r-1",
        "passenger_id": "p-1",
        "invoice_number": "2026-000001",
        "amount": "26.50",
        "currency": "EUR",
        "issued_at": "2026-05-01T12:00:00Z",
    }
)
MILES = MilesAwarded.of({"ride_id": "r-1", "passenger_id": "p-1", "miles": 7, "balance": 12})
FEE = DriverFee.of({"ride_id": "r-1", "driver_id": "d-1", "fee": "21.20", "currency": "EUR"})


class Mailbox:
    """A handler that keeps what was mailed."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer_to_recipient = "250 known"

    async def handle_RCPT(  # noqa: N802 - its name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.letters.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))
        return "250 kept"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    kept = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:  # the controller cannot tell a port that it chose itself
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.mark.parametrize(
    ("news", "about", "recipient"), [(INVOICE, "invoice", "p-1"), (MILES, "miles", "p-1"), (FEE, "fee", "d-1")]
)
async def test_who_is_told_of_what(
    news: InvoiceIssued | MilesAwarded | DriverFee, about: str, recipient: str, database: Connection
) -> None:
    sent = (await notify(news, context(database, settings=settings_of("notify")))).event
    assert (sent.about, sent.recipient, sent.channel) == (about, recipient, "log")


async def test_a_mail_goes_to_the_recipients_address_once(database: Connection, mailbox: tuple[Mailbox, str]) -> None:
    kept, url = mailbox
    settings = settings_of("notify") | {"SMTP_URL": url}
    first = await notify(INVOICE, context(database, event("i", id="1"), settings))
    again = await notify(INVOICE, context(database, event("i", id="2"), settings))
    [letter] = kept.letters
    assert letter["To"] == "p-1@cabs.example"
    assert "2026-000001 of 26.50 EUR for ride r-1" in letter.get_content()
    assert first.event.channel == "email"
    assert again == first


async def test_a_mail_that_is_sent_again_has_the_same_message_id(
    database: Connection, mailbox: tuple[Mailbox, str]
) -> None:
    kept, url = mailbox
    for _ in range(2):
        transaction = database.transaction()
        await transaction.start()
        await notify(INVOICE, context(database, event("i"), settings_of("notify") | {"SMTP_URL": url}))
        await transaction.rollback()
    first, second = kept.letters
    assert first["Message-ID"] == second["Message-ID"]


async def test_a_mail_server_that_is_away_is_an_error_of_the_world_outside(database: Connection) -> None:
    settings = settings_of("notify") | {"SMTP_URL": "smtp://127.0.0.1:1"}
    with pytest.raises(OSError, match="refused"):
        await notify(INVOICE, context(database, settings=settings))


async def test_a_recipient_who_is_refused_for_good_is_a_reject(
    database: Connection, mailbox: tuple[Mailbox, str]
) -> None:
    kept, url = mailbox
    kept.answer_to_recipient = "550 no such user"
    with pytest.raises(Reject, match=r"the mail server refuses p-1@cabs\.example: 550 no such user"):
        await notify(INVOICE, context(database, settings=settings_of("notify") | {"SMTP_URL": url}))


async def test_a_recipient_who_is_refused_for_now_is_an_error_of_the_world_outside(
    database: Connection, mailbox: tuple[Mailbox, str]
) -> None:
    kept, url = mailbox
    kept.answer_to_recipient = "450 mailbox busy"
    with pytest.raises(OSError, match="mailbox busy"):
        await notify(INVOICE, context(database, settings=settings_of("notify") | {"SMTP_URL": url}))


@pytest.mark.parametrize(
    "url", ["mail.cabs:25", "http://mail.cabs:25", "smtp://:25", "smtp://mail.cabs:far", "smtp://u:secret@[::1", "x"]
)
async def test_a_mail_server_that_cannot_be_read_is_a_wrong_setting(url: str, database: Connection) -> None:
    with pytest.raises(SettingError, match=r"^SMTP_URL cannot be read: expected smtp://USER:PASSWORD@HOST:PORT"):
        await notify(INVOICE, context(database, settings=settings_of("notify") | {"SMTP_URL": url}))


def test_a_mail_servers_url_is_read() -> None:
    assert MailServer.at("smtps://us%40er:p%3A@mail.cabs") == MailServer(True, "mail.cabs", 465, "us@er", "p:")
    assert MailServer.at("smtp://mail.cabs:2525") == MailServer(False, "mail.cabs", 2525, "", "")
