import ast

import pytest

from tunesmith.init.metrics import read_metrics


@pytest.mark.parametrize(
    ("source", "objective", "where"),
    [
        ("json.dump({'val_loss': 1, 'test_loss': 2}, open('metrics.json', 'w'))", "minimize val_loss", "metrics.json"),
        ("json.dump({'train_acc': 1, 'acc': 2}, open(f'{out}/scores.json', 'w'))", "maximize acc", "scores.json"),
        ("r = {}\nr['auc'] = 1\np.write_text(json.dumps(r))", "maximize auc", "metrics.json"),
        ("print(f'epoch {e}: train_loss={a:.3f} val_f1: {b}')", "maximize val_f1", "stdout"),
        ("print('perplexity = %.2f' % p)", "minimize perplexity", "stdout"),
        ("print('r2:', r2)", "maximize r2", "stdout"),
        ("print('BLEU={}'.format(b), flush=True)", "maximize BLEU", "stdout"),
        ("print(f'test_acc={a}')\nval_rmse = 3", "minimize val_rmse", None),
        ("json.dump({'test_acc': 1}, f)", None, None),
        ("json.dump({'lr': 1, 'epochs': 2}, f)", None, None),
        ("x = 1", None, None),
    ],
)
def test_the_metric_of_a_script(source, objective, where):
    found = read_metrics(source, ast.parse(source))
    assert (found.objective, found.where) == (objective, where)
    assert found.note


def test_other_languages_are_read_as_text():
    assert read_metrics('printf "mse=%g\\nheld_out_mse=%g\\n", a, b', None).objective == "minimize held_out_mse"
    assert read_metrics('echo "val_acc=$acc"', None).objective == "maximize val_acc"
