"""The passenger is told of the invoice and the miles, the driver of the fee, each once."""

import asyncio
import smtplib
from email.message import EmailMessage
from typing import assert_never
from urllib.parse import unquote, urlsplit

from cabs.events import DriverFee, InvoiceIssued, MilesAwarded, NotificationSent
from step import Context, Reply, derived_id, step

News = InvoiceIssued | MilesAwarded | DriverFee

RECORD = """
INSERT INTO notify.notifications AS first (ride_id, about, recipient, channel, cause)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (ride_id, about) DO UPDATE SET ride_id = first.ride_id  -- changes nothing, and returns the first one
RETURNING *
"""
SMTP_TIMEOUT_SECONDS = 10


async def notify(news: News, context: Context) -> Reply[NotificationSent]:
    about, recipient, text = letter(news)
    smtp_url = context.settings.get("SMTP_URL")
    channel = "email" if smtp_url else "log"
    [sent] = await context.database.fetch(RECORD, news.ride_id, about, recipient, channel, context.cause)
    if smtp_url and sent["cause"] == context.cause:
        address = context.settings.text("NOTIFY_ADDRESS").replace("{recipient}", recipient)
        await asyncio.to_thread(mail, smtp_url, message(address, text, context))
    return Reply(NotificationSent.of(sent), to=sent["cause"])


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


def mail(url: str, letter: EmailMessage) -> None:
    server = urlsplit(url)
    client = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    with client(server.hostname or "", server.port or 0, timeout=SMTP_TIMEOUT_SECONDS) as smtp:
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(letter)


main, new = step(notify)
