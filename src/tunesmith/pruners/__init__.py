"""Pruners, which stop unpromising trials early. One file per pruner, named like the plugin."""
