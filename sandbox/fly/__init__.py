"""A Fly.io on loopback: apps, machines, leases and a registry, as awkward as the real one."""
