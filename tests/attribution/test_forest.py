"""LightGBM's model text is read as LightGBM reads it, and what tables cannot hold is refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.attribution.forest import NotTabledError, read_forest
from icpfit.attribution.tables import tables_from

from .conftest import Made


def test_the_text_has_the_trees_that_lightgbm_counts(trained: Made) -> None:
    forest = read_forest(trained.booster.model_to_string())
    assert len(forest.trees) == trained.booster.num_trees()
    assert forest.n_features == trained.booster.num_feature()
    frame = trained.booster.trees_to_dataframe()
    leaves = frame[frame["left_child"].isna()]
    assert sum(sum(tree.leaf_counts) for tree in forest.trees) == leaves["count"].sum()
    values = sorted(v for tree in forest.trees for v in tree.values)
    np.testing.assert_allclose(values, sorted(leaves["value"]), rtol=1e-15)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("leaf_count=", "leaf_count=0 ", "tree 0 has a leaf that no training row reached"),
        ("is_linear=0", "is_linear=1", "tree 0 has linear leaves"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "the model has several classes"),
        ("feature_names=", "average_output\nfeature_names=", "the model averages its trees (a random forest)"),
    ],
)
def test_what_tables_cannot_hold_is_refused_in_words(trained: Made, old: str, new: str, words: str) -> None:
    text = trained.booster.model_to_string()
    assert old in text
    with pytest.raises(NotTabledError) as refused:
        tables_from(text.replace(old, new, 1))
    assert str(refused.value) == words


def test_a_feature_asked_as_a_number_and_as_a_category_is_refused() -> None:
    tree = "num_leaves=3\nnum_cat=1\nsplit_feature=0 0\nthreshold=0 1.5\ndecision_type=1 8\nleft_child=1 -1\nright_child=-3 -2\n"
    tree += "leaf_value=1 2 3\nleaf_count=5 5 5\ninternal_count=15 10\ncat_boundaries=0 1\ncat_threshold=6\nis_linear=0\n"
    with pytest.raises(NotTabledError, match="as a number and as a category"):
        tables_from("tree\nmax_feature_idx=0\nnum_tree_per_iteration=1\n\nTree=0\n" + tree + "\n\nend of trees\n")
