"""How many directions a model's representation uses: the eigenvalues of the hidden states' covariance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Four views of the eigenvalues l_1 >= l_2 >= ... of a covariance.

    ``effective_rank`` is exp H(l / sum l) (O. Roy and M. Vetterli, EUSIPCO 2007), ``participation_ratio``
    (sum l)^2 / sum l^2, both from 1 to the width; ``first_share`` l_1 / sum l; ``first_to_second`` l_1 / l_2,
    ``None`` where l_2 is 0. All are ``None`` where nothing varies, or a hidden state is not finite.
    """

    effective_rank: float | None
    participation_ratio: float | None
    first_share: float | None
    first_to_second: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return it for a table or a JSON file."""
        return asdict(self)


def spectrum(hidden: NDArray[np.floating[Any]]) -> Spectrum:
    """Return the spectrum of hidden states, shape (texts, width), centred over the texts.

    It is computed in float64 from the singular values of the centred states, whose squares are the eigenvalues of
    the covariance times a number that none of the four depends on.
    """
    import numpy as np

    states = np.asarray(hidden, np.float64)
    if len(states) < 2 or not np.isfinite(states).all():
        return Spectrum(None, None, None, None)
    singular = np.linalg.svd(states - states.mean(axis=0), compute_uv=False)
    # What is left of nothing after rounding, as in numpy.linalg.matrix_rank.
    noise = np.linalg.norm(states) * max(states.shape) * np.finfo(np.float64).eps
    values = singular[singular > noise] ** 2
    if len(values) == 0:
        return Spectrum(None, None, None, None)
    shares = values / values.sum()
    return Spectrum(
        effective_rank=float(np.exp(-np.sum(shares * np.log(shares)))),
        participation_ratio=float(1 / np.sum(shares**2)),
        first_share=float(shares[0]),
        first_to_second=float(values[0] / values[1]) if len(values) > 1 else None,
    )
