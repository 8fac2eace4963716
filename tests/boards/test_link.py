"""The board's end of the link, at its pins: what is right is answered, what is wrong is refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.boards.frame import BITS_A_BYTE, ErrorCode, Frame, Info, Kind, Values, crc, encode
from mulbudget.boards.link import Link
from mulbudget.hw.streams import input_ports, output_port
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor
from tests.boards.pins import Pins

DIVIDER = 4
GAP = 8
BYTE = BITS_A_BYTE * DIVIDER


def _network(limits: Range, outputs: int = 2) -> Network:
    rng = np.random.default_rng(0)
    layer = SumProduct(
        rng.integers(-1, 2, (2, limits.channels)).astype(np.int8),
        np.array([3, -200]),
        np.array([[1, 1], [0, -1], [1, 0]], np.int8)[:outputs],
        np.zeros(outputs, np.int64),
        0,
    )
    return Network("net", Tensor((limits.channels,), 0, limits), [Node("fc1", layer, "x")])


NETWORK = _network(Range.uniform(0, 20, 5))
MIXED = _network(Range((0, -3, -700, 5), (1, 3, 600, 5)), outputs=3)
WIDE = _network(Range.uniform(-100_000, 70_000, 2), outputs=1)

Drive = Callable[[Any, Pins], Awaitable[None]]


def _answers(
    network: Network, drive: Drive, *, ready: Callable[[int], bool] = lambda _: True
) -> list[Frame]:
    """The frames that come back while `drive(ctx, pins)` sends; `network.run` is the network."""
    ports = input_ports(network), output_port(network)
    dut = Link(network, *ports, latency=17, divider=DIVIDER, gap_bytes=GAP)
    pins = Pins(dut.rx, dut.tx, DIVIDER)

    async def run(ctx: Any) -> None:
        results: list[list[int]] = []
        clock = 0
        async for _, _, arrived, taken, payload in ctx.tick().sample(
            dut.i.valid & dut.i.ready, dut.o.valid & dut.o.ready, dut.i.payload
        ):
            clock += 1
            ctx.set(dut.i.ready, ready(clock))
            if arrived:
                sample = [payload[f"c{index}"] for index in range(network.input.shape[0])]
                results += network.run([sample]).tolist()
            if taken:
                results.pop(0)
            ctx.set(dut.o.valid, bool(results))
            if results:
                ctx.set(dut.o.payload, {f"c{i}": each for i, each in enumerate(results[0])})

    async def send(ctx: Any) -> None:
        await drive(ctx, pins)
        await ctx.tick().repeat(40 * BYTE)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(run, background=True)
    simulator.add_testbench(pins.listen, background=True)
    simulator.run()
    return pins.frames


def _sent(*frames: bytes) -> Drive:
    async def drive(ctx: Any, pins: Pins) -> None:
        for frame in frames:
            await pins.send(ctx, frame)

    return drive


def _infer(network: Network, tag: int, sample: list[int]) -> bytes:
    return encode(Kind.INFER, tag, Values.of(network.input).encode(np.array(sample)))


def _result(network: Network, tag: int, sample: list[int]) -> Frame:
    body = Values.of(network.output).encode(network.run([sample])[0])
    return Frame(Kind.INFER_REPLY, tag, body)


def _error(code: ErrorCode, tag: int = 7) -> Frame:
    return Frame(Kind.ERROR, tag, bytes([code]))


GOOD = _infer(NETWORK, 9, [1, 20, 3, 0, 7])
GOOD_REPLY = _result(NETWORK, 9, [1, 20, 3, 0, 7])


def _samples(network: Network) -> list[list[int]]:
    """Both ends of the ranges, and between them."""
    limits, rng = network.input.range, np.random.default_rng(1)
    between = rng.integers(limits.low, limits.high, (5, limits.channels), endpoint=True)
    return [list(limits.low), list(limits.high), *between.tolist()]


@pytest.mark.parametrize("network", [NETWORK, MIXED, WIDE], ids=["uniform", "mixed", "wide"])
def test_samples_are_answered(network: Network) -> None:
    samples = _samples(network)

    async def drive(ctx: Any, pins: Pins) -> None:
        for tag, sample in enumerate(samples):
            await pins.send(ctx, _infer(network, tag, sample))
            while len(pins.frames) <= tag:
                await ctx.tick()

    assert _answers(network, drive) == [
        _result(network, tag, sample) for tag, sample in enumerate(samples)
    ]


def test_back_to_back_samples_are_answered_in_order() -> None:
    samples = _samples(NETWORK)
    requests = [_infer(NETWORK, tag, sample) for tag, sample in enumerate(samples)]
    assert _answers(NETWORK, _sent(*requests)) == [
        _result(NETWORK, tag, sample) for tag, sample in enumerate(samples)
    ]


@pytest.mark.parametrize("outputs", [1, 3])
def test_two_requests_on_their_way_are_always_answered(outputs: int) -> None:
    network = _network(Range.uniform(0, 1, 1), outputs=outputs)
    samples = [[tag % 2] for tag in range(9)]

    async def drive(ctx: Any, pins: Pins) -> None:
        for tag, sample in enumerate(samples):
            while tag - len(pins.frames) >= 2:
                await ctx.tick()
            await pins.send(ctx, _infer(network, tag, sample))

    assert _answers(network, drive) == [
        _result(network, tag, sample) for tag, sample in enumerate(samples)
    ]


def test_a_board_introduces_itself() -> None:
    body = Info.of(NETWORK, 17).encode()
    request = encode(Kind.INFO, 3)
    assert _answers(NETWORK, _sent(request, GOOD)) == [Frame(Kind.INFO_REPLY, 3, body), GOOD_REPLY]


def _with_crc(content: bytes) -> bytes:
    return content + crc(content[1:]).to_bytes(2, "big")


WRONG = {
    "crc": (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), _error(ErrorCode.BAD_CRC, 9)),
    "value damaged": (GOOD[:6] + b"\x00" + GOOD[7:], _error(ErrorCode.BAD_CRC, 9)),
    "kind": (encode(0x03, 7, b"\x01\x02"), _error(ErrorCode.UNKNOWN_KIND)),
    "short": (encode(Kind.INFER, 7, b"\x01\x02"), _error(ErrorCode.BAD_LENGTH)),
    "info with a body": (encode(Kind.INFO, 7, b"\x01"), _error(ErrorCode.BAD_LENGTH)),
    "no tag": (_with_crc(b"\xa5\x01\x00\x00"), _error(ErrorCode.BAD_LENGTH, 0)),
    "too long": (b"\xa5\x01\x00\x01", _error(ErrorCode.BAD_LENGTH, 0)),
    "far too long": (b"\xa5\x01\xff\x00", _error(ErrorCode.BAD_LENGTH, 0)),
    "out of range": (_infer(NETWORK, 7, [1, 21, 3, 0, 7]), _error(ErrorCode.OUT_OF_RANGE)),
    "far out of range": (_infer(NETWORK, 7, [1, 2, 3, 4, 255]), _error(ErrorCode.OUT_OF_RANGE)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_and_the_next_is_answered(name: str) -> None:
    wrong, error = WRONG[name]
    assert _answers(NETWORK, _sent(wrong, GOOD)) == [error, GOOD_REPLY]


@pytest.mark.parametrize(
    ("channel", "end"), [(0, "high"), (1, "low"), (1, "high"), (2, "low"), (3, "low"), (3, "high")]
)
def test_each_channel_has_its_own_range(channel: int, end: str) -> None:
    limits = MIXED.input.range
    sample = list(limits.low)
    sample[channel] = limits.low[channel] - 1 if end == "low" else limits.high[channel] + 1
    assert _answers(MIXED, _sent(_infer(MIXED, 7, sample))) == [_error(ErrorCode.OUT_OF_RANGE)]


@pytest.mark.parametrize("kept", [1, 2, 4, 5, 8, len(GOOD) - 1])
def test_a_truncated_frame_ends_with_the_pause(kept: int) -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        await pins.send(ctx, GOOD[:kept])
        await ctx.tick().repeat((GAP + 2) * BYTE)
        await pins.send(ctx, GOOD)

    broken = _error(ErrorCode.BROKEN, 9 if kept > 4 else 0)
    answers = _answers(NETWORK, drive)
    assert answers[0].body == broken.body
    assert answers[0] == broken or kept == 1
    assert answers[1:] == [GOOD_REPLY]


def test_a_short_pause_does_no_harm() -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        for byte in GOOD:
            await pins.send(ctx, bytes([byte]))
            await ctx.tick().repeat((GAP - 2) * BYTE)

    assert _answers(NETWORK, drive) == [GOOD_REPLY]


def test_a_framing_error_ends_the_frame() -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        await pins.send(ctx, GOOD[:6])
        await pins.send(ctx, b"\x00", stop=0)
        await ctx.tick().repeat(2 * BYTE)
        await pins.send(ctx, GOOD)

    assert _answers(NETWORK, drive) == [_error(ErrorCode.BROKEN, 9), GOOD_REPLY]


@settings(max_examples=5)
@given(st.binary(max_size=30), st.binary(min_size=1, max_size=12))
def test_random_bytes_never_lock_it_up(noise: bytes, body: bytes) -> None:
    async def drive(ctx: Any, pins: Pins) -> None:
        await pins.send(ctx, noise + b"\xa5\x01" + body)
        await ctx.tick().repeat((GAP + 20) * BYTE)
        await pins.send(ctx, GOOD)

    answers = _answers(NETWORK, drive)
    assert answers[-1] == GOOD_REPLY
    assert all(each.kind == Kind.ERROR for each in answers[:-1])


def test_a_slow_network_is_waited_for() -> None:
    slow = _answers(NETWORK, _sent(GOOD), ready=lambda clock: clock % 1000 == 0)
    assert slow == [GOOD_REPLY]


def test_a_sample_on_top_of_one_that_waits_is_dropped() -> None:
    """The payload of a stream holds until it is taken, whatever else arrives."""
    frames = [_infer(NETWORK, tag, [tag] * 5) for tag in range(3)]
    taken_late = _answers(NETWORK, _sent(*frames), ready=lambda clock: clock > 40 * BYTE)
    assert taken_late == [_result(NETWORK, 0, [0] * 5)]
