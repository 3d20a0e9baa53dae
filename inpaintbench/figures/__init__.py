"""Figures for papers: pictures in rows and columns, as PNG, PDF and SVG.

`plate` says what a figure is made of: pictures and words alone. `lettering` measures words and breaks them into lines,
`layout` finds the place of everything, and `drawing` writes the files. Who reads results, or draws holes, hands the
pictures in.
"""
