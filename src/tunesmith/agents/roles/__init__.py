"""Who takes part in a study beside the rules: a file, a prompt in `prompts/` and a type of answer each."""
