from __future__ import annotations

from collapse_lab.tasks.listing import rows
from collapse_lab.tasks.pocket import PocketSource


def test_rows_count_every_task_once_and_show_one() -> None:
    tasks = PocketSource().pool("listing", 0, 300)
    found = rows(tasks)
    assert sum(row.count for row in found) == 300
    assert abs(sum(row.share for row in found) - 1) < 1e-9
    assert len({(row.family, row.stratum) for row in found}) == len(found)
    for row in found:
        task = next(t for t in tasks if (t.family, t.stratum) == (row.family, row.stratum))
        assert row.example == task.program(task.reference)


def test_no_tasks_give_no_rows() -> None:
    assert rows([]) == []
