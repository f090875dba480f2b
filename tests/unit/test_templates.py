"""Templates in configs: what they render to, and what they refuse."""

import time
from collections.abc import Mapping

import pytest

from dags.errors import InvalidTask
from scheduler.templating import templates

PARAMS = {
    "day": "2027-03-14",
    "n": 3,
    "yes": True,
    "none": None,
    "items": ["a", "b"],
    "deep": {"keys": [1, {"x": 2}]},
    "odd": "{{ params.day }} {% raw %} \\ ' \" \n",
}
RESULTS = {"fetch": {"rows": 7, "names": ["ann", "bob"]}, "text": "plain"}


def render(value, **more):
    return templates.render({"args": [value]}, params={**PARAMS, **more}, results=RESULTS)["args"][0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "plain"),
        ("{{ params.day }}", "2027-03-14"),
        ("day={{ params.day }}!", "day=2027-03-14!"),
        ("{{ params.n }}", 3),
        ("{{params.n}}", 3),
        ("{{- params.n -}}", 3),
        ("n{{ params.n }}", "n3"),
        (" {{ params.n }}", " 3"),
        ("{{ params.n }}\n", "3\n"),
        ("{{ params.yes }}", True),
        ("{{ params.none }}", None),
        ("{{ params.items }}", ["a", "b"]),
        ("{{ params['items'][0] }}", "a"),
        ("{{ params.deep.keys[1].x }}", 2),
        ("{{ params.get('absent', 5) }}", 5),
        ("{{ params.absent | default('x') }}", "x"),
        ("{{ results.fetch.rows }}", 7),
        ("{{ results.fetch }}", {"rows": 7, "names": ["ann", "bob"]}),
        ("{{ results.fetch.names | join(',') }}", "ann,bob"),
        ("{{ results.fetch.names | map(attribute=0) | list }}", ["a", "b"]),
        ("{{ results.fetch | tojson }}", '{"rows": 7, "names": ["ann", "bob"]}'),
        ("{{ results.text ~ '-' ~ params.n }}", "plain-3"),
        ("{{ params.n + 1 }}", 4),
        ("{{ 'x' * 3 }}", "xxx"),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ params.n if params.yes else 0 }}", 3),
        ("{% if params.yes %}on{% else %}off{% endif %}", "on"),
        ("{{ params.day.split('-')[0] }}", "2027"),
        ("{{ params.day[:4] }}", "2027"),
        ("{{ params.day | replace('-', '') }}", "20270314"),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ (1, 2) }}", [1, 2]),
        ("{# said to nobody #}x", "x"),
        ("{{ '{{' }}", "{{"),
        ("{{ '<&>' }}", "<&>"),
    ],
)
def test_a_template_renders(source, expected):
    rendered = render(source)
    assert rendered == expected
    assert type(rendered) is type(expected)


def test_only_text_is_rendered_at_any_depth():
    configs = {"args": [1, None, [{"a": "{{ params.n }}"}]], "kwargs": {"{{ params.n }}": "{{ params.day }}"}}
    assert templates.render(configs, params=PARAMS, results={}) == {
        "args": [1, None, [{"a": 3}]],
        "kwargs": {"{{ params.n }}": "2027-03-14"},
    }


def test_a_value_is_never_rendered_again():
    assert render("{{ params.odd }}") == PARAMS["odd"]
    assert render("-{{ params.odd }}-") == f"-{PARAMS['odd']}-"


class Results(Mapping):
    """Results that tell which of them were read."""

    def __init__(self):
        self.asked = []

    def __getitem__(self, key):
        self.asked.append(key)
        if key != "fetch":
            raise KeyError(key)
        return {"rows": 7}

    def __iter__(self):
        return iter(["fetch", "failed"])

    def __len__(self):
        return 2


def test_a_result_is_read_only_when_a_template_asks_for_it():
    results = Results()
    assert templates.render({"args": ["x", "{{ params.n }}"]}, params=PARAMS, results=results)["args"] == ["x", 3]
    assert results.asked == []
    assert templates.render({"args": ["{{ results.fetch.rows }}"]}, params={}, results=results)["args"] == [7]
    assert results.asked == ["fetch"]


def test_a_missing_result_may_be_given_a_default():
    source = "{{ results.failed | default(0) }} {{ results.get('failed', 1) }} {{ results.keys() | join(',') }}"
    assert templates.render({"args": [source]}, params={}, results=Results())["args"] == ["0 1 fetch,failed"]


