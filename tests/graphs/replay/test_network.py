"""No network: connections are refused, told, and allowed again."""

from __future__ import annotations

import contextlib
import socket
import urllib.request

import pytest

from molreflect.graphs.replay.network import NetworkBlockedError, blocked_network


def test_connections_are_refused_by_name_and_by_address_and_allowed_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with pytest.raises(NetworkBlockedError, match="connect"), blocked_network(), socket.socket() as ours:
            ours.connect(address)
        with pytest.raises(NetworkBlockedError, match="sendto"), blocked_network():
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", address)
        with pytest.raises(NetworkBlockedError, match="getaddrinfo"), blocked_network():
            socket.getaddrinfo("localhost", 80)
        socket.create_connection(address, timeout=5).close()


def test_an_attempt_that_somebody_keeps_to_himself_is_an_error_all_the_same() -> None:
    with pytest.raises(NetworkBlockedError, match="getaddrinfo"), blocked_network():  # noqa: SIM117
        with contextlib.suppress(Exception):
            urllib.request.urlopen("http://localhost:9/", timeout=1)


def test_an_error_of_the_block_comes_through_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"), blocked_network():
        raise KeyError("mine")
    with blocked_network():
        pass  # what the block before had refused is not held against this one


def test_processes_of_this_machine_talk_among_themselves(tmp_path: object) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, blocked_network():
        ours.sendmsg([b"x"])
        assert theirs.recv(1) == b"x"
