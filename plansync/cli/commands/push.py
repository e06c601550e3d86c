"""`plansync push`: plan → tracker."""

from __future__ import annotations

from plansync.cli.directed import directed

command = directed(
    "push", "Create and update issues from the plan; a task with news on the tracker waits for a pull."
)
