"""The SQL of workflows: what it reads, and what is refused with which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.queries import BadQuery, read

SCHEMA = "warehouse_7"


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("SELECT 1", []),
        ("select * from Orders o join items using (id);", ["items", "orders"]),
        ('SELECT * FROM "Orders" -- FROM nothing', ["Orders"]),
        ("SELECT * FROM warehouse_7.orders", ["orders"]),
        ("(SELECT a FROM x) UNION ALL (SELECT a FROM y EXCEPT SELECT a FROM z) ORDER BY 1", ["x", "y", "z"]),
        ("WITH a AS (SELECT * FROM b) SELECT * FROM a, c", ["b", "c"]),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", ["a"]),
        ("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", []),
        ("WITH b AS (SELECT * FROM a), a AS (SELECT 1) SELECT * FROM b, a", ["a"]),
        ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, t) SELECT * FROM r", ["t"]),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) s, a", ["a"]),
        ("SELECT (SELECT max(x) FROM a), ARRAY(TABLE b) FROM c WHERE EXISTS (TABLE d) ORDER BY (SELECT 1 FROM e)", [*"abcde"]),
        ("SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.id = a.id) s, generate_series(1, 3) n, unnest(a.xs) u", ["a", "b"]),
        ("SELECT x FROM a WHERE y = 'FROM secret' OR z = $$ FROM secret $$ /* FROM secret */", ["a"]),
        ("SELECT sum(x) OVER w, count(*) FILTER (WHERE y) FROM a WINDOW w AS (PARTITION BY z)", ["a"]),
        ("SELECT data->>'k', data #> '{a,b}', (row).field, x::numeric(10,2) FROM a FETCH FIRST 5 ROWS ONLY", ["a"]),
    ],
)  # fmt: skip
def test_it_tells_which_tables_are_read(text: str, reads: list[str]) -> None:
    assert read(text, schema=SCHEMA).reads == reads


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write one SELECT."),
        ("-- nothing", "Write one SELECT."),
        ("SELECT 1; SELECT 2", "these are 2 statements"),
        ("SELECT 1; DROP TABLE orders", "these are 2 statements"),
        ("INSERT INTO a SELECT 1", "INSERT is another statement"),
        ("DELETE FROM a", "DELETE is another statement"),
        ("CREATE TABLE a (b int)", "CREATE is another statement"),
        ("DROP TABLE a", "DROP is another statement"),
        ("COPY a TO '/tmp/x'", "COPY is another statement"),
        ("DO $$ BEGIN END $$", "DO is another statement"),
        ("SET ROLE postgres", "SET is another statement"),
        ("RESET ROLE", "another statement"),
        ("EXPLAIN SELECT 1", "another statement"),
        ("VALUES (1)", "VALUES is another statement"),
        ("WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone", "DELETE writes"),
        ("SELECT * INTO b FROM a", "Leave INTO out"),
        ("SELECT * FROM a FOR UPDATE", "FOR UPDATE"),
        ("SELECT * FROM a,\n  public.auth_user", r"public.auth_user is in another schema: .* \(line 2, column 3\)"),
        ("SELECT * FROM warehouse_8.orders", "warehouse_8.orders is in another schema"),
        ("SELECT * FROM other.warehouse_7.orders", "other.warehouse_7.orders is in another schema"),
        ("SELECT * FROM pg_catalog.pg_class", "another schema"),
        ("SELECT * FROM information_schema.tables", "another schema"),
        ("SELECT * FROM PG_class", "pg_class belongs to PostgreSQL"),
        ("SELECT pg_read_file('/etc/passwd')", r"function pg_read_file is not for workflows: .* \(line 1, column 8\)"),
        ("SELECT pg_catalog.pg_read_file('/etc/passwd')", "without a schema"),
        ("SELECT * FROM pg_catalog.pg_ls_dir('.')", "without a schema"),
        ("SELECT lo_import('/etc/passwd')", "function lo_import"),
        ("SELECT * FROM dblink('x', 'y') AS t(a int)", "function dblink"),
        ("SELECT query_to_xml('SELECT * FROM auth_user', true, true, '')", "function query_to_xml"),
        ("SELECT set_config('role', 'postgres', false)", "function set_config"),
        ("SELECT\n  a b c FROM t", r"line 2, column 7, near 'c'"),
        ("SELECT * FROM a WHERE", "line 1, column"),
        ("SELECT 'abc", "not closed: see line 1"),
        ("SELECT /* abc", "not closed"),
        ("SELECT " + "(" * 20_000 + "1" + ")" * 20_000, "nested too deeply"),
        ("SELECT " + "1" * 100_000, "At most 100000 characters"),
    ],
)  # fmt: skip
def test_what_is_no_workflow_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(BadQuery, match=said) as caught:
        read(text, schema=SCHEMA)
    assert caught.value.field == "sql"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT now()", "SELECT * FROM a WHERE day > CURRENT_DATE - 7", "SELECT random()", "SELECT gen_random_uuid()",
        "SELECT clock_timestamp()", "SELECT LOCALTIMESTAMP", "SELECT 'today'::date", "SELECT age(born) FROM a",
        "SELECT * FROM a TABLESAMPLE SYSTEM (10)", "WITH x AS (SELECT current_time) SELECT * FROM x",
    ],
)  # fmt: skip
def test_what_asks_for_the_time_or_for_chance_is_volatile(text: str) -> None:
    assert read(text, schema=SCHEMA).is_volatile


def test_what_asks_for_neither_is_not() -> None:
    assert not read("SELECT date '2026-01-01', 'today' FROM a WHERE now_or_never", schema=SCHEMA).is_volatile


WORDS = [
    "SELECT", "FROM", "WITH", "AS", "(", ")", ",", ".", ";", "*", "a", '"B"', "'x'", "1", "::", "[", "]", "$1", "$$",
    "UNION", "ORDER", "BY", "LIMIT", "OVER", "CASE", "WHEN", "END", "EXISTS", "JOIN", "ON", "LATERAL", "VALUES", "INTO",
    "FOR", "UPDATE", "TABLE", "DELETE", "SET", "now(", "cast(", "interval", "->", "/*", "*/", "--", "RECURSIVE",
    "unnest(", "FILTER", "WINDOW", "ONLY", "\\", "?", "@", "'", '"',
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=15))
def test_whatever_is_written_is_read_or_refused(words: list[str]) -> None:
    try:
        read("SELECT " + " ".join(words), schema=SCHEMA)
    except BadQuery as error:
        assert error.field == "sql"
        assert error.message
