import pytest

from bert_server.api.patience import Patience
from bert_server.app import create_app
from bert_server.connections import Limits
from bert_server.inference.contract import RefusalReason, RefusedError
from bert_server.service import Service
from tests.unit.server.raw_http import Connection, serving


@pytest.mark.parametrize("path", ["/fill-mask", "/v1/embeddings", "/v2/models/toy/infer"])
async def test_under_overload_every_model_endpoint_refuses_before_the_body_has_come(
    service: Service, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.scheduler, "refusal", lambda _: RefusedError(RefusalReason.DEADLINE, 1.0))
    async with serving(create_app(service), Limits(max_connections=10, receive_seconds=1, send_seconds=1)) as port:
        connection = await Connection.open(port)
        await connection.send(f"POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n".encode())
        assert (await connection.answer()).status == 429
        connection.close()


@pytest.mark.parametrize("path", ["/version", "/v2/models/unknown/infer", "/v2/models/toy", "/v2/models/toy/infer/x"])
def test_what_is_no_model_endpoint_has_none(service: Service, path: str) -> None:
    assert Patience(service).seconds(path) is None
