"""The offline analyst: a rule-following chat model that answers questions about molecules with the chemistry tools.

It calls the tools that a language model would call, and says what they return. It says so where a question is beyond
its rules, and never guesses in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from molreflect.agents.analyst import (
    answers,
    as_groups,
    atoms_asked,
    beside_asked,
    described,
    from_captions,
    held_within,
    more_answers,
    odd_one,
    passing_over,
    positions_asked,
    property_answers,
    same_place,
    similarity_answers,
    stereo_answers,
    written,
)
from molreflect.agents.analyst.assigning import assigned
from molreflect.agents.analyst.clauses import questions_of
from molreflect.agents.analyst.context import Understood, context_of
from molreflect.agents.analyst.dialogue import Call, NotReadError, Reply, Talk, Turn, UnreadError, last_question, step
from molreflect.agents.analyst.of_those import narrowed
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.respoken import MAX_LABEL
from molreflect.agents.models.rule_model import RuleModel, Tools
from molreflect.tools.english import replace_surrogates
from molreflect.tools.facts.molecules import looks_like_smiles

NAME = "offline"
MAX_QUESTION = 20_000
"""Characters of a question that is read; of a longer one, the reason why not is said."""

Handler = Callable[[Talk], Turn]

HANDLERS: Mapping[Intent, Handler] = {
    Intent.WHERE: answers.answer_where,
    Intent.COUNT: answers.answer_where,
    Intent.HAS: answers.answer_where,
    Intent.CLASS: answers.answer_class,
    Intent.WHY: answers.answer_why,
    Intent.DESCRIBED: described.answer_described,
    Intent.VALID: written.answer_valid,
    Intent.ODD_ONE: odd_one.answer_odd_one,
    Intent.POSITION: positions_asked.answer_position,
    Intent.HELD: held_within.answer_held,
    Intent.SAME_PLACE: same_place.answer_same_place,
    Intent.BESIDE: beside_asked.answer_beside,
    Intent.ATOM: atoms_asked.answer_atoms,
    Intent.CONTENTS: answers.answer_contents,
    Intent.GIVEN: answers.answer_given,
    Intent.PROPERTY: property_answers.answer_property,
    Intent.STEREO: stereo_answers.answer_stereo,
    Intent.NAME: answers.answer_name,
    Intent.COMPARE: more_answers.answer_compare,
    Intent.SAME: more_answers.answer_same,
    Intent.SIMILARITY: similarity_answers.answer_similarity,
    Intent.SIMILAR: similarity_answers.answer_similar,
    Intent.WHICH_HAS: more_answers.answer_which_has,
    Intent.SUBSTITUTION: more_answers.answer_substitution,
    Intent.CAPTION: more_answers.answer_caption,
    Intent.WRITE_CAPTION: more_answers.answer_write_caption,
    Intent.FROM_CAPTION: from_captions.answer_from_caption,
    Intent.DRAW: more_answers.answer_draw,
    Intent.CHANGE: more_answers.answer_change,
    Intent.OUT_OF_SCOPE: more_answers.say_out_of_scope,
    Intent.HELP: more_answers.say_help,
    Intent.GREETING: more_answers.say_greeting,
    Intent.UNKNOWN: more_answers.say_unknown,
}
_ONE_AGAIN = frozenset(HANDLERS) - {
    Intent.HELP,
    Intent.GREETING,
    Intent.UNKNOWN,
    Intent.OUT_OF_SCOPE,
    Intent.GIVEN,
}


class OfflineAnalyst(RuleModel):
    """Answers questions by rules."""

    kind: ClassVar[str] = NAME

    def bind_tools(self, tools: Tools, *, tool_choice: str | None = None, **kwargs: Any) -> Any:
        """Remember which tools there are; those that need a student may be missing."""
        names = tuple(sorted(str(getattr(tool, "name", "")) for tool in tools))
        return self.bind(tool_names=names)

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Call the next tool, or say what the tools returned."""
        asked = last_question(messages)
        text = replace_surrogates(str(messages[asked].content))
        if len(text) > MAX_QUESTION:
            return AIMessage(
                content=f"That question has {len(text):,} characters; ask one of at most {MAX_QUESTION:,}."
            )
        context = context_of(messages[:asked])
        questions = questions_of(text, spoken_of=bool(context.current))
        tools = frozenset(call.get("tool_names") or ())
        talk = Talk(questions[0], context, tools)
        turn = _answered(talk) if len(questions) == 1 else _answered_each(questions, talk)
        return step(talk, turn, messages, asked)


