"""What workers print: the end of it is kept, and how much there was."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from inpaintbench.execution.workers.output import KEPT, Output


@pytest.fixture
def pipe() -> Iterator[tuple[int, Output]]:
    """Return the end to which a worker prints, and what is kept of that."""
    reading, writing = os.pipe()
    output = Output(reading)
    yield writing, output
    output.close()


def test_little_is_kept_whole_and_taken_once(pipe: tuple[int, Output]) -> None:
    writing, output = pipe
    os.write(writing, "grün".encode())
    assert output.read()
    os.write(writing, b" and red\n")
    assert output.read()
    assert output.take() == "grün and red\n"
    assert output.take() == ""
    os.close(writing)


def test_nothing_there_is_no_end(pipe: tuple[int, Output]) -> None:
    writing, output = pipe
    assert output.read()
    os.close(writing)
    assert not output.read()


def test_of_much_the_end_is_kept_and_the_rest_counted(pipe: tuple[int, Output]) -> None:
    writing, output = pipe
    for number in range(100):
        os.write(writing, bytes([97 + number % 26]) * 1000)
        output.read()
    os.write(writing, b"end")
    output.read()
    os.close(writing)
    taken = output.take()
    head, _, text = taken.partition("\n")
    assert head == f"[{100_003 - KEPT:,} bytes before]"
    assert len(text) == KEPT
    assert text.endswith("v" * 1000 + "end")


def test_what_was_taken_is_not_counted_again(pipe: tuple[int, Output]) -> None:
    writing, output = pipe
    os.write(writing, b"x" * (KEPT + 5))
    output.read()
    assert output.take().startswith("[5 bytes before]\n")
    os.write(writing, b"new")
    output.read()
    os.close(writing)
    assert output.take() == "new"


def test_bytes_that_are_no_text_are_shown_as_such(pipe: tuple[int, Output]) -> None:
    writing, output = pipe
    os.write(writing, b"a\xff\xfeb")
    output.read()
    os.close(writing)
    assert output.take() == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"
