"""How much of a picture each mask can miss, one function a mask, which its spec names as `coverage`.

Each says it from the mask's definition alone, and not by drawing, so that a drawn hole can be held against it. No
generator imports these modules: a generator's source is part of what stored results are found by, and what is said
about its holes does not change them.
"""
