"""The use cases: one file each. Open, get, tell, save, commit."""
