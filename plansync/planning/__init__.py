"""Arithmetic on a plan's snapshot: progress and the lines that follow from it."""
