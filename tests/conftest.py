"""What all tests share: the data folder, and the same random examples in every run."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of data sets: MULBUDGET_DATA, else ../shared/data beside the checkout."""
    named = os.environ.get("MULBUDGET_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}: set MULBUDGET_DATA to the folder that holds them")
    return folder
