"""What the methods that call programs say of themselves."""

from __future__ import annotations

from inpaintbench.api import MethodSpec, Parameter

_PACKAGE = "inpaintbench_methods.outside"

_AS_THE_PROGRAM = (
    "Deterministic only if the program is; if it draws random numbers, give it the seed. Its own code and settings "
    "are no part of a result's key"
)

COMMAND = MethodSpec(
    name="command",
    target=f"{_PACKAGE}.command:Command",
    summary="Calls a program with PNG files of a picture and its hole, and reads the PNG file that it writes.",
    parameters=(
        Parameter(
            name="run",
            kind="text",
            help="The command, with {input}, {hole} and {output} for files, {seed} for a number, {path} for path=… and "
            "{python} for the Python that inpaintbench runs in.",
        ),
        Parameter(
            name="path",
            kind="path",
            help="A file or folder that the command needs, such as its script; none: it needs none.",
            default="none",
        ),
        Parameter(
            name="per",
            kind="text",
            help="image: a call for each picture; folder: one for each batch, and the three names are of folders.",
            default="image",
            choices=("image", "folder"),
        ),
        Parameter(
            name="missing",
            kind="text",
            help="What missing pixels are in the picture of the hole.",
            default="white",
            choices=("white", "black"),
        ),
        Parameter(
            name="seconds",
            kind="number",
            help="After so many, a call is ended with all that it has started.",
            default=60.0,
            minimum=0.01,
            maximum=1e6,
        ),
    ),
    licence="that of the program",
    notes=f"{_AS_THE_PROGRAM}, but for what path=… names. No shell is asked. It runs in a scratch folder of its own: "
    "that is tidy, and no protection from a program that means harm. Its time counts its start.",
)

HTTP = MethodSpec(
    name="http",
    target=f"{_PACKAGE}.http:Http",
    summary="Asks a service on this machine: POST with the PNG files image and mask, answered by a picture.",
    parameters=(
        Parameter(
            name="url", kind="text", help="Where it listens, such as http://127.0.0.1:8080/inpaint; on this machine."
        ),
        Parameter(
            name="missing",
            kind="text",
            help="What missing pixels are in the mask.",
            default="white",
            choices=("white", "black"),
        ),
        Parameter(
            name="seconds",
            kind="number",
            help="So long an answer may take, from the connection to its last byte.",
            default=60.0,
            minimum=0.01,
            maximum=1e6,
        ),
    ),
    licence="that of the service",
    notes=f"{_AS_THE_PROGRAM}. The form has the fields image, mask and seed. Redirects and proxies are not followed.",
)

OUTSIDE = (COMMAND, HTTP)
"""All of them."""
