"""Messages between processes: whole, in order, and errors that come out as they went in."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from inpaintbench.errors import CheckpointError, InpaintbenchError, StoreError, UnknownNameError
from inpaintbench.execution.workers.channel import Channel, ClosedError, GarbledError, describe, packed, revive


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    one, other = map(Channel, socket.socketpair())
    yield one, other
    one.close()
    other.close()


def test_a_message_is_its_length_and_json() -> None:
    assert packed({"is": "ü"}) == struct.pack(">I", 16) + b'{"is": "\\u00fc"}'


def test_messages_arrive_whole_and_in_order(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    messages = [{"is": "note", "text": "é" * length} for length in (0, 1, 200_000, 3)]
    sender = threading.Thread(target=lambda: one.end.sendall(b"".join(map(packed, messages))))
    sender.start()
    assert [other.receive() for _ in messages] == messages
    sender.join()


def test_what_is_there_is_returned_and_the_rest_of_a_message_is_waited_for(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    content = packed({"number": 1}) + packed({"number": 2}) + packed({"number": 3})
    one.end.sendall(content[:-5])
    assert other.waiting() == [{"number": 1}, {"number": 2}]
    one.end.sendall(content[-5:])
    assert other.waiting() == [{"number": 3}]


def test_threads_that_send_at_once_tear_no_message(ends: tuple[Channel, Channel]) -> None:
    one, other = ends

    def speak(who: int) -> None:
        for number in range(50):
            one.send({"who": who, "number": number, "padding": "x" * 5000})

    senders = [threading.Thread(target=speak, args=(who,)) for who in range(4)]
    for sender in senders:
        sender.start()
    received = [other.receive() for _ in range(200)]
    for sender in senders:
        sender.join()
    for who in range(4):
        assert [message["number"] for message in received if message["who"] == who] == [*range(50)]


def test_what_was_said_before_the_end_is_heard_and_then_the_end(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.send({"is": "last"})
    one.hang_up()
    assert other.receive() == {"is": "last"}
    with pytest.raises(ClosedError):
        other.receive()
    with pytest.raises(ClosedError):
        other.waiting()


@pytest.mark.parametrize(
    "content",
    [b"\0\0\0\1x", b"\0\0\0\2[]", b"\0\0\0\2\xff\xff", b"\xff\xff\xff\xff", struct.pack(">I", 9**5) + b"[" * 9**5],
)
def test_what_is_no_message_is_told_from_the_end_and_comes_after_what_was_said(
    ends: tuple[Channel, Channel], content: bytes
) -> None:
    one, other = ends
    one.end.sendall(packed({"is": "last"}) + content)
    assert other.waiting() == [{"is": "last"}]
    one.send({"is": "lost"})
    with pytest.raises(GarbledError):
        other.waiting()
    with pytest.raises(GarbledError):
        other.receive()


def test_who_hangs_up_hears_still(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    one.hang_up()
    other.send({"is": "answer"})
    assert one.receive() == {"is": "answer"}


def test_nothing_is_sent_to_who_has_gone(ends: tuple[Channel, Channel]) -> None:
    one, other = ends
    other.close()
    with pytest.raises(ClosedError):
        one.send({"is": "lost"})


@pytest.mark.parametrize(
    "error",
    [StoreError("It cannot be written."), CheckpointError("gone"), UnknownNameError("method", "tw", ("tv", "mean"))],
)
def test_errors_come_out_as_they_went_in(error: InpaintbenchError) -> None:
    revived = revive(describe(error))
    assert type(revived) is type(error)
    assert (str(revived), revived.args) == (str(error), error.args)


def test_an_error_of_an_unknown_type_keeps_its_sentence() -> None:
    revived = revive({"type": "NoSuchError", "arguments": ["A sentence."]})
    assert (type(revived), str(revived)) == (InpaintbenchError, "A sentence.")
