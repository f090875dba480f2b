"""Dates and times as the service writes them everywhere: ISO 8601, which sorts, and which nobody reads the wrong way round."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i:s"
