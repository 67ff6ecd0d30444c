"""Strict YAML: what rule text may be, and what it says of what it may not (S1)."""

import os
import sys
import time
from pathlib import Path

import pytest

from engine.language.source import Mapping, Scalar, parse, plain_value, read_file
from engine.vocabulary.problem import Problems


def values(text: str) -> object:
    """Return the plain values of a text's only document."""
    return plain_value(parse(text, "x.yaml").documents[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("02:30", "02:30"),
        ("12:30", "12:30"),
        ("0123", "0123"),
        ("true", True),
        ("~", None),
        ("-17", -17),
        ("1.5", 1.5),
        (".nan", ".nan"),
        ("2026-02-30", "2026-02-30"),
        ("'true'", "true"),
    ],
)
def test_plain_scalars_have_the_core_meaning_of_yaml_1_2(text: str, expected: object) -> None:
    """Only true and false are booleans, and times, dates and country codes stay text."""
    assert {"a": expected} == values(f"a: {text}")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\nb: *x", "R002"),
        ("a: !!python/object:os.system x", "R002"),
        ("<<: {a: 1}", "R002"),
        ("a: 1\na: 2", "R003"),
        ("? [a]\n: 1", "R002"),
        ("a: [1", "R002"),
        ("a: \u202egnp.exe", "R002"),
        ("a: \0", "R002"),
        ("\ufeffa: 1", "R002"),
        ("[" * 10_000, "R005"),
        ("a: " + "x" * (1 << 20), "R005"),
    ],
)
def test_s1_what_is_not_strict_is_refused_with_its_line(text: str, code: str) -> None:
    """Anchors, tags, merge keys, double keys, depth, size and steering characters are problems with a place."""
    problems = parse(text, "x.yaml").problems

    assert code in {problem.code for problem in problems}
    assert all(problem.place.line >= 1 for problem in problems)


def test_s1_an_alias_bomb_costs_nothing() -> None:
    """Nine levels of ten aliases each are refused without being expanded."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10))
    started = time.perf_counter()

    parsed = parse(f"l0: &l0 x\n{levels}", "bomb.yaml")

    assert {"R002"} == {problem.code for problem in parsed.problems}
    assert time.perf_counter() - started < 5  # a bomb would take for ever; this bound is no measurement


def test_every_node_knows_its_place() -> None:
    """A node's place is line and column from 1, and as wide as the word."""
    document = parse("a: 1\nbc: [x, yy]\n", "x.yaml").documents[0]

    assert isinstance(document, Mapping)
    key = document.key("bc")
    assert isinstance(key, Scalar)
    assert (key.place.line, key.place.column, key.place.width) == (2, 1, 2)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00a", b"a: \xc3\x28", "a: 1".encode("utf-16")])
def test_s1_only_utf_8_is_read(tmp_path: Path, content: bytes) -> None:
    """Text in another encoding is refused and told how to be saved."""
    file = tmp_path / "x.yaml"
    file.write_bytes(content)

    with pytest.raises(Problems, match="UTF-8"):
        read_file(file, "x.yaml")


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO there")
def test_s1_a_fifo_or_a_huge_file_is_not_opened(tmp_path: Path) -> None:
    """A FIFO would block for ever and 10 MB would fill memory: both are refused by what they are."""
    fifo, huge = tmp_path / "fifo.yaml", tmp_path / "huge.yaml"
    os.mkfifo(fifo)
    with huge.open("wb") as stream:
        stream.truncate(10 << 20)

    with pytest.raises(Problems, match="regular file"):
        read_file(fifo, "fifo.yaml")
    with pytest.raises(Problems, match="1 MiB"):
        read_file(huge, "huge.yaml")
