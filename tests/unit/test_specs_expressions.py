"""The templates of job specs: the seed's spelling becomes ours, and nothing that a shell could misread gets into its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from dags.specs import expressions
from dags.specs.expressions import NotPlain, filled, translated

NODES = {
    "srv": {"name": "n1", "ip": "10.0.0.1", "hostname": "one.example"},
    "my-cli": {"name": "n2", "ip": "::1", "hostname": "two"},
}


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("ping {{.Nodes.srv.Ip}}:80", "ping {{ nodes.srv.ip }}:80"),
        ("{{ .Nodes.srv.IP }}", "{{ nodes.srv.ip }}"),
        ("{{.Node.srv.Hostname}}", "{{ nodes.srv.hostname }}"),
        ("{{- .Node.Ip -}}", "{{ nodes['my-cli'].ip }}"),
        ("{{ nodes.srv.name }}", "{{ nodes.srv.name }}"),
        ("${#array} {% {{ 5 }}", "${#array} {% {{ 5 }}"),
    ],
)
def test_the_seeds_spelling_becomes_ours(written: str, ours: str) -> None:
    assert translated(written, "my-cli") == ours


def test_a_line_is_filled_with_the_facts_of_its_nodes() -> None:
    line = "ping {{ nodes.srv.ip }} {{nodes[\"my-cli\"].ip}} {{ nodes['srv'].hostname }} ${#x} '{{.State}}'"
    assert filled(line, NODES) == "ping 10.0.0.1 ::1 one.example ${#x} '{{.State}}'"


PIECES = [
    "{{ nodes.srv.ip }}",
    "{{nodes['srv'].name}}",
    "{",
    "}",
    "{{",
    "}}",
    "{%",
    "{#",
    "#}",
    "%}",
    "a",
    " ",
    "'",
    "\n",
    "${#x}",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_within_configs_a_line_is_filled_alike(line: str) -> None:
    template = Environment(autoescape=False, keep_trailing_newline=True).from_string(expressions.in_configs(line))
    assert template.render(nodes=NODES) == filled(line, NODES)


@pytest.mark.parametrize("fact", ["a b", "$(reboot)", "", "a;b", "`x`", "a\nb", "'"])
def test_what_a_shell_could_misread_is_not_put_in(fact: str) -> None:
    with pytest.raises(NotPlain):
        filled("echo {{ nodes.srv.ip }}", {"srv": {"ip": fact}})


@pytest.mark.parametrize(
    "line", ["a {{.Nodes.srv.Ip}} b", "{{.Node.Ip}}", "${#x} {% x %}", "echo {a}", "{{ nodes['my-cli'].name }}"]
)
def test_a_line_may_name_nodes(line: str) -> None:
    assert list(expressions.faults_of_line(line, NODES)) == []


@pytest.mark.parametrize(
    "line",
    ["{{.Nodes.svr.Ip}}", "{{ nodes.srv.cpu }}", "{{ params.x }}", "{{ results.a }}", "{{.Foo}}", "{{ nodes.srv.ip|upper }}"],
)
def test_a_line_may_name_nothing_else(line: str) -> None:
    assert len(list(expressions.faults_of_line(line, NODES))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "{{.Nodes.srv.Ip}}",
        "{{ nodes.srv.ip }} {{ params.day }} {{ results['a.b.c'] }}",
        "{% if params.x %}y{% endif %}",
        "{{ nodes['my-cli'].ip }}",
    ],
)
def test_other_texts_may_name_params_and_results_too(text: str) -> None:
    assert list(expressions.faults_of_text(text, NODES)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ nodes.svr.ip }}",
        "{{ nodes.srv.cpu }}",
        "{{ nodes }}",
        "{{ nodes[params.x].ip }}",
        "{{ x }}",
        "{{",
        "{% for %}",
        "{% for x in params %}{% endfor %}",
        "{% set x = 1 %}",
    ],
)
def test_other_texts_may_not_name_what_is_not_there(text: str) -> None:
    assert list(expressions.faults_of_text(text, NODES))
