"""What makes one cartoon face differ from another: some thirty factors, and how they go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inpaintbench.seeding import RandomStream
from inpaintbench_datasets.cartoon_faces.canvas import Colour, mix

SKIN: Final[tuple[Colour, Colour, Colour]] = ((0.98, 0.86, 0.76), (0.83, 0.62, 0.45), (0.42, 0.27, 0.18))
HAIR: Final[tuple[Colour, ...]] = (
    (0.10, 0.08, 0.08), (0.26, 0.16, 0.10), (0.45, 0.28, 0.15), (0.80, 0.62, 0.32), (0.62, 0.25, 0.12),
    (0.72, 0.72, 0.74),
)  # fmt: skip
IRIS: Final[tuple[Colour, ...]] = ((0.28, 0.16, 0.08), (0.20, 0.42, 0.70), (0.25, 0.50, 0.28), (0.42, 0.46, 0.50))
SHIRT: Final[tuple[Colour, ...]] = (
    (0.80, 0.20, 0.22), (0.16, 0.36, 0.66), (0.20, 0.52, 0.34), (0.92, 0.90, 0.86), (0.20, 0.20, 0.26),
    (0.90, 0.68, 0.20),
)  # fmt: skip
BACKGROUND: Final[tuple[Colour, ...]] = (
    (0.62, 0.80, 0.92), (0.90, 0.84, 0.70), (0.72, 0.86, 0.72), (0.88, 0.74, 0.78), (0.46, 0.52, 0.62),
    (0.94, 0.94, 0.92),
)  # fmt: skip


@dataclass(frozen=True)
class Genes:
    """One face. Numbers in [−1, 1] are deviations from the mean face; those in [0, 1] are shares.

    Attributes:
        shift_x, shift_y, scale: of the whole head; small, because faces are aligned.
        face_width, jaw: of the face, and of its lower half.
        skin: colour.
        hair: colour.
        hair_top: how far the hair rises above the head; 0: bald.
        hair_sides: how far it reaches down, from the temples (0) to the shoulders (1).
        fringe: how far it covers the forehead.
        parting: where the fringe is parted, −1 left to 1 right.
        brow_height, brow_angle, brow_width, brow: place, slope, thickness and colour of the brows.
        eye_gap, eye_size, eye_open, gaze: of the eyes.
        iris: colour.
        nose_length, nose_width: of the nose.
        mouth_width, smile, mouth_open: of the mouth; smile below 0 is a frown.
        lips: colour.
        beard, moustache: how dense; 0 for none.
        glasses: 0 none, 1 clear, 2 dark.
        frame_round: whether the glasses are round.
        light: where the light comes from, −1 left to 1 right.
        shirt: colour.
        background, background_low: colours at the top and at the bottom.
        disc_x, disc_size: place and size of the bright disc behind the head.
    """

    shift_x: float
    shift_y: float
    scale: float
    face_width: float
    jaw: float
    skin: Colour
    hair: Colour
    hair_top: float
    hair_sides: float
    fringe: float
    parting: float
    brow_height: float
    brow_angle: float
    brow_width: float
    brow: Colour
    eye_gap: float
    eye_size: float
    eye_open: float
    gaze: float
    iris: Colour
    nose_length: float
    nose_width: float
    mouth_width: float
    smile: float
    mouth_open: float
    lips: Colour
    beard: float
    moustache: float
    glasses: int
    frame_round: bool
    light: float
    shirt: Colour
    background: Colour
    background_low: Colour
    disc_x: float
    disc_size: float


def draw_genes(stream: RandomStream) -> Genes:
    """Draw a face: every factor by itself, but for those that go together in people.

    Brows and beards have nearly the hair's colour, lips nearly the skin's; beards come with short hair.
    """
    share = stream.fraction

    def around() -> float:  # a triangular distribution over [−1, 1]
        return share() + share() - 1.0

    def one_of(colours: tuple[Colour, ...]) -> Colour:
        colour = colours[stream.integer(0, len(colours) - 1)]
        return mix(colour, (share(), share(), share()), 0.12)

    def greyed(colour: Colour) -> Colour:
        grey = share()
        return mix(colour, (grey, grey, grey), 0.12)

    tone = 2.0 * share()
    skin = mix(SKIN[0], SKIN[1], tone) if tone < 1.0 else mix(SKIN[1], SKIN[2], tone - 1.0)
    hair = greyed(HAIR[stream.integer(0, len(HAIR) - 1)])
    style = share()
    bald, long = style < 0.08, style > 0.55
    bearded = not long and share() < 0.45
    glasses = share()
    background = one_of(BACKGROUND)
    return Genes(
        shift_x=around(), shift_y=around(), scale=around(),
        face_width=around(), jaw=around(), skin=skin,
        hair=hair, hair_top=0.0 if bald else 0.4 + 0.6 * share(),
        hair_sides=0.6 + 0.4 * share() if long else 0.0 if bald else 0.3 * share(),
        fringe=0.0 if bald else share(), parting=around(),
        brow_height=around(), brow_angle=around(), brow_width=share(), brow=mix(hair, (0.1, 0.07, 0.05), 0.35),
        eye_gap=around(), eye_size=around(), eye_open=share(), gaze=around(), iris=one_of(IRIS),
        nose_length=around(), nose_width=around(),
        mouth_width=around(), smile=0.3 + 0.7 * around(), mouth_open=max(0.0, 1.6 * share() - 0.8),
        lips=mix(skin, (0.72, 0.14, 0.20), 0.35 + 0.5 * share()),
        beard=0.35 + 0.6 * share() if bearded else 0.0,
        moustache=0.4 + 0.6 * share() if bearded and share() < 0.6 else 0.0,
        glasses=0 if glasses < 0.68 else 1 if glasses < 0.9 else 2, frame_round=share() < 0.5,
        light=2.0 * share() - 1.0, shirt=one_of(SHIRT),
        background=background, background_low=mix(background, one_of(BACKGROUND), 0.7),
        disc_x=share(), disc_size=share(),
    )  # fmt: skip
