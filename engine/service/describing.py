"""Describing: what puts the rules of a rulebook into plain sentences, with what an installation calls things."""

from engine.language.description import Describer
from engine.language.rule import Rulebook
from engine.service.installation import Installation
from engine.vocabulary.tongue import Tongue


def describer_of(installation: Installation, rulebook: Rulebook, tongue: Tongue) -> Describer:
    """Return what describes the rules of a rulebook in a tongue."""
    settings = installation.settings
    channels = frozenset(settings.channels)
    return Describer(rulebook, installation.model, settings.zone, tongue, settings.languages, channels)
