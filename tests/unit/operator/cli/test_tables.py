"""The table of all releases, the history of one, and the lines of a watch without a screen."""

import pytest

from bertrelease_operator.cli.objects import Capacity
from bertrelease_operator.cli.render.history import history_picture, short_image
from bertrelease_operator.cli.render.line import brief, change_line
from bertrelease_operator.cli.render.overview import overview
from bertrelease_operator.cli.views.build import release_view
from bertrelease_operator.cli.views.history import history_view
from tests.unit.operator.cli.builders import ANALYZING, HEALTHY, NOW, ROLLED_BACK, ago, release, revision
from tests.unit.operator.cli.painting import drawn, painted

DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_all_releases_are_one_line_each() -> None:
    views = [
        release_view(release(status, name=name), (), NOW)
        for name, status in (("answers", HEALTHY), ("fill-mask", ANALYZING), ("translate", ROLLED_BACK))
    ]
    assert painted(overview(views, NOW, with_namespace=True)) == drawn("""
        NAMESPACE  NAME       PHASE       SERVING  CANDIDATE    TAKEN BACK     AGE
        shop       answers    Healthy     v1.1.0   –            –              3d
        shop       fill-mask  Analyzing   v1.0.0   v1.1.0 10 %  –              3d
        shop       translate  RolledBack  v1.0.0   –            v1.1.0 5m ago  3d
    """)


def test_one_namespace_needs_no_column_for_it() -> None:
    table = painted(overview([release_view(release(HEALTHY), (), NOW)], NOW, with_namespace=False))
    assert table.startswith("NAME ")
    assert "shop" not in table


def test_the_history_shows_the_youngest_version_first_and_why_versions_were_turned_down() -> None:
    revisions = [
        revision("v1.0.0", created=300_000, reason="Observed", servedFrom=ago(290_000), servedUntil=ago(80_000)),
        revision(
            "v1.1.0",
            created=90_000,
            reason="Promoted",
            servedFrom=ago(80_000),
            fingerprint=DIGEST,
            imageId=f"localhost/bert@{DIGEST}",
        ),
        revision(
            "v1.2.0",
            "Rejected",
            created=3600,
            reason="ErrorRateFailed",
            message="v1.2.0 was taken back: 20 of 101 requests failed.",
            decidedAt=ago(3000),
        ),
    ]
    capacities = {"v1.0.0": Capacity(2, 2), "v1.1.0": Capacity(2, 1)}
    assert painted(history_picture(history_view(revisions, capacities, "v1.1.0"), NOW)) == drawn("""
           VERSION  VERDICT   REASON           SERVED           PODS
           v1.2.0   Rejected  ErrorRateFailed  –                cold
        ▶  v1.1.0   Proven    Promoted         since 22h        starting 1
           v1.0.0   Proven    Observed         3d8h to 22h ago  warm 2

        VERSION  FINGERPRINT   IMAGE
        v1.2.0   –             localhost/bert:v1.2.0
        v1.1.0   0123456789ab  localhost/bert@0123456789ab
        v1.0.0   –             localhost/bert:v1.0.0

        v1.2.0 Rejected 50m ago: v1.2.0 was taken back: 20 of 101 requests failed.
    """)


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("r/bert:v1", "r/bert:v1"),
        (f"r:5000/bert@{DIGEST}", "r:5000/bert@0123456789ab"),
        (DIGEST, DIGEST),
        (f"a/bert@{DIGEST}, b/bert@{DIGEST}", "a/bert@0123456789ab, b/bert@0123456789ab"),
    ],
)
def test_only_a_digest_that_pins_an_image_is_shortened(image: str, shown: str) -> None:
    assert short_image(image) == shown


def test_a_change_is_one_line_that_says_nothing_of_ages() -> None:
    assert brief(release_view(release(ANALYZING), (), NOW)) == (
        "shop/fill-mask  Analyzing  v1.0.0=90% v1.1.0=10%  Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive."
    )
    assert brief(release_view(release(ANALYZING), (), NOW)) == brief(release_view(release(ANALYZING), (), NOW + 30))


def test_a_change_carries_its_time() -> None:
    assert change_line("hello", NOW) == "2026-03-01T12:00:00Z  hello"
