"""`examples/your_own_model.py`: a model of one's own proposes, chemistry decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from script_files import load_script


def test_a_model_behind_an_address_is_refused_mends_its_tie_and_has_its_text_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("langchain_openai", reason="the extra molreflect[openai] is not installed")
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    example = load_script("examples/your_own_model.py")
    asked = []

    def counted(request: dict[str, object]) -> str:
        asked.append(request)
        return str(answer(request))

    answer = example.answer
    monkeypatch.setattr(example, "answer", counted)
    example.main([])
    said = capsys.readouterr().out
    assert "  supported: 'methyl ester' as C(=O)O[CH3] at atoms ((2, 3, 1, 0),): it is there\n" in said
    assert "  supported: 'phenols' as [OX2H]c1ccccc1 at atoms" in said
    assert "  refuted: 'nitro group': it is not in the molecule\n" in said
    refused = [request for request in asked if "Nc1ccccc1" in str(request)]
    assert refused, "the wrong tie was never sent back"
    assert f"calls of the model: {len(asked) - 2}; " in said  # without the probe for tools, and the question
