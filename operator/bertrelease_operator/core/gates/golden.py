"""Gate goldenSet: the verdict on what both versions said to the same cases."""

from collections.abc import Mapping, Sequence
from typing import Final

from bertrelease_operator.api.golden import GoldenSet
from bertrelease_operator.api.golden_cases import FillMaskCase, GoldenCase, SimilarityCase, TranslationCase
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.gates.contract import CaseFailure, GateResult
from bertrelease_operator.core.gates.golden_answers import Answer, asked_of, expected_of, is_right
from bertrelease_operator.core.gates.golden_bleu import Counts, bleu, counts_of
from bertrelease_operator.core.gates.golden_paired import ALPHA, chance_of_no_loss, loss_p_value
from bertrelease_operator.core.gates.golden_ter import ter

Answers = Mapping[str, Answer]  # by the id of the case
Graded = FillMaskCase | SimilarityCase

MOST_LISTED: Final = 20
_PERCENT: Final = 100
_PERCENTAGE_POINTS: Final = "percentage points"


def judge(section: GoldenSet, cases: Sequence[GoldenCase], candidate: Answers, stable: Answers | None) -> GateResult:
    """`candidate` answers every case, and so does `stable` if there is a stable version to compare with."""
    graded = [case for case in cases if not isinstance(case, TranslationCase)]
    translations = [case for case in cases if isinstance(case, TranslationCase)]
    wanting = _wanting(section, translations)
    if wanting:
        return GateResult(Verdict.NO_DATA, wanting)
    checks = [
        *_accuracy_checks(section, graded, candidate, stable),
        *_translation_checks(section, translations, candidate, stable),
    ]
    failed = [check for check in checks if check.verdict is Verdict.FAIL]
    badly = any(check.name.startswith(("bleu", "ter")) for check in failed)
    wrong = _wrong(graded, candidate)
    wrong += _differing(translations, candidate) if badly else _missing(translations, candidate)
    return GateResult(
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        message="; ".join(check.message for check in failed or checks),
        checks=tuple(checks),
        failures=tuple(_failure(case, candidate, stable) for case in wrong[:MOST_LISTED]),
        total_failures=len(wrong),
    )


def _wanting(section: GoldenSet, translations: Sequence[TranslationCase]) -> str:
    asks = [
        name for name, limit in {"minBleu": section.min_bleu, "maxTer": section.max_ter}.items() if limit is not None
    ]
    if asks and not translations:
        return f"{' and '.join(asks)} ask for translations, of which the set has none: write some, or leave them out"
    return ""


def _accuracy_checks(
    section: GoldenSet, cases: Sequence[Graded], candidate: Answers, stable: Answers | None
) -> list[CheckStatus]:
    if not cases:
        return []
    accuracy = _accuracy(cases, candidate)
    right = sum(is_right(case, candidate[case.id]) for case in cases)
    floor = CheckStatus(
        name="accuracy",
        verdict=Verdict.PASS if accuracy >= section.min_accuracy_percent else Verdict.FAIL,
        value=accuracy,
        limit=section.min_accuracy_percent,
        unit="%",
        sample=len(cases),
        message=(
            f"{right} of {len(cases)} cases are right ({accuracy:.1f} %), "
            f"{section.min_accuracy_percent:g} % are asked for"
        ),
    )
    if stable is None or section.max_accuracy_loss_percent is None:
        return [floor]
    return [floor, _accuracy_comparison(section.max_accuracy_loss_percent, cases, candidate, stable)]


def _accuracy_comparison(most: float, cases: Sequence[Graded], candidate: Answers, stable: Answers) -> CheckStatus:
    """Fails if the loss is above the margin, and no chance."""
    pairs = [(case, is_right(case, candidate[case.id]), is_right(case, stable[case.id])) for case in cases]
    lost = [case.weight for case, now, before in pairs if before and not now]
    won = [case.weight for case, now, before in pairs if now and not before]
    loss = _PERCENT * (sum(lost) - sum(won)) / sum(case.weight for case in cases)
    p_value = loss_p_value(lost, won)
    return CheckStatus(
        name="accuracy-vs-stable",
        verdict=Verdict.FAIL if loss > most and p_value <= ALPHA else Verdict.PASS,
        value=loss,
        limit=most,
        unit=_PERCENTAGE_POINTS,
        sample=len(lost) + len(won),
        message=(
            f"{len(lost)} cases are wrong that the stable version has right, and {len(won)} the other way round "
            f"(a loss of {loss:.1f} {_PERCENTAGE_POINTS}, at most {most:g} allowed; p = {p_value:.2g})"
        ),
    )


