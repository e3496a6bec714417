"""Trees that are averaged."""

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .encoding import all_classes, encoded, filled, fills


def extra_trees(train, target, held_out, held_out_target, *, classes, weight, seed, trees, **options):
    """Grow extremely randomised trees."""
    kind = ExtraTreesClassifier if classes else ExtraTreesRegressor
    return fitted_forest(kind(n_estimators=trees, random_state=seed, **options), train, target, weight, classes)


def random_forest(train, target, held_out, held_out_target, *, classes, weight, seed, trees, **options):
    """Grow a random forest."""
    kind = RandomForestClassifier if classes else RandomForestRegressor
    return fitted_forest(kind(n_estimators=trees, random_state=seed, **options), train, target, weight, classes)


def fitted_forest(forest, train, target, weight, classes):
    """Fit a forest, and return the function that predicts."""
    array = encoded(train)
    values = fills(train, array)
    forest.fit(filled(array, values), target, sample_weight=weight)

    def predict(frame):
        rows = filled(encoded(frame), values)
        if not classes:
            return forest.predict(rows).reshape(-1, 1)
        return all_classes(forest.predict_proba(rows), forest.classes_, classes)

    return predict


def decision_tree(train, target, held_out, held_out_target, *, classes, weight, seed, **options):
    """Grow one tree, whose leaves are drawn to the root as if one row of the root's mean fell into each."""
    array = encoded(train)
    values = fills(train, array)
    kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
    tree = kind(random_state=seed, **options).fit(filled(array, values), target, sample_weight=weight)
    means, rows_in_node = tree.tree_.value[:, 0, :], tree.tree_.n_node_samples[:, None]
    drawn = (rows_in_node * means + means[0]) / (rows_in_node + 1)

    def predict(frame):
        leaves = drawn[tree.apply(filled(encoded(frame), values))]
        return all_classes(leaves / leaves.sum(axis=1, keepdims=True), tree.classes_, classes) if classes else leaves

    return predict
