import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mulbudget.hw.families import FAMILIES
from mulbudget.hw.plan import make_plan
from mulbudget.hw.sidecar import load
from mulbudget.hw.verilog import write
from mulbudget.spn import UserError, product_network, save
from tests.algorithms import STRASSEN
from tests.networks import example

GENERATE = """
import sys
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import write
from mulbudget.spn import load
network = load(sys.argv[1])
write(network, make_plan(network, family="ice40-up"), sys.argv[2])
"""


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    save(example(), tmp_path / "net.spn")
    texts = set()
    for seed in "0", "1":
        folder = tmp_path / seed
        command = [sys.executable, "-c", GENERATE, str(tmp_path / "net.spn"), str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        name = example().name
        texts.add(tuple((folder / f"{name}{end}").read_bytes() for end in (".v", ".json")))
    assert len(texts) == 1


@pytest.mark.parametrize("family", [None, *FAMILIES])
def test_names_say_layer_node_and_stage(family: str | None, tmp_path: Path) -> None:
    network = example()
    sidecar = write(network, make_plan(network, family=family), tmp_path)
    text = (tmp_path / f"{network.name}.v").read_text()
    for node in network.nodes:
        assert re.search(rf"\b{node.name}_\w+_s\d+", text)
    assert f"module {network.name}(" in text
    primitive = family and FAMILIES[family].dsp
    assert text.count(f"  {primitive.primitive} ") == sidecar.multipliers if primitive else True
    assert load(tmp_path / f"{network.name}.json") == sidecar


@pytest.mark.parametrize("size", [None, (4, 4, 4)])
def test_nothing_tells_where_it_was_generated(
    tmp_path: Path, size: tuple[int, int, int] | None
) -> None:
    network = product_network(STRASSEN, name="product", size=size)
    write(network, make_plan(network), tmp_path)
    text = (tmp_path / "product.v").read_text()
    assert "src" not in text and ".py" not in text


def test_a_sidecar_of_another_version_is_refused(tmp_path: Path) -> None:
    network = example()
    write(network, make_plan(network), tmp_path)
    path = tmp_path / f"{network.name}.json"
    path.write_text(path.read_text().replace('"version": 3', '"version": 4'))
    with pytest.raises(UserError, match="version 4"):
        load(path)
    path.write_text("{}")
    with pytest.raises(UserError, match="does not describe generated Verilog"):
        load(path)
