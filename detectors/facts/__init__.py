"""The facts of one group, and the counts derived from them."""
