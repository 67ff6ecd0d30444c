"""What ships with the program, found in a wheel and in a checkout alike: rules and the example configuration."""

from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """Return the path of `rules` or `config.example.yaml` as shipped."""
    in_wheel = ENGINE / "shipped" / name
    return in_wheel if in_wheel.exists() else ENGINE.parent / name
