"""Slack: the only package of the product that speaks it."""
