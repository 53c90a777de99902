"""Child processes that never outlive their parent, and free ports."""
