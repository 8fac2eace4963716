"""What a data set is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Tensor, UserError

Bytes = npt.NDArray[np.uint8]

CLASSES = 10
"""Of every data set here."""


class NotAtHandError(UserError):
    """There is no such data set here; one that is here and damaged is another `UserError`."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as integers, one row of pixels a sample, with their classes.

    Parameters
    ----------
    x_train, x_test : uint8, (samples, pixels)
    y_train, y_test : int64, (samples,)
    input : Tensor
        What a network on them takes: real values from 0 to 1; (channels, height, width).
    """

    x_train: Bytes
    y_train: npt.NDArray[np.int64]
    x_test: Bytes
    y_test: npt.NDArray[np.int64]
    input: Tensor
