"""What a scheduled job does beside a sync: it takes in what others pushed, and writes plan and state file back.

Never a tracker's issue, and never the sync itself: that comes in as a function.
"""
