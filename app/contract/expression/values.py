"""Values that are not text: numbers, sizes and dates."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_RATIO = re.compile(r"([0-9]{1,6}):([1-9][0-9]{0,5})")
_SIZE = re.compile(rf"({_NUMBER.pattern})\s*(b|kb?|mb?|gb?)?", re.IGNORECASE)
_SIZES = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_AGE = re.compile(r"([0-9]{1,5})([hdwmy])")
_AGES = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"([T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,6})[0-9]{0,3})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_HUNDREDTH = Decimal("0.01")


def parse_number(text: str) -> Decimal | None:
    """A decimal number, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def parse_ratio(text: str) -> Decimal | None:
    """A number, or a ratio such as 16:9 to two decimals, as an asset's aspect_ratio is."""
    match = _RATIO.fullmatch(text)
    if match is None:
        return parse_number(text)
    return (Decimal(match[1]) / Decimal(match[2])).quantize(_HUNDREDTH, ROUND_HALF_UP)


def parse_size(text: str) -> Decimal | None:
    """Bytes of `500`, `10kb`, `1.5m`; a kilobyte has 1024. None when it is something else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    unit = (match[3] or "b")[0].lower()
    return Decimal(match[1]) * _SIZES[unit]


def parse_period(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The span that a date means, without its end: a year, month, day, minute or second.

    An age (`10d`: hours, days, weeks, months or years before now) is a moment, whose ends are the
    same. A time without a zone is in UTC. None when it is something else.
    """
    try:
        age = _AGE.fullmatch(text)
        if age:
            moment = _before(now, int(age[1]), age[2])
            return moment, moment
        date = _DATE.fullmatch(text)
        return _span(date) if date else None
    except (ValueError, OverflowError):  # 30 February; before the year 1
        return None


def _before(now: datetime, count: int, unit: str) -> datetime:
    if unit in _AGES:
        return now - count * _AGES[unit]
    months = now.year * 12 + now.month - 1 - count * (12 if unit == "y" else 1)
    first = now.replace(year=months // 12, month=months % 12 + 1, day=1)
    last = (_next_month(first) - timedelta(days=1)).day
    return first.replace(day=min(now.day, last))


def _next_month(time: datetime) -> datetime:
    return (time.replace(day=1) + timedelta(days=31)).replace(day=1)


def _span(date: re.Match[str]) -> tuple[datetime, datetime]:
    numbers = {
        name: int(date[name])
        for name in ("year", "month", "day", "hour", "minute", "second")
        if date[name]
    }
    start = datetime(**{"month": 1, "day": 1, **numbers}, tzinfo=_zone(date["zone"]))
    if date["fraction"]:
        start = start.replace(microsecond=int(date["fraction"].ljust(6, "0")))
        return start.astimezone(UTC), (start + timedelta(microseconds=1)).astimezone(UTC)
    ends = {
        1: lambda: start.replace(year=start.year + 1),
        2: lambda: _next_month(start),
        3: lambda: start + timedelta(days=1),
        5: lambda: start + timedelta(minutes=1),
        6: lambda: start + timedelta(seconds=1),
    }
    return start.astimezone(UTC), ends[len(numbers)]().astimezone(UTC)


def _zone(text: str | None) -> tzinfo | None:
    return UTC if text is None else datetime.strptime(text, "%z").tzinfo
