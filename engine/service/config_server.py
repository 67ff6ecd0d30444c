"""The section of the configuration that says where the API listens, and how much it takes of each caller."""

from dataclasses import dataclass

from engine.service import config_values as read
from engine.service.config_keys import key, optional, section_of
from engine.service.config_outside import SignedBySection


@dataclass(frozen=True, slots=True)
class ServerSection:
    """Where the API listens, how much it takes, and how the CRM may sign its calls instead of sending a token.

    Bodies are counted in bytes, `patience` in seconds, paces for each caller.
    """

    host: str = key(read.text, "127.0.0.1")
    port: int = key(read.whole(1, 65_535), 8484)
    largest_body: int = key(read.whole(1_000), 16 << 20)
    largest_import: int = key(read.whole(1_000), 1 << 30)
    patience: int = key(read.whole(1, 3_600), 30)
    requests_per_second: int | None = key(optional(read.whole(1)), 1_000)
    connections: int = key(read.whole(2), 200)
    signed_by: SignedBySection | None = key(optional(section_of(SignedBySection)), None)
