"""What any room may need and no user thinks of: folders that one command holds at a time, digests
of inputs.
"""
