"""How alerts go out: one module a sink."""
