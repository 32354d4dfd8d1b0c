"""The passenger is told of the invoice and the miles, the driver of the fee, each once."""

import asyncio
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Self, assert_never
from urllib.parse import unquote, urlsplit

from cabs.events import DriverFee, InvoiceIssued, MilesAwarded, NotificationSent
from step import Context, Reject, Reply, SettingError, derived_id, step

News = InvoiceIssued | MilesAwarded | DriverFee

RECORD = """
INSERT INTO notify.notifications AS first (ride_id, about, recipient, channel, cause)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (ride_id, about) DO UPDATE SET ride_id = first.ride_id  -- changes nothing, and returns the first one
RETURNING *
"""
SMTP_TIMEOUT_SECONDS = 10
PERMANENT = 500  # and above: RFC 5321, 4.2.1


@dataclass(frozen=True, slots=True)
class MailServer:
    """What SMTP_URL says."""

    is_secure: bool
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def at(cls, url: str) -> Self:
        """Read smtp:// or smtps://; raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(parts.scheme)
        port = parts.port or (smtplib.SMTP_SSL_PORT if parts.scheme == "smtps" else smtplib.SMTP_PORT)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme == "smtps", parts.hostname, port, user, password)


async def notify(news: News, context: Context) -> Reply[NotificationSent]:
    about, recipient, text = letter(news)
    server = mail_server(context)
    channel = "email" if server else "log"
    [sent] = await context.database.fetch(RECORD, news.ride_id, about, recipient, channel, context.cause)
    if server and sent["cause"] == context.cause:
        address = context.settings.text("NOTIFY_ADDRESS").replace("{recipient}", recipient)
        await asyncio.to_thread(mail, server, message(address, text, context))
    return Reply(NotificationSent.of(sent), to=sent["cause"])


def mail_server(context: Context) -> MailServer | None:
    """None where mails are only recorded; raises SettingError without the URL, which may hold a password."""
    url = context.settings.get("SMTP_URL")
    try:
        return MailServer.at(url) if url else None
    except ValueError as error:
        raise SettingError("SMTP_URL cannot be read: expected smtp://USER:PASSWORD@HOST:PORT, or smtps://") from error


def letter(news: News) -> tuple[str, str, str]:
    """What it is about, who is told, and the words."""
    match news:
        case InvoiceIssued():
            words = f"Your invoice {news.invoice_number} of {news.amount} {news.currency} for ride {news.ride_id}."
            return "invoice", news.passenger_id, words
        case MilesAwarded():
            return "miles", news.passenger_id, f"{news.miles} miles for ride {news.ride_id}: you have {news.balance}."
        case DriverFee():
            return "fee", news.driver_id, f"You have earned {news.fee} {news.currency} with ride {news.ride_id}."
        case _:
            assert_never(news)


def message(address: str, text: str, context: Context) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "Cabs <noreply@cabs.example>", address, text
    # The same when it is sent again, so that a mail system can drop the repeat.
    letter["Message-ID"] = f"<{derived_id(context.event.source, context.event.id)}@cabs.example>"
    letter["Date"] = context.now()
    letter.set_content(text)
    return letter


def mail(server: MailServer, letter: EmailMessage) -> None:
    """Raises Reject when the recipient is refused for good, an OSError for all that may pass."""
    try:
        post(server, letter)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = min(error.recipients.values())  # NOTIFY_ADDRESS may name several
        if code >= PERMANENT:
            raise Reject(f"the mail server refuses {letter['To']}: {code} {words.decode(errors='replace')}") from error
        raise


def post(server: MailServer, letter: EmailMessage) -> None:
    client = smtplib.SMTP_SSL if server.is_secure else smtplib.SMTP
    with client(server.host, server.port, timeout=SMTP_TIMEOUT_SECONDS) as smtp:
        if server.user:
            smtp.login(server.user, server.password)
        smtp.send_message(letter)


main, new = step(notify)
