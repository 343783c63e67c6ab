"""Compares schedules with PyPI croniter: what a cron expression means there, and when ours fires on Scheduler.

    .tools/croniter/bin/python infra/reference/cron.py --pawl target/debug/pawl --count 2000 --seed 1

Random expressions in random time zones are compiled by `pawl triggers`; the moments at which the expressions for AWS
fire, as `local/` reads them, must be the next five that croniter finds for the expression as it was written.

Where they differ, the difference must be one of `RULES`, each of which is shown to hold for the case at hand.
"""

import argparse
import heapq
import itertools
import json
import random
import subprocess
import sys
import tempfile
import zoneinfo
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from croniter import CroniterBadDateError, CroniterError, croniter

FIELDS = [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6)]
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()
WORDS = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"]
MOMENTS = 5
BATCH = 50

# What may differ, and why.
RULES = {
    "spring": "Scheduler leaves out a local time that the clock skips; croniter moves it",
    "autumn": "Scheduler fires once where the clock shows a time twice; croniter fires twice, or the second time",
    "shift": "croniter goes on by elapsed time across a change of the clock and misses a local time that there is",
    "star": "croniter takes a day field of all days for `*` where the other one holds a `*`; Pawl takes either, and warns",
    "lost": "croniter's search misses a day that its own reading of the fields has, behind a short month",
    "step": "a step longer than its field is refused: it would begin anew each time, and is a slip",
}


def name(field: str, number: int, chance: random.Random) -> str:
    """A number, or sometimes its name."""
    names = {"month": MONTHS, "weekday": WEEKDAYS}.get(field)
    if names is None or chance.random() < 0.6:
        return str(number)
    word = names[number - (field == "month")]
    return chance.choice([word, word.upper(), word.capitalize()])


def item(field: str, least: int, most: int, chance: random.Random) -> str:
    """One item of a list."""
    span = most - least
    one = chance.randint(least, most)
    other = chance.randint(least, most)
    while other == one:
        other = chance.randint(least, most)
    low, high = min(one, other), max(one, other)
    kind = chance.choices(["number", "range", "wrap", "every", "from", "steps"], [6, 3, 1, 3, 1, 1])[0]
    if kind == "number":
        return "7" if field == "weekday" and one == 0 and chance.random() < 0.5 else name(field, one, chance)
    if kind == "range":
        return f"{name(field, low, chance)}-{name(field, high, chance)}"
    if kind == "wrap":
        return f"{name(field, high, chance)}-{name(field, low, chance)}"
    if kind == "every":
        return f"*/{chance.randint(1, span + chance.choice([0, 0, 0, 5]))}"
    if kind == "from":
        # croniter takes a step from the last number for one from the first.
        return f"{chance.randint(least, most - 1)}/{chance.randint(1, span)}"
    return f"{low}-{high}/{chance.randint(1, span)}"


