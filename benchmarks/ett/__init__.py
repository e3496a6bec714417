"""Long horizons on ETTh1, with the papers' split and scaling, beside published figures."""
