"""Events: who did what to whom, and whether it happened; triggers, parties, and linear models that weigh them."""
