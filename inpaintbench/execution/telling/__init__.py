"""Telling what happens while a plan runs, to progress displays and to the logbook of the run."""
