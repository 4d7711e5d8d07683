"""What of an answer was checked, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from molreflect.tools.terms import Verdict

CHECKED = "checked"
"""Key of a message's `additional_kwargs` under which the verdicts on its claims are kept."""
_SIGNS = {Verdict.SUPPORTED: "+", Verdict.REFUTED: "-", Verdict.UNCHECKED: "?"}
_SHOWN = 8
"""Most places of a claim whose atoms are shown."""


@dataclass(frozen=True, slots=True)
class AnswerClaim:
    """A claim of an answer with its verdict; `text[start:end] == phrase`."""

    phrase: str
    start: int
    """0-based character offset of the first character in the answer."""
    end: int
    """0-based character offset behind the last character."""
    smiles: str
    """The molecule it is about; several are separated by blanks, and it is empty where none is known."""
    verdict: Verdict
    why: str
    atoms: tuple[tuple[int, ...], ...] = ()
    """0-based atom indices of `smiles`, one tuple per occurrence; empty where there are several molecules."""
    negated: bool = False
    """Whether the answer says that the molecule does not have it."""

    @classmethod
    def of(cls, fields: dict[str, Any]) -> AnswerClaim:
        """Read what `asdict` wrote."""
        atoms = tuple(tuple(int(atom) for atom in place) for place in fields.get("atoms", ()))
        return cls(**{**fields, "verdict": Verdict(fields["verdict"]), "atoms": atoms})


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """An answer of a language model, and what chemistry says of it."""

    text: str
    """As the model wrote it."""
    claims: tuple[AnswerClaim, ...] = ()
    """In the order of the text."""
    unread: tuple[str, ...] = ()
    """Sentences in which no claim was read: nobody has checked them."""
    molecules: tuple[str, ...] = ()
    """SMILES of what the answer was checked against."""
    repaired: bool = False
    """Whether the model was told what is refuted and answered again."""

    @property
    def refuted(self) -> tuple[AnswerClaim, ...]:
        """The claims that chemistry contradicts."""
        return tuple(claim for claim in self.claims if claim.verdict is Verdict.REFUTED)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> CheckedAnswer:
        """Read what `to_json` wrote."""
        return cls(
            str(fields["text"]),
            tuple(AnswerClaim.of(claim) for claim in fields["claims"]),
            tuple(fields["unread"]),
            tuple(fields["molecules"]),
            bool(fields["repaired"]),
        )

    def shown(self) -> str:
        """Write the answer with what is refuted struck out (`~~so~~`), and below it every claim with its verdict."""
        lines = [struck_out(self.text, [(claim.start, claim.end) for claim in self.refuted])]
        if not self.text.strip():
            return self.text
        if self.molecules:
            lines += ["", f"Checked against {', '.join(self.molecules)}{' (answered again)' * self.repaired}:"]
        else:
            lines += ["", "Not checked: no molecule of this conversation could be read from question, tools or answer."]
        lines += [self._line(claim) for claim in self.claims]
        lines += [f'  ? not read: "{sentence}"' for sentence in self.unread]
        return "\n".join(lines)

    def _line(self, claim: AnswerClaim) -> str:
        at = ""
        if claim.atoms:
            shown = "; ".join(", ".join(map(str, place)) for place in claim.atoms[:_SHOWN])
            at = f", atoms {shown}{' ...' if len(claim.atoms) > _SHOWN else ''}"
        of = f" of {claim.smiles}" if claim.smiles and len(self.molecules) > 1 else ""
        why = f": {claim.why}" if claim.why else ""
        denied = " (denied)" if claim.negated else ""
        return f'  {_SIGNS[claim.verdict]} {claim.verdict}: "{claim.phrase}"{denied}{of}{at}{why}'


def struck_out(text: str, places: Sequence[tuple[int, int]]) -> str:
    """Strike out parts of a text as Markdown does; parts that overlap become one."""
    written, done = [], 0
    for start, end in _joined(places):
        written += [text[done:start], "~~", text[start:end], "~~"]
        done = end
    return "".join([*written, text[done:]])


def _joined(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
