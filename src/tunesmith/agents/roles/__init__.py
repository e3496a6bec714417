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
    drafter      asked     by `tunesmith init --request`
                 sees      the request, the draft, the beginning of the script
                 answers   `Changes` of the draft
                 checks    refuse what does not quote the request, or contradicts what the rules have read
    feature_engineer  asked  from Python, `FeatureEngineer(model).draft(analysis, request)`
                 sees      the request, a digest of the table, the recipe by rules
                 answers   `RecipeDraft`: steps of a recipe, why
                 checks    a recipe that is not valid is refused, and that of the rules stays
    orchestrator     never asks a model: `Orchestrator().propose(history, diagnoses)` turns weaknesses into trials

A role asks a `Model` (`model.py`) and is independent of providers, budgets and threads, so that it can be used alone.
In a study the first four ask through the `ModelGateway`, which keeps the budget, keeps slots from waiting, and pauses
after a failure. `PlannerAdviser` (`adviser.py`) asks the planner and the specialists for the proposer
`language_model`, which checks their advice. The judge `language_model` asks the judge, and the graph asks the
coordinator.
"""
