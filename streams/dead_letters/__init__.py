"""Dead letters, the marks of replayed ones, and replay."""
