import ast

import pytest

from tunesmith.init.metrics import read_metrics


@pytest.mark.parametrize(
    ("source", "objective", "where"),
    [
        ("json.dump({'val_loss': 1, 'test_loss': 2}, open('metrics.json', 'w'))", "minimize val_loss", "metrics.json"),
        ("json.dump({'train_acc': 1, 'acc': 2}, open(f'{out}/scores.json', 'w'))", "maximize acc", "scores.json"),
        (
            "json.dump({'train': {'f1': a}, 'eval': {'f1': b}}, open('metrics.json', 'w'))",
            "maximize eval.f1",
            "metrics.json",
        ),
        ("r = {}\nr['auc'] = 1\np.write_text(json.dumps(r))", "maximize auc", "metrics.json"),
        ("print(f'epoch {e}: train_loss={a:.3f} val_f1: {b}')", "maximize val_f1", "stdout"),
        ("print('perplexity = %.2f' % p)", "minimize perplexity", "stdout"),
        ("print('r2:', r2)", "maximize r2", "stdout"),
        ("print('BLEU={}'.format(b), flush=True)", "maximize BLEU", "stdout"),
        ("print(f'test_acc={a}')\nval_rmse = 3", "minimize val_rmse", None),
        ("print(f'| epoch {e:3d} | valid loss {a:5.2f} | valid ppl {b}')", "minimize valid_loss", "stdout"),
        (
            "print('Epoch: {0} | Train Loss: {1:.7f} Vali Loss: {2}'.format(e, a, b))",
            "minimize Vali_Loss",
            "stdout",
        ),
        ("logger.info('val_loss: %.4f, val_acc: %s', a, b)", "minimize val_loss", "stdout"),
        ("result = {'eval_loss': a, 'epoch': 3.0}\nprint(result)", "minimize eval_loss", "stdout"),
        ("print('valid loss 0.31')", "minimize valid_loss", "stdout"),
        ("bar.set_postfix(loss=a, val_acc=b)", "maximize val_acc", "stdout"),
        ("self.log('train_loss', a)\nself.log('val_mae', b)", "minimize val_mae", None),
        ("wandb.log({'val/loss': a, 'epoch': e})\nprint(f'train loss {a}')", "minimize val/loss", None),
        ("model.fit(x, y, epochs=3, validation_split=0.2)", "minimize val_loss", "stdout"),
        (
            "xgb.train({'objective': 'binary:logistic'}, d, evals=[(a, 'train'), (b, 'valid')])",
            "minimize valid-logloss",
            "stdout",
        ),
        ("xgb.train({'eval_metric': 'auc'}, d, evals=[(b, 'eval')])", "maximize eval-auc", "stdout"),
        (
            "for name, part in [('train', a), ('valid', b), ('test', c)]:\n    print(f'{name:>5}  MAE: {mae(part)}')",
            "minimize valid_MAE",
            "stdout",
        ),
        ("for k, v in {'train': a, 'val': b}.items():\n    print(k, 'loss:', v)", "minimize val_loss", "stdout"),
        ("for k in ['train', 'val']:\n    print('%s loss: %s' % (k, v))", "minimize loss", "stdout"),
        ("compute_loss = lambda x: x\nprint('done', compute_loss(1))", None, None),
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