@pytest.mark.parametrize("source", ["{{ results }}", "x{{ results }}", "{{ results | tojson }}", "{{ [results] ~ '' }}"])
def test_all_results_at_once_are_not_read(source):
    results = Results()
    with pytest.raises(templates.RenderError, match="name the task whose result is meant"):
        templates.render({"args": [source]}, params={}, results=results)
    assert results.asked == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ params.absent }}", "args[0]: there is no 'absent'"),
        ("x {{ params.absent }}", "args[0]: there is no 'absent'"),
        ("{{ results.absent.rows }}", "args[0]: there is no 'absent'"),
        ("{{ params.day.format }}", "no attribute 'format'"),
        ("{{ params.day.__class__ }}", "no attribute '__class__'"),
        ("{{ params.__len__ }}", "there is no '__len__'"),
        ("{{ params.pop('day') }}", "there is no 'pop'"),
        ("{{ params.get.__self__ }}", "no attribute '__self__'"),
        ("{{ ''.__class__.__mro__ }}", "no attribute '__class__'"),
        ("{{ ''['__class__'] }}", "has no attribute '__class__'"),
        ("{{ range.__globals__ }}", "no attribute '__globals__'"),
        ("{{ params.items.append(1) }}", "no attribute 'append'"),
        ("{{ params.day() }}", "not callable"),
        ("{{ params.get }}", "not JSON serializable"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ params.day + 1 }}", "str"),
        ("{{ 'a' | int / 0 }}", "division by zero"),
        ("{{ 1e308 * 10 }}", "not JSON compliant"),
        ("{{ '\\x00' }}", "NUL"),
    ],
)
def test_a_template_that_fails_names_the_key(source, said):
    with pytest.raises(templates.RenderError) as caught:
        render(source)
    assert str(caught.value).startswith("args[0]: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 100000000000 }}",
        "{{ 100000000000 * 'a' }}",
        "{{ [0] * 100000000000 }}",
        "{{ [params.big] * 100000 }}",
        "{{ 'a' * 1000 * 1000 * 1000 * 1000 }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ 10 ** 100000000 }}",
        "{{ (2 ** 9000) * (2 ** 9000) }}",
        "{{ range(10 ** 9) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ params.big ~ params.big ~ params.big }}",
        "{{ params.big + params.big + params.big }}",
        "{{ params.big }}{{ params.big }}{{ params.big }}",
        "{{ [params.big, params.big, params.big] | join }}",
        "{{ range(9999) | join(params.big) }}",
        "{{ params.big | replace('a', params.big) }}",
        "{{ params.big | replace('', 'aaaa') }}",
        "{{ [params.big, params.big, params.big] | string }}",
        "{{ [params.big, params.big, params.big] | tojson }}",
        "{{ [params.big, params.big, params.big] }}",
        "x{{ [params.big, params.big, params.big] }}",
    ],
)
def test_a_template_cannot_eat_memory_or_time(source, settings):
    settings.MAX_RESULT = 1024**2
    began = time.process_time()
    with pytest.raises(templates.RenderError) as caught:
        render(source, big="a" * 500_000)
    assert time.process_time() - began < 1
    assert len(str(caught.value)) < 200


def test_all_templates_of_a_task_share_one_bound(settings):
    settings.MAX_RESULT = 1000
    with pytest.raises(templates.RenderError, match=r"^args\[2\]: it makes more than 1000 bytes"):
        templates.render({"args": ["{{ params.x }}"] * 3}, params={"x": "a" * 400}, results={})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ params.day", "end of template"),
        ("{{ }}", "Expected an expression"),
        ("{{ parms.day }}", "'parms' is unknown: there are params and results"),
        ("{% for x in range(9) %}{{ x }}{% endfor %}", "only {{ expressions }} and {% if %}"),
        ("{% set x = 1 %}", "only {{ expressions }} and {% if %}"),
        ("{% include '/etc/passwd' %}", "only {{ expressions }} and {% if %}"),
        ("{{ params.day | center(1000000000) }}", "No filter named 'center'"),
        ("{{ lipsum(100) }}", "'lipsum' is unknown"),
        ("{{ self }}", "'self' is unknown"),
        ("{{ params }}" + "x" * 70_000, "longer than"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", ""),
    ],
)
def test_a_template_that_cannot_work_is_refused_when_it_is_written(source, said):
    with pytest.raises(InvalidTask) as caught:
        templates.check({"kwargs": {"day": source}})
    assert caught.value.field == "configs"
    assert caught.value.message.startswith("kwargs.day: ")
    assert said in caught.value.message


def test_good_templates_pass_the_check():
    templates.check({"args": ["{{ params.day }}", 1, None, "{", "{ {", "}}"], "env": {"A": "{{ results.fetch.rows }}"}})
