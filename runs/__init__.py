"""Durable runs: surveys, checks, the deploy run and the rollback run. The only package that imports dbos."""
