"""How long requests to the model endpoints may take, as far as their paths tell."""

from bert_server.api import open_inference, translate
from bert_server.api.families import MODEL_PATHS
from bert_server.service import Service
from bert_server.telemetry.endpoints import Endpoints


class Patience:
    """Asked for every request, before anything else is done with it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._endpoints = Endpoints(MODEL_PATHS)

    def seconds(self, path: str) -> float | None:
        """None for what is no model endpoint, or names no model that is here."""
        endpoint, parameters = self._endpoints.find(path)
        settings, models = self._service.settings, self._service.models
        if endpoint is None:
            return None
        if endpoint in open_inference.INFER_PATHS:
            model = models.named(parameters["name"]) if models is not None else None
            return None if model is None else open_inference.deadline_seconds(settings, model)
        return settings.translate_deadline_seconds if endpoint == translate.PATH else settings.deadline_seconds
