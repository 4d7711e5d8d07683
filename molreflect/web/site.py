"""What the pages of `molreflect serve` share."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from langsmith.utils import tracing_is_enabled

from molreflect.agents.models.registry import address_of
from molreflect.conversations import OFFLINE, Desk

_TRACED = (
    "But LangSmith's tracing is switched on in the environment (LANGSMITH_TRACING): it is sent all that is asked,"
    " found and answered."
)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What pages share; each of them opens what else it needs."""

    desk: Desk
    """Model, tools and bounds of conversations, and what words are looked up in."""
    home: Path
    """The home folder: conversations and the traces of single questions."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server, where one was named."""
    runs: tuple[Path, ...] = ()
    """Run directories that were named, in that order."""

    @property
    def leaves(self) -> str:
        """Say what of conversations leaves this machine, and to whom."""
        if self.desk.name == OFFLINE:
            return self._nothing("rules that run here answer, and no model is asked.")
        return self._told("Your questions, the turns before them and what the tools found")

    @property
    def leaves_aligning(self) -> str:
        """Say what of alignments leaves this machine, and to whom."""
        if self.desk.name == OFFLINE:
            return self._nothing("rules that run here propose, and chemistry decides.")
        told = self._told("Where the model proposes: molecule, caption and what the tools found")
        return f"Where rules propose, no model is asked. {told}"

    def _nothing(self, why: str) -> str:
        if tracing_is_enabled():  # LangChain sends what runs here, whatever model it is
            return f"{why[0].upper()}{why[1:]} {_TRACED}"
        return f"Nothing leaves this machine: {why}"

    def _told(self, what: str) -> str:
        model, address = self.desk.name, address_of(self.desk.model)
        at = f" at {address}" if address else ""
        traced = f" {_TRACED}" if tracing_is_enabled() else ""
        if address and _is_here(urlsplit(address).hostname or ""):
            return f"{what} go to {model}{at}, on this machine.{traced}"
        return f"{what} leave this machine: they go to {model}{at}.{traced}"


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return False
