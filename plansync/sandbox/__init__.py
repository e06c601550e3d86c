"""The embedded tracker: a real issue tracker on SQLite, for trying plansync and for its tests.

It speaks GitHub's REST dialect and GitLab's, over the same records, and shows a small web board. It never
leaves this machine, and it knows nothing of plans: a body is opaque text to it.
"""
