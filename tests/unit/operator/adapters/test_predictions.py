"""Reading what pods answered, against real HTTP servers on loopback addresses."""

import json
from collections.abc import Mapping

import pytest
from aiohttp import web

from bertrelease_operator.adapters.predictions import WithPredictions
from bertrelease_operator.adapters.source import PodTarget, Question
from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, Prediction
from tests.unit.operator.adapters.pods import Handler, Pods, answering, target

ID, DIGEST = "0123456789abcdef", "fedcba9876543210"
PAGE = json.dumps({"cursor": "p-7", "missed": 0, "predictions": [["fill-mask", ID, DIGEST, 0.9]]})


class Silent:
    """A source that always answers, and knows nothing."""

    async def look(self, question: Question) -> Look:
        return Look(at=1000.0, down=frozenset({question.subject}))


async def look(pods: Pods, *targets: PodTarget, cursors: Mapping[str, str] | None) -> Look:
    question = Question("default", "bert", "v1.1.0", "v1.0.0", targets, Health(), cursors)
    return await WithPredictions(Silent(), pods.session, port=pods.port).look(question)


async def test_all_pods_of_both_versions_are_read_beside_the_sources_own_figures(pods: Pods) -> None:
    await pods.start("127.0.0.11", answering(PAGE), "/predictions")
    await pods.start("127.0.0.12", answering(PAGE), "/predictions")
    found = await look(pods, target(11), target(12, "v1.0.0"), cursors={})
    new = (Prediction("fill-mask", ID, DIGEST, 0.9),)
    assert found.predictions == (
        PodPredictions("uid-11", "v1.1.0", "p-7", new),
        PodPredictions("uid-12", "v1.0.0", "p-7", new),
    )
    assert found.down == {"v1.1.0"}
    assert not found.predictions_down


async def test_each_pod_is_asked_for_what_came_since_its_own_cursor_a_new_one_for_nothing_old(pods: Pods) -> None:
    asked: dict[str, str] = {}

    async def noting(request: web.Request) -> web.Response:
        asked[request.host.partition(":")[0]] = request.query["after"]
        return web.Response(text=PAGE)

    await pods.start("127.0.0.11", noting, "/predictions")
    await pods.start("127.0.0.12", noting, "/predictions")
    await look(pods, target(11), target(12), cursors={"uid-11": "p-5"})
    assert asked == {"127.0.0.11": "p-5", "127.0.0.12": "now"}


async def test_nothing_is_asked_of_pods_where_answers_are_not_compared(pods: Pods) -> None:
    async def never(_request: web.Request) -> web.Response:
        pytest.fail("it was asked")

    await pods.start("127.0.0.11", never, "/predictions")
    found = await look(pods, target(11), cursors=None)
    assert (found.predictions, found.predictions_down) == ((), frozenset())


async def test_a_version_whose_ready_pods_do_not_answer_is_down(pods: Pods) -> None:
    await pods.start("127.0.0.11", answering(PAGE), "/predictions")
    found = await look(pods, target(11), target(12, "v1.0.0"), cursors={})
    assert found.predictions_down == {"v1.0.0"}


@pytest.mark.parametrize(
    "handler",
    [
        answering("{}", 404),
        answering("# HELP bert_requests_total Requests."),
        answering(PAGE.replace(DIGEST, "地" * 16)),
        answering(PAGE.replace("0.9", "9")),
    ],
    ids=["turned off", "an older server", "no digest", "no score"],
)
async def test_a_server_that_tells_no_predictions_says_so_and_is_not_down(pods: Pods, handler: Handler) -> None:
    await pods.start("127.0.0.11", handler, "/predictions")
    found = await look(pods, target(11), cursors={})
    assert found.predictions == (PodPredictions("uid-11", "v1.1.0", ""),)
    assert found.predictions_down == frozenset()
