"""Event time as a whole: aligned intervals, the log, its records, the watermark."""
