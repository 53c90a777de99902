"""The Faust agents: thin; they decode, call the core, send, and settle."""
