"""The verbs of the public surface, and what they return."""
