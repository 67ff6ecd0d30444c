"""placeholder."""


class ScheduleError(ValueError): ...


Schedule = tuple


def read_every(every: str, at: str | None) -> tuple:
    return (every, at)


def read_cron(text: str) -> tuple:
    return (text,)
