"""The custom resources as pydantic models: the only public schema; `crds/` is generated from here."""
