"""The roles of language models: one module, one prompt in `prompts/` and one type of answer each.

    planner      asked     on the adviser's turn, if a trial has ended since the last question
                 sees      the study's summary; may call tools (`tools.py`)
                 answers   `Plan`: what to change, from which trial, why
                 checks    clamp values; refuse what is unknown, forbidden, frozen, tried, or promises too little; a
                           person may have to approve it
    coordinator  asked     after every ten trials, if the rules go on
                 sees      the study's summary
                 answers   `CoordinatorAnswer`: go on or stop, parameters to change next, parameters to leave alone
                 checks    follow a stop only after 30 trials, two fifths of them without a new best
    specialist   asked     if the coordinator prioritises its parameter; several at once
                 sees      one parameter, with its values in the best and latest trials
                 answers   `Suggestion`: one or two values, why
                 checks    those of the planner's advice
    judge        asked     if the rules would repeat a trial, and `judge = "language_model"`
                 sees      the trial, its rival for the lead, the noise
                 answers   `JudgeAnswer`: accept, reject, replicate
                 checks    it decides only on the repeat; the best trial follows from the measurements
    explainer    asked     by `tunesmith explain --ask`
                 sees      facts of the journal, by rules; may call tools
                 answers   `ExplainerAnswer`: words
                 checks    mark numbers that are not among the facts
    drafter      asked     by `tunesmith init`, with a request or without
                 sees      the request, the draft, the beginning of the script; its help text and output
                 answers   `Changes` of the draft
                 checks    refuse what does not quote the request, or contradicts what the rules have read; without a
                           request, what does not quote the script, its help text or output
    feature_engineer  asked  from Python, `FeatureEngineer(model).draft(analysis, request)`
                 sees      the request, a digest of the table, the recipe by rules
                 answers   `RecipeDraft`: steps of a recipe, why
                 checks    a recipe that is not valid is refused, and that of the rules stays
    request_reader   asked  by `fit`, where a request comes with a model
                 sees      the request, what rules have read, the columns, metrics and families to choose from
                 answers   `RequestReading`: phrases, each with an option and its values
                 checks    refuse what does not quote the request, contradicts the rules, or does not suit the table
    analyst      asked     when a fit begins, in the background; from Python, `Analyst(model).analyse(data, target)`
                 sees      a digest of the table
                 answers   `AnalystAnswer`: what columns are suspected to be, remarks
                 checks    measure each suspicion; findings say whether figures support it, and nothing is acted upon
    model_selector   asked  from Python, `ModelSelector(model).suggest(problems, size, needs)`
                 sees      the target, the size, what is needed, the families by rules, a digest of the table
                 answers   `FamilyOrder`: families in order, why, trade-offs
                 checks    refuse families that the rules refuse; what the user prefers stays first
    series_analyst   asked  as the analyst, of time series; from Python, `SeriesAnalyst(model).analyse(panel, horizon)`
                 sees      a digest of the series
                 answers   `SeriesAnalystAnswer`: suspected seasons, changes and columns known ahead, remarks
                 checks    measure each suspicion; nothing is acted upon
    forecaster_selector  asked  from Python, `ForecasterSelector(model).suggest(facts, needs)`
                 sees      a digest of the series, what is needed, the families by rules
                 answers   `FamilyOrder`, as the model selector
                 checks    those of the model selector
    orchestrator     asked  from Python, `Orchestrator(model).propose(history, diagnoses)`
                 sees      the study's summary, the weaknesses of the model, what rules propose
                 answers   `Plan`, as the planner
                 checks    those of the planner's advice; the proposals of the rules fill up what is left

    The analysts, feature engineer, selectors and orchestrator also work without a model, by rules at no cost.

A role asks a `Model` (`model.py`) and is independent of providers, budgets and threads, so that it can be used alone.
In a study the first four ask through the `ModelGateway`, which keeps the budget, keeps slots from waiting, and pauses
after a failure. `PlannerAdviser` (`adviser.py`) asks the planner and the specialists for the proposer
`language_model`, which checks their advice. The judge `language_model` asks the judge, and the graph asks the
coordinator.
"""