def _answered(talk: Talk) -> Turn:
    """Settle what a question means, and answer it; words of it that name nothing are passed over, and told."""
    asked: Question = narrowed(talk.question, talk.context)
    refusal: NotReadError | None = None
    last: NotReadError | None = None
    for _ in range(passing_over.MOST + 1):
        talk.question, talk.guesses, talk.listed, talk.extra_groups = asked, [], [], []
        try:
            return (yield from _answered_as_read(talk))
        except NotReadError as error:
            again, last = None, error
            if isinstance(error, UnreadError):
                again = yield from as_groups.read_as_group(asked, error.reply.unread, talk.context)
                if again is not None:  # nothing is passed over
                    asked = again
                    continue
                again = passing_over.passed_over(asked, error.reply.unread)
            refusal = refusal or error
            if again is None:
                talk.question = asked
                raise refusal from error
            asked = again
    assert last is not None  # the last round was refused as well
    raise refusal or last


def _answered_as_read(talk: Talk) -> Turn:
    question = talk.question
    alone = len(question.either) == 1 and not (question.molecules or question.groups)
    if question.intent is Intent.FOLLOW_UP and alone and _may_be_molecule(question):
        read = yield Call("read_molecules", {"words": list(question.either)})
        entry = {} if read.error else read.value["molecules"][question.either[0]]
        if entry.get("smiles") and not entry.get("guess"):  # "and toluene?"; "and the phenol?" would mean a group
            talk.question = replace(question, molecules=question.either, either=())
    resolve(talk)
    return (yield from HANDLERS[talk.question.intent](talk))


def _answered_each(questions: Sequence[Question], first: Talk) -> Turn:
    """Answer questions of one text in turn, each with what was spoken of in those before it."""
    context, said, reply = first.context, [], Reply("")
    for question in questions:
        talk = Talk(question, context, first.tools)
        try:
            reply = yield from _answered(talk)
        except NotReadError as error:
            reply = error.reply
            frames = question is not questions[-1] and not passing_over.asks(question)
            plain = all(map(passing_over.is_english, reply.unread.split()))
            if frames and reply.unread and (plain or passing_over.tells_of_oneself(question)):
                continue  # "I am preparing a lecture. Is ...": what names nothing is no question
            named = () if passing_over.asks(question) else (*question.molecules, *question.either)
            spoken = yield from more_answers.readable(named)
            if spoken and passing_over.is_plain(reply.unread):  # "sorbitol is sweet, but how many ... does it have?"
                context = replace(context, turns=(*context.turns, Understood(Intent.UNKNOWN, spoken)), unread="")
                continue
        if reply.text:
            said.append(reply.text)
        turns = (*context.turns, reply.understood) if reply.understood is not None else context.turns
        context = replace(context, turns=turns, unread=reply.unread)
    understood = reply.understood if reply.understood is not None and reply.understood.molecules else context.last
    return Reply("\n".join(dict.fromkeys(said)), understood, reply.unread)


def resolve(talk: Talk) -> None:
    """Turn follow-ups and corrections into whole questions, by what was spoken of before."""
    question = _with_labels(talk.question, {spoken.words for spoken in talk.context.all})
    if question.intent is Intent.CORRECTION:
        question = _corrected(talk, question)
    elif question.intent is Intent.FOLLOW_UP:
        question = _followed(talk, question)
    elif (again := _extreme_again(question, talk)) is not None:
        question = again
    elif (
        (before := talk.context.last) is not None
        and before.intent in _ASKED_OF_ONE
        and _is_bare_name(question, valued=before.intent == Intent.PROPERTY)
    ):
        question = _followed(talk, question)  # "how many Cl in chloroform? - carbon tetrachloride?"
    elif (
        question.intent is Intent.CONTENTS
        and question.pointer == ""
        and not question.molecules
        and not question.either
        and question.groups
    ):
        question = replace(question, intent=Intent.WHERE)
    talk.question = assigned(question, talk)


