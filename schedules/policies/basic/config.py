"""What `basic` can be told. A rule set to null is left out, but for those that make a plan what it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schedules.policies.basic.sources import TARGETS
from schedules.policies.configs import Config


def _known(name: str) -> str:
    if name not in TARGETS:
        raise PydanticCustomError("unknown_target", "unknown target {name}, known are {known}", _told(name))
    return name


def _told(name: str) -> dict[str, str]:
    return {"name": repr(name), "known": ", ".join(TARGETS)}


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise PydanticCustomError("unordered", "the lower bound comes first")
    return bounds


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Target = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(TARGETS)})]
Angle = Annotated[float, Field(ge=-90, le=90)]
Bounds = Annotated[tuple[Angle, Angle], AfterValidator(_ordered)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Site(Config):
    """Where the telescope stands; by default high in the Atacama desert, in Chile."""

    latitude: float = Field(default=-22.96, ge=-90, le=90, description="Degrees north.")
    longitude: float = Field(default=-67.79, ge=-180, le=180, description="Degrees east.")
    elevation: float = Field(default=5200, ge=-500, le=10_000, description="Metres above the sea.")


class SunAvoidance(Config):
    """Keep away from the sun: what comes close to it both in azimuth and in altitude is cut out."""

    min_angle_az: float = Field(default=6, ge=0, le=180, description="Degrees of azimuth.")
    min_angle_alt: float = Field(default=6, ge=0, le=180, description="Degrees of altitude.")
    time_step: float = Field(default=10, ge=1, le=60, description="Seconds between two looks at the sun.")
    n_buffer: int = Field(default=3, ge=0, le=60, description="Steps that are cut out before and after as well.")


class DayMod(Config):
    """Calibrate on some days alone: those whose number since `day_ref`, modulo `day_mod`, is `day`. Days are sidereal."""

    day: int = Field(default=0, ge=0, le=9999)
    day_mod: int = Field(default=1, ge=1, le=10_000)
    day_ref: Annotated[datetime, AfterValidator(_in_utc)] = datetime(2014, 1, 1, tzinfo=UTC)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.day >= self.day_mod:
            raise PydanticCustomError("unreachable", "day has to be less than day_mod")
        return self


class CalibrationMinDuration(Config):
    """Leave out windows and scans of sources that are shorter."""

    min_duration: Seconds = Field(default=300, description="Seconds.")


class MinDuration(Config):
    """Leave out whatever is shorter when all is planned, be it what is left of a block that others have cut."""

    min_duration: Seconds = Field(default=300, description="Seconds.")


class AltRange(Config):
    """Look for sources between two altitudes alone."""

    alt_range: Bounds = Field(default=(20, 90), description="Degrees.")


class DriftMode(Config):
    """Look for sources while they rise, or set, alone."""

    mode: Literal["rising", "setting", "both"] = "both"


class ArrayPart(Config):
    """A part of the array of detectors, as seen on the sky: its bounds around where the telescope looks."""

    bounds_x: Bounds = Field(default=(-0.5, 0.5), description="Degrees to the right.")
    bounds_y: Bounds = Field(default=(-0.5, 0.5), description="Degrees up.")


class MakeSourcePlan(Config):
    """How a source passes over the array: windows are where it does, in time."""

    specs: tuple[ArrayPart, ...] = Field(default=(ArrayPart(),), min_length=1, max_length=100)
    spec_shape: Literal["ellipse", "rectangle"] = "ellipse"
    max_obs_length: Seconds = Field(default=6000, description="Seconds that the passage may take at most.")


class MakeSourceScan(Config):
    """Make one scan of each window, at a time that is drawn by the date of the first."""

    preferred_length: Seconds = Field(default=1800, description="Seconds; shorter where the window is.")


class Rules(Config):
    """The rules, by name."""

    sun_avoidance: SunAvoidance = Field(default=SunAvoidance(), alias="sun-avoidance")
    day_mod: DayMod | None = Field(default=DayMod(), alias="day-mod")
    drift_mode: DriftMode | None = Field(default=None, alias="drift-mode")
    calibration_min_duration: CalibrationMinDuration | None = Field(
        default=CalibrationMinDuration(), alias="calibration-min-duration"
    )
    alt_range: AltRange | None = Field(default=AltRange(), alias="alt-range")
    make_source_plan: MakeSourcePlan = Field(default=MakeSourcePlan(), alias="make-source-plan")
    make_source_scan: MakeSourceScan = Field(default=MakeSourceScan(), alias="make-source-scan")
    min_duration: MinDuration | None = Field(default=None, alias="min-duration")


class BasicConfig(Config):
    """Scans of a master schedule, and of sources that calibrate: these come first, and the sun is kept away from."""

    master_schedule: str | None = Field(
        default="survey", max_length=100, description="The name of a file of scans; null for none."
    )
    calibration_targets: tuple[Target, ...] = Field(
        default=("uranus", "saturn"), max_length=100, description="Sources that override the master schedule, the first first."
    )
    soft_targets: tuple[Target, ...] = Field(
        default=(), max_length=100, description="Sources that are looked for where nothing else is planned."
    )
    site: Site = Site()
    rules: Rules = Rules()
