"""What pods answered lately, by `GET /predictions` on their metrics port: the server's contract.

Read from the pods whatever the source of the figures is: Prometheus does not know single requests.
"""

import asyncio
from dataclasses import replace
from typing import Annotated, Final

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from bertrelease_operator.adapters.pod_http import ask_pod
from bertrelease_operator.adapters.source import PodTarget, Question, Source, unheard
from bertrelease_operator.api.names import METRICS_PORT
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, Prediction

_FROM_NOW_ON: Final = "now"
_Hash = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
_Score = Annotated[float, Field(ge=0, le=1)]


class _Page(BaseModel):
    """As the server writes it: task, hash of the request id, digest and score of each answer."""

    cursor: Annotated[str, Field(min_length=1, max_length=64)]
    predictions: list[tuple[str, _Hash, _Hash | None, _Score | None]]


class WithPredictions:
    """Implements `Source`: another one's looks, and what the pods answered where that is asked for."""

    def __init__(self, source: Source, session: aiohttp.ClientSession, *, port: int = METRICS_PORT) -> None:
        self._source = source
        self._session = session
        self._port = port

    async def look(self, question: Question) -> Look:
        if question.cursors is None:
            return await self._source.look(question)
        asked = [target for target in question.targets if target.address]
        look, found = await asyncio.gather(
            self._source.look(question),
            asyncio.gather(*(self._read(target, question.cursors.get(target.uid)) for target in asked)),
        )
        heard = [target.name for target, predictions in zip(asked, found, strict=True) if predictions is not None]
        return replace(
            look,
            predictions=tuple(predictions for predictions in found if predictions is not None),
            predictions_down=unheard(question, heard),
        )

    async def _read(self, target: PodTarget, cursor: str | None) -> PodPredictions | None:
        """None if the pod does not answer; then the next look asks from the same cursor.

        Servers that know no predictions have metrics at every path.
        """
        query = {"after": cursor or _FROM_NOW_ON}
        answer = await ask_pod(self._session, target, self._port, "/predictions", query)
        if answer is None:
            return None
        try:
            page = _Page.model_validate_json(answer.page)
        except ValidationError:
            return PodPredictions(target.uid, target.version, cursor="")
        return PodPredictions(
            target.uid, target.version, page.cursor, tuple(Prediction(*each) for each in page.predictions)
        )
