"""Label selectors. Rules: k8s.io/apimachinery pkg/apis/meta/v1/helpers.go, pkg/labels/selector.go."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mesh.manifests.fields import Fields, quoted, values
from mesh.manifests.model import Requirement
from mesh.manifests.names import key_problems, value_problems

SELECTOR = ("matchLabels", "matchExpressions")
EXPRESSION = ("key", "operator", "values")
WITH_VALUES = ("In", "NotIn")
WITHOUT_VALUES = ("Exists", "DoesNotExist")


def read_selector(selector: Fields) -> tuple[Mapping[str, str], tuple[Requirement, ...]]:
    """Read what labels are asked for, without a judgement: not every kind's webhook has one."""
    expressions = (Fields(item, selector.findings, EXPRESSION) for item in selector.items("matchExpressions"))
    return values(selector.strings("matchLabels")), tuple(_requirement(expression) for expression in expressions)


def selector_problems(labels: Mapping[str, str], expressions: Sequence[Requirement]) -> Iterator[str]:
    """Yield a sentence for each requirement that can not be one."""
    for key, value in labels.items():
        yield from _joined((*_key_problems(key), *_value_problems(key, (value,))))
    for asked in expressions:
        if asked.operator not in WITH_VALUES + WITHOUT_VALUES:
            yield f"{quoted(asked.operator)} is not a valid label selector operator"
        else:
            yield from _joined(_expression_problems(asked))


def matches(labels: Mapping[str, str], expressions: Sequence[Requirement], found: Mapping[str, str]) -> bool:
    """Tell whether an object with the labels `found` is selected; an empty selector selects everything."""
    return labels.items() <= found.items() and all(_holds(asked, found) for asked in expressions)


def _requirement(expression: Fields) -> Requirement:
    allowed = (
        item.value if isinstance(item.value, str) else _no_text(expression) for item in expression.items("values")
    )
    return Requirement(expression.text("key") or "", expression.text("operator") or "", tuple(allowed))


def _no_text(expression: Fields) -> str:
    expression.wrong(expression.node.value["values"], "a list of strings: put them in quotes")
    return ""


def _holds(asked: Requirement, found: Mapping[str, str]) -> bool:
    match asked.operator:
        case "In":
            return found.get(asked.key) in asked.values
        case "NotIn":
            return found.get(asked.key) not in asked.values
        case "Exists":
            return asked.key in found
        case _:
            return asked.key not in found


def _expression_problems(asked: Requirement) -> Iterator[str]:
    yield from _key_problems(asked.key)
    if asked.operator in WITH_VALUES and not asked.values:
        yield "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty"
    if asked.operator in WITHOUT_VALUES and asked.values:
        shown = ",".join(quoted(value) for value in asked.values)
        yield f"values: Invalid value: [{shown}]: values set must be empty for exists and does not exist"
    yield from _value_problems(asked.key, asked.values)


def _key_problems(key: str) -> Iterator[str]:
    wrong = key_problems(key)
    if wrong:
        yield f"key: Invalid value: {quoted(key)}: {'; '.join(wrong)}"


def _value_problems(key: str, allowed: Sequence[str]) -> Iterator[str]:
    for i, value in enumerate(allowed):
        wrong = value_problems(value)
        if wrong:
            yield f"values[{i}][{key}]: Invalid value: {quoted(value)}: {'; '.join(wrong)}"


def _joined(problems: Iterable[str]) -> Iterator[str]:
    told = list(problems)
    if told:
        yield told[0] if len(told) == 1 else f"[{', '.join(told)}]"
