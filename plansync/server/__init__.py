"""What goes on by itself: when a plan is synced that somebody watches, and whether it still is."""
