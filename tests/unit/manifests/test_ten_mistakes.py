"""All that is wrong is told at once."""

from support.project_directory import TRIGGER, ProjectDirectory


def test_ten_mistakes_are_ten_problems_with_file_line_and_path(project: ProjectDirectory) -> None:
    make_ten_mistakes(project)
    assert project.problems() == [
        'broker/broker.yaml:24: unknown field "spec.delivery.retries" (did you mean retry?)',
        "broker/broker.yaml:26: invalid value: 200ms: spec.delivery.backoffDelay (an ISO 8601 duration, such as PT5S)",
        (
            'broker/events.yaml:1: no matches for kind "EventTyp" in version "eventing.knative.dev/v1" '
            "(known here: Broker, Trigger)"
        ),
        (
            'functions/dead-letter/func.yaml:16: options field "scale.max" value must be greater or equal to '
            '"scale.min": deploy.options.scale.max'
        ),
        (
            "functions/invoice/func.yaml:9: env entry #0 is missing value field, only name 'DATABASE_URL' is set: "
            "run.envs[0]"
        ),
        "sources/sink-binding.yaml:12: missing field(s): spec.sink.ref.kind",
        (
            "triggers/broken.yaml:2: yaml: expected the node content, but found '<stream end>' "
            "(while parsing a flow node that begins at line 2)"
        ),
        'triggers/invoice.yaml:7: Broker "main" does not exist: spec.broker (in namespace cabs: default)',
        (
            'triggers/notify.yaml:11: Service "notify" does not exist: spec.subscriber.ref '
            "(in namespace cabs: dead-letter, invoice)"
        ),
        (
            'triggers/second.yaml:10: invalid key name "Type": spec.filter.attributes[Type] '
            "(Attribute name must start with a letter and can only contain lowercase alphanumeric)"
        ),
    ]


def make_ten_mistakes(project: ProjectDirectory) -> None:
    project.edit("broker/broker.yaml", "PT0.2S", "200ms")
    project.edit("broker/broker.yaml", "retry: 10", "retries: 10")
    project.write("broker/events.yaml", "apiVersion: eventing.knative.dev/v1\nkind: EventTyp\nmetadata: {name: a}\n")
    project.edit("functions/invoice/func.yaml", "value: '{{ secret:database:url }}'", "")
    project.edit("functions/dead-letter/func.yaml", "min: 0, max: 10", "min: 3, max: 1")
    project.edit("sources/sink-binding.yaml", "      kind: Broker\n", "")
    project.write("triggers/broken.yaml", "apiVersion: [\n")
    project.edit("triggers/invoice.yaml", "broker: default", "broker: main")
    project.write("triggers/notify.yaml", TRIGGER.replace("invoice", "notify"))
    second = TRIGGER.replace("name: invoice\n  namespace", "name: second\n  namespace").replace("type:", "Type:")
    project.write("triggers/second.yaml", second)
