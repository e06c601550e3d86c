"""`plansync pull`: tracker → plan."""

from __future__ import annotations

from plansync.cli.directed import directed

command = directed("pull", "Bring closed issues and ticked boxes back into the plan.")
