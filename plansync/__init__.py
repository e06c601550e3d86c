"""Keep a Markdown implementation plan and its issues telling the same story."""

__version__ = "0.1.0"
