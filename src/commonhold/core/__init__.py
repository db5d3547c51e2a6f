"""The domain: what may be shared, with whom, and who may do what. Standard library and msgspec only."""
