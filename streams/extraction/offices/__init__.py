"""The grammar of titles: a noun of office and the name next to it."""