_EXTREMES = ("lowest", "highest", "largest", "smallest", "biggest", "greatest", "least", "lower", "higher", "larger")


def _extreme_again(question: Question, talk: Talk) -> Question | None:
    """Read "which is lowest?" after the values of several molecules as the lowest of these."""
    last = talk.context.last
    told = last is not None and last.intent == Intent.PROPERTY and len(last.keys) == 1 and len(last.molecules) > 1
    if not told or last is None or question.sentence.chunks or question.keys or not question.sentence.has(*_EXTREMES):
        return None
    return replace(question, intent=Intent.PROPERTY, keys=last.keys, pointer="all")


_ASKED_OF_ONE = frozenset({Intent.WHERE, Intent.COUNT, Intent.HAS, Intent.CLASS, Intent.PROPERTY, Intent.STEREO})


def _is_bare_name(question: Question, *, valued: bool) -> bool:
    """Whether a question is one name with a question mark, and nothing else; after a value, also a SMILES alone."""
    chunks = question.sentence.chunks
    named = len(chunks) == 1 and chunks[0].last - chunks[0].first == len(question.sentence.words)
    asks = question.text.rstrip().endswith("?") or (valued and looks_like_smiles(question.text.strip()))
    return question.intent is Intent.CONTENTS and named and asks


def _with_labels(question: Question, spoken_of: set[str]) -> Question:
    """Read what an earlier question named so ("B = CCO") as that molecule, and not as a group ("B" is boron)."""
    names = tuple(c.text for c in question.sentence.chunks if c.text in spoken_of and len(c.text) <= MAX_LABEL)
    return replace(
        question,
        molecules=tuple(
            dict.fromkeys((*question.molecules, *(n for n in names if n in question.groups + question.either)))
        ),
        groups=tuple(group for group in question.groups if group not in names),
        either=tuple(each for each in question.either if each not in names),
    )


def _followed(talk: Talk, question: Question) -> Question:
    """ "And the ring?" asks of the ring what was asked last; "what about X?" asks it of X."""
    last = talk.context.last
    if last is None and talk.context.turns and talk.context.unread and (question.molecules or question.either):
        last = talk.context.turns[-1]  # of a molecule that could not be read: what was asked of it stays
    intent = Intent(last.intent) if last is not None and last.intent in list(Intent) else Intent.UNKNOWN
    if last is None or intent not in _ONE_AGAIN:
        if question.groups or (question.either and talk.context.current):
            return replace(question, intent=Intent.WHERE)
        return replace(question, intent=Intent.CONTENTS if question.molecules or question.either else Intent.UNKNOWN)
    takes_group = intent in (Intent.WHERE, Intent.COUNT, Intent.HAS, Intent.CLASS, Intent.WHICH_HAS, Intent.WHY)
    groups = question.groups
    either = question.either
    if not takes_group and (groups or (either and not question.molecules and not _may_be_molecule(question))):
        return replace(question, intent=Intent.WHERE)
    if takes_group and not groups and either and question.sentence.chunks and question.sentence.chunks[-1].article:
        groups, either = either, ()
    return replace(
        question,
        intent=intent,
        groups=groups or (() if either and takes_group else last.groups),
        either=either,
        keys=question.keys or last.keys,
        caption=question.caption or last.caption,
    )


def _may_be_molecule(question: Question) -> bool:
    return any(not chunk.article for chunk in question.sentence.chunks)


def _corrected(talk: Talk, question: Question) -> Question:
    """ "I meant Y" asks of Y what was asked last."""
    # A correction that could not be read itself, or a question that was carried over, says nothing of what was asked.
    last = next((turn for turn in reversed(talk.context.turns) if turn.intent in _ONE_AGAIN), None)
    if last is None:
        return replace(question, intent=Intent.CONTENTS)
    named = question.molecules or question.either
    if named and not (question.groups and not question.molecules):
        return replace(
            question,
            intent=Intent(last.intent),
            molecules=named,
            either=(),
            groups=question.groups or last.groups,
            keys=last.keys,
            caption=last.caption,
        )
    return replace(question, intent=Intent(last.intent), groups=question.groups, keys=last.keys, caption=last.caption)
