"""A method's answer in another process, which has nothing of this one but what lies on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor

from inpaintbench.api import Batch, MethodSpec
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench.testing.checks import PromiseError
from inpaintbench.testing.methods.subject import MethodSubject

REQUEST, GIVEN, ANSWER = "request.json", "given.safetensors", "answer.safetensors"


def composite_elsewhere(subject: MethodSubject, batch: Batch) -> Float[Tensor, "b 3 h w"]:
    """Return what the same method, built in a process of its own, makes of a batch, on the CPU.

    Raises:
        PromiseError: if it ends with an error there.
    """
    folder = subject.fresh_folder("elsewhere")
    save_file({"corrupted": batch.corrupted.cpu(), "hole": batch.hole.cpu()}, folder / GIVEN)
    request = {
        "selector": subject.taught.name,
        "plugins": subject.registry.given,
        "device": str(subject.device),
        "seeds": batch.seeds,
    }
    (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    command = [sys.executable, "-m", __name__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise PromiseError(f"In another process it fails: {last}")
    answer: Tensor = load_file(folder / ANSWER)["composite"]
    return answer


def main(folder: Path) -> None:
    """Answer what `composite_elsewhere` asks for in a folder."""
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    registry = load_registry(request["plugins"])
    (selection,) = select([request["selector"]], MethodSpec, registry)
    subject = MethodSubject(selection, registry, request["device"], folder)
    given = load_file(folder / GIVEN)
    batch = Batch(
        given["corrupted"].to(subject.device), given["hole"].to(subject.device), tuple(map(int, request["seeds"]))
    )
    save_file({"composite": subject.composite(batch).contiguous()}, folder / ANSWER)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
