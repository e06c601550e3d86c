"""What outlives a run: plan files, the committed state file, the local database, the lock."""
