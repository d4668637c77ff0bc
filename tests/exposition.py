"""A strict reader of Prometheus's text format 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
VALUE = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf|NaN)"
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\\n]|\\\\|\\n)+)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)")
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ({VALUE})")

Labels = tuple[tuple[str, str], ...]
Samples = dict[str, tuple[str, dict[Labels, float]]]


def samples_of(text: str) -> Samples:
    """The type and samples of every metric; anything amiss fails.

    Each is to have its help, its type and its samples, in that order and in one group.
    """
    assert text.endswith("\n")
    found: Samples = {}
    lines = text.removesuffix("\n").split("\n")
    while lines:
        about = HELP.fullmatch(lines.pop(0))
        assert about
        kind = TYPE.fullmatch(lines.pop(0))
        assert kind
        assert about[1] == kind[1]
        assert about[1] not in found
        samples: dict[Labels, float] = {}
        while lines and not lines[0].startswith("#"):
            line = lines.pop(0)
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            labels = tuple(re.findall(LABEL, sample[2] or ""))
            assert sample[1] == about[1]
            assert labels not in samples
            assert len(dict(labels)) == len(labels)
            samples[labels] = float(sample[sample.lastindex or 0])
        assert samples
        found[about[1]] = kind[2], samples
    return found


def metrics_of(text: str) -> dict[str, tuple[str, float]]:
    """The type and value of every metric, none of which is to have labels."""
    found = {}
    for name, (kind, samples) in samples_of(text).items():
        assert samples.keys() == {()}
        found[name] = kind, samples[()]
    return found
