"""Where a function's settings come from."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.errors import StartFailed, UsageError
from mesh.functions import settings
from mesh.functions.local_values import LocalValues
from mesh.functions.settings import Sources
from mesh.manifests.model import Destination, Env, Function, Reference, SinkBinding
from mesh.manifests.problem import Origin
from support.hosted import function

SECRET = "{{ secret:mail:password }}"
LOCAL = LocalValues({"mail": {"password": "local"}}, {"tariff": {"base": "2.50"}})


def values(of: Function, shell: Mapping[str, str]) -> Mapping[str, str]:
    return settings.resolve(of, Sources(shell, LOCAL)).values


@pytest.mark.parametrize(
    ("written", "shell", "found"),
    [
        ("plain", {}, "plain"),
        ("", {}, ""),
        ("plain", {"KEY": "shell"}, "shell"),
        (SECRET, {}, "local"),
        (SECRET, {"KEY": "shell"}, "shell"),
        ("{{secret:mail:password}}", {}, "local"),
        ("{{ configMap:tariff:base }}", {}, "2.50"),
        ("{{ env:OTHER }}", {"OTHER": "other"}, "other"),
        ("{{ env:OTHER }}", {"OTHER": "other", "KEY": "own name"}, "own name"),
    ],
)
def test_the_entrys_own_variable_comes_first_and_then_what_it_refers_to(
    written: str, shell: dict[str, str], found: str
) -> None:
    assert values(function(KEY=written), shell) == {"KEY": found}


def test_a_nameless_entry_is_the_whole_object() -> None:
    whole = replace(function(), envs=(Env("", "{{ secret:mail }}", Origin("func.yaml", 3)),))
    assert values(whole, {}) == {"password": "local"}


def test_only_database_url_falls_back_to_the_dev_service() -> None:
    asking = function(DATABASE_URL="{{ secret:db:url }}", OTHER_URL="{{ secret:db:url }}")
    resolved = settings.resolve(asking, Sources({}, LOCAL, "postgresql://dev"))
    assert resolved.values == {"DATABASE_URL": "postgresql://dev"}
    assert [str(problem) for problem in resolved.missing] == [
        (
            "functions/invoice/func.yaml:11: OTHER_URL has no value: set the environment variable OTHER_URL, "
            "or secret.db.url in local.secrets.yaml"
        )
    ]


@pytest.mark.parametrize(
    ("sources", "needed"),
    [
        (Sources({}, LocalValues()), True),
        (Sources({"DATABASE_URL": "postgresql://mine"}, LocalValues()), False),
        (Sources({}, LocalValues({"db": {"url": "postgresql://mine"}})), False),
    ],
)
def test_the_dev_service_is_needed_only_when_nothing_else_has_the_value(sources: Sources, needed: bool) -> None:
    assert settings.needs_dev_database(function(DATABASE_URL="{{ secret:db:url }}"), sources) is needed


def test_all_that_is_missing_is_listed_at_once_and_without_any_value() -> None:
    functions = [function("one", A="{{ env:X }}", B=SECRET), function("two", C="{{ configMap:none:c }}")]
    with pytest.raises(StartFailed) as raised:
        settings.require(functions, Sources({}, LocalValues({"mail": {"user": "s3cret"}})))
    assert str(raised.value).splitlines() == [
        "functions/one/func.yaml:10: A has no value: set the environment variable A or X",
        (
            "functions/one/func.yaml:11: B has no value: set the environment variable B, "
            "or secret.mail.password in local.secrets.yaml"
        ),
        (
            "functions/two/func.yaml:10: C has no value: set the environment variable C, "
            "or configMap.none.c in local.secrets.yaml"
        ),
    ]


def test_values_are_not_shown_by_what_holds_them() -> None:
    sources = Sources({"KEY": "s3cret"}, LocalValues({"mail": {"password": "s3cret"}}), "postgresql://u:s3cret@h/d")
    assert "s3cret" not in repr(sources) + repr(settings.resolve(function(KEY="s3cret"), sources))


def binding(
    name: str = "", selector: Mapping[str, str] | None = None, extensions: Mapping[str, str] | None = None
) -> SinkBinding:
    subject = Reference("serving.knative.dev/v1", "Service", name, "cabs")
    sink = Destination(Reference("eventing.knative.dev/v1", "Broker", "default", "cabs"))
    return SinkBinding("cabs", "binding", sink, subject, selector or {}, extensions or {}, Origin("b.yaml", 1))


def url(_: Destination) -> str:
    return "http://broker"


def test_a_sink_binding_injects_the_sink_and_its_extensions() -> None:
    bound = settings.bound(function(), [binding("invoice", extensions={"a": "b"})], url)
    assert bound == {"K_SINK": "http://broker", "K_CE_OVERRIDES": '{"extensions":{"a":"b"}}'}


def test_without_overrides_the_variable_is_empty_as_on_the_cluster() -> None:
    assert settings.bound(function(), [binding("invoice")], url)["K_CE_OVERRIDES"] == ""


@pytest.mark.parametrize(
    ("one", "bound"),
    [
        (binding("invoice"), True),
        (binding("notify"), False),
        (binding(selector={"part-of": "cabs"}), True),
        (binding(selector={"part-of": "cabs", "tier": "x"}), False),
        (replace(binding("invoice"), subject=Reference("apps/v1", "Deployment", "invoice", "cabs")), False),
        (replace(binding("invoice"), subject=Reference("serving.knative.dev/v1", "Service", "invoice", "x")), False),
    ],
)
def test_a_binding_finds_its_subject_by_name_or_by_all_labels(one: SinkBinding, bound: bool) -> None:
    assert bool(settings.bound(replace(function(), labels={"part-of": "cabs", "a": "b"}), [one], url)) is bound


def test_a_process_gets_a_containers_worth_of_the_shell_and_servings_names() -> None:
    shell = {"PATH": "/bin", "AWS_SECRET": "x", "PYTHONPATH": "/mine", "OTEL_TRACES_SAMPLER": "always_on"}
    given = settings.environment(function(), shell, {"FARE": "1"}, generation=3)
    assert given["K_SERVICE"] == given["K_CONFIGURATION"] == "invoice"
    assert given["K_REVISION"] == "invoice-00003"
    assert (given["PATH"], given["FARE"], given["OTEL_TRACES_SAMPLER"]) == ("/bin", "1", "always_on")
    assert not given.keys() & {"AWS_SECRET", "PYTHONPATH"}


def test_nothing_is_exported_without_a_collector() -> None:
    assert settings.environment(function(), {}, {}, 1)["OTEL_TRACES_EXPORTER"] == "none"


def test_a_configured_collector_is_used_but_does_not_hold_up_the_exit() -> None:
    given = settings.environment(function(), {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector"}, {}, 1)
    assert "OTEL_TRACES_EXPORTER" not in given
    assert given["OTEL_EXPORTER_OTLP_TIMEOUT"] == "1"


def test_local_values_are_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "local.secrets.yaml").write_text("secret: {mail: {port: 25, tls: true}}\n")
    assert LocalValues.read(tmp_path).secret == {"mail": {"port": "25", "tls": "true"}}
    assert LocalValues.read(tmp_path / "elsewhere") == LocalValues()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("secret: {mail: password}", "local.secrets.yaml: secret: expected {name: {key: value}}"),
        ("secrets: {}", "local.secrets.yaml: expected {secret: {name: {key: value}}, configMap: …}"),
        ("secret: {a: {b: hunter2", "local.secrets.yaml:1: not YAML"),
    ],
)
def test_a_wrong_file_is_an_error_that_shows_no_value(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "local.secrets.yaml").write_text(text)
    with pytest.raises(UsageError) as raised:
        LocalValues.read(tmp_path)
    assert str(raised.value) == said


def test_local_values_that_are_not_utf_8_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "local.secrets.yaml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UsageError, match=r"local\.secrets\.yaml: not UTF-8: save it as UTF-8"):
        LocalValues.read(tmp_path)
