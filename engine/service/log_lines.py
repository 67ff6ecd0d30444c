"""Log lines: written by a thread of their own, so that nobody who logs waits for a disk. None is lost, none doubled."""

import threading
from dataclasses import dataclass, field
from queue import Queue
from typing import TextIO

MOST = 10_000  # lines that wait; whoever logs more waits for the disk after all
LAST_SECONDS = 2.0


@dataclass(eq=False)
class LogLines:
    """Takes lines as a file does, and writes them to a stream in their order."""

    stream: TextIO
    _lines: "Queue[str | None]" = field(default_factory=lambda: Queue(MOST))
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Take a text, to be written soon; at once where no thread writes."""
        if self._thread is None:
            self.stream.write(text)
        else:
            self._lines.put(text)
        return len(text)

    def flush(self) -> None:
        """Write at once what is to be written at once."""
        if self._thread is None:
            self.stream.flush()

    def stop(self) -> None:
        """Write what waits; from now on write at once."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._lines.put(None)
            thread.join(LAST_SECONDS)

    def _write_all(self) -> None:
        while (text := self._lines.get()) is not None:
            self.stream.write(text)
            if self._lines.empty():
                self.stream.flush()
        self.stream.flush()
