"""One protocol for every tracker, and the adapters that speak it."""
