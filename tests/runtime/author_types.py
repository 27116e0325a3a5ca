"""Types as an author of workflows may have them, for the tests of what they become."""

from __future__ import annotations

import dataclasses
import enum
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

import msgspec
import pydantic


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Mixed(enum.Enum):
    ONE = 1
    PAIR = (1, "a")


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Line(pydantic.BaseModel):
    sku: str
    count: int = pydantic.Field(alias="qty", default=1)
    price: Decimal = Decimal(0)


class Site(pydantic.BaseModel):
    url: pydantic.HttpUrl
    lines: list[Line] = []
    tags: set[str] = set()
    colour: Colour = Colour.RED


class Secret(pydantic.BaseModel):
    token: pydantic.SecretStr


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclasses.dataclass(frozen=True)
class Key:
    name: str


@dataclasses.dataclass
class Order:
    by: str
    at: datetime
    total: Decimal = Decimal(0)
    id: UUID | None = None
    colours: list[Colour] = dataclasses.field(default_factory=list)
    tags: frozenset[str] = frozenset()
    pairs: tuple[tuple[int, str], ...] = ()
    counts: dict[int, Point] = dataclasses.field(default_factory=dict)
    by_colour: dict[Colour, int] = dataclasses.field(default_factory=dict)
    keys: set[Key] = dataclasses.field(default_factory=set)
    blob: bytes = b""
    wait: timedelta = timedelta(0)
    lines: list[Line] = dataclasses.field(default_factory=list)
    parent: Order | None = None


class Renamed(msgspec.Struct, rename="camel", tag="renamed"):
    first_name: str
    order: Order | None = None


class Row(msgspec.Struct, array_like=True):
    a: int
    b: set[int]


class Patch(TypedDict, total=False):
    by: str
    order: Order


@dataclasses.dataclass
class Holder:
    inner: Any
