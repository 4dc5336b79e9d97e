"""Which licences are taken for permissive."""

from __future__ import annotations

import pytest

from collapse_lab.pools.licences import licence_of

OSI = "License :: OSI Approved :: "


@pytest.mark.parametrize(
    ("expression", "standing"),
    [
        ("MIT", "permissive"),
        ("mit", "permissive"),
        ("Apache-2.0 WITH LLVM-exception", "permissive"),
        ("MIT AND BSD-3-Clause", "permissive"),
        ("MIT OR GPL-3.0-only", "permissive"),
        ("MIT AND GPL-3.0-only", "copyleft"),
        ("(MIT OR GPL-3.0-only) AND LGPL-2.1-or-later", "copyleft"),
        ("MIT AND (Apache-2.0 OR MPL-2.0)", "permissive"),
        ("LGPL-3.0-only", "copyleft"),
        ("AGPL-3.0-or-later", "copyleft"),
        ("LicenseRef-Proprietary", "copyleft"),
        ("LicenseRef-Simple", "unknown"),
        ("MIT AND", "unknown"),
        ("(MIT", "unknown"),
        ("MIT GPL-3.0-only", "unknown"),
    ],
)
def test_an_expression_is_read(expression: str, standing: str) -> None:
    assert licence_of(expression, [], None).standing == standing


@pytest.mark.parametrize(
    ("classifiers", "field", "standing"),
    [
        ([f"{OSI}MIT License"], None, "permissive"),
        ([f"{OSI}MIT License", "Topic :: Utilities"], "GPL", "permissive"),
        ([f"{OSI}MIT License", f"{OSI}GNU General Public License v3 (GPLv3)"], None, "copyleft"),
        ([f"{OSI}Mozilla Public License 2.0 (MPL 2.0)"], None, "copyleft"),
        (["License :: Other/Proprietary License"], None, "copyleft"),
        ([f"{OSI}Some New License"], None, "unknown"),
        (["License :: OSI Approved"], "MIT", "permissive"),
        ([], "The MIT License", "permissive"),
        ([], "BSD 3-Clause License", "permissive"),
        ([], "Apache License, Version 2.0", "permissive"),
        ([], "GPLv3", "copyleft"),
        ([], "see LICENSE.txt", "unknown"),
        ([], "  ", "unknown"),
        ([], None, "unknown"),
    ],
)
def test_classifiers_go_before_the_free_field(classifiers: list[str], field: str | None, standing: str) -> None:
    assert licence_of(None, classifiers, field).standing == standing


def test_an_expression_goes_before_classifiers() -> None:
    found = licence_of("GPL-3.0-only", [f"{OSI}MIT License"], "MIT")
    assert (found.name, found.standing) == ("GPL-3.0-only", "copyleft")


def test_names_become_those_of_spdx() -> None:
    assert licence_of(None, [], "new BSD License").name == "BSD-3-Clause"
    assert licence_of(None, [f"{OSI}ISC License (ISCL)"], None).name == "ISC"
