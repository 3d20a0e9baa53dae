"""Adapters: methods of other libraries, and networks of other people, in inpaintbench's terms; one file each."""
