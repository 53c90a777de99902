"""One worker: how it is assembled, how it starts and how it shuts down."""
