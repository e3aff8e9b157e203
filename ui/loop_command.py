"""`millwright loop`: passes over the machines, from drift to a better model, once or on a schedule."""

import sys
from contextlib import suppress
from datetime import UTC, datetime

from machine_profiles.errors import MillwrightError
from models.alarm_channels import Channels
from settings import Settings


def loop_command(machines: list[str], time_limit_s: int, as_json: bool) -> int:
    """1 where a machine's step could not be taken; the reason stands on standard error."""
    from agent.loop import run_pass
    from agent.service import Copilot
    from tools.plant import open_plant

    settings = Settings()
    copilot = Copilot(open_plant(settings), settings)
    try:
        known = copilot.plant.machines
        done = run_pass(copilot, [known[name].id for name in machines] or None, time_limit_s, _channels(settings))
    finally:
        copilot.close()
    if as_json:
        sys.stdout.write(done.model_dump_json(indent=1) + "\n")
    else:
        for state in done.machines:
            print(f"{state.machine_id}  {state.stage}  {state.note}")
        for each in done.alarms:
            print(f"{each.level} since {each.opened_at:%Y-%m-%d %H:%M} UTC: {each.text}")
    for each in done.alarms:
        for channel, reason in each.undelivered.items():
            print(f"{each.machine_id}: the {channel} was not told ({reason}); tried again next time", file=sys.stderr)
    for machine_id, reason in done.failed.items():
        print(f"{machine_id}: {reason}", file=sys.stderr)
    return 1 if done.failed else 0


def schedule_command(every: str, machines: list[str], time_limit_s: int, as_json: bool) -> int:
    """0 when stopped by Ctrl-C. A pass that is late runs once, and never two at a time. Raises BadInterval."""
    from apscheduler.schedulers.blocking import BlockingScheduler
    from apscheduler.triggers.interval import IntervalTrigger

    seconds = _seconds(every)
    _channels(Settings())  # refuse now what could tell nobody later
    scheduler = BlockingScheduler(timezone=UTC)
    scheduler.add_job(
        _one_pass, IntervalTrigger(seconds=seconds, timezone=UTC), [machines, time_limit_s, as_json],
        next_run_time=datetime.now(UTC),
        max_instances=1, coalesce=True, misfire_grace_time=None,
    )  # fmt: skip
    print(f"The loop passes every {every}. Stop it with Ctrl-C.", file=sys.stderr)
    with suppress(KeyboardInterrupt):
        scheduler.start()
    return 0


class BadInterval(MillwrightError):
    """The text says how an interval is written."""


def _one_pass(machines: list[str], time_limit_s: int, as_json: bool) -> None:
    """What a person can act on is said, and the next pass comes all the same."""
    try:
        loop_command(machines, time_limit_s, as_json)
    except MillwrightError as error:
        print(error, file=sys.stderr)
    sys.stdout.flush()


def _seconds(every: str) -> int:
    from tools.durations import parse_duration

    try:
        hours = parse_duration(every).hours
    except ValueError as error:
        raise BadInterval(f"{error}.") from None
    if hours * 3600 < 60:
        raise BadInterval(f"{every!r} is too often; a minute is the least.")
    return round(hours * 3600)


def _channels(settings: Settings) -> Channels:
    return Channels(
        settings.alarm_webhook.get_secret_value() if settings.alarm_webhook else None,
        settings.smtp_url.get_secret_value() if settings.smtp_url else None,
        settings.alarm_from,
        tuple(each.strip() for each in (settings.alarm_to or "").split(",") if each.strip()),
    )
