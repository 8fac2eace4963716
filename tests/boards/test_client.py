"""The host client against boards that misbehave."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import serial

from mulbudget.boards.client import RETRIES, Client, check_network, open_port
from mulbudget.boards.frame import Decoder, ErrorCode, Frame, Info, Kind, Values, encode
from mulbudget.spn import UserError
from tests.networks import example

NETWORK = example()
INFO = Info.of(NETWORK, 17)
SAMPLES = np.random.default_rng(0).integers(0, 8, (300, 3))
Answer = Callable[[Frame], bytes]


class Board:
    """A serial port to a board that answers as told; its clock stands while bytes arrive."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self._decoder = answer, Decoder()
        self._line = b""
        self.seconds = 0.0
        self.requests = 0

    def write(self, content: bytes) -> int:
        for frame in self._decoder.feed(content):
            self.requests += 1
            self._line += self._answer(frame)
        return len(content)

    def read(self, size: int = 1) -> bytes:
        taken, self._line = self._line[:size], self._line[size:]
        if not taken:
            self.seconds += 0.02
        return taken

    def client(self) -> Client:
        return Client(self, 115200, clock=lambda: self.seconds)


def right(frame: Frame) -> bytes:
    if frame.kind == Kind.INFO:
        return encode(Kind.INFO_REPLY, frame.tag, INFO.encode())
    result = NETWORK.run([INFO.input.decode(frame.body)])[0]
    return encode(Kind.INFER_REPLY, frame.tag, INFO.output.encode(result))


def sometimes(answer: Answer) -> Answer:
    """The right answer, but for one request in seven."""
    rng = random.Random(0)
    return lambda frame: answer(frame) if rng.random() < 1 / 7 else right(frame)


def error(code: int) -> Answer:
    return lambda frame: encode(Kind.ERROR, frame.tag, bytes([code]))


TROUBLE: dict[str, Answer] = {
    "silence": lambda _: b"",
    "bad crc": error(ErrorCode.BAD_CRC),
    "broken": error(ErrorCode.BROKEN),
    "damaged reply": lambda frame: right(frame)[:-1] + bytes([right(frame)[-1] ^ 1]),
    "noise before": lambda frame: b"\xa5\x00\xff\x13" + right(frame),
    "another's reply": lambda frame: encode(Kind.INFER_REPLY, frame.tag ^ 0x80, b"\x01"),
    "twice": lambda frame: right(frame) + right(frame),
}


def test_all_results_come_in_order() -> None:
    board = Board(right)
    client = board.client()
    seen: list[int] = []
    results = client.infer(SAMPLES, client.info(), seen.append)
    assert results.tolist() == NETWORK.run(SAMPLES).tolist()
    assert seen == list(range(1, 301))
    assert client.retries == 0
    assert board.requests == 301


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_on_the_way_costs_no_result(trouble: str) -> None:
    board = Board(sometimes(TROUBLE[trouble]))
    client = board.client()
    assert client.info() == INFO
    assert client.infer(SAMPLES, INFO).tolist() == NETWORK.run(SAMPLES).tolist()


def test_a_reply_of_a_request_before_is_not_taken_for_another() -> None:
    late: list[bytes] = []

    def delayed(frame: Frame) -> bytes:
        if len(late) < 3:
            late.append(right(frame))
            return b""
        return b"".join(late) + right(frame)

    board = Board(delayed)
    client = board.client()
    assert client.infer(SAMPLES[:3], INFO).tolist() == NETWORK.run(SAMPLES[:3]).tolist()
    assert client.retries == 3


@pytest.mark.parametrize("trouble", ["silence", "bad crc", "broken", "damaged reply"])
def test_a_dead_link_is_given_up(trouble: str) -> None:
    board = Board(TROUBLE[trouble])
    with pytest.raises(UserError, match="no board answers"):
        board.client().info()
    assert board.requests == 1 + RETRIES
    with pytest.raises(UserError, match=r"the link fails: .* after 0 of 300 samples"):
        board.client().infer(SAMPLES, INFO)


