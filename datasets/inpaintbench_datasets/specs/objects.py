"""Data sets of textures, animals, digits, cars and things."""

from __future__ import annotations

from inpaintbench.api import DatasetSpec, Download, Parameter


def _path(default: str, holds: str) -> Parameter:
    return Parameter(
        name="path",
        kind="path",
        help=f"The folder that holds {holds}; looked for below the current folder, then below $INPAINTBENCH_DATA.",
        default=default,
    )


DTD = DatasetSpec(
    name="dtd",
    target="inpaintbench_datasets.dtd:DescribableTextures",
    summary="Describable Textures: 5,640 textures in the wild of 47 kinds, with ten official partitions.",
    parameters=(
        _path("dtd", "dtd/images and dtd/labels"),
        Parameter(
            name="partition",
            kind="integer",
            help="Which of the ten official divisions into train, val and test; papers that name none use the first.",
            default=1,
            minimum=1,
            maximum=10,
        ),
    ),
    reference="M. Cimpoi, S. Maji, I. Kokkinos, S. Mohamed, A. Vedaldi, Describing Textures in the Wild, CVPR 2014",
    licence="made available to the computer vision community for research purposes",
    homepage="https://www.robots.ox.ac.uk/~vgg/data/dtd/",
    layout=(
        "dtd/images/banded/banded_0002.jpg and so on, a folder for each of 47 kinds\n"
        "dtd/labels/train1.txt, val1.txt, test1.txt and so on to train10.txt, val10.txt, test10.txt"
    ),
    downloads=(
        Download(
            url="https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz",
            filename="dtd-r1.0.1.tar.gz",
            megabytes=625.2,
            checksum="md5:fff73e5086ae6bdbea199a49dfb8a4c1",
            unpack=True,
            holds=("dtd/images|images", "dtd/labels|labels"),
        ),
    ),
    notes=(
        "Each partition has 1,880 pictures in each of train, val and test, and every picture is in one of them. "
        "Classes are the 47 kinds. Another partition draws other holes for the same picture."
    ),
)

OXFORD_PETS = DatasetSpec(
    name="oxford_pets",
    target="inpaintbench_datasets.oxford_pets:OxfordPets",
    summary="Oxford-IIIT Pets: 7,349 photographs of cats and dogs of 37 breeds.",
    parameters=(_path("oxford-iiit-pet", "images and annotations"),),
    reference="O. M. Parkhi, A. Vedaldi, A. Zisserman, C. V. Jawahar, Cats and Dogs, CVPR 2012",
    licence="CC BY-SA 4.0",
    homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
    layout=(
        "images/Abyssinian_100.jpg and so on\n"
        "annotations/trainval.txt and test.txt: a picture a line, as `Abyssinian_100 1 1 1`"
    ),
    downloads=(
        Download(
            url="https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz",
            filename="images.tar.gz",
            megabytes=791.9,
            checksum="md5:5c4f3ee8e5d25df40f4fd59a7f44e54c",
            unpack=True,
            holds=("images",),
        ),
        Download(
            url="https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
            filename="annotations.tar.gz",
            megabytes=19.2,
            checksum="md5:95a8c909bbe2e81eed6a22bccdf3f68f",
            unpack=True,
            holds=("annotations/trainval.txt", "annotations/test.txt"),
        ),
    ),
    notes=(
        "train is the published trainval (3,680 pictures), test the published test (3,669). There is no val split. "
        "Classes are the 37 breeds, by the pictures' names."
    ),
)

