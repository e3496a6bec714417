"""AutoGluon's TimeSeriesPredictor without pretrained weights, which cannot be had offline."""

from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor
from job import Job

PRETRAINED = ["Chronos", "Chronos2", "Toto", "Toto2"]


def main() -> None:
    job = Job()
    frame = TimeSeriesDataFrame.from_data_frame(job.read(), id_column="series", timestamp_column="time")
    predictor = TimeSeriesPredictor(
        target="value",
        prediction_length=job.horizon,
        freq=job.frequency,
        eval_metric="MASE",
        eval_metric_seasonal_period=job.season,
        path=str(job.folder / "autogluon"),
        verbosity=0,
    )
    predictor.fit(frame, time_limit=job.left - 5, presets="high_quality", excluded_model_types=PRETRAINED)
    forecast = predictor.predict(frame)["mean"]
    names = sorted(set(frame.item_ids))
    job.finish([forecast.loc[name].to_numpy() for name in names])


if __name__ == "__main__":  # Some libraries start processes that import this file.
    main()
