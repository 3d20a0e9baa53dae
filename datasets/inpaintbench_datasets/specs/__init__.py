"""The table of contents by kind of picture: what each data set is called, where it comes from, and its terms."""
