"""How articles come in: one module a source; each yields the records that go to the topic ``articles``."""
