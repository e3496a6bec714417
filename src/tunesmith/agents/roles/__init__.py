"""Who takes part in a study beside the rules: a file, a prompt in `prompts/` and a type of answer each.

    planner      when      it is the adviser's turn, and a trial has ended since it was asked
                 sees      the digest; it may look up more (`tools.py`)
                 answers   `Plan`: what to change, from which trial, why
                 rules     clamp it; refuse what is unknown, forbidden, frozen, tried, or promises too little; a person
                           may have to approve it
    coordinator  when      ten more trials have ended, and the rules go on
                 sees      the digest
                 answers   `Course`: go on or stop, which parameters to change next, which to leave alone
                 rules     follow a stop only after 30 trials, and where the best has stood still for two fifths of them
    specialist   when      the coordinator wants its parameter changed next; several at once
                 sees      one parameter, with its best and its last values
                 answers   `Suggestion`: one or two values, why
                 rules     take it as advice, checked as the planner's
    judge        when      the rules would repeat a trial, and `judge = "language_model"`
                 sees      the trial, the one that it would take the lead from, the noise
                 answers   `Opinion`: accept, reject, replicate
                 rules     let it decide on the repeat; what is best follows from what was measured
    explainer    when      `tunesmith explain --ask`
                 sees      what rules tell of the journal; it may look up more
                 answers   `Answer`: words
                 rules     mark the numbers that nobody told it
    drafter      when      `tunesmith init --request`
                 sees      the request, the draft, the beginning of the script
                 answers   `Changes` of the draft
                 rules     refuse what is not in the request's own words, or contradicts what they have read there

A role asks a `Model` (`model.py`), and knows nothing of providers, money or threads: so each can be used alone. In a
study the first four ask by way of the `ModelGateway`, which pays, does not let slots wait, and leaves a model that
fails alone for a while. `PlannerAdviser` (`adviser.py`) asks the planner and the specialists for the proposer
`language_model`, which checks what they say; the judge `language_model` asks the judge; the graph the coordinator.
"""
