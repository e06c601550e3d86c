"""Markdown ⇄ snapshot, pure and losing no byte: no file, network, clock or random source here."""