def expression(chance: random.Random) -> tuple[str, str | None]:
    """A random expression, and where its seconds stand if it has six fields."""
    if chance.random() < 0.03:
        return chance.choice(WORDS), None
    fields = []
    seconds = chance.choices([None, "first", "last"], [8, 1, 1])[0]
    for field, least, most in FIELDS:
        if chance.random() < (0.15 if field == "minute" else 0.45):
            fields.append("?" if field in ("day", "weekday") and chance.random() < 0.1 else "*")
        else:
            items = [item(field, least, most, chance) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
            fields.append(",".join(items))
    if seconds:
        # Among six fields croniter knows no second Sunday.
        fields[4] = ",".join("0" if item == "7" else item for item in fields[4].split(","))
    if seconds == "first":
        fields.insert(0, "0")
    elif seconds == "last":
        fields.append("0")
    return " ".join(fields), seconds


def changes(zone: zoneinfo.ZoneInfo, year: int) -> list[datetime]:
    """The moments of a year at which the clock of a zone is changed, to the hour."""
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = []
    while moment < end:
        later = moment + timedelta(days=1)
        if moment.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found += [
                hour
                for hour in (moment + timedelta(hours=hours) for hours in range(24))
                if hour.astimezone(zone).utcoffset() != (hour + timedelta(hours=1)).astimezone(zone).utcoffset()
            ]
        moment = later
    return found


def begin(zone: zoneinfo.ZoneInfo, chance: random.Random) -> datetime:
    """A random moment, half of the time shortly before a change of the clock."""
    year = chance.randint(2026, 2031)
    near = changes(zone, year)
    if near and chance.random() < 0.5:
        return chance.choice(near) - timedelta(minutes=chance.randint(1, 600))
    return datetime(year, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randint(0, 525_599))


def of_croniter(text: str, seconds: str | None, start: datetime, count: int) -> list[datetime]:
    """The next moments as croniter finds them."""
    found = croniter(text, start, second_at_beginning=seconds == "first")
    return [found.get_next(datetime) for _ in range(count)]


def searched(text: str, seconds: str | None, local: datetime):
    """Local times as croniter's search finds them."""
    return croniter(text, local, second_at_beginning=seconds == "first").all_next(datetime)


def read(text: str, seconds: str | None, local: datetime):
    """Local times that the fields let through, as croniter reads them, one day after the other."""
    minutes, hours, days, months, weekdays = croniter.expand(text, second_at_beginning=seconds == "first")[0][:5]
    every = ["*"]
    day = local.replace(hour=0, minute=0)
    while day < local + timedelta(days=366 * 9):
        by_month, by_week = day.day in days, day.isoweekday() % 7 in weekdays
        comes = by_month or by_week if every not in (days, weekdays) else (days == every or by_month) and (weekdays == every or by_week)
        if comes and (months == every or day.month in months):
            for hour in range(24) if hours == every else hours:
                for minute in range(60) if minutes == every else minutes:
                    moment = day.replace(hour=hour, minute=minute)
                    if moment > local:
                        yield moment
        day += timedelta(days=1)


def by_rule(texts: list[str], seconds: str | None, start: datetime, zone: zoneinfo.ZoneInfo, find=searched) -> tuple[list[datetime], set[str]]:
    """The next moments by croniter's local times, of any of the expressions, and Scheduler's rules for them; and which rules that took."""
    # A day earlier, so that no local time is missed that the clock shows a second time.
    local = (start.astimezone(zone) - timedelta(days=1)).replace(tzinfo=None)
    moments, rules = [], set()
    times = heapq.merge(*(find(text, seconds, local) for text in texts))
    for naive, _ in itertools.groupby(times):
        if len(moments) == MOMENTS:
            break
        aware = naive.replace(tzinfo=zone, fold=0)
        if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
            rules.add("spring")
            continue
        if aware.utcoffset() != naive.replace(tzinfo=zone, fold=1).utcoffset():
            rules.add("autumn")
        moment = aware.astimezone(UTC)
        if moment > start:
            moments.append(moment)
    return moments, rules


def halves(text: str, seconds: str | None) -> list[str]:
    """The expression with either day field alone."""
    fields = text.split()
    first = 1 if seconds == "first" else 0
    return [" ".join("*" if at == day else field for at, field in enumerate(fields)) for day in (first + 2, first + 4)]


def pawl(binary: str, *arguments: str) -> list[dict]:
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"pawl {' '.join(arguments)}: {done.stderr}")
    return json.loads(done.stdout)


def definition(text: str, seconds: str | None, zone: str) -> dict:
    schedule = {"cron": text, "timezone": zone} | ({"seconds": seconds} if seconds else {})
    begins = {"stepSlug": "begin", "stepType": "trigger", "config": {"type": "schedule", "schedule": schedule}}
    return {"name": "Schedule", "steps": [begins | {"nextSteps": {"success": "end"}}]}


