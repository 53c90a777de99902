"""The facts of one group, and the counts that follow them."""
