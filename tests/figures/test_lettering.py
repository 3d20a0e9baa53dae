"""Words are broken where it reads well, and no line is wider than its column."""

import pytest

from inpaintbench.figures.lettering import Lettering

SERIF = Lettering("serif", 8.0)
WIDE = 1000.0
METHOD = "context_encoder[preset=quick]"


def test_width_grows_with_the_size() -> None:
    assert Lettering("serif", 16.0).width("tv") == pytest.approx(2 * SERIF.width("tv"), rel=0.05)
    assert SERIF.width("tvtv") > SERIF.width("tv") > 0


def test_what_fits_is_one_line() -> None:
    assert SERIF.lines(METHOD, WIDE, 5) == [METHOD]


def test_a_selector_is_broken_before_its_bracket() -> None:
    width = SERIF.width("context_encoder") + 1
    assert SERIF.lines(METHOD, width, 5) == ["context_encoder", "[preset=quick]"]


def test_parameters_are_broken_after_commas() -> None:
    width = SERIF.width("square[side=10,") + 1
    assert SERIF.lines("square[side=10,count=9]", width, 5) == ["square[side=10,", "count=9]"]


def test_words_are_broken_at_spaces() -> None:
    assert SERIF.lines("Yeh et al. (2017)", SERIF.width("Yeh et al.") + 1, 5) == ["Yeh et al.", "(2017)"]


def test_a_part_that_is_too_wide_is_broken_at_underscores() -> None:
    assert SERIF.lines("context_encoder", SERIF.width("encoder_"), 5) == ["context_", "encoder"]


def test_a_word_that_is_too_wide_is_torn() -> None:
    lines = SERIF.lines("m" * 10, SERIF.width("mmm") + 0.1, 5)
    assert lines == ["mmm", "mmm", "mmm", "m"]


@pytest.mark.parametrize("text", [METHOD, "a " * 50, "m" * 100, "x[a=1,b=2,c=3]" * 9])
@pytest.mark.parametrize("width", [15.0, 40.0, 90.0])
def test_no_line_is_too_wide_and_there_are_not_too_many(text: str, width: float) -> None:
    lines = SERIF.lines(text, width, 3)
    assert 0 < len(lines) <= 3
    assert all(SERIF.width(line) <= width for line in lines)
    if len(SERIF.lines(text, width, 1000)) > 3:
        assert lines[-1].endswith("…")


def test_nothing_has_no_line() -> None:
    assert SERIF.lines("", WIDE, 5) == []


@pytest.mark.parametrize(
    ("text", "line"), [("a\nb", "a b"), ("a\x1b[1mb", "a?[1mb"), ("穴 fill", "? fill"), ("\udc80", "?")]
)
@pytest.mark.parametrize("font", ["serif", "sans"])
def test_what_the_font_has_no_sign_for_is_a_question_mark(text: str, line: str, font: str) -> None:
    assert Lettering(font, 8.0).drawable(text) == line  # type: ignore[arg-type]


@pytest.mark.parametrize("font", ["serif", "sans"])
def test_the_signs_of_tables_are_there(font: str) -> None:
    assert Lettering(font, 8.0).drawable("×↑↓–…éöß%µ") == "×↑↓–…éöß%µ"  # type: ignore[arg-type]
