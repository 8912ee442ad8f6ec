"""Whole stories of a deployment, acted by people through the control API."""
