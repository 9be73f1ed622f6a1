"""All endpoints together: what the application routes, measures and documents."""

from starlette.routing import Route

from bert_server.api import (
    docs,
    embeddings,
    features,
    fill_mask,
    golden,
    health,
    open_inference,
    openapi,
    similarity,
    translate,
    web,
)
from bert_server.service import Service

_MODULES = (fill_mask, similarity, features, translate, embeddings, open_inference, health, golden)

OPERATIONS = tuple(operation for module in _MODULES for operation in module.OPERATIONS)
# Routes of the model endpoints, with their parameters.
MODEL_PATHS = tuple(operation.path for operation in OPERATIONS if operation.is_model_endpoint)


def routes(service: Service) -> list[Route]:
    """Those that are asked most often first."""
    return [
        *(route for module in _MODULES for route in module.routes(service)),
        *openapi.routes(service, OPERATIONS),
        *docs.routes(service),
        *web.routes(service),
    ]
