"""Lessons: decided by the seed and the number of the step alone, every picture once a pass."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from inpaintbench.api import Lesson
from inpaintbench.training.lessons import Lessons, Material


def greys(lesson: Lesson) -> list[int]:
    """Return which pictures a lesson shows: their middle is grey, in steps of ten levels."""
    return [round(float(value) * 255) // 10 for value in lesson.image[:, 0, 4, 4]]


def flipped(lesson: Lesson) -> list[bool]:
    """Return which of them are flipped: the white edge is on the right then."""
    return [bool(picture[0, 0, -1] == 1) for picture in lesson.image]


def test_what_a_lesson_holds(lessons_of: Any) -> None:
    lesson = lessons_of(batch=3, steps=9)[5]

    assert lesson.image.shape == (3, 3, 8, 8)
    assert lesson.image.dtype == torch.float32
    assert lesson.image.is_contiguous(memory_format=torch.channels_last)
    assert (lesson.hole.shape, lesson.hole.dtype) == ((3, 1, 8, 8), torch.bool)
    assert (lesson.step, lesson.steps) == (5, 9)
    assert lesson.generator.device.type == "cpu"
    for picture, grey, is_flipped in zip(lesson.image, greys(lesson), flipped(lesson), strict=True):
        expected = torch.full((3, 8, 8), grey * 10 / 255)
        expected[:, :, 7 if is_flipped else 0] = 1
        assert torch.equal(picture, expected)


@pytest.mark.parametrize(("batch", "count"), [(4, 7), (7, 7), (5, 2), (1, 3)])
def test_every_picture_is_seen_once_before_any_is_seen_again(lessons_of: Any, batch: int, count: int) -> None:
    lessons = lessons_of(batch=batch, count=count)
    shown = [grey for step in range(30) for grey in greys(lessons[step])]
    passes = [shown[start : start + count] for start in range(0, len(shown) - count + 1, count)]

    assert all(sorted(one) == list(range(count)) for one in passes)
    assert len({tuple(one) for one in passes}) > 1  # in an order of its own


def same(one: Lesson, other: Lesson) -> bool:
    assert one.hole is not None
    assert other.hole is not None
    drawn = (torch.rand(5, generator=lesson.generator) for lesson in (one, other))
    return torch.equal(one.image, other.image) and torch.equal(one.hole, other.hole) and torch.equal(*drawn)


def test_lessons_are_the_same_in_any_order(lessons_of: Any) -> None:
    lessons, again = lessons_of(), lessons_of()
    forwards = [lessons[step] for step in range(40)]

    for step in (39, 0, 17, 3, 38):
        assert same(again[step], forwards[step])
    torch.rand(3, generator=lessons[5].generator)  # what one step draws changes no other
    assert same(lessons[6], lessons_of()[6])


def test_neither_torchs_own_generator_nor_the_number_of_steps_decides(lessons_of: Any) -> None:
    first = lessons_of()[3]
    torch.manual_seed(99)
    before = torch.get_rng_state()

    assert same(lessons_of(steps=4)[3], first)
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_gives_other_lessons(lessons_of: Any) -> None:
    steps = range(10)
    one, other = lessons_of(seed=0), lessons_of(seed=1)

    assert [greys(one[step]) for step in steps] != [greys(other[step]) for step in steps]
    assert [flipped(one[step]) for step in steps] != [flipped(other[step]) for step in steps]
    assert not any(torch.equal(one[step].hole, other[step].hole) for step in steps)
    draws = [[torch.rand(1, generator=lessons[step].generator).item() for step in steps] for lessons in (one, other)]
    assert len({*draws[0], *draws[1]}) == 20


def test_half_of_the_pictures_are_flipped(lessons_of: Any) -> None:
    lessons = lessons_of(batch=10, steps=100)
    found = [one for step in range(100) for one in flipped(lessons[step])]

    assert 440 < sum(found) < 560  # 500 ± 3.8 standard deviations


def test_holes_are_taken_at_random_from_those_that_were_drawn(lessons_of: Any) -> None:
    lessons = lessons_of(batch=10, steps=100)
    counts = Counter(int(hole.sum()) for step in range(100) for hole in lessons[step].hole)

    assert set(counts) == set(range(1, 11))
    assert min(counts.values()) > 60  # 100 ± 4.2 standard deviations
    assert max(counts.values()) < 140


def test_without_holes_there_are_none(lessons_of: Any) -> None:
    assert lessons_of(holes=0)[0].hole is None


def test_pictures_may_be_mapped_from_a_file_that_is_only_read(lessons_of: Any, tmp_path: Any) -> None:
    lessons = lessons_of()
    np.save(tmp_path / "pictures.npy", lessons.material.pictures)
    mapped = Material(np.load(tmp_path / "pictures.npy", mmap_mode="r"), lessons.material.holes)
    before = (tmp_path / "pictures.npy").read_bytes()

    assert same(Lessons(mapped, 4, 40, 0, torch.device("cpu"))[2], lessons[2])
    assert (tmp_path / "pictures.npy").read_bytes() == before
