"""In how many parts a vector is worked on."""

from __future__ import annotations

from archsim.trace.layer_matrix import LayerMatrix

CHUNK = 1024  # words of training state, the fewest that are moved and worked on at a time


def parts_of(matrix: LayerMatrix, words: int) -> int:
    """In how many parts a vector is worked on beside `words` words of the matrix: so many that a
    chunk is read, computed and written back while its neighbours are. Vectors that follow each
    other overlap already: all together need as many parts as one alone.
    """
    return max(1, words // (CHUNK * matrix.vectors))
