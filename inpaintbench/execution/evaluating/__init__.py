"""Evaluating a cell: pictures and holes go in, the method completes them, and what is scored of it is stored."""
