"""Doing one attempt: the step between the claim of a JobRun and the settling of its outcome."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dags import drivers
from dags.specs import expressions
from runs.logs import LogWriter
from runs.states import JobRunState
from scheduler import report_keys
from scheduler.drivers import DRIVERS
from scheduler.stop import Stop
from scheduler.templating import templates
from scheduler.values import as_text, storable
from scheduler.watch import watching
from scheduler.work import Outcome, Work, failed, not_started, waiting

logger = logging.getLogger(__name__)


def perform(work: Work) -> Outcome:
    """Do the work and return what became of it; whatever it does is an outcome, and only this worker's own end is raised.

    To be called outside of any transaction.
    """
    log = LogWriter(work.job_run_id, work.attempt, work.graph_run_id)
    try:
        outcome = _done(work, log)
    finally:
        log.close()
    return outcome if work.auto_report or outcome.final else _awaited(outcome)


def _done(work: Work, log: LogWriter) -> Outcome:
    driver = DRIVERS.get(work.driver)
    if driver is None:
        return not_started(f"unknown driver {work.driver!r}")
    try:
        work = _rendered(work)
        stop = Stop()
        with watching(work, stop, log):
            return driver.run(work, log, stop)
    except (templates.RenderError, expressions.NotPlain) as error:
        return not_started(str(error))
    except Exception as error:
        logger.exception("the driver %s failed", work.driver)
        return failed(storable(str(error) or repr(error)), traceback=storable(traceback.format_exc()))


def _rendered(work: Work) -> Work:
    """Return the work with the templates in its configs rendered and, where its driver takes that, in its command."""
    sources = {"configs": work.configs} | ({"command": work.command} if drivers.templated(work.driver) else {})
    if work.nodes and "command" not in sources:  # of a spec's lines nothing but its nodes is a template
        work = replace(work, command=expressions.filled(work.command, work.nodes))
    if not work.configs and "command" not in sources:
        return work
    report_url = report_keys.url(work.report_key) if work.report_key else None
    rendered = templates.render(sources, params=work.params, results=work.results, nodes=work.nodes, report_url=report_url)
    return replace(work, configs=rendered["configs"], command=as_text(rendered.get("command", work.command)))


def _awaited(outcome: Outcome) -> Outcome:
    """Return what the work's own end means where a report finishes the task."""
    if outcome.state == JobRunState.SUCCESS:
        return waiting("the work has ended; a report finishes this task")
    if outcome.state == JobRunState.FAILED:
        return waiting(f"{_told(outcome.errors)}; a report finishes this task")
    return outcome


def _told(errors: Mapping[str, Any]) -> str:
    if "exit_code" in errors:
        return f"the process ended with exit code {errors['exit_code']}"
    return f"the work failed with {errors['error'][:200]}"
