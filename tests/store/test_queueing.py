"""A lock that is given in the order in which it was asked for."""

import threading

import pytest

from engine.store.queueing import QueueLock


def test_whoever_waits_longest_is_next() -> None:
    """Also before who has just had it and asks again at once: the loop that judges lets answers go between its passes."""
    lock, order = QueueLock(), list[str]()

    def once(name: str) -> None:
        with lock:
            order.append(name)

    waiting = [threading.Thread(target=once, args=(name,)) for name in ("a", "b", "c")]
    with lock:
        for number, thread in enumerate(waiting, 1):
            thread.start()
            while lock.length < number:
                threading.Event().wait(0.001)
    once("again")
    for thread in waiting:
        thread.join()

    assert order == ["a", "b", "c", "again"]


def test_who_has_it_may_take_it_again() -> None:
    """It is free once it was given back as often as it was taken, whatever happened inside."""
    lock, others = QueueLock(), list[int]()

    def take() -> None:
        with lock:
            others.append(1)

    with pytest.raises(ZeroDivisionError), lock, lock:
        others.append(1 // 0)
    thread = threading.Thread(target=take)
    thread.start()
    thread.join(5)

    assert others == [1]


def test_one_at_a_time_has_it() -> None:
    """Eight threads that count, a thousand times each, lose no count."""
    lock, counted = QueueLock(), [0]

    def count() -> None:
        for _ in range(1_000):
            with lock:
                counted[0] += 1

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted == [8_000]
