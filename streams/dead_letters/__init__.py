"""Dead letters, the marks of those that were replayed, and replay."""
