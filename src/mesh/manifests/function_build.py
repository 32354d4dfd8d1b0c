"""func.yaml's `build`, in func's words (knative/func pkg/functions/function_{envs,git}.go, pkg/builders)."""

import re

from mesh.manifests.fields import quoted
from mesh.manifests.function_envs import check_build_envs
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.urls import parse_url

BUILD = (
    "git",
    "builderImages",
    "buildpacks",
    "builder",
    "buildEnvs",
    "pvcSize",
    "remoteStorageClass",
    "baseImage",
    "volumes",
)
BUILDERS = ("host", "pack", "s2i")  # func's JSON schema lacks host, which its command line takes
TRANSPORTS = {"ssh", "git", "git+ssh", "http", "https", "ftp", "ftps", "rsync", "file"}
SCP = re.compile(r"([a-zA-Z0-9-._~]+@)?[a-zA-Z0-9._-]+:[a-zA-Z0-9./._-]+.*")  # chainguard-dev/git-urls
SCP_LENGTH = 2048


def check_build(fields: FunctionFields) -> None:
    """Check `build`, which only func uses."""
    build = fields.object("build", BUILD)
    if build is None:
        return
    check_build_envs(build)
    _check_builder(build)
    _check_git(build)
    for entry in build.entries("volumes", ("hostPath", "path")):
        entry.read_texts("hostPath", "path")
    build.texts("builderImages")
    build.items("buildpacks")
    build.read_texts("pvcSize", "remoteStorageClass", "baseImage")


def _check_builder(build: FunctionFields) -> None:
    builder = build.text("builder")
    if builder and builder not in BUILDERS:
        known = '"host", "pack" and "s2i"'
        message = f'"{builder}" is not a known builder. Available builders are {known}'
        build.problem(build.node.value["builder"], f"{message}: build.builder")


def _check_git(build: FunctionFields) -> None:
    git = build.object("git", ("url", "revision", "contextDir"))
    if git is None:
        return
    git.read_texts("revision", "contextDir")
    problem = git_url_problem(git.text("url") or "")
    if problem:
        git.problem(git.node.value["url"], f"{problem}: build.git.url")


def git_url_problem(url: str) -> str | None:
    """Say what validateGit says of a URL, None where git can fetch from it."""
    if not url or _has_transport(url):
        return None
    if len(url) > SCP_LENGTH:
        reason = f"URL too long: {quoted(url)}"
    elif SCP.fullmatch(url):
        return None
    else:
        reason = f"no scp URL found in {quoted(url)}"
    return f'specified option "git.url={url}" is not valid, error: {reason}'


def _has_transport(url: str) -> bool:
    try:
        return parse_url(url).scheme in TRANSPORTS
    except ValueError:
        return False
