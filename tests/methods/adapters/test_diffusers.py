from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaintbench.errors import ParameterError, PluginError

diffusers = pytest.importorskip("diffusers", reason="not installed: pip install 'inpaintbench[diffusers]'")
transformers = pytest.importorskip("transformers", reason="not installed: pip install 'inpaintbench[diffusers]'")

Pictures = tuple[Tensor, Tensor]
USUAL = 16
"""Side of the pictures that the pipeline was made for: 8 pixels of its latent space, twice enlarged."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pipeline as large as it must be, of random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = _pipeline()
    place = tmp_path_factory.mktemp("pipeline")
    pipeline.save_pretrained(place)
    return place


def _pipeline() -> Any:
    unet = diffusers.UNet2DConditionModel(
        sample_size=USUAL // 2,
        in_channels=9,  # four of the noise, one of the mask, four of the known picture
        out_channels=4,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=8,
        attention_head_dim=4,
    )
    vae = diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        sample_size=USUAL,
    )
    text = transformers.CLIPTextModel(
        transformers.CLIPTextConfig(
            vocab_size=6,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=8,
            bos_token_id=4,
            eos_token_id=5,
            pad_token_id=5,
        )
    )
    vocabulary = {"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "<|startoftext|>": 4, "<|endoftext|>": 5}
    return diffusers.StableDiffusionInpaintPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=8),
        unet=unet,
        scheduler=diffusers.DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def test_it_fills_holes_of_pictures_of_any_size(
    folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    image, hole = pictures  # 20 × 28 pixels, which it is given as squares of its own size
    found = completed(build(f"diffusers[model={folder},steps=2]"), image, hole)
    assert torch.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
    assert (found != image.masked_fill(hole, 0)).masked_select(hole).float().mean() > 0.9


def test_noise_comes_from_the_seed_of_each_image(
    folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    image, hole = pictures
    method = build(f"diffusers[model={folder},steps=2]")
    together = completed(method, image, hole, (7, 8, 9))
    torch.manual_seed(99)
    alone = completed(method, image[[2]], hole[[2]], (9,))
    torch.testing.assert_close(alone[0], together[2], atol=1e-4, rtol=0)
    assert (completed(method, image[[2]], hole[[2]], (10,)) - alone).abs().max() > 1e-2


@pytest.mark.parametrize("change", ["prompt=a b", "steps=4", "guidance=1", "strength=0.5", "size=32"])
def test_every_parameter_counts(
    change: str, folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    usual = {"prompt": "b", "steps": 2, "guidance": 7.5, "strength": 1.0, "size": USUAL}
    name, _, value = change.partition("=")
    one, other = (
        completed(build(f"diffusers[model={folder},{','.join(f'{k}={v}' for k, v in said.items())}]"), *pictures)
        for said in (usual, usual | {name: value})
    )
    assert not torch.equal(one, other)


def test_its_own_size_is_the_default(
    folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    silent, said = (
        completed(build(f"diffusers[model={folder},steps=2{size}]"), *pictures) for size in ("", f",size={USUAL}")
    )
    assert torch.equal(silent, said)


def test_a_size_that_the_pipeline_cannot_take_is_refused(folder: Path, build: Callable[[str], Any]) -> None:
    with pytest.raises(ParameterError, match="size=17 is not possible: expected a multiple of 2"):
        build(f"diffusers[model={folder},size=17]")


def test_it_answers_the_same_after_a_pickle(
    folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    method = build(f"diffusers[model={folder},steps=2]")
    assert torch.equal(completed(pickle.loads(pickle.dumps(method)), *pictures), completed(method, *pictures))


def test_libraries_show_progress_bars_afterwards_as_before(folder: Path, build: Callable[[str], Any]) -> None:
    logs = [diffusers.utils.logging, transformers.utils.logging]
    logs[0].enable_progress_bar()
    logs[1].disable_progress_bar()
    try:
        build(f"diffusers[model={folder}]")
        assert [log.is_progress_bar_enabled() for log in logs] == [True, False]
    finally:
        logs[1].enable_progress_bar()


def test_weights_of_half_precision_are_computed_with_in_single(
    folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    diffusers.StableDiffusionInpaintPipeline.from_pretrained(
        str(folder), local_files_only=True, low_cpu_mem_usage=False
    ).to(torch.float16).save_pretrained(tmp_path)
    found = completed(build(f"diffusers[model={tmp_path},steps=2]"), *pictures)
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()


def test_a_folder_without_a_pipeline_is_refused(build: Callable[[str], Any], tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="holds no inpainting pipeline that can be read"):
        build(f"diffusers[model={tmp_path}]")


@pytest.mark.gpu
def test_it_moves_to_a_gpu(
    folder: Path, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    method = build(f"diffusers[model={folder},steps=2]")
    expected = completed(method, *pictures)
    found = completed(method.to(torch.device("cuda", 0)), *(part.cuda() for part in pictures))
    torch.testing.assert_close(found.cpu(), expected, atol=1e-2, rtol=0)
