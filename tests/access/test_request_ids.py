"""Each request has an id; log lines are one line each and hold no one-time key."""

from __future__ import annotations

import logging
import re

import pytest

from api.log_lines import OneLine
from tests import factories

HEADER = "X-Request-ID"
LIVE = "/health/live"


def test_the_clients_id_comes_back() -> None:
    assert factories.nobody().get(LIVE, headers={HEADER: "abc-1.2_3"}).headers[HEADER] == "abc-1.2_3"


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\tb", "é", "<script>", "%0a"])
def test_what_is_no_plain_word_is_replaced(sent) -> None:
    assert re.fullmatch("[0-9a-f]{32}", factories.nobody().get(LIVE, headers={HEADER: sent}).headers[HEADER])


def test_two_requests_have_two_ids() -> None:
    first, second = (factories.nobody().get(LIVE).headers[HEADER] for _ in range(2))
    assert first != second


def test_errors_have_it_too() -> None:
    assert factories.nobody().get("/nowhere", headers={HEADER: "abc"}).headers[HEADER] == "abc"


def line(message: str, *args: object) -> logging.LogRecord:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)
    assert OneLine().filter(record)
    return record


def test_a_log_line_stays_one_line() -> None:
    told = line("Not Found: %s", "/x\r\n2027-01-01 INFO forged\u2028\x1b[31m").getMessage()
    assert told == r"Not Found: /x\r\n2027-01-01 INFO forged\u2028\x1b[31m"


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("Not Found: %s", ("/scheduler/execution/report/KEY/",)),
        ('%s - "%s %s HTTP/%s" %d', ("127.0.0.1:1", "POST", "/scheduler/execution/report/KEY", "1.1", 200)),
        ('"POST /scheduler/execution/report/KEY?a=1 HTTP/1.1"', ()),
    ],
)
def test_a_log_line_holds_no_one_time_key(message, args) -> None:
    told = line(message, *args).getMessage()
    assert "KEY" not in told
    assert "/scheduler/execution/report/***" in told


def test_a_percent_sign_in_a_line_is_no_placeholder() -> None:
    assert line("all of %s", "100 %d").getMessage() == "all of 100 %d"


def test_the_lines_of_a_request_carry_its_id(caplog) -> None:
    caplog.handler.addFilter(OneLine())
    factories.nobody().get("/nowhere", headers={HEADER: "seen-in-the-log"})
    assert [vars(record)["request_id"] for record in caplog.records] == ["seen-in-the-log"]
    assert vars(line("outside"))["request_id"] == "-"
