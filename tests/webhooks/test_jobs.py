from __future__ import annotations

import json
from dataclasses import replace

import pytest

from webhooks.jobs import (
    Command,
    GroupGone,
    Installed,
    Job,
    JobError,
    Look,
    Merged,
    Override,
    Reconsider,
    ReviewHead,
    from_json,
    kind_of,
    to_json,
)

from .payloads import HEAD, MERGE, WHERE

REVIEW = ReviewHead(**WHERE, number=1, head=HEAD, base_ref="main", reason="r", updated=9)
JOBS: list[Job] = [
    REVIEW,
    replace(REVIEW, number=None, base_ref=None, again=True),
    Reconsider(**WHERE, number=1, head=HEAD, reason="r"),
    Override(**WHERE, number=1, head=HEAD, actor="ada", kind="labeled", value="provenance/human", reason=""),
    Command(**WHERE, number=1, comment_id=9, actor="ada", text="/exogate rerun"),
    Merged(**WHERE, number=1, head=HEAD, merge_sha=MERGE),
    Look(**WHERE, number=1, head=HEAD, is_open=False, updated=9),
    GroupGone(**WHERE, head=HEAD, reason="dequeued"),
    Installed(5, "octo", "created", ("octo/shop",), "d-1"),
]


@pytest.mark.parametrize("job", JOBS, ids=kind_of)
def test_a_job_survives_json(job: Job) -> None:
    assert from_json(json.loads(json.dumps(to_json(job)))) == job


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"job": "os.system"},
        {"job": ["review"]},
        {**to_json(REVIEW), "number": "one"},
        {**to_json(REVIEW), "more": 1},
        {name: value for name, value in to_json(REVIEW).items() if name != "head"},
    ],
)
def test_what_is_no_job_is_refused(found: dict[str, object]) -> None:
    with pytest.raises(JobError):
        from_json(found)


def test_jobs_of_a_pull_request_share_a_lane_and_merge_groups_have_their_own() -> None:
    assert {job.lane for job in JOBS if getattr(job, "number", None) == 1} == {"11:1"}
    assert {replace(REVIEW, number=None).lane, GroupGone(**WHERE, head=HEAD, reason="").lane} == {f"11:{HEAD}"}
    assert JOBS[-1].lane == "installation:5"
