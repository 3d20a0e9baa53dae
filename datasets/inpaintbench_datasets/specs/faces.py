"""Data sets of faces."""

from __future__ import annotations

from inpaintbench.api import DatasetSpec, Download, Parameter

_PARTITION = Download(
    url="https://drive.google.com/uc?id=0B7EVK8r0v71pY0NSMzRuSXJEVkk",
    filename="list_eval_partition.txt",
    megabytes=2.8,
    checksum="md5:d32c9cbf5e040fd4025c592c306e6668",
)

CELEBA = DatasetSpec(
    name="celeba",
    target="inpaintbench_datasets.celeba:CelebA",
    summary="CelebA: 202,599 aligned and cropped faces of celebrities, 178 × 218 pixels.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder that holds img_align_celeba/ and list_eval_partition.txt.",
            default="celeba",
        ),
        Parameter(
            name="crop",
            kind="integer",
            help="Side of the central square that is kept, in pixels of the published 178 × 218 pictures.",
            default=178,
            minimum=1,
            maximum=178,
        ),
    ),
    reference="Z. Liu, P. Luo, X. Wang, X. Tang, Deep Learning Face Attributes in the Wild, ICCV 2015",
    licence="non-commercial research purposes only",
    homepage="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    layout=(
        "img_align_celeba/000001.jpg … 202599.jpg (from img_align_celeba.zip)\n"
        "list_eval_partition.txt (the split; no other annotation is needed)"
    ),
    downloads=(
        Download(
            url="https://drive.google.com/uc?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM",
            filename="img_align_celeba.zip",
            megabytes=1443.5,
            checksum="md5:00d2c5bc6d35e252742224ab0c1e8fcb",
            unpack=True,
            holds=("img_align_celeba",),
        ),
        _PARTITION,
    ),
    notes=(
        "The official partition: 162,770 faces to train, 19,867 to validate, 19,962 to test. "
        "crop=178 keeps the whole width; crop=108 is the crop of the DCGAN code (carpedm20/DCGAN-tensorflow), rows 55 "
        "to 162 and columns 35 to 142. Of a smaller copy, the same part of the width is kept, rounded to the nearest "
        "pixel; of an odd margin, the right or lower part is the larger one."
    ),
)

CELEBA_HQ = DatasetSpec(
    name="celeba_hq",
    target="inpaintbench_datasets.celeba_hq:CelebAHQ",
    summary="CelebA-HQ: 30,000 faces of CelebA at 1024 × 1024 pixels, as CelebAMask-HQ distributes them.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder that holds CelebA-HQ-img/, CelebA-HQ-to-CelebA-mapping.txt and list_eval_partition.txt.",
            default="CelebAMask-HQ",
        ),
    ),
    reference=(
        "T. Karras, T. Aila, S. Laine, J. Lehtinen, Progressive Growing of GANs for Improved Quality, Stability, and "
        "Variation, ICLR 2018; C.-H. Lee, Z. Liu, L. Wu, P. Luo, MaskGAN: Towards Diverse and Interactive Facial Image "
        "Manipulation, CVPR 2020"
    ),
    licence="non-commercial research purposes only; no copies may be published or passed on",
    homepage="https://github.com/switchablenorms/CelebAMask-HQ",
    layout=(
        "CelebA-HQ-img/0.jpg … 29999.jpg (from the archive whose links stand on the homepage)\n"
        "CelebA-HQ-to-CelebA-mapping.txt (from the same archive)\n"
        "list_eval_partition.txt (CelebA's own)"
    ),
    downloads=(_PARTITION,),
    notes=(
        "CelebA's partition, looked up by the mapping: 24,183 faces to train, 2,993 to validate, 2,824 to test. The "
        "pictures are the archive's JPEG files, not Karras et al.'s own."
    ),
)

FFHQ = DatasetSpec(
    name="ffhq",
    target="inpaintbench_datasets.ffhq:FFHQ",
    summary="Flickr-Faces-HQ: 70,000 aligned faces at 1024 × 1024 pixels, or as thumbnails of 128 × 128.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder that holds images1024x1024/ or thumbnails128x128/.",
            default="ffhq",
        ),
        Parameter(
            name="variant",
            kind="text",
            help="The folder of pictures to read.",
            default="images1024x1024",
            choices=("images1024x1024", "thumbnails128x128"),
        ),
    ),
    reference=(
        "T. Karras, S. Laine, T. Aila, A Style-Based Generator Architecture for Generative Adversarial Networks, "
        "CVPR 2019"
    ),
    licence=(
        "data set CC BY-NC-SA 4.0; each photograph its author's CC BY 2.0, CC BY-NC 2.0, Public Domain Mark 1.0, "
        "CC0 1.0 or U.S. Government Works"
    ),
    homepage="https://github.com/NVlabs/ffhq-dataset",
    layout=(
        "images1024x1024/00000/00000.png … 69000/69999.png (89.1 GB: the homepage's download_ffhq.py --images)\n"
        "thumbnails128x128/00000/00000.png … 69000/69999.png (1.95 GB: download_ffhq.py --thumbs)\n"
        "One of the two folders is enough, and in it the folders of the split that is asked for. The pictures may also "
        "lie in it directly, without folders of 1,000."
    ),
    notes=(
        "00000 to 59999 are to train, as the publisher says. 60000 to 69999, the official validation set, are the test "
        "split, since inpainting is evaluated on them. There is no val split."
    ),
)

SPECS: tuple[DatasetSpec, ...] = (CELEBA, CELEBA_HQ, FFHQ)
