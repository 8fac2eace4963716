"""A stage: its learning rate, its state, and where it stops."""

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from mulbudget.spn import UserError
from mulbudget.train.fit import Descent, Stage, first_not_finite


def stage(generator: torch.Generator, **options: object) -> Stage:
    """A line fitted to 10 points; `options` replace arguments."""
    module = nn.Linear(1, 1)
    x = torch.linspace(0, 1, 10)[:, None]

    def loss(run: nn.Module, x: torch.Tensor) -> torch.Tensor:
        return (run(x) - 3 * x).square().mean()

    arguments = {
        "name": "line",
        "module": module,
        "epochs": 3,
        "descent": Descent(rate=0.1),
        "draw": lambda _, batch: (x[batch],),
        "samples": 10,
        "batch": 4,
        "generator": generator,
        "loss": loss,
        "accuracy": lambda: 0.5,
    }
    return Stage(**{**arguments, **options})  # type: ignore[arg-type]


def test_every_epoch_is_told_and_the_rate_falls_along_a_cosine(generator: torch.Generator) -> None:
    rates, done, told = [], [], []
    line = stage(generator, prepare=done.append)
    line.settle = lambda: rates.append(line.optimizer.param_groups[0]["lr"])
    line.fit(lambda loss, accuracy: told.append((loss, accuracy)))
    assert [accuracy for _, accuracy in told] == [0.5] * 3
    assert told[-1][0] < told[0][0]
    assert done == pytest.approx([step / 9 for step in range(9)])
    assert rates[0] == 0.1
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.01


def test_every_sample_is_seen_once_an_epoch_and_none_alone(generator: torch.Generator) -> None:
    seen: list[int] = []
    line = stage(generator, samples=9, epochs=1)
    draw = line.draw

    def watched(epoch: int, batch: torch.Tensor) -> Sequence[torch.Tensor]:
        seen.extend(batch.tolist())
        return draw(epoch, batch)

    line.draw = watched
    line.fit(lambda *_: None)
    assert len(set(seen)) == len(seen) == 8  # of 9 in batches of 4, the last one is left out


def test_a_state_is_a_copy_and_restores_everything(generator: torch.Generator) -> None:
    first = stage(generator)
    states = []
    first.fit(lambda *_: states.append(first.state()))
    second = stage(torch.Generator())
    second.restore(states[0])
    second.fit(lambda *_: None)
    assert second.epoch == 3
    for one, other in zip(first.module.parameters(), second.module.parameters(), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(first.generator.get_state(), second.generator.get_state())


def test_a_loss_that_is_no_number_stops_with_step_and_layer(generator: torch.Generator) -> None:
    last = nn.Linear(1, 1)
    nn.init.constant_(last.weight, torch.inf)
    module = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), last)

    def loss(run: nn.Module, x: torch.Tensor) -> torch.Tensor:
        return run(x).mean()

    with pytest.raises(UserError, match=r"stage line diverges.* at step 1, from layer 3 on"):
        stage(generator, module=module, loss=loss).fit(lambda *_: None)


def test_weights_that_are_no_numbers_stop_after_the_last_step(generator: torch.Generator) -> None:
    line = stage(generator, epochs=1)

    def settle() -> None:
        with torch.no_grad():
            next(line.module.parameters()).fill_(torch.nan)

    line.settle = settle
    line.loss = lambda *_: sum(p.sum() for p in line.module.parameters()).nan_to_num()  # type: ignore[union-attr]
    with pytest.raises(UserError, match="at step 3"):
        line.fit(lambda *_: None)


def test_the_first_layer_without_numbers_is_found() -> None:
    middle = nn.Linear(1, 1)
    module = nn.Sequential(nn.Identity(), middle, nn.Identity())
    assert first_not_finite(module, lambda: module(torch.ones(1, 1))) is None
    nn.init.constant_(middle.bias, torch.nan)
    assert first_not_finite(module, lambda: module(torch.ones(1, 1))) == "layer 2"


def test_parts_of_a_batch_add_up_to_it(generator: torch.Generator) -> None:
    whole = stage(generator)
    parts = stage(torch.Generator().manual_seed(0), accumulation=3)
    parts.module.load_state_dict(whole.module.state_dict())
    losses: list[tuple[float, float]] = []
    for line in (whole, parts):
        line.generator.manual_seed(1)
        weight = next(line.module.parameters())
        line.penalty = lambda weight=weight: weight.abs().sum()
        line.fit(lambda loss, _: losses.append((loss, 0.0)))
    assert losses[:3] == [pytest.approx(each) for each in losses[3:]]
    for one, other in zip(whole.module.parameters(), parts.module.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_rate_falls_tenfold_at_its_drops() -> None:
    descent = Descent(optimizer="sgd", rate=1.0, drops=(0.5, 0.75))
    assert [descent.at(done) for done in (0, 0.4, 0.5, 0.8)] == pytest.approx([1, 1, 0.1, 0.01])
    assert Descent(rate=1.0, drops=()).at(0.9) == 1.0


def test_bfloat16_is_what_the_loss_sees(generator: torch.Generator) -> None:
    kinds = []

    def loss(run: nn.Module, x: torch.Tensor) -> torch.Tensor:
        y = run(x)
        kinds.append(y.dtype)
        return y.float().mean()

    stage(generator, loss=loss, bf16=True, epochs=1).fit(lambda *_: None)
    assert set(kinds) == {torch.bfloat16}
