"""Log lines are written by a thread of their own: in their order, whole, and all of them."""

import threading
from io import StringIO

from engine.service.log_lines import LogLines


class Slow(StringIO):
    """A stream that takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()

    def write(self, text: str) -> int:
        """Write once it is let."""
        self.may.wait()
        return super().write(text)


def test_whoever_logs_does_not_wait_for_the_disk() -> None:
    """Lines are taken while the stream takes none, and stand in it in their order once it does."""
    stream = Slow()
    lines = LogLines(stream)
    lines.start()
    for number in range(1_000):
        lines.write(f"{number}\n")
    assert stream.getvalue() == ""
    stream.may.set()
    lines.stop()

    assert stream.getvalue().split() == [str(number) for number in range(1_000)]


def test_before_and_after_lines_are_written_at_once() -> None:
    """What is said while a service starts, and when it has stopped, is not lost with a thread."""
    stream = StringIO()
    lines = LogLines(stream)
    lines.write("a")
    lines.start()
    lines.stop()
    lines.write("b")
    lines.flush()

    assert stream.getvalue() == "ab"