SVHN = DatasetSpec(
    name="svhn",
    target="inpaintbench_datasets.svhn:StreetViewHouseNumbers",
    summary="Street View House Numbers: 99,289 cropped digits of 32×32 pixels.",
    parameters=(_path("svhn", "train_32x32.mat and test_32x32.mat"),),
    reference=(
        "Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu, A. Y. Ng, Reading Digits in Natural Images with "
        "Unsupervised Feature Learning, NIPS Workshop on Deep Learning and Unsupervised Feature Learning 2011"
    ),
    licence="non-commercial use only, as its page says beside the full-size pictures",
    homepage="http://ufldl.stanford.edu/housenumbers/",
    layout="train_32x32.mat\ntest_32x32.mat",
    downloads=(
        Download(
            url="http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
            filename="train_32x32.mat",
            megabytes=182.0,
            checksum="md5:e26dedcc434d2e4c54c9b2d4a06d8373",
            splits=("train",),
        ),
        Download(
            url="http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
            filename="test_32x32.mat",
            megabytes=64.3,
            checksum="md5:eb5a983be6a315427106f1b164d9cef3",
            splits=("test",),
        ),
    ),
    notes=(
        "73,257 pictures in train, 26,032 in test, no val split; the 531,131 easier digits published as extra are "
        "left out. Classes are the digits. At --size 64 the pictures are enlarged, as in Yeh et al. (CVPR 2017)."
    ),
)

STANFORD_CARS = DatasetSpec(
    name="stanford_cars",
    target="inpaintbench_datasets.stanford_cars:StanfordCars",
    summary="Stanford Cars: 16,185 photographs of cars of 196 models, whole or cut to the car.",
    parameters=(
        _path("stanford_cars", "cars_train, cars_test, devkit and cars_test_annos_withlabels.mat"),
        Parameter(
            name="crop",
            kind="text",
            help="none: the published picture. box: the car's bounding box, as in Yeh et al. (CVPR 2017).",
            default="none",
            choices=("none", "box"),
        ),
    ),
    reference=(
        "J. Krause, M. Stark, J. Deng, L. Fei-Fei, 3D Object Representations for Fine-Grained Categorization, 4th "
        "IEEE Workshop on 3D Representation and Recognition (3dRR), ICCV 2013"
    ),
    licence="not known: its page is gone",
    homepage="https://ai.stanford.edu/~jkrause/cars/car_dataset.html",
    layout=(
        "cars_train/00001.jpg and so on (8,144 pictures)\n"
        "cars_test/00001.jpg and so on (8,041 pictures)\n"
        "devkit/cars_meta.mat and devkit/cars_train_annos.mat\n"
        "cars_test_annos_withlabels.mat"
    ),
    notes=(
        "The publisher's downloads are gone; https://github.com/pytorch/vision/issues/7545 tells where people find "
        "copies. train has 8,144 pictures, test 8,041, and there is no val split. Classes are make, model and year. "
        "Yeh et al. cut to the bounding box and resize to 64 pixels: stanford_cars[crop=box] is nearest, which keeps "
        "the central square of a box, since the paper does not say how a box becomes square. The devkit does not say "
        "from where boxes count: they are read as Matlab's, from 1, both ends included. The two crops draw different "
        "holes."
    ),
)

IMAGENET = DatasetSpec(
    name="imagenet",
    target="inpaintbench_datasets.imagenet:ImageNet",
    summary="ImageNet (ILSVRC 2012): 1.28 million photographs to train on, 50,000 to test on, of 1,000 classes.",
    parameters=(_path("imagenet", "train and val"),),
    reference="O. Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 115(3), 2015",
    licence="non-commercial research and education, by the terms that one accepts at image-net.org",
    homepage="https://image-net.org/challenges/LSVRC/2012/2012-downloads.php",
    layout=(
        "train/n01440764/n01440764_18.JPEG and so on, a folder for each of 1,000 classes (ILSVRC2012_img_train.tar)\n"
        "val/n01440764/ILSVRC2012_val_00000293.JPEG and so on, sorted into the same folders (ILSVRC2012_img_val.tar)\n"
        "torchvision.datasets.ImageNet unpacks and sorts both, with ILSVRC2012_devkit_t12.tar.gz beside them."
    ),
    notes=(
        "test is the official validation split, on which the field evaluates, because the classes of the official "
        "test pictures are not published; there is no val split besides. Classes are WordNet ids. Pictures are not "
        "counted: a part of the data set is accepted, and has another fingerprint."
    ),
)

SPECS = (DTD, OXFORD_PETS, SVHN, STANFORD_CARS, IMAGENET)
