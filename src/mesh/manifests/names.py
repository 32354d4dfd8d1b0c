"""Kubernetes' rules for names, in its words. Rules: k8s.io/apimachinery pkg/api/validate/content."""

import re

ALPHANUMERIC = "[A-Za-z0-9]"
LABEL_FORMAT = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN_FORMAT = rf"{LABEL_FORMAT}(\.{LABEL_FORMAT})*"
KEY_FORMAT = f"({ALPHANUMERIC}[-A-Za-z0-9_.]*)?{ALPHANUMERIC}"
IDENTIFIER_FORMAT = "[A-Za-z_][A-Za-z0-9_]*"
VARIABLE_FORMAT = "[-._a-zA-Z][-._a-zA-Z0-9]*"

LABEL_BYTES = 63
SUBDOMAIN_BYTES = 253
EDGES = "and must start and end with an alphanumeric character"


def label_problems(text: str) -> list[str]:
    """What is wrong with a name such as a namespace's (RFC 1123 label)."""
    problems = _too_long(text, LABEL_BYTES)
    if re.fullmatch(LABEL_FORMAT, text):
        return problems
    if re.fullmatch(SUBDOMAIN_FORMAT, text):
        return [*problems, "must not contain dots"]
    rule = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {EDGES}"
    return [*problems, _pattern(rule, LABEL_FORMAT, "my-name", "123-abc")]


def key_problems(text: str) -> list[str]:
    """What is wrong with the key of a label, or any qualified name."""
    prefix, slash, name = text.rpartition("/")
    rule = f"must consist of alphanumeric characters, '-', '_' or '.', {EDGES}"
    pattern = _pattern(rule, KEY_FORMAT, "MyName", "my.name", "123-abc")
    if "/" in prefix:
        with_prefix = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {pattern} {with_prefix}"]
    problems = [f"prefix part {problem}" for problem in _prefix_problems(prefix)] if slash else []
    size = _too_long(name, LABEL_BYTES) if name else ["must be non-empty"]
    wrong = [] if re.fullmatch(KEY_FORMAT, name) else [pattern]
    return [*problems, *(f"name part {problem}" for problem in (*size, *wrong))]


def value_problems(text: str) -> list[str]:
    """What is wrong with the value of a label."""
    problems = _too_long(text, LABEL_BYTES)
    if re.fullmatch(f"({KEY_FORMAT})?", text):
        return problems
    characters = "alphanumeric characters, '-', '_' or '.'"
    rule = f"a valid label must be an empty string or consist of {characters}, {EDGES}"
    return [*problems, _pattern(rule, f"({KEY_FORMAT})?", "MyValue", "my_value", "12345")]


def identifier_problems(text: str) -> list[str]:
    """What is wrong with the name of a kind (a C identifier)."""
    if re.fullmatch(IDENTIFIER_FORMAT, text):
        return []
    start = "a valid C identifier must start with alphabetic character or '_'"
    rule = f"{start}, followed by a string of alphanumeric characters or '_'"
    return [_pattern(rule, IDENTIFIER_FORMAT, "my_name", "MY_NAME", "MyName")]


def variable_problems(text: str) -> list[str]:
    """What is wrong with the name of an environment variable."""
    problems = []
    if not re.fullmatch(VARIABLE_FORMAT, text):
        characters = "alphabetic characters, digits, '_', '-', or '.'"
        rule = f"a valid environment variable name must consist of {characters}, and must not start with a digit"
        problems.append(_pattern(rule, VARIABLE_FORMAT, "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
    if text in {".", ".."}:
        problems.append(f"must not be '{text}'")
    elif text.startswith(".."):
        problems.append("must not start with '..'")
    return problems


def _prefix_problems(prefix: str) -> list[str]:
    if not prefix:
        return ["must be non-empty"]
    problems = _too_long(prefix, SUBDOMAIN_BYTES)
    if re.fullmatch(SUBDOMAIN_FORMAT, prefix):
        return problems
    rule = f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {EDGES}"
    return [*problems, _pattern(rule, SUBDOMAIN_FORMAT, "example.com")]


def _too_long(text: str, limit: int) -> list[str]:
    return [f"must be no more than {limit} bytes"] if len(text.encode()) > limit else []


def _pattern(rule: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{rule} (e.g. {shown}regex used for validation is '{pattern}')"
