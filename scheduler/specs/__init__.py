"""Job specs at work: planned, submitted, and placed on nodes."""
