"""Counts, users, sums and recency over one table of dated rows: one pass, whatever the number of features.

The pass joins every moment with the rows of its account that were visible strictly before it, and
aggregates first by (moment, user). A user then counts as *distinct in the window* when its youngest
qualifying row is: that turns each count of distinct users into a plain count, exactly, in bounded memory.
Last values want their rows in order, so they have a pass of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from icpfit.config import FeatureSpec
from icpfit.features.plan import Finish, Output, Query
from icpfit.features.schema import Schema
from icpfit.features.sqltext import common_tables, identifier, known_moments, literal, millionths
from icpfit.moments import DAY

LARGEST = 10**18
"""A number of this size or more is unknown: it would not fit the exact decimals that sums are made of."""

END_OF = {"technologies": "last_seen_at", "subscriptions": "ended_at"}
"""When a thing stopped being there. An end at or after a moment is not known at that moment."""

WEEK, HOUR = 7 * DAY, DAY // 24
MONDAY = 3 * DAY
"""1970 began on a Thursday: so much later than a Monday."""


def window_micros(spec: FeatureSpec) -> int | None:
    return None if spec.window_days is None else round(spec.window_days * DAY)


_WITHIN_WORDS = "count rate distinct sum mean min max last any work_hours_share recency_days days_since_first"
WINDOWS_BACK = {**dict.fromkeys(_WITHIN_WORDS.split(), 1), "trend": 2}
"""How many of its windows an aggregate looks back; what is not here has no such end."""


def reach(specs: Sequence[FeatureSpec]) -> int | None:
    """How long before the moment the oldest row lies that any feature looks at, in microseconds; None where there is no such end."""
    ends = [window * WINDOWS_BACK.get(s.aggregate, 0) for s in specs if s.after is None and (window := window_micros(s)) is not None]
    return max(ends) if len(ends) == len(specs) and 0 not in ends else None


def _all(*conditions: str | None) -> str:
    """All of them; ``TRUE`` where there is none.

    >>> _all("TRUE", None, "_age <= 5", "_live")
    '_age <= 5 AND _live'
    """
    return " AND ".join(c for c in conditions if c is not None and c != "TRUE") or "TRUE"


def _at_work(time: str, offset: int) -> str:
    """Whether a time lies between 8 and 18 o'clock of a Monday to Friday, where clocks are ``offset`` microseconds ahead of UTC.

    By remainders alone, which all engines agree on; the second one makes a time before 1970 fall into its week too.
    """
    week = f"((({time} + {offset + MONDAY}) % {WEEK} + {WEEK}) % {WEEK})"
    return f"{week} < {5 * DAY} AND {week} % {DAY} >= {8 * HOUR} AND {week} % {DAY} < {18 * HOUR}"


class RowPass:
    """Builds one query over ``table``; ``who`` is the column whose distinct values are counted, if any are."""

    def __init__(self, schema: Schema, table: str, conditions: Mapping[str, str], who: str | None) -> None:
        self.schema, self.table, self.conditions, self.who = schema, table, conditions, who
        self.time = str(schema.own_time(table))
        self.flags: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.starts: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.hours: dict[int, str] = {}
        self.ranks: dict[str, str] = {}
        self.states: dict[str, tuple[str, str]] = {}
        self.uses_end = False

    def query(self, specs: Sequence[FeatureSpec]) -> Query:
        made = [self._columns(s, i) for i, s in enumerate(specs)]
        outputs = tuple(Output(s.name, tuple(columns), finish) for s, (finish, columns) in zip(specs, made, strict=True))
        columns = "".join(f",\n  {sql} AS {identifier(name)}" for _, named in made for name, sql in named.items())
        text_numbers = {f"_numbers{j}": c for j, c in enumerate(self.numbers) if self.schema.tables[self.table][c] == "text"}
        parts = (
            self._moments() | {"_first": self._first(), "_rows": self._rows(specs), "_pairs": self._pairs(reach(specs))} | self._totals()
        )
        joined = "FROM _known k CROSS JOIN _first f LEFT JOIN _totals a ON a._moment = k._moment"
        return Query(self.table, f"{common_tables(parts)}\nSELECT k._moment{columns}\n{joined}", outputs, text_numbers)

    # What a feature needs of the pairs

    def _columns(self, spec: FeatureSpec, i: int) -> tuple[Finish, dict[str, str]]:
        """How a feature is finished, and its columns as SQL over the totals ``a``, the moment ``k`` and the table's first row ``f``."""
        rows, window = self._qualifying(spec), window_micros(spec)
        start = self._start(spec)
        recent = f"_age <= {window}" if window is not None and start is None else None
        within = _all(rows, recent)
        if start is not None:
            known = f"k.{start} >= f._first"
        elif window is not None:
            known = f"k.as_of - {window} >= f._first"
        else:
            known = "f._first < k.as_of"

        def when_known(sql: str) -> str:
            return f"CASE WHEN {known} THEN {sql} END"

        if spec.aggregate == "trend":
            return "number", {spec.name: self._trend(spec, rows)}
        if spec.aggregate == "last":
            return self._last(spec, within, when_known)
        if spec.aggregate in ("count", "rate"):
            count = {spec.name: when_known(f"COALESCE(a.{self._count(within)}, 0)")}
            return ("number", count) if spec.aggregate == "count" else ("rate", {**count, f"_per{i}": str(window)})
        if spec.aggregate == "present":
            flag = self._state(f"MAX(CASE WHEN {_all(rows, '_live')} THEN 1 ELSE 0 END)", "MAX({})")
            return "flag", {spec.name: when_known(f"COALESCE(a.{flag}, 0)")}
        if spec.aggregate == "days_since_first":
            oldest = self._state(f"MAX(CASE WHEN {within} THEN _age END)", "MAX({})")
            return "days", {spec.name: when_known(f"a.{oldest}")}
        if spec.aggregate == "days_to_first":
            soonest = self._state(f"MIN(CASE WHEN {rows} THEN {str(start).replace('_start', '_since')} END)", "MIN({})")
            return "days", {spec.name: when_known(f"a.{soonest}")}
        if spec.aggregate == "work_hours_share":
            return self._work_hours(spec, i, within, when_known)
        if spec.aggregate in ("sum", "mean", "min", "max"):
            return self._of_values(spec, i, within, when_known)
        youngest = self._state(f"MIN(CASE WHEN {rows} THEN _age END)", "MIN({})")
        if spec.aggregate == "distinct":
            in_window = f"u.{youngest} <= {window}" if recent else f"u.{youngest} IS NOT NULL"
            users = self._total(f"COUNT(CASE WHEN u._who IS NOT NULL AND {in_window} THEN 1 END)")
            return "number", {spec.name: when_known(f"COALESCE(a.{users}, 0)")}
        # A row that was seen is certain, however much of the window lies before the table's first row; that there was none is not.
        in_window = f"a.{youngest} <= {window}" if recent else f"a.{youngest} IS NOT NULL"
        if spec.aggregate == "any":
            return "flag", {spec.name: f"CASE WHEN {in_window} THEN 1 WHEN {known} THEN 0 END"}
        return "days", {spec.name: f"CASE WHEN {in_window} THEN a.{youngest} END"}

    def _of_values(self, spec: FeatureSpec, i: int, within: str, known: Callable[[str], str]) -> tuple[Finish, dict[str, str]]:
        number = self._number(str(spec.column))
        if spec.aggregate in ("min", "max"):
            word = spec.aggregate.upper()
            most = self._state(f"{word}(CASE WHEN {within} THEN {number} END)", word + "({})")
            return "number", {spec.name: known(f"a.{most}")}
        total = self._sum(within, number)
        if spec.aggregate == "sum":
            return "number", {spec.name: known(f"COALESCE(a.{total}, 0)")}
        values = self._count(_all(within, f"{number} IS NOT NULL"))
        return "mean", {f"_sum{i}": known(f"a.{total}"), f"_values{i}": known(f"a.{values}")}

    def _trend(self, spec: FeatureSpec, rows: str) -> str:
        """The last window less the one before it: nothing in either is 0, and the unit stays what it is."""
        window = int(window_micros(spec) or 0)
        last, before = _all(rows, f"_age <= {window}"), _all(rows, f"_age > {window} AND _age <= {2 * window}")
        if spec.column is None:
            now, then = self._count(last), self._count(before)
        else:
            number = self._number(spec.column)
            now, then = self._sum(last, number), self._sum(before, number)
        return f"CASE WHEN k.as_of - {2 * window} >= f._first THEN COALESCE(a.{now}, 0) - COALESCE(a.{then}, 0) END"

    def _work_hours(self, spec: FeatureSpec, i: int, within: str, known: Callable[[str], str]) -> tuple[Finish, dict[str, str]]:
        at_work = self.hours.setdefault(round(spec.utc_offset_hours * HOUR), f"_work{len(self.hours)}")
        inside = self._state(f"SUM(CASE WHEN {within} THEN CASE WHEN {at_work} THEN 1 ELSE 0 END END)", "SUM({})")
        return "mean", {f"_sum{i}": known(f"a.{inside}"), f"_values{i}": known(f"a.{self._count(within)}")}

    def _last(self, spec: FeatureSpec, within: str, known: Callable[[str], str]) -> tuple[Finish, dict[str, str]]:
        """The value of the youngest row that has one; of several at one time, the one learned of last, and of those the largest."""
        column = str(spec.column)
        as_text = spec.kind != "number" and self.schema.tables[self.table][column] == "text"
        value = self.texts.setdefault(column, f"_t{len(self.texts)}") if as_text else self._number(column)
        there = _all(within, f"{value} IS NOT NULL")
        order = f"CASE WHEN {there} THEN 0 ELSE 1 END, _age, _seen DESC, {value} DESC"
        rank = self.ranks.setdefault(order, f"_rank{len(self.ranks)}")
        last = self._state(f"MAX(CASE WHEN {_all(there, f'{rank} = 1')} THEN {value} END)", "MAX({})")
        return spec.kind, {spec.name: known(f"a.{last}")}

    def _qualifying(self, spec: FeatureSpec) -> str:
        parts = [self.flags.setdefault(self.conditions[spec.name], f"_w{len(self.flags)}")] if spec.name in self.conditions else []
        start = self._start(spec)
        if start is not None:
            since, window = start.replace("_start", "_since"), window_micros(spec)
            parts += [f"{since} >= 0"] + ([f"{since} < {window}"] if window is not None else [])
        if spec.aggregate == "present":
            self.uses_end = True
        return _all(*parts)

    def _start(self, spec: FeatureSpec) -> str | None:
        return None if spec.after is None else self.starts.setdefault(spec.after, f"_start{len(self.starts)}")

    def _number(self, column: str) -> str:
        return self.numbers.setdefault(column, f"_n{len(self.numbers)}")

    def _count(self, condition: str) -> str:
        return self._state(f"COUNT(CASE WHEN {condition} THEN 1 END)", "CAST(SUM({}) AS BIGINT)")

    def _sum(self, condition: str, number: str) -> str:
        # Whole millionths: a sum of binary fractions would depend on the order of the rows.
        return self._state(f"SUM(CASE WHEN {condition} THEN {millionths(number)} END)", "SUM({})")

    def _state(self, aggregate: str, merge: str) -> str:
        return self.states.setdefault(aggregate, (f"_x{len(self.states)}", merge))[0]

    def _total(self, aggregate: str) -> str:
        return self.states.setdefault(aggregate, (f"_x{len(self.states)}", ""))[0]

    # The steps

    def _moments(self) -> dict[str, str]:
        """``_known``: the moments, each with the account's first event of every name that a feature counts from."""
        known = known_moments(self.schema)
        if not self.starts:
            return {"_known": known}
        parts = {"_asked": known}
        for event, name in self.starts.items():
            parts[f"{name}s"] = f"""SELECT k._moment, MIN(e.occurred_at) AS {name}
  FROM _asked k JOIN events e ON e.account_id = k.account_id AND e.occurred_at < k.as_of AND e.visible_at < k.as_of
  WHERE e.event = {literal(event)} GROUP BY k._moment"""
        columns = "".join(f", {name}s.{name}" for name in self.starts.values())
        joins = "".join(f" LEFT JOIN {name}s ON {name}s._moment = k._moment" for name in self.starts.values())
        return {**parts, "_known": f"SELECT k._moment, k.account_id, k.as_of{columns}\n  FROM _asked k{joins}"}

    def _first(self) -> str:
        """The table's first row: when it was visible, and no sooner than its account was."""
        table = identifier(self.table)
        if not self.schema.has("accounts", "visible_at"):
            return f"SELECT MIN(t.visible_at) AS _first\n  FROM {table} t JOIN accounts c ON c.account_id = t.account_id"
        return f"""SELECT MIN(CASE WHEN c.visible_at > t.visible_at THEN c.visible_at ELSE t.visible_at END) AS _first
  FROM {table} t JOIN accounts c ON c.account_id = t.account_id"""

    def _rows(self, specs: Sequence[FeatureSpec]) -> str:
        columns = ["t.account_id", f"t.{identifier(self.time)} AS _at", "t.visible_at AS _seen"]
        if self.who is not None:
            columns.append(f"t.{identifier(self.who)} AS _who")
        if self.uses_end:
            end = END_OF[self.table]
            columns.append(f"t.{end} AS _end" if self.schema.has(self.table, end) else "CAST(NULL AS BIGINT) AS _end")
        columns += [f"CASE WHEN {sql} THEN TRUE ELSE FALSE END AS {name}" for sql, name in self.flags.items()]
        columns += [
            f"CASE WHEN {_at_work(f't.{identifier(self.time)}', offset)} THEN TRUE ELSE FALSE END AS {n}"
            for offset, n in self.hours.items()
        ]
        columns += [f"t.{identifier(column)} AS {name}" for column, name in self.texts.items()]
        joins = ""
        for j, (column, name) in enumerate(self.numbers.items()):
            value = f"t.{identifier(column)}"
            if self.schema.tables[self.table][column] == "text":
                joins += f"\n  LEFT JOIN _numbers{j} ON _numbers{j}._text = {value}"
                value = f"_numbers{j}._number"
            columns.append(f"CASE WHEN {value} > -{LARGEST} AND {value} < {LARGEST} THEN {value} END AS {name}")
        # Rows that no feature asks about stay behind.
        narrow = self.flags and all(s.name in self.conditions for s in specs)
        where = "\n  WHERE " + "\n    OR ".join(self.flags) if narrow else ""
        return f"SELECT {', '.join(columns)}\n  FROM {identifier(self.table)} t{joins}{where}"

    def _pairs(self, reach: int | None) -> str:
        columns = ["k._moment", "k.as_of - r._at AS _age"]
        columns += [f"r._at - k.{start} AS {start.replace('_start', '_since')}" for start in self.starts.values()]
        if self.who is not None:
            columns.append("r._who")
        if self.uses_end:
            columns.append("CASE WHEN r._end < k.as_of THEN FALSE ELSE TRUE END AS _live")
        if self.ranks:
            columns.append("r._seen")
        columns += [f"r.{name}" for name in (*self.flags.values(), *self.hours.values(), *self.texts.values(), *self.numbers.values())]
        # Older rows count for nothing: leaving them out here halves the work on a history of two years.
        recent = "" if reach is None else f" AND r._at >= k.as_of - {reach}"
        return f"""SELECT {", ".join(columns)}
  FROM _known k JOIN _rows r ON r.account_id = k.account_id AND r._at < k.as_of AND r._seen < k.as_of{recent}"""

    def _totals(self) -> dict[str, str]:
        states = {sql: (name, merge) for sql, (name, merge) in self.states.items() if merge}
        first = "".join(f",\n    {sql} AS {name}" for sql, (name, _) in states.items())
        if self.ranks:
            ranks = "".join(
                f",\n    ROW_NUMBER() OVER (PARTITION BY _moment ORDER BY {order}) AS {name}" for order, name in self.ranks.items()
            )
            ranked = f"SELECT p.*{ranks}\n  FROM _pairs p"
            return {"_ranked": ranked, "_totals": f"SELECT _moment{first}\n  FROM _ranked GROUP BY _moment"}
        if self.who is None:
            return {"_totals": f"SELECT _moment{first}\n  FROM _pairs GROUP BY _moment"}
        second = "".join(f",\n    {merge.format(f'u.{name}')} AS {name}" for name, merge in states.values())
        second += "".join(f",\n    {sql} AS {name}" for sql, (name, merge) in self.states.items() if not merge)
        return {
            "_by_who": f"SELECT _moment, _who{first}\n  FROM _pairs GROUP BY _moment, _who",
            "_totals": f"SELECT u._moment{second}\n  FROM _by_who u GROUP BY u._moment",
        }
