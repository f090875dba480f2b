"""Doing one attempt: the step between the claim of a JobRun and the settling of its outcome."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace

from runs.logs import LogWriter
from runs.states import JobRunState
from scheduler import templates
from scheduler.drivers import DRIVERS
from scheduler.stop import Stop
from scheduler.values import storable
from scheduler.watch import watching
from scheduler.work import Outcome, Work, failed, waiting

logger = logging.getLogger(__name__)


def perform(work: Work) -> Outcome:
    """Do the work and return what became of it; whatever it does is an outcome, and only this worker's own end is raised.

    To be called outside of any transaction.
    """
    log = LogWriter(work.job_run_id, work.attempt, work.graph_run_id)
    try:
        return _reported(work, _done(work, log))
    finally:
        log.close()


def _done(work: Work, log: LogWriter) -> Outcome:
    driver = DRIVERS.get(work.driver)
    if driver is None:
        return failed(f"unknown driver {work.driver!r}", permanent=True)
    try:
        if work.configs:
            work = replace(work, configs=templates.render(work.configs, params=work.params, results=work.results))
        stop = Stop()
        with watching(work, stop, log):
            return driver.run(work, log, stop)
    except templates.RenderError as error:
        return failed(f"configs.{error}", permanent=True)
    except Exception as error:
        logger.exception("the driver %s failed", work.driver)
        return failed(storable(str(error) or repr(error)), traceback=storable(traceback.format_exc()))


def _reported(work: Work, outcome: Outcome) -> Outcome:
    """Return what the outcome means where a report finishes the task: its own end does not.

    What could not be started, or had to be stopped, owes no report.
    """
    if work.auto_report or outcome.permanent:
        return outcome
    if outcome.state == JobRunState.SUCCESS:
        return waiting("the work has ended; a report finishes this task")
    if outcome.state == JobRunState.FAILED and "timeout" not in outcome.errors:
        return waiting(f"{_told(outcome)}; a report finishes this task")
    return outcome


def _told(outcome: Outcome) -> str:
    if "exit_code" in outcome.errors:
        return f"the process ended with exit code {outcome.errors['exit_code']}"
    return f"the work failed with {outcome.errors['error'][:200]}"
