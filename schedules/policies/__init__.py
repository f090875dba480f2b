"""Planning: a policy turns a time range into a plan, blocks of commands with their times.

    registry  which policies there are, and what one is
    plan      what it makes
    configs   what it is told, checked and merged afresh for each request

A policy is pure: it knows no request, database or clock.
"""
