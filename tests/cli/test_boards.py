"""`mulbudget boards`."""

import json

from mulbudget.boards.catalogue import BOARDS
from tests.cli.conftest import Command


def test_it_lists_every_board(command: Command) -> None:
    result = command("boards")
    assert result.returncode == 0
    assert all(name in result.stdout for name in BOARDS)


def test_it_lists_them_as_json(command: Command) -> None:
    boards = json.loads(command("boards", "--json").stdout)
    assert [board["name"] for board in boards] == list(BOARDS)
    assert boards[0]["capacity"]["dsp"] == BOARDS[boards[0]["name"]].capacity.dsp
