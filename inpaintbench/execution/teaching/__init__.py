"""Teaching: a method is shown the pictures of its training, and what it has learned is stored."""
