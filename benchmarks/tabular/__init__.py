"""Models of tables per minute: `tunesmith fit` beside FLAML, AutoGluon, and LightGBM and CatBoost with defaults."""
