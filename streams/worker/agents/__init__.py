"""The Faust agents. They are thin: decode a record, call the core, send the results, acknowledge the record."""