def _accuracy(cases: Sequence[Graded], answers: Answers) -> float:
    right = sum(case.weight for case in cases if is_right(case, answers[case.id]))
    return _PERCENT * right / sum(case.weight for case in cases)


def _translation_checks(
    section: GoldenSet, cases: Sequence[TranslationCase], candidate: Answers, stable: Answers | None
) -> list[CheckStatus]:
    if not cases:
        return []
    counts = _counts(cases, candidate)
    score = bleu(Counts.sum(counts))
    checks = [_answered(section, cases, candidate)]
    if section.min_bleu is not None:
        checks.append(
            _score_check("bleu", score, section.min_bleu, passes=score >= section.min_bleu, sample=len(cases))
        )
    if section.max_ter is not None:
        rate = ter([(_said(candidate[case.id]), case.references) for case in cases])
        checks.append(_score_check("ter", rate, section.max_ter, passes=rate <= section.max_ter, sample=len(cases)))
    if stable is not None and section.max_bleu_loss is not None:
        checks.append(_bleu_comparison(section.max_bleu_loss, counts, _counts(cases, stable)))
    return checks


def _answered(section: GoldenSet, cases: Sequence[TranslationCase], candidate: Answers) -> CheckStatus:
    """A version that translates nothing must fail even where no limit is set and there is nothing to compare with."""
    came = len(cases) - len(_missing(cases, candidate))
    share, least = _PERCENT * came / len(cases), section.min_accuracy_percent
    return CheckStatus(
        name="answered",
        verdict=Verdict.PASS if share >= least else Verdict.FAIL,
        value=share,
        limit=least,
        unit="%",
        sample=len(cases),
        message=f"{came} of {len(cases)} translations came ({share:.1f} %), {least:g} % are asked for",
    )


def _score_check(name: str, value: float, limit: float, *, passes: bool, sample: int) -> CheckStatus:
    return CheckStatus(
        name=name,
        verdict=Verdict.PASS if passes else Verdict.FAIL,
        value=value,
        limit=limit,
        sample=sample,
        message=f"{name.upper()} is {value:.1f} over {sample} translations, the limit is {limit:g}",
    )


def _bleu_comparison(margin: float, candidate: Sequence[Counts], stable: Sequence[Counts]) -> CheckStatus:
    """Fails if the loss is above the margin in nearly all draws of the bootstrap."""
    score, before = bleu(Counts.sum(candidate)), bleu(Counts.sum(stable))
    p_value = chance_of_no_loss(candidate, stable, margin)
    return CheckStatus(
        name="bleu-vs-stable",
        verdict=Verdict.FAIL if before - score > margin and p_value <= ALPHA else Verdict.PASS,
        value=before - score,
        limit=margin,
        sample=len(candidate),
        message=(
            f"BLEU is {score:.1f}, that of the stable version {before:.1f} (at most {margin:g} less allowed; "
            f"p = {p_value:.2g})"
        ),
    )


def _counts(cases: Sequence[TranslationCase], answers: Answers) -> list[Counts]:
    return [counts_of(_said(answers[case.id]), case.references) for case in cases]


def _said(answer: Answer) -> str:
    """No answer is an empty translation."""
    return answer.said[0] if answer.said and not answer.problem else ""


def _wrong(cases: Sequence[Graded], answers: Answers) -> list[GoldenCase]:
    return [case for case in cases if not is_right(case, answers[case.id])]


def _missing(cases: Sequence[TranslationCase], answers: Answers) -> list[GoldenCase]:
    return [case for case in cases if not _said(answers[case.id]).strip()]


def _differing(cases: Sequence[TranslationCase], answers: Answers) -> list[GoldenCase]:
    """Those that are like none of their references, the worst first."""
    scored = [
        (bleu(counts_of(_said(answers[case.id]), case.references)), number, case)
        for number, case in enumerate(cases)
        if _said(answers[case.id]) not in case.references
    ]
    return [case for _, _, case in sorted(scored, key=lambda one: one[:2])]


def _failure(case: GoldenCase, candidate: Answers, stable: Answers | None) -> CaseFailure:
    return CaseFailure(
        case=f"{case.id}: {asked_of(case)}",
        expected=expected_of(case),
        got=candidate[case.id].shown,
        stable_got=stable[case.id].shown if stable is not None else "",
    )
