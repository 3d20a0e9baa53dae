"""Jobs, cells and trainings alike, as whoever does them is told of them; and the place where they are done."""