def compare(case: dict, ours: dict | None, refusals: list[str], is_warned: bool) -> str:
    """How one case went: `same`, the rule that explains it, or what nothing explains."""
    text, seconds, start = case["text"], case["seconds"], case["start"]
    zone = zoneinfo.ZoneInfo(case["zone"])
    try:
        theirs = of_croniter(text, seconds, start.astimezone(zone), MOMENTS)
    except CroniterBadDateError:
        # Five moments of a leap day need not be found; a day that no month has never is.
        return "never" if any("never comes" in refusal for refusal in refusals) else "too rare for croniter"
    except (CroniterError, OverflowError) as error:
        return "refused by both" if ours is None else f"croniter refuses it ({error}), Pawl does not"
    if ours is None:
        if any("is longer than" in refusal for refusal in refusals):
            return "step"
        return f"Pawl refuses it: {refusals}"
    found = [datetime.fromisoformat(moment) for moment in ours["next"]]
    if [moment.astimezone(UTC) for moment in theirs] == [moment.astimezone(UTC) for moment in found]:
        return "same"
    expected, rules = by_rule([text], seconds, start, zone)
    if [moment.astimezone(UTC) for moment in found] != expected:
        if is_warned and by_rule(halves(text, seconds), seconds, start, zone)[0] == found:
            return "star"
        if by_rule([text], seconds, start, zone, read)[0] == found:
            return "lost"
        return f"croniter: {[str(moment) for moment in theirs]}, Pawl: {ours['next']}"
    if rules:
        return min(rules, key=["spring", "autumn"].index)
    offsets = {moment.astimezone(zone).utcoffset() for moment in [start, *expected, *theirs]}
    return "shift" if len(offsets) > 1 else f"croniter: {[str(moment) for moment in theirs]}, Pawl: {ours['next']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pawl", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # The time zones of the pinned package, not those of the system, which may be years old.
    zoneinfo.reset_tzpath(to=[])
    chance = random.Random(given.seed)
    # Names without a region are there for programs of another time.
    zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right")))
    outcomes, unexplained, used = Counter(), [], set()
    for first in range(0, given.count, BATCH):
        # One call of `pawl triggers` has one moment to count from.
        start = begin(zoneinfo.ZoneInfo(chance.choice(zones)), chance)
        same = [zone for zone in zones if any(abs(moment - start) < timedelta(hours=12) for moment in changes(zoneinfo.ZoneInfo(zone), start.year))]
        with tempfile.TemporaryDirectory() as folder:
            cases = []
            for number in range(min(BATCH, given.count - first)):
                text, seconds = expression(chance)
                # Zones whose clocks change then are where it may go wrong.
                zone = chance.choice(same) if same and chance.random() < 0.5 else chance.choice(zones)
                file = Path(folder) / f"{number:03}.json"
                file.write_text(json.dumps(definition(text, seconds, zone)))
                cases.append({"text": text, "seconds": seconds, "zone": zone, "start": start, "file": str(file)})
            at = start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            shown = {one["file"]: one for one in pawl(given.pawl, "triggers", folder, "--json", "--from", at)}
            refused: dict[str, list[str]] = {}
            warned = set()
            for finding in pawl(given.pawl, "check", folder, "--json"):
                if finding["severity"] == "error":
                    refused.setdefault(finding["file"], []).append(finding["message"])
                elif finding["code"] == "ambiguous-schedule":
                    warned.add(finding["file"])
            for case in cases:
                used.add(case["zone"])
                outcome = compare(case, shown.get(case["file"]), refused.get(case["file"], []), case["file"] in warned)
                if outcome in ("same", "never", "too rare for croniter", "refused by both") or outcome in RULES:
                    outcomes[outcome] += 1
                else:
                    unexplained.append(f"{case['text']!r} ({case['seconds']}) in {case['zone']} from {at}: {outcome}")
    total = sum(outcomes.values()) + len(unexplained)
    print(f"{total} schedules in {len(used)} time zones, seed {given.seed}")
    for outcome, count in outcomes.most_common():
        print(f"  {count:5}  {outcome}" + (f": {RULES[outcome]}" if outcome in RULES else ""))
    print(f"  {len(unexplained):5}  unexplained")
    for line in unexplained[:20]:
        print(line)
    if unexplained:
        sys.exit(1)


if __name__ == "__main__":
    main()
