"""Generates the CRDs and their reference from the pydantic models: `python -m bertrelease_operator.api.crd`."""
