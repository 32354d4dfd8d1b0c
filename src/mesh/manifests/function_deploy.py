"""func.yaml's `deploy` but for its labels, scale and resources (knative/func pkg/functions, cmd/deploy.go)."""

from mesh.manifests.function_fields import FunctionFields

DEPLOY = (
    "namespace",
    "image",
    "annotations",
    "options",
    "labels",
    "healthEndpoints",
    "serviceAccountName",
    "imagePullSecret",
    "deployer",
    "subscriptions",
    "managementDisabled",
)
DEPLOYERS = ("knative", "raw", "keda")


def check_deploy(deploy: FunctionFields) -> None:
    """Check what only func uses."""
    check_deployer(deploy)
    _warn_of_subscriptions(deploy)
    health = deploy.object("healthEndpoints", ("liveness", "readiness"))
    if health:
        health.read_texts("liveness", "readiness")
    deploy.read_texts("image", "serviceAccountName", "imagePullSecret")
    deploy.boolean("managementDisabled")


def check_deployer(fields: FunctionFields) -> None:
    """Check the `deployer` that is asked for, or that func has used."""
    deployer = fields.text("deployer")
    if deployer and deployer not in DEPLOYERS:
        node = fields.node.value["deployer"]
        supported = ", ".join(DEPLOYERS)
        fields.problem(node, f"unsupported deploy type: {deployer} (supported: {supported}): {node.path}")


def _warn_of_subscriptions(deploy: FunctionFields) -> None:
    entries = deploy.entries("subscriptions", ("source", "filters"))
    for entry in entries:
        entry.text("source")
        entry.texts("filters")
    if entries:
        message = "func deploy would make these Triggers too, and events would arrive twice: deploy.subscriptions"
        deploy.findings.warning(deploy.node.value["subscriptions"], f"{message} (keep Triggers in triggers/ only)")
