"""Intervening: what people do in a step of a rule test: they place and lift holds, and decide about the deletion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.language.approval import MOST_PEOPLE
from engine.language.rule import Rule
from engine.language.rule_steps import ANY_HOLD, RECORD_ID, Step
from engine.service import deciding, erasing
from engine.service.approving import Word
from engine.service.deciding import Desk
from engine.service.naming import NOT_THERE, SET_CHANGED, Declined
from engine.service.scene import Scene
from engine.store import deletion_queue, holds
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment


@dataclass(frozen=True, slots=True)
class Intervention:
    """Somebody who decides about the record of a test and about the rule that it tests, at a moment."""

    scene: Scene
    rule: Rule
    moment: Moment

    def make(self, step: Step) -> None:
        """Do what people do in a step; raises Declined or IllegalMove for what does not fit how things stand."""
        if step.place_hold is not None:
            with self.scene.store.database.writing() as connection:
                record = self.rule.entity, self._record(connection)
                holds.add(connection, record, step.place_hold.name, step.place_hold.reason, self.moment.now)
        if step.lift_hold is not None:
            self._lift(step.lift_hold)
        if step.decide is not None:
            _DECISIONS[step.decide](self)

    def approve(self) -> None:
        """Let the deletion go on, as `deletions approve` does: by as many people as are asked."""
        with self.scene.store.database.writing() as connection:
            desk = Desk(self.scene.installation, connection, self.scene.store.tables, self.scene.rulebook)
            for number in range(1, MOST_PEOPLE + 1):
                if not deciding.approve(
                    desk, [self._deletion(connection)], Word(f"person-{number}"), self.moment, None
                ):
                    break

    def keep(self) -> None:
        """Cancel the deletion, as `deletions keep` does."""
        with self.scene.store.database.writing() as connection:
            deciding.keep(self.scene.installation, connection, self._deletion(connection), self.moment.now)

    def restore(self) -> None:
        """Bring the record back from the recycle bin, as `deletions restore` does."""
        with self.scene.store.database.reading() as connection:
            found = self._deletion(connection)
        erasing.restore(self.scene, found, self.moment)

    def release(self) -> None:
        """Release the rule, which its limit has paused, as `rules release` does."""
        scene = self.scene
        with scene.store.database.writing() as connection:
            count = deciding.release_by_limit(scene.installation, connection, scene.rulebook, self.rule.id, self.moment)
        if count is None:
            raise Declined(SET_CHANGED, "what the limit stopped is not what it was")

    def _record(self, connection: Connection) -> int:
        key = self.scene.records.key_of(connection, self.rule.entity, RECORD_ID)
        if key is None:
            raise Declined(NOT_THERE, f"the {self.rule.entity} is gone")
        return key

    def _lift(self, name: str) -> None:
        with self.scene.store.database.writing() as connection:
            active = holds.on(connection, self.rule.entity, self._record(connection))
            lifted = [hold for hold, its_name in active if name in {its_name, ANY_HOLD}]
            for hold in lifted:
                holds.lift(connection, hold, self.moment.now)
        if not lifted:
            raise Declined(NOT_THERE, f"no hold `{name}` is active")

    def _deletion(self, connection: Connection) -> Deletion:
        found = deletion_queue.newest_of(connection, self.scene.store.tables, self.rule.id)
        if found is None:
            raise Declined(NOT_THERE, f"`{self.rule.id}` has scheduled no deletion")
        return found


_DECISIONS: Mapping[str, Callable[[Intervention], None]] = {
    "approve": Intervention.approve,
    "keep": Intervention.keep,
    "restore": Intervention.restore,
    "release": Intervention.release,
}
