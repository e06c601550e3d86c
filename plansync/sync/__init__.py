"""One run: read, reconcile, guard, apply, remember."""