def test_a_refused_sample_is_named() -> None:
    def refuse(frame: Frame) -> bytes:
        return (
            error(ErrorCode.OUT_OF_RANGE)(frame) if frame.body == b"\x01\x09\x02" else right(frame)
        )

    samples = SAMPLES.copy()
    samples[123] = [1, 9, 2]
    with pytest.raises(UserError, match="refuses sample 123: a value is outside the range"):
        Board(refuse).client().infer(samples, INFO)


@pytest.mark.parametrize("code", [ErrorCode.BAD_LENGTH, ErrorCode.UNKNOWN_KIND, 77])
def test_another_refusal_is_not_retried(code: int) -> None:
    with pytest.raises(UserError, match=f"refuses sample 0 with error {code}"):
        Board(error(code)).client().infer(SAMPLES, INFO)


def test_values_that_do_not_fit_into_the_frame_are_named() -> None:
    samples = SAMPLES.copy()
    samples[5, 2] = 256
    with pytest.raises(UserError, match="input 2 of sample 5 is 256, outside 0 to 255"):
        Board(right).client().infer(samples, INFO)


@pytest.mark.parametrize("shape", [(300,), (300, 4), (100, 3, 1)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"the board takes shape \(samples, 3\), and is given"):
        Board(right).client().infer(np.resize(SAMPLES, shape), INFO)


@pytest.mark.parametrize(
    ("inputs", "outputs", "latency", "window"),
    [
        (1, 40, 1, 2),
        (64, 64, 1, 2),
        (64, 61, 1, 2),  # 4.2 % less on the line
        (64, 60, 1, 8),  # 5.6 %
        (64, 1, 40 * 71, 8),
        (64, 1, 40 * 71 + 1, 2),  # a result may come after the next request
    ],
)
def test_no_more_are_on_their_way_than_a_board_surely_answers(
    inputs: int, outputs: int, latency: int, window: int
) -> None:
    shapes = Values(inputs, 1, False), Values(outputs, 1, False)
    info = Info(INFO.protocol, INFO.network, latency, *shapes)
    waiting: list[int] = []
    most = 0

    def one(frame: Frame) -> bytes:
        nonlocal most
        waiting.append(frame.tag)
        most = max(most, len(waiting))
        return encode(Kind.INFER_REPLY, frame.tag, bytes(outputs))

    samples = np.zeros((20, inputs), np.int64)
    Board(one).client().infer(samples, info, lambda _: waiting.pop())
    assert most == window


def test_a_length_that_no_reply_has_is_not_waited_for() -> None:
    def noise(frame: Frame) -> bytes:
        return b"\xa5\x81\xff\xff" + right(frame)

    board = Board(noise)
    client = board.client()
    assert client.infer(SAMPLES, client.info()).tolist() == NETWORK.run(SAMPLES).tolist()
    assert client.retries == 0


def test_a_board_with_another_network_is_refused() -> None:
    check_network(INFO, INFO.network, "net.spn")
    with pytest.raises(UserError, match=r"the board holds network .* net\.spn is 0000"):
        check_network(INFO, bytes(8), "net.spn")


def test_a_missing_port_is_named() -> None:
    with pytest.raises(UserError, match=r"cannot open serial port /dev/none: .*ports that are"):
        open_port("/dev/none", 115200)


def test_a_port_that_goes_away_is_one_sentence() -> None:
    class Gone(Board):
        def read(self, size: int = 1) -> bytes:
            raise serial.SerialException(f"device disconnected, {size} bytes asked for")

    with pytest.raises(UserError, match="the serial port is gone: device disconnected, 1"):
        Gone(right).client().info()


def test_it_works_on_a_serial_port() -> None:
    with open_port("loop://", 115200) as port:
        port.write(right(Frame(Kind.INFO, 1, b"")))
        client = Client(port, 115200)
        assert client.info() == INFO
