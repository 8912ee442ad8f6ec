"""The domain: what a deployment is, what proves an item, who may do what. No I/O."""
