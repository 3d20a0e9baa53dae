import itertools

from scipy import ndimage

from inpaintbench_masks.letters import ALPHABET, COLUMNS, ROWS, glyphs


def test_there_is_a_letter_of_five_by_seven_dots_for_each_capital_and_digit() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 36
    assert glyphs().shape == (36, ROWS, COLUMNS) == (36, 7, 5)


def test_letters_are_as_high_as_their_cell_and_hang_together() -> None:
    for name, letter in zip(ALPHABET, glyphs(), strict=True):
        assert letter[0].any(), name
        assert letter[-1].any(), name
        assert ndimage.label(letter, structure=[[1, 1, 1]] * 3)[1] == 1, name


def test_no_two_letters_differ_in_one_dot_only() -> None:
    apart = {
        first + second: int((one != other).sum())
        for (first, one), (second, other) in itertools.combinations(zip(ALPHABET, glyphs(), strict=True), 2)
    }

    assert min(apart.values()) >= 2, min(apart, key=lambda pair: apart[pair])


def test_some_letters_are_what_they_are_called() -> None:
    letters = dict(zip(ALPHABET, glyphs(), strict=True))

    for name in "AHIMOTUVWXY8":
        assert (letters[name] == letters[name][:, ::-1]).all(), name  # mirrored, these stay what they are
    for name in "BCDEHIKO8":
        assert (letters[name] == letters[name][::-1]).mean() > 0.9, name
    assert letters["L"][:, 0].all()
    assert letters["L"][-1].all()
    assert letters["L"].sum() == 11
