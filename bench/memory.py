"""Memory: what one run takes at its peak, in a process of its own that does nothing else."""

import json
import resource
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.place import Place, opened, thirty

STATUS = Path("/proc/self/status")


def of_runs(url: str, folder: Path, place: Place) -> dict[str, Any]:
    """Return the peaks, in MiB, of a process before its runs, after a delta and after a full one."""
    call = (sys.executable, "-m", "bench.memory", url, str(folder), str(place.contacts), place.now.isoformat())
    done = subprocess.run(call, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(url: str, folder: Path, contacts: int, now: datetime) -> None:
    """Run twice and tell the peaks."""
    place = opened(url, folder, thirty(), contacts)
    place.clock.instant = now
    peaks = {"before MiB": _peak()}
    place.run()
    peaks["delta run MiB"] = _peak()
    place.run(full=True)
    sys.stdout.write(json.dumps(peaks | {"full run MiB": _peak()}))


def _peak() -> int:
    """Return the peak of this program; that of `getrusage` would include the process that it was started from."""
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), datetime.fromisoformat(sys.argv[4]))
