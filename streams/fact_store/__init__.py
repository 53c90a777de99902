"""Rule state as a Faust table: changelog, partition, local copy, recovery."""
