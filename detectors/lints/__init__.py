"""What is allowed and probably not meant: one module a theme; a lint registers itself (:mod:`.registry`)."""
