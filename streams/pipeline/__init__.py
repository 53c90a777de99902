"""From the bytes of one record to everything that follows from it; no Kafka, no Faust."""
