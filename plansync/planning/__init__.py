"""Arithmetic on a plan's snapshot: progress, effort, the order of the tasks, and the lines that follow from it."""
