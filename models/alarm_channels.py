"""Telling people of alarm episodes: a webhook in Slack's format, and e-mail by SMTP."""

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from machine_profiles.errors import MillwrightError
from models.alarms import Episode

PATIENCE_S = 10.0


class BadChannel(MillwrightError):
    """A setting of the alarms cannot be used; the text says what would be right."""


@dataclass(frozen=True)
class Channels:
    """Where alarms go. Nothing set: they are kept, and told nobody. Raises BadChannel."""

    webhook: str | None = None
    smtp_url: str | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.webhook and urlsplit(self.webhook).scheme not in ("http", "https"):
            raise BadChannel("MILLWRIGHT_ALARM_WEBHOOK must be an http:// or https:// address.")
        if self.smtp_url:
            server = urlsplit(self.smtp_url)
            if server.scheme not in ("smtp", "smtps") or not server.hostname:
                raise BadChannel("MILLWRIGHT_SMTP_URL must look like smtp://host:25 or smtps://user:password@host.")
            if not self.sender or not self.recipients:
                raise BadChannel("MILLWRIGHT_SMTP_URL needs MILLWRIGHT_ALARM_FROM and MILLWRIGHT_ALARM_TO.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, set_ in (("webhook", self.webhook), ("e-mail", self.smtp_url)) if set_)


def tell(episodes: Sequence[Episode], channels: Channels, now: datetime) -> tuple[Episode, ...]:
    """Tell each channel of each episode it has not taken yet; what fails is kept and told at the next call."""
    return tuple(_told(each, channels, now) for each in episodes)


def _told(episode: Episode, channels: Channels, now: datetime) -> Episode:
    told, undelivered = dict(episode.told), dict(episode.undelivered)
    for name in channels.names:
        if name in told or (not episode.open and name not in undelivered):
            continue
        try:
            _post(channels, episode) if name == "webhook" else _mail(channels, episode)
        except (OSError, smtplib.SMTPException, BadChannel) as error:
            undelivered[name] = _reason(error)
        else:
            told[name] = now
            undelivered.pop(name, None)
    return episode.model_copy(update={"told": told, "undelivered": undelivered})


def _post(channels: Channels, episode: Episode) -> None:
    request = urllib.request.Request(
        str(channels.webhook), json.dumps({"text": _text(episode)}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S):
        pass


def _mail(channels: Channels, episode: Episode) -> None:
    """TLS wherever the server offers it; a password never goes out in the clear."""
    server, secure = urlsplit(str(channels.smtp_url)), ssl.create_default_context()
    message = EmailMessage()
    message["Subject"] = f"[Millwright] {episode.level}: {episode.machine_id}"
    message["From"], message["To"] = channels.sender, ", ".join(channels.recipients)
    message.set_content(_text(episode))
    host, encrypted = str(server.hostname), server.scheme == "smtps"
    opened = (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=PATIENCE_S, context=secure)
        if encrypted
        else smtplib.SMTP(host, server.port or 25, timeout=PATIENCE_S)
    )
    with opened as connection:
        connection.ehlo()
        if not encrypted and connection.has_extn("starttls"):
            connection.starttls(context=secure)
            connection.ehlo()
            encrypted = True
        if server.username:
            if not encrypted:
                raise BadChannel(f"{host} offers no encryption, so the password was not sent; use smtps://.")
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)


def _text(episode: Episode) -> str:
    since = f"since {episode.opened_at:%Y-%m-%d %H:%M} UTC"
    over = f", over since {episode.closed_at:%Y-%m-%d %H:%M} UTC" if episode.closed_at else ""
    return f"{episode.level.capitalize()}: {episode.machine_id}, {since}{over}. {episode.text}"


def _reason(error: Exception) -> str:
    """Without the address, which may hold a secret."""
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code}"
    return f"{type(error).__name__}: {error}"[:200]
