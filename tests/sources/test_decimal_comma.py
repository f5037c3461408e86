"""A file with decimal commas says what the same file says with points, from the proposal to the target list."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from icpfit.config import FlatSource, load_config
from icpfit.sources.flat import flat_targets, read_flat
from icpfit.sources.propose import propose

HEADER = ["Deal ID", "Result", "Amount EUR", "Revenue", "Growth", "Industry"]


def write(tmp_path: Path, name: str, *, comma: bool) -> Path:
    chance = random.Random(4)
    lines = [";".join(HEADER)]
    for i in range(120):
        amounts = [f"{chance.uniform(100, 90_000):,.2f} €", f"{chance.uniform(1, 9_000):,.1f}", f"{chance.randint(-20, 60)}%"]
        if comma:
            amounts = [a.translate(str.maketrans(",.", ".,")) for a in amounts]
        lines.append(";".join([f"D{i}", ("Won", "Lost")[i % 2], *amounts, ("Retail", "Media")[i % 2]]))
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def proposed(tmp_path: Path, path: Path) -> FlatSource:
    out = tmp_path / f"{path.stem}.yaml"
    out.write_text(propose(path, out=out).yaml_text, encoding="utf-8")
    source = load_config(out).source
    assert isinstance(source, FlatSource)
    return source


def test_commas_and_points_are_the_same_numbers(tmp_path: Path) -> None:
    with_commas = proposed(tmp_path, write(tmp_path, "commas.csv", comma=True))
    with_points = proposed(tmp_path, write(tmp_path, "points.csv", comma=False))
    assert (with_commas.decimal_comma, with_points.decimal_comma) == (True, False)
    assert with_commas.model_copy(update={"path": with_points.path, "decimal_comma": False}) == with_points
    ours, theirs = read_flat(with_commas, max_left_out=0), read_flat(with_points, max_left_out=0)
    assert {s.name: s.kind for s in ours.specs if s.name != "industry"} == {"amount_eur": "number", "revenue": "number", "growth": "number"}
    pd.testing.assert_frame_equal(ours.frame, theirs.frame)
    comma, point = (pd.read_csv(tmp_path / f"{name}.csv", sep=";", dtype=str) for name in ("commas", "points"))
    read = flat_targets(with_commas.missing, ours.specs, comma, decimal_comma=True)
    pd.testing.assert_frame_equal(read, flat_targets(with_points.missing, theirs.specs, point))


def test_the_proposal_says_how_it_reads_them(tmp_path: Path) -> None:
    doubts = propose(write(tmp_path, "commas.csv", comma=True)).doubts
    assert sum(d.startswith("decimal_comma: ") for d in doubts) == 1


@pytest.mark.parametrize(
    "texts",
    [
        ["1,250", "3,400", "12,000"],
        ["1,2,3", "2,3", "1,5"],
        ["1.5", "2,5", "3.5"],
        ["0.125", "2,5", "0.375"],
        ["Retail, Media", "1,5", "x"],
    ],
)
def test_thousands_lists_and_mixtures_are_no_decimal_commas(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "export.csv"
    lines = ["Result;Things", *(f"{('Won', 'Lost')[i % 2]};{texts[i % 3]}" for i in range(60))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert not proposed(tmp_path, path).decimal_comma
