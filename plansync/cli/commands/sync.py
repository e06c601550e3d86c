"""`plansync sync`: both ways; what a scheduled job runs."""

from __future__ import annotations

from plansync.cli.directed import directed

command = directed("sync", "Pull and push in one run: what a scheduled job calls.")
