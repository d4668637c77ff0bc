"""Where upstream shows what a report names."""

from __future__ import annotations

from advisory.bug import Fix


def commit_url(fix: Fix) -> str:
    """The fix in its branch's repository."""
    return f"https://git.haproxy.org/?p=haproxy-{fix.branch}.git;a=commitdiff;h={fix.commit}"


def issue_url(number: int) -> str:
    """An issue of HAProxy's tracker."""
    return f"https://github.com/haproxy/haproxy/issues/{number}"


def references(fix: Fix) -> tuple[str, ...]:
    """The fix and the issues that its messages name, sorted."""
    return tuple(sorted((commit_url(fix), *map(issue_url, fix.bug.issues))))


def tarball_url(branch: str, version: str) -> str:
    """Where upstream keeps a release."""
    return f"https://www.haproxy.org/download/{branch}/src/haproxy-{version}.tar.gz"
