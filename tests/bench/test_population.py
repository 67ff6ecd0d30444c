"""The population of the bench: the same every time, whole or in part, and as skewed as it is said to be."""

from itertools import islice

from bench.population import BLOCK, contacts

MANY = 20_000


def test_the_same_seed_gives_the_same_contacts_and_another_gives_others() -> None:
    """Two draws of one seed are equal; those of two seeds are not."""
    assert list(contacts(500)) == list(contacts(500))
    assert list(contacts(500)) != list(contacts(500, seed=8))


def test_a_part_is_what_it_is_in_the_whole() -> None:
    """Contacts are the same alone, and in a population that is larger, also across the border of a block."""
    whole = list(contacts(2 * BLOCK))

    assert list(contacts(20, start=BLOCK - 10)) == whole[BLOCK - 10 : BLOCK + 10]


def test_a_few_contacts_have_most_activities() -> None:
    """There are five activities and one and a half consents a contact, and a tenth of all have a third of the former."""
    found = list(contacts(MANY))
    counts = sorted((len(one.activities) for one in found), reverse=True)

    assert 4.7 < sum(counts) / MANY < 5.3
    assert 1.4 < sum(len(one.consents) for one in found) / MANY < 1.6
    assert sum(islice(counts, MANY // 10)) > sum(counts) / 3
    assert sum(count == 0 for count in counts) > MANY / 10
