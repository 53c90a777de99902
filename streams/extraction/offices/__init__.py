"""The grammar of titles: a noun of office and the name beside it."""
